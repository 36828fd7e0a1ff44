"""Who looks before acting holds what was looked at: a removal, an erasure or an edit that comes between."""

import threading
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from challenges.api.exchange import imported
from challenges.editing import change_set, persistence, service
from challenges.engine import intake
from challenges.models import Challenge, ChallengeLog
from core.errors import DomainError
from members.domain import directory, erasing, member_service
from members.models import Member
from milestones.models import Milestone
from rewards.domain import reward_service
from rewards.domain.code_files import listed_codes
from rewards.domain.pool_import import import_codes
from rewards.models import CouponCode, Reward
from tests.builders import DAY, NOW, entry, log_activity, make_challenge, make_member, make_reward
from tests.concurrency.racing import many_connections, race
from tests.rewards.builders import make_reward_log
from tests.staff import logged_in, make_staff

pytestmark = [pytest.mark.postgres, pytest.mark.concurrency, pytest.mark.usefixtures("many_connections")]
__all__ = ["many_connections"]

SECONDS = 1  # for which the first holds its locks, unless the second has ended before


@contextmanager
def uncommitted(job):
    """Run the body while another transaction has done this job and not committed it; commit afterwards."""
    done, go_on, errors = threading.Event(), threading.Event(), []

    def run():
        try:
            with transaction.atomic():
                job()
                done.set()
                go_on.wait(SECONDS)
        except Exception as error:
            errors.append(error)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert done.wait(10)
    yield
    go_on.set()
    thread.join(10)
    assert errors == []


def refused(job):
    try:
        job()
    except DomainError as refusal:
        return refusal.code
    return None


def choose(challenge_id, reward_id):
    challenge = Challenge.objects.get(id=challenge_id)
    challenge.completion_reward = Reward.objects.get(id=reward_id)
    return partial(service.save, challenge, at=NOW)


@pytest.fixture
def paid_reward(transactional_db):
    """A reward that paid: removing it archives it."""
    reward = make_reward()
    make_reward_log(reward=reward)
    return Reward.objects.get(id=reward.id)


@pytest.fixture
def unpaid_reward(transactional_db):
    """A reward that never paid: removing it deletes it."""
    return Reward.objects.get(id=make_reward().id)


@pytest.fixture(params=["paid_reward", "unpaid_reward"])
def reward(request):
    return request.getfixturevalue(request.param)


def test_reward_that_is_just_being_chosen_is_not_removed(reward):
    save = choose(make_challenge().id, reward.id)

    with uncommitted(save):
        code = refused(partial(reward_service.remove, reward, at=NOW))

    assert code == "in_use"
    assert Reward.objects.unarchived().filter(id=reward.id).exists()


def test_reward_that_is_just_being_removed_is_not_chosen(reward):
    challenge = make_challenge()
    save = choose(challenge.id, reward.id)

    with uncommitted(partial(reward_service.remove, reward, at=NOW)):
        code = refused(save)

    assert code == "unknown_reward"
    assert Challenge.objects.get(id=challenge.id).completion_reward_id is None


def test_reward_that_is_just_being_removed_is_not_restored_with_its_challenge(unpaid_reward):
    challenge = make_challenge(completion_reward=unpaid_reward)
    log_activity(challenge, 1)
    service.remove(challenge, at=NOW)

    with uncommitted(partial(reward_service.remove, unpaid_reward, at=NOW)):
        code = refused(partial(service.restore, challenge, at=NOW))

    assert code == "reward_archived"
    assert not Challenge.objects.unarchived().exists()


def removed_between_check_and_act(reward, monkeypatch):
    """Choose the reward, which another removes once the edit is judged; how that was refused, if so."""
    apply, codes = persistence.apply, []

    def remove():
        codes.append(refused(partial(reward_service.remove, reward, at=NOW)))
        connection.close()

    removal = threading.Thread(target=remove, daemon=True)

    def apply_after_the_removal(edit):
        removal.start()
        removal.join(SECONDS)
        apply(edit)

    monkeypatch.setattr(persistence, "apply", apply_after_the_removal)
    choose(Challenge.objects.get().id, reward.id)()
    removal.join(10)
    return codes


