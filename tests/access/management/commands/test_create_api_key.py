from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from access.models.api_key import ApiKey


def made(*arguments):
    out, err = StringIO(), StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_key_stands_alone_on_the_last_line_and_works(db, ask):
    out, err = made("web shop", "--scope", "admin")

    (key,) = out.splitlines()
    assert ask(f"Api-Key {key}").status_code == 200
    assert key not in err
    assert "web shop" in err


def test_scopes_may_be_several(db):
    made("shop", "--scope", "ingest", "--scope", "read")

    assert ApiKey.objects.get().scopes == {"ingest", "read"}


@pytest.mark.parametrize(
    "arguments",
    [("shop",), ("shop", "--scope", "root"), ("", "--scope", "read"), ("x" * 257, "--scope", "read")],
)
def test_what_makes_no_key_is_refused(db, arguments):
    with pytest.raises(CommandError):
        made(*arguments)

    assert not ApiKey.objects.exists()
