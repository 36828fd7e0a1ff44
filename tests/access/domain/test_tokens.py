"""End-user tokens: what is accepted, and 40 forgeries that are not."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.exceptions import ImproperlyConfigured

from access.domain.tokens import TokenError, configured_verifier
from core.api.callers import EndUserCaller
from tests.access.conftest import SECRET
from tests.builders import member_of_0_1

DAY = 24 * 60 * 60
KEY = SECRET.encode()


def pem_of(private):
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def ec_key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def ed_key():
    return ed25519.Ed25519PrivateKey.generate()


@pytest.fixture
def use_public_key(settings):
    def use(pem, algorithm):
        settings.ENDUSER_JWT_SECRET = ""
        settings.ENDUSER_JWT_PUBLIC_KEY, settings.ENDUSER_JWT_ALGORITHM = pem, algorithm

    return use


def b64(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(header, claims, key=KEY, digest=hashlib.sha256):
    """A token with a right HMAC over whatever header and claims."""
    head = f"{b64(header)}.{b64(claims)}"
    return f"{head}.{b64(hmac.new(key, head.encode(), digest).digest())}"


def test_a_signed_token_names_its_member(sign):
    assert configured_verifier().caller(sign()) == EndUserCaller("alice")


@pytest.mark.parametrize("sub", ["alice@example.com", "ünï/cödé %00", "x" * 256, "in between"])
def test_an_identifier_is_taken_exactly(sign, sub):
    assert configured_verifier().caller(sign(sub=sub)) == EndUserCaller(sub)


@pytest.mark.django_db
def test_an_identifier_of_0_1_is_taken_where_a_member_has_it(sign):
    member_of_0_1(" spaced ")

    assert configured_verifier().caller(sign(sub=" spaced ")) == EndUserCaller(" spaced ")
    with pytest.raises(TokenError, match="Remove the blanks"):
        configured_verifier().caller(sign(sub="spaced "))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_each_pinned_algorithm_works_with_its_key(use_public_key, sign, rsa_key, ec_key, ed_key, algorithm):
    key = {"RS256": rsa_key, "ES256": ec_key, "EdDSA": ed_key}[algorithm]
    use_public_key(pem_of(key), algorithm)

    assert configured_verifier().caller(sign(key, algorithm)) == EndUserCaller("alice")


def test_audience_and_issuer_are_required_when_set(settings, sign):
    settings.ENDUSER_JWT_AUDIENCE, settings.ENDUSER_JWT_ISSUER = "challenges", "shop"

    assert configured_verifier().caller(sign(aud=["other", "challenges"], iss="shop")).external_id == "alice"


def test_a_token_lives_at_most_24_hours(sign):
    assert configured_verifier().caller(sign(exp=time.time() + DAY)).external_id == "alice"


def test_a_small_difference_of_clocks_is_forgiven(sign):
    now = time.time()

    assert configured_verifier().caller(sign(exp=now - 5, nbf=now + 5, iat=now + 5)).external_id == "alice"


def test_a_token_expires_with_the_clock(sign):
    token = sign()

    with time_machine.travel(time.time() + 60 + 11), pytest.raises(TokenError, match="expired"):
        configured_verifier().caller(token)


FAR = int(time.time()) + 3_600
GOOD = {"sub": "alice", "exp": FAR}
HS256 = {"alg": "HS256", "typ": "JWT"}
FORGERIES = {
    "empty": "",
    "not a token": "abc",
    "two parts": "a.b",
    "five parts": "a.b.c.d.e",
    "alg none": f"{b64({'alg': 'none'})}.{b64(GOOD)}.",
    "alg None": f"{b64({'alg': 'None'})}.{b64(GOOD)}.",
    "no alg": forged({"typ": "JWT"}, GOOD),
    "alg null": forged({"alg": None}, GOOD),
    "alg a list": forged({"alg": ["HS256"]}, GOOD),
    "alg hs512": forged({"alg": "HS512"}, GOOD, digest=hashlib.sha512),
    "alg rs256 with the secret": forged({"alg": "RS256"}, GOOD),
    "header no object": forged([], GOOD),
    "header no json": f"{b64(b'{')}.{b64(GOOD)}.x",
    "signature cut": forged(HS256, GOOD)[:-2],
    "signature empty": forged(HS256, GOOD).rpartition(".")[0] + ".",
    "signature of another key": forged(HS256, GOOD, key=b"x" * 32),
    "signature of the empty key": forged(HS256, GOOD, key=b""),
    "claims changed": f"{b64(HS256)}.{b64({**GOOD, 'sub': 'bob'})}.{forged(HS256, GOOD).rpartition('.')[2]}",
    "kid a path": forged({**HS256, "kid": "../../../dev/null"}, GOOD, key=b""),
    "kid a number": forged({**HS256, "kid": 5}, GOOD),
    "jwk inside": forged({**HS256, "jwk": {"kty": "oct", "k": b64(b"x" * 32)}}, GOOD, key=b"x" * 32),
    "jku elsewhere": forged({**HS256, "jku": "https://evil.example/keys"}, GOOD, key=b"x" * 32),
    "crit unknown": forged({**HS256, "crit": ["exp2"], "exp2": 1}, GOOD),
    "crit b64": forged({**HS256, "crit": ["b64"], "b64": False}, GOOD),
    "claims no object": forged(HS256, ["sub"]),
    "claims no json": forged(HS256, b"{"),
    "no exp": forged(HS256, {"sub": "alice"}),
    "exp null": forged(HS256, {"sub": "alice", "exp": None}),
    "exp a text": forged(HS256, {"sub": "alice", "exp": str(FAR)}),
    "exp true": forged(HS256, {"sub": "alice", "exp": True}),
    "exp infinite": forged(HS256, b'{"sub": "alice", "exp": Infinity}'),
    "exp nan": forged(HS256, b'{"sub": "alice", "exp": NaN}'),
    "exp huge": forged(HS256, {"sub": "alice", "exp": 10**400}),
    "exp past": forged(HS256, {"sub": "alice", "exp": FAR - 7_200}),
    "exp in two days": forged(HS256, {"sub": "alice", "exp": FAR + 2 * DAY}),
    "not yet valid": forged(HS256, {**GOOD, "nbf": FAR}),
    "issued in the future": forged(HS256, {**GOOD, "iat": FAR}),
    "audience not asked for": forged(HS256, {**GOOD, "aud": "elsewhere"}),
    "no sub": forged(HS256, {"exp": FAR}),
    "sub empty": forged(HS256, {**GOOD, "sub": ""}),
    "sub blank": forged(HS256, {**GOOD, "sub": "  "}),
    "sub with a blank behind": forged(HS256, {**GOOD, "sub": "alice "}),
    "sub of zero width": forged(HS256, {**GOOD, "sub": "\u200b"}),
    "sub a number": forged(HS256, {**GOOD, "sub": 5}),
    "sub a list": forged(HS256, {**GOOD, "sub": ["alice"]}),
    "sub too long": forged(HS256, {**GOOD, "sub": "x" * 257}),
    "sub with NUL": forged(HS256, {**GOOD, "sub": "alice\0"}),
    "sub with half a pair": forged(HS256, b'{"sub": "\\ud800", "exp": %d}' % FAR),
    "token of 9 KB": forged(HS256, {**GOOD, "pad": "x" * 9_000}),
    "deep claims": forged(HS256, b'{"a":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
    "not ascii": "é.é.é",
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(name):
    with pytest.raises(TokenError):
        configured_verifier().caller(FORGERIES[name])


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_401_and_never_a_guest(ask, db, name):
    response = ask(f"Bearer {FORGERIES[name]}", path="/schema/board/record")

    assert response.status_code == 401
    assert "Bearer" in response.headers["WWW-Authenticate"]
    assert response.json()["type"] == "client_error"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "other", "iss": "shop"},
        {"aud": "challenges", "iss": "other"},
        {"aud": "challenges"},
        {"iss": "shop"},
        {},
    ],
)
def test_a_wrong_or_missing_audience_or_issuer_is_refused(settings, sign, claims):
    settings.ENDUSER_JWT_AUDIENCE, settings.ENDUSER_JWT_ISSUER = "challenges", "shop"

    with pytest.raises(TokenError):
        configured_verifier().caller(sign(**claims))


def test_the_public_key_is_no_secret(use_public_key, rsa_key):
    """RS256 confused with HS256: the attacker signs with what everybody may know."""
    use_public_key(pem_of(rsa_key), "RS256")

    with pytest.raises(TokenError):
        configured_verifier().caller(forged(HS256, GOOD, key=pem_of(rsa_key).encode()))


def test_the_setting_pins_the_algorithm_not_the_token(use_public_key, sign, rsa_key):
    use_public_key(pem_of(rsa_key), "RS256")

    for algorithm in ("RS384", "PS256"):
        with pytest.raises(TokenError):
            configured_verifier().caller(sign(rsa_key, algorithm))


def test_without_settings_no_token_is_accepted(settings, ask, sign, db):
    settings.ENDUSER_JWT_SECRET = settings.ENDUSER_JWT_ALGORITHM = ""

    assert configured_verifier() is None
    assert ask(f"Bearer {sign()}").status_code == 401


@pytest.mark.parametrize(
    ("secret", "pem", "algorithm", "named"),
    [
        ("x" * 31, "", "HS256", "ENDUSER_JWT_SECRET"),
        ("x" * 32, "", "RS256", "ENDUSER_JWT_ALGORITHM"),
        ("x" * 32, "", "none", "ENDUSER_JWT_ALGORITHM"),
        ("", "no pem", "RS256", "ENDUSER_JWT_PUBLIC_KEY"),
        ("", "rsa", "HS256", "ENDUSER_JWT_ALGORITHM"),
        ("", "rsa", "", "ENDUSER_JWT_ALGORITHM"),
        ("", "rsa", "ES256", "ENDUSER_JWT_PUBLIC_KEY"),
        ("", "small rsa", "RS256", "2048 bits"),
        ("", "p384", "ES256", "P-256"),
        ("", "private", "RS256", "ENDUSER_JWT_PUBLIC_KEY"),
        ("x" * 32, "rsa", "HS256", "not both"),
    ],
)
def test_a_wrong_setting_stops_the_start(settings, rsa_key, secret, pem, algorithm, named):
    private = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    pems = {
        "rsa": pem_of(rsa_key),
        "small rsa": pem_of(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
        "p384": pem_of(ec.generate_private_key(ec.SECP384R1())),
        "private": private,
    }
    settings.ENDUSER_JWT_SECRET, settings.ENDUSER_JWT_ALGORITHM = secret, algorithm
    settings.ENDUSER_JWT_PUBLIC_KEY = pems.get(pem, pem)

    with pytest.raises(ImproperlyConfigured, match=named):
        configured_verifier()


def test_a_token_from_another_library_is_read(sign):
    assert jwt.decode(sign(), SECRET, ["HS256"])["sub"] == "alice"
    assert configured_verifier().caller(forged(HS256, GOOD)) == EndUserCaller("alice")
