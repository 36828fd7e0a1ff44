"""Every route of the whole site, as each role, with hostile paths, queries, forms, cookies and headers.

No answer is a 5xx, none tells of a trace, a folder or SQL, and no refused request changes the ledger
(docs/trust.md, Never a 500). The normal run takes the few kinds of attack that differ most; the product of
everything is in the long one.
"""

import pytest
from django.contrib import admin
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from tests.journeys.url_tree import FEW, HOSTILE, JSON, METHODS, UNKNOWN_ID, build_site, routes, silence
from tests.staff import PASSWORD, sent

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

ROLES = ("superuser", "marketer", "support", "admin", "read", "ingest", "end user", "guest")


def normally(chosen, everything):
    """Parameters: those chosen for the normal run, the others for the long one."""
    return [pytest.param(one, marks=[] if one in chosen else pytest.mark.long) for one in everything]


WITH_PARAMETERS = [route for route in routes() if route.params]
# Parameters of Django's changelists and of our pages, beside the filters.
PARAMETERS = (
    "_popup", "_to_field", "_changelist_filters", "_export", "all", "app_label", "cl", "copy", "e", "example",
    "field_name", "format", "id", "log", "member", "model_name", "next", "o", "p", "page", "pk", "q", "term",
    "window",
)  # fmt: skip
LOOKUPS = ("", "__exact", "__in", "__isnull", "__gte", "__regex", "__id__exact", "__external_id", "__x")
TEXTS = {
    "NUL": "a\0b",
    "huge": "x" * 70_000,
    "surrogate": "\ud800",
    "negative": "-1",
    "number beyond 64 bits": "9223372036854775808",
    "not a number": "NaN",
    "markup": "<script>alert(1)</script>{{ x }}{% y %}",
    "year 1": "0001-01-01T00:00",
    "brackets": "[]",
    "empty": "",
    "unknown id": UNKNOWN_ID,
}
FIRST_TEXTS = ("NUL", "number beyond 64 bits", "unknown id")


@pytest.fixture
def site(end_user):
    site = build_site(end_user)
    with silence():
        yield site
    if site.failures:
        pytest.fail("\n".join(site.failures[:20]), pytrace=False)


def of_app(name):
    """Whether a route is of the API, for which keys matter, or of the pages, for which staff does."""
    return "admin" if name.startswith(("schema", "healthz", "readyz", "metrics", "openapi")) else "superuser"


@pytest.mark.parametrize("kind", FEW)
def test_hostile_path(site, kind):
    for route in WITH_PARAMETERS:
        path = route.filled_with(HOSTILE[kind])
        for method in ("GET", "POST"):
            site.ask(of_app(route.template), method, path)
        site.ask("guest", "GET", path)


@pytest.mark.long
@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("role", ROLES)
def test_hostile_path_with_every_method_and_role(site, role, kind):
    for route in WITH_PARAMETERS:
        for method in METHODS:
            site.ask(role, method, route.filled_with(HOSTILE[kind]))


@pytest.mark.parametrize("role", normally(("superuser", "support", "admin", "guest"), ROLES))
def test_existing_record_by_each_role(site, role):
    for route in routes():
        for path in site.paths_of(route):
            for method in ("GET", "POST") if role != "admin" else ("GET", "POST", "PATCH", "DELETE"):
                site.ask(role, method, path)


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_existing_record_with_every_method_and_body(site, role):
    bodies = (
        (b"", JSON),
        (b"{}", JSON),
        (b"\xff\x00", JSON),
        (b"a=%00&b=%ff", "application/x-www-form-urlencoded"),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"\x00", "\x00"),
    )
    for route in routes():
        for path in site.paths_of(route):
            for method in METHODS:
                for body, content_type in bodies:
                    site.ask(role, method, path, body, content_type)


