"""The demo storefront in a real browser: guest and member, six languages, keyboard, phone, dark."""

import json
import os
import re
import subprocess
from datetime import timedelta
from importlib.resources import files

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from access.models.api_key import create_key
from core.texts import default_text
from demo.storefront.visitors import token_of, visitor_named
from demo.storefront.words import words_in
from tests.challenges.api.hostile_texts import HOSTILE
from tests.http import SECRET

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
LANGUAGES = ("en", "es", "fr", "de", "ar", "ja")
NEWCOMER = "new-abcdefgh"
SPENDER = "Monthly Big Spender"


class Shop:
    """The page, as one member (none: a guest) in one language."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.cards = page.locator("challenge-list challenge-card")

    def open(self, member="", language="en", theme=""):
        self.page.goto(f"{self.address}/demo/?member={member}&language={language}&theme={theme}")
        expect(self.cards.first.locator(".title")).to_be_visible()
        return self

    def card(self, place=0):
        """In the demo's order: spend, visits, calories, lessons."""
        return self.cards.nth(place)

    def value(self, place=0):
        return self.card(place).get_by_role("progressbar").get_attribute("aria-valuenow")

    def do(self, slug):
        self.page.locator(f"#do-{slug}").click()
        expect(self.page.locator(f"#do-{slug}:not([aria-disabled])")).to_be_visible()


@pytest.fixture
def shop(page, live_server, transactional_db, settings, tmp_path):
    settings.ROOT_URLCONF = "tests.journeys.shop_urls"
    settings.MEDIA_ROOT = tmp_path
    settings.ENDUSER_JWT_SECRET, settings.ENDUSER_JWT_ALGORITHM = SECRET, "HS256"
    settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = False
    call_command("load_demo", members=2, verbosity=0)
    page.set_viewport_size({"width": 1360, "height": 900})
    return Shop(page, live_server.url)


def violations(page):
    """axe-core's findings: which rule, where. Best practices included."""
    page.evaluate("() => document.getAnimations().forEach((animation) => animation.finish?.())")
    page.evaluate(AXE)
    violated = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        (rule["id"], node["target"], node["failureSummary"]) for rule in violated for node in rule["nodes"]
    ]


# --- what one sees -----------------------------------------------------------------------------------------


