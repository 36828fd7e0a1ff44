"""Count anyway all that a filter finds: first the impact, then a reason, then the run and how far it is."""

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models.staff_action import StaffAction
from challenges.editing import service
from challenges.engine import manual_count_runs
from challenges.models import ManualCountRun
from core.choices import ReasonCode
from tests.builders import DAY, HOUR, log_activity, make_challenge, make_milestone, value_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def challenge():
    """It began late: three logs of alice and one of bob came before; September is Tokyo's."""
    at = timezone.now() - 40 * DAY
    challenge = make_challenge(at=at - DAY, starts_at=at + 35 * DAY, late_grace_hours=1440)
    make_milestone(challenge, 200, at=at - DAY)
    for number in range(3):
        log_activity(challenge, 200, at=at + number * HOUR, uid=f"order-{number}")
    log_activity(challenge, 200, at=at, member="bob", uid="bobs")
    return challenge


def page_of(challenge, query=""):
    return reverse("backoffice:count_anyway_all", args=[challenge.pk]) + query


def confirmed(client, challenge, **typed):
    """Ask for the impact, then confirm it."""
    asked = client.post(page_of(challenge), typed)
    return client.post(
        page_of(challenge),
        {"reason": "The start was wrong.", **typed, "confirmed": asked.context["answer"]},
    )


def test_impact_is_shown_before_anything_counts(support, challenge):
    response = support.post(page_of(challenge), {"reason_code": ["before_start"]})

    impact = response.context["impact"]
    assert (impact.logs, impact.members, impact.completed_members, impact.coupons) == (4, 2, 1, 3)
    assert b"4 logs" in response.content
    assert ManualCountRun.objects.count() == 0


def test_confirmed_run_counts_and_shows_itself(support, challenge):
    response = confirmed(support, challenge, reason_code=["before_start"])

    run = ManualCountRun.objects.get()
    assert response.url == reverse("backoffice:count_run", args=[challenge.pk, run.pk])
    assert (run.counted, run.reason_codes, value_of(challenge)) == (4, ["before_start"], 600)
    noted = StaffAction.objects.get()
    assert (noted.action, noted.actor_name, noted.reason) == (
        "count_anyway_all",
        "sam",
        "The start was wrong.",
    )
    page = support.get(response.url)
    assert page.context["run"] == run
    assert b"100" in page.content


def test_reasons_that_are_never_counted_cannot_be_chosen(support, challenge):
    form = support.get(page_of(challenge)).context["form"]
    offered = dict(form.fields["reason_code"].choices)

    assert set(ReasonCode.values) - offered.keys() == {
        "before_live",
        "nothing_left",
        "original_not_counted",
        "original_unknown",
        "value_missing",
    }


def test_reason_is_required_to_confirm(support, challenge):
    response = confirmed(support, challenge, reason=" ")

    assert response.context["form"].errors == {"reason": ["This field is required."]}
    assert response.context["impact"].logs == 4
    assert ManualCountRun.objects.count() == 0


def test_another_filter_than_was_asked_for_is_asked_again(support, challenge):
    asked = support.post(page_of(challenge), {"member": "bob"})

    typed = {"reason": "why not", "confirmed": asked.context["answer"]}
    response = support.post(page_of(challenge), typed)

    assert response.context["impact"].logs == 4
    assert ManualCountRun.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({}, 4),
        ({"member": "bob"}, 1),
        ({"unique_identifier": "order-1"}, 1),
        ({"reason_code": ["after_end"]}, 0),
        ({"period_key": "1999-01"}, 0),
    ],
)
def test_filter_narrows_what_is_counted(support, challenge, typed, found):
    assert support.post(page_of(challenge), typed).context["impact"].logs == found


def test_times_are_on_the_challenges_clock(support, challenge):
    challenge.time_zone = "Asia/Tokyo"
    service.save(challenge, at=timezone.now())

    response = support.post(page_of(challenge), {"activity_after": "2026-09-01T00:00"})

    moment = response.context["form"].cleaned_data["activity_after"]
    assert moment.isoformat() == "2026-08-31T15:00:00+00:00"


def test_unknown_member_is_told(support, challenge):
    response = support.post(page_of(challenge), {"member": "nobody"})

    assert list(response.context["form"].errors) == ["member"]


def test_nothing_to_count_cannot_be_confirmed(support, challenge):
    confirmed(support, challenge)

    response = support.post(page_of(challenge), {})

    assert response.context["impact"].logs == 0
    assert b'name="confirmed"' not in response.content