def filters_of(site, path):
    """The names of the filters that a changelist offers."""
    response = site.ask("superuser", "GET", path)
    changelist = (response.context or {}).get("cl")
    if not hasattr(changelist, "filter_specs"):
        return ()
    names = {name for spec in changelist.filter_specs for name in spec.expected_parameters()}
    # The filters of the theme come without `__exact` as well.
    return sorted(names | {name.removesuffix("__exact") for name in names})


def pages_without_parameters():
    return [route.path() for route in routes() if not route.params and of_app(route.template) == "superuser"]


@pytest.mark.parametrize("kind", normally(("NUL", "no UTF-8", "beyond 64 bits"), HOSTILE))
def test_hostile_query(site, kind):
    """The filters of every list one by one, and the parameters of every page together."""
    for path in pages_without_parameters():
        names = filters_of(site, path)
        for name in (*names, *PARAMETERS) if "/reward/" in path or "autocomplete" in path else names:
            site.ask("superuser", "GET", f"{path}?{name}={HOSTILE[kind]}")
        site.ask("superuser", "GET", f"{path}?" + "&".join(f"{name}={HOSTILE[kind]}" for name in PARAMETERS))
        site.ask("guest", "GET", f"{path}?{HOSTILE[kind]}={HOSTILE[kind]}")


@pytest.mark.long
@pytest.mark.parametrize("role", ["superuser", "marketer", "support"])
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_every_lookup_of_every_field(site, role, model):
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for field in model._meta.get_fields():
        for lookup in LOOKUPS:
            for value in HOSTILE.values():
                site.ask(role, "GET", f"{path}?{field.name}{lookup}={value}")


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_hostile_autocomplete(site, value):
    right = {"app_label": "milestones", "model_name": "milestone", "field_name": "reward", "term": "a"}
    for name in right:
        query = "&".join(f"{key}={value if key == name else text}" for key, text in right.items())
        site.ask("superuser", "GET", f"/admin/autocomplete/?{query}")
        site.ask("support", "GET", f"/admin/autocomplete/?{query}")


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_hostile_choice_of_rows(site, model):
    """The actions of a list, on rows that are none."""
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    form = site.ask("superuser", "GET", path).context.get("action_form")
    actions = [name for name, _label in form.fields["action"].choices] if form else []
    for action in {*actions, "delete_selected", "a\0b", "__init__"}:
        for chosen in ("", "a\0b", "not-an-id", UNKNOWN_ID, "9" * 400, "\ud800"):
            values = {"action": action, "_selected_action": chosen, "index": "0", "post": "yes"}
            site.ask("superuser", "POST", path, multipart(values), MULTIPART_CONTENT)
    for index in ("-1", "x", "9" * 30):
        values = {"action": "delete_selected", "_selected_action": UNKNOWN_ID, "index": index}
        site.ask("superuser", "POST", path, multipart(values), MULTIPART_CONTENT)


def multipart(values):
    """A multipart body of texts, half of a surrogate pair as its three bytes, and files: (name, content)."""
    body = b""
    for name, value in values.items():
        file_name, content = value if isinstance(value, tuple) else (None, str(value))
        disposition = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if file_name else "")
        raw = content if isinstance(content, bytes) else content.encode(errors="surrogatepass")
        body += f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + raw + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def forms_of(site):
    """(path, what a browser would send of its form) of every page that has one."""
    for route in routes():
        if of_app(route.template) == "superuser":
            for path in site.paths_of(route):
                response = site.ask("superuser", "GET", path)
                context = response.context or {}
                if response.status_code == 200 and "adminform" in context:
                    yield path, sent(response) | {"reason": "because"}
                elif response.status_code == 200 and "form" in context:
                    yield path, dict.fromkeys(context["form"].fields, "1") | {"reason": "because"}
    for path, names in (("/admin/login/", ("username", "password", "next")), ("/admin/logout/", ("next",))):
        yield path, dict.fromkeys(names, "1")


