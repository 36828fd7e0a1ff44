"""Rewards in the admin: uploading codes, downloading lists, filters."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from access.models.staff_action import StaffAction
from rewards.models import CouponCode, Reward
from tests.builders import DAY, add_codes, log_activity, make_challenge, make_reward
from tests.rewards.builders import make_reward_log
from tests.staff import sent

STORED = ("pending_code", "issued", "redeemed", "revoked", "capped")


def text_of(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def upload(client, reward, content, name="codes.csv"):
    file = SimpleUploadedFile(name, content, "text/csv")
    return client.post(reverse("admin:rewards_reward_codes", args=[reward.pk]), {"codes": file})


def test_upload_reports_the_outcome_of_each_line(marketer):
    pool = make_reward(code_source="pool")
    upload(marketer, pool, b"OLD\n")

    report = upload(marketer, pool, b"code\nOLD\nNEW-1\nNEW-1\n").context["report"]

    assert (report.new, report.existing, report.duplicate) == (1, 1, 1)
    assert sorted(CouponCode.objects.values_list("code", flat=True)) == ["NEW-1", "OLD"]


def test_upload_is_in_the_history(marketer):
    pool = make_reward(code_source="pool")

    upload(marketer, pool, b"A1\n", name="mugs.csv")

    entry = StaffAction.objects.get()
    assert (entry.action, entry.actor_name, entry.target_id) == ("import_codes", "mia", str(pool.pk))
    assert entry.detail == {"file": "mugs.csv"}


def test_page_of_codes_shows_what_the_pool_holds(marketer):
    pool = make_reward(code_source="pool")

    page = upload(marketer, pool, b"A1\nB2\n")

    assertContains(page, '<b data-stock="left">2</b>', html=True)


def test_list_marks_a_pool_that_is_low_and_a_validity_that_is_over(marketer):
    now = timezone.now()
    make_reward(code_source="pool", name="Low", low_water_mark=5, valid_until=now + DAY)
    make_reward(code_source="pool", name="Enough", low_water_mark=0, valid_until=now - DAY)
    add_codes(Reward.objects.get(name="Enough"), "A1")

    rewards = marketer.get(reverse("admin:rewards_reward_changelist"))

    assertContains(rewards, '0 <span class="desk-badge is-paused">low</span>', count=1, html=True)
    assertContains(rewards, '<span class="desk-badge is-expired">over</span>', count=1, html=True)


def test_upload_for_a_reward_that_is_no_pool_names_the_remedy(marketer):
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
    filtered = text_of(support.get(listed, {"_export": "csv", "q": "alice"})).splitlines()

    assert (len(everything), len(filtered)) == (3, 2)
    assert any(",'=bob," in line for line in everything)
    assert StaffAction.objects.filter(action="export_reward_logs").count() == 2


@pytest.fixture
def one_of_each_status(db):
    """Reward logs by the status that is shown; the expired one is stored as issued."""
    over = {"reward_expiry_at": timezone.now() - DAY}
    logs = {"expired": make_reward_log("issued", coupon_code="OVER", **over)}
    return logs | {status: make_reward_log(status) for status in STORED}


@pytest.mark.parametrize("status", ["expired", *STORED])
def test_reward_logs_are_filtered_by_the_status_that_is_shown(support, one_of_each_status, status):
    listed = support.get(reverse("admin:rewards_rewardlog_changelist"), {"status__exact": status})

    assert list(listed.context["cl"].queryset) == [one_of_each_status[status]]


@pytest.mark.parametrize("status", ["lost", "ISSUED"])
def test_reward_logs_have_no_other_status(support, one_of_each_status, status):
    listed = support.get(reverse("admin:rewards_rewardlog_changelist"), {"status__exact": status})

    assert not listed.context["cl"].queryset


def test_reward_log_shows_its_status_in_words(support, one_of_each_status):
    page = support.get(reverse("admin:rewards_rewardlog_change", args=[one_of_each_status["expired"].pk]))

    assertContains(page, "Expired")
    assertNotContains(page, "&#x27;expired&#x27;")


def test_codes_are_downloaded_by_who_may_upload_them(marketer, support, paid):
    listed = reverse("admin:rewards_couponcode_changelist")

    assert len(text_of(marketer.get(listed, {"_export": "csv"})).splitlines()) == 3
    assert support.get(listed, {"_export": "csv"}).status_code == 403
    assert "Download" not in support.get(listed).content.decode()


def test_variable_in_a_rewards_title_is_a_mistake_at_its_field(marketer, db):
    reward = make_reward()
    change = reverse("admin:rewards_reward_change", args=[reward.pk])

    response = marketer.post(change, sent(marketer.get(change), eud_reward_title_de="{{periodText}}"))

    errors = response.context["adminform"].form.errors
    assert errors == {
        "eud_reward_title_de": ["Variables work in the three messages only: remove the {{ here."]
    }
