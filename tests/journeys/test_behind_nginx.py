"""The shipped nginx site in front of the server: slow senders stop nobody, a million codes stream through."""

import os
import pwd
import re
import shutil
import socket
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clusters import children_of
from tests.serving import ROOT, UNREACHED, ask, free_port, manage, running, serving, shell, until_it_answers

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = [
    pytest.mark.long,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not NGINX, reason="nginx is not installed: apt-get install nginx-light"),
]

SLOW_SENDERS = 300
CODES = 1_000_000
LARGEST_GROWTH = 64 * 1024  # KiB
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    # A test says from where it comes.
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Test-Address;
    {site}
}}
"""


def shipped_site(port, upstream):
    """The shipped file, but for what a machine decides: addresses, the host's name and its certificate."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    _upstream, _redirect, site = re.split(r"^(?=server \{)", text, flags=re.MULTILINE)
    text = (_upstream + site).replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    text = re.sub(r"^ *(ssl_\w+|listen \[::\]).*;\n", "", text, flags=re.MULTILINE)
    text = text.replace("challenges.example.com", "127.0.0.1")
    # As if the caller had come by HTTPS, which the test leaves out.
    text = text.replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https")
    return text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")


@contextmanager
def nginx_before(server, folder, up=(200,), read_timeout="60s"):
    """The address of an nginx in front of that server, once `/healthz` has one of these statuses."""
    folder.mkdir()
    port, upstream = free_port(), server.address.rpartition(":")[2]
    user = f"user {pwd.getpwuid(os.geteuid()).pw_name};" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    site = shipped_site(port, upstream).replace(
        "proxy_read_timeout 60s", f"proxy_read_timeout {read_timeout}"
    )
    configuration.write_text(AROUND.format(folder=folder, user=user, site=site))
    with running([NGINX, "-p", str(folder), "-c", str(configuration)], dict(os.environ)) as process:
        yield until_it_answers(f"http://127.0.0.1:{port}", process, up)


@pytest.fixture
def environment(tmp_path):
    environment = shell(tmp_path, TRUSTED_PROXIES="1")
    manage(environment, "migrate")
    return environment


@pytest.fixture
def key(environment):
    words = manage(environment, "create_api_key", "shop", "--scope", "admin").split()
    return {"Authorization": f"Api-Key {words[-1]}"}


@contextmanager
def slow_senders(address, key):
    """Meanwhile so many others send a body at a byte a second, and do not come to its end."""
    host, port = address.removeprefix("http://").split(":")
    head = f"POST /schema/challenge_log/record HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5000\r\n"
    head += f"Content-Type: application/json\r\nAuthorization: {key['Authorization']}\r\n\r\n"
    senders = [socket.create_connection((host, int(port)), timeout=5) for _ in range(SLOW_SENDERS)]
    over = threading.Event()

    def drip():
        while True:
            for sender in senders:
                with suppress(OSError):
                    sender.send(b" ")
            if over.wait(1):
                return

    for sender in senders:
        sender.sendall(head.encode())
    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)
        for sender in senders:
            sender.close()


def order(challenge, number):
    return {
        "challengeId": challenge["id"],
        "ownedById": "alice",
        "activityAt": datetime.now(UTC).isoformat(),
        "activityId": "purchase",
        "uniqueIdentifier": f"order-{number}",
        "activityValue": 1,
    }


def make(address, key, slug, **body):
    return ask(f"{address}/schema/{slug}/record", "POST", body, **key).data


def test_slow_senders_stop_nobody(environment, key, tmp_path):
    with serving(environment) as server, nginx_before(server, tmp_path / "nginx") as address:
        usual = {"description": "d", "status": "live", "completionTargetValue": 500}
        challenge = make(address, key, "challenge", name="Spend", **usual)
        with slow_senders(address, key):
            answers = [
                ask(f"{address}/schema/challenge_log/record", "POST", order(challenge, n), **key).status
                for n in range(100)
            ]

        # The negative control: without nginx they hold every thread.
        with slow_senders(server.address, key), pytest.raises(UNREACHED):
            ask(f"{server.address}/schema/challenge/record", seconds=10)

    assert answers == [201] * 100


def test_a_million_codes_stream_in_bounded_memory(environment, key, tmp_path):
    with serving(environment) as server, nginx_before(server, tmp_path / "nginx") as address:
        pool = make(address, key, "reward", name="Pool", codeSource="pool")
        into = f"{address}/schema/coupon_code/record/import?rewardId={pool['id']}"
        few = ask(into, "POST", codes(2_000), seconds=60, **csv(key))
        before = peak_memory(server.process)

        many = ask(into, "POST", codes(CODES), seconds=600, **csv(key))

        grown = peak_memory(server.process) - before
    assert (few.data["new"], many.data["new"], many.data["existing"]) == (2_000, CODES - 2_000, 2_000)
    assert grown < LARGEST_GROWTH


def csv(key):
    return {**key, "Content-Type": "text/csv"}


def codes(number):
    return "".join(f"CODE-{n:07}\n" for n in range(number)).encode()


def peak_memory(server):
    """KiB, of the server and its workers together, each at its largest so far."""
    statuses = (Path(f"/proc/{pid}/status").read_text() for pid in (server.pid, *children_of(server.pid)))
    return sum(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) for status in statuses)
