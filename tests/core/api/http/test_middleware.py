import pytest
from django.db import DataError
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext

from challenges.models import Challenge
from core.api.http.answers import json_response
from members.models import Member
from tests.core.api.resources import urlpatterns as resources


def spoken(request):
    return json_response({"language": translation.get_language(), "yes": gettext("Yes")})


urlpatterns = [path("schema/spoken", spoken), path("page", spoken), path("admin/page", spoken), *resources]


@pytest.fixture(autouse=True)
def _addresses(settings, _small_resources):
    settings.ROOT_URLCONF = __name__


def test_a_page_speaks_the_readers_language_and_the_api_its_own(guest):
    wishes = {"Accept-Language": "de"}

    assert guest.get("/page", headers=wishes).json() == {"language": "de", "yes": "Ja"}
    assert guest.get("/schema/spoken", headers=wishes).json() == {"language": "en", "yes": "Yes"}
    assert "Accept-Language" not in guest.get("/schema/spoken", headers=wishes).headers.get("Vary", "")


def failing(request, how):
    """A page that looks up what no column holds, in one of the ways that this shows, or fails by itself."""
    if how == "id":
        Member.objects.filter(pk="not-an-id").first()
    elif how == "number":
        Challenge.history.filter(history_id="x").first()
    elif how == "too large":
        list(Challenge.history.filter(history_id__in=[2**70]))
        raise OverflowError  # PostgreSQL answers that there is none
    elif how == "NUL":
        list(Member.objects.filter(email="\0"))
        raise DataError  # SQLite has no such texts
    elif how == "template":
        return TemplateResponse(
            request,
            engines["django"].from_string("{{ look_up }}"),
            {"look_up": lambda: failing(request, "id")},
        )
    raise ValueError("a mistake of ours")


urlpatterns += [path("failing/<how>", failing)]


@pytest.mark.parametrize("how", ["id", "number", "too large", "NUL", "template"])
def test_a_page_that_looks_up_what_no_column_holds_is_400(guest, db, how):
    guest.raise_request_exception = False

    answer = guest.get(f"/failing/{how}")

    assert (answer.status_code, b"Bad Request" in answer.content) == (400, True)


def test_a_mistake_of_ours_stays_a_500(guest, db):
    guest.raise_request_exception = False

    assert guest.get("/failing/otherwise").status_code == 500


@pytest.mark.parametrize(
    "address", ["/admin/page?q=%00", "/admin/page?%00", "/admin/page?q=%ff", "/admin/page?q=a%E2%82"]
)
def test_a_page_is_not_asked_for_with_bytes_that_are_no_text(guest, address):
    assert guest.get(address).status_code == 400
    assert guest.get(address.replace("/admin/page", "/schema/spoken")).status_code == 200


@pytest.mark.parametrize(
    "address", ["/admin/page?q=%C3%A4%F0%9F%8E%81", "/admin/page?q=", "/admin/page?q=%", "/admin/page"]
)
def test_a_page_may_be_asked_for_with_any_text(guest, address):
    assert guest.get(address).status_code == 200


def test_a_cookie_with_nul_in_quotes_is_400(guest):
    assert (
        guest.get(
            "/admin/page", headers={"cookie": r'sessionid="\000\000\000\000\000\000\000\000"'}
        ).status_code
        == 400
    )
    assert guest.get("/admin/page", headers={"cookie": "sessionid=abc; x=\xe4"}).status_code == 200
