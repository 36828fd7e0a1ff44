import pytest
from django.test import RequestFactory

from core.api.http.addresses import client_address


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_client_address(remote, name):
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote)) == name


def test_a_header_claims_nothing():
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR="198.51.100.1")

    assert client_address(request) == "203.0.113.7"
