"""Each act by an API key is noted under its name, which outlives the key; a refused one leaves nothing."""

import os

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from access.models.api_key import ApiKey, create_key
from access.models.staff_action import StaffAction
from challenges.models import Challenge, ChallengeLog
from core import actors
from core.write_guard import bypassing_services
from members.models import Member
from milestones.models import Milestone
from rewards.models import Reward, RewardLog
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    log_activity,
    make_challenge,
    make_member,
    make_milestone,
    make_reward,
)
from tests.http import Api
from tests.journeys.test_callers import METHOD_OF
from tests.rewards.builders import make_reward_log
from tests.serving import manage as run_manage

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]

# Logs and activities say themselves what they did, and there are millions of them.
LEDGER = {
    ("challenge_log", "create"),
    ("challenge_log", "batch"),
    ("activity", "create"),
    ("activity", "batch"),
}
MEMBER = "/schema/member/record"
REWARD = {"name": "r"}
CHALLENGE = {"name": "n", "description": "d", "status": "draft", "completionTargetValue": 5}


def patched(slug, pk, body):
    return lambda api: api.patch_json(f"/schema/{slug}/record/{pk}", body)


def deleted(slug, pk):
    return lambda api: api.delete(f"/schema/{slug}/record/{pk}")


def created(slug, body):
    return lambda api: api.post_json(f"/schema/{slug}/record", body)


def acted(pk, action):
    return lambda api: api.post(f"/schema/reward_log/record/{pk}/{action}")


def counted_anyway(pk, body):
    return lambda api: api.post_json(f"/schema/challenge/record/{pk}/count-anyway", body)


def imported(reward, codes):
    path = f"/schema/coupon_code/record/import?rewardId={reward.pk}"
    return lambda api: api.post(path, codes, content_type="application/json")


def milestone_of(challenge):
    return {"linkedSchemaRecordId": str(challenge.pk), "name": "m", "description": "d", "status": "live"}


# (slug, action) -> a request that does it, one that is refused, and the name in the audit log.
def acts():
    challenge, draft = make_challenge(), make_challenge(name="draft", status="draft")
    milestone = make_milestone(challenge)
    issued, redeemed = make_reward_log(coupon_code="A"), make_reward_log("redeemed", coupon_code="B")
    waiting = make_reward_log("pending_code")
    pool, free = make_reward("pool"), make_reward()
    for name in ("alice", "bob", "carol"):
        make_member(name)
    half = milestone_of(challenge)
    begins_later = make_challenge(name="later", starts_at=NOW + HOUR)
    log_activity(begins_later, 1)
    return {
        ("challenge", "create"): (
            created("challenge", CHALLENGE),
            created("challenge", {}),
            "create_challenge",
        ),
        ("challenge", "partial_update"): (
            patched("challenge", challenge.pk, {"name": "new"}),
            patched("challenge", challenge.pk, {"completionTargetValue": -1}),
            "edit_challenge",
        ),
        ("challenge", "destroy"): (
            deleted("challenge", draft.pk),
            deleted("challenge", pool.pk),
            "delete_challenge",
        ),
        ("challenge", "count_anyway"): (
            counted_anyway(begins_later.pk, {"reason": "It began too late."}),
            counted_anyway(begins_later.pk, {}),
            "count_anyway_all",
        ),
        ("milestone", "create"): (
            created("milestone", half | {"milestoneTargetValue": 7}),
            created("milestone", half | {"milestoneTargetValue": 7_000}),
            "create_milestone",
        ),
        ("milestone", "partial_update"): (
            patched("milestone", milestone.pk, {"name": "new"}),
            patched("milestone", milestone.pk, {"milestoneTargetValue": 7_000}),
            "edit_milestone",
        ),
        ("milestone", "destroy"): (
            deleted("milestone", milestone.pk),
            deleted("milestone", pool.pk),
            "delete_milestone",
        ),
        ("reward", "create"): (created("reward", REWARD), created("reward", {"name": ""}), "create_reward"),
        ("reward", "partial_update"): (
            patched("reward", pool.pk, {"name": "new"}),
            patched("reward", pool.pk, {"codeSource": "shared"}),
            "edit_reward",
        ),
        ("reward", "destroy"): (deleted("reward", free.pk), deleted("reward", draft.pk), "delete_reward"),
        ("coupon_code", "import_into_pool"): (
            imported(pool, ["C1", "C2"]),
            imported(free, ["C3"]),
            "import_codes",
        ),
        ("reward_log", "partial_update"): (
            patched("reward_log", waiting.pk, {"couponCode": "FILLED"}),
            patched("reward_log", issued.pk, {"couponCode": "OTHER"}),
            "fill",
        ),
        ("reward_log", "redeem"): (acted(issued.pk, "redeem"), acted(waiting.pk, "redeem"), "redeem"),
        ("reward_log", "unredeem"): (
            acted(redeemed.pk, "unredeem"),
            acted(waiting.pk, "unredeem"),
            "unredeem",
        ),
        ("reward_log", "revoke"): (acted(issued.pk, "revoke"), acted(redeemed.pk, "revoke"), "revoke"),
        ("member", "create"): (
            created("member", {"externalId": "new", "firstName": "Ann"}),
            created("member", {"externalId": "alice"}),
            "create_member",
        ),
        ("member", "partial_update"): (
            patched("member", "bob", {"status": "paused"}),
            patched("member", "bob", {"status": "dead"}),
            "edit_member",
        ),
        ("member", "destroy"): (deleted("member", "carol"), deleted("member", "nobody"), "erase_member"),
    }


