"""Keep the data folder for its owner alone: the database, the icons and the figures of the metrics."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_private(data_dir: Path) -> None:
    """Make the folder, close it and what lies in it, and give new files of this process to its owner alone.

    An installation of 0.1 is closed in this way when it is next migrated or served. What belongs to somebody
    else is left as it is, and told on standard error.
    """
    os.umask(OTHERS)
    data_dir.mkdir(parents=True, exist_ok=True, mode=FOLDER)
    open_to_others = [path for path in _paths(data_dir) if not _closed(path)]
    if open_to_others:
        print(  # noqa: T201 - before the logs are set up
            f"Other users of this machine may read {open_to_others[0]}"
            f"{f' and {len(open_to_others) - 1} more' if open_to_others[1:] else ''}: "
            f"DATA_DIR is not this process's own. Name another, or run as its owner: chmod -R go= {data_dir}",
            file=sys.stderr,
        )


def _paths(data_dir: Path) -> Iterator[Path]:
    yield data_dir
    yield from data_dir.glob("*.sqlite3*")
    for name in ("media", "metrics"):
        yield from (data_dir / name, *(data_dir / name).rglob("*")) if (data_dir / name).is_dir() else ()


def _closed(path: Path) -> bool:
    """Close one path to others; False when it cannot be. A folder for everybody, such as /tmp, stays so."""
    try:
        found = path.stat(follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode) or not found.st_mode & OTHERS:
            return True
        if found.st_mode & stat.S_ISVTX:
            return False
        path.chmod(FOLDER if stat.S_ISDIR(found.st_mode) else FILE)
    except FileNotFoundError:
        return True
    except PermissionError:
        return False
    return True
