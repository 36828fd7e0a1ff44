"""Every field of an exported document spoilt in every way: refused by its path, or taken; never a trace."""

import json
import re
from copy import deepcopy
from decimal import Decimal
from io import StringIO
from itertools import islice

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from challenges.api.exchange import exported
from challenges.editing import service
from challenges.models import Challenge
from core.api.http.renderers import encode
from core.api.http.strict_json import strict_loads
from core.icons import clean_icon
from core.icons.storage import icons_replaced
from core.write_guard import bypassing_services
from milestones.models import Milestone
from rewards.models import CouponCode, Reward
from tests.builders import DAY, add_codes, make_challenge, make_milestone, make_reward

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0h8v8z"/></svg>'
MISSING = object()
SPOILT = (
    None, True, -1, 0, 7, 2**31, 2**63, Decimal("1e400"), Decimal("-0.00001"), Decimal("1.5"), "", " ", "x",
    "x" * 5000, "\0", "A\0B", "\ud800", "\u202e", "٣", "{{x}}", "<script>", "TAKEN", "live", "shared",
    "0199c9a8-7c60-7000-8000-000000000000", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59+14:00", [], [None], [[]], ["x" * 5000], ["A\0B"], {}, {"en": 5}, {"de": "x" * 5000},
    {"xx": "y"}, {"base64": "ü"}, {"base64": "!"}, {"base64": None}, {"name": 5, "base64": "AAAA"}, MISSING,
)  # fmt: skip
UNKNOWN = (
    "unknown",
    "",
    "a.b",
    "x" * 5000,
    "\0",
    "\ud800",
    "createdAt",
    "challenge_id",
    "pk",
    "_state",
    "pendingVersion",
    "countPaused",
)
# The document as a whole, and names at its top that no answer can repeat.
NOWHERE = ((), ("\0",), ("\ud800",))
TABLES = (Challenge, Milestone, Reward, CouponCode, Challenge.history.model, Reward.history.model)
PLACES = r"kind|version|rewards|challenges|unknown|a\.b|x{64}|pk|_state|createdAt|challenge_id|\"\""
LINE = re.compile(rf"({PLACES})(\.[^:]*)?: \S.*", re.DOTALL)


@pytest.fixture
def document(db):
    """An export with a value in every field, in a database that has other records and not those."""
    at = timezone.now() - DAY
    shared = make_reward(
        "shared",
        at=at,
        valid_until=at + 90 * DAY,
        max_total=9,
        max_per_member=2,
        eud_reward_title_de="Für alle",
    )
    pool = make_reward("pool", at=at, name="Pool", low_water_mark=3, valid_for_days=30)
    challenge = make_challenge(
        at=at, completion_reward=shared, eud_title_de="Viel", activity_ids=["purchase"], ends_at=at + 90 * DAY
    )
    milestone = make_milestone(challenge, 100, at=at, reward=pool)
    with icons_replaced(milestone, {"eud_milestone_icon": clean_icon("icon.svg", SVG)}):
        service.save_milestone(milestone, at=at)
    challenges = Challenge.objects.select_related("completion_reward")
    made = strict_loads(encode(exported(challenges, timezone.now())))
    with bypassing_services("the document goes to another installation"):
        Challenge.objects.all().delete()
        Reward.objects.all().delete()
    other = make_challenge(at=at, name="Other", completion_reward=make_reward("pool", at=at, name="Others"))
    make_milestone(other, 50, at=at)
    add_codes(other.completion_reward, "TAKEN")
    return made


def places(value, path=()):
    """The path of everything in a document, its whole first."""
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


def spoil(document, path, value):
    """The document with another value at this place, or without it."""
    if not path:
        return None if value is MISSING else value
    copy = deepcopy(document)
    node = at(copy, path[:-1])
    if value is MISSING:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return copy


def at(document, path):
    for key in path:
        document = document[key]
    return document


def as_json(document):
    """Numbers as they are, also those that are too large; halves of surrogate pairs as escapes."""
    text = json.dumps(document, default=lambda number: f"@{number}@")
    return re.sub(r'"@([^@"]*)@"', r"\1", text).encode()


def rows():
    return [model.objects.count() for model in TABLES]


def lines_of_the_page(client, body):
    file = SimpleUploadedFile("challenges.json", body, "application/json")
    answer = client.post(reverse("admin:challenges_challenge_import"), {"document": file})
    if answer.status_code == 302:
        return None
    assert answer.status_code == 200
    return answer.context["form"].errors["document"]


def lines_of_the_command(folder, body):
    file = folder / "challenges.json"
    file.write_bytes(body)
    try:
        call_command("import_challenges", str(file), keep_status=True, stdout=StringIO())
    except CommandError as error:
        return str(error).split("\n")
    return None


def check(send, body, *, has_path=True):
    """Import it, whatever it is, and forget it; the lines of a refusal that are too long or have no path."""
    before = rows()
    with transaction.atomic():
        lines = send(body)
        if lines is None:
            connection.check_constraints()
        else:
            assert rows() == before
        transaction.set_rollback(True)
    return [line for line in lines or () if len(line) > 600 or (has_path and not LINE.fullmatch(line))]


def documents(document, section):
    """Each spoilt document of a section, with the place; of a text's languages, one stands for all."""
    foreign = [str(model.objects.get().id) for model in (Challenge, Milestone, Reward)]
    for path in places(document):
        if section_of(path) != section or (path and path[-1] in ("es", "fr", "de", "ar", "ja")):
            continue
        for value in (*SPOILT, *foreign):
            yield path, spoil(document, path, value)
        node = at(document, path)
        if isinstance(node, dict):
            for name in UNKNOWN:
                yield (*path, name), spoil(document, (*path, name), 1)
        if isinstance(node, list) and node:
            yield path, spoil(document, path, [*node, node[0]])


def section_of(path):
    if len(path) < 2:
        return "document"
    return "milestones" if "milestones" in path else path[0]


# The step of `make test` and of `make test-long`, which tries them all.
STEPS = [29, pytest.param(1, marks=pytest.mark.long)]
EACH_SECTION = pytest.mark.parametrize("section", ["document", "rewards", "challenges", "milestones"])


@EACH_SECTION
@pytest.mark.parametrize("step", STEPS)
def test_spoilt_document_is_refused_by_its_path_on_the_page(document, marketer, section, step):
    seen, faults = check_all(document, section, lambda body: lines_of_the_page(marketer, body), step)

    assert faults == []
    assert seen > 100 / step


@EACH_SECTION
@pytest.mark.parametrize("step", STEPS)
def test_spoilt_document_is_refused_by_its_path_by_the_command(document, tmp_path, section, step):
    seen, faults = check_all(document, section, lambda body: lines_of_the_command(tmp_path, body), step)

    assert faults == []
    assert seen > 100 / step


def check_all(document, section, send, step):
    """How many documents were sent, and where one was answered wrongly."""
    assert check(send, as_json(document)) == []
    seen, faults = 0, []
    for path, made in islice(documents(document, section), 0, None, step):
        try:
            bad = check(send, as_json(made), has_path=path[:1] not in NOWHERE)
        except Exception as error:
            bad = [repr(error)]
        seen += 1
        faults += [("".join(str(part)[:20] for part in path[-2:]), line[:100]) for line in bad]
    return seen, faults
