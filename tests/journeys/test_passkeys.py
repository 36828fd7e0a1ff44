"""Passkeys in a real browser with a virtual authenticator: set up, logged in with, and refused."""

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from access.domain import second_factor
from tests.backoffice.pages.test_second_factor import code_of
from tests.staff import PASSWORD, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def mia(live_server):
    call_command("migrate", verbosity=0)  # the groups, which a transactional test flushes
    return make_staff("mia", "Marketers")


@pytest.fixture
def authenticator(page):
    """A phone or key that confirms whatever it is asked; answers how to make it refuse."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def forget():
        devtools.send("WebAuthn.clearCredentials", made)

    return forget


def log_in(page, live_server):
    page.goto(f"{live_server.url}/admin/login/")
    page.get_by_label("Username").fill("mia")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def log_out(page, live_server):
    page.context.clear_cookies()


def add_passkey(page, live_server):
    page.goto(f"{live_server.url}/admin/desk/second-factor/")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator('[data-table="factors"]')).to_contain_text("Passkey")


def test_passkey_is_set_up_and_logged_in_with(page, live_server, mia, authenticator):
    log_in(page, live_server)
    add_passkey(page, live_server)
    log_out(page, live_server)

    log_in(page, live_server)
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()
    page.goto(f"{live_server.url}/admin/challenges/challenge/")
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()

    expect(page).to_have_url(f"{live_server.url}/admin/challenges/challenge/")
    (passkey,) = second_factor.factors_of(mia).passkeys
    assert passkey.last_used_at


def test_passkey_that_is_gone_says_so_and_a_recovery_code_helps(
    page, live_server, mia, authenticator, complaints
):
    log_in(page, live_server)
    add_passkey(page, live_server)
    page.get_by_role("button", name="Make recovery codes").click()
    code = page.locator("[data-codes] li").first.inner_text()
    log_out(page, live_server)
    authenticator()

    log_in(page, live_server)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work")
    page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Continue").click()

    expect(page).to_have_url(f"{live_server.url}/admin/")
    assert second_factor.factors_of(mia).codes_left == 9


def test_authenticator_app_is_set_up_with_the_picture(page, live_server, mia):
    log_in(page, live_server)
    page.goto(f"{live_server.url}/admin/desk/second-factor/")
    page.get_by_role("link", name="Add an authenticator app").click()
    expect(page.get_by_alt_text("The key below as a picture")).to_be_visible()
    device = second_factor.unconfirmed_app(mia)
    page.get_by_label("Six digits").fill(code_of(device))
    page.get_by_role("button", name="Continue").click()

    expect(page.locator("[data-codes] li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator('[data-table="factors"]')).to_contain_text("Authenticator app")


def test_stolen_answer_is_good_once(page, live_server, mia, authenticator, complaints):
    """The answer of the passkey, heard on its way, sent again in a session that knows the password."""
    log_in(page, live_server)
    add_passkey(page, live_server)
    log_out(page, live_server)
    log_in(page, live_server)
    heard = []
    page.on("request", lambda request: heard.append(request.post_data) if "complete" in request.url else None)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{live_server.url}/admin/")
    log_out(page, live_server)
    log_in(page, live_server)
    expect(page.get_by_role("heading", name="The second step")).to_be_visible()

    statuses = page.evaluate(
        """async (body) => {
            const post = (path, body) => fetch(path, {method: "POST", body, headers: {
                "Content-Type": "application/json",
                "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value}});
            const at = "/admin/desk/second-factor/check/passkey/";
            const early = await post(at + "complete/", body);
            await post(at + "begin/", "{}");
            return [early.status, (await post(at + "complete/", body)).status];
        }""",
        heard[0],
    )

    assert statuses == [400, 422]
    assert len(complaints) == 2
    complaints.clear()
