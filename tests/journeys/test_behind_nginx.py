"""The shipped nginx site in front of the server: slow, mute and refused senders stop nobody, files stream."""

import os
import pwd
import re
import shutil
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from tests.clusters import children_of
from tests.meanwhile import meanwhile
from tests.serving import ROOT, ask, free_port, manage, running, serving, shell, until_it_answers

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = [
    pytest.mark.long,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not NGINX, reason="nginx is not installed: apt-get install nginx-light"),
]

SLOW_SENDERS = 300
MUTE = 1000
HEALTHY_SECONDS = 1  # for an answer that usually takes a few hundredths of a second
MEGABYTE = 1024 * 1024
CODES = 1_000_000
ID = UUID(int=7)
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


@contextmanager
def site(environment, tmp_path, workers=1):
    """The address of a server behind nginx."""
    with serving(environment, workers=workers) as server, nginx_before(server, tmp_path / "nginx") as address:
        yield address


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
def slow_senders(address, key, number=SLOW_SENDERS):
    """Meanwhile so many others send a body at a byte a second, and do not come to its end."""
    host, port = address.removeprefix("http://").split(":")
    head = f"POST /schema/challenge_log/record HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5000\r\n"
    head += f"Content-Type: application/json\r\nAuthorization: {key['Authorization']}\r\n\r\n"
    senders = [socket.create_connection((host, int(port)), timeout=5) for _ in range(number)]

    def drip(over):
        while True:
            for sender in senders:
                with suppress(OSError):
                    sender.send(b" ")
            if over.wait(1):
                return

    for sender in senders:
        sender.sendall(head.encode())
    try:
        with meanwhile(drip):
            yield
    finally:
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

        # The negative control: without nginx they hold all that changes need.
        with slow_senders(server.address, key):
            path = f"{server.address}/schema/challenge_log/record"
            refused = ask(path, "POST", order(challenge, 100), seconds=30, **key).status

    assert answers == [201] * 100
    assert refused == 503


@contextmanager
def mute(address, number, said=b""):
    """Meanwhile so many connections say this much, and then nothing."""
    host, port = address.removeprefix("http://").split(":")
    connections = [socket.create_connection((host, int(port)), timeout=5) for _ in range(number)]
    for connection in connections:
        connection.sendall(said)
    try:
        yield
    finally:
        for connection in connections:
            connection.close()


def seconds_of(number, act):
    """How long each of so many turns took, the longest last."""
    taken = []
    for turn in range(number):
        start = time.monotonic()
        act(turn)
        taken.append(time.monotonic() - start)
    return sorted(taken)


@pytest.mark.parametrize("said", [b"", b"POST /schema/challenge_log/record HTTP/1.1\r\nHost: 127.0.0.1\r\n"])
def test_mute_connections_stop_nobody(environment, tmp_path, said):
    with site(environment, tmp_path) as address, mute(address, MUTE, said):
        taken = seconds_of(100, lambda _turn: ask(f"{address}/schema/challenge/record").json)

    assert taken[98] < HEALTHY_SECONDS


REFUSED = {
    "a wrong key": ("/schema/challenge_log/record", 300_000, "application/json", 401),
    "a batch with a wrong key": ("/schema/challenge_log/record/batch", 2_000_000, "application/json", 401),
    "a stranger's form": ("/admin/login/", 8_000_000, "multipart/form-data; boundary=x", 413),
    "an icon": ("/schema/challenge/record", 1_200_000, "multipart/form-data; boundary=x", 413),
    "a body on a read": ("/healthz", 300_000, "application/json", 405),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_refused_bodies_cost_no_innocent_an_answer(environment, key, tmp_path, refused):
    path, size, content_type, status = REFUSED[refused]
    body, headers = b"x" * size, {"Content-Type": content_type, "Cookie": "csrftoken=" + "x" * 32}
    headers |= key if refused == "an icon" else {"Authorization": "Api-Key wrong"}
    with site(environment, tmp_path, workers=2) as address, ThreadPoolExecutor(8) as senders:
        attacks = [senders.submit(ask, address + path, "POST", body, **headers) for _ in range(160)]
        innocents = []
        while not all(attack.done() for attack in attacks) or len(innocents) < 200:
            innocents.append(ask(f"{address}/schema/challenge/record").status)
        statuses = Counter(attack.result().status for attack in attacks)

    assert Counter(innocents) == {200: len(innocents)}
    # And who is refused is told why, not that the gateway is bad. The 21st wrong key in a minute is 429.
    assert statuses.keys() <= {status, 429}


def test_a_strangers_file_of_codes_is_stored_nowhere(environment, tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    paths = (f"/admin/rewards/reward/{ID}/codes/", "/schema/coupon_code/record/import")
    head = "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000000\r\n\r\nx"
    with site(environment | {"TMPDIR": str(spool)}, tmp_path) as address:
        most = [largest_spool(address, path, [spool, tmp_path / "nginx" / "body"]) for path in paths]
        with ExitStack() as attacks:
            for path in paths:
                attacks.enter_context(mute(address, 50, head.format(path).encode()))
            taken = seconds_of(100, lambda _turn: ask(f"{address}/schema/challenge/record").json)

    assert max(most) < MEGABYTE
    # And who never comes to an end of it holds no thread.
    assert taken[98] < HEALTHY_SECONDS


def largest_spool(address, path, folders):
    """The most bytes of files in these folders while a stranger sends 100 MB to that path."""
    host, port = address.removeprefix("http://").split(":")
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {100 * MEGABYTE}\r\n"
    head += f"Cookie: csrftoken={'x' * 32}\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
    most = 0
    with socket.create_connection((host, int(port)), timeout=10) as sender, suppress(OSError):
        sender.sendall(
            head.encode() + b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
        )
        for chunk in range(90):
            sender.sendall(b"x" * MEGABYTE)
            if chunk % 10 == 0:
                most = max(most, *(size_of(folder) for folder in folders))
    return most


def size_of(folder):
    """Bytes of the files in it that a process has open: nginx removes their names at once."""
    size = 0
    for opened in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(opened.readlink()).startswith(f"{folder}/"):
                size += opened.stat().st_size
    return size


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
