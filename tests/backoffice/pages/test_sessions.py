"""The page of one's sessions: what it shows, what it ends, and for whom."""

import pytest
from django.urls import reverse

from access.models import StaffAction
from access.models.staff_session import StaffSession
from backoffice.pages.sessions import name_of_browser
from tests.access.domain.test_sessions import is_in, log_in
from tests.staff import make_staff

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/138.0 Safari/537.36 Edg/138.0"
OWN = "/admin/desk/sessions/"


@pytest.fixture
def mia(db):
    return make_staff("mia", "Marketers")


def page_of(client, path=OWN):
    return client.get(path).content.decode()


def handle_of(client):
    return StaffSession.objects.get(session_key=client.session.session_key).handle


def test_own_sessions_are_listed_with_browser_and_address(mia):
    here = log_in(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.7")
    log_in(HTTP_USER_AGENT=SAFARI, REMOTE_ADDR="203.0.113.8")
    make_staff("sam", "Support")
    log_in("sam", REMOTE_ADDR="203.0.113.9")

    page = page_of(here)

    for text in ("Firefox · Windows", "203.0.113.7", "Safari · iPhone", "203.0.113.8", "this one"):
        assert text in page
    assert "203.0.113.9" not in page
    assert all(session.session_key not in page for session in StaffSession.objects.all())


def test_one_session_is_ended(mia):
    here, there, elsewhere = log_in(), log_in(), log_in()

    answer = here.post(OWN, {"session": handle_of(there)}, follow=True)

    assert "1 session ended." in answer.content.decode()
    assert [is_in(client) for client in (here, there, elsewhere)] == [True, False, True]


def test_all_others_are_ended(mia):
    here, there, elsewhere = log_in(), log_in(), log_in()

    here.post(OWN, {"session": "others"})

    assert [is_in(client) for client in (here, there, elsewhere)] == [True, False, False]


@pytest.mark.parametrize("named", ["", "nonsense", "\x00", "7f2b0c1e-5a4d-4c3b-8e9f-0123456789ab"])
def test_nothing_else_is_ended(mia, named):
    here, there = log_in(), log_in()

    assert here.post(OWN, {"session": named}).status_code == 302
    here.post(OWN, {"session": handle_of(here)})

    assert is_in(here)
    assert is_in(there)


def test_session_of_somebody_else_is_out_of_reach(mia):
    sam = make_staff("sam", "Support")
    mias, sams = log_in(), log_in("sam")

    mias.post(OWN, {"session": handle_of(sams)})
    listed = mias.get(reverse("backoffice:sessions_of", args=[sam.pk]))
    ended = mias.post(reverse("backoffice:sessions_of", args=[sam.pk]), {"session": "others"})

    assert (listed.status_code, ended.status_code, is_in(sams)) == (403, 403, True)


def test_superuser_ends_somebodys_and_it_is_noted(mia, administrator):
    mias, path = log_in(), reverse("backoffice:sessions_of", args=[mia.pk])

    shown = page_of(administrator, path)
    administrator.post(path, {"session": "others"})

    assert "Sessions of mia" in shown
    assert not is_in(mias)
    action = StaffAction.objects.get()
    assert (action.actor_name, action.action, action.target_id) == ("root", "end_sessions", str(mia.pk))


def test_superuser_comes_there_from_the_account(mia, administrator):
    page = administrator.get(reverse("admin:auth_user_change", args=[mia.pk])).content.decode()
    (path,) = {
        part.split('"')[0]
        for part in page.split('href="')
        if part.split('"')[0].startswith("/admin/auth/user/") and "sessions" in part
    }

    assert administrator.get(path)["Location"] == reverse("backoffice:sessions_of", args=[mia.pk])


def test_everybody_comes_there_from_the_menu_of_their_account(mia):
    page = page_of(log_in(), "/admin/")

    assert f'href="{OWN}"' in page
    assert 'href="/admin/password_change/"' in page


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox · Windows"),
        (SAFARI, "Safari · iPhone"),
        (EDGE, "Edge · Windows"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_name_of_a_browser(user_agent, name):
    assert name_of_browser(user_agent) == name
