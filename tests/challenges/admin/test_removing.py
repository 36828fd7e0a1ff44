"""Deleting in the admin: by the rules, and back again."""

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.models import Challenge
from rewards.models import Reward
from tests.builders import DAY, log_activity, make_challenge, make_reward


@pytest.fixture
def challenge(db):
    return make_challenge(at=timezone.now() - DAY, completion_reward=make_reward())


def delete(client, record):
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_delete"
    return client.post(reverse(name, args=[record.pk]), {"post": "yes"})


def test_challenge_without_activity_goes(marketer, challenge):
    delete(marketer, challenge)

    assert Challenge.objects.count() == 0


def test_challenge_with_activity_is_archived_and_restored(marketer, challenge):
    log_activity(challenge, 600, at=timezone.now())

    delete(marketer, challenge)
    archived = Challenge.objects.get().archived_at
    marketer.post(reverse("admin:challenges_challenge_restore", args=[challenge.pk]))

    assert archived is not None
    assert Challenge.objects.get().archived_at is None


def test_archived_challenge_is_not_in_the_list_and_cannot_be_edited(marketer, challenge):
    log_activity(challenge, 600, at=timezone.now())
    delete(marketer, challenge)

    listed = marketer.get(reverse("admin:challenges_challenge_changelist"))
    opened = marketer.get(reverse("admin:challenges_challenge_change", args=[challenge.pk]))

    assert listed.context["cl"].result_count == 0
    assert opened.context["has_change_permission"] is False
    assert "Restore" in opened.content.decode()


def test_reward_in_use_is_refused_with_its_users(marketer, challenge):
    reward = Reward.objects.get()

    response = delete(marketer, reward)
    page = marketer.get(response.url).content.decode()

    assert "Still paid by Monthly Big Spender: give it another reward first." in page
    assert Reward.objects.get().archived_at is None


def test_reward_that_paid_is_archived(marketer, challenge):
    log_activity(challenge, 600, at=timezone.now())
    reward = Reward.objects.get()
    challenge.completion_reward = None
    challenge.save()

    delete(marketer, reward)

    assert Reward.objects.get().archived_at is not None