def test_archived_challenge_is_told(support, challenge):
    service.remove(challenge, at=timezone.now())

    response = support.post(page_of(challenge), {})

    assert "archived" in str(response.context["form"].errors)


def test_filter_of_the_address_is_filled_in(support, challenge):
    query = "?reason_code=before_start&member=bob&activity_after=2026-09-01T00:00:00Z&activity_before=y"

    form = support.get(page_of(challenge, query)).context["form"]

    assert (form["member"].value(), form["reason_code"].value()) == ("bob", ["before_start"])
    assert f"{form['activity_after'].value():%Y-%m-%dT%H:%M}" == "2026-09-01T00:00"
    assert form["activity_before"].value() is None


def test_earlier_runs_are_listed(support, challenge):
    confirmed(support, challenge)

    runs = support.get(page_of(challenge)).context["runs"]

    assert [run.counted for run in runs] == [4]


def test_run_shows_how_far_it_is_and_what_was_refused(support, challenge, monkeypatch):
    monkeypatch.setattr(manual_count_runs, "LOGS_AT_ONCE", 1)
    monkeypatch.setattr(manual_count_runs, "LOGS_IN_REQUEST", 1)
    confirmed(support, challenge, unique_identifier="order-0")

    page = support.get(confirmed(support, challenge).url)

    run = page.context["run"]
    assert (run.processed, run.percentage) == (1, 25)
    assert b'data-run="running"' in page.content
    manual_count_runs.advance(run.id)
    page = support.get(reverse("backoffice:count_run", args=[challenge.pk, run.pk]))
    assert b'data-run="done"' in page.content
    assert b"order-0" in page.content
    assert b"counted anyway already" in page.content


def test_run_of_another_challenge_is_not_found(support, challenge):
    confirmed(support, challenge)
    run = ManualCountRun.objects.get()
    other = make_challenge(name="Other")

    assert support.get(reverse("backoffice:count_run", args=[other.pk, run.pk])).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_marketers_may_not_count(marketer, challenge, method):
    assert getattr(marketer, method)(page_of(challenge)).status_code == 403


def test_challenges_page_leads_there_for_support_alone(support, marketer, challenge):
    form = reverse("admin:challenges_challenge_change", args=[challenge.pk])
    button = reverse("admin:challenges_challenge_count_anyway", args=[challenge.pk])

    assert button in support.get(form).content.decode()
    assert button not in marketer.get(form).content.decode()
    assert support.get(button).url == page_of(challenge)
    assert marketer.get(button).status_code == 403


def test_list_of_logs_leads_there_with_its_filter(support, challenge):
    query = f"?challenge__id__exact={challenge.pk}&reason_code__exact=before_start&q=order-1"
    times = "&activity_at_from_0=2026-09-01&activity_at_from_1=00:00:00"
    logs = reverse("admin:challenges_challengelog_changelist")
    action = reverse("admin:challenges_challengelog_count_all_anyway")

    assert (action + query).replace("&", "&amp;") in support.get(logs + query).content.decode()
    response = support.get(action + query + times)
    assert response.url.startswith(page_of(challenge))
    form = support.get(response.url).context["form"]
    assert (form["unique_identifier"].value(), form["reason_code"].value()) == ("order-1", ["before_start"])
    assert f"{form['activity_after'].value():%Y-%m-%d}" == "2026-09-01"


def test_search_for_a_member_is_a_filter_by_the_member(support, challenge):
    action = reverse("admin:challenges_challengelog_count_all_anyway")

    response = support.get(f"{action}?challenge__id__exact={challenge.pk}&q=bob")

    assert support.get(response.url).context["form"]["member"].value() == "bob"


@pytest.mark.parametrize("query", ["", "?challenge__id__exact=x"])
def test_list_of_logs_asks_for_a_challenge_first(support, challenge, query):
    action = reverse("admin:challenges_challengelog_count_all_anyway")

    response = support.get(action + query, follow=True)

    assert response.redirect_chain[0][0].startswith(reverse("admin:challenges_challengelog_changelist"))
    assert "Choose one challenge" in response.content.decode()


def test_marketers_see_no_button_on_the_list(marketer, challenge):
    action = reverse("admin:challenges_challengelog_count_all_anyway")

    assert action not in marketer.get(reverse("admin:challenges_challengelog_changelist")).content.decode()
    assert marketer.get(action).status_code == 403
