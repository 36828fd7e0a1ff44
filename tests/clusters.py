"""PostgreSQL servers of a test's own, to be killed and started again: those of `scripts/with_postgres`."""

import os
import signal
import subprocess
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

from tests.serving import ROOT


def _script():
    """The script as a module; it has no suffix by which Python would know it."""
    loader = SourceFileLoader("with_postgres", str(ROOT / "scripts" / "with_postgres"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@contextmanager
def own_cluster(**settings):
    """A running cluster that keeps what a crash needs; its settings are PostgreSQL's own, such as fsync."""
    cluster = _cluster_class(settings)()
    try:
        cluster.create()
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


class Signalled:
    """What can be done to a `server` and all its children, which are known by their parent alone."""

    def kill(self):
        """kill -9."""
        self.signal_all(signal.SIGKILL)
        self.server.wait(10)

    def freeze(self):
        """Stop them where they are; what they hold stays theirs, and the kernel still acknowledges TCP."""
        self.signal_all(signal.SIGSTOP)

    def thaw(self):
        self.signal_all(signal.SIGCONT)

    def signal_all(self, sign):
        for pid in [self.server.pid, *children_of(self.server.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, sign)


def _cluster_class(settings):
    class KillableCluster(Signalled, _script().Cluster):
        server = None

        @property
        def url(self):
            return self.environment()["DATABASE_URL"]

        def options(self):
            as_shipped = {"fsync": "on", "full_page_writes": "on"} | settings
            words = [f"{name}={value}" for name, value in as_shipped.items()]
            return super().options() + [part for word in words for part in ("-c", word)]

        def launch(self):
            self.server = super().launch()
            return self.server

        def start_again(self):
            """With the same data on the same port; answers when it is up."""
            assert self.answers(self.launch()), self.log.read_text(errors="replace")

    return KillableCluster


def children_of(pid):
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = (map(int, line.split()) for line in listed.stdout.splitlines())
    return [child for child, parent in pairs if parent == pid]
