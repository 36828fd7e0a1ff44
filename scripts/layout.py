"""Count and draw the layout of the code: boxes, levels, cycles and long modules.

    .venv/bin/python scripts/layout.py            # the figures; exit status 1 when a bound is broken
    .venv/bin/python scripts/layout.py --write    # and the pictures in docs/architecture.md anew

A box is a module or package directly in an app. A level is a step of the longest path of imports between the
boxes of an app. Imports inside functions count.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
MAX_LINES = 300
# The bounds of the engine's app; the others are smaller by far.
MAX_BOXES, MAX_LEVELS = 16, 6

Edges = dict[str, set[str]]


def apps() -> list[str]:
    """The top packages, as the import contracts list them: from the top."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    packages: list[str] = tool["importlinter"]["root_packages"]
    return packages


def build_graph() -> grimp.ImportGraph:
    sys.path.insert(0, str(ROOT))
    return grimp.build_graph(*apps(), cache_dir=None)


def project(graph: grimp.ImportGraph, depth: int, within: str = "") -> Edges:
    """The imports between the modules of `within` (or all) as far down as `depth` parts of their names."""
    edges: Edges = {}
    for importer in sorted(graph.modules):
        source = box_of(importer, depth, within)
        if source is None:
            continue
        targets = edges.setdefault(source, set())
        for imported in graph.find_modules_directly_imported_by(importer):
            target = box_of(imported, depth, within)
            if target is not None and target != source:
                targets.add(target)
    return edges


def box_of(module: str, depth: int, within: str) -> str | None:
    parts = module.split(".")
    if len(parts) < depth or (within and not module.startswith(f"{within}.")):
        return None
    return ".".join(parts[:depth])


def levels_of(edges: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """The level of each box, from 1 for those that import no other. Raises `CycleError`."""
    levels: dict[str, int] = {}
    for box in TopologicalSorter(edges).static_order():
        levels[box] = 1 + max((levels[below] for below in edges.get(box, ())), default=0)
    return levels


def reduce_edges(edges: Edges) -> Edges:
    """The edges without those that a longer path implies, for a picture that can be read."""

    def reaches(start: str, goal: str) -> bool:
        return any(below == goal or reaches(below, goal) for below in edges.get(start, ()))

    return {
        box: {below for below in targets if not any(reaches(other, below) for other in targets - {below})}
        for box, targets in edges.items()
    }


def find_cycle(graph: grimp.ImportGraph) -> list[str]:
    """One cycle of imports between modules; empty when there is none."""
    edges = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


def long_modules() -> list[str]:
    """The modules above `MAX_LINES` lines, with their lines; migrations are written by Django."""
    modules = (path for app in apps() for path in sorted((ROOT / app).rglob("*.py")))
    lengths = {path: len(path.read_text().splitlines()) for path in modules if "migrations" not in path.parts}
    return [
        f"{path.relative_to(ROOT)}: {lines} lines" for path, lines in lengths.items() if lines > MAX_LINES
    ]


def draw(edges: Edges, levels: Mapping[str, int]) -> str:
    """A Mermaid flowchart, importers on top; only what no longer path implies is drawn."""
    lines = ["```mermaid", "flowchart TD"]
    for box in sorted(levels, key=lambda box: (-levels[box], box)):
        lines.append(f"    {box.replace('.', '_')}[{box.rpartition('.')[2]}]")
    for box, targets in sorted(reduce_edges(edges).items()):
        lines += [f"    {box.replace('.', '_')} --> {below.replace('.', '_')}" for below in sorted(targets)]
    return "\n".join([*lines, "```"])


def pictures(graph: grimp.ImportGraph) -> dict[str, str]:
    """The generated parts of docs/architecture.md, by the name of their place."""
    drawn = {}
    for name, edges in (("apps", project(graph, 1)), ("challenges", project(graph, 2, "challenges"))):
        drawn[name] = draw(edges, levels_of(edges))
    return drawn


def filled(page: str, parts: Mapping[str, str]) -> str:
    """The page with these parts between `<!-- name -->` and `<!-- /name -->`."""
    for name, part in parts.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        page = place.sub(lambda match, part=part: f"{match[1]}{part}\n{match[2]}", page)
    return page


def main() -> int:
    parser = argparse.ArgumentParser(description="Count and draw the layout of the code.")
    parser.add_argument("--write", action="store_true", help="draw docs/architecture.md anew")
    write = parser.parse_args().write
    graph = build_graph()
    cycle, too_long = find_cycle(graph), long_modules()
    for app in apps():
        levels = levels_of(project(graph, 2, app))
        print(f"{app}: {len(levels)} boxes on {max(levels.values(), default=0)} levels")
    print(f"cycles of imports: {' -> '.join(cycle) or 'none'}")
    print(f"modules above {MAX_LINES} lines: {', '.join(too_long) or 'none'}")
    if write:
        ARCHITECTURE.write_text(filled(ARCHITECTURE.read_text(), pictures(graph)))
    levels = levels_of(project(graph, 2, "challenges"))
    broken = len(levels) > MAX_BOXES or max(levels.values()) > MAX_LEVELS
    return int(bool(broken or cycle or too_long))


if __name__ == "__main__":
    sys.exit(main())
