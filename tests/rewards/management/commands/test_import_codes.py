import io

import pytest
from django.core.management import CommandError, call_command

from rewards.domain.pool_import import Report
from rewards.management.commands import import_codes
from rewards.models import CouponCode
from tests.rewards.builders import make_pool, make_reward, make_reward_log

pytestmark = pytest.mark.django_db


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("code\nA1\nB2\nA1\n")
    return str(path)


def run(*args, stderr=None):
    out = io.StringIO()
    call_command("import_codes", *args, stdout=out, stderr=stderr or io.StringIO(), no_color=True)
    return out.getvalue().splitlines()


def test_command_imports_and_reports(file):
    pool = make_pool(name="Mugs")
    make_reward_log("pending_code", reward=pool)

    lines = run("Mugs", file)

    assert lines == [
        "2 new, 1 twice in the file, 0 existed, 0 invalid, 1 given to those who waited",
        "line 4: 'A1' twice in this list",
    ]


def test_command_takes_the_id_too(file):
    run(str(make_pool().id), file)

    assert CouponCode.objects.count() == 2


def test_command_takes_no_line_of_a_pipe_that_may_be_cut_off(monkeypatch):
    make_pool(name="Mugs")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"A1\nB2")))

    lines = run("Mugs", "-")

    assert lines[1:] == ["line 2: 'B2' may be cut off: end the last line with a line break"]
    assert CouponCode.objects.get().code == "A1"


def test_command_draws_a_bar_on_a_terminal_alone(file):
    make_pool(name="Mugs")
    terminal, pipe = Terminal(), io.StringIO()

    run("Mugs", file, stderr=terminal)
    run("Mugs", file, stderr=pipe)

    assert terminal.getvalue().strip() == f"[{'#' * 30}] 100% 2 new of 3"
    assert pipe.getvalue() == ""


def test_bar_is_not_red_as_an_error_is():
    terminal = Terminal()

    import_codes.Command(stderr=terminal, force_color=True).draw_bar(1, 2, Report(new=3))

    assert terminal.getvalue() == f"\r[{'#' * 15}{' ' * 15}]  50% 3 new of 3"


def test_command_names_what_it_cannot_find(file):
    make_pool(name="Twice")
    make_pool(name="Twice")
    make_reward(name="Generated")

    for reward, path, message in [
        ("Nobody", file, "No rewards are named so"),
        ("Twice", file, "2 rewards are named so"),
        ("Generated", file, "Only a pool takes codes"),
        (str(make_pool().id), "missing.csv", "missing.csv: No such file or directory"),
    ]:
        with pytest.raises(CommandError, match=message):
            run(reward, path)


def test_command_that_is_interrupted_tells_what_is_kept(file, monkeypatch):
    def interrupted(reward_id, lines, *, on_progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(import_codes, "import_codes", interrupted)
    make_pool(name="Mugs")

    with pytest.raises(CommandError, match="run it again for the rest"):
        run("Mugs", file)


def test_fill_codes_tells_how_many_it_gave():
    pool = make_pool("A")
    make_reward_log("pending_code", reward=pool)
    out = io.StringIO()

    call_command("fill_codes", stdout=out)

    assert out.getvalue() == "1 given\n"
