"""A shop's page with the component in it, beside the contract stub that plays the API on another host."""

import base64
import json
from datetime import datetime

import pytest

from tests.browser import PATIENCE
from tests.component.contract import STRICT, Contract, serve
from tests.component.samples import NOW

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/pages/star.svg">
<script type="module" src="/static/challenges/challenges.js"></script>
</head><body><main><h1>A shop</h1><h2>Challenges</h2>{markup}</main></body></html>"""

RECORDER = """
window.events = [];
for (const name of ["reward", "token-expired", "details", "error"]) {
  addEventListener(`challenges:${name}`, (event) => window.events.push([name, event.detail]));
}
window.rejections = [];
addEventListener("unhandledrejection", (event) => window.rejections.push(String(event.reason)));
"""


def token(member="alice", serial=1):
    """Looks like a JWT: the component reads the member's name in it, nobody here verifies it."""
    claims = json.dumps({"sub": member, "exp": serial}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


class Shop:
    """The browser's page and what is behind it, under the strictest policy that can work."""

    def __init__(self, page, contract, origin, api):
        self.page, self.contract, self.origin, self.api = page, contract, origin, api

    def open(self, markup, now: datetime | None = NOW):
        """Loads a page with `markup` in it, {api} filled in; its clock starts at `now` (None: the real)."""
        if now:
            self.page.clock.install(time=now)
        policy = {"Content-Security-Policy": STRICT.format(api=self.api)}
        html = PAGE.replace("{markup}", markup.replace("{api}", self.api))
        self.contract.pages["/shop"] = (html, policy)
        self.page.goto(f"{self.origin}/shop")
        return self.page

    def show(self, challenge, attributes="", now=NOW):
        """One card whose data the page sets itself; the locator of the card."""
        self.open(f"<challenge-card {attributes}></challenge-card>", now)
        return self.give(challenge)

    def give(self, challenge):
        card = self.page.locator("challenge-card")
        card.evaluate("(card, data) => { card.data = data; }", challenge)
        return card

    def list(self, records, attributes="", member=None, now=NOW):
        """A list that asks the API, of `member` or a guest; its locator, once it has its answer."""
        if member:
            self.contract.members[token(member)] = records
            attributes += f' token="{token(member)}"'
        else:
            self.contract.guest = records
        self.open(f'<challenge-list api="{{api}}" {attributes}></challenge-list>', now)
        self.wait_until_ready()
        return self.page.locator("challenge-list")

    def wait_until_ready(self, element="challenge-list"):
        self.page.locator(f"{element} .frame:not([aria-busy])").first.wait_for()

    def refresh(self, element="challenge-list"):
        """Tells it to ask again, and does not wait for the answer."""
        self.page.evaluate(f"() => {{ document.querySelector('{element}').refresh(); }}")

    def hide(self, is_hidden=True):
        """What the browser does when the reader goes to another tab, or returns."""
        self.page.evaluate(
            """(isHidden) => {
                Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            is_hidden,
        )

    def events(self, name, at_least=0):
        """The details of the events of that name, oldest first; waits until there are `at_least` so many."""
        for _ in range(PATIENCE // 20):
            if len(self._events(name)) >= at_least:
                break
            self.page.wait_for_timeout(20)
        return self._events(name)

    def _events(self, name):
        return [detail for event, detail in self.page.evaluate("window.events") if event == name]


@pytest.fixture
def contract():
    return Contract()


@pytest.fixture
def shop(page, context, contract):
    context.add_init_script(RECORDER)
    # Two hosts to the browser: the component is at home on other people's pages.
    servers = [serve(contract), serve(contract)]
    yield Shop(page, contract, servers[0][1], servers[1][1])
    assert page.evaluate("window.rejections ?? []") == []
    for server, _ in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def refused(page, complaints):
    """Chromium itself reports answers of 400 and up on the console; a test that provokes them names them."""

    def reported():
        return [text for text in complaints if "Failed to load resource" in text]

    def take(*statuses):
        # The report may come after the page has shown the answer.
        for _ in range(PATIENCE // 20):
            if len(reported()) >= len(statuses):
                break
            page.wait_for_timeout(20)
        failures = reported()
        assert sorted(text.split("status of ")[1][:3] for text in failures) == sorted(map(str, statuses))
        for text in failures:
            complaints.remove(text)

    return take
