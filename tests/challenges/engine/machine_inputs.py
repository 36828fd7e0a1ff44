"""The orders and refunds that the machines send."""

from datetime import timedelta

from hypothesis import strategies as st

from tests.challenges.engine.model_of_the_rules import Sent

MEMBERS = ["alice", "bob"]
ORDERS = [f"order-{n}" for n in range(200)]
MEMBER, SELDOM = st.sampled_from([*MEMBERS, MEMBERS[0]]), st.sampled_from([False, False, True])
NOW, AGO, LONG_AGO = st.just(0), st.sampled_from([0, 0, 0, 1, 26, 100]), st.sampled_from([0, 0, 1, 1_700])
VALUES = st.sampled_from([0, 10, 30, 70, 100, 100, 200])
PARTS = st.sampled_from([None, None, 0, 10, 30, 70, 100, 500])


def orders(values=VALUES, ago=AGO):
    """Member, which of the next identifiers, hours ago, value: what `sent_of` makes an order of."""
    return st.tuples(st.just("order"), MEMBER, st.integers(0, 3), ago, values)


def refunds(ago=LONG_AGO):
    """The same of a refund, and which of the last and the next orders it takes back, wholly or in part."""
    return st.tuples(st.just("refund"), MEMBER, st.integers(0, 5), ago, PARTS)


def batches(most, ago=NOW):
    return st.lists(st.one_of(orders(ago=ago), orders(ago=ago), refunds(ago)), min_size=2, max_size=most)


def is_again(fields):
    """Whether a refund has the identifier of the last one."""
    return fields[2] == 5


def sent_of(fields, known, now, refund):
    """An order or a refund, under the identifier `refund`, of a member of whom these keys are known.

    Orders have one of the next two identifiers or the last one again. Refunds name one of the last three or
    of the next two.
    """
    kind, member, place, ago, value = fields
    had = [uid for of, uid in known if of == member and uid.startswith("order")]
    coming = [uid for uid in ORDERS if uid not in had][:2]
    at = now - timedelta(hours=ago)
    if kind == "order":
        return Sent(member, [coming[0], *coming, *had[-1:], coming[0]][place], at, value)
    named = [*reversed(had[-3:]), coming[0], *coming]
    return Sent(member, refund, at, value, named[place % len(named)])
