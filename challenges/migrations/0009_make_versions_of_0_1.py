"""Make the rule versions of challenges that 0.1 left: today's rules, a version for each milestone's live-since.

The first begins when the challenge went live, by its history, else with its first log. Windows that have
closed are historical: they keep what 0.1 made of them (docs/rules.md, Windows of 0.1). An edit that 0.1 has
half paid is left to the backfill: the windows on which it acts are not historical. Open windows whose rows
0.1 would have opened with their next log are left to it as well.

0.1 closed windows at the moment of an edit that moved the end into the past. Where such a window would still
be open by its calendar, or the edit is half paid, that moment is a version of its own, so that it stays closed.

A challenge that has versions is done, so that an interrupted run goes on where it stopped.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import migrations, transaction
from django.db.models import Min, Q
from django.utils import timezone

from core.amounts import units
from core.periods import window_after, window_containing

CHALLENGES_AT_ONCE = 100


@dataclass(slots=True)
class Past:
    """What the history of a challenge says: when it went live, and of the edit that gave it its present end.

    None where it says nothing.
    """

    went_live: datetime | None = None
    end_set_at: datetime | None = None
    ends_before: datetime | None = None


def make_versions(apps, schema_editor):
    challenges = apps.get_model("challenges", "Challenge").objects.order_by("id")
    pending = challenges.exclude(status="draft").filter(rule_versions=None)
    while ids := list(pending.values_list("id", flat=True)[:CHALLENGES_AT_ONCE]):
        for id_ in ids:
            # A transaction of its own: nobody waits for more than one challenge.
            with transaction.atomic():
                _make_versions(apps, challenges.get(id=id_), timezone.now())
    # As every edit of rules does it: a process that runs already forgets what it has read.
    apps.get_model("challenges", "Catalogue").objects.filter(id=1).update(version=secrets.randbits(62))


def _make_versions(apps, challenge, now):
    milestones = apps.get_model("milestones", "Milestone").objects
    milestones = list(milestones.filter(challenge=challenge.id, archived_at=None).order_by("id"))
    past, half_paid = _read_history(apps, challenge), challenge.settling_since
    first = past.went_live or _first_log_at(apps, challenge) or challenge.created_at
    moments = {first} | {m.live_since for m in milestones if _is_live(m) and m.live_since > first}
    closed_at = _closed_at(challenge, past, now)
    if closed_at is not None and closed_at > first:
        moments.add(closed_at)
    for number, moment in enumerate(sorted(moments), start=1):
        is_before = closed_at is not None and moment < closed_at
        ends_at = past.ends_before if is_before else challenge.ends_at
        _store(apps, challenge, number, moment, ends_at, milestones)
    changes = {"historical_until": now if half_paid is None else half_paid - datetime.resolution}
    if half_paid is None and _has_closed_too_early(apps, challenge, now):
        changes |= {"settling_since": now, "settling_moved_at": now}
    type(challenge).objects.filter(id=challenge.id).update(**changes)


def _is_live(milestone):
    return milestone.status == "live" and milestone.live_since is not None


def _read_history(apps, challenge):
    past, previous = Past(), None
    history = apps.get_model("challenges", "HistoricalChallenge").objects.filter(id=challenge.id)
    history = history.only("history_type", "history_date", "created_at", "updated_at", "status", "ends_at")
    for edit in history.order_by("history_date", "history_id").iterator():
        moment = _moment_of(edit, previous)
        if edit.status == "draft":
            past.went_live = None
        elif previous is None or previous.status == "draft":
            # Older rows may be gone: then it was live before the first one that is left.
            is_known = previous is not None or edit.history_type == "+"
            past.went_live = moment if is_known else None
        if previous is not None and edit.ends_at != previous.ends_at:
            past.end_set_at, past.ends_before = moment, previous.ends_at
        previous = edit
    if previous is None or previous.ends_at != challenge.ends_at:
        past.end_set_at = None
    return past


def _moment_of(edit, previous):
    """The moment of an edit, at which it acted on rows; its row of history was written a little later."""
    since = edit.created_at if previous is None else previous.updated_at + datetime.resolution
    return edit.updated_at if since <= edit.updated_at <= edit.history_date else edit.history_date


def _first_log_at(apps, challenge):
    logs = apps.get_model("challenges", "ChallengeLog").objects.filter(challenge=challenge.id)
    return logs.aggregate(first=Min("created_at"))["first"]


def _closed_at(challenge, past, now):
    """The moment of an edit that closed windows by an end in the past, where they must be told of it."""
    set_at, half_paid = past.end_set_at, challenge.settling_since
    if challenge.ends_at is None or set_at is None:
        return None
    if half_paid is not None and challenge.ends_at <= half_paid <= set_at:
        return half_paid
    if challenge.ends_at > set_at:
        return None
    window = window_containing(challenge.aggregation_period, set_at, challenge.time_zone)
    return set_at if window.ends_at > now else None


def _has_closed_too_early(apps, challenge, now):
    """Whether a row of an open window has another end: a past end of the challenge that was moved on since."""
    if challenge.ends_at is not None and challenge.ends_at <= now:
        return False
    period, zone = challenge.aggregation_period, challenge.time_zone
    current = window_containing(period, now, zone)
    other_end = Q(pk__in=())
    for window in (current, window_after(period, current, zone)):
        closes_at = window.ends_at
        if challenge.ends_at is not None and window.starts_at < challenge.ends_at:
            closes_at = min(closes_at, challenge.ends_at)
        other_end |= Q(period_key=window.period_key) & ~Q(window_ends_at=closes_at)
    rows = apps.get_model("challenges", "ChallengeProgress").objects.filter(challenge=challenge.id)
    return rows.filter(other_end).exists()


def _store(apps, challenge, number, moment, ends_at, milestones):
    version = apps.get_model("challenges", "RuleVersion").objects.create(
        challenge_id=challenge.id,
        number=number,
        in_force_from=moment,
        created_at=moment,
        aggregation_method=challenge.aggregation_method,
        completion_target_value=challenge.completion_target_value,
        starts_at=challenge.starts_at,
        ends_at=ends_at,
        completion_reward_id=challenge.completion_reward_id,
        milestones=[
            {
                "id": str(milestone.id),
                # It paid in windows that closed after it went live, and in no other.
                "status": "draft" if _is_live(milestone) and milestone.live_since > moment else milestone.status,
                "target": units(milestone.milestone_target_value),
                "reward": str(milestone.reward_id) if milestone.reward_id else None,
            }
            for milestone in milestones
        ],
    )
    reward_ids = {challenge.completion_reward_id, *(milestone.reward_id for milestone in milestones)}
    version.rewards.set(id_ for id_ in reward_ids if id_)


def drop_versions(apps, schema_editor):
    versions = apps.get_model("challenges", "RuleVersion").objects.order_by("id")
    while ids := list(versions.values_list("id", flat=True)[:CHALLENGES_AT_ONCE]):
        versions.filter(id__in=ids).delete()
    apps.get_model("challenges", "Challenge").objects.update(historical_until=None)


class Migration(migrations.Migration):
    # Transactions of its own, so that it locks few rows at a time.
    atomic = False

    dependencies = [
        ("challenges", "0008_add_rule_versions"),
        ("milestones", "0003_name_who_edited"),
    ]

    operations = [
        migrations.RunPython(make_versions, drop_versions),
    ]
