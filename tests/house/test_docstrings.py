"""Every public name has a docstring that says what it takes and returns, and what docstrings name is there.

What stands in single backticks is a module, a file, or a name that the package has. Words of the venue, of other packages and
of shells stand in double backticks.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

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


# --------------------------------------------------------------------------- what users call

FACADES = (
    "binance_wsapi", "binance_wsapi.blocking", "binance_wsapi.keys", "binance_wsapi.limits", "binance_wsapi.models",
    "binance_wsapi.observability", "binance_wsapi.simulator", "binance_wsapi.streams", "binance_wsapi.testing",
    "binance_wsapi.user_data",
)  # fmt: skip
"""What users import from: what these export is public."""


def members(kind: type[Any]) -> Iterator[tuple[str, FunctionType]]:
    """Yield the public functions and properties of a class and of its bases of ours.

    An override without a docstring has that of the base: it is left out.
    """
    bases = [each for each in kind.__mro__ if each.__module__.partition(".")[0] == kind.__module__.partition(".")[0]]
    for base in bases:
        for name, value in list(vars(base).items()):
            found = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if name.startswith("_") or not isinstance(found, FunctionType):
                continue
            if found.__doc__ or not any(getattr(vars(each).get(name), "__doc__", None) for each in bases):
                yield f"{base.__module__}.{base.__qualname__}.{name}", found


def public() -> dict[str, Any]:
    """Return all that users reach by name: exported classes and functions, and the members of these classes."""
    found: dict[str, Any] = {}
    for module in map(importlib.import_module, FACADES):
        for value in (getattr(module, name) for name in getattr(module, "__all__", dir(module))):
            if inspect.isclass(value) and value.__module__.startswith("binance_wsapi"):
                found[f"{value.__module__}.{value.__qualname__}"] = value
                found |= members(value)
            elif isinstance(value, FunctionType) and value.__module__.startswith("binance_wsapi"):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


def missing(value: Any) -> str | None:
    """Return what a docstring does not say; None where it says all."""
    function = inspect.unwrap(value) if isinstance(value, FunctionType) else None
    text = (function or value).__doc__
    if not text:
        return "a docstring"
    if function is None or "Args:" not in text:
        return None
    returns = function.__annotations__.get("return")
    told = "Returns:" in text or "Yields:" in text
    return None if told or str(returns) in {"None", "Never"} else "a section Returns:"


def test_every_public_name_says_what_it_takes_and_returns() -> None:
    assert {name: what for name, value in public().items() if (what := missing(value)) is not None} == {}


def test_a_planted_docstring_that_says_too_little_is_found() -> None:
    class Planted:
        def bare(self) -> int:
            return 0

        def half(self, part: int) -> int:
            """Do it.

            Args:
                part: of it.
            """
            return part

        @property
        def named(self) -> int:
            return 0

    found = {name.rpartition(".")[2]: missing(value) for name, value in members(Planted)}
    assert found == {"bare": "a docstring", "half": "a section Returns:", "named": "a docstring"}


def test_every_source_in_the_documentation_of_the_venue_is_named_alike() -> None:
    sources = [line for value in public().values() for line in re.findall(r"Source: .*", value.__doc__ or "")]
    books = {re.match(r"Source: ([A-Za-z ]+), \"", line) for line in sources}
    assert len(sources) > 100
    assert None not in books
