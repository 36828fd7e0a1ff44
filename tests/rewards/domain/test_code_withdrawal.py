from datetime import timedelta

import pytest

from access.models.staff_action import StaffAction
from core.errors import DomainError
from rewards.domain.code_files import listed_codes
from rewards.domain.code_withdrawal import Upload, uploads, withdraw
from rewards.domain.pool_import import import_codes
from rewards.models import CouponCode
from tests.rewards.builders import NOW, add_codes, make_challenge, make_member, make_pool, pay

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
WHY = "the wrong file"


def codes():
    return sorted(CouponCode.objects.values_list("code", flat=True))


@pytest.fixture
def pool():
    """Two uploads; the oldest code is given."""
    pool = make_pool("A1", "A2", "A3")
    add_codes(pool, "B1", "B2", at=LATER)
    make_pool("OTHER")
    pay(make_member(), make_challenge(), pool)
    return pool


def test_uploads_are_those_of_which_codes_are_left_newest_first(pool):
    assert uploads(pool.id) == [Upload(LATER, 2), Upload(NOW, 2)]


def test_withdraw_takes_out_one_upload(pool):
    assert withdraw(pool.id, None, WHY, at=LATER, uploaded_at=LATER) == 2

    assert codes() == ["A1", "A2", "A3", "OTHER"]


def test_withdraw_takes_out_all_that_nobody_has(pool):
    assert withdraw(pool.id, None, WHY, at=LATER) == 4

    assert codes() == ["A1", "OTHER"]


def test_withdrawn_codes_may_be_uploaded_again_into_another_pool(pool):
    withdraw(pool.id, None, WHY, at=LATER, uploaded_at=LATER)

    assert import_codes(make_pool().id, listed_codes(["B1", "B2"])).new == 2


def test_withdraw_is_in_the_history(pool, django_user_model):
    actor = django_user_model.objects.create_user("mia")

    withdraw(pool.id, actor, f" {WHY} ", at=LATER, uploaded_at=NOW)

    noted = StaffAction.objects.get()
    assert (noted.action, noted.actor, noted.reason, noted.target_id) == (
        "withdraw_codes",
        actor,
        WHY,
        str(pool.id),
    )
    assert noted.detail == {"codes": 2, "uploaded_at": NOW.isoformat()}


@pytest.mark.parametrize(
    ("reason", "uploaded_at", "error"), [(" ", NOW, "required"), (WHY, LATER + timedelta(1), "nothing_left")]
)
def test_withdraw_that_is_refused_changes_nothing(pool, reason, uploaded_at, error):
    with pytest.raises(DomainError) as refusal:
        withdraw(pool.id, None, reason, at=LATER, uploaded_at=uploaded_at)

    assert refusal.value.code == error
    assert len(codes()) == 6
    assert not StaffAction.objects.exists()


def test_withdraw_tells_that_the_pool_is_empty(pool, caplog, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(pool.id, None, WHY, at=LATER)

    assert [record.event for record in caplog.records if hasattr(record, "event")] == ["coupon_pool_low"]