def test_guest_sees_the_challenges_and_is_asked_in(shop):
    page = shop.open().page

    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    expect(shop.cards).to_have_count(4)
    expect(shop.card().locator(".status")).to_have_count(0)
    expect(shop.card().locator(".message")).to_have_text(
        "Shop for $200.00 or more to complete the next milestone!"
    )
    expect(page.locator(".good button")).to_have_count(0)

    page.get_by_role("link", name="Become a member").click()

    expect(page).to_have_url(re.compile(r"/demo/\?member=new-[a-z0-9]{8}$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Robin")
    expect(page.locator(".good button")).to_have_count(7)
    expect(shop.cards.locator(".status")).to_have_text(["Not Started"] * 4)


def test_alice_stands_as_the_page_tells(shop):
    card = shop.open("alice").card()

    expect(card.locator(".title")).to_have_text(SPENDER)
    expect(card.locator(".status")).to_have_text("In Progress")
    expect(card.locator(".value")).to_have_text("350/ 50070%")
    expect(card.locator(".message")).to_have_text("Shop for $150.00 or more to complete the next milestone!")
    expect(card.locator(".code")).to_have_text(re.compile(r"^FIVE-[A-Z0-9]{12}$"))


def test_completion_reads_as_the_page_tells(shop):
    shop.open("alice").do("lamp")

    expect(shop.card().locator(".message")).to_have_text(
        "Congratulations! You have completed this challenge! Shop more next month to start a new challenge!"
    )


def test_failure_reads_as_the_page_tells(shop, end_user):
    """What alice reads in the next month, from the API's own answer of that day."""
    page = shop.open().page
    next_month = (timezone.now().replace(day=28) + timedelta(days=7)).replace(day=2)
    with time_machine.travel(next_month, tick=False):
        host = {"host": shop.address.removeprefix("http://")}
        answer = end_user("alice").get("/schema/challenge/record", headers=host).json()["data"]

    page.clock.install(time=next_month)
    page.reload()
    page.locator("challenge-list").evaluate("(list, data) => { list.data = data; }", answer)

    expect(shop.card().locator(".status")).to_have_text("Failed")
    expect(shop.card().locator(".message")).to_have_text(
        "Your challenge has failed. Don't worry, shop more next month to start a new challenge!"
    )


# --- what one does -----------------------------------------------------------------------------------------


def test_activity_moves_the_bar(shop):
    page = shop.open(NEWCOMER).page
    assert shop.value() == "0"

    shop.do("dripper")

    expect(shop.card().locator(".value")).to_have_text("48/ 5009%")
    expect(shop.card().locator(".status")).to_have_text("In Progress")
    expect(page.locator("#said")).to_have_text("Pour-over set: that counts!")
    assert [shop.value(place) for place in (1, 2, 3)] == ["0", "0", "0"]
    for slug, place, value in (("coffee", 1, "10"), ("flow", 2, "6"), ("bread", 3, "5")):
        shop.do(slug)
        expect(shop.card(place).get_by_role("progressbar")).to_have_attribute("aria-valuenow", value)


def test_milestone_is_celebrated_and_its_coupon_arrives(shop):
    page = shop.open(NEWCOMER).page
    page.evaluate(
        "addEventListener('challenges:reward', (event) => { window.reward = event.detail.rewardLog; })"
    )

    shop.do("lamp")
    expect(shop.card().locator(".code")).to_have_count(0)
    shop.do("throw")

    expect(shop.card().locator(".banner")).to_have_text("Milestone reached: 5% off")
    expect(shop.card().locator(".reward-title")).to_have_text("5% off your next orderNew")
    code = shop.card().locator(".code").inner_text()
    assert page.evaluate("window.reward.couponCode") == code
    page.reload()
    expect(shop.card().locator(".code")).to_have_text(code)


def test_completion_is_celebrated_and_pays(shop):
    shop.open("alice").do("lamp")

    expect(shop.card().locator(".banner")).to_have_text(f"Challenge completed: {SPENDER}")
    expect(shop.card().locator(".status")).to_have_text("Completed")
    expect(shop.card().locator(".value")).to_have_text("500/ 500100%")
    expect(shop.card().locator(".code")).to_have_text([re.compile("^SHIP-"), re.compile("^FIVE-")])


def test_request_that_is_shown_answers_the_same_when_it_is_pasted(shop):
    page = shop.open("alice").page
    expect(page.locator("#exchange")).to_be_hidden()
    shop.do("lamp")
    shown, status = json.loads(page.locator("#answer").inner_text()), page.locator("#status").inner_text()

    _record, key = create_key("test", ["ingest"], at=timezone.now())
    curl = page.locator("#curl").inner_text().replace("curl ", "curl -s ", 1)
    environment = {**os.environ, "KEY": key}
    run = subprocess.run(["bash", "-c", curl], env=environment, capture_output=True, text=True, timeout=30)

    again = json.loads(run.stdout)
    assert (status, [outcome["status"] for outcome in shown["data"]]) == ("200", ["created"])
    assert [outcome.pop("status") for outcome in again["data"]] == ["replayed"]
    assert again["data"] == [{k: v for k, v in outcome.items() if k != "status"} for outcome in shown["data"]]
    page.locator("challenge-list").evaluate("(list) => list.refresh()")
    expect(shop.card().locator(".value")).to_have_text("500/ 500100%")


def test_impatient_double_click_is_one_order(shop):
    shop.open(NEWCOMER).page.locator("#do-dripper").dblclick()

    expect(shop.card().locator(".value")).to_have_text("48/ 5009%")


def test_shop_out_of_reach_says_so(shop, complaints):
    page = shop.open("alice").page
    page.route("**/demo/activity", lambda route: route.abort())

    page.locator("#do-lamp").click()

    expect(page.locator("#said")).to_have_text("That did not work. Please try again.")
    expect(page.locator("#do-lamp:not([aria-disabled])")).to_be_visible()
    assert [text.partition(":")[0] for text in complaints] == ["console error"]
    complaints.clear()


def test_expired_token_is_renewed_without_a_word(shop, complaints):
    page = shop.open("alice").page
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False):
        old = token_of(visitor_named("alice"), timezone.now())

    page.locator("challenge-list").evaluate("(list, token) => { list.token = token; }", old)

    expect(page.locator(f"challenge-list[token='{old}']")).to_have_count(0)
    expect(shop.card().locator(".value")).to_have_text("350/ 50070%")
    assert len(complaints) == 1
    assert "401" in complaints.pop()