def test_reward_is_not_removed_between_check_and_act(paid_reward, monkeypatch):
    assert removed_between_check_and_act(paid_reward, monkeypatch) == ["in_use"]


def test_without_the_lock_an_archived_reward_is_chosen(paid_reward, monkeypatch):
    """The negative control: foreign keys are checked at commit, so that nothing else waits."""
    read = change_set.ChangeSet.read_rewards
    monkeypatch.setattr(change_set.ChangeSet, "read_rewards", lambda self, *, lock: read(self, lock=False))

    assert removed_between_check_and_act(paid_reward, monkeypatch) == [None]
    assert Challenge.objects.get().completion_reward.archived_at is not None


@pytest.mark.parametrize(("kind", "code"), [("paid_reward", "archived"), ("unpaid_reward", "not_found")])
def test_edit_does_not_bring_back_a_reward_that_is_just_being_removed(kind, code, request):
    reward = request.getfixturevalue(kind)
    edited = Reward.objects.get(id=reward.id)
    edited.name = "Edited"

    with uncommitted(partial(reward_service.remove, reward, at=NOW)):
        refusal = refused(partial(reward_service.save, edited, at=NOW))

    assert refusal == code
    assert not Reward.objects.unarchived().filter(id=reward.id).exists()


def test_two_edits_of_different_fields_of_a_reward_both_hold(unpaid_reward):
    one, other = (Reward.objects.get(id=unpaid_reward.id) for _ in range(2))
    one.name, other.valid_for_days = "Another name", 30

    with uncommitted(partial(reward_service.save, one, at=NOW)):
        reward_service.save(other, at=NOW)

    stored = Reward.objects.get(id=unpaid_reward.id)
    assert (stored.name, stored.valid_for_days) == ("Another name", 30)


def test_reward_removed_twice_at_once_is_removed_once(unpaid_reward):
    twins = [Reward.objects.get(id=unpaid_reward.id) for _ in range(2)]

    answers = race([partial(refused, partial(reward_service.remove, twin, at=NOW)) for twin in twins])

    assert sorted(answers, key=str) == [None, "not_found"]


def test_codes_are_not_imported_into_a_pool_that_is_just_being_removed(transactional_db):
    pool = Reward.objects.get(id=make_reward("pool").id)

    with uncommitted(partial(reward_service.remove, pool, at=NOW)):
        code = refused(partial(import_codes, pool.id, listed_codes(["A", "B"])))

    assert code == "not_found"
    assert not CouponCode.objects.exists()


@pytest.fixture
def alice(transactional_db):
    make_member("alice", first_name="Alice")
    return Member.objects.get()


def profile():
    return Member.objects.values_list("first_name", "last_name", "email").get()


def test_edit_does_not_bring_back_what_is_just_being_erased(alice):
    with uncommitted(partial(erasing.erase, alice, at=NOW)):
        code = refused(partial(member_service.edit, alice.id, {"last_name": "Moreau"}, at=NOW))

    assert code == "not_found"
    assert profile() == ("", "", "")
    assert Member.objects.get().external_id != "alice"


def test_activity_does_not_fill_the_profile_that_is_just_being_erased(alice):
    with uncommitted(partial(erasing.erase, alice, at=NOW)):
        directory.complete_profiles({alice.id: {"email": "alice@example.com"}}, NOW)

    assert profile() == ("", "", "")


def test_two_activities_fill_a_profile_once(alice):
    with uncommitted(partial(directory.complete_profiles, {alice.id: {"last_name": "Moreau"}}, NOW)):
        directory.complete_profiles({alice.id: {"last_name": "Other", "email": "a@example.com"}}, NOW)

    assert profile() == ("Alice", "Moreau", "a@example.com")


