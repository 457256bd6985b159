"""Faults by name, for callers outside Python: the scenario file and the control endpoint.

A fault is a table with its name under `fault` and its parameters beside it. `NAMES` lists all of them with the
parameters they take; a name or a parameter that is none, or of the wrong type, is a `FaultError` that says so.
"""

from __future__ import annotations

import difflib
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.faults import actions
from binance_wsapi.simulator.faults.actions import Action
from binance_wsapi.simulator.faults.faults import Faults, check_laid

__all__ = ["NAMES", "REQUESTS", "FaultError", "check", "inject"]


class FaultError(ValueError):
    """A fault is described wrongly; the message says what is wrong."""


REQUESTS: dict[str, type[Action]] = {
    "cut": actions.Cut,
    "delay": actions.Delay,
    "drop": actions.Drop,
    "double": actions.Double,
    "refuse": actions.Refuse,
    "garbage": actions.Garbage,
    "break": actions.Break,
    "fragment": actions.Fragment,
}
"""Faults that meet requests: they take `method`, `count` and `rest` too."""

_RAW: dict[str, Callable[[], actions.Raw]] = {
    "invalid_utf8": actions.Raw.invalid_utf8,
    "masked": actions.Raw.masked,
    "reserved_bits": actions.Raw.reserved_bits,
    "unknown_opcode": actions.Raw.unknown_opcode,
    "oversized": actions.Raw.oversized,
    "unfinished": actions.Raw.unfinished,
}
"""Frames no library sends; they meet requests, instead of the answer."""

_TEXT, _WHOLE, _NUMBER = (str,), (int,), (int, float)
_FREE: dict[str, dict[str, tuple[type, ...]]] = {
    "cut_all": {},
    "close": {"code": _WHOLE, "reason": _TEXT},
    "shutdown": {"lead": _NUMBER},
    "silence": {"way": _TEXT},
    "heal": {},
    "dribble": {"piece": _WHOLE, "pause": _NUMBER},
    "say": {"frame": _TEXT, "binary": (bool,)},
    "pong": {},
    "bomb": {"size": _WHOLE},
    "revoke": {"api_key": _TEXT},
    "terminate_subscriptions": {},
    "lose_events": {"kind": _TEXT, "count": _WHOLE},
    "double_events": {"kind": _TEXT, "count": _WHOLE},
    "change_events": {"how": _TEXT, "kind": _TEXT, "count": _WHOLE},
    "refuse_connects": {"status": _WHOLE, "count": _WHOLE, "body": _TEXT, "headers": (dict,)},
    "wrong_accept": {"count": _WHOLE},
    "accept_with": {"headers": (dict,), "count": _WHOLE},
    "stall_connects": {"seconds": _NUMBER, "count": _WHOLE},
    "stall_tls": {"count": _WHOLE},
    "reset_tls": {"count": _WHOLE},
    "clear": {},
    "busy": {"seconds": _NUMBER, "code": _WHOLE, "executed": (bool,)},
    "deaf": {"seconds": _NUMBER, "executed": (bool,)},
    "maintenance": {"seconds": _NUMBER},
    "ban": {"seconds": _NUMBER},
    "lag": {"least": _NUMBER, "most": _NUMBER},
    "reset": {},
}
"""Methods of `Faults` and what they take."""
_NEEDED = {"revoke": {"api_key"}, "say": {"frame"}, "change_events": {"how"}, "accept_with": {"headers"},
           "stall_connects": {"seconds"}, "clock": {"seconds"}, "busy": {"seconds"}, "deaf": {"seconds"},
           "maintenance": {"seconds"}}  # fmt: skip
_METHOD = {"method": _TEXT, "count": _WHOLE, "rest": (bool,)}


def _types(hint: Any) -> tuple[type, ...]:
    """Return what TOML or JSON may hold for a field of this type."""
    origin = get_origin(hint)
    if hint == Action | None:
        return (dict,)
    if origin is Literal:
        return _TEXT
    if origin in (Union, types.UnionType):
        return tuple(each for part in get_args(hint) if part not in (type(None), bytes) for each in _types(part))
    if hint is float:
        return _NUMBER
    return (origin or hint,)


