"""Every route of the site, one of every record, everybody who may call, and what is thrown at all of it."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from django.utils.regex_helper import normalize

from access.domain import audit_log
from access.models.api_key import create_key
from backoffice.pages.actions import ACTIONS
from challenges.models import Activity, Challenge, ManualCountRun
from members.models import Member
from rewards.models import CouponCode
from tests.builders import DAY, add_codes, ledger, log_activity, make_challenge, make_milestone, make_reward
from tests.staff import logged_in, make_staff

UNKNOWN_ID = "019aa000-0000-7000-8000-000000000000"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
# Percent-encoded, as they stand in a path or a query. The first ones are the normal run's.
HOSTILE = {
    "NUL": "%00",
    "NUL in an id": UNKNOWN_ID[:-1] + "%00",
    "no UTF-8": "%ff",
    "unknown": UNKNOWN_ID,
    "malformed": "not-an-id",
    "beyond 64 bits": "9223372036854775808",
    "line break": "a%0d%0aSet-Cookie:%20a=b",
    "upwards": "..%2f..%2f..%2fetc%2fpasswd",
    "NUL inside": "a%00b",
    "half a character": "%e2%82",
    "surrogate": "%ed%a0%80",
    "upwards, plain": "../../../etc/passwd",
    "huge number": "9" * 400,
    "negative": "-1",
    "huge": "x" * 3_000,
    "unicode": quote("٣𝟛Ⅷ\u202e\ufeff"),
    "SQL": quote("'; DROP TABLE members_member; --"),
    "escaped as the admin does": "_00_FF_2F",
    "format": "%25s%25(a)s%7b0%7d",
    "brackets": "%5b%5d",
}
FEW = dict(list(HOSTILE.items())[:8])
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE", "TRACE", "PROPFIND")
LEAKS = (b"Traceback", b"SELECT ", b"INSERT INTO", b"psycopg", b"sqlite3", b"site-packages", b"SECRET_KEY")


@dataclass(frozen=True, slots=True)
class Route:
    """`template`: the path with `%(name)s` for each of `params`."""

    template: str
    params: tuple[str, ...]

    def path(self, **values: str) -> str:
        return "/" + self.template % values

    def filled_with(self, value: str) -> str:
        """The path with this value everywhere."""
        return self.path(**dict.fromkeys(self.params, value))


def routes() -> list[Route]:
    """Every route that the resolver knows, each once."""
    return sorted(set(_walk(get_resolver().url_patterns)), key=lambda route: route.template)


def _walk(patterns: Any, prefix: str = "", params: tuple[str, ...] = ()) -> Iterator[Route]:
    for pattern in patterns:
        for template, names in normalize(pattern.pattern.regex.pattern):
            inner = (prefix + template, (*params, *names))
            if hasattr(pattern, "url_patterns"):
                yield from _walk(pattern.url_patterns, *inner)
            else:
                yield Route(*inner)


@dataclass(slots=True)
class Site:
    """A site with one of everything, and a client for each role. `failures`: what answers were wrong."""

    clients: dict[str, Client]
    pks: dict[str, str]  # of one record, by `app/model` and by the API's slug
    version: str  # of the challenge's history
    run: str  # of counting the challenge's late log anyway
    failures: list[str] = field(default_factory=list)

    def ask(
        self, role: str, method: str, path: str, data: Any = b"", content_type: str = FORM, **extra: Any
    ) -> Any:
        """Send a request, note what is wrong with its answer, and undo whatever it changed."""
        writes = method not in ("GET", "HEAD", "OPTIONS")
        what = f"{role}: {method} {path[:160]} {str(extra or '')[:160]}"
        with _undone():
            before = ledger() if writes else None
            response = self.clients[role].generic(method, path, data, content_type, **extra)
            status = response.status_code
            if status >= 500:
                self.failures.append(f"{what}: {status}{_why(response)}")
            if status >= 400:
                content = b"" if response.streaming else response.content
                self.failures += [f"{what}: {status} says {leak!r}" for leak in LEAKS if leak in content]
                if str(settings.BASE_DIR).encode() in content:
                    self.failures.append(f"{what}: {status} names a folder")
                if writes and ledger() != before:
                    self.failures.append(f"{what}: {status}, and the ledger changed")
            if any("Set-Cookie: a=b" in str(value) for value in response.headers.values()):
                self.failures.append(f"{what}: a header of the caller's")
        return response

    def paths_of(self, route: Route) -> list[str]:
        """The paths by which a route leads to records that exist."""
        return [route.path(**values) for values in self._values_of(route)]

    def _values_of(self, route: Route) -> Iterator[dict[str, str]]:
        kind = "/".join(route.template.split("/")[1:3])
        if route.params == ("name", "subject_id"):
            for name, action in ACTIONS.items():
                yield {"name": name, "subject_id": self.pks[_key(action.model)]}
        elif route.params == ("content_type_id", "object_id"):
            content_type = ContentType.objects.get_for_model(Challenge)
            yield {"content_type_id": str(content_type.pk), "object_id": self.pks["challenges/challenge"]}
        elif route.params == ("app_label",):
            yield from (
                {"app_label": label} for label in {key.split("/")[0] for key in self.pks if "/" in key}
            )
        elif route.params == ("_0", "_1"):
            yield {"_0": self.pks.get(kind, UNKNOWN_ID), "_1": self.version}
        elif route.template.startswith("schema/"):
            known_id = {"id": self.pks.get(route.template.split("/")[1], UNKNOWN_ID)}
            yield {name: known_id.get(name, self.run) for name in route.params}
        else:
            known = {
                "challenge_id": "challenges/challenge",
                "member_id": "members/member",
                "run_id": "run",
                "progress_id": "challenges/challengeprogress",
            }
            pks = {**self.pks, "run": self.run}
            yield {name: pks.get(known.get(name, kind), UNKNOWN_ID) for name in route.params}


def _why(response: Any) -> str:
    """What raised it, and where: the innermost line of ours or of a library."""
    _kind, error, trace = getattr(response, "exc_info", None) or (None, None, None)
    if error is None:
        return ""
    last = traceback.extract_tb(trace)[-1]
    place = "/".join(last.filename.split("/")[-3:])
    return f" {type(error).__name__}: {str(error)[:80]!r} at {place}:{last.lineno}"


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def silence() -> Iterator[None]:
    """Log nothing: thousands of refusals would bury what failed."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def build_site(end_user: Any) -> Site:
    """Make one of every record that has a page, and everybody who may call."""
    now = timezone.now()
    pool, shared = make_reward("pool", low_water_mark=5), make_reward("shared")
    add_codes(pool, "POOL-1", "POOL-2", at=now)
    challenge = make_challenge(completion_reward=pool, activity_ids=["purchase"], at=now - DAY)
    make_milestone(challenge, 200, reward=shared, at=now - DAY)
    log_activity(challenge, 350, at=now)
    log_activity(challenge, 1, at=now - 50 * DAY, received_at=now, uid="late")
    member = Member.objects.get()
    Activity.objects.create(
        member=member, unique_identifier="a", activity_at=now, activity_id="purchase", challenge_ids=[],
        created_at=now,
    )  # fmt: skip
    superuser = make_staff("root", is_superuser=True)
    audit_log.note(superuser, "pause_member", at=now, member=member, target=member, reason="because")
    clients = {
        "superuser": logged_in(superuser),
        "marketer": logged_in(make_staff("mia", "Marketers")),
        "support": logged_in(make_staff("sam", "Support")),
    }
    for scope in ("admin", "read", "ingest"):
        _record, key = create_key(scope, [scope], at=now)
        clients[scope] = Client(headers={"Authorization": f"Api-Key {key}"})
    clients |= {"end user": end_user(member.external_id), "guest": Client()}
    for client in clients.values():
        client.raise_request_exception = False
    version = challenge.history.first().history_id
    run = ManualCountRun.objects.create(challenge=challenge, found=1, started_at=now, moved_at=now)
    return Site(clients, _pks() | {"member": member.external_id}, str(version), str(run.id))


def _key(model: type[Any]) -> str:
    return f"{model._meta.app_label}/{model._meta.model_name}"


def _pks() -> dict[str, str]:
    pks: dict[str, str] = {}
    for model in admin.site._registry:
        record = model._default_manager.order_by("pk").first()
        if record is not None:
            # The API's slugs are the models' names in words.
            slug = model._meta.verbose_name.replace(" ", "_") if model is not CouponCode else "coupon_code"
            pks[_key(model)] = pks[str(slug)] = str(record.pk)
    return pks
