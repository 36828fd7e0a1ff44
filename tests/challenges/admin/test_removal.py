"""Deleting, archiving and restoring in the admin."""

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.models import Challenge
from core.write_guard import bypassing_services
from rewards.models import Reward
from tests.builders import DAY, log_activity, make_challenge, make_reward, wait_for_original


@pytest.fixture
def challenge(db):
    return make_challenge(at=timezone.now() - DAY, completion_reward=make_reward())


def delete(client, record):
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}_delete"
    return client.post(reverse(name, args=[record.pk]), {"post": "yes"})


def test_challenge_without_activity_is_deleted(marketer, challenge):
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
    with bypassing_services("what a test needs"):
        challenge.save()

    delete(marketer, reward)

    assert Reward.objects.get().archived_at is not None


def delete_selected(client, *records, **data):
    """Run the changelist's action on these records of one model."""
    address = reverse(f"admin:{records[0]._meta.app_label}_{records[0]._meta.model_name}_changelist")
    selection = {"action": "delete_selected", "_selected_action": [record.pk for record in records]}
    return client.post(address, selection | data)


def messages_of(response):
    return sorted(str(message) for message in response.context["messages"])


def test_selected_challenges_are_confirmed_with_the_outcome_for_each(marketer, challenge):
    log_activity(challenge, 600, at=timezone.now())
    other = make_challenge(name="Nobody's")

    response = delete_selected(marketer, challenge, other)

    removals = response.context["removals"]
    assert sorted((removal["name"], removal["outcome"]) for removal in removals) == [
        ("Monthly Big Spender", "It has activity, so it is archived; it can be restored."),
        ("Nobody's", "It has no activity, so it is deleted with its milestones."),
    ]
    assert Challenge.objects.filter(archived_at=None).count() == 2


def test_selected_challenges_are_removed_and_each_is_reported(marketer, challenge):
    log_activity(challenge, 600, at=timezone.now())
    other = make_challenge(name="Nobody's")

    response = delete_selected(marketer, challenge, other, post="yes")

    assert [stored.archived_at is None for stored in Challenge.objects.all()] == [False]
    assert messages_of(marketer.get(response.url)) == [
        "“Monthly Big Spender” is archived; it can be restored.",
        "“Nobody&#x27;s” is deleted.".replace("&#x27;", "'"),
    ]


def test_selected_reward_in_use_stays_and_is_not_reported_as_deleted(marketer, challenge):
    response = delete_selected(marketer, Reward.objects.get(), post="yes")

    texts = messages_of(marketer.get(response.url))
    assert [text.partition(": ")[2] for text in texts] == [
        "Still paid by Monthly Big Spender: give it another reward first."
    ]
    assert Reward.objects.get().archived_at is None


def test_confirmation_names_what_uses_a_reward(marketer, challenge):
    reward = Reward.objects.get()

    response = marketer.get(reverse("admin:rewards_reward_delete", args=[reward.pk]))

    (removal,) = response.context["removals"]
    assert removal["outcome"] == "Still paid by Monthly Big Spender: give it another reward first."


def test_challenge_that_waits_for_an_original_has_activity(marketer, challenge):
    wait_for_original(challenge)

    confirmed = marketer.get(reverse("admin:challenges_challenge_delete", args=[challenge.pk]))
    delete(marketer, challenge)

    (removal,) = confirmed.context["removals"]
    assert removal["outcome"] == "It has activity, so it is archived; it can be restored."
    assert Challenge.objects.get().archived_at is not None