def _takes() -> dict[str, dict[str, tuple[type, ...]]]:
    found = dict(_FREE)
    for name, action in REQUESTS.items():
        hints = get_type_hints(action)
        found[name] = {each.name: _types(hints[each.name]) for each in fields(action)} | _METHOD
    for name in _RAW:
        found[name] = {"then_reply": (bool,), **_METHOD}
    found["clock"] = {"seconds": _NUMBER}
    return found


NAMES = _takes()
"""Every fault and its parameters with their types."""


def check(fault: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a fault's name and parameters.

    Raises:
        FaultError: there is no such fault, or a parameter is unknown, missing or of the wrong type.
    """
    if not isinstance(fault, Mapping):
        raise FaultError("a fault is a table with its name under `fault`")
    name = fault.get("fault")
    if not isinstance(name, str) or name not in NAMES:
        raise FaultError(f"there is no fault {name!r}; there are {', '.join(sorted(NAMES))}")
    params = {key: value for key, value in fault.items() if key != "fault"}
    takes = NAMES[name]
    for key, value in params.items():
        if key not in takes:
            raise FaultError(f"{name} takes {', '.join(takes) or 'no parameters'}, not {key!r}")
        if not isinstance(value, takes[key]) or (isinstance(value, bool) and bool not in takes[key]):
            kinds = " or ".join(each.__name__ for each in takes[key])
            raise FaultError(f"{key} of {name} is of type {kinds}, not {type(value).__name__}")
        if isinstance(value, float) and not math.isfinite(value):
            raise FaultError(f"{key} of {name} must be a finite number, got {value}")
    needed = set(_NEEDED.get(name, ()))
    if name in REQUESTS:
        needed = {
            each.name for each in fields(REQUESTS[name]) if each.default is MISSING and each.default_factory is MISSING
        }
    if absent := needed - params.keys():
        raise FaultError(f"{name} needs {', '.join(sorted(absent))}")
    if name in REQUESTS or name in _RAW:
        _check_method(params.get("method"))
        own = {key: value for key, value in params.items() if key not in _METHOD}
        try:
            check_laid(_action(name, own), params.get("count", 1), rest=params.get("rest", False))
        except ValueError as error:
            raise error if isinstance(error, FaultError) else FaultError(f"{name}: {error}") from None
    return name, params


def _check_method(method: str | None) -> None:
    """Refuse a method that no request can have: the fault would lie there for ever."""
    from binance_wsapi.simulator.api.methods import METHODS

    if method is not None and method not in METHODS:
        near = difflib.get_close_matches(method, METHODS, n=1)
        meant = f": did you mean {near[0]}?" if near else ""
        raise FaultError(f"method must be a method of the WebSocket API, got {method!r}{meant}")


def _action(name: str, params: dict[str, Any]) -> Action:
    """Return the action of this name; the action that follows it stands under `then`."""
    if name in _RAW:
        return actions.Raw(_RAW[name]().data, params.get("then_reply", False))
    if "then" in params:
        following, more = check(params["then"])
        if (following not in REQUESTS and following not in _RAW) or more.keys() & _METHOD.keys():
            raise FaultError(f"what follows {name} is a fault that meets its answer, without method, count and rest")
        params = params | {"then": _action(following, more)}
    return REQUESTS[name](**params)


def inject(faults: Faults, clock: Clock, fault: Mapping[str, Any]) -> None:
    """Make a fault happen, now or to whom it meets next.

    Raises:
        FaultError: it is described wrongly.
    """
    name, params = check(fault)
    try:
        if name == "clock":
            clock.step(params["seconds"])
        elif name in _FREE:
            getattr(faults, name)(**params)
        else:
            method, count, rest = params.pop("method", None), params.pop("count", 1), params.pop("rest", False)
            faults.next(_action(name, params), method, count, rest=rest)
    except KeyError as error:
        raise FaultError(f"{name}: there is no {error}") from None
    except ValueError as error:
        raise FaultError(f"{name}: {error}") from None
