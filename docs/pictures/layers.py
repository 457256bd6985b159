"""The layers, drawn from the imports: who stands on whom. A layer imports what its arrows reach, and what those reach."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

from draw import Picture

ROOT = Path(__file__).parents[2] / "sdk" / "binance_wsapi"
WORDS = {
    "api": "typed methods",
    "blocking": "calls that wait",
    "cli": "the command",
    "client": "wires the layers",
    "history": "pages of the past",
    "keys": "sign, never show",
    "limits": "the venue's budget",
    "link": "one live connection",
    "models": "results and events",
    "observe": "stats and metrics",
    "orders": "the fate of an order",
    "rest": "read-only fall-back",
    "rules": "filters and rounding",
    "session": "calls over connections",
    "simulator": "the local exchange",
    "streams": "market data, books",
    "testing": "pytest fixtures",
    "user_data": "events without gaps",
    "wire": "frames, ids, replies",
}
ALONE = "simulator"
"""Imports nothing of ours, and only its users import it."""


def layer_of(module: str) -> str | None:
    """Return the layer of a module: its folder, or the module itself where it stands for one."""
    if module == "binance_wsapi":
        return "client"  # the names that users import
    parts = module.split(".")
    if len(parts) < 2 or parts[0] != "binance_wsapi":
        return None
    name = parts[1]
    return name if (ROOT / name).is_dir() or name in WORDS else None


def imports(path: Path) -> set[str]:
    """Return what a file imports when it runs: at its head or inside a function, not for type checkers alone."""
    found: set[str] = set()

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for each in node.orelse:
                look(each)
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = ("binance_wsapi", *path.relative_to(ROOT).parts[:-1])
                base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
            names = {f"{base}.{alias.name}" for alias in node.names}
            inside = any((ROOT / alias.name).exists() or (ROOT / f"{alias.name}.py").exists() for alias in node.names)
            found.update(names if base == "binance_wsapi" and inside else {base, *names})
        for child in ast.iter_child_nodes(node):
            look(child)

    look(ast.parse(path.read_text()))
    return found


def graph() -> dict[str, set[str]]:
    """Return which layers each layer imports."""
    edges: dict[str, set[str]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        inside = path.relative_to(ROOT)
        own = layer_of(f"binance_wsapi.{inside.parts[0].removesuffix('.py')}")
        if own is None or "__pycache__" in inside.parts:
            continue
        edges.setdefault(own, set())
        edges[own] |= {layer for module in imports(path) if (layer := layer_of(module)) is not None and layer != own}
    return edges


def ranks(edges: dict[str, set[str]]) -> dict[str, int]:
    """Return how high each layer stands: one above the highest of those it imports.

    Raises:
        ValueError: layers import each other in a ring.
    """
    known: dict[str, int] = {}

    def rank(name: str, above: tuple[str, ...]) -> int:
        if name in above:
            raise ValueError(f"a ring of imports: {' → '.join([*above[above.index(name) :], name])}")
        if name not in known:
            known[name] = max((rank(each, (*above, name)) + 1 for each in edges[name]), default=0)
        return known[name]

    for name in edges:
        rank(name, ())
    return known


def reduced(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the arrows that no other arrows imply."""

    def below(name: str) -> set[str]:
        return set().union(*({each, *below(each)} for each in edges[name]))

    return {
        name: {each for each in some if not any(each in below(other) for other in some if other != each)}
        for name, some in edges.items()
    }


def _rows(
    edges: dict[str, set[str]], height: dict[str, int]
) -> tuple[list[list[str]], dict[tuple[str, str], list[str]]]:
    """Return what stands at each height, ordered so that arrows are short, and the way of each arrow.

    An arrow over several heights has a place of its own at each between, so that it passes beside the boxes there.
    """
    rows = [sorted(name for name in edges if height[name] == level) for level in range(max(height.values()) + 1)]
    ways: dict[tuple[str, str], list[str]] = {}
    near: dict[str, list[str]] = {name: [] for name in edges}
    for name, some in sorted(edges.items()):
        for each in sorted(some):
            between = [f"{name} {each} {level}" for level in range(height[name] - 1, height[each], -1)]
            for level, dummy in zip(range(height[name] - 1, height[each], -1), between, strict=True):
                rows[level].append(dummy)
                near[dummy] = []
            way = ways[name, each] = [name, *between, each]
            for first, second in pairwise(way):
                near[first].append(second)
                near[second].append(first)
    place = {name: number / max(1, len(row) - 1) for row in rows for number, name in enumerate(row)}
    for turn in range(24):
        for row in rows if turn % 2 else reversed(rows):
            row.sort(
                key=lambda name: (
                    sum(place[each] for each in near[name]) / len(near[name]) if near[name] else 0.5,
                    name,
                )
            )
            for number, name in enumerate(row):
                place[name] = 0.5 if len(row) == 1 else number / (len(row) - 1)
    return rows, ways


def draw() -> Picture:
    """Draw it."""
    every = graph()
    users = sorted(name for name in every if ALONE in every[name])
    edges = {name: some - {ALONE} for name, some in every.items() if name != ALONE}
    arrows = reduced(edges)
    rows, ways = _rows(arrows, ranks(edges))
    box, tall, step = 150, 46, 96
    words = "; ".join(f"{name} imports {', '.join(sorted(some)) or 'nothing'}" for name, some in sorted(edges.items()))

    def wide(name: str) -> float:
        return box if name in edges else 16

    room = max(740.0, *(sum(map(wide, row)) + 24 * (len(row) + 1) for row in rows))
    picture = Picture(
        "layers",
        width := room + 180,
        total := len(rows) * step + 50,
        f"The layers of the library, each above those it imports: {words}",
    )
    where: dict[str, tuple[float, float]] = {}
    for level, row in enumerate(rows):
        gap = (room - sum(map(wide, row))) / (len(row) + 1)
        x = gap
        for name in row:
            where[name] = (x, total - 30 - tall - level * step)
            x += wide(name) + gap

    def port(name: str, others: list[str], other: str, *, top: bool) -> tuple[float, float]:
        """Return where an arrow leaves or reaches a box: its arrows have a place each, in the order of where they go."""
        x, y = where[name]
        order = sorted(others, key=lambda each: where[each][0] + wide(each) / 2)
        share = (order.index(other) + 1) / (len(order) + 1)
        return (x + wide(name) * share, y if top else y + tall)

    leaving = {name: [way[1] for (first, _), way in ways.items() if first == name] for name in edges}
    arriving = {name: [way[-2] for (_, last), way in ways.items() if last == name] for name in edges}
    for (name, each), way in sorted(ways.items()):
        point = port(name, leaving[name], way[1], top=False)
        for dummy in way[1:-1]:
            x, y = where[dummy]
            picture.curve(point, (x + 8, y), head=False)
            point = (x + 8, y + tall)
            picture.line([(x + 8, y), point])
        picture.curve(point, port(each, arriving[each], way[-2], top=True))
    for name in sorted(edges):
        x, y = where[name]
        picture.box(x, y, box, tall, [name, *([WORDS[name]] if name in WORDS else [])], "blue")
    x, y = width - 165, total - 30 - tall
    picture.box(x, y, box, tall, [ALONE, WORDS[ALONE]], "green", dashed=True)
    picture.text(x + box / 2, y - 14, "imports nothing of ours", "middle", small=True)
    picture.text(x + box / 2, y - 32, f"used by {', '.join(users)}", "middle", small=True)
    picture.text(
        20, total - 12, "An arrow: imports. What a layer reaches through others has no arrow of its own.", small=True
    )
    return picture
