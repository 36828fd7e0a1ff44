"""The panel of the pending version, cancelling it, the page of all versions, and records as in force."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from challenges.caches import config
from challenges.editing import service
from challenges.models import Challenge, RuleVersion
from core.write_guard import bypassing_services
from milestones.models import Milestone
from tests.builders import DAY, log_activity, make_challenge, make_milestone, make_reward
from tests.staff import sent


def address(name, challenge):
    return reverse(f"admin:challenges_challenge_{name}", args=[challenge.pk])


def texts(described):
    return [str(change) for change in described.changes]


@pytest.fixture
def challenge(db):
    """A live challenge of 500 with milestones at 200 and 300, a day in Berlin, and a pending version."""
    now = timezone.now()
    challenge = make_challenge(at=now - 9 * DAY, aggregation_period="daily", time_zone="Europe/Berlin")
    first = make_milestone(challenge, 200, at=now - 8 * DAY, name="First $200")
    second = make_milestone(challenge, 300, at=now - 7 * DAY, name="Second")
    challenge.completion_target_value, challenge.completion_reward = 600, make_reward()
    first.milestone_target_value = 250
    gold = Milestone(
        challenge=challenge, name="Gold", description="-", milestone_target_value=550, status="live"
    )
    service.save(challenge, [first, gold], removed=[second], at=now, from_next_window=True)
    return Challenge.objects.get()


CHANGES = [
    "Completion target: 500 → 600",
    "Completion reward: a generated code → 5 % off",
    "Milestone “First $200”: target 200 → 250",
    "Milestone “Gold” is added: 550 · Live",
    "Milestone “Second” is removed",
]


def begin_now(challenge):
    """As if the next window had begun."""
    RuleVersion.objects.filter(challenge=challenge, applied=False).update(
        in_force_from=timezone.now() - DAY / 24
    )
    config.invalidate()


# The panel


def test_panel_says_what_begins_when(marketer, challenge):
    begins = timezone.localtime(RuleVersion.objects.get(applied=False).in_force_from)

    page = marketer.get(address("change", challenge))

    assert texts(page.context["pending"]) == CHANGES
    assertContains(page, "Begins with the next window")
    assertContains(page, f'<time datetime="{begins.isoformat()}">')
    assertContains(page, "00:00 (Europe/Berlin)")
    assertContains(page, address("cancel_pending", challenge))
    assert page.context["adminform"].form["completion_target_value"].value() == 500


@pytest.mark.parametrize(("changed_by", "told"), [("mia", "mia"), ("", "not by staff")])
def test_panel_names_who_made_it(changed_by, told, marketer, challenge):
    RuleVersion.objects.filter(applied=False).update(changed_by=changed_by)

    assertContains(marketer.get(address("change", challenge)), f"</time> · {told}")


def test_support_sees_the_panel_without_its_button(support, challenge):
    page = support.get(address("change", challenge))

    assertContains(page, "Begins with the next window")
    assertNotContains(page, address("cancel_pending", challenge))


def test_no_panel_where_nothing_is_pending(marketer):
    challenge = make_challenge(at=timezone.now() - DAY)

    assertNotContains(marketer.get(address("change", challenge)), "Begins with the next window")


# Cancelling


def test_cancelling_asks_once_with_what_is_cancelled(marketer, challenge):
    page = marketer.get(address("cancel_pending", challenge))

    assert texts(page.context["pending"]) == CHANGES
    assertContains(page, "Cancel what begins with the next window?")
    assertContains(page, "csrfmiddlewaretoken")
    assert RuleVersion.objects.filter(applied=False).count() == 1


def test_cancelled_version_is_gone_and_its_milestone_is_a_draft(marketer, challenge):
    response = marketer.post(address("cancel_pending", challenge), follow=True)

    assert RuleVersion.objects.filter(applied=False).count() == 0
    assert Challenge.objects.get().completion_target_value == 500
    assert Milestone.objects.get(name="Gold").status == "draft"
    assert [str(message) for message in response.context["messages"]] == [
        "Cancelled: “Monthly Big Spender” keeps its rules when the next window begins."
    ]
    assertNotContains(response, "Begins with the next window")
    assert LogEntry.objects.get().user.username == "mia"


@pytest.mark.parametrize("method", ["get", "post"])
def test_cancelling_twice_says_that_nothing_is_pending(method, marketer, challenge):
    marketer.post(address("cancel_pending", challenge))
    marketer.get(address("change", challenge))

    response = getattr(marketer, method)(address("cancel_pending", challenge), follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "Nothing begins with the next window: it has begun already, or was cancelled."
    ]


def test_cancelling_what_has_begun_meanwhile_takes_nothing_back(marketer, challenge):
    begin_now(challenge)

    marketer.post(address("cancel_pending", challenge))

    assert Challenge.objects.get().completion_target_value == 600


@pytest.mark.parametrize("method", ["get", "post"])
def test_support_may_not_cancel(method, support, challenge):
    assert getattr(support, method)(address("cancel_pending", challenge)).status_code == 403
    assert RuleVersion.objects.filter(applied=False).count() == 1


def test_archived_challenge_has_nothing_to_cancel(marketer, challenge):
    log_activity(challenge, 1, at=timezone.now())
    service.remove(challenge, at=timezone.now())

    assert marketer.post(address("cancel_pending", challenge)).status_code == 403


# The page of all versions


def test_versions_stand_newest_first_with_what_changed(support, challenge):
    page = support.get(address("versions", challenge))

    described = page.context["described"]
    assert [row.version.number for row in described] == [4, 3, 2, 1]
    assert [texts(row) for row in described] == [
        CHANGES,
        ["Milestone “Second” is added: 300 · Live"],
        ["Milestone “First $200” is added: 200 · Live"],
        ["Method: Sum of the activity values", "Completion target: 500"],
    ]
    assertContains(page, "begins with the next window", 1)


def test_versions_page_is_led_to_from_the_form(support, challenge):
    assertContains(support.get(address("change", challenge)), address("versions", challenge))


def test_moments_are_on_the_challenges_clock(support):
    at = timezone.now().replace(month=1, day=31, hour=23, minute=30) - 300 * DAY
    challenge = make_challenge(at=at, time_zone="Asia/Tokyo", ends_at=at.replace(year=2090))
    local = timezone.localtime(at, RuleVersion.objects.get().as_version().in_force_from.tzinfo)

    page = support.get(address("versions", challenge))

    assert texts(page.context["described"][0])[-1] == f"Ends: 2090-{at.month:02}-{at.day + 1:02} 08:30"
    assertContains(page, f"{local:%Y}-{at.month:02}-{at.day + 1:02} 08:30")


def test_page_in_german_is_german(support, challenge):
    page = support.get(address("versions", challenge), headers={"accept-language": "de"})

    assert texts(page.context["described"][0])[2:] == [
        "Meilenstein „First $200“: Zielwert 200 → 250",
        "Meilenstein „Gold“ kommt hinzu: 550 · Aktiv",
        "Meilenstein „Second“ fällt weg",
    ]
    assertContains(page, "beginnt mit dem nächsten Zeitraum")


def test_page_in_arabic_keeps_names_and_moments_in_one_piece(marketer, challenge):
    versions = marketer.get(address("versions", challenge), headers={"accept-language": "ar"})
    form = marketer.get(address("change", challenge), headers={"accept-language": "ar"})

    assert "\u2068Gold\u2069" in str(versions.context["described"][0].changes[3])
    assert form.context["next_window"].startswith("\u2068")


def test_draft_has_no_versions_yet(support):
    challenge = make_challenge(status="draft", at=timezone.now() - DAY)

    assertContains(
        support.get(address("versions", challenge)), "No versions yet: they begin when it goes live."
    )


def test_archived_and_deleted_milestones_are_told_apart(support, challenge):
    with bypassing_services("what a test needs"):
        Milestone.objects.filter(name="First $200").update(archived_at=timezone.now())
        Milestone.objects.filter(name="Second").delete()

    described = support.get(address("versions", challenge)).context["described"]

    assert texts(described[0])[2:] == [
        "Milestone “First $200”: target 200 → 250",
        "Milestone “Gold” is added: 550 · Live",
        "A deleted milestone is removed",
    ]


def test_many_milestones_of_a_first_version_are_not_all_told(support):
    challenge = make_challenge(status="draft", at=timezone.now() - DAY)
    challenge.status = "live"
    milestones = [
        Milestone(
            challenge=challenge, name=f"At {i}", description="-", milestone_target_value=i, status="live"
        )
        for i in range(1, 61)
    ]
    service.save(challenge, milestones, at=timezone.now())

    page = support.get(address("versions", challenge))

    assert (len(page.context["described"][0].changes), page.context["described"][0].more) == (50, 12)
    assertContains(page, "and 12 more")


def make_versions(challenge, number):
    """Store so many versions more, each with another target."""
    (last,) = RuleVersion.objects.filter(challenge=challenge, applied=True).order_by("-number")[:1]
    now = timezone.now()
    RuleVersion.objects.bulk_create(
        RuleVersion.of(challenge.pk, last.number + i, now, last.rule_set(), changed_by="mia", created_at=now)
        for i in range(1, number + 1)
    )


def test_five_thousand_versions_are_shown_in_pages_of_a_hundred(support):
    challenge = make_challenge(at=timezone.now() - DAY)
    make_versions(challenge, 4_999)

    with CaptureQueriesContext(connection) as captured:
        first = support.get(address("versions", challenge))
    last = support.get(address("versions", challenge), {"page": 50})

    assert [row.version.number for row in first.context["described"]] == list(range(5000, 4900, -1))
    assert [row.version.number for row in last.context["described"]] == list(range(100, 0, -1))
    assert texts(last.context["described"][-1]) != []
    assert len(captured) < 20
    assert len(first.content) < 200_000
    assertContains(first, "?page=50")


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 400])
def test_page_that_does_not_exist_is_another(page, support, challenge):
    assert support.get(address("versions", challenge), {"page": page}).status_code == 200


def test_names_are_looked_up_once_for_all_versions(support, challenge):
    def queries():
        support.get(address("versions", challenge))
        with CaptureQueriesContext(connection) as captured:
            support.get(address("versions", challenge))
        return len(captured)

    few = queries()
    for day in range(1, 7):
        make_milestone(challenge, 100 + day, at=timezone.now(), reward=make_reward(name=f"R {day}"))

    assert queries() == few


# Records as the version in force has them


@pytest.mark.parametrize(
    "name",
    [
        "changelist",
        "change",
        "history",
        "versions",
        "cancel_pending",
        "simple_history",
        "copy",
        "of_milestone",
    ],
)
def test_version_that_has_begun_is_shown_at_once(name, marketer, challenge):
    begin_now(challenge)
    version = challenge.history.first().history_id
    pages = {
        "changelist": reverse("admin:challenges_challenge_changelist"),
        "simple_history": reverse("admin:challenges_challenge_simple_history", args=[challenge.pk, version]),
        "copy": reverse("admin:challenges_challenge_add") + f"?copy={challenge.pk}",
        "of_milestone": reverse("admin:milestones_milestone_changelist"),
    }

    marketer.get(pages.get(name) or address(name, challenge))

    assert Challenge.objects.get().completion_target_value == 600
    assert RuleVersion.objects.filter(applied=False).count() == 0
    assert Milestone.objects.get(name="Gold").status == "live"


def test_changelist_shows_what_has_begun(marketer, challenge):
    begin_now(challenge)

    assertContains(marketer.get(reverse("admin:challenges_challenge_changelist")), "600 · Daily")


def test_form_opened_before_is_stale_once_the_version_has_begun(marketer, challenge):
    opened = marketer.get(address("change", challenge))
    begin_now(challenge)

    response = marketer.post(address("change", challenge), sent(opened, eud_title_de="Neu"))

    assert [change.label for change in response.context["question"].context["differences"]][:2] == [
        "Completion target",
        "Completion reward",
    ]
