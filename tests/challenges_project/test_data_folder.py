"""Nobody but the service's own account reads the database or an icon, and those it reads itself."""

import os
import sqlite3
import stat
from contextlib import closing

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from challenges_project.data_folder import keep_private
from tests.challenges.api.test_icons_api import upload
from tests.core.icons.icon_files import png_of
from tests.serving import ask, manage, serving, shell

pytestmark = [pytest.mark.thorough, pytest.mark.sqlite_only]


@pytest.fixture
def usual_mask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder):
    paths = [folder, *folder.rglob("*")]
    return [path.name for path in paths if path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]


def test_service_leaves_nothing_open_and_serves_its_icons(tmp_path, usual_mask):
    data = tmp_path / "data"
    environment = shell(data, METRICS="1")
    manage(environment, "migrate")
    after_migrate = open_to_others(data)
    key = manage(environment, "create_api_key", "shop", "--scope", "admin").split()[-1]

    with serving(environment) as server:
        served = ask(address_of_an_icon(server.address, key))
        # While somebody reads, the files beside the database are there for certain.
        with closing(sqlite3.connect(data / "challenges.sqlite3")) as reader:
            reader.execute("SELECT count(*) FROM django_migrations").fetchone()
            while_serving = {path.name for path in data.rglob("*")}, open_to_others(data)

    assert (after_migrate, while_serving[1]) == ([], [])
    assert {
        "challenges.sqlite3",
        "challenges.sqlite3-wal",
        "challenges.sqlite3-shm",
        "media",
    } <= while_serving[0]
    assert (served.status, served.headers["Content-Type"]) == (200, "image/png")


def address_of_an_icon(address, key):
    """Of a new challenge's."""
    fields = {"name": "n", "description": "d", "status": "draft", "completionTargetValue": 1}
    body = encode_multipart(BOUNDARY, {**fields, "eudIcon": upload(png_of(1_000), "icon.png")})
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": MULTIPART_CONTENT}
    return ask(f"{address}/schema/challenge/record", "POST", body, **headers).data["eudIcon"]


def test_installation_of_before_is_closed(tmp_path, usual_mask):
    (tmp_path / "media/icons").mkdir(parents=True)
    for name in ("challenges.sqlite3", "challenges.sqlite3-wal", "media/icons/a.png"):
        (tmp_path / name).touch()
    tmp_path.chmod(0o755)

    keep_private(tmp_path)

    assert open_to_others(tmp_path) == []
    assert stat.S_IMODE((tmp_path / "media/icons/a.png").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "media/icons").stat().st_mode) == 0o700


def test_folder_for_everybody_is_told_and_left(tmp_path, usual_mask, capsys):
    tmp_path.chmod(0o1777)

    keep_private(tmp_path)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777
    assert f"Other users of this machine may read {tmp_path}:" in capsys.readouterr().err


def test_link_is_not_followed(tmp_path, usual_mask):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(mode=0o644)
    data = tmp_path / "data"
    (data / "media").mkdir(parents=True)
    (data / "media/link").symlink_to(elsewhere)

    keep_private(data)

    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
