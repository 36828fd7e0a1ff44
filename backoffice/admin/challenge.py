"""The challenge's admin with what spans rooms: the preview, and the page's examples to start from."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from challenges.admin.challenge import ChallengeAdmin
from challenges.admin.duplicate import FormDefaults
from challenges.models import Challenge
from core.admin.theme import action
from core.icons import clean_icon
from demo.loading import ICONS
from demo.stories import (
    STORIES,
    MilestoneStory,
    RewardStory,
    Story,
    Texts,
)
from rewards.models import Reward


class BackofficeChallengeAdmin(ChallengeAdmin):
    actions_detail = ("figures", "duplicate")
    actions_row = ("figures", "duplicate")

    @action(description=_("Figures"), url_path="figures", permissions=["view"], icon="monitoring")
    def figures(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("backoffice:dashboard", args=[object_id]))

    @action(description=_("Duplicate"), url_path="duplicate", permissions=["duplicate"], icon="content_copy")
    def duplicate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the empty form, filled in; nothing is stored yet."""
        return HttpResponseRedirect(f"{reverse('admin:challenges_challenge_add')}?copy={object_id}")

    def has_duplicate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_add_permission(request)

    def starting_point(self, request: HttpRequest) -> FormDefaults | None:
        """Also `?example=SLUG`, one of the four examples of the customer's page."""
        slug = request.GET.get("example")
        story = next((each for each in STORIES if each.slug == slug), None)
        return defaults_from_story(story) if story else super().starting_point(request)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        context |= {
            "preview_url": preview_url(obj),
            "preview_member": request.GET.get("member", ""),
            "examples": STORIES if obj is None and not request.GET and request.method == "GET" else (),
        }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def preview_url(obj: Challenge | None) -> str:
    if obj is None or obj._state.adding:
        return reverse("backoffice:preview_new")
    return reverse("backoffice:preview", args=[obj.pk])


def defaults_from_story(story: Story) -> FormDefaults:
    """A story as the form begins with it. Its rewards are those of the same name, where there are any."""
    icon = f"{story.slug}.svg"
    values: dict[str, Any] = {
        **story.fields,
        **_texts(story.texts),
        "activity_ids": [story.activity_id],
        "completion_reward": _reward(story.reward),
        "kept_icon": clean_icon(icon, (ICONS / icon).read_bytes()),
    }
    return FormDefaults(values, [_rung(each) for each in story.milestones])


def _rung(milestone: MilestoneStory) -> dict[str, Any]:
    return {
        **_texts(milestone.texts),
        "name": milestone.name,
        "description": milestone.description,
        "milestone_target_value": milestone.target,
        "reward": _reward(milestone.reward),
    }


def _texts(texts: Texts) -> dict[str, str]:
    return {
        f"{name}_{code}": text for name, by_language in texts.items() for code, text in by_language.items()
    }


def _reward(story: RewardStory) -> Any:
    return Reward.objects.unarchived().filter(name=story.name).values_list("id", flat=True).first()
