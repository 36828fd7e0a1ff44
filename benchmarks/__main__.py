"""`make bench`, `make bench ONLY=P2`, `make bench SIZE=small`: one line a bar (docs/benchmarks.md)."""

import argparse
import os
import sys
import tempfile
from time import perf_counter

from benchmarks.sizes import SIZES


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("only", nargs="*", help="P1 to P10; none: all of them")
    parser.add_argument("--size", choices=SIZES, default="usual")
    options = parser.parse_args()
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        sys.exit("The bars are about PostgreSQL: run `make bench`, or put scripts/with_postgres in front.")
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    with tempfile.TemporaryDirectory(prefix="challenges-bench-") as folder:
        os.environ["DATA_DIR"] = folder
        run(options.only, options.size)


def run(only: list[str], size: str) -> None:
    import django

    django.setup()
    from benchmarks.runs import batches, growth, hot_row, lists, memory, pools, singles
    from benchmarks.stage import template

    runs = {
        "P1": (batches.to_rows_in_the_server,),
        "P2": (singles.to_empty_view,),
        "P3": (singles.to_usual_way,),
        "P4": (batches.to_usual_way,),
        "P5": (growth.of_a_window, growth.of_a_table),
        "P6": (lists.run,),
        "P7": (lists.run,),
        "P8": (memory.run,),
        "P9": (hot_row.run,),
        "P10": (pools.run,),
    }
    if unknown := set(only) - runs.keys():
        sys.exit(f"no such bar: {', '.join(sorted(unknown))}; there are {', '.join(runs)}")
    wanted = dict.fromkeys(each for number in only or runs for each in runs[number])
    started = perf_counter()
    with template():
        for each in wanted:
            each(SIZES[size])
    print(f"{perf_counter() - started:.0f} s on {os.cpu_count()} cores, size {size}")


if __name__ == "__main__":
    main()
