"""The shipped site of nginx and the unit of systemd know the server's limits."""

import re
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from challenges_project.management.commands.serve import STOP_SECONDS
from rewards.api.views.coupon_code import LARGEST_FILE

NGINX = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()


def test_every_address_for_files_of_codes_lets_the_largest_one_through():
    (location,) = re.findall(r"location ~ (\S+) \{\s+client_max_body_size (\d+)m;", NGINX)

    pattern, megabytes = re.compile(location[0]), int(location[1])
    assert pattern.match("/schema/coupon_code/record/import")
    assert pattern.match(reverse("admin:rewards_reward_codes", args=[uuid4()]))
    assert not pattern.match("/schema/coupon_code/record")
    assert not pattern.match(reverse("admin:rewards_reward_change", args=[uuid4()]))
    assert megabytes * 1024 * 1024 == LARGEST_FILE


def test_systemd_stops_the_server_and_waits_for_its_last_answers():
    unit = (settings.BASE_DIR / "deploy" / "challenges.service").read_text()
    values = dict(re.findall(r"^(\w+)=(.*)$", unit, re.MULTILINE))

    assert (values["KillSignal"], values["KillMode"], values["Restart"]) == ("SIGTERM", "mixed", "always")
    assert int(values["TimeoutStopSec"]) >= STOP_SECONDS + 5
