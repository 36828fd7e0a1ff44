"""Several keys at once: the one that a token names, else each in turn; each as good as a single one."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.exceptions import ImproperlyConfigured

from access.domain import tokens
from access.domain.tokens import TokenError, configured_verifier
from tests.access.conftest import SECRET
from tests.access.domain.test_tokens import pem_of

KEYS = [hashlib.sha256(b"a key of the tests %d" % number).hexdigest() for number in range(8)]
NEW, NEWER, STRANGER = KEYS[:3]


@pytest.fixture
def decoded(monkeypatch):
    """The keys that tokens were decoded with, counted."""
    tried, decode = [], tokens.jwt.decode_complete

    def counting(token, key, **options):
        tried.append(key)
        return decode(token, key, **options)

    monkeypatch.setattr(tokens.jwt, "decode_complete", counting)
    return tried


def read(token):
    return configured_verifier().caller(token).external_id


def test_each_secret_verifies_and_no_other(settings, sign):
    settings.ENDUSER_JWT_SECRETS = f"{NEW}, {NEWER}"

    assert [read(sign(key)) for key in (SECRET, NEW, NEWER)] == ["alice"] * 3
    with pytest.raises(TokenError, match="not valid"):
        read(sign(STRANGER))


def test_further_secrets_do_without_a_first_one(settings, sign):
    settings.ENDUSER_JWT_SECRET, settings.ENDUSER_JWT_SECRETS = "", f"new:{NEW}"

    assert read(sign(NEW)) == read(sign(NEW, headers={"kid": "new"})) == "alice"


def test_common_token_is_decoded_once(settings, sign, decoded):
    settings.ENDUSER_JWT_SECRETS = f"{NEW},{NEWER}"
    read(sign())

    assert decoded == [SECRET]


def test_named_key_alone_is_tried(settings, sign, decoded):
    settings.ENDUSER_JWT_SECRETS = f"2026-11:{NEW},2026-12:{NEWER}"

    assert read(sign(NEWER, headers={"kid": "2026-12"})) == "alice"
    with pytest.raises(TokenError):
        read(sign(NEW, headers={"kid": "2026-12"}))

    assert decoded == [NEWER, NEWER]


def test_name_of_no_key_leaves_the_keys_without_a_name(settings, sign, decoded):
    settings.ENDUSER_JWT_SECRETS = f"new:{NEW}"

    assert read(sign(SECRET, headers={"kid": "of the shop's own"})) == "alice"
    settings.ENDUSER_JWT_SECRET = ""
    settings.ENDUSER_JWT_SECRETS = f"new:{NEW},newer:{NEWER}"
    with pytest.raises(TokenError, match="kid names no key"):
        read(sign(NEW, headers={"kid": "of the shop's own"}))

    assert decoded == [SECRET]


def test_expired_token_of_a_later_key_is_told_to_have_expired(settings, sign):
    settings.ENDUSER_JWT_SECRETS = NEW

    with pytest.raises(TokenError, match="expired"):
        read(sign(NEW, exp=1))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_public_keys_stand_one_after_the_other(settings, sign, line_end):
    old, new, stranger = (ec.generate_private_key(ec.SECP256R1()) for _key in range(3))
    settings.ENDUSER_JWT_SECRET, settings.ENDUSER_JWT_ALGORITHM = "", "ES256"
    pems = pem_of(old) + "kid: 2026-12\n" + pem_of(new)
    settings.ENDUSER_JWT_PUBLIC_KEY = pems.replace("\n", line_end)

    assert read(sign(old, "ES256")) == read(sign(new, "ES256", headers={"kid": "2026-12"})) == "alice"
    for key, kid in ((stranger, None), (stranger, "2026-12"), (old, "2026-12")):
        with pytest.raises(TokenError):
            read(sign(key, "ES256", headers={"kid": kid} if kid else None))


@pytest.mark.parametrize(
    ("further", "fault"),
    [
        (f"{NEW},short", "ENDUSER_JWT_SECRETS: use 32 bytes"),
        ("new:" + "x" * 40, "ENDUSER_JWT_SECRETS: made of too few"),
        (f"new:{NEW},new:{NEWER}", "two keys of one name"),
        (",".join(KEYS), "at most 8 keys"),
    ],
)
def test_each_secret_is_checked_like_the_single_one(settings, further, fault):
    settings.ENDUSER_JWT_SECRETS = further

    with pytest.raises(ImproperlyConfigured, match=fault):
        configured_verifier()


def test_each_public_key_is_checked_like_the_single_one(settings):
    good = pem_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    small = pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    settings.ENDUSER_JWT_SECRET, settings.ENDUSER_JWT_ALGORITHM = "", "RS256"

    for pem, fault in (
        (good + small, "2048 bits"),
        (good + "and more", "in PEM form"),
        (good + "a" + good, "PEM"),
    ):
        settings.ENDUSER_JWT_PUBLIC_KEY = pem
        with pytest.raises(ImproperlyConfigured, match=fault):
            configured_verifier()
