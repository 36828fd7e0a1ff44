from collections import Counter
from math import log2

import pytest

from rewards.domain.code_generator import SIGNS, generated_code
from rewards.models import Reward

LENGTHS = range(10, 33)


def test_signs_have_no_look_alikes():
    assert len(set(SIGNS)) == len(SIGNS) == 32
    assert not set(SIGNS) & set("01IO")
    assert SIGNS.isupper()


@pytest.mark.parametrize("prefix", ["", "SPRING-", "x" * 16])
@pytest.mark.parametrize("length", LENGTHS)
def test_code_is_its_prefix_and_at_least_fifty_random_bits(prefix, length):
    code = generated_code(prefix, length)

    drawn = code.removeprefix(prefix)
    assert (code[: len(prefix)], len(drawn)) == (prefix, length)
    assert set(drawn) <= set(SIGNS)
    assert length * log2(len(SIGNS)) >= 50


def test_lengths_that_a_reward_may_have_are_those():
    validators = Reward._meta.get_field("code_length").validators

    assert [each.limit_value for each in validators[:2]] == [LENGTHS.start, LENGTHS.stop - 1]


def test_every_sign_is_drawn_as_often_as_any_other():
    """32,000 draws, 1,000 expected of each; six sigma are 187, so that chance alone does not fail it."""
    drawn = Counter("".join(generated_code(length=32) for _ in range(1000)))

    assert set(drawn) == set(SIGNS)
    assert all(abs(times - 1000) < 187 for times in drawn.values())


def test_codes_do_not_repeat():
    assert len({generated_code(length=10) for _ in range(20_000)}) == 20_000
