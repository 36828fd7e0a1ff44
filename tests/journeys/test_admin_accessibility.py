"""Our own pages of the admin for everybody: axe-core in light and dark, the keyboard, a phone."""

from importlib.resources import files

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from challenges.models import ChallengeLog, ChallengeProgress
from members.models import Member
from rewards.models import RewardLog
from tests.builders import DAY, add_codes, log_activity, make_challenge, make_milestone, make_reward
from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
GRAVE = ("serious", "critical")


@pytest.fixture
def desk(page, live_server):
    """Logged in as somebody who sees every page; a challenge with a paid member and a log that came late."""
    call_command("migrate", verbosity=0)  # the groups, which a transactional test flushes
    make_staff("root", is_superuser=True)
    now = timezone.now()
    pool = make_reward(code_source="pool")
    add_codes(pool, "SPARE")
    challenge = make_challenge(at=now - 60 * DAY, completion_reward=pool)
    make_milestone(challenge, 200, at=now - 60 * DAY)
    log_activity(challenge, 250, at=now)
    log_activity(challenge, 9, at=now - 50 * DAY, received_at=now, uid="late")
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
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        (rule["id"], node["html"][:200])
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def test_axe_is_heard_about_a_field_without_a_name(desk):
    """The control: what is broken is found, so that finding nothing means something."""
    page = desk("admin:challenges_challenge_change", desk.challenge)
    page.evaluate("document.querySelector('label[for=id_name]').remove()")

    assert sorted(rule for rule, _where in grave(page)) == ["label", "label-title-only"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_on_a_marketers_pages(desk, page, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    found = {
        "overview": grave(desk("admin:index")),
        "new": grave(desk("admin:challenges_challenge_add")),
        "figures": grave(desk("backoffice:dashboard", desk.challenge)),
        "history": grave(desk("admin:challenges_challenge_history", desk.challenge)),
        "removal": grave(desk("admin:challenges_challenge_delete", desk.challenge)),
        "codes": grave(desk("admin:rewards_reward_codes", desk.pool)),
        "withdrawal": grave(desk("admin:rewards_reward_withdraw", desk.pool)),
        "form": grave(desk("admin:challenges_challenge_change", desk.challenge)),
    }
    page.locator("#id_completion_target_value").fill("220")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="This pays members at once")).to_be_visible()
    found["impact"] = grave(page)
    desk("admin:challenges_challenge_add", query="?example=monthly-big-spender")
    page.get_by_role("button", name="Go live…").click()
    expect(page.locator("[data-question]")).to_be_visible()
    found["checklist"] = grave(page)

    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_on_supports_pages(desk, page, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    member, log = Member.objects.get(), RewardLog.objects.get()
    late = ChallengeLog.objects.get(unique_identifier="late")

    found = {
        "search": grave(desk("backoffice:members", query="?q=nobody")),
        "member": grave(desk("backoffice:member", member.pk)),
        "progress": grave(desk("backoffice:progress", ChallengeProgress.objects.get().pk)),
        "reward log": grave(desk("admin:rewards_rewardlog_change", log.pk)),
        "reissue": grave(desk("backoffice:action", "reissue", log.pk)),
        "add a log": grave(desk("backoffice:action", "add_log", member.pk)),
        "count anyway": grave(desk("backoffice:count_anyway", member.pk, query=f"?log={late.pk}")),
    }

    assert {name: faults for name, faults in found.items() if faults} == {}


def test_menu_and_removal_are_within_the_keyboards_reach(desk, page):
    page.set_viewport_size({"width": 390, "height": 844})
    desk("admin:challenges_challenge_change", desk.challenge)

    page.get_by_role("button", name="Menu", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Find a member")).to_be_in_viewport()
    page.reload()
    page.locator("[data-rung] input[type=checkbox]").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-rung]")).to_have_class("desk-rung is-removed")


def test_acts_lie_within_a_phone(desk, page):
    page.set_viewport_size({"width": 390, "height": 844})
    desk("backoffice:member", Member.objects.get().pk)

    act = page.locator("tr[data-kind=reward]").get_by_role("link", name="Revoke")
    box = act.bounding_box()

    assert (box["x"] >= 0, box["x"] + box["width"] <= 390) == (True, True)


def test_no_page_is_wider_than_a_phone(desk, page):
    page.set_viewport_size({"width": 390, "height": 844})
    member, progress = Member.objects.get(), ChallengeProgress.objects.get()
    addresses = [
        ("admin:index",),
        ("admin:challenges_challenge_changelist",),
        ("admin:challenges_challenge_change", desk.challenge),
        ("admin:challenges_challenge_history", desk.challenge),
        ("admin:challenges_challenge_delete", desk.challenge),
        ("admin:rewards_rewardlog_change", RewardLog.objects.get().pk),
        ("admin:rewards_reward_codes", desk.pool),
        ("admin:rewards_reward_withdraw", desk.pool),
        ("backoffice:dashboard", desk.challenge),
        ("backoffice:member", member.pk),
        ("backoffice:progress", progress.pk),
        ("backoffice:action", "add_log", member.pk),
    ]

    widths = {
        address: desk(*address).evaluate("document.documentElement.scrollWidth") for address in addresses
    }

    assert {address: width for address, width in widths.items() if width > 390} == {}
