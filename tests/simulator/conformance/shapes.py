"""Compare an answer with a documented one mechanically: presence, JSON type, nesting, and how numbers are written.

Values differ, of course; what must not differ is everything a decoder relies on. A field that is there on a condition is
named by the caller, who knows whether the condition holds in the scene at hand.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from tests.simulator.conformance.facts import FILTERS

__all__ = ["differences"]

_EIGHT = re.compile(r"-?\d+\.\d{8}")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_WORD = re.compile(r"[A-Z][A-Z_]*")
_NAMES = ("symbol", "symbols", "asset", "Asset")
"""Fields with a name the exchange gave, in any script."""
_TIME = 10**12
"""Whole numbers from here on are points in time, in milliseconds."""


def differences(
    shown: Any,
    documented: Any,
    *,
    added: Collection[str] = (),
    left_out: Collection[str] = (),
    nullable: Collection[str] = (),
    unit: int = 1,
    path: str = "",
) -> list[str]:
    """Return how an answer's shape differs from the documented one.

    Args:
        added: paths (`.fills`, `.orders.symbol`) of fields the scene calls for although the sample lacks them.
        left_out: paths of fields of the sample that the scene does not call for.
        nullable: paths where null stands for nothing known.
        unit: 1000 if the answer's times are in microseconds; the documentation's are in milliseconds.
    """
    more: dict[str, Any] = {"added": added, "left_out": left_out, "nullable": nullable, "unit": unit}
    if shown is None and path in nullable:
        return []
    if _kind(shown) != _kind(documented):
        if documented is None and path in nullable:
            return []
        return [f"{path}: {_kind(shown)}, not {_kind(documented)}"]
    if isinstance(documented, dict):
        return _object(shown, documented, path, more)
    if isinstance(documented, list):
        return _array(shown, documented, path, more)
    if isinstance(documented, str):
        return _text(shown, documented, path)
    if type(documented) is int and documented >= _TIME and "rderId" not in path and shown != -1:
        return [] if _TIME * unit <= shown < 10 * _TIME * unit else [f"{path}: {shown} is no time in this unit"]
    return []


def _kind(value: Any) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (str, "string"), (dict, "object"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else type(value).__name__


def _object(shown: dict[str, Any], documented: dict[str, Any], path: str, more: dict[str, Any]) -> list[str]:
    if "filterType" in documented:
        return _filter(shown, path)
    added, left_out = more["added"], more["left_out"]
    found = [f"{path}.{name}: missing" for name in documented if name not in shown and f"{path}.{name}" not in left_out]
    found += [
        f"{path}.{name}: undocumented" for name in shown if name not in documented and f"{path}.{name}" not in added
    ]
    found += [f"{path}.{name}: should not be there" for name in shown if f"{path}.{name}" in left_out]
    found += [
        f"{each}: not there" for each in added if each.rpartition(".")[0] == path and each[len(path) + 1 :] not in shown
    ]
    for name, value in shown.items():
        if name in documented:
            found += differences(value, documented[name], path=f"{path}.{name}", **more)
    return found


def _array(shown: list[Any], documented: list[Any], path: str, more: dict[str, Any]) -> list[str]:
    if documented and not shown:
        return [f"{path}: nothing to compare"]
    found: list[str] = []
    for number, each in enumerate(shown):
        if not documented:
            # The sample has no row of this kind; a filter is known by its own description.
            found += _filter(each, path) if isinstance(each, dict) and "filterType" in each else [f"{path}: not empty"]
            continue
        # A row of a mixed array is compared with the sample's row that fits it best, a tuple by its position.
        samples = [documented[number]] if _is_tuple(documented) and number < len(documented) else documented
        found += _fewest([differences(each, sample, path=path, **more) for sample in samples])
    if _is_tuple(documented) and len(shown) != len(documented):
        found.append(f"{path}: {len(shown)} columns, not {len(documented)}")
    return found


def _fewest(found: list[list[str]]) -> list[str]:
    return min(found, key=len)


def _is_tuple(rows: list[Any]) -> bool:
    """Say whether an array is one row of several columns, as in klines, and not many rows of one kind."""
    return len({_kind(each) for each in rows}) > 1


def _filter(shown: dict[str, Any], path: str) -> list[str]:
    facts = FILTERS.get(shown.get("filterType", ""))
    if facts is None:
        return [f"{path}: no such filter: {shown.get('filterType')}"]
    fields = {"filterType": "string", **facts["fields"]}
    if shown.keys() != fields.keys():
        return [f"{path}: {shown['filterType']} has {sorted(shown)}, not {sorted(fields)}"]
    kinds = {"decimal": "string", "string": "string", "int": "integer", "bool": "boolean"}
    return [f"{path}.{name}: not {kind}" for name, kind in fields.items() if _kind(shown[name]) != kinds[kind]]


def _text(shown: str, documented: str, path: str) -> list[str]:
    if _EIGHT.fullmatch(documented) and not _EIGHT.fullmatch(shown):
        return [f"{path}: {shown!r} has not eight places"]
    if "." in documented and _DECIMAL.fullmatch(documented) and not _DECIMAL.fullmatch(shown):
        return [f"{path}: {shown!r} is no decimal number"]
    if _WORD.fullmatch(documented) and not path.endswith(_NAMES) and not _WORD.fullmatch(shown):
        return [f"{path}: {shown!r} is not a word like {documented!r}"]
    return []