@pytest.mark.parametrize("kinds", normally([FIRST_TEXTS], [FIRST_TEXTS, tuple(TEXTS)]), ids=len)
def test_form_whose_every_field_is_hostile(site, kinds):
    """Once with the management forms hostile too, and once without, so that the inline forms are read."""
    for path, form in forms_of(site):
        kept = {name: value for name, value in form.items() if name.endswith("_FORMS")}
        for kind in kinds:
            hostile = dict.fromkeys(form, TEXTS[kind])
            for values in (hostile, hostile | kept) if kept else (hostile,):
                site.ask("superuser", "POST", path, multipart(values), MULTIPART_CONTENT)


def test_form_without_its_parts(site):
    for path, form in forms_of(site):
        for values in ({}, {"x": "1"}, {name: value for name, value in form.items() if "FORMS" not in name}):
            site.ask("superuser", "POST", path, multipart(values), MULTIPART_CONTENT)
        twice = multipart(form).removesuffix(b"--\r\n") + b"\r\n" + multipart(dict.fromkeys(form, "x"))
        site.ask("superuser", "POST", path, twice, MULTIPART_CONTENT)


@pytest.mark.long
@pytest.mark.parametrize("kind", TEXTS)
def test_form_with_one_hostile_field(site, kind):
    for path, form in forms_of(site):
        for name in form:
            body = multipart(form | {name: TEXTS[kind]})
            site.ask("superuser", "POST", path, body, MULTIPART_CONTENT)


FILES = {
    "NUL in its name": ("a\0b.csv", b"code\nA1"),
    "upwards": ("../../etc/passwd", b"code\nA1"),
    "long name": ("x" * 300 + ".svg", b"<svg/>"),
    "right to left": ("\u202egnp.csv", b"code\nA1"),
    "binary": ("a.png", bytes(range(256)) * 40),
    "NULs": ("a.csv", b"code\nA\0B\n" + b"\0" * 4_000),
    "no UTF-8": ("a.csv", b"code\n\xff\xfe\n"),
    "nested": ("a.json", b"[" * 100_000),
    "a list": ("a.json", b"[1, null]"),
    "numbers": ("a.json", b'{"version": 1e400, "challenges": -1}'),
    "empty": ("a.json", b""),
}


def test_hostile_file(site):
    """In place of every file that a form takes: icons, codes, documents."""
    for path, form in forms_of(site):
        names = {"icon", "codes", "document", "milestones-0-icon"}
        if path == "/admin/challenges/challenge/add/" or path.endswith(("/import/", "/codes/")):
            for file in FILES.values():
                values = form | dict.fromkeys(names, file)
                site.ask("superuser", "POST", path, multipart(values), MULTIPART_CONTENT)


@pytest.mark.parametrize("name", [*TEXTS, *"ab"])
def test_hostile_login(site, name):
    """With the right password as well: a name that is no account's is refused like a wrong one."""
    text = TEXTS.get(name, name * 5_000)
    for values in ({"username": text, "password": text}, {"username": text, "password": PASSWORD}):
        site.ask("guest", "POST", "/admin/login/", multipart(values), MULTIPART_CONTENT)


