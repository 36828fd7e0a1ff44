"""Saving the challenge's form: refusals, confirmations, and merging with another edit."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models import StaffAction
from challenges.editing import service
from challenges.engine import activities
from challenges.models import Challenge, ChallengeProgress
from milestones.models import Milestone
from rewards.models import RewardLog
from tests.builders import DAY, entry, log_activity, make_challenge, make_milestone
from tests.staff import rung, sent

pytestmark = pytest.mark.thorough


def page_of(challenge):
    return reverse("admin:challenges_challenge_change", args=[challenge.pk])


@pytest.fixture
def running(db):
    """A live challenge of 500 with a milestone at 200; alice has 350."""
    now = timezone.now()
    challenge = make_challenge(at=now - DAY)
    make_milestone(challenge, 200, at=now - DAY)
    log_activity(challenge, 350, at=now)
    return challenge


def test_edit_of_a_text_is_saved_at_once(marketer, running):
    opened = marketer.get(page_of(running))

    response = marketer.post(page_of(running), sent(opened, eud_title_de="Großeinkauf"))

    assert response.status_code == 302
    running.refresh_from_db()
    assert (running.eud_title_de, running.version) == ("Großeinkauf", 3)


def test_nothing_changed_is_no_new_version(marketer, running):
    opened = marketer.get(page_of(running))

    marketer.post(page_of(running), sent(opened))

    assert Challenge.objects.get().version == opened.context["original"].version


def test_lower_target_asks_before_it_pays(marketer, running):
    opened = marketer.get(page_of(running))

    response = marketer.post(page_of(running), sent(opened, completion_target_value="300"))

    impact = response.context["question"].context["impact"]
    assert (impact.completed_members, impact.paid_members, impact.coupons) == (1, 1, 1)
    assert Challenge.objects.get().completion_target_value == 500
    assert RewardLog.objects.filter(milestone=None).count() == 0


def test_confirmed_target_is_saved_and_pays(marketer, running):
    opened = marketer.get(page_of(running))
    asked = marketer.post(page_of(running), sent(opened, completion_target_value="300"))
    answer = asked.context["question"].answer

    response = marketer.post(page_of(running), sent(opened, completion_target_value="300", confirmed=answer))

    assert response.status_code == 302
    assert Challenge.objects.get().completion_target_value == 300
    assert RewardLog.objects.filter(milestone=None).count() == 1


def test_answer_to_one_question_confirms_no_other(marketer, running):
    opened = marketer.get(page_of(running))
    asked = marketer.post(page_of(running), sent(opened, completion_target_value="300"))
    answer = asked.context["question"].answer
    log_activity(running, 320, member="bob", at=timezone.now())

    response = marketer.post(page_of(running), sent(opened, completion_target_value="300", confirmed=answer))

    assert response.context["question"].context["impact"].completed_members == 2
    assert Challenge.objects.get().completion_target_value == 500


def test_milestone_above_the_target_is_a_mistake_at_its_field(marketer, running):
    opened = marketer.get(page_of(running))

    response = marketer.post(page_of(running), sent(opened, **{"milestones-0-milestone_target_value": "900"}))

    (formset,) = (inline.formset for inline in response.context["inline_admin_formsets"])
    assert list(formset.errors[0]) == ["milestone_target_value"]
    assert response.context["milestone_errors"] == 1
    assert Milestone.objects.get().milestone_target_value == 200


def test_unknown_variable_is_a_mistake_in_its_language(marketer, running):
    opened = marketer.get(page_of(running))

    response = marketer.post(page_of(running), sent(opened, eud_failed_challenge_message_fr="{{perodText}}"))

    errors = response.context["adminform"].form.errors
    assert errors == {
        "eud_failed_challenge_message_fr": [
            "There is no variable {{perodText}}: did you mean {{periodText}}?"
        ]
    }


def test_new_milestone_is_saved_with_its_texts(marketer, running):
    opened = marketer.get(page_of(running))
    data = sent(
        opened, **{"milestones-TOTAL_FORMS": "2"}, **rung(1, "450", eud_milestone_title_ja="もう少し")
    )

    response = marketer.post(page_of(running), data)

    assert response.status_code == 302
    added = Milestone.objects.get(milestone_target_value=450)
    assert (added.name, added.description, added.status) == ("At 450", "At 450", "live")
    assert added.eud_milestone_title_ja == "もう少し"


def test_removed_milestone_without_history_is_deleted(marketer):
    challenge = make_challenge(at=timezone.now() - DAY)
    make_milestone(challenge, 200, at=timezone.now() - DAY)
    opened = marketer.get(page_of(challenge))

    marketer.post(page_of(challenge), sent(opened, **{"milestones-0-DELETE": "on"}))

    assert Milestone.objects.count() == 0


def test_removed_milestone_that_paid_is_archived(marketer, running):
    opened = marketer.get(page_of(running))

    marketer.post(page_of(running), sent(opened, **{"milestones-0-DELETE": "on"}))

    assert Milestone.objects.get().archived_at is not None
    assert RewardLog.objects.count() == 1


def test_stale_form_is_refused_with_what_changed(marketer, running):
    opened = marketer.get(page_of(running))
    running.eud_title_en = "Theirs"
    service.save(running, at=timezone.now())

    response = marketer.post(page_of(running), sent(opened, eud_title_de="Meins"))

    (difference,) = response.context["question"].context["differences"]
    assert (difference.label, difference.before, difference.stored, difference.typed) == (
        "Title (en)", "–", "Theirs", "",
    )  # fmt: skip
    assert Challenge.objects.get().eud_title_de != "Meins"


def test_stale_form_saved_again_keeps_both_edits(marketer, running):
    opened = marketer.get(page_of(running))
    running.eud_title_en = "Theirs"
    service.save(running, at=timezone.now())
    refused = marketer.post(page_of(running), sent(opened, eud_title_de="Meins"))

    response = marketer.post(page_of(running), sent(refused))

    assert response.status_code == 302
    stored = Challenge.objects.get()
    assert (stored.eud_title_en, stored.eud_title_de) == ("Theirs", "Meins")


def test_stale_field_that_both_changed_keeps_what_was_typed(marketer, running):
    opened = marketer.get(page_of(running))
    running.name = "Theirs"
    service.save(running, at=timezone.now())

    response = marketer.post(page_of(running), sent(opened, name="Mine"))

    (difference,) = response.context["question"].context["differences"]
    assert (difference.stored, difference.typed) == ("Theirs", "Mine")
    assert response.context["adminform"].form["name"].value() == "Mine"


def test_draft_goes_live_after_the_checklist(marketer):
    challenge = make_challenge(status="draft", at=timezone.now() - DAY)
    opened = marketer.get(page_of(challenge))
    asked = marketer.post(page_of(challenge), sent(opened, set_status="live"))
    codes = [finding.code for finding in asked.context["question"].context["findings"]]

    marketer.post(page_of(challenge), sent(opened, confirmed=asked.context["question"].answer))

    assert codes == ["generated_codes", "no_title", "no_icon"]
    assert Challenge.objects.get().status == "live"


def test_draft_with_a_milestone_out_of_reach_is_refused_as_by_the_api(marketer):
    challenge = make_challenge(status="draft", at=timezone.now() - DAY)
    make_milestone(challenge, 900, at=timezone.now() - DAY)
    opened = marketer.get(page_of(challenge))

    response = marketer.post(page_of(challenge), sent(opened, set_status="live"))

    assert response.status_code == 200
    assert (
        "Milestone 'Spend 900' stands at 900, above the target of 500."
        in response.content.decode().replace("&#x27;", "'")
    )
    assert Challenge.objects.get().status == "draft"


def test_live_challenge_is_paused_by_its_button(marketer, running):
    opened = marketer.get(page_of(running))

    marketer.post(page_of(running), sent(opened, set_status="paused"))

    assert Challenge.objects.get().status == "paused"


def test_start_is_on_the_clock_of_the_challenges_zone(marketer):
    challenge = make_challenge(time_zone="Asia/Tokyo", at=timezone.now() - DAY)
    opened = marketer.get(page_of(challenge))

    marketer.post(page_of(challenge), sent(opened, starts_at="2026-12-01T00:00"))
    reopened = marketer.get(page_of(challenge))

    assert Challenge.objects.get().starts_at.isoformat() == "2026-11-30T15:00:00+00:00"
    assert 'value="2026-12-01T00:00"' in reopened.content.decode()


def test_new_challenge_is_a_draft_with_its_milestones(marketer):
    add = reverse("admin:challenges_challenge_add")
    opened = marketer.get(add)
    typed = {"name": "Spender", "description": "Spend.", "completion_target_value": "500"}
    data = sent(opened, **typed, **{"milestones-TOTAL_FORMS": "1"}, **rung(0, "200.5"))

    response = marketer.post(add, data)

    challenge = Challenge.objects.get()
    assert response.url == page_of(challenge)
    assert (challenge.status, challenge.milestones.get().milestone_target_value) == (
        "draft",
        Decimal("200.5"),
    )
    assert challenge.history.get().history_user.username == "mia"


def test_every_bad_text_is_an_error_beside_errors_of_other_fields(marketer, running):
    opened = marketer.get(page_of(running))
    data = sent(
        opened,
        name="",
        eud_failed_challenge_message_fr="{{perodText}}",
        eud_title_ja="{{periodText}}",
        **{"milestones-0-eud_milestone_title_de": "{{x}}"},
    )

    response = marketer.post(page_of(running), data)

    errors = response.context["adminform"].form.errors
    (formset,) = (inline.formset for inline in response.context["inline_admin_formsets"])
    assert sorted(errors) == ["eud_failed_challenge_message_fr", "eud_title_ja", "name"]
    assert errors["eud_failed_challenge_message_fr"] == [
        "There is no variable {{perodText}}: did you mean {{periodText}}?"
    ]
    assert list(formset.errors[0]) == ["eud_milestone_title_de"]


def test_end_to_the_millisecond_survives_a_form_that_is_only_opened_and_saved(marketer, running):
    ends_at = (timezone.now() + 3 * DAY).replace(second=59, microsecond=999_000)
    running.ends_at = ends_at
    service.save(running, at=timezone.now())
    opened = marketer.get(page_of(running))

    marketer.post(page_of(running), sent(opened))

    stored = Challenge.objects.get()
    assert (stored.ends_at, stored.version) == (ends_at, opened.context["original"].version)
    assert 'step="0.001"' in opened.content.decode()


def test_viewer_reads_activities_as_they_are_typed(support):
    challenge = make_challenge(activity_ids=["purchase", "review"])

    page = support.get(page_of(challenge)).content.decode()

    assert "purchase, review" in page
    assert "desk-submit" not in page


@pytest.fixture
def paused(running):
    """The running challenge, paused; 400 of bob came meanwhile."""
    running.status = "paused"
    service.save(running, at=timezone.now())
    log_activity(running, 400, member="bob", at=timezone.now())
    return running


def resume(marketer, challenge, answer=None):
    """Post the form with status live, confirmed by what `answer` makes of the question's answer."""
    opened = marketer.get(page_of(challenge))
    response = marketer.post(page_of(challenge), sent(opened, set_status="live"))
    if answer is None:
        return response
    confirmed = answer(response.context["question"])
    return marketer.post(page_of(challenge), sent(opened, confirmed=confirmed))


