import pytest
from django.utils import timezone

from tests.builders import DAY, HOUR, make_challenge, take_back


@pytest.mark.django_db
def test_metrics_tell_how_many_originals_have_not_come_for_a_day(client, settings):
    settings.METRICS = True
    now = timezone.now()
    challenge = make_challenge(at=now - 9 * DAY)
    for number, at in enumerate((now - 2 * DAY, now - DAY - HOUR, now)):
        take_back(challenge, f"order-{number}", at=at)

    lines = client.get("/metrics").content.decode().splitlines()

    assert "challenges_reversals_waiting 2.0" in lines