# --- languages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_and_challenges_speak_one_language(shop, language):
    page = shop.open("alice").page
    page.locator("#languages summary").click()
    page.locator(f"#languages a[lang={language}]").click()

    words = words_in(language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["hello"].format(name="Alice"))
    expect(page.locator("#do-lamp")).to_have_text(words["buy"])
    expect(shop.card().locator(".status")).to_have_text(default_text("eud_in_progress_label", language))
    expect(shop.card().locator(".details-button")).to_have_text(
        default_text("eud_view_details_button_text", language)
    )
    expect(page.locator("challenge-list .frame").first).to_have_attribute("lang", language)
    assert page.locator(":text('{'), challenge-card :text('{')").count() == 0


def test_arabic_is_the_mirror_image(shop):
    names = (
        ".brand img",
        ".hero h1",
        ".departments",
        ".board",
        ".good img",
        "#do-coffee",
        "challenge-list .icon",
    )

    def edges(side):
        boxes = {name: shop.page.locator(name).first.bounding_box() for name in names}
        if side == "left":
            return {name: box["x"] for name, box in boxes.items()}
        width = shop.page.evaluate("document.documentElement.clientWidth")
        return {name: width - box["x"] - box["width"] for name, box in boxes.items()}

    english = shop.open("alice", "en") and edges("left")
    arabic = shop.open("alice", "ar") and edges("right")

    # A button begins where its own words' width lets it: it is held by its far edge.
    assert {name: arabic[name] for name in names if name != "#do-coffee"} == pytest.approx(
        {name: english[name] for name in names if name != "#do-coffee"}, abs=1
    )
    box = shop.page.locator("#do-coffee").bounding_box()
    assert box["x"] < shop.page.locator(".good .label").first.bounding_box()["x"]