def test_two_edits_of_different_fields_of_a_member_both_hold(alice):
    with uncommitted(partial(member_service.edit, alice.id, {"last_name": "Moreau"}, at=NOW)):
        member_service.edit(alice.id, {"email": "a@example.com"}, at=NOW)

    assert profile() == ("Alice", "Moreau", "a@example.com")


def test_member_paused_by_two_at_once_is_paused(alice):
    pause = partial(member_service.set_status, alice.id, "paused", at=NOW, instead_of="live")

    answers = race([partial(refused, pause), partial(refused, pause)])

    assert sorted(answers, key=str) == [None, "changed_meanwhile"]
    assert Member.objects.get().status == "paused"


def test_one_identifier_for_two_new_members_is_one_of_them(transactional_db):
    members = [Member(external_id="alice") for _ in range(8)]

    answers = race([partial(refused, partial(member_service.create, member, at=NOW)) for member in members])

    assert sorted(answers, key=str) == [None, *["identifier_taken"] * 7]


def test_log_that_staff_add_beside_the_same_of_the_shop_is_refused_at_its_field(transactional_db):
    alice, challenge = make_member("alice"), make_challenge(at=timezone.now() - DAY)
    now = timezone.now()
    client = logged_in(make_staff("root", is_superuser=True))
    typed = {
        "member": alice.pk,
        "challenge": challenge.pk,
        "activity_at": f"{now:%Y-%m-%dT%H:%M}",
        "activity_id": "purchase",
        "unique_identifier": "order-1",
        "activity_value": "50",
        "reversal_of": "",
        "reason": "The shop forgot it.",
    }

    with uncommitted(partial(intake.record, [entry(challenge, 50, uid="order-1", at=now)], at=now)):
        answer = client.post(reverse("admin:challenges_challengelog_add"), typed)

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["unique_identifier"]
    assert ChallengeLog.objects.count() == 1


def document(**milestone):
    reward = {"id": str(uuid4()), "name": "Shared", "codeSource": "shared", "sharedCode": "SUMMER"}
    challenge = {
        "id": str(uuid4()),
        "name": "Spend",
        "description": "d",
        "status": "draft",
        "completionTargetValue": Decimal(500),
        "completionRewardId": reward["id"],
        "milestones": [
            {
                "id": str(uuid4()),
                "name": "First",
                "description": "d",
                "status": "draft",
                "milestoneTargetValue": 200,
            }
            | milestone
        ],
    }
    return {"kind": "challenges", "version": 1, "rewards": [reward], "challenges": [challenge]}


def test_one_document_imported_by_many_at_once_is_imported_once(transactional_db):
    sent = document()

    answers = race([partial(refused, partial(imported, sent, NOW)) for _ in range(8)])

    assert sorted(answers, key=str) == [None, *["exists"] * 7]
    assert (Challenge.objects.count(), Milestone.objects.count(), Reward.objects.count()) == (1, 1, 1)


def test_one_milestone_in_two_documents_at_once_is_in_one(transactional_db):
    shared_id = str(uuid4())
    documents = [document(id=shared_id) for _ in range(8)]

    answers = race([partial(refused, partial(imported, sent, NOW)) for sent in documents])

    assert sorted(answers, key=str) == [None, *["exists"] * 7]
    assert (Challenge.objects.count(), Milestone.objects.count()) == (1, 1)


def test_one_new_reward_in_many_documents_at_once_is_stored_once(transactional_db):
    documents = [document() for _ in range(8)]
    for sent in documents[1:]:
        sent["rewards"] = documents[0]["rewards"]
        sent["challenges"][0]["completionRewardId"] = documents[0]["rewards"][0]["id"]

    answers = race([partial(refused, partial(imported, sent, NOW)) for sent in documents])

    assert answers == [None] * 8
    assert (Challenge.objects.count(), Reward.objects.count()) == (8, 1)
