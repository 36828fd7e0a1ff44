"""Everybody's card: axe-core, the keyboard alone, small screens, less motion."""

import json
from importlib.resources import files

import pytest
from playwright.sync_api import expect

from tests.component.conftest import token
from tests.component.contract import gallery_page, refusal
from tests.component.gallery_samples import gallery, spoken
from tests.component.samples import NOW, challenge, milestone, reward_log, started

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()


def violations(page):
    """axe-core's findings: which rule, where. Best practices included."""
    page.evaluate("() => document.getAnimations().forEach((animation) => animation.finish?.())")
    page.evaluate(AXE)
    violated = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        (rule["id"], node["target"], node["failureSummary"]) for rule in violated for node in rule["nodes"]
    ]


@pytest.fixture
def open_gallery(shop, refused):
    """Every state on one page, under a policy that allows no inline style either."""

    def show(query="", **media):
        shop.contract.pages.update(gallery_page(json.dumps(gallery(NOW))))
        shop.page.clock.install(time=NOW)
        shop.page.emulate_media(reduced_motion="reduce", **media)
        shop.page.goto(f"{shop.origin}/pages/gallery.html?{query}")
        shop.page.locator("body[data-ready]").wait_for()
        return shop.page

    yield show
    refused(*[404 for asked in shop.contract.asked if asked[1] == "/pages/missing.png"])


