"""The browser fixtures themselves: what they let pass and what they catch."""

import pytest

pytestmark = pytest.mark.browser


def test_page_shows_what_the_server_serves(page, live_server):
    page.goto(f"{live_server.url}/static/admin/css/base.css")

    assert "--primary" in page.inner_text("body")


def test_request_to_another_host_is_stopped_and_reported(page, complaints):
    page.set_content('<img src="https://example.com/pixel.png">')
    page.wait_for_load_state("networkidle")

    assert complaints[0] == "left the host: https://example.com/pixel.png"
    complaints.clear()


def test_console_error_is_reported(page, complaints):
    page.evaluate("console.error('a broken promise')")

    assert complaints == ["console error: a broken promise"]
    complaints.clear()


def test_uncaught_exception_is_reported(page, complaints):
    page.set_content("<script>throw new Error('boom')</script>")

    assert complaints == ["uncaught: boom"]
    complaints.clear()
