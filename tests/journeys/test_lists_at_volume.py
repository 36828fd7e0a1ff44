"""Every list at 1,000,000 logs and 100,000 progress rows, by every filter and sort: few queries, few rows."""

import itertools
import json
from typing import NamedTuple

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from challenges.api.views import (
    ChallengeLogViewSet,
    ChallengeProgressViewSet,
    ChallengeViewSet,
    MilestoneViewSet,
)
from core.api.callers import EndUserCaller
from core.api.pagination import COUNTED_UP_TO
from members.api.views import MemberViewSet
from rewards.api.views import CouponCodeViewSet, RewardLogViewSet, RewardViewSet
from rewards.models import CouponCode, RewardLog
from tests.volume import BEGIN, DAY, NOW, Season

pytestmark = [pytest.mark.long, pytest.mark.postgres, pytest.mark.django_db]

QUERIES, LIMIT = 12, 100
LARGE = {"challenges_challengelog", "challenges_challengeprogress", "rewards_rewardlog", "rewards_couponcode"}
# So many filters at once, in every combination.
TOGETHER = 3
VIEWS = (
    ChallengeLogViewSet,
    ChallengeProgressViewSet,
    RewardLogViewSet,
    CouponCodeViewSet,
    MemberViewSet,
    ChallengeViewSet,
    MilestoneViewSet,
    RewardViewSet,
)


def test_no_list_reads_a_large_table_through(api):
    season, seen = Season(), []

    for view in VIEWS:
        for question in questions(view, values_of(season)):
            seen += asked(api, view.slug, question)

    assert [page for page in seen if page.read_through or page.queries > QUERIES] == []
    # What a machine's noise cannot blur, for the time that the slowest twentieth begins with.
    rows = sorted(page.rows for page in seen)
    assert rows[len(rows) * 95 // 100] <= 10 * LIMIT


class Page(NamedTuple):
    slug: str
    asked: dict
    queries: int
    rows: int
    read_through: bool


def values_of(season):
    """For each filter what is found everywhere, what only far away, and what nowhere."""
    late, early = (NOW - 2 * DAY).isoformat(), (BEGIN + 2 * DAY).isoformat()
    challenges = [season.busy[0].id, season.quiet.id]
    times = {
        f"{name}{side}": [moment]
        for name in ("activity", "created", "updated", "rewardIssued")
        for side, moment in (("After", late), ("Before", early))
    }
    return times | {
        "challengeId": challenges,
        "linkedSchemaRecordId": challenges[:1],
        "milestoneId": [season.milestones[0].id, season.quiet_milestone.id],
        "rewardId": [season.reward.id, season.quiet_reward.id],
        "rewardLogId": [RewardLog.objects.exclude(coupon_codes=None).first().id],
        "ownedById": ["member-7", "member-1999", "nobody"],
        "externalId": ["member-7"],
        "uniqueIdentifier": ["order-7", "nothing"],
        "couponCode": [CouponCode.objects.first().code],
        "periodKey": [season.now_key, season.first_key, season.long_ago_key, "2020-W01"],
        "asMember": ["member-7"],
    }


def questions(view, values):
    """Every combination of that many filters in every order, and what asks for more than the first page."""
    chosen = {filter_.name: values.get(filter_.name) or choices_of(filter_) for filter_ in view.filters}
    if EndUserCaller.kind in view.readers:
        chosen["asMember"] = values["asMember"]
    for together in range(TOGETHER + 1):
        for names in itertools.combinations(chosen, together):
            for chosen_values in itertools.product(*(chosen[name] for name in names)):
                yield from in_every_order(view, dict(zip(names, chosen_values, strict=True)))
    yield from in_every_order(view, {"offset": 10_000})
    yield from in_every_order(view, {"fetchTotalCount": "true"})


def choices_of(filter_):
    return ["true", "false"] if filter_.schema["type"] == "boolean" else filter_.schema["enum"]


def in_every_order(view, question):
    if {"rewardId", "asMember"} <= question.keys():
        return  # a member knows no reward's id
    for sort in view.sorts:
        if not sort.within or sort.within in question:
            yield {**question, "sortBy": sort.name}
            yield {**question, "sortBy": f"-{sort.name}"}


def asked(api, slug, question):
    """The page that answers it; for a plain question the one behind it, too."""
    pages = [{"limit": LIMIT, **question}]
    while pages:
        page = pages.pop()
        with CaptureQueriesContext(connection) as captured:
            answer = api.get(slug, **page)
        assert answer.status_code == 200, (page, answer.content)
        plans = [plan_of(query["sql"]) for query in captured.captured_queries if is_read(query["sql"])]
        reads = [node for plan in plans for node in scans(plan)]
        through = any(is_read_through(node) for node in reads)
        yield Page(slug, page, len(captured), sum(map(rows_read, reads)), through)
        cursor = answer.json()["paging"]["nextCursor"]
        if cursor and len(question) < 3 and "cursor" not in page:
            pages.append({"cursor": cursor})


def is_read(statement):
    return statement.startswith("SELECT") and any(f'"{table}"' in statement for table in LARGE)


def plan_of(statement):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement.replace("%", "%%"))
        (plan,) = cursor.fetchone()
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]


def scans(node):
    """The nodes that read a large table itself."""
    if node.get("Relation Name") in LARGE:
        yield node
    for inner in node.get("Plans", ()):
        yield from scans(inner)


def is_read_through(scan):
    """A count, which stops by itself, may begin at the beginning."""
    return scan["Node Type"] == "Seq Scan" and rows_read(scan) > COUNTED_UP_TO + 1


def rows_read(scan):
    """Those that were looked at, whether they were wanted or not."""
    removed = sum(scan.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck"))
    return scan["Actual Loops"] * (scan["Actual Rows"] + removed)
