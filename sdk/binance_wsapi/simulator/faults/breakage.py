"""Answers and events that are wrong in a way a client may never trip over: what is changed, and how the text looks then.

Each kind is one thing a broken or newer server might send (JSON that is none, numbers no number type holds, ids of the
wrong type, unknown fields and words). The change is made on the text of a whole frame, because most of the results
could not be written by a JSON encoder.
"""

from __future__ import annotations

import json
from typing import Any, Literal, get_args

__all__ = ["EVENT_KINDS", "KINDS", "EventKind", "Kind", "broken_answer", "changed_event"]

Kind = Literal[
    "truncated", "not an object", "no id", "no status", "result and error", "id null", "id of another type",
    "foreign id", "nan", "1e400", "huge integer", "duplicate keys", "lone surrogate", "deep nesting", "new field",
]  # fmt: skip
EventKind = Literal["new type", "new word", "new field"]
KINDS: tuple[Kind, ...] = get_args(Kind)
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

_ADDED = {
    "nan": "NaN",
    "1e400": "1e400",
    "huge integer": "9" * 5000,
    "lone surrogate": '"\\ud800"',
    "deep nesting": "[" * 200_000 + "]" * 200_000,
    "new field": '{"since":"tomorrow"}',
}


def broken_answer(kind: Kind, frame: str) -> str:
    """Return the frame of an answer, broken in this way."""
    if kind == "truncated":
        return frame[: len(frame) * 2 // 3]
    if kind == "not an object":
        return f"[{frame}]"
    if kind in _ADDED:
        return f'{frame[:-1]},"unheardOf":{_ADDED[kind]}}}'
    if kind == "duplicate keys":
        return f'{frame[:-1]},"status":500}}'
    answer: dict[str, Any] = json.loads(frame)
    if kind == "no id":
        del answer["id"]
    elif kind == "no status":
        del answer["status"]
    elif kind == "result and error":
        answer = {"result": {}, "error": {"code": -1000, "msg": "both"}, **answer}
    elif kind == "id null":
        answer["id"] = None
    elif kind == "foreign id":
        answer["id"] = f"foreign-{answer['id']}"[:36]
    else:
        answer["id"] = str(answer["id"]) if isinstance(answer["id"], int) else [answer["id"]]
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def changed_event(kind: EventKind, event: dict[str, Any]) -> dict[str, Any]:
    """Return a user data event as a newer server might send it."""
    if kind == "new type":
        return {**event, "e": "unheardOfReport"}
    if kind == "new field":
        return {**event, "zz": {"since": "tomorrow"}}
    return {name: "UNHEARD_OF" if name in ("X", "x", "f") else value for name, value in event.items()}
