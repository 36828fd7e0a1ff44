"""The process that `manage.py serve` becomes: granian, patched so that a second stop signal is harmless.

Ctrl-C in a terminal and SIGTERM of a supervisor reach a whole group of processes, and tools such as make pass
them on as well. A second signal during the handler of the first made granian wait for a lock that it held.
"""

import sys
from typing import Any

from granian import cli
from granian.server.common import AbstractServer


def stop(server: Any, *args: Any) -> None:
    """Handle SIGINT and SIGTERM; signals after the first are ignored."""
    if not server.interrupt_signal:
        server.interrupt_signal = True
        server.main_loop_interrupt.set()


if __name__ == "__main__":
    setattr(AbstractServer, "signal_handler_interrupt", stop)  # noqa: B010 - mypy knows no other way
    sys.exit(cli.entrypoint())  # type: ignore[no-untyped-call]
