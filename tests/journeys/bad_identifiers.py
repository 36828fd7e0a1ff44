"""Badly formed identifiers, and what the journeys about them send and read."""

from itertools import count

from django.utils import timezone

BLANKS = {
    "blank": " ",
    "tab": "\t",
    "line break": "\n",
    "no-break space": "\u00a0",
    "ideographic space": "\u3000",
    "zero-width space": "\u200b",
    "byte order mark": "\ufeff",
}
# Badly formed identifiers, and the code that every entrance tells.
BAD = {
    **{f"{name} behind": (f"bob{blank}", "surrounding_blanks") for name, blank in BLANKS.items()},
    **{f"{name} before": (f"{blank}bob", "surrounding_blanks") for name, blank in BLANKS.items()},
    **{f"{name} alone": (blank, "invisible_text") for name, blank in BLANKS.items()},
    "blanks and zero-width": (" \u200b\u3000", "invisible_text"),
    "joiner alone": ("\u200d", "invisible_text"),
    "control character": ("b\x07ob", "control_character"),
}
_numbers = count(1)


def record(challenge=None, **fields):
    """The body of a log, or without a challenge of an activity."""
    return {
        **({"challengeId": str(challenge.id)} if challenge else {}),
        "activityAt": timezone.now().isoformat(),
        "activityId": "purchase",
        "uniqueIdentifier": f"order-{next(_numbers)}",
        "activityValue": 1,
        **fields,
    }


def faults(answer):
    """Every refusal of an answer, of its records too: (code, attr)."""
    body = answer.json()
    records = body["data"] if isinstance(body.get("data"), list) else ()
    errors = body.get("errors") or [fault for each in records for fault in each.get("errors", ())]
    return [(fault["code"], fault["attr"]) for fault in errors]


def texts_of(value):
    """Every text in an answer."""
    if isinstance(value, str):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_of(child)