def routed(patterns):
    """(slug, action) of every writing action that a route leads to."""
    for route in patterns:
        if hasattr(route, "url_patterns"):
            yield from routed(route.url_patterns)
        for method, action in getattr(getattr(route, "callback", None), "actions", {}).items():
            if method not in ("get", "head"):
                yield route.callback.cls.slug, action


WRITING = sorted(set(routed(get_resolver().url_patterns)) - LEDGER)


@pytest.fixture
def key(db):
    """(record, client) of the key that acts."""
    record, text = create_key("till 7", ["admin"], at=timezone.now())
    return record, Api(headers={"Authorization": f"Api-Key {text}"})


def noted():
    return list(StaffAction.objects.values_list("actor_name", "api_key_id", "action").order_by("id"))


def test_every_writing_route_is_tried(db):
    assert set(acts()) == set(WRITING)
    assert {METHOD_OF.get(action, action) for _slug, action in LEDGER} == {"post", "batch"}


@pytest.mark.parametrize(("slug", "action"), WRITING)
def test_act_by_a_key_is_noted_under_its_name(key, slug, action):
    record, api = key
    act, _refused, name = acts()[slug, action]

    answer = act(api)

    assert answer.status_code < 300, answer.content
    assert noted() == [("API key till 7", record.pk, name)]


@pytest.mark.parametrize(("slug", "action"), WRITING)
def test_refused_act_leaves_no_entry(key, make_api, slug, action):
    act, refused, _name = acts()[slug, action]

    statuses = [refused(key[1]).status_code, act(make_api("read")).status_code, act(Api()).status_code]

    assert [status for status in statuses if status < 400] == []
    assert noted() == []


@pytest.mark.parametrize("model", [Challenge, Milestone, Reward])
def test_history_of_a_record_names_the_key(key, administrator, model):
    record, api = key
    key_id = record.pk
    slug = model._meta.model_name
    act, _refused, _name = acts()[slug, "partial_update"]
    act(api)
    edited = model.objects.get(name="new")

    record.delete()

    version = edited.history.first()
    assert (version.history_actor, version.history_api_key_id) == ("API key till 7", key_id)
    assert version.history_user is None
    page = administrator.get(reverse(f"admin:{model._meta.app_label}_{slug}_history", args=[edited.pk]))
    assert "API key till 7" in page.content.decode()


def test_entry_outlives_the_key_and_is_found_by_it(key, administrator):
    record, api = key
    api.post_record("reward", name="by till 7")
    other, text = create_key("web shop", ["admin"], at=timezone.now())
    Api(headers={"Authorization": f"Api-Key {text}"}).post_record("reward", name="by web shop")
    page = reverse("admin:access_staffaction_changelist")

    by_key = administrator.get(page, {"api_key": str(other.pk)}).context["cl"].result_list
    record.delete()
    by_name = administrator.get(page, {"q": "API key till 7"}).context["cl"].result_list

    assert [entry.actor_name for entry in by_key] == ["API key web shop"]
    assert [entry.actor_name for entry in by_name] == ["API key till 7"]
    assert ApiKey.objects.count() == 1


def test_act_of_staff_is_noted_as_ever(marketer, support):
    reward, log = make_reward(), make_reward_log(coupon_code="A")

    marketer.post(reverse("admin:rewards_reward_delete", args=[reward.pk]), {"post": "yes"})
    support.post(reverse("backoffice:action", args=["revoke", log.pk]), {"reason": "because"})

    assert noted() == [("sam", None, "revoke")]
    version = Reward.history.filter(history_type="-").get()
    assert (version.history_user.username, version.history_actor) == ("mia", "mia")