# --- everybody's page --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_overflows_a_phone_of_360_pixels(shop, language):
    shop.page.set_viewport_size({"width": 360, "height": 740})
    shop.open("alice", language).do("lamp")
    expect(shop.card().locator(".banner")).to_be_visible()

    wide = shop.page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((element) => !element.closest("pre, .unseen, .skip, details:not([open]) nav"))
            .map((element) => [element.className || element.localName, element.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.right > 360.5 || box.left < -0.5))
            .map(([name]) => name)"""
    )

    assert wide == []
    assert shop.page.evaluate("document.documentElement.scrollWidth") == 360
    for menu in ("languages", "visitors"):
        shop.page.locator(f"#{menu} summary").click()
        box = shop.page.locator(f"#{menu} nav").bounding_box()
        assert (box["x"] >= 0, box["x"] + box["width"] <= 360) == (True, True), menu


def test_keyboard_alone_does_everything(shop):
    page = shop.open(NEWCOMER).page
    press = page.keyboard.press

    press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    press("Tab")
    expect(page.locator("#languages summary")).to_be_focused()
    press("Enter")
    expect(page.locator("#languages nav")).to_be_visible()
    press("Tab")
    expect(page.locator("#languages a").first).to_be_focused()
    press("Escape")
    expect(page.locator("#languages nav")).to_be_hidden()
    expect(page.locator("#languages summary")).to_be_focused()
    press("Tab")
    expect(page.locator("#visitors summary")).to_be_focused()
    press("Tab")
    expect(page.locator("#do-lamp")).to_be_focused()
    press("Space")
    expect(shop.card().locator(".value")).to_have_text("150/ 50030%")
    expect(page.locator("#do-lamp")).to_be_focused()
    press("Tab")
    expect(page.locator("#do-throw")).to_be_focused()
    press("Enter")
    expect(shop.card().locator(".code")).to_be_visible()
    for slug in ("dripper", "coffee", "flow", "ride", "bread"):
        press("Tab")
        expect(page.locator(f"#do-{slug}")).to_be_focused()
    press("Tab")
    expect(shop.card().locator(".marker").nth(1)).to_be_focused()
    press("Tab")
    expect(shop.card().locator(".copy-button")).to_be_focused()
    press("Tab")
    press("Enter")
    expect(shop.card().get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(shop.card().locator(".details-button")).to_be_focused()


def test_skip_link_leads_to_the_challenges(shop):
    page = shop.open("alice").page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#challenges")).to_be_focused()


def test_menu_closes_when_one_looks_elsewhere(shop):
    page = shop.open("alice").page
    for leave in (lambda: page.mouse.click(400, 300), lambda: page.locator("#visitors summary").click()):
        page.locator("#languages summary").click()
        expect(page.locator("#languages nav")).to_be_visible()
        leave()
        expect(page.locator("#languages nav")).to_be_hidden()


@pytest.mark.parametrize(
    ("member", "language", "theme", "width"),
    [
        ("", "en", "light", 1360),
        ("alice", "en", "dark", 1360),
        ("alice", "ar", "light", 360),
        (NEWCOMER, "ja", "dark", 360),
        ("bob", "de", "", 800),
    ],
)
def test_axe_finds_nothing(shop, member, language, theme, width):
    shop.page.emulate_media(reduced_motion="reduce")
    shop.page.set_viewport_size({"width": width, "height": 900})
    page = shop.open(member, language, theme).page
    assert violations(page) == []

    page.locator("#languages summary").click()
    if member:
        shop.do("lamp")
        expect(page.locator("#exchange")).to_be_visible()
        expect(page.locator(".toast.shown")).to_be_visible()
    assert violations(page) == []


def test_message_of_a_purchase_leads_to_the_challenges_and_goes(shop):
    shop.page.set_viewport_size({"width": 360, "height": 740})
    page = shop.open("alice").page
    shop.do("throw")
    expect(page.locator(".toast.shown")).to_be_visible()

    page.get_by_role("link", name="See your progress").click()

    expect(page.locator(".toast.shown")).to_have_count(0)
    expect(page.locator("#challenges")).to_be_focused()


@pytest.mark.parametrize(
    ("scheme", "theme", "ground"),
    [
        ("light", "", "rgb(247, 242, 233)"),
        ("dark", "", "rgb(21, 25, 21)"),
        ("light", "dark", "rgb(21, 25, 21)"),
        ("dark", "light", "rgb(247, 242, 233)"),
    ],
)
def test_appearance_is_the_system_s_unless_chosen(shop, scheme, theme, ground):
    shop.page.emulate_media(color_scheme=scheme)
    page = shop.open("alice", theme=theme).page

    expect(page.locator("body")).to_have_css("background-color", ground)
    lightness = page.locator("challenge-list .card").first.evaluate(
        "(card) => getComputedStyle(card).backgroundColor.match(/\\d+/g).map(Number)[0] > 128"
    )
    assert lightness == (ground == "rgb(247, 242, 233)")


# --- trust -------------------------------------------------------------------------------------------------


def test_staff_logged_in_beside_it_are_nobody_to_the_api(shop, context, live_server):
    User.objects.create_superuser("marketer", password="a-long-password-1")
    page = shop.page
    page.goto(f"{live_server.url}/admin/login/?next=/demo/")
    page.get_by_label(re.compile("user ?name", re.IGNORECASE)).fill("marketer")
    page.locator("input[name=password]").fill("a-long-password-1")
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/demo/")
    assert "sessionid" in {cookie["name"] for cookie in context.cookies()}
    asked = []
    page.on("request", lambda request: asked.append(request) if "/schema/" in request.url else None)

    shop.open()
    expect(shop.card().locator(".status")).to_have_count(0)
    shop.open("alice").do("dripper")

    expect(shop.card().locator(".value")).to_have_text("398/ 50079%")
    headers = [request.all_headers() for request in asked]
    assert len(headers) >= 3
    assert [name for name in headers if "cookie" in name] == []
    with_cookies = context.request.get(f"{live_server.url}/schema/challenge_progress/record")
    assert with_cookies.status == 401


def test_hostile_texts_are_shown_as_they_are_written(shop, api):
    (spender, *_) = api.get("challenge").json()["data"]
    harmful = [
        hostile.text for hostile in HOSTILE.values() if hostile.plain is None and len(hostile.text) <= 48
    ]
    page = shop.page
    for text in harmful:
        answer = api.patch_json(
            f"/schema/challenge/record/{spender['id']}",
            {"eudTitle": text, "eudDescription": text, "eudMilestoneNextToBeAchievedMessage": text},
        )
        stored = answer.json()["data"] if answer.status_code == 200 else None
        if stored is None:
            continue
        shop.open("alice") if text is harmful[0] else page.locator("challenge-list").evaluate(
            "(l) => l.refresh()"
        )
        for part, field in (("title", "eudTitle"), ("message", "eudMilestoneNextToBeAchievedMessage")):
            shown = shop.card().locator(f".{part} bdi")
            expect(shown).to_have_js_property("textContent", stored[field])
            assert shown.evaluate("(text) => text.children.length") == 0

    assert page.evaluate("window.broken") is None
