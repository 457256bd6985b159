"""What users import is exactly what is meant for them."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import binance_wsapi
from binance_wsapi import SpotClient, _face, errors
from binance_wsapi.client.spot import ClientOptions

ROOT = Path(__file__).parents[2]


def test_all_is_exact() -> None:
    public = {
        name
        for name, value in vars(_face).items()
        if not name.startswith(("_", "@")) and name not in {"annotations", "TYPE_CHECKING"}  # pytest adds names with @
    }
    assert public | {*_face._LATER} == set(binance_wsapi.__all__)
    assert len(binance_wsapi.__all__) == len(set(binance_wsapi.__all__))


def test_every_error_can_be_caught_by_its_public_name() -> None:
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, errors.WsapiError) and not name.startswith("_"):
            assert getattr(binance_wsapi, name) is value


def test_the_drawing_of_the_error_tree_is_the_tree() -> None:
    drawing = errors.__doc__ or ""
    for name in errors.__all__:
        if inspect.isclass(getattr(errors, name)):
            assert f" {name}" in drawing or f"\n    {name}" in drawing, name


def test_public_things_say_what_they_are_for() -> None:
    for name in binance_wsapi.__all__:
        value = getattr(binance_wsapi, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, name


NOT_YET = (
    "binance_wsapi.cli",
    "binance_wsapi.limits.shared.redis",
    "binance_wsapi.limits.shared.sqlite",
    "binance_wsapi.orders.journal.file",
    "binance_wsapi.rest",
    "binance_wsapi.simulator",
    "binance_wsapi.streams",
    "httpx",
    "redis",
    "sqlite3",
    "websockets",
)
"""What a program pays for when it uses it: none of it comes with the class of the client."""


def run(program: str) -> list[str]:
    """Run a program in an interpreter of its own; returns the words it printed."""
    done = subprocess.run([sys.executable, "-c", program], check=True, timeout=60, capture_output=True, text=True)
    return done.stdout.split()


def test_the_client_does_not_import_what_only_some_programs_use() -> None:
    assert run(f"import sys; from binance_wsapi import SpotClient; print(*{{*{NOT_YET!r}}} & {{*sys.modules}})") == []


def test_the_transport_is_imported_when_the_client_is_made_and_not_at_its_first_order() -> None:
    program = (
        "import sys; from binance_wsapi import Ed25519Key, SpotClient; "
        "SpotClient.local(Ed25519Key.generate('key'), url='ws://127.0.0.1:1'); print('websockets' in sys.modules)"
    )
    assert run(program) == ["True"]


@pytest.mark.parametrize("first", ["errors", "SpotClient"])
def test_a_name_is_there_as_an_attribute_and_by_import(first: str) -> None:
    """A module and a class are asked for first in a program each: they come in different ways."""
    names = [first, "FileJournal", "MarketStreams", "OrderBook", "models"]
    by_import = [f"from binance_wsapi import {name}" for name in names]
    by_attribute = ["import binance_wsapi", *(f"binance_wsapi.{name}" for name in names)]
    run("; ".join([*by_import, *by_attribute] if first == "errors" else [*by_attribute, *by_import]))


def test_every_name_is_listed_and_no_other_is_there() -> None:
    listed = "import binance_wsapi; print(*dir(binance_wsapi)); "
    assert {*run(f"{listed} from binance_wsapi import *; SpotClient, OrderBook, FileJournal")} >= {
        *binance_wsapi.__all__
    }
    with pytest.raises(AttributeError, match="no_such_name"):
        binance_wsapi.no_such_name  # noqa: B018


def test_the_plugin_and_the_local_exchange_do_not_import_the_client() -> None:
    ours = "print(*sorted(name for name in sys.modules if name.startswith('binance_wsapi')))"
    plugin = run(f"import sys, binance_wsapi.testing; {ours}")
    assert [name for name in plugin if not name.startswith("binance_wsapi.testing")] == ["binance_wsapi"]
    exchange = run(f"import sys, binance_wsapi.simulator; {ours}")
    assert [name for name in exchange if not name.startswith("binance_wsapi.simulator")] == ["binance_wsapi"]


def test_every_way_to_make_a_client_takes_the_options_of_the_client_itself() -> None:
    parameters = inspect.signature(SpotClient.__init__).parameters.values()
    by_name = {each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}
    assert by_name == set(ClientOptions.__annotations__)


FACADES = {"binance_wsapi"} | {
    f"binance_wsapi.{name}"
    for name in ("models", "streams", "user_data", "simulator", "limits", "testing", "blocking", "observability")
}
SHOWN = [
    *sorted(ROOT.glob("examples/*.py")), *sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md",
]  # fmt: skip


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.name)
def test_what_is_shown_to_users_imports_from_the_facades_and_nothing_deeper(path: Path) -> None:
    shown = re.findall(r"^\s*(?:from|import) (binance_wsapi[\w.]*)", path.read_text(), re.MULTILINE)
    assert {*shown} <= FACADES


@pytest.mark.parametrize("facade", sorted(FACADES))
def test_a_facade_has_what_it_lists(facade: str) -> None:
    module = importlib.import_module(facade)
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    for name in names:
        assert getattr(module, name) is not None


def test_a_public_name_means_one_thing() -> None:
    """A name that two facades share is one object in both; the blocking client's are the exception they are named for."""
    found: dict[str, tuple[str, object]] = {}
    for facade in sorted(FACADES - {"binance_wsapi.blocking", "binance_wsapi.testing", "binance_wsapi.simulator"}):
        module = importlib.import_module(facade)
        names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
        for name in names:
            value = getattr(module, name)
            if inspect.ismodule(value) or name == "annotations":
                continue
            first, other = found.setdefault(name, (facade, value))
            assert other is value, f"{name} is one thing in {first} and another in {facade}"