def test_request_after_that_of_a_key_does_not_act_as_it(key):
    """The same thread serves everybody."""
    key[1].post_record("reward", name="r")

    assert actors.current() is actors.COMMAND_LINE


def test_dry_run_is_no_act(key):
    challenge = make_challenge()

    key[1].patch_json(f"/schema/challenge/record/{challenge.pk}?dryRun=true", {"completionTargetValue": 400})

    assert noted() == []


def test_repeated_act_is_noted_once(key):
    log, pool = make_reward_log(coupon_code="A"), make_reward("pool")
    for _ in range(2):
        assert acted(log.pk, "redeem")(key[1]).status_code == 200
        assert imported(pool, ["C1"])(key[1]).status_code == 200

    assert [action for _name, _key, action in noted()] == ["redeem", "import_codes"]


def test_logs_and_activities_are_not_noted(key):
    challenge = make_challenge(activity_ids=["purchase"])
    body = {
        "ownedById": "alice", "activityAt": timezone.now().isoformat(), "activityId": "purchase",
        "uniqueIdentifier": "1", "activityValue": 1,
    }  # fmt: skip
    key[1].log({"id": str(challenge.pk)}, value=600)
    key[1].post_json(
        "/schema/challenge_log/record/batch", {"records": [body | {"challengeId": str(challenge.pk)}]}
    )
    key[1].post_json("/schema/activity/record", body | {"uniqueIdentifier": "2"})

    assert ChallengeLog.objects.count() == 3
    assert noted() == []


def test_edit_that_pays_many_is_one_entry(key):
    challenge = make_challenge(at=timezone.now() - DAY)
    for number in range(3):
        log_activity(challenge, 300, member=f"m{number}", at=timezone.now())

    key[1].patch_json(f"/schema/challenge/record/{challenge.pk}", {"completionTargetValue": 300})

    assert RewardLog.objects.count() == 3
    assert [action for _name, _key, action in noted()] == ["edit_challenge"]


# --- the command line --------------------------------------------------------------------------------------
def test_command_that_runs_is_the_actor():
    question = "from core import actors; print(actors.current().name)"

    answered = run_manage(dict(os.environ), "shell", "-v", "0", "-c", question)

    assert answered.splitlines()[-1] == "command line: shell"


def test_command_is_noted_with_its_name(tmp_path):
    pool, codes = make_reward("pool"), tmp_path / "codes.txt"
    codes.write_text("C1\nC2\n")

    with actors.acting(actors.command("import_codes")):
        call_command("import_codes", str(pool.pk), str(codes))

    assert noted() == [("command line: import_codes", None, "import_codes")]


def test_history_names_the_command(tmp_path):
    document = tmp_path / "challenges.json"
    call_command("export_challenges", str(make_challenge().pk), output=str(document))
    with bypassing_services("the import brings it back"):
        Challenge.objects.all().delete()
    Challenge.history.all().delete()

    with actors.acting(actors.command("import_challenges")):
        call_command("import_challenges", str(document))

    assert {version.history_by for version in Challenge.history.all()} == {"command line: import_challenges"}
    assert noted() == []


# --- privacy -----------------------------------------------------------------------------------------------
def test_erased_member_is_named_by_no_entry(key, support):
    """Whoever acted: a key, staff, and a download of what staff searched for."""
    _record, api = key
    api.post_record("member", externalId="alice@example.com", firstName="Alice", lastName="Ace")
    patched("member", "alice@example.com", {"lastName": "Acer"})(api)
    log = make_reward_log(coupon_code="A", member=Member.objects.get())
    acted(log.pk, "redeem")(api)
    page = reverse("admin:rewards_rewardlog_changelist")
    download = support.get(page, {"q": "alice@example.com", "_export": "csv"})
    assert download.status_code == 200

    assert deleted("member", "alice@example.com")(api).status_code == 204

    assert len(noted()) == 5
    stored = str(list(StaffAction.objects.values()))
    assert [word for word in ("alice", "Alice", "Ace") if word in stored] == []


def test_entry_of_a_member_is_in_the_export_of_their_data_and_on_their_page(key, support):
    patched("member", make_member().external_id, {"status": "paused"})(key[1])
    member = Member.objects.get()

    page = support.get(reverse("backoffice:member", args=[member.pk])).content.decode()
    exported = support.post(reverse("backoffice:export_member", args=[member.pk]), {"reason": "asked"})

    assert "API key till 7" in page
    assert "Edited the member" in page
    assert b"API key till 7" in b"".join(exported.streaming_content)


def test_stranger_reads_no_entry(client, marketer):
    page = reverse("admin:access_staffaction_changelist")

    assert (Client().get(page).status_code, marketer.get(page).status_code) == (302, 403)
