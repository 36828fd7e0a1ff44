"""How the component asks the API: when, how often, and what it does with every kind of answer."""

import threading
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.component.conftest import token
from tests.component.contract import Answer, refusal
from tests.component.samples import NOW, at, challenge, closed, started


def asked_again(shop, contract, before):
    """Waits until the stub has been asked more often than `before`."""
    for _ in range(100):
        if len(contract.queries()) > before:
            return len(contract.queries())
        shop.page.wait_for_timeout(20)
    return before


def test_tab_that_returns_asks_again(shop, contract):
    element = shop.list([challenge(eudTitle="Before")])
    contract.guest = [challenge(eudTitle="After")]

    shop.hide()
    assert len(contract.queries()) == 1
    shop.hide(False)

    expect(element.locator(".title")).to_have_text("After")
    assert len(contract.queries()) == 2


def test_window_that_ends_asks_again(shop, contract):
    of = challenge(
        window={
            "periodKey": "2026-11-22",
            "startsAt": "2026-11-22T00:00:00Z",
            "endsAt": "2026-11-22T10:30:00Z",
        }
    )
    element = shop.list([started(of, value=350)], member="alice")
    new = {
        **of,
        "window": {"periodKey": "x", "startsAt": "2026-11-22T10:30:00Z", "endsAt": "2026-11-23T10:30:00Z"},
    }
    last = closed(of, windowEndsAt="2026-11-22T10:30:00Z")
    contract.members[token()] = [started(new, "not_started", 0, last=last)]

    shop.page.clock.run_for(29 * 60_000)
    assert len(contract.queries()) == 1
    shop.page.clock.run_for(62_500)

    expect(element.locator(".status")).to_have_text("Failed")
    assert len(contract.queries()) == 2


def test_window_that_ends_waits_for_a_slow_answer(shop, contract):
    """At midnight everybody asks: nobody asks twice because the answer takes its time."""
    window = {"periodKey": "x", "startsAt": "2026-11-22T00:00:00Z", "endsAt": "2026-11-22T10:01:00Z"}
    element = shop.list([challenge(window=window)])
    release = threading.Event()
    contract.next = [Answer(200, {"data": [challenge(eudTitle="Slow")]}, held_by=release)]

    shop.page.clock.run_for(62_500)
    assert asked_again(shop, contract, 1) == 2
    shop.page.clock.run_for(15_000)
    release.set()

    expect(element.locator(".title")).to_have_text("Slow")
    assert len(contract.queries()) == 2


def test_window_that_ends_in_a_hidden_tab_waits_for_its_return(shop, contract):
    shop.list([challenge(endsAt=at(NOW + timedelta(minutes=5)))])
    shop.hide()

    shop.page.clock.run_for(10 * 60_000)
    assert len(contract.queries()) == 1
    shop.hide(False)

    assert asked_again(shop, contract, 1) == 2


def test_window_that_the_api_still_calls_open_is_asked_for_with_growing_pauses(shop, contract):
    """The server's clock is behind the reader's: the old window comes again and again."""
    window = {"periodKey": "x", "startsAt": "2026-11-22T00:00:00Z", "endsAt": "2026-11-22T10:01:00Z"}
    shop.list([challenge(window=window)])

    counts = []
    for _ in range(4):
        shop.page.clock.run_for(65_000)
        shop.page.wait_for_timeout(150)
        counts.append(len(contract.queries()))

    assert 2 <= counts[0] <= 3
    assert counts[-1] <= 8


def test_challenge_that_is_over_is_not_asked_for_again(shop, contract):
    shop.list([challenge(endsAt=at(NOW - timedelta(hours=1)))])

    shop.page.clock.run_for(30 * 60_000)

    assert len(contract.queries()) == 1


def test_expired_token_is_reported_and_shown(shop, contract, refused):
    element = shop.list([started(challenge())], member="alice")
    contract.dead_tokens.add(token())

    shop.refresh()

    expect(element.locator(".notice-title")).to_have_text("Please sign in again")
    expect(element.locator("challenge-card")).to_have_count(0)
    assert len(shop.events("token-expired", at_least=1)) == 1
    shop.hide()
    shop.hide(False)
    shop.refresh()
    assert len(contract.queries()) == 2
    refused(401)


