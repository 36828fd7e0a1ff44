"""Rewards in the admin: codes uploaded, lists downloaded."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from challenges_project.access.staff_action import StaffAction
from rewards.models import CouponCode, Reward
from tests.builders import DAY, log_activity, make_challenge, make_reward
from tests.staff import sent


def text_of(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def upload(client, reward, content, name="codes.csv"):
    file = SimpleUploadedFile(name, content, "text/csv")
    return client.post(reverse("admin:rewards_reward_codes", args=[reward.pk]), {"codes": file})


def test_upload_reports_what_became_of_each_line(marketer):
    pool = make_reward(code_source="pool")
    upload(marketer, pool, b"OLD\n")

    report = upload(marketer, pool, b"code\nOLD\nNEW-1\nNEW-1\n").context["report"]

    assert (report.new, report.existing, report.duplicate) == (1, 1, 1)
    assert sorted(CouponCode.objects.values_list("code", flat=True)) == ["NEW-1", "OLD"]


def test_upload_for_a_reward_that_is_no_pool_says_the_remedy(marketer):
    response = upload(marketer, make_reward(), b"NEW-1\n")

    assert response.context["form"].non_field_errors() == [
        "Only a pool takes codes: set the reward's codeSource to pool first."
    ]


def test_shared_reward_without_its_code_is_a_mistake_at_its_field(marketer):
    reward = make_reward()
    address = reverse("admin:rewards_reward_change", args=[reward.pk])
    opened = marketer.get(address)

    response = marketer.post(address, sent(opened, code_source="shared"))

    assert response.context["adminform"].form.errors["shared_code"] == [
        "A shared reward needs the code that everybody gets."
    ]
    assert Reward.objects.get().code_source == "generated"


@pytest.fixture
def paid(db):
    """Two members with a reward each, of different challenges."""
    for name in ("alice", "=bob"):
        challenge = make_challenge(name=f"Of {name}", at=timezone.now() - DAY)
        log_activity(challenge, 600, member=name, at=timezone.now())


def test_reward_logs_are_downloaded_as_filtered(support, paid):
    listed = reverse("admin:rewards_rewardlog_changelist")

    everything = text_of(support.get(listed, {"_export": "csv"})).splitlines()
    found = text_of(support.get(listed, {"_export": "csv", "q": "alice"})).splitlines()

    assert (len(everything), len(found)) == (3, 2)
    assert any(",'=bob," in line for line in everything)
    assert StaffAction.objects.filter(action="export_reward_logs").count() == 2


def test_codes_are_downloaded_by_who_may_upload_them(marketer, support, paid):
    listed = reverse("admin:rewards_couponcode_changelist")

    assert len(text_of(marketer.get(listed, {"_export": "csv"})).splitlines()) == 3
    assert support.get(listed, {"_export": "csv"}).status_code == 403
    assert "Download" not in support.get(listed).content.decode()