def test_resuming_says_how_many_logs_came_meanwhile(marketer, paused):
    response = resume(marketer, paused)

    counting = response.context["question"].context["counting"]
    assert (counting.logs, counting.paid_members, counting.completed_members) == (1, 1, 0)
    assert "1 log came in the open window" in response.content.decode()
    assert Challenge.objects.get().status == "paused"


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (lambda question: question.answer, 0),
        (lambda question: question.answer + question.context["counting_answer"], 400),
    ],
)
def test_resuming_counts_what_came_meanwhile_only_if_chosen(marketer, paused, answer, value):
    response = resume(marketer, paused, answer)

    assert response.status_code == 302
    assert Challenge.objects.get().status == "live"
    assert sum(row.current_progress_value for row in rows_of("bob")) == value
    assert [row.actor_name for row in StaffAction.objects.all()] == ["mia"] * bool(value)


def rows_of(member):
    return ChallengeProgress.objects.filter(member__external_id=member)


def test_resuming_asks_nothing_where_nothing_came(marketer, running):
    running.status = "paused"
    service.save(running, at=timezone.now())

    assert resume(marketer, running).status_code == 302


def test_going_live_says_how_many_kept_activities_it_takes(marketer, db):
    now = timezone.now()
    draft = make_challenge(status="draft", activity_ids=["purchase"], at=now - DAY)
    make_milestone(draft, 200, at=now - DAY)
    for number in range(2):
        activities.record([entry(draft, 150, uid=f"order-{number}", at=now)], at=now)

    asked = resume(marketer, draft)
    confirmed = resume(marketer, draft, lambda question: question.answer)

    counting = asked.context["question"].context["counting"]
    assert (counting.logs, counting.members, counting.paid_members, counting.coupons) == (2, 1, 1, 1)
    assert "2 activities of the open window were sent before" in asked.content.decode()
    assert confirmed.status_code == 302
    assert [row.current_progress_value for row in rows_of("alice")] == [300]
