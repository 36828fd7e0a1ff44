import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from access.models.staff_action import StaffAction
from core.errors import DomainError
from rewards.domain import exports
from rewards.domain.exports import export_coupon_codes, export_reward_logs, neutralised
from rewards.models import CouponCode, RewardLog
from tests.rewards.builders import (
    NOW,
    make_challenge,
    make_member,
    make_milestone,
    make_pool,
    make_reward,
    make_reward_log,
    pay,
)

pytestmark = pytest.mark.django_db


def table(pieces):
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))


@pytest.fixture
def staff(django_user_model):
    def make(group):
        user = django_user_model.objects.create(username=group, is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        return user

    return make


def test_reward_logs_are_told_in_full():
    challenge = make_challenge()
    milestone = make_milestone(challenge)
    reward = make_reward("shared", shared_code="SAVE", name="Mug", valid_until=NOW + timedelta(days=1))
    log = pay(make_member("alice"), challenge, reward, milestone=milestone)

    header, row = table(export_reward_logs(RewardLog.objects.all(), None, at=NOW))

    assert dict(zip(header, row, strict=True)) == {
        "id": str(log.id),
        "ownedById": "alice",
        "challenge": "Monthly Big Spender",
        "milestone": "Spend 200",
        "periodKey": "2026-11",
        "reward": "Mug",
        "status": "issued",
        "couponCode": "SAVE",
        "rewardIssuedAt": "2026-11-22T12:00:00+00:00",
        "rewardExpiryAt": "2026-11-23T12:00:00+00:00",
        "redeemedAt": "",
    }


def test_expired_is_told_as_it_is_read():
    make_reward_log(reward_expiry_at=NOW)

    [_header, row] = table(export_reward_logs(RewardLog.objects.all(), None, at=NOW))

    assert "expired" in row


def test_coupon_codes_tell_who_has_them():
    pool = make_pool("FIRST", "SECOND", name="Mug")
    log = pay(make_member("alice"), make_challenge(), pool)

    rows = table(export_coupon_codes(CouponCode.objects.all(), None, at=NOW))

    assert [row[1:5] for row in rows[1:]] == [
        ["Mug", "SECOND", "", ""],
        ["Mug", "FIRST", "alice", str(log.id)],
    ]


def test_export_follows_the_filter_and_goes_on_past_one_piece(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(exports, "CHUNK_SIZE", 2)
    challenge = make_challenge()
    for minutes in range(5):
        make_reward_log(challenge=challenge, at=NOW + timedelta(minutes=minutes))
    make_reward_log("revoked")

    with django_assert_num_queries(5):  # the note, three pieces of logs and the empty one
        rows = table(export_reward_logs(RewardLog.objects.filter(status="issued"), None, at=NOW))

    issued = RewardLog.objects.filter(status="issued").order_by("-id")
    assert [row[0] for row in rows[1:]] == [str(log.id) for log in issued]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1", "＝1", "＋1", "－1", "＠1"],
)
def test_formulas_are_neutralised(text):
    assert neutralised(text) == "'" + text


@pytest.mark.parametrize("text", ["SAVE-10", "a=b", "'quoted", "10", "", "日本"])
def test_harmless_texts_stay_as_they_are(text):
    assert neutralised(text) == text


def test_identifier_that_is_a_formula_does_no_harm_in_the_file():
    make_reward_log(member=make_member('=HYPERLINK("http://evil.example")'))

    [_header, row] = table(export_reward_logs(RewardLog.objects.all(), None, at=NOW))

    assert row[1] == '\'=HYPERLINK("http://evil.example")'


@pytest.mark.parametrize(
    ("group", "export", "allowed"),
    [
        ("Marketers", "reward_logs", True),
        ("Support", "reward_logs", True),
        ("Marketers", "coupon_codes", True),
        ("Support", "coupon_codes", False),
    ],
)
def test_export_is_restricted_by_role_and_in_the_history(staff, group, export, allowed):
    user = staff(group)
    records = {"reward_logs": RewardLog.objects.all(), "coupon_codes": CouponCode.objects.all()}[export]
    run = getattr(exports, f"export_{export}")

    if allowed:
        run(records, user, at=NOW, filters="status: issued")
        noted = StaffAction.objects.get()
        assert (noted.action, noted.actor, noted.detail) == (
            f"export_{export}",
            user,
            {"filters": "status: issued"},
        )
    else:
        with pytest.raises(DomainError) as refusal:
            run(records, user, at=NOW)
        assert refusal.value.status == "forbidden"
        assert not StaffAction.objects.exists()