def test_card_that_lost_its_token_with_open_details_starts_anew(shop, contract, refused):
    of = started(challenge())
    contract.members = {token(): [of], token(serial=2): [of]}
    page = shop.open(
        f'<challenge-card api="{{api}}" challenge="{of["id"]}" token="{token()}"></challenge-card>'
    )
    card = page.locator("challenge-card")
    card.get_by_role("button", name="View Details").click()
    contract.dead_tokens.add(token())
    shop.refresh("challenge-card")
    expect(card.locator(".notice-title")).to_have_text("Please sign in again")

    card.evaluate("(card, fresh) => { card.token = fresh; }", token(serial=2))
    card.get_by_role("button", name="View Details").click()

    expect(card.get_by_role("dialog")).to_be_visible()
    refused(401)


def test_new_token_asks_again_at_once(shop, contract, refused):
    element = shop.list([started(challenge())], member="alice")
    contract.members[token(serial=2)] = [started(challenge(eudTitle="Renewed"))]
    contract.dead_tokens.add(token())
    shop.page.evaluate(
        """(fresh) => addEventListener("challenges:token-expired", async (event) => {
            await new Promise(requestAnimationFrame);
            event.target.token = fresh;
        })""",
        token(serial=2),
    )

    shop.refresh()

    expect(element.locator(".title")).to_have_text("Renewed")
    assert shop.events("error") == []
    refused(401)


def test_token_taken_away_shows_what_a_guest_sees(shop, contract):
    element = shop.list([started(challenge(), value=350)], member="alice")
    contract.guest = [challenge(eudTitle="For guests")]

    element.evaluate("(list) => { list.token = null; }")

    expect(element.locator(".title")).to_have_text("For guests")
    expect(element.locator(".status")).to_have_count(0)


def test_another_members_token_wipes_the_screen_before_the_answer(shop, contract):
    element = shop.list([started(challenge())], member="alice")
    release = threading.Event()
    contract.next = [Answer(200, {"data": []}, held_by=release)]
    contract.members[token("bob")] = []

    element.evaluate("(list, fresh) => { list.token = fresh; }", token("bob"))

    expect(element.locator(".skeleton")).to_have_count(3)
    expect(element.locator("challenge-card")).to_have_count(0)
    release.set()
    expect(element.locator(".notice-title")).to_have_text("No challenges right now")


def test_renewed_token_of_the_same_member_keeps_the_screen(shop, contract):
    element = shop.list([started(challenge())], member="alice")
    release = threading.Event()
    contract.next = [Answer(200, {"data": [started(challenge(eudTitle="Newer"))]}, held_by=release)]

    element.evaluate("(list, fresh) => { list.token = fresh; }", token(serial=2))

    assert asked_again(shop, contract, 1) == 2
    expect(element.locator(".title")).to_have_text("Monthly Big Spender")
    release.set()
    expect(element.locator(".title")).to_have_text("Newer")


def test_stale_answer_is_dropped(shop, contract):
    """The first answer leaves the server after the second."""
    element = shop.list([challenge(eudTitle="First")])
    slow = threading.Event()
    contract.next = [Answer(200, {"data": [challenge(eudTitle="Stale")]}, held_by=slow)]
    shop.refresh()
    assert asked_again(shop, contract, 1) == 2
    contract.guest = [challenge(eudTitle="Newest")]
    given_up = []
    shop.page.on("requestfailed", lambda request: given_up.append(request.failure))

    shop.refresh()
    expect(element.locator(".title")).to_have_text("Newest")
    assert given_up == ["net::ERR_ABORTED"]
    slow.set()
    shop.page.wait_for_timeout(200)

    expect(element.locator(".title")).to_have_text("Newest")
    assert shop.events("error") == []


