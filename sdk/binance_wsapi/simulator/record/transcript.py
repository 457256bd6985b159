"""A transcript: every frame that crossed the sockets as one line of JSON, without the secrets that were in it.

    {"connection":1,"direction":"in","time":12.5,"frame":"{\\"id\\":1,\\"method\\":\\"ping\\"}"}

`time` is the event loop's, in seconds; bytes that are no text stand under `bytes` in base64.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from binance_wsapi.simulator.record.truth import Frame

__all__ = ["redact", "transcript"]

SECRET = frozenset({"signature", "apiKey"})
HIDDEN = "***"
_PLAIN = re.compile(r'("(?:signature|apiKey)"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|$)')
_ODD = re.compile(r'"(?:signature|apiKey)"\s*:\s*(?!null)[^"\s]')
"""A secret that is no text."""


def transcript(frames: Iterable[Frame], *, secrets: bool = False) -> Iterator[str]:
    """Yield one line of JSON for each frame.

    Args:
        secrets: leave signatures and API keys in.
    """
    for frame in frames:
        row: dict[str, Any] = {
            "connection": frame.connection,
            "direction": frame.direction,
            "time": round(frame.time, 6),
        }
        if isinstance(frame.data, str):
            row["frame"] = frame.data if secrets else redact(frame.data)
        else:
            row["bytes"] = base64.b64encode(frame.data).decode()
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def redact(text: str) -> str:
    """Return a frame's text without signatures and API keys, even if it is not quite JSON."""
    clean = _PLAIN.sub(rf'\1"{HIDDEN}"', text)
    if "\\u" not in clean and not _ODD.search(clean):
        return clean
    try:
        value = json.loads(clean)
    except (ValueError, RecursionError):
        # A name can be spelled with escapes, and what cannot be parsed cannot be searched for it.
        return HIDDEN
    hidden, found = _hide(value)
    return json.dumps(hidden, ensure_ascii=False, separators=(",", ":")) if found else clean


def _hide(value: Any) -> tuple[Any, bool]:
    """Return a value without secrets, and whether there was one."""
    if isinstance(value, dict):
        rows = {
            name: (HIDDEN, each != HIDDEN) if name in SECRET and each is not None else _hide(each)
            for name, each in value.items()
        }
        return {name: each for name, (each, _) in rows.items()}, any(found for _, found in rows.values())
    if isinstance(value, list):
        items = [_hide(each) for each in value]
        return [each for each, _ in items], any(found for _, found in items)
    return value, False
