"""The venue's facts as fixtures: the catalogue of methods, and the JSON payloads its documentation shows."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from binance_wsapi.api.introspection import describe
from binance_wsapi.api.spot import SpotMethods, arguments
from binance_wsapi.wire.caller import DEFAULT, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params

DATA = Path(__file__).parent / "data"
_catalogue = json.loads((DATA / "spot_catalogue.json").read_text())
METHODS: dict[str, dict[str, Any]] = {each["method"]: each for each in _catalogue["methods"]}
FILTERS: dict[str, dict[str, Any]] = _catalogue["filters"]
_examples = json.loads((DATA / "spot_examples.json").read_text())
REQUESTS: list[dict[str, Any]] = _examples["requests"]
RESPONSES: list[dict[str, Any]] = _examples["responses"]
EVENTS: list[dict[str, Any]] = json.loads((DATA / "spot_events.json").read_text())["events"]
AUTHENTICATION = {"apiKey", "signature", "timestamp"}
PYTHON_NAMES: dict[str, str] = {row["method"]: row["python_name"] for row in describe()}


def snake(name: str) -> str:
    """Return the argument that a wire name has."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _described() -> dict[str, str]:
    """Return what is said of each argument that methods take by an unpacked `TypedDict`: the text below its field."""
    found = {}
    for kind in ast.parse(inspect.getsource(arguments)).body:
        for field, text in pairwise(kind.body) if isinstance(kind, ast.ClassDef) else ():
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                found[ast.unparse(field.target)] = ast.literal_eval(text.value)
    return found


DESCRIBED: dict[str, str] = _described()


class Recorded(Exception):
    """Carries a call up instead of an answer."""

    def __init__(self, endpoint: Endpoint[Any], params: Params, options: CallOptions) -> None:
        super().__init__(endpoint.method)
        self.endpoint = endpoint
        self.params = params
        self.options = options


class Recorder:
    """A `Caller` that never answers: it hands back what it was asked."""

    async def call(self, endpoint: Endpoint[Any], params: Params, options: CallOptions = DEFAULT) -> Any:
        raise Recorded(endpoint, params, options)


def typed(method: str) -> Callable[..., Any]:
    """Return the typed method of a wire name, bound to a recorder."""
    group = SpotMethods()
    group._caller = Recorder()
    found: Callable[..., Any] = getattr(group, PYTHON_NAMES[method])
    return found


async def record(method: str, **arguments: Any) -> Recorded:
    """Call a typed method and return what it asked its caller for."""
    try:
        await typed(method)(**arguments)
    except Recorded as call:
        return call
    raise AssertionError("the method never called")


def signature(method: str) -> inspect.Signature:
    return inspect.signature(getattr(SpotMethods, PYTHON_NAMES[method]))


def unpacked(method: str) -> dict[str, str]:
    """Return the arguments that a method takes by an unpacked `TypedDict`, and what is said of each."""
    annotation = getattr(SpotMethods, PYTHON_NAMES[method]).__annotations__.get("more", "")
    kind = getattr(arguments, annotation.removeprefix("Unpack[").removesuffix("]"), None)
    return {name: DESCRIBED[name] for name in kind.__annotations__} if kind is not None else {}
