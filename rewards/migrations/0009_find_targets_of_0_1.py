"""Fill in at which target the reward logs of 0.1 were paid.

A completion: the target of its progress row. A milestone: its target by its history at the moment when it was
earned, which the id of the reward log keeps (`reward_issued_at` moves with every new code); where history says
nothing, its present target. In chunks by id; what is filled in is done, so that an interrupted run goes on.
"""

from datetime import UTC, datetime, timedelta

from django.db import migrations, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

LOGS_AT_ONCE = 2000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fill_in(apps, schema_editor):
    pending = apps.get_model("rewards", "RewardLog").objects.filter(achieved_target_value=None)
    for ids in _chunks(pending.filter(milestone=None)):
        _fill_in_completions(apps, ids)
    for ids in _chunks(pending.filter(milestone__isnull=False)):
        _fill_in_milestones(apps, ids)


def _chunks(pending):
    last = None
    while True:
        rows = pending if last is None else pending.filter(id__gt=last)
        ids = list(rows.order_by("id").values_list("id", flat=True)[:LOGS_AT_ONCE])
        if not ids:
            return
        yield ids
        last = ids[-1]


def _fill_in_completions(apps, ids):
    progress = apps.get_model("challenges", "ChallengeProgress").objects.filter(
        member=OuterRef("member"), challenge=OuterRef("challenge"), period_key=OuterRef("period_key")
    )
    challenges = apps.get_model("challenges", "Challenge").objects.filter(id=OuterRef("challenge"))
    target = Coalesce(
        Subquery(progress.values("completion_target_value")[:1]),
        Subquery(challenges.values("completion_target_value")[:1]),
    )
    # One statement: a transaction of its own.
    apps.get_model("rewards", "RewardLog").objects.filter(id__in=ids).update(achieved_target_value=target)


def _fill_in_milestones(apps, ids):
    reward_logs = apps.get_model("rewards", "RewardLog").objects
    rows = reward_logs.filter(id__in=ids).annotate(present=F("milestone__milestone_target_value"))
    rows = list(rows.values_list("id", "milestone_id", "reward_issued_at", "present"))
    targets = _targets(apps, {milestone_id for _id, milestone_id, _issued_at, _present in rows})
    ids_by_target = {}
    for id_, milestone_id, issued_at, present in rows:
        earned_at = _earned_at(id_, issued_at)
        known = [target for moment, target in targets.get(milestone_id, ()) if moment <= earned_at]
        ids_by_target.setdefault(known[-1] if known else present, []).append(id_)
    with transaction.atomic():
        for target, same in ids_by_target.items():
            reward_logs.filter(id__in=same).update(achieved_target_value=target)


def _earned_at(id_, issued_at):
    """The last instant of the millisecond in which the reward log was made, by its id."""
    if id_.version != 7:
        return issued_at
    return EPOCH + timedelta(milliseconds=(id_.int >> 80) + 1) - datetime.resolution


def _targets(apps, milestone_ids):
    """The targets that each milestone has had, each with its moment, oldest first."""
    targets, before = {}, {}
    history = apps.get_model("milestones", "HistoricalMilestone").objects.filter(id__in=milestone_ids)
    history = history.order_by("history_date", "history_id")
    columns = ("id", "history_date", "created_at", "updated_at", "milestone_target_value")
    for id_, history_date, created_at, updated_at, target in history.values_list(*columns).iterator():
        since = before[id_] + datetime.resolution if id_ in before else created_at
        # An edit pays at its own moment; its row of history was written a little later.
        moment = updated_at if since <= updated_at <= history_date else history_date
        before[id_] = updated_at
        known = targets.setdefault(id_, [])
        if not known or known[-1][1] != target:
            known.append((moment, target))
    return targets


class Migration(migrations.Migration):
    # Chunks of its own, so that it locks few rows at a time.
    atomic = False

    dependencies = [
        ("rewards", "0008_remember_the_target_paid_at"),
        ("challenges", "0008_add_rule_versions"),
        ("milestones", "0003_name_who_edited"),
    ]

    operations = [
        migrations.RunPython(fill_in, migrations.RunPython.noop),
    ]