def test_axe_looks_inside_the_component(shop):
    """The control: what is broken inside a card is found, so that finding nothing means something."""
    card = shop.show(spoken("en", NOW))
    card.evaluate("(card) => card.shadowRoot.querySelector('.marker').removeAttribute('aria-label')")

    assert [(rule, target) for rule, target, _ in violations(shop.page)] == [
        ("button-name", [["challenge-card", ".marker-achieved"]])
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(open_gallery, scheme):
    page = open_gallery(color_scheme=scheme)

    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_details(open_gallery, scheme):
    page = open_gallery("only=every reward state", color_scheme=scheme)
    page.get_by_role("button", name="View Details").click()
    page.get_by_role("dialog").wait_for()

    assert violations(page) == []


def test_axe_finds_nothing_in_arabic(open_gallery):
    page = open_gallery("only=spoken ar&language=ar")
    page.locator(".details-button").click()

    assert violations(page) == []


@pytest.mark.parametrize("attributes", ["", 'theme="dark"'])
@pytest.mark.parametrize("state", ["empty", "inactive", "error", "news"])
def test_axe_finds_nothing_in_lists_and_notices(shop, contract, refused, state, attributes):
    shop.page.emulate_media(reduced_motion="reduce")
    of = challenge(milestones=[milestone()])
    records = [] if state == "empty" else [started(of, value=100)]
    if state == "error":
        contract.next = [refusal(400, "odd", "Odd.")]
    if state == "inactive":
        contract.dead_tokens.add(token())
    element = shop.list(records, attributes, member="alice")
    if state == "news":
        contract.members[token()] = [started(of, value=200, rewards=[reward_log(of, of["milestones"][0])])]
        shop.refresh()
        element.locator(".banner").wait_for()

    assert violations(shop.page) == []
    refused(*{"error": [400], "inactive": [401]}.get(state, []))


def test_progress_bar_says_its_value_in_words(shop):
    bar = shop.show(started(challenge(), value=350)).get_by_role("progressbar", name="Progress")

    assert [
        bar.get_attribute(f"aria-{name}") for name in ("valuemin", "valuemax", "valuenow", "valuetext")
    ] == [
        *("0", "100", "70"),
        "350 of 500",
    ]


def test_heading_level_is_the_pages_to_choose(shop):
    card = shop.show(challenge(), 'heading-level="2"')
    card.get_by_role("button", name="View Details").click()

    expect(card.locator("h2#title")).to_have_count(1)
    expect(card.get_by_role("dialog").get_by_role("heading", level=3, name="Milestones")).to_be_visible()


def test_keyboard_alone_reaches_and_uses_everything(shop):
    card = shop.show(spoken("en", NOW))
    page = shop.page

    page.keyboard.press("Tab")
    expect(card.locator(".marker").nth(1)).to_be_focused()  # the next one to reach
    expect(card.locator(".place").nth(1).locator(".tooltip")).to_be_visible()
    page.keyboard.press("Home")
    expect(card.locator(".marker").nth(0)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(card.locator(".marker").nth(0)).to_be_focused()
    page.keyboard.press("End")
    expect(card.locator(".marker").nth(2)).to_be_focused()
    page.keyboard.press("Escape")
    expect(card.locator(".place").nth(2).locator(".tooltip")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(card.locator(".copy-button")).to_be_focused()
    page.keyboard.press("Tab")
    expect(card.locator(".details-button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.locator(".close-button")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card.get_by_role("dialog")).to_have_count(0)
    expect(card.locator(".details-button")).to_be_focused()


def test_marker_opens_the_details_at_its_step(shop):
    card = shop.show(spoken("en", NOW))

    card.locator(".marker").nth(1).click()

    expect(card.get_by_role("dialog").locator(".step").nth(1)).to_be_focused()


def test_details_close_by_their_button_and_by_a_click_beside_them(shop):
    card = shop.show(challenge())
    for close in (
        lambda: card.get_by_role("button", name="Close").click(),
        lambda: shop.page.mouse.click(5, 5),
    ):
        card.get_by_role("button", name="View Details").click()
        expect(card.get_by_role("dialog")).to_be_visible()
        close()
        expect(card.get_by_role("dialog")).to_have_count(0)


def test_focus_can_be_seen(shop):
    card = shop.show(spoken("en", NOW))
    shop.page.keyboard.press("Tab")

    expect(card.locator(".marker").nth(1)).to_have_css("outline-style", "solid")


@pytest.mark.parametrize("query", ["", "language=ar", "language=ja"])
def test_nothing_overflows_a_phone_of_360_pixels(open_gallery, query):
    page = open_gallery(query)
    page.set_viewport_size({"width": 360, "height": 740})

    wide = page.evaluate(
        """() => [...document.querySelectorAll("challenge-card")].flatMap((card) =>
            [...card.shadowRoot.querySelectorAll("article *")]
                .filter((element) => !element.closest(".unseen, svg, .tooltip"))
                .map((element) => [element.className || element.localName, element.getBoundingClientRect()])
                .filter(([, box]) => box.right > 360 || box.left < 0))"""
    )

    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_tooltips_stay_inside_a_phone_of_360_pixels(shop):
    shop.page.set_viewport_size({"width": 360, "height": 740})
    long = "Donaudampfschifffahrtsgesellschaftskapitänsquiz!"
    card = shop.show(challenge(milestones=[milestone(value, long) for value in (60, 160, 250, 350, 440)]))

    edges = []
    for marker in card.locator(".marker").all():
        marker.hover()
        box = card.locator(".tooltip:visible").bounding_box()
        edges.append((box["x"] >= 0, box["x"] + box["width"] <= 360))

    assert edges == [(True, True)] * 6


def test_details_fit_a_phone_of_360_pixels(open_gallery):
    page = open_gallery("only=long texts")
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator(".details-button").click()

    dialog = page.locator("dialog")

    assert dialog.bounding_box()["width"] == 360
    assert dialog.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth") is True


def test_hostile_texts_are_read_as_they_are_written(open_gallery):
    page = open_gallery("only=hostile texts")
    card = page.locator("challenge-card")
    card.locator(".details-button").click()
    dialog = card.get_by_role("dialog")

    expect(card.locator(".title")).to_have_text('<img src=x onerror="window.broken=1">')
    expect(card.locator(".details-button")).to_have_text("<b>Details</b>")
    expect(dialog.locator(".details-description")).to_have_text(
        "{{constructor.constructor('window.broken=1')()}} ${1+1} </script><script>window.broken=1</script>"
    )
    expect(dialog.locator(".step-title").first).to_have_text("\u202egnihtemos\u202c \u202eunclosed200")
    assert (
        dialog.locator(".step-title bdi").first.evaluate("(text) => getComputedStyle(text).unicodeBidi")
        == "isolate"
    )
    assert (
        card.evaluate("(card) => card.shadowRoot.querySelectorAll('script, b > b, img, [onerror]').length")
        == 0
    )
    assert page.evaluate("window.broken") is None


@pytest.mark.parametrize(
    ("scheme", "theme", "surface"),
    [
        ("light", None, "rgb(255, 255, 255)"),
        ("dark", None, "rgb(25, 26, 35)"),
        ("dark", "light", "rgb(255, 255, 255)"),
        ("light", "dark", "rgb(25, 26, 35)"),
    ],
)
def test_theme_follows_the_system_unless_the_page_says(shop, scheme, theme, surface):
    shop.page.emulate_media(color_scheme=scheme)

    card = shop.show(challenge(), f'theme="{theme}"' if theme else "")

    expect(card.locator(".card")).to_have_css("background-color", surface)


def test_list_passes_its_theme_on(shop):
    element = shop.list([challenge()], 'theme="dark"')

    expect(element.locator(".card")).to_have_css("background-color", "rgb(25, 26, 35)")
