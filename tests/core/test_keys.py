import secrets

import pytest

from core.keys import weakness


@pytest.mark.parametrize(
    "make",
    [lambda: secrets.token_urlsafe(24), lambda: secrets.token_hex(16), lambda: secrets.token_urlsafe(48)],
)
def test_random_keys_are_good(make):
    assert {weakness(make()) for _turn in range(2_000)} == {None}


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("", "shorter than 32 bytes"),
        ("x", "shorter than 32 bytes"),
        ("Rk3-_vQ1mZp8sYt6wXc9bNd2fGh4jL7", "shorter than 32 bytes"),
        ("x" * 60, "made of too few different characters"),
        ("1234567" * 8, "made of too few different characters"),
        ("abcdefghijkl" * 4, "made of too few different characters"),
        ("django-insecure-#9f$k2l!m4n@p6q8r0s1t3u5v7w9x", "a known key, or one from an example"),
        ("ChangeMe-ChangeMe-please-before-you-go-live", "a known key, or one from an example"),
        ("the-tests-secret-key-of-no-use-anywhere-else-0123456789", "a known key, or one from an example"),
        ("debug-only-" + "abcdefghijklmnopqrstuvwxyz", "a known key, or one from an example"),
    ],
)
def test_fault_of_a_weak_key(key, fault):
    assert weakness(key) == fault
