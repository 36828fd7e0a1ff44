"""Support counts what came before a wrong start, in the browser: impact, reason, and a run that goes on."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from challenges.engine import manual_count_runs
from challenges.models import ManualCountRun
from tests.builders import DAY, log_activity, make_challenge, make_milestone
from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def challenge():
    now = timezone.now()
    challenge = make_challenge(at=now - 20 * DAY, starts_at=now - DAY, late_grace_hours=1440)
    make_milestone(challenge, 200, at=now - 20 * DAY)
    for number in range(6):
        log_activity(
            challenge,
            300,
            member=f"member-{number % 3}",
            at=now - 2 * DAY,
            received_at=now,
            uid=f"order-{number}",
        )
    return challenge


@pytest.fixture
def support_page(page, live_server):
    call_command("migrate", verbosity=0)  # the groups, which a transactional test flushes
    make_staff("sam", "Support")
    page.goto(f"{live_server.url}/admin/login/")
    page.get_by_label("Username").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log in")).to_have_count(0)
    return page


def test_support_counts_all_that_a_filter_finds(support_page, live_server, challenge, monkeypatch):
    page = support_page
    monkeypatch.setattr(manual_count_runs, "LOGS_AT_ONCE", 2)
    monkeypatch.setattr(manual_count_runs, "LOGS_IN_REQUEST", 2)
    logs = reverse("admin:challenges_challengelog_changelist")
    page.goto(f"{live_server.url}{logs}?challenge__id__exact={challenge.pk}&reason_code__exact=before_start")

    page.get_by_role("link", name="Count anyway: all that this filter finds").click()
    expect(page.get_by_label("Before the challenge's start")).to_be_checked()
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("heading", name="6 logs would count")).to_be_visible()
    expect(page.locator("[data-impact=completed]")).to_have_text("3")
    expect(page.locator("[data-impact=coupons]")).to_have_text("6")
    page.get_by_label("Reason", exact=False).fill("The start was set too late.")
    page.get_by_role("button", name="Count 6 logs").click()

    expect(page.get_by_role("status").filter(has_text="2 of 6 logs.")).to_be_visible()
    manual_count_runs.advance(ManualCountRun.objects.get().id)
    expect(page.get_by_role("status").filter(has_text="Done: 6 logs.")).to_be_visible()
    expect(page.locator("[data-figure=counted]")).to_have_text("6")
