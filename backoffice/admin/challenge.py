"""The challenge's admin with what needs other apps: its statistics, its preview, examples to start from."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.pages.actions import ADD_LOG_PERMISSION
from challenges.admin.challenge import ChallengeAdmin
from challenges.admin.duplicate import FormDefaults
from challenges.models import Challenge
from core.admin import registry
from core.admin.theme import action
from core.icons import clean_icon
from demo.examples.catalogue import EXAMPLES
from demo.examples.definitions import ChallengeExample, MilestoneExample, RewardExample, Texts
from demo.loading import ICONS
from rewards.models import Reward


@registry.extend(Challenge)
class BackofficeChallengeAdmin(ChallengeAdmin):
    actions_detail = ("statistics", "versions", "duplicate", "count_anyway")
    actions_row = ("statistics", "duplicate")

    @action(description=_("Figures"), url_path="figures", permissions=["view"], icon="monitoring")
    def statistics(self, request: HttpRequest, object_id: str) -> HttpResponse:
        challenge = self.record_or_404(request, object_id)
        return HttpResponseRedirect(reverse("backoffice:dashboard", args=[challenge.pk]))

    @action(description=_("Duplicate"), url_path="duplicate", permissions=["duplicate"], icon="content_copy")
    def duplicate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the form of a new challenge, filled in from this one; nothing is stored yet."""
        challenge = self.record_or_404(request, object_id)
        return HttpResponseRedirect(f"{reverse('admin:challenges_challenge_add')}?copy={challenge.pk}")

    def has_duplicate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_add_permission(request)

    @action(
        description=_("Count anyway"),
        url_path="count-anyway",
        permissions=["count_anyway"],
        icon="playlist_add_check",
    )
    def count_anyway(self, request: HttpRequest, object_id: str) -> HttpResponse:
        challenge = self.record_or_404(request, object_id)
        return HttpResponseRedirect(reverse("backoffice:count_anyway_all", args=[challenge.pk]))

    def has_count_anyway_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(request.user.has_perm(ADD_LOG_PERMISSION))

    def starting_point(self, request: HttpRequest) -> FormDefaults | None:
        """Take the form's defaults from `?example=SLUG` too, one of the four examples of the demo."""
        slug = request.GET.get("example")
        example = next((example for example in EXAMPLES if example.slug == slug), None)
        return defaults_from_example(example) if example else super().starting_point(request)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        context |= {
            "preview_url": preview_url(obj),
            "preview_member": request.GET.get("member", ""),
            "examples": EXAMPLES if obj is None and not request.GET and request.method == "GET" else (),
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def preview_url(challenge: Challenge | None) -> str:
    """Return the path that the form posts to for its preview; a new challenge has no id to name."""
    if challenge is None or challenge._state.adding:
        return reverse("backoffice:preview_new")
    return reverse("backoffice:preview", args=[challenge.pk])


def defaults_from_example(example: ChallengeExample) -> FormDefaults:
    """Return an example as initial values of the form and of its milestones.

    Rewards are not made: an existing reward of the same name is chosen, else none.
    """
    icon = f"{example.slug}.svg"
    values: dict[str, Any] = {
        **example.fields,
        **_localized_texts(example.texts),
        "activity_ids": [example.activity_id],
        "completion_reward": _reward_id(example.reward),
        "unsaved_icon": clean_icon(icon, (ICONS / icon).read_bytes()),
    }
    return FormDefaults(values, [_milestone_defaults(milestone) for milestone in example.milestones])


def _milestone_defaults(milestone: MilestoneExample) -> dict[str, Any]:
    return {
        **_localized_texts(milestone.texts),
        "name": milestone.name,
        "description": milestone.description,
        "milestone_target_value": milestone.target,
        "reward": _reward_id(milestone.reward),
    }


def _localized_texts(texts: Texts) -> dict[str, str]:
    return {
        f"{name}_{code}": text for name, by_language in texts.items() for code, text in by_language.items()
    }


def _reward_id(reward: RewardExample) -> Any:
    return Reward.objects.unarchived().filter(name=reward.name).values_list("id", flat=True).first()
