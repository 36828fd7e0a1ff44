"""Withdrawing the codes of an upload in the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse

from access.models.staff_action import StaffAction
from rewards.models import CouponCode
from tests.rewards.builders import NOW, add_codes, make_pool

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def pool():
    pool = make_pool("A1", "A2", "A3")
    add_codes(pool, "B1", at=LATER)
    return pool


def address(pool, uploaded=None):
    query = {"uploaded": uploaded} if uploaded else None
    return reverse("admin:rewards_reward_withdraw", args=[pool.pk], query=query)


def test_page_of_codes_links_to_the_withdrawal_of_each_upload(marketer, pool):
    page = marketer.get(reverse("admin:rewards_reward_codes", args=[pool.pk])).content.decode()

    assert page.count("uploaded=") == 2
    question = marketer.get(address(pool, LATER.isoformat()))
    assert question.context["title"] == "Withdraw 1 code"


def test_upload_is_withdrawn_once_with_its_reason(marketer, pool):
    here, why = address(pool, NOW.isoformat()), {"reason": "the wrong file"}

    first, second = marketer.post(here, why, follow=True), marketer.post(here, why)

    assert "3 codes are withdrawn." in first.content.decode()
    assert second.context["form"].non_field_errors() == ["No code of it is free any longer."]
    assert CouponCode.objects.get().code == "B1"
    assert StaffAction.objects.get().reason == "the wrong file"


@pytest.mark.parametrize(
    "uploaded", ["yesterday", "2026-11-22", "2026-11-22T12:00:00", "2026-99-99T00:00:00Z", "\0"]
)
def test_invalid_time_never_means_all_uploads(marketer, pool, uploaded):
    marketer.post(address(pool, uploaded), {"reason": "a slip"})

    assert CouponCode.objects.count() == 4


def test_reason_is_required(marketer, pool):
    response = marketer.post(address(pool), {"reason": " "})

    assert list(response.context["form"].errors) == ["reason"]
    assert CouponCode.objects.count() == 4


def test_support_may_not_withdraw(support, pool):
    assert support.post(address(pool), {"reason": "why not"}).status_code == 403
    assert CouponCode.objects.count() == 4
