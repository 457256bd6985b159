"""Room for a second product: what is not about Spot names no method and no model of Spot.

Read from the imports and the string constants of every file, docstrings left out.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conformance.catalogue import METHODS
from tests.house.test_imports import FILES, NAMES, imports, nodes

SPOT = ("api/spot/", "models/spot/", "client/", "simulator/", "blocking/", "cli/", "testing/")
FACES = {
    # What users import from: they name everything there is.
    "_face.py",
    "api/introspection.py",
    "models/__init__.py",
}
NOT_YET: dict[str, str] = {
    # A file or folder that still names Spot, and what it names. A second product has to free these first: they read some
    # thirty fields of nine kinds of replies and events, and protocols for them would describe each model a second time
    # before it is known which fields are common.
    "user_data/": "events and answers of an account are Spot's models",
}
COMMON = {
    "avgPrice",
    "depth",
    "klines",
    "ping",
    "referencePrice",
    "session.logon",
    "session.logout",
    "session.status",
    "ticker",
    "time",
}  # methods of every product (`wire/common_calls.py`), names of streams, plain words
SPOT_METHODS = set(METHODS) - COMMON
SPOT_MODULES = ("binance_wsapi.api.spot", "binance_wsapi.models.spot", "binance_wsapi.client.spot")


def names_of_spot(path: Path) -> set[str]:
    """Return the methods and modules of Spot that a file names."""
    told = {  # sentences: docstrings, and strings that stand alone
        id(node.value) for node in nodes(path) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    methods = {
        node.value
        for node in nodes(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    }
    modules = {name for name in imports(path) if name.startswith(SPOT_MODULES)}
    return (methods & SPOT_METHODS) | modules


def test_only_what_is_about_spot_names_spot() -> None:
    wrong = {
        name: names
        for path, name in zip(FILES, NAMES, strict=True)
        if not name.startswith(SPOT) and name not in FACES and not name.startswith(tuple(NOT_YET))
        if (names := names_of_spot(path))
    }
    assert wrong == {}, "it must name no method and no model of Spot: have the client hand them in"


@pytest.mark.parametrize("place", NOT_YET)
def test_what_is_listed_still_names_spot(place: str) -> None:
    files = [path for path, name in zip(FILES, NAMES, strict=True) if name.startswith(place)]
    assert any(names_of_spot(path) for path in files), f"{place} is free of Spot: take it out of NOT_YET"


def test_a_method_and_a_model_of_spot_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.house.test_imports.ROOT", tmp_path)
    path = tmp_path / "file.py"
    path.write_text('"""order.place"""\nfrom binance_wsapi.models.spot.orders import OrderAck\nCALL = "order.cancel"\n')
    assert names_of_spot(path) == {
        "binance_wsapi.models.spot.orders",
        "binance_wsapi.models.spot.orders.OrderAck",
        "order.cancel",
    }
