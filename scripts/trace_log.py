"""Count the modules that one recorded log enters, and how often control goes to another module.

    .venv/bin/python scripts/trace_log.py            # the two figures
    .venv/bin/python scripts/trace_log.py --calls    # and every function, in the order of entering

A real request goes through the WSGI application, against a SQLite database of its own: the sixth log of a
member in a challenge with one milestone, which pays nothing. Counted is every Python function of ours that is
entered, also what a dataclass or a comprehension generates, and modules that are imported late. A change of
module is a function of another module than the one entered before it.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.layout import apps  # noqa: E402 - found by the line above

Call = tuple[str, str]  # module, function


def start() -> tuple[Callable[..., Any], str]:
    """The WSGI application on an empty database, and the key of a backend."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from access.models.api_key import create_key
    from challenges_project.wsgi import application

    call_command("migrate", verbosity=0)
    _record, key = create_key("trace", ["admin"], at=timezone.now())
    return application, key


def post(application: Callable[..., Any], key: str, record: str, fields: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(fields).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/schema/{record}/record",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Api-Key {key}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }
    statuses: list[str] = []
    answer = b"".join(application(environ, lambda status, _headers, _error=None: statuses.append(status)))
    if not statuses[0].startswith("201"):
        raise SystemExit(f"{statuses[0]}: {answer.decode()}")
    data: dict[str, Any] = json.loads(answer)["data"]
    return data


def trace() -> list[Call]:
    """Every function of ours that one log enters, in order."""
    from django.utils import timezone

    application, key = start()
    rules = {"name": "Spend", "description": "Spend.", "status": "live", "completionTargetValue": 500}
    challenge = post(application, key, "challenge", rules)["id"]
    step = {"name": "Start", "description": "Start.", "status": "live", "milestoneTargetValue": 200}
    post(application, key, "milestone", {"linkedSchemaRecordId": challenge, **step})

    def record_log(number: int) -> None:
        log = {"ownedById": "alice", "activityAt": timezone.now().isoformat(), "activityId": "order"}
        log |= {"challengeId": challenge, "uniqueIdentifier": f"order-{number}", "activityValue": 1}
        post(application, key, "challenge_log", log)

    for number in range(5):
        record_log(number)
    ours, calls = set(apps()), []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.partition(".")[0] in ours:
            calls.append((module, frame.f_code.co_qualname))

    sys.setprofile(note)
    record_log(5)
    sys.setprofile(None)
    return calls


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the modules that one recorded log enters.")
    parser.add_argument("--calls", action="store_true", help="list every function that is entered")
    list_calls = parser.parse_args().calls
    with tempfile.TemporaryDirectory(prefix="challenges-trace-") as folder:
        os.environ |= {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}
        os.environ.pop("DATABASE_URL", None)
        calls = trace()
    if list_calls:
        previous = ""
        for module, function in calls:
            print(f"{' ' if module == previous else '*'} {module}: {function}")
            previous = module
    changes = sum(1 for (before, _), (after, _) in pairwise(calls) if before != after)
    print(f"one log: {len({module for module, _ in calls})} modules, {changes} changes of module")


if __name__ == "__main__":
    main()
