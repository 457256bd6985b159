"""Room for a second product: what is not about Spot names no method and no model of Spot.

Read from the imports and the string constants of every file, docstrings left out.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conformance.catalogue import METHODS
from tests.house.test_imports import FILES, NAMES, imports, nodes

FOLDER = "spot"
"""What is about Spot stands in a folder of this name."""
WIRING = ("client/", "simulator/", "blocking/", "cli/", "testing/")
FACES = {
    # What users import from: they name everything there is.
    "_face.py",
    "api/introspection.py",
    "models/__init__.py",
    "user_data/__init__.py",
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
    "session.subscriptions",
    "ticker",
    "time",
}  # methods of every product (`wire/common_calls.py`), names of streams, plain words
SPOT_METHODS = set(METHODS) - COMMON
SPOT_MODULES = (
    "binance_wsapi.api.spot",
    "binance_wsapi.models.spot",
    "binance_wsapi.user_data.spot",
    "binance_wsapi.client.spot",
)


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


def is_about_spot(name: str) -> bool:
    """Return whether a file may name Spot."""
    return FOLDER in Path(name).parts[:-1] or name.startswith(WIRING) or name in FACES


def test_only_what_is_about_spot_names_spot() -> None:
    wrong = {
        name: names
        for path, name in zip(FILES, NAMES, strict=True)
        if not is_about_spot(name) and (names := names_of_spot(path))
    }
    assert wrong == {}, "it must name no method and no model of Spot: have the client hand them in"


@pytest.mark.parametrize("name", FACES)
def test_a_face_that_is_listed_names_spot(name: str) -> None:
    assert names_of_spot(FILES[NAMES.index(name)]), f"{name} is free of Spot: take it out of FACES"


def test_a_file_is_about_spot_by_its_folder() -> None:
    assert is_about_spot("user_data/spot/merge/orders.py")
    assert not is_about_spot("user_data/repair.py")
    assert not is_about_spot("orders/spot.py"), "a file's name is no folder"


def test_a_method_and_a_model_of_spot_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.house.test_imports.ROOT", tmp_path)
    path = tmp_path / "file.py"
    path.write_text('"""order.place"""\nfrom binance_wsapi.models.spot.orders import OrderAck\nCALL = "order.cancel"\n')
    assert names_of_spot(path) == {
        "binance_wsapi.models.spot.orders",
        "binance_wsapi.models.spot.orders.OrderAck",
        "order.cancel",
    }
