"""The shop's server, which reports activities to the API with a key that no page ever gets.

A report is a complete API request, but it is handed to the view within the process: a request over the
network would wait for this same server, which answers nobody once all its threads wait.
"""

import hashlib
import hmac
import json
import secrets
import shlex
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.urls import resolve

from access.models.api_key import ApiKey
from core.api.callers import hash_of
from demo.storefront.goods import Good
from demo.storefront.visitors import Visitor

PATH = "/schema/activity/record"


@dataclass(frozen=True)
class Exchange:
    """A request and its answer; `curl` is the command that repeats it, with the reader's own key as $KEY."""

    curl: str
    status: int
    answer: dict[str, Any]

    @property
    def counted(self) -> bool:
        return any(outcome["counted"] for outcome in self.answer.get("data", []))


def report(good: Good, visitor: Visitor, request: HttpRequest, at: datetime) -> Exchange:
    """Report to the API that the visitor bought or did this at `at`.

    The page's own `request` gives the host and scheme under which the API is addressed.
    """
    body = json.dumps(_activity(good, visitor, at), ensure_ascii=False, indent=2)
    api_request = WSGIRequest(_environ(request, body.encode(), _key(at)))
    response = resolve(PATH).func(api_request)
    curl = " \\\n  ".join(
        (
            f"curl -X POST {shlex.quote(request.build_absolute_uri(PATH))}",
            '-H "Authorization: Api-Key $KEY"',
            '-H "Content-Type: application/json"',
            f"-d {shlex.quote(body)}",
        )
    )
    return Exchange(curl, response.status_code, json.loads(response.content))


def _activity(good: Good, visitor: Visitor, at: datetime) -> dict[str, Any]:
    """Return the request's body; its unique identifier makes it safe to send again where no answer came."""
    owner: dict[str, Any] = {"ownedById": visitor.external_id}
    if visitor.is_newcomer:
        owner = {"ownedBy": {"externalId": visitor.external_id, "firstName": visitor.name}}
    activity = {
        **owner,
        "activityId": good.activity_id,
        "activityAt": at.isoformat(timespec="milliseconds"),
        "uniqueIdentifier": f"demo-{secrets.token_hex(6)}",
    }
    return activity if good.value is None else activity | {"activityValue": str(good.value)}


def _key(at: datetime) -> str:
    """Return the shop's API key, made at its first use.

    It is derived from SECRET_KEY, so that all processes share one key, which the admin lists and can pause.
    """
    digest = hmac.new(settings.SECRET_KEY.encode(), b"the demo storefront's key", hashlib.sha256).hexdigest()
    key = f"{digest[:12]}.{digest[12:]}"
    ApiKey.objects.get_or_create(
        prefix=digest[:12],
        defaults={"name": "Demo storefront", "key_hash": hash_of(key), "may_ingest": True, "created_at": at},
    )
    return key


def _environ(request: HttpRequest, body: bytes, key: str) -> dict[str, Any]:
    return {
        **{name: request.META.get(name, "") for name in ("SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR")},
        "HTTP_HOST": request.get_host(),
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": f"Api-Key {key}",
        "wsgi.input": BytesIO(body),
        "wsgi.url_scheme": request.scheme,
    }