NULS = '"' + r"\000" * 32 + '"'
COOKIES = {
    "NUL": NULS,
    "long": "x" * 5_000,
    "no Latin": "\u0663".encode().decode("latin-1"),
    "upwards": "../../../etc/passwd",
    "octal": r'"\377\376"',
    "signed by nobody": "e30:1abcde:AAAAAAAA",
    "empty": "",
    "line break": r'"\015\012Set-Cookie: a=b"',
}
HEADERS = {
    "HTTP_HOST": ("evil.example", "a b", "\xff", "localhost:99999999", "[::1", ""),
    "HTTP_ACCEPT": ("\xff" * 9, "a" * 9_000, "*/*;q=NaN", "application/xml"),
    "HTTP_ACCEPT_LANGUAGE": ("../../etc", "x" * 9_000, "en;q=1e400", "*", "\xff", ",".join(["de"] * 3_000)),
    "HTTP_X_FORWARDED_FOR": ("\xff", "1" * 9_000, "::1%eth0", "127.0.0.1," * 900),
    "HTTP_X_FORWARDED_PROTO": ("https", "\xff"),
    "HTTP_X_FORWARDED_HOST": ("evil.example",),
    "HTTP_REFERER": ("\xff", "javascript:alert(1)", "http://[", "x" * 9_000),
    "HTTP_ORIGIN": ("null", "http://[", "\xff", "https://evil.example"),
    "HTTP_IF_NONE_MATCH": ("\xff", '"' * 99, "W/" * 99),
    "HTTP_IF_MODIFIED_SINCE": ("yesterday", "Sun, 99 Foo 99999 99:99:99 GMT"),
    "HTTP_RANGE": ("bytes=9-1", "bytes=" + "0-," * 999),
    "HTTP_USER_AGENT": ("\xff" * 9, "x" * 9_000),
    "HTTP_X_CSRFTOKEN": ("\xff", "x" * 9_000),
    "HTTP_X_HTTP_METHOD_OVERRIDE": ("DELETE",),
    "HTTP_AUTHORIZATION": ("\xff", "Bearer " + "x" * 9_000, "Api-Key \xff", "Basic \xff", ", ,"),
    "REMOTE_ADDR": ("", "unix:", "\xff", "fe80::1%eth0"),
    "CONTENT_LENGTH": ("-1", "x", "9" * 30),
}
READ_BY_ALL = (
    "/admin/",
    "/admin/login/",
    "/openapi.json",
    "/schema/challenge/record",
    "/static/nothing",
    "/media/icons/x",
    "/nothing",
)


@pytest.mark.parametrize("kind", normally(("NUL", "octal", "signed by nobody"), COOKIES))
def test_hostile_cookie(site, kind):
    """Of a stranger, and beside the session of somebody who is logged in."""
    session = site.clients["superuser"].cookies["sessionid"].value
    for name in ("sessionid", "csrftoken", "messages", "django_language", "x"):
        for path in READ_BY_ALL:
            for others in ("", f"; sessionid={session}" if name != "sessionid" else ""):
                site.ask("guest", "GET", path, HTTP_COOKIE=f"{name}={COOKIES[kind]}{others}")
        site.ask("guest", "POST", "/admin/login/", HTTP_COOKIE=f"{name}={COOKIES[kind]}")


@pytest.mark.parametrize("name", HEADERS)
def test_hostile_header(site, name):
    for value in HEADERS[name]:
        for path in READ_BY_ALL:
            site.ask("guest", "GET", path, **{name: value})
            site.ask("superuser", "POST", path, **{name: value})


def test_hostile_cookies_are_refused_by_name_of_nobody(client, db):
    """The one that was 500 on PostgreSQL: NUL in quotes reaches the look-up of the session."""
    for path in ("/admin/", "/admin/login/"):
        assert client.get(path, headers={"cookie": f"sessionid={NULS}"}).status_code == 400


def test_the_whole_tree_is_tried():
    """Every prefix of the site is among the routes, so that the families above cannot miss one."""
    prefixes = {route.template.split("/")[0] for route in routes()}
    models = {f"admin/{m._meta.app_label}/{m._meta.model_name}/" for m in admin.site._registry}

    assert prefixes >= {"schema", "admin", "media", "healthz", "readyz", "metrics", "openapi.json", "docs"}
    assert models <= {route.template for route in routes()}


def test_an_error_would_be_noticed(site):
    """The control: a page that fails, and one that tells too much, are reported."""
    site.clients["guest"] = _Failing()

    site.ask("guest", "GET", "/admin/")

    assert [failure.partition("/ : ")[2] for failure in site.failures] == ["500", "500 says b'Traceback'"]
    site.failures.clear()


class _Failing(Client):
    def generic(self, *args, **kwargs):
        response = super().generic(*args, **kwargs)
        response.status_code, response.content = 500, b"Traceback"
        return response
