"""Sends requests to the service as it is in this checkout, on a clock stopped at a moment of the past.

    python -m tests.upgrade.ask_api < REQUESTS > ANSWERS

A process of its own, for the settings choose its database and everything in it must see one clock. It knows
the service by addresses, commands and labels of models, and names none of its modules: any release works.

In come `moment`, the backend's `key`, and three lists of requests: `read` reads, `again` sends activity that
is stored already, `new` sends new activity. Out come the same with the answers, and what commands, the
staff's permissions and the pages of the admin say. Only `new` writes anything that a reader sees.
"""

import io
import json
import sys
from contextlib import redirect_stdout
from datetime import datetime

import django
import msgspec
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse

HOST = "localhost"
# A cursor is signed: the same page has another one under another key.
CURSOR = "..."
RECORDS_OPENED = 3


def everything(requests):
    callers = {
        "backend": Client(SERVER_NAME=HOST, headers={"Authorization": f"Api-Key {requests['key']}"}),
        "guest": Client(SERVER_NAME=HOST),
    }

    def answered(name):
        return [
            {**request, "answers": list(answers_to(request, callers[request["by"]]))}
            for request in requests[name]
        ]

    return {
        "moment": requests["moment"],
        "key": requests["key"],
        "migrate": command("migrate", "--check"),
        "makemigrations": command("makemigrations", "--check", "--dry-run"),
        "ledger": command("verify_ledger"),
        "permissions": permissions(),
        "read": answered("read"),
        "again": answered("again"),
        "admin_pages": admin_pages(),
        "new": answered("new"),
        "ledger_afterwards": command("verify_ledger"),
    }


def command(*words):
    """A management command's exit code, and what it printed."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            call_command(*words)
    except SystemExit as end:
        return [end.code, printed.getvalue()]
    return [0, printed.getvalue()]


def answers_to(request, client):
    """`path` is read, every page of it, or `post` is sent there; numbers stay as they were answered."""
    path = request["path"]
    while path:
        if "post" in request:
            answer = client.post(path, request["post"], content_type="application/json")
        else:
            answer = client.get(path)
        is_json = answer.headers["Content-Type"] == "application/json"
        cursor = next_cursor(answer) if is_json else None
        yield shown(answer, is_json, cursor)
        path = cursor and f"{request['path'].partition('?')[0]}?cursor={cursor}"


def next_cursor(answer):
    return answer.json().get("paging", {}).get("nextCursor")


def shown(answer, is_json, cursor):
    body = answer.getvalue()
    if cursor:
        body = body.replace(cursor.encode(), CURSOR.encode())
    return {
        "status": answer.status_code,
        "replayed": answer.headers.get("Idempotent-Replayed"),
        "body": msgspec.Raw(body) if is_json else body.decode(),
    }


def permissions():
    """What each group of the staff may do."""
    groups = apps.get_model("auth", "Group").objects.order_by("name")
    return {
        group.name: sorted(
            f"{permission.content_type.app_label}.{permission.codename}"
            for permission in group.permissions.all()
        )
        for group in groups
    }


def admin_pages():
    """The status of each model's list in the admin, and of the form and the history of its oldest records."""
    from django.contrib import admin

    client = Client(SERVER_NAME=HOST)
    client.force_login(apps.get_model("auth", "User").objects.filter(is_superuser=True).first())
    pages = [address for model in admin.site._registry for address in pages_of(model)]
    return {address: client.get(address).status_code for address in pages}


def pages_of(model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield reverse(f"{name}_changelist")
    for record in model._default_manager.order_by("pk")[:RECORDS_OPENED]:
        yield reverse(f"{name}_change", args=[record.pk])
        try:
            yield reverse(f"{name}_history", args=[record.pk])
        except NoReverseMatch:
            continue


def main():
    requests = json.load(sys.stdin)
    with time_machine.travel(datetime.fromisoformat(requests["moment"]), tick=False):
        django.setup()
        answers = msgspec.json.encode(everything(requests))
    sys.stdout.buffer.write(answers)


if __name__ == "__main__":
    main()
