"""Saving the challenge's form so that its rules begin with the next window."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from challenges.editing import service
from challenges.editing.version_plan import next_window_starts_at
from challenges.models import Challenge, RuleVersion
from milestones.models import Milestone
from tests.builders import DAY, log_activity, make_challenge, make_milestone, make_reward
from tests.staff import rung, sent

SMALLEST_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060"
    "000000050001a5f645400000000049454e44ae426082"
)


def page_of(challenge):
    return reverse("admin:challenges_challenge_change", args=[challenge.pk])


@pytest.fixture
def running(db):
    """A live challenge of 500 with a milestone at 200, a month in Berlin; alice has 350."""
    now = timezone.now()
    challenge = make_challenge(at=now - DAY, time_zone="Europe/Berlin")
    make_milestone(challenge, 200, at=now - DAY)
    log_activity(challenge, 350, at=now)
    return challenge


def save(client, challenge, **changes):
    opened = client.get(page_of(challenge))
    return client.post(page_of(challenge), sent(opened, _next_window="1", **changes))


def pending():
    return RuleVersion.objects.get(applied=False)


def errors_of(response):
    """The fields of the form with an error, those of milestones with the place of their form."""
    (formset,) = (inline.formset for inline in response.context["inline_admin_formsets"])
    of_milestones = [(place, name) for place, errors in enumerate(formset.errors) for name in errors]
    return [*response.context["adminform"].form.errors, *of_milestones]


def messages_of(client, response):
    return [str(message) for message in client.get(response.url).context["messages"]]


def test_saved_from_the_next_window_leaves_the_record_and_stores_the_pending_version(marketer, running):
    reward = make_reward()
    typed = {"milestones-0-milestone_target_value": "250", "completion_reward": str(reward.pk)}

    response = save(marketer, running, completion_target_value="600", **typed)

    assert response.status_code == 302
    stored = Challenge.objects.get()
    assert (stored.completion_target_value, stored.completion_reward, stored.version) == (500, None, 3)
    assert Milestone.objects.get().milestone_target_value == 200
    assert (pending().completion_target_value, pending().completion_reward_id) == (600, reward.pk)
    assert pending().milestones[0]["target"] == 250_0000
    assert (pending().changed_by, pending().number) == ("mia", 3)


def test_message_says_what_begins_when(marketer, running):
    begins = timezone.localtime(next_window_starts_at(running, timezone.now()), ZoneInfo(running.time_zone))

    response = save(marketer, running, completion_target_value="600")

    assert messages_of(marketer, response) == [
        f"“Monthly Big Spender” is saved. From {begins:%Y-%m-%d} 00:00 (Europe/Berlin): "
        "Completion target: 500 → 600"
    ]


def test_nothing_changed_makes_no_pending_version(marketer, running):
    response = save(marketer, running)

    assert RuleVersion.objects.filter(applied=False).count() == 0
    assert messages_of(marketer, response) == [
        "“Monthly Big Spender” stays as it is: nothing begins with the next window."
    ]


def test_field_that_was_not_touched_keeps_its_pending_value(marketer, running):
    save(marketer, running, completion_target_value="600", **{"milestones-0-milestone_target_value": "250"})

    save(marketer, running, aggregation_method="count", **{"milestones-0-milestone_target_value": "300"})

    assert (pending().completion_target_value, pending().aggregation_method) == (600, "count")
    assert pending().milestones[0]["target"] == 300_0000
    assert Challenge.objects.get().aggregation_method == "sum"


def test_saved_now_changes_the_pending_version_in_the_same_field_only(marketer, running):
    save(marketer, running, completion_target_value="600", ends_at="2090-01-01T00:00")
    opened = marketer.get(page_of(running))

    marketer.post(page_of(running), sent(opened, completion_target_value="550"))

    assert Challenge.objects.get().completion_target_value == 550
    assert (pending().completion_target_value, pending().ends_at.year) == (550, 2089)


def test_milestone_is_added_as_a_draft_until_then(marketer, running):
    save(
        marketer, running, **{"milestones-TOTAL_FORMS": "2"}, **rung(1, "450", eud_milestone_title_de="Bald")
    )

    added = Milestone.objects.get(milestone_target_value=450)
    assert (added.status, added.eud_milestone_title_de) == ("draft", "Bald")
    assert [(rule["target"], rule["status"]) for rule in pending().milestones] == [
        (200_0000, "live"),
        (450_0000, "live"),
    ]


def test_milestone_is_removed_from_the_next_window_only(marketer, running):
    save(marketer, running, **{"milestones-0-DELETE": "on"})

    assert Milestone.objects.get().archived_at is None
    assert pending().milestones == []


def test_other_fields_are_refused_at_their_places_and_nothing_typed_is_lost(marketer, running):
    typed = {
        "completion_target_value": "600",
        "eud_title_de": "Neu",
        "activity_ids": "purchase",
        "late_grace_hours": "1",
        "time_zone": "Asia/Tokyo",
        "aggregation_period": "weekly",
        "milestones-0-name": "Other",
        "milestones-0-milestone_target_value": "250",
    }

    response = save(marketer, running, **typed)

    assert response.status_code == 200
    assert sorted(errors_of(response)[:-1]) == [
        "activity_ids",
        "aggregation_period",
        "eud_title_de",
        "late_grace_hours",
        "time_zone",
    ]
    assert errors_of(response)[-1] == (0, "name")
    shown = sent(response)
    assert {name: shown[name] for name in typed} == typed
    assert RuleVersion.objects.filter(applied=False).count() == 0
    assertContains(response, "Only what windows are judged by can begin with the next window", 6)


def test_icon_is_refused_at_its_field(marketer, running, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    icon = SimpleUploadedFile("a.png", SMALLEST_PNG, "image/png")
    other = SimpleUploadedFile("b.png", SMALLEST_PNG, "image/png")

    response = save(marketer, running, icon=icon, **{"milestones-0-icon": other})

    assert errors_of(response) == ["icon", (0, "icon")]
    assert list(tmp_path.rglob("*.png")) == []


def test_milestone_above_the_pending_target_is_refused_at_its_field(marketer, running):
    save(marketer, running, completion_target_value="600")

    response = save(marketer, running, **{"milestones-0-milestone_target_value": "601"})

    assert errors_of(response)[-1] == (0, "milestone_target_value")
    assert pending().milestones[0]["target"] == 200_0000


def test_milestone_between_both_targets_is_possible_from_the_next_window(marketer, running):
    save(marketer, running, completion_target_value="600")

    save(marketer, running, **{"milestones-0-milestone_target_value": "550"})

    assert pending().milestones[0]["target"] == 550_0000


def test_end_before_the_next_window_is_refused_at_its_field(marketer, running):
    soon = timezone.localtime(timezone.now(), ZoneInfo(running.time_zone))

    response = save(marketer, running, ends_at=f"{soon:%Y-%m-%dT%H:%M}")

    assert errors_of(response) == ["ends_at"]


def test_milestone_that_the_next_window_leaves_out_is_not_edited_in_vain(marketer, running):
    save(marketer, running, **{"milestones-0-DELETE": "on"})

    response = save(marketer, running, **{"milestones-0-milestone_target_value": "250"})

    assert errors_of(response) == [(0, "milestone_target_value")]
    assertContains(response, "The next window begins without this milestone")


def test_stale_form_is_asked_about_as_ever(marketer, running):
    opened = marketer.get(page_of(running))
    running.eud_title_en = "Theirs"
    service.save(running, at=timezone.now())
    data = sent(opened, _next_window="1", completion_target_value="600")

    refused = marketer.post(page_of(running), data)
    again = marketer.post(page_of(running), sent(refused, _next_window="1"))

    assert refused.context["question"].template == "backoffice/questions/stale.html"
    assert again.status_code == 302
    assert (pending().completion_target_value, Challenge.objects.get().eud_title_en) == (600, "Theirs")


def test_stale_form_names_who_saved_from_the_next_window(marketer, administrator, running):
    opened = marketer.get(page_of(running))
    save(administrator, running, completion_target_value="600")

    refused = marketer.post(page_of(running), sent(opened, eud_title_de="Neu"))

    assert refused.context["question"].context["who"] == "root"


def test_draft_has_no_button_and_is_refused(marketer):
    challenge = make_challenge(status="draft", at=timezone.now() - DAY)

    response = save(marketer, challenge, completion_target_value="600")

    assertNotContains(marketer.get(page_of(challenge)), "_next_window")
    assertContains(response, "A draft has no window yet: edit it, and its rules begin when it goes live.")
    assert (RuleVersion.objects.count(), Challenge.objects.get().completion_target_value) == (0, 500)


@pytest.mark.parametrize("status", ["live", "paused"])
def test_button_says_when_the_next_window_begins(status, marketer):
    challenge = make_challenge(status=status, aggregation_period="daily", time_zone="Asia/Tokyo")
    begins = timezone.localtime(
        next_window_starts_at(challenge, timezone.now()), ZoneInfo(challenge.time_zone)
    )

    page = marketer.get(page_of(challenge))

    assertContains(page, 'name="_next_window"', 1)
    assertContains(page, f"The next window begins on {begins:%Y-%m-%d} 00:00 (Asia/Tokyo)")


def test_archived_challenge_and_new_one_have_no_button(marketer, running):
    service.remove(running, at=timezone.now())

    assertNotContains(marketer.get(page_of(running)), "_next_window")
    assertNotContains(marketer.get(reverse("admin:challenges_challenge_add")), "_next_window")


def test_support_may_not_save(support, running):
    response = support.post(page_of(running), {"_next_window": "1", "completion_target_value": "600"})

    assert response.status_code == 403
    assertNotContains(support.get(page_of(running)), "_next_window")


def test_amounts_with_decimals_are_told_as_they_are(marketer, running):
    save(marketer, running, completion_target_value="600.5")

    assert pending().completion_target_value == Decimal("600.5")
    assertContains(marketer.get(page_of(running)), "600.5")
