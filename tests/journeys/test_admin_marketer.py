"""A marketer's day in a real browser: a challenge from nothing to live, and an edit that pays."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from challenges.models import Challenge
from rewards.models import RewardLog
from tests.builders import log_activity
from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ICON = Path(__file__).resolve().parents[2] / "demo/icons/monthly-big-spender.svg"


@pytest.fixture
def back_office(page, live_server):
    """Logged in as Mia of Marketers, on the first page."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)  # the groups, which a transactional test flushes
    make_staff("mia", "Marketers")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/admin/login/")
    page.get_by_label("Username").fill("mia")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Live challenges")).to_be_visible()
    return page


def preview(page):
    return page.locator("challenge-card")


def add_rung(page, target, name):
    page.get_by_role("button", name="Add a milestone").click()
    rung = page.locator("[data-rung]").last
    rung.locator("[name$=milestone_target_value]").fill(target)
    rung.locator("[name$='-name']").fill(name)
    return rung


def test_marketer_builds_previews_publishes_and_lowers_the_target(back_office, live_server):
    page = back_office

    # Basics, what counts, two milestones, an icon
    page.get_by_role("link", name="New challenge").click()
    page.locator("#id_name").fill("Monthly Big Spender")
    page.locator("#id_description").fill("Spend 500 in a month.")
    page.locator("#id_icon").set_input_files(ICON)
    page.locator("#id_aggregation_period").select_option("monthly")
    page.locator("#id_completion_target_value").fill("500")
    add_rung(page, "200", "First 200")
    rung = add_rung(page, "350", "Nearly there")
    rung.locator("[name$=eud_milestone_title_en]").fill("Nearly there!")

    # Two languages; a variable by a click
    texts = page.locator("#section-texts")
    texts.locator("#id_eud_title_en").fill("Monthly Big Spender")
    texts.get_by_role("tab", name=re.compile("Deutsch")).click()
    texts.locator("#id_eud_title_de").fill("Großeinkauf des Monats")
    message = texts.locator("#id_eud_completed_challenge_message_de")
    assert message.get_attribute("placeholder").startswith("Glückwunsch!")
    message.fill("Geschafft! Bis nächsten ")
    message.locator("xpath=..").get_by_role("button", name="{{periodText}}").click()
    expect(message).to_have_value("Geschafft! Bis nächsten {{periodText}}")

    # Previewed in German as completed, from the unsaved form
    page.get_by_role("button", name="Completed", exact=True).click()
    expect(preview(page)).to_contain_text("Großeinkauf des Monats")
    expect(preview(page)).to_contain_text("Geschafft! Bis nächsten Monat")
    expect(preview(page)).to_contain_text("500")
    assert Challenge.objects.count() == 0

    # The checklist asks, the marketer confirms
    page.get_by_role("button", name="Go live…").click()
    expect(page.get_by_role("heading", name="Before it goes live")).to_be_visible()
    expect(page.locator("[data-finding=generated_codes]")).to_be_visible()
    expect(page.locator("[data-finding=not_translated]")).to_contain_text("Spanish, French, Arabic, Japanese")
    expect(page.locator("[data-finding=no_icon]")).to_have_count(0)
    page.locator("[data-finding=not_translated]").get_by_role("link", name="Show me").click()
    expect(page.locator("#id_eud_title_es")).to_be_focused()
    page.get_by_role("button", name="Go live", exact=True).click()
    expect(page.locator("[data-status=live]")).to_be_visible()
    challenge = Challenge.objects.get()
    assert challenge.status == "live"
    assert [m.milestone_target_value for m in challenge.milestones.order_by("milestone_target_value")] == [
        Decimal(200),
        Decimal(350),
    ]
    assert challenge.eud_icon.name.endswith(".svg")

    # Members take part; the target is lowered, the impact read and confirmed
    log_activity(challenge, 420, member="alice", at=timezone.now())
    log_activity(challenge, 100, member="bob", at=timezone.now())
    page.reload()
    page.locator("#id_completion_target_value").fill("400")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="This pays members at once")).to_be_visible()
    expect(page.locator("[data-impact=completed]")).to_have_text("1")
    assert RewardLog.objects.filter(milestone=None).count() == 0
    page.get_by_role("button", name="Save and pay 1 member").click()
    expect(page.get_by_text("“Monthly Big Spender” is saved. Status: Live.")).to_be_visible()
    assert RewardLog.objects.get(milestone=None).member.external_id == "alice"

    # The figures say so
    page.get_by_role("link", name="Figures").first.click()
    expect(page.locator("[data-figure=participants]")).to_have_text("2")
    expect(page.locator("[data-figure=completed]")).to_have_text("1")


def test_mistake_in_a_hidden_language_is_counted_on_its_tab(back_office, live_server):
    page = back_office
    page.goto(f"{live_server.url}/admin/challenges/challenge/add/?example=ten-visits")
    texts = page.locator("#section-texts")
    texts.get_by_role("tab", name=re.compile("Français")).click()
    texts.locator("#id_eud_failed_challenge_message_fr").fill("Encore {{perodText}} !")
    texts.get_by_role("tab", name=re.compile("English")).click()

    page.get_by_role("button", name="Save draft").click()

    tab = page.locator("#section-texts").get_by_role("tab", name=re.compile("Français"))
    expect(tab.locator("[data-testid=error-count]")).to_have_text("1")
    expect(page.get_by_text("did you mean {{periodText}}?")).to_be_visible()
    # Nothing that was typed is lost, not even the icon that the example brought.
    expect(page.locator("#id_eud_failed_challenge_message_fr")).to_have_value("Encore {{perodText}} !")
    page.locator("#id_eud_failed_challenge_message_fr").fill("Encore {{periodText}} !")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("[data-status=draft]")).to_be_visible()
    assert Challenge.objects.get().eud_icon.name.endswith(".svg")


def test_form_fits_a_phone(back_office, live_server):
    page = back_office
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{live_server.url}/admin/challenges/challenge/add/?example=monthly-big-spender")

    expect(preview(page)).to_contain_text("Monthly Big Spender")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
