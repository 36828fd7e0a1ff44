"""The server process that `manage.py serve` becomes: granian, which may be told to stop more than once.

A terminal's Ctrl-C and a supervisor's SIGTERM reach a whole group of processes, make and its like pass them
on as well. A second signal inside the handler of the first made granian wait for a lock that it held itself.
"""

import sys
from typing import Any

from granian import cli
from granian.server.common import AbstractServer


def stop(server: Any, *args: Any) -> None:
    """The handler of SIGINT and SIGTERM: the first one counts."""
    if not server.interrupt_signal:
        server.interrupt_signal = True
        server.main_loop_interrupt.set()


if __name__ == "__main__":
    setattr(AbstractServer, "signal_handler_interrupt", stop)  # noqa: B010 - mypy knows no other way
    sys.exit(cli.entrypoint())  # type: ignore[no-untyped-call]
