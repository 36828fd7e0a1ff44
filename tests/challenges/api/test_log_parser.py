"""The typed decoder and the slow way judge alike."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from challenges.api import log_parser
from challenges.engine.eligibility import Entry
from core.api.query_string import Suggestions

GOOD = {
    "challengeId": "0199c9a8-7c60-7000-8000-000000000000",
    "ownedById": "alice",
    "activityAt": "2026-11-22T10:00:00Z",
    "activityId": "purchase",
    "uniqueIdentifier": "order-1",
    "activityValue": 10.5,
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.text(max_size=300),
    st.sampled_from(
        ["1_000", "1e2", "12.5", "-1", "0.00001", "2026-11-22T10:00:00+01:00", "٣", 'a"b', "\u2028"]
    ),
    st.lists(st.integers(), max_size=2),
)


def test_plain_record_takes_the_fast_way():
    entry = log_parser._decode_plain(json.dumps(GOOD).encode(), False)

    assert isinstance(entry, Entry)
    assert entry.activity_value == 105_000


@given(st.dictionaries(st.sampled_from([*GOOD, "reversalOf", "ownedBy", "extra"]), ODD, max_size=3))
def test_the_two_ways_agree(changes):
    record = json.dumps({**GOOD, **changes}).encode()

    fast = log_parser._decode_plain(record, False)
    slow = log_parser._decode_any(record, False, Suggestions())

    if fast is not None:
        assert slow == fast
    if (
        isinstance(slow, Entry)
        and not {"reversalOf", "ownedBy", "extra"} & changes.keys()
        and b"\\" not in record
    ):
        assert slow == fast or changes.keys() & {"activityValue"}


@pytest.mark.parametrize("name", ["uniqueIdentifier", "activityValue", "challengeId"])
def test_key_sent_twice_is_refused(name):
    record = json.dumps(GOOD)[:-1] + f', "{name}": {json.dumps(GOOD[name])}}}'

    (outcome,) = log_parser.read_batch(b'{"records": [' + record.encode() + b"]}")

    assert [(fault.code, fault.attr) for fault in outcome] == [("duplicate_key", name)]


@pytest.mark.parametrize(
    "value", [b"1e400", b"1E-5", b"00012345678901234567", b"123456789012345", b"0.12345", b"NaN", b"-", b"+1"]
)
def test_number_that_is_no_amount_is_refused_or_no_json(value):
    record = json.dumps(GOOD).encode().replace(b"10.5", value)

    assert refused(b'{"records": [' + record + b"]}") in ([], ["activityValue"])


def refused(body):
    """The attributes that were refused; none when the whole body was."""
    try:
        ((*faults,),) = log_parser.read_batch(body)
    except log_parser.Refused:
        return []
    return [fault.attr for fault in faults]


def test_activity_names_no_challenge():
    record = {name: value for name, value in GOOD.items() if name != "challengeId"}

    entry = log_parser.read_one(json.dumps(record).encode(), for_activity=True)

    assert entry.challenge_id == log_parser.NO_CHALLENGE
    with pytest.raises(log_parser.Refused):
        log_parser.read_one(json.dumps(GOOD).encode(), for_activity=True)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a\nb", "a\x00b", "\x7f", "tab\t"])
@pytest.mark.parametrize(
    "owner", [lambda name: {"ownedById": name}, lambda name: {"ownedBy": {"externalId": name}}]
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_member_whose_identifier_has_control_characters_is_refused(owner, name, ascii_only):
    rest = {key: value for key, value in GOOD.items() if key != "ownedById"}
    record = json.dumps({**rest, **owner(name)}, ensure_ascii=ascii_only).encode()

    (outcome,) = log_parser.read_batch(b'{"records": [' + record + b"]}")

    assert [fault.attr.split(".")[0] for fault in outcome] in (["ownedById"], ["ownedBy"])


@pytest.mark.parametrize("field", ["ownedById", "uniqueIdentifier"])
@pytest.mark.parametrize("text", ["bob ", "\u3000bob", "bob\ufeff", "\u200b", "b\x07ob"])
def test_badly_formed_identifier_is_left_to_the_slow_way(field, text):
    record = json.dumps({**GOOD, field: text}, ensure_ascii=False).encode()

    assert log_parser._decode_plain(record, False) is None
    doubtful = log_parser._decode_any(record, False, Suggestions())
    assert [fault.attr for fault in doubtful.faults.values()] == [field]


@pytest.mark.parametrize("text", ["日本 太郎", "ünï/cödé & co", "x" * 256])
def test_identifier_in_any_script_takes_the_fast_way(text):
    record = json.dumps({**GOOD, "ownedById": text, "uniqueIdentifier": text}, ensure_ascii=False).encode()

    assert isinstance(log_parser._decode_plain(record, False), Entry)
