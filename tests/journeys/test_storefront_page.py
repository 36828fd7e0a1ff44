"""The storefront's page and counter without a browser: where it is open, what it holds, what it refuses."""

import hashlib
import os
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import jwt
import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.test import Client

from access.models.api_key import ApiKey
from challenges.models import ChallengeLog
from demo.storefront.goods import DEPARTMENTS, GOODS
from demo.storefront.words import WORDS, price_in
from members.models import Member
from tests.http import SECRET

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
}
HOSTILE = '"><script>window.broken=1</script>'


@pytest.fixture
def shop(client, db, settings, tmp_path):
    """A client in the shop, with the demo's challenges."""
    settings.ROOT_URLCONF = "tests.journeys.shop_urls"
    settings.MEDIA_ROOT = tmp_path
    settings.ENDUSER_JWT_SECRET, settings.ENDUSER_JWT_ALGORITHM = SECRET, "HS256"
    return client


@pytest.fixture
def demo_shop(shop):
    call_command("load_demo", members=2, verbosity=0)
    return shop


class Parts(HTMLParser):
    """Every element of a page: its name and its attributes."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


def parts(shop, **query):
    answer = shop.get("/demo/", data=query)
    assert answer.status_code == 200
    return Parts(answer.content.decode()).elements


def report_activity(shop, member="alice", good="lamp", **fields):
    return shop.post("/demo/activity", {"member": member, "good": good, **fields})


# --- where it is -------------------------------------------------------------------------------------------


def test_without_debug_there_is_no_shop(client, db):
    for path in ("/demo/", "/demo", "/demo/activity", "/demo/token"):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404


@pytest.mark.parametrize(("debug", "resolved"), [("1", "storefront:shop"), ("0", "Resolver404")])
def test_route_is_there_under_debug_alone(tmp_path, debug, resolved):
    code = (
        "import django; django.setup()\n"
        "from django.urls import Resolver404, resolve\n"
        "try: print(resolve('/demo/').view_name)\n"
        "except Resolver404: print('Resolver404')"
    )
    environment = {
        **os.environ,
        "DEBUG": debug,
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": hashlib.sha256(b"a key").hexdigest(),
        "DJANGO_SETTINGS_MODULE": "challenges_project.settings",
    }

    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )

    assert run.stdout.strip() == resolved, run.stderr


# --- what the page holds -----------------------------------------------------------------------------------


def test_policy_is_as_strict_as_can_be(shop):
    policy = shop.get("/demo/").headers["Content-Security-Policy"]

    assert {part.strip() for part in policy.split(";")} == POLICY


@pytest.mark.parametrize("member", ["", "alice", "new-abcdefgh"])
@pytest.mark.parametrize("language", list(project.MODELTRANSLATION_LANGUAGES))
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(shop, member, language):
    elements = parts(shop, member=member, language=language)

    assert [tag for tag, _ in elements if tag in ("style", "iframe", "object", "base")] == []
    assert [tag for tag, own in elements if tag == "script" and "src" not in own] == []
    assert [name for _, own in elements for name in own if name == "style" or name.startswith("on")] == []
    addresses = [own[name] for _, own in elements for name in ("src", "href", "action") if own.get(name)]
    assert [url for url in addresses if not url.startswith(("/", "?", "#")) or url.startswith("//")] == []


def test_page_holds_a_member_s_token_of_a_quarter_of_an_hour_and_no_key(shop):
    ((_, element),) = [part for part in parts(shop, member="alice") if part[0] == "challenge-list"]

    claims = jwt.decode(element["token"], SECRET, ["HS256"])

    assert claims["sub"] == "alice"
    assert 880 < claims["exp"] - time.time() <= 900
    assert ApiKey.objects.count() == 0
    assert b"Api-Key" not in shop.get("/demo/?member=alice").content


def test_guest_has_no_token_and_no_button(shop):
    elements = parts(shop)

    assert [own for tag, own in elements if tag == "challenge-list" and "token" in own] == []
    assert [tag for tag, _ in elements if tag in ("form", "button")] == []


def test_token_keeps_the_server_s_audience_and_issuer(shop, settings):
    settings.ENDUSER_JWT_AUDIENCE, settings.ENDUSER_JWT_ISSUER = "challenges", "shop"
    token = shop.post("/demo/token", {"member": "bob"}).json()["token"]

    answer = shop.get("/schema/challenge/record", headers={"authorization": f"Bearer {token}"})

    assert answer.status_code == 200


def test_server_without_a_secret_says_what_it_needs(shop, settings):
    settings.ENDUSER_JWT_SECRET = ""

    page = shop.get("/demo/?member=alice").content.decode()

    assert "ENDUSER_JWT_SECRET" in page
    assert "token=" not in page


@pytest.mark.parametrize("name", ["member", "language", "theme"])
@pytest.mark.parametrize(
    "value", [HOSTILE, "carol", "ALICE", "new-", "new-ABCDEFGH", "new-abcdefgh\n", "\0", "x" * 5000]
)
def test_what_nobody_offers_is_the_default(shop, name, value):
    answer = shop.get("/demo/", data={name: value})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<script>window" not in page
    assert "token=" not in page
    assert 'lang="en" dir="ltr">' in page


def test_newcomer_gets_a_name_of_their_own(shop):
    answers = [shop.get("/demo/?member=new&language=de&theme=dark") for _ in range(2)]

    addresses = {answer.headers["Location"] for answer in answers}
    assert len(addresses) == 2
    for address in addresses:
        assert re.fullmatch(r"/demo/\?member=new-[a-z0-9]{8}&language=de&theme=dark", address)
    assert Member.objects.count() == 0


# --- the shop's server -------------------------------------------------------------------------------------


def test_activity_goes_to_the_api_with_the_shop_s_own_key(demo_shop):
    answer = report_activity(demo_shop).json()

    assert (answer["status"], answer["said"]) == (200, "Reading lamp: that counts!")
    assert [outcome["status"] for outcome in answer["answer"]["data"]] == ["created"]
    log = ChallengeLog.objects.latest("created_at")
    assert (log.member.external_id, log.activity_id, log.activity_value) == ("alice", "purchase", 150)
    assert report_activity(demo_shop).json()["status"] == 200
    (key,) = ApiKey.objects.all()
    assert (key.name, sorted(key.scopes)) == ("Demo storefront", ["ingest"])


@pytest.mark.parametrize("good", GOODS)
def test_each_thing_counts_in_one_challenge(demo_shop, good):
    answer = report_activity(demo_shop, "new-abcdefgh", good, language="ja").json()

    assert [outcome["counted"] for outcome in answer["answer"]["data"]] == [True]
    assert answer["said"] == f"{WORDS[good]['ja']}：加算されました！"
    assert Member.objects.get(external_id="new-abcdefgh").first_name == "Robin"


def test_what_is_stored_and_not_counted_is_reported_so(demo_shop, api):
    (spender, *_) = api.get("challenge").json()["data"]
    api.patch_json(f"/schema/challenge/record/{spender['id']}", {"status": "paused"})

    assert (
        report_activity(demo_shop).json()["said"]
        == "Reading lamp: noted, but it does not count at the moment."
    )


def test_paused_key_is_refused_like_everybody_s(demo_shop):
    report_activity(demo_shop)
    ApiKey.objects.update(paused=True)

    answer = report_activity(demo_shop).json()

    assert (answer["status"], answer["said"]) == (401, "That did not work. Please try again.")
    assert answer["answer"]["errors"][0]["code"] == "not_authenticated"


@pytest.mark.parametrize(
    ("member", "good"),
    [("", "lamp"), ("carol", "lamp"), ("alice", "yacht"), ("alice", ""), (HOSTILE, HOSTILE)],
)
def test_stranger_and_unknown_thing_are_refused(demo_shop, member, good):
    before = ChallengeLog.objects.count()

    answer = report_activity(demo_shop, member, good)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert ChallengeLog.objects.count() == before


def test_nobody_gets_the_token_of_a_stranger(shop):
    tokens = {
        member: shop.post("/demo/token", {"member": member}).json()["token"]
        for member in ("", "carol", "new-")
    }

    assert set(tokens.values()) == {""}


@pytest.mark.parametrize("path", ["/demo/activity", "/demo/token"])
def test_counter_takes_posts_of_its_own_page_alone(shop, path):
    outside = Client(enforce_csrf_checks=True)

    assert outside.post(path, {"member": "alice", "good": "lamp"}).status_code == 403
    assert shop.get(path).status_code == 405


# --- words -------------------------------------------------------------------------------------------------


def test_every_word_is_there_in_every_language():
    languages = set(project.MODELTRANSLATION_LANGUAGES)

    assert {name: set(own) ^ languages for name, own in WORDS.items() if set(own) != languages} == {}
    assert [name for name, own in WORDS.items() for text in own.values() if not text.strip()] == []


def test_words_carry_the_same_values_in_every_language():
    def values(text):
        return sorted(re.findall(r"\{\w*\}", text))

    assert [
        (name, code)
        for name, own in WORDS.items()
        for code, text in own.items()
        if values(text) != values(own["en"])
    ] == []


def test_everything_has_its_words_and_its_picture():
    for department in DEPARTMENTS:
        assert {department.slug, department.verb} <= set(WORDS)
        for good in department.goods:
            assert good.slug in WORDS
            assert (ROOT / f"static/demo/{good.slug}.svg").is_file()


@pytest.mark.parametrize(
    ("language", "price"),
    [("en", "$89.50"), ("de", "89,50\u00a0$"), ("fr", "89,50\u202f$"), ("ja", "$89.50")],
)
def test_price_is_written_as_its_readers_write_it(language, price):
    assert price_in(language, GOODS["throw"].value) == price


def test_whole_dollars_have_no_cents():
    assert price_in("en", GOODS["lamp"].value) == "$150"