def test_attributes_set_together_are_one_request(shop, contract):
    element = shop.list([challenge()])
    contract.members[token("bob")] = [started(challenge())]
    sent = []
    shop.page.on("request", lambda request: sent.append(request.url) if "/schema/" in request.url else None)

    element.evaluate(
        "(list, token) => { list.token = token; list.language = 'fr'; list.setAttribute('theme', 'dark'); }",
        token("bob"),
    )

    expect(element.locator(".status")).to_have_count(1)
    assert sent == [f"{shop.api}/schema/challenge/record?limit=100&languageCode=fr"]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_refusal_is_shown_and_can_be_tried_again(shop, contract, refused, status):
    contract.next = [refusal(status, "odd", "Something odd.", "limit")]
    element = shop.list([challenge()])

    expect(element.locator(".notice-title")).to_have_text("This could not be loaded")
    assert shop.events("error") == [
        {"status": status, "errors": [{"code": "odd", "detail": "Something odd.", "attr": "limit"}]}
    ]
    element.get_by_role("button", name="Try again").click()

    expect(element.locator(".title")).to_have_text("Monthly Big Spender")
    refused(status)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data": 5}', b"null"])
def test_answer_that_is_none_is_an_error(shop, contract, body):
    contract.next = [Answer(200, body)]
    element = shop.list([])

    expect(element.locator(".notice-title")).to_have_text("This could not be loaded")


def test_no_network_keeps_what_was_read_and_asks_when_it_is_back(shop, contract, complaints):
    element = shop.list([challenge()])
    shop.page.context.set_offline(True)

    shop.refresh()

    assert shop.events("error", at_least=1) == [{"status": 0, "errors": []}]
    expect(element.locator(".title")).to_have_text("Monthly Big Spender")
    contract.guest = [challenge(eudTitle="Back")]
    shop.page.context.set_offline(False)
    expect(element.locator(".title")).to_have_text("Back")
    assert [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text] == []
    complaints.clear()


def test_no_answer_in_time_is_an_error(shop, contract):
    never = threading.Event()
    contract.next = [Answer(200, {"data": []}, held_by=never)]
    page = shop.open('<challenge-list api="{api}"></challenge-list>')
    assert asked_again(shop, contract, 0) == 1

    page.clock.run_for(21_000)

    expect(page.locator(".notice-title")).to_have_text("This could not be loaded")
    never.set()


@pytest.mark.parametrize("status", [429, 503])
def test_busy_api_is_left_alone_for_as_long_as_it_asks(shop, contract, refused, status):
    contract.next = [refusal(status, "busy", "Later.", Retry_After="40")]
    element = shop.list([challenge()])
    expect(element.locator(".notice-title")).to_have_text("A lot is going on right now")
    expect(element.get_by_role("button")).to_have_count(0)

    shop.refresh()
    shop.hide()
    shop.hide(False)
    shop.page.clock.run_for(39_000)
    shop.page.wait_for_timeout(100)
    assert len(contract.queries()) == 1
    shop.page.clock.run_for(4_000)

    expect(element.locator(".title")).to_have_text("Monthly Big Spender")
    assert len(contract.queries()) == 2
    refused(status)


def test_busy_api_with_a_date_to_retry_after(shop, contract, refused):
    contract.next = [refusal(503, "busy", "Later.", Retry_After="Sun, 22 Nov 2026 10:02:00 GMT")]
    element = shop.list([challenge()])

    shop.page.clock.run_for(100_000)
    shop.page.wait_for_timeout(100)
    assert len(contract.queries()) == 1
    shop.page.clock.run_for(25_000)

    expect(element.locator(".title")).to_have_text("Monthly Big Spender")
    refused(503)


def test_busy_api_keeps_what_was_read_on_the_screen(shop, contract, refused):
    element = shop.list([challenge()])
    contract.next = [refusal(429, "throttled", "Later.", Retry_After="30")]

    shop.refresh()

    assert [detail["status"] for detail in shop.events("error", at_least=1)] == [429]
    expect(element.locator(".title")).to_have_text("Monthly Big Spender")
    refused(429)


def test_address_that_is_none_is_an_error_and_no_rejection(shop, contract):
    page = shop.open('<challenge-list api="http://["></challenge-list>')

    expect(page.locator(".notice-title")).to_have_text("This could not be loaded")
    assert contract.queries() == []


def test_token_that_no_header_can_carry_is_an_error_and_no_rejection(shop, contract):
    page = shop.open('<challenge-list api="{api}" token="ключ&#10;"></challenge-list>')

    expect(page.locator(".notice-title")).to_have_text("This could not be loaded")
    assert contract.queries() == []
