"""Our own pages of the admin for everybody: axe-core in light and dark, the keyboard, a phone."""

from importlib.resources import files

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from challenges.editing import service
from challenges.engine import manual_count_runs
from challenges.engine.manual_count_runs import LogFilter
from challenges.models import ChallengeLog, ChallengeProgress
from members.models import Member
from rewards.models import RewardLog
from tests.builders import DAY, add_codes, log_activity, make_challenge, make_milestone, make_reward
from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
GRAVE = ("serious", "critical")


@pytest.fixture
def back_office(page, live_server):
    """Logged in as somebody who sees every page.

    A challenge with a paid member, a log that came late, and a target that begins with the next window.
    """
    call_command("migrate", verbosity=0)  # the groups, which a transactional test flushes
    make_staff("root", is_superuser=True)
    now = timezone.now()
    pool = make_reward(code_source="pool")
    add_codes(pool, "SPARE")
    challenge = make_challenge(at=now - 60 * DAY, completion_reward=pool)
    make_milestone(challenge, 200, at=now - 60 * DAY)
    log_activity(challenge, 250, at=now)
    log_activity(challenge, 9, at=now - 50 * DAY, received_at=now, uid="late")
    challenge.completion_target_value = 600
    service.save(challenge, at=now, from_next_window=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{live_server.url}/admin/login/")
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Live challenges")).to_be_visible()

    def opened(name, *args, query=""):
        page.goto(live_server.url + reverse(name, args=args) + query)
        page.wait_for_load_state("networkidle")
        return page

    opened.challenge, opened.pool = challenge.pk, pool.pk
    return opened


def grave(page):
    """What hinders somebody seriously, or altogether, and where."""
    page.evaluate(AXE)
    violations = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        (rule["id"], node["html"][:200])
        for rule in violations
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def test_axe_reports_a_field_without_a_name(back_office):
    """The control: what is broken is found, so that finding nothing means something."""
    page = back_office("admin:challenges_challenge_change", back_office.challenge)
    page.evaluate("document.querySelector('label[for=id_name]').remove()")

    assert sorted(rule for rule, _where in grave(page)) == ["label", "label-title-only"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_on_a_marketers_pages(back_office, page, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    faults_by_page = {
        "overview": grave(back_office("admin:index")),
        "new": grave(back_office("admin:challenges_challenge_add")),
        "figures": grave(back_office("backoffice:dashboard", back_office.challenge)),
        "history": grave(back_office("admin:challenges_challenge_history", back_office.challenge)),
        "versions": grave(back_office("admin:challenges_challenge_versions", back_office.challenge)),
        "cancel": grave(back_office("admin:challenges_challenge_cancel_pending", back_office.challenge)),
        "removal": grave(back_office("admin:challenges_challenge_delete", back_office.challenge)),
        "codes": grave(back_office("admin:rewards_reward_codes", back_office.pool)),
        "withdrawal": grave(back_office("admin:rewards_reward_withdraw", back_office.pool)),
        "form": grave(back_office("admin:challenges_challenge_change", back_office.challenge)),
    }
    page.locator("#id_completion_target_value").fill("220")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="This pays members at once")).to_be_visible()
    faults_by_page["impact"] = grave(page)
    back_office("admin:challenges_challenge_add", query="?example=monthly-big-spender")
    page.get_by_role("button", name="Go live…").click()
    expect(page.locator("[data-question]")).to_be_visible()
    faults_by_page["checklist"] = grave(page)

    assert {name: faults for name, faults in faults_by_page.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_on_supports_pages(back_office, page, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    member, log = Member.objects.get(), RewardLog.objects.get()
    late = ChallengeLog.objects.get(unique_identifier="late")

    faults_by_page = {
        "search": grave(back_office("backoffice:members", query="?q=nobody")),
        "member": grave(back_office("backoffice:member", member.pk)),
        "progress": grave(back_office("backoffice:progress", ChallengeProgress.objects.get().pk)),
        "reward log": grave(back_office("admin:rewards_rewardlog_change", log.pk)),
        "reissue": grave(back_office("backoffice:action", "reissue", log.pk)),
        "add a log": grave(back_office("backoffice:action", "add_log", member.pk)),
        "count anyway": grave(back_office("backoffice:count_anyway", member.pk, query=f"?log={late.pk}")),
        "count all": grave(back_office("backoffice:count_anyway_all", back_office.challenge)),
    }
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("heading", name="1 log would count")).to_be_visible()
    faults_by_page["what counting all would do"] = grave(page)
    page.get_by_label("Reason", exact=False).fill("Our shop was down.")
    page.get_by_role("button", name="Count 1 log").click()
    expect(page.get_by_role("status").filter(has_text="Done: 1 log.")).to_be_visible()
    faults_by_page["run"] = grave(page)

    assert {name: faults for name, faults in faults_by_page.items() if faults} == {}


def test_menu_and_removal_are_within_the_keyboards_reach(back_office, page):
    page.set_viewport_size({"width": 390, "height": 844})
    back_office("admin:challenges_challenge_change", back_office.challenge)

    page.get_by_role("button", name="Menu", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Find a member")).to_be_in_viewport()
    page.reload()
    page.locator("[data-rung] input[type=checkbox]").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-rung]")).to_have_class("desk-rung is-removed")


def test_actions_lie_within_a_phone(back_office, page):
    page.set_viewport_size({"width": 390, "height": 844})
    back_office("backoffice:member", Member.objects.get().pk)

    action = page.locator("tr[data-kind=reward]").get_by_role("link", name="Revoke")
    box = action.bounding_box()

    assert (box["x"] >= 0, box["x"] + box["width"] <= 390) == (True, True)


def test_no_page_is_wider_than_a_phone(back_office, page):
    page.set_viewport_size({"width": 390, "height": 844})
    member, progress = Member.objects.get(), ChallengeProgress.objects.get()
    run = manual_count_runs.start(back_office.challenge, LogFilter(), "why not", None, timezone.now())
    addresses = [
        ("admin:index",),
        ("admin:challenges_challenge_changelist",),
        ("admin:challenges_challenge_change", back_office.challenge),
        ("admin:challenges_challenge_history", back_office.challenge),
        ("admin:challenges_challenge_versions", back_office.challenge),
        ("admin:challenges_challenge_cancel_pending", back_office.challenge),
        ("admin:challenges_challenge_delete", back_office.challenge),
        ("admin:rewards_rewardlog_change", RewardLog.objects.get().pk),
        ("admin:rewards_reward_codes", back_office.pool),
        ("admin:rewards_reward_withdraw", back_office.pool),
        ("backoffice:dashboard", back_office.challenge),
        ("backoffice:member", member.pk),
        ("backoffice:progress", progress.pk),
        ("backoffice:action", "add_log", member.pk),
        ("backoffice:count_anyway_all", back_office.challenge),
        ("backoffice:count_run", back_office.challenge, run.pk),
    ]

    widths = {
        address: back_office(*address).evaluate("document.documentElement.scrollWidth")
        for address in addresses
    }

    assert {address: width for address, width in widths.items() if width > 390} == {}
