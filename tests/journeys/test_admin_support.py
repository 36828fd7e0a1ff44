"""A ticket, closed from one screen: an order that did not count, and a code that the member lost."""

import re

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from access.models.staff_action import StaffAction
from challenges.models import ChallengeProgress
from members.models import Member
from rewards.models import RewardLog
from tests.builders import DAY, log_activity, make_challenge, make_milestone
from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def back_office(page, live_server):
    """Logged in as Sam of Support. Alice's order of 40 days ago arrived today; her order of now paid."""
    call_command("migrate", verbosity=0)
    make_staff("sam", "Support")
    now = timezone.now()
    challenge = make_challenge(at=now - 60 * DAY)
    make_milestone(challenge, 200, at=now - 60 * DAY)
    profile = {"first_name": "Alice", "last_name": "Moreau", "email": "alice@example.com"}
    log_activity(challenge, 250, at=now - 40 * DAY, received_at=now, uid="ORDER-4711", profile=profile)
    log_activity(challenge, 220, at=now, uid="ORDER-4712")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/admin/login/")
    page.get_by_label("Username").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_label("Find a member")).to_be_visible()
    return page


def test_support_finds_an_order_counts_it_anyway_and_reissues_a_code(back_office):
    page = back_office

    # Found by the order number, straight to the member
    page.get_by_label("Find a member").fill("ORDER-4711")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="Alice Moreau")).to_be_visible()
    order = page.locator("tr[data-kind=log]", has_text="ORDER-4711")
    expect(order).to_contain_text("Not counted")
    expect(order).to_contain_text("had closed and the late grace was over")

    # Counted anyway, with a reason; it pays in its own window
    order.get_by_role("link", name="Count anyway").click()
    page.get_by_label("Reason").fill("The shop's queue stood still.")
    page.get_by_role("button", name="Count anyway").click()
    expect(page.get_by_text("1 counted anyway.")).to_be_visible()
    expect(page.locator("tr[data-kind=log]", has_text="counts ORDER-4711 anyway")).to_contain_text("Counted")
    assert sorted(ChallengeProgress.objects.values_list("current_progress_value", flat=True)) == [220, 250]
    assert RewardLog.objects.count() == 2

    # The lost code is re-issued
    reward = page.locator("tr[data-kind=reward]", has_text="Spend 200").first
    code = reward.locator("code").inner_text()
    reward.get_by_role("link", name="Re-issue").click()
    expect(page.get_by_text(code)).to_be_visible()
    page.get_by_label("Reason").fill("The mail never came.")
    page.get_by_role("button", name="Re-issue the code").click()
    expect(page.get_by_text("A new code is issued.")).to_be_visible()
    assert not RewardLog.objects.filter(coupon_code=code).exists()

    # What staff did is part of the timeline
    staff = page.locator("tr[data-kind=staff]")
    expect(staff).to_have_count(2)
    expect(staff.first).to_contain_text("Re-issued a code: “The mail never came.”")
    assert set(StaffAction.objects.values_list("actor_name", flat=True)) == {"sam"}


def test_progress_page_says_why(back_office):
    page = back_office
    page.get_by_label("Find a member").fill("moreau")
    page.get_by_role("button", name="Find").click()

    page.locator("[data-standing]").get_by_role("link", name="Monthly Big Spender").first.click()

    expect(page.get_by_role("heading", name=re.compile("^220 of 500"))).to_be_visible()
    expect(page.locator("[data-upcoming]")).to_have_text("280.00 more to “Completion” at 500.")
    expect(page.locator("[data-table=thresholds] tr", has_text="Spend 200")).to_contain_text("✓")
    expect(page.locator("[data-table=logs] tbody tr")).to_have_count(1)


def test_support_sees_as_the_member_and_edits_nothing(back_office):
    page = back_office
    page.goto(f"{page.url.split('/admin/')[0]}/admin/desk/members/{Member.objects.get().pk}/")

    page.get_by_role("link", name="See as this member").first.click()

    expect(page.locator("challenge-card")).to_contain_text("220")
    expect(page.get_by_text("As alice sees it now.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)


def test_member_page_fits_a_phone(back_office):
    page = back_office
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{page.url.split('/admin/')[0]}/admin/desk/members/{Member.objects.get().pk}/")

    expect(page.get_by_role("heading", name="Alice Moreau")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
