"""Every wait in the code states its end: calls that wait for a thread, a process or another machine."""

import ast

import pytest
from django.conf import settings

APPS = [
    "access",
    "backoffice",
    "challenges",
    "challenges_project",
    "core",
    "demo",
    "members",
    "milestones",
    "rewards",
]
# Without an argument these wait for ever; with one it is a time limit, or `blocking=False`.
ENDLESS_WITHOUT_ARGUMENT = {"acquire", "communicate", "get", "getconn", "join", "result", "select", "wait"}
ENDLESS_WITHOUT_TIMEOUT = {"urlopen", "check_call", "check_output", "run", "create_connection"}
# Calls of these names that are no waits: subprocess.run and the like alone are.
MODULES_THAT_WAIT = {"subprocess", "request", "socket", "urllib"}


def endless_waits(source):
    """The line of each call that may wait for ever, and of each thread that would outlive the process."""
    tree = ast.parse(source)
    variables = set(_context_variables(tree))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name, owner = _name_of(call.func)
        keywords = {keyword.arg for keyword in call.keywords}
        if owner in variables:
            continue
        if name in ENDLESS_WITHOUT_ARGUMENT and owner is not None and not call.args and not keywords:
            yield call.lineno
        if name in ENDLESS_WITHOUT_TIMEOUT and owner in MODULES_THAT_WAIT and "timeout" not in keywords:
            yield call.lineno
        if name == "Thread" and "daemon" not in keywords:
            yield call.lineno


def _context_variables(tree):
    """The names of the module's context variables, whose `get` waits for nothing."""
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call)
        if is_call and _name_of(node.value.func)[0] == "ContextVar":
            yield node.target.id


def _name_of(function):
    """A called name, and that of what it belongs to: `subprocess.run` is (run, subprocess)."""
    if isinstance(function, ast.Attribute):
        owner = function.value
        return function.attr, getattr(owner, "id", getattr(owner, "attr", ""))
    return getattr(function, "id", ""), None


@pytest.mark.parametrize("app", APPS)
def test_no_wait_is_endless(app):
    modules = sorted((settings.BASE_DIR / app).rglob("*.py"))

    found = {
        f"{module.relative_to(settings.BASE_DIR)}:{line}"
        for module in modules
        for line in endless_waits(module.read_text())
    }

    assert modules
    assert found == set()


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("waiter.woken.wait()", [1]),
        ("lock.acquire()", [1]),
        ("queue.get()", [1]),
        ("thread.join()", [1]),
        ("subprocess.run(['ls'])", [1]),
        ("threading.Thread(target=f).start()", [1]),
        ("waiter.woken.wait(1)\nlock.acquire(blocking=False)\n', '.join(names)\nqueue.get(timeout=1)", []),
        ("subprocess.run(['ls'], timeout=3)\nself.run(1)\nThread(target=f, daemon=True)", []),
    ],
)
def test_an_endless_wait_is_found(source, lines):
    assert list(endless_waits(source)) == lines
