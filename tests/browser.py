"""A real Chromium for the tests marked `browser`: the system's own, nothing is downloaded.

Every such test also holds, without a word of its own, that no request left the host and that the console
stayed clean. A test that provokes a complaint takes it out of `complaints` once it has looked at it.
"""

import os
import shutil
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    "--no-first-run",
]
# How long a page may take to do as expected, in milliseconds: what passes never waits for it, and a busy
# machine makes nothing fail.
PATIENCE = 20_000
# Playwright's messages when the browser itself failed. No message of an assertion is among them.
BROKEN = ["Error: .*Protocol error", "Target crashed"]
MISSING = "no Chromium here (package chromium, or name one in CHROMIUM)"


def chromium():
    """The path of the browser; None where there is none."""
    names = (os.environ.get("CHROMIUM", ""), *PROGRAMS)
    return next((path for path in map(shutil.which, filter(None, names)) if path), None)


def pytest_collection_modifyitems(items):
    """Tests that ask for a page are browser tests, named so or not; a browser that broke is asked again."""
    for item in items:
        if "page" in item.fixturenames or "context" in item.fixturenames:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=BROKEN))


@pytest.fixture(scope="session")
def browser_type_launch_args():
    """How Chromium starts. REQUIRE_BROWSER=1 makes the skip a failure: no run passes for want of one."""
    program = chromium()
    if program is None:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip)(MISSING)
    # Playwright's loop runs in this thread, and Django would take the tests' own queries for async ones.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": program, "headless": True, "args": [*ARGUMENTS, *as_root]}


@pytest.fixture
def complaints():
    """What the browser reported that no page of ours should make it report, in order."""
    return []


@pytest.fixture
def context(context, complaints):
    """A browser profile of its own that reports console errors, and stops requests to other hosts."""

    def guard(route):
        if urlsplit(route.request.url).hostname in LOOPBACK:
            return route.continue_()
        complaints.append(f"left the host: {route.request.url}")
        return route.abort()

    def listen(message):
        if message.type in ("error", "warning"):
            complaints.append(f"console {message.type}: {message.text}")

    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    context.route(lambda url: urlsplit(url).scheme in ("http", "https", "ws", "wss"), guard)
    context.on("console", listen)
    context.on("weberror", lambda raised: complaints.append(f"uncaught: {raised.error}"))
    yield context
    assert complaints == []
