"""Scenarios: a file that says what goes wrong and when, in TOML.

    [[fault]]
    after = 5.0               # seconds from the start of the exchange
    fault = "silence"

    [[fault]]
    with_frame = 10           # with the 10th frame from a client, counted over all connections
    fault = "cut"             # meets that very request
    after_execution = true

    [[fault]]                 # neither: from the start
    fault = "delay"
    method = "order.place"    # meets the next request of this method
    seconds = 12.0
    at = "engine"

    [[setting]]               # what the operator sets, at a moment of its own as well
    setting = "commission"
    standard = { maker = "0.001", taker = "0.001" }

What a fault or a setting takes is what its Python counterpart takes; `names.NAMES` and `settings.SETTINGS` list them all.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from binance_wsapi.simulator.faults.names import FaultError, check
from binance_wsapi.simulator.paths import as_path
from binance_wsapi.simulator.settings import SettingError, check_setting

__all__ = ["Scenario", "ScenarioError", "Step"]


class ScenarioError(ValueError):
    """A scenario cannot be read; the message names the file and the fault."""


@dataclass(frozen=True, slots=True)
class Step:
    """One fault or setting and its moment: after so many seconds, with a frame, or, if both are None, from the start."""

    fault: Mapping[str, Any]
    after: float | None = None
    with_frame: int | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What goes wrong and when."""

    steps: tuple[Step, ...]

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a scenario file.

        Raises:
            ScenarioError: it is no TOML, or a fault or a setting in it is described wrongly.
            OSError: it cannot be opened.
        """
        path = as_path(path, "path")
        try:
            return cls.parse(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise ScenarioError(f"{path.name}: this is not text") from None
        except ScenarioError as error:
            raise ScenarioError(f"{path.name}: {error}") from None

    @classmethod
    def parse(cls, text: str) -> Scenario:
        """Read a scenario.

        Raises:
            ScenarioError: it is no TOML, or a fault or a setting in it is described wrongly.
        """
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ScenarioError(str(error)) from None
        kinds = ("setting", "fault")
        if found.keys() - set(kinds) or not all(isinstance(found.get(kind, []), list) for kind in kinds):
            raise ScenarioError("a scenario has [[fault]] and [[setting]] tables and nothing else")
        steps = []
        for kind in kinds:
            for number, row in enumerate(found.get(kind, []), 1):
                try:
                    steps.append(_step(row, kind))
                except (FaultError, SettingError) as error:
                    raise ScenarioError(f"{kind} {number}: {error}") from None
        return cls(tuple(steps))

    def play(
        self,
        inject: Callable[[Mapping[str, Any]], None],
        later: Callable[[float, Callable[[], None]], object],
        watchers: list[Callable[[], None]],
    ) -> None:
        """Set everything up.

        Args:
            inject: makes a fault happen.
            later: calls back after so many seconds.
            watchers: called with each frame from a client.
        """
        by_frame: dict[int, list[Mapping[str, Any]]] = {}
        for step in self.steps:
            if step.after is not None:
                later(step.after, lambda fault=step.fault: inject(fault))  # type: ignore[misc]
            elif step.with_frame is not None:
                by_frame.setdefault(step.with_frame, []).append(step.fault)
            else:
                inject(step.fault)
        if by_frame:
            seen = 0

            def frame() -> None:
                nonlocal seen
                seen += 1
                for fault in by_frame.get(seen, ()):
                    inject(fault)

            watchers.append(frame)


def _step(row: Any, kind: str) -> Step:
    if not isinstance(row, dict):
        raise FaultError(f"a {kind} is a table")
    fault = dict(row)
    after, frame = fault.pop("after", None), fault.pop("with_frame", None)
    if after is not None and (
        isinstance(after, bool) or not isinstance(after, int | float) or not 0 <= after < float("inf")
    ):
        raise FaultError(f"after is a number of seconds, 0 or more, not {after!r}")
    if frame is not None and (type(frame) is not int or frame < 1):
        raise FaultError(f"with_frame is a number from 1 on, not {frame!r}")
    if after is not None and frame is not None:
        raise FaultError("a fault happens after a time or with a frame, not both")
    if kind == "setting":
        check_setting(fault)
    else:
        check(fault)
    return Step(fault, after, frame)
