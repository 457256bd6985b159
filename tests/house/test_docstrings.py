"""What docstrings and comments name in single backticks is there: a module, a file, or a name that the package has.

Words of the venue, of other packages and of shells stand in double backticks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.test_imports import FILES, ROOT, nodes

NAMED = re.compile(r"(?<!`)`([A-Za-z_][\w./]*)(?:\(\))?`(?!`)")
REPOSITORY = ROOT.parents[1]


def modules() -> set[str]:
    """Return every module and package, by its dotted name within the package."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in FILES}
    return names | {name.rpartition(".")[0] for name in names if "." in name}


def identifiers(path: Path) -> Iterator[str]:
    """Yield every name that a file defines, uses, imports, or holds as a text."""
    for node in nodes(path):
        for field in ("name", "attr", "id", "arg", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 60:
            yield from re.findall(r"[A-Za-z_]\w*", node.value)


MODULES = modules()
KNOWN = {name for path in FILES for name in identifiers(path)} | {part for name in MODULES for part in name.split(".")}


def strangers(text: str, folder: Path) -> list[str]:
    """Return the names in single backticks that are nowhere.

    Args:
        text: of a file.
        folder: where the file is: it may name files beside it.
    """
    found = []
    for name in NAMED.findall(text):
        if "/" in name or name.endswith((".py", ".lua", ".md")):
            places = (
                folder / name,
                folder.parent / name,
                ROOT / name,
                ROOT / f"{name}.py",
                ROOT.parent / name,
                REPOSITORY / name,
            )
            if not any(place.exists() for place in places):
                found.append(name)
        elif not set(name.removeprefix("binance_wsapi.").split(".")) <= KNOWN:
            found.append(name)
    return found


def test_what_a_docstring_names_is_there() -> None:
    wrong = {
        str(path.relative_to(ROOT)): names
        for path in FILES
        if "generated" not in path.parts and (names := strangers(path.read_text("utf-8"), path.parent))
    }
    assert wrong == {}, "name what is there, or put a word of another tongue into double backticks"


def test_a_planted_name_of_nothing_is_found() -> None:
    assert strangers("see `Sender.send`, `link.keeper` and `orders/fate/fence.py`; ``anything``", ROOT) == []
    assert strangers("see `Sender.sent_nowhere` and `orders/fate/gone.py`", ROOT) == [
        "Sender.sent_nowhere",
        "orders/fate/gone.py",
    ]
