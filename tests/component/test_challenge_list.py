"""A member's or a guest's whole screen, from one request."""

import threading

from playwright.sync_api import expect

from tests.component.conftest import token
from tests.component.contract import Answer
from tests.component.samples import challenge, started

TITLES = ["Visits", "Spend", "Lessons"]


def titles(element):
    return element.locator(".title").all_inner_texts()


def test_list_of_a_guest_is_one_plain_request(shop, contract):
    element = shop.list([challenge(eudTitle=title) for title in TITLES])

    assert titles(element) == TITLES
    [(method, path, query, headers)] = contract.queries()
    assert (method, path, query) == (
        "GET",
        "/schema/challenge/record",
        {"limit": ["100"], "languageCode": ["en"]},
    )
    assert {"Authorization", "Cookie"} & set(headers) == set()
    assert [asked for asked in contract.asked if asked[0] == "OPTIONS"] == []


def test_list_of_a_member_is_one_request_with_the_token(shop, contract):
    element = shop.list([started(challenge(eudTitle=title)) for title in TITLES], member="alice")

    assert titles(element) == TITLES
    expect(element.locator(".status").first).to_have_text("In Progress")
    assert [asked[3].get("Authorization") for asked in contract.queries()] == [f"Bearer {token('alice')}"]


def test_list_sends_no_cookie_even_to_its_own_host(shop, contract):
    contract.guest = [challenge()]
    shop.page.context.add_cookies([{"name": "sessionid", "value": "staff", "url": shop.origin}])
    shop.open('<challenge-list api=""></challenge-list>')
    shop.wait_until_ready()

    assert [asked[3].get("Cookie") for asked in contract.queries()] == [None]


def test_list_without_challenges_says_so(shop):
    element = shop.list([])

    expect(element.locator(".notice-title")).to_have_text("No challenges right now")


def test_list_shows_skeletons_until_the_answer_is_there(shop, contract):
    release = threading.Event()
    contract.next = [Answer(200, {"data": [challenge()]}, held_by=release)]
    page = shop.open('<challenge-list api="{api}"></challenge-list>')

    expect(page.locator(".frame[aria-busy=true]")).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("Loading challenges…")
    expect(page.locator(".skeleton")).to_have_count(3)

    release.set()

    expect(page.locator(".title")).to_have_text("Monthly Big Spender")
    expect(page.locator(".skeleton")).to_have_count(0)


def test_list_keeps_its_cards_through_a_refresh(shop, contract):
    first, second, third = (challenge(eudTitle=title) for title in TITLES)
    element = shop.list([first, second])
    element.locator("challenge-card").last.evaluate("(card) => { card.mark = 'same'; }")
    contract.guest = [third, {**second, "eudTitle": "Spend more"}]

    shop.refresh()

    expect(element.locator(".title").first).to_have_text("Lessons")
    assert titles(element) == ["Lessons", "Spend more"]
    assert element.locator("challenge-card").last.evaluate("(card) => card.mark") == "same"


def test_list_keeps_the_focus_through_a_refresh(shop, contract):
    of = challenge()
    element = shop.list([of])
    element.get_by_role("button", name="View Details").focus()
    contract.guest = [challenge(eudTitle="New one"), {**of, "eudTitle": "Changed"}]

    shop.refresh()

    expect(element.locator(".title").first).to_have_text("New one")
    expect(element.get_by_role("button", name="View Details").last).to_be_focused()


def test_list_answers_again_cost_a_304(shop, contract):
    shop.page.context.unroute_all()  # a browser whose requests are watched keeps no cache
    shop.list([challenge()])
    for _ in range(2):
        with shop.page.expect_response("**/schema/**"):
            shop.refresh()

    tags = [asked[3].get("If-None-Match") for asked in contract.queries()]
    assert tags[0] is None
    assert len(set(tags[1:])) == 1
    assert tags[1] is not None


def test_list_shows_data_instead_of_asking(shop, contract):
    page = shop.open("<challenge-list></challenge-list>")

    page.locator("challenge-list").evaluate(
        "(list, data) => { list.data = data; }", [challenge(eudTitle="A")]
    )
    assert titles(page.locator("challenge-list")) == ["A"]
    page.locator("challenge-list").evaluate(
        "(list, data) => { list.data = { data }; }", [challenge(eudTitle="B")]
    )
    assert titles(page.locator("challenge-list")) == ["B"]

    assert contract.queries() == []


def test_list_asks_again_once_its_data_is_taken_away(shop, contract):
    contract.guest = [challenge(eudTitle="Asked")]
    page = shop.open('<challenge-list api="{api}"></challenge-list>')
    page.locator("challenge-list").evaluate(
        "(list, data) => { list.data = data; }", [challenge(eudTitle="Given")]
    )
    expect(page.locator(".title")).to_have_text("Given")

    page.locator("challenge-list").evaluate("(list) => { list.data = null; }")

    expect(page.locator(".title")).to_have_text("Asked")


def test_list_given_nothing_goes_on_as_it_was(shop, contract):
    """Frameworks set a property that they have no value for, again and again."""
    element = shop.list([challenge()])

    element.evaluate("(list) => { list.data = undefined; list.data = null; }")

    expect(element.locator(".title")).to_have_text("Monthly Big Spender")
    assert len(contract.queries()) == 1


def test_list_in_two_columns_and_one(shop):
    element = shop.list([challenge(), challenge()])

    def columns():
        return len(
            {box["x"] for box in (card.bounding_box() for card in element.locator("challenge-card").all())}
        )

    assert columns() == 2
    shop.page.set_viewport_size({"width": 360, "height": 700})
    assert columns() == 1


def test_list_cards_of_one_row_end_on_one_line(shop):
    """A card with more to say does not leave its neighbour's button hanging half way."""
    shop.page.set_viewport_size({"width": 900, "height": 900})
    element = shop.list([challenge(), challenge(eudDescription="Every order counts. " * 20)])

    boxes = [one.bounding_box() for one in element.locator(".card, .details-button").all()]
    ends = {round(box["y"] + box["height"]) for box in boxes}

    assert len(boxes) == 4
    assert len(ends) == 2  # the cards' and the buttons'


def test_list_removed_from_the_page_stops_asking(shop, contract):
    element = shop.list([challenge()])
    element.evaluate("(list) => { window.gone = list; list.remove(); }")

    shop.hide()
    shop.hide(False)
    shop.page.evaluate("window.gone.refresh()")

    assert len(contract.queries()) == 1


def test_list_styles_reach_through_parts_and_properties(shop):
    element = shop.list([challenge()])
    shop.page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("challenge-list { --challenges-accent: #006644; }"
                + "challenge-list::part(title) { color: #123456; }");
            document.adoptedStyleSheets = [sheet];
        }"""
    )

    expect(element.locator(".title")).to_have_css("color", "rgb(18, 52, 86)")
    expect(element.locator(".next-reward .sign")).to_have_css("color", "rgb(0, 102, 68)")
