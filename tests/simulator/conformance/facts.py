"""What the venue's documentation says, as data: its example requests and answers, events, streams, errors, filters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_OWN = Path(__file__).parent / "data"
_SHARED = Path(__file__).parents[2] / "conformance" / "data"


def _load(path: Path) -> Any:
    return json.loads(path.read_text())


_catalogue = _load(_SHARED / "spot_catalogue.json")
_examples = _load(_SHARED / "spot_examples.json")
_errors = _load(_OWN / "spot_errors.json")

METHODS: dict[str, dict[str, Any]] = {each["method"]: each for each in _catalogue["methods"]}
ENUMS: dict[str, list[str]] = _catalogue["enums"]
FILTERS: dict[str, dict[str, Any]] = _catalogue["filters"]
USER_EVENTS: dict[str, dict[str, Any]] = _catalogue["user_data_events"]
REQUESTS: dict[int, dict[str, Any]] = {each["line"]: each["request"] for each in _examples["requests"]}
"""Example requests by their line in web-socket-api.md."""
RESPONSES: dict[int, dict[str, Any]] = {each["line"]: each for each in _examples["responses"]}
"""Example responses, with the method they answer, by their line."""
EVENTS: list[dict[str, Any]] = [each["frame"] for each in _load(_SHARED / "spot_events.json")["events"]]
ERRORS: dict[int, dict[str, Any]] = {each["code"]: each for each in _errors["codes"]}
ENGINE_MESSAGES: list[str] = _errors["engine_messages"]
STREAMS: list[dict[str, Any]] = _load(_OWN / "spot_streams.json")["streams"]
