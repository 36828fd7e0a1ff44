import pytest
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext

from core.api.http.answers import json_response
from tests.core.api.resources import urlpatterns as resources


def spoken(request):
    return json_response({"language": translation.get_language(), "yes": gettext("Yes")})


urlpatterns = [path("schema/spoken", spoken), path("page", spoken), *resources]


@pytest.fixture(autouse=True)
def _addresses(settings, _small_resources):
    settings.ROOT_URLCONF = __name__


def test_a_page_speaks_the_readers_language_and_the_api_its_own(guest):
    wishes = {"Accept-Language": "de"}

    assert guest.get("/page", headers=wishes).json() == {"language": "de", "yes": "Ja"}
    assert guest.get("/schema/spoken", headers=wishes).json() == {"language": "en", "yes": "Yes"}
    assert "Accept-Language" not in guest.get("/schema/spoken", headers=wishes).headers.get("Vary", "")
