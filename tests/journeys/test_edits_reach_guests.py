"""An edit shows at once in another process: two real servers, one database, a memory each."""

import json
from contextlib import ExitStack

import pytest

from tests.serving import ask, manage, serving, shell

pytestmark = pytest.mark.thorough

LIST = "/schema/challenge/record"
CHALLENGE = {"name": "Spender", "description": "d", "status": "live", "completionTargetValue": 500}


@pytest.fixture
def environment(tmp_path):
    return shell(tmp_path)


def title_at(address, known=None):
    """What a guest reads there, with the ETag; the title is None when nothing has changed."""
    status, headers, body = ask(address + LIST, **({"If_None_Match": known} if known else {}))
    title = None if status == 304 else json.loads(body)["data"][0]["eudTitle"]
    return status, title, headers["ETag"]


def test_edit_in_one_process_is_read_in_the_other_at_once(environment):
    manage(environment, "migrate")
    key = manage(environment, "create_api_key", "test", "--scope", "admin").split()[-1]
    admin = {"Authorization": f"Api-Key {key}"}
    with ExitStack() as running:
        one, other = (running.enter_context(serving(environment)).address for _ in range(2))
        made = ask(one + LIST, "POST", CHALLENGE, **admin).data
        _, _, known = title_at(other)
        assert title_at(other, known)[0] == 304  # the other process answers from its memory

        seen = []
        for edit in range(10):
            editor, reader = (one, other) if edit % 2 else (other, one)
            body = {"eudTitle": f"Edit {edit}"}
            assert ask(f"{editor}{LIST}/{made['id']}", "PATCH", body, **admin).status == 200
            for address in (reader, editor):
                status, title, etag = title_at(address, known)
                seen.append((status, title))
                assert title_at(address, etag)[0] == 304
            known = etag

    assert seen == [(200, f"Edit {edit}") for edit in range(10) for _ in range(2)]
