"""The firewall in front of the exchange: it refuses what looks like SQL, wherever in a request it stands.

The venue asks to avoid SQL keywords and answers 403 where its firewall blocks ("General API Information", "Status
codes"). It publishes neither its list nor the body of such an answer. Here a keyword counts when it stands as a word of
its own, in any case: `drop-1` is one, ``dropped`` and ``DROPUSDT`` are not. The error code is the general one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from binance_wsapi.simulator.access.refusal import Refusal

__all__ = ["screen"]

_WORDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "DROP", "UNION", "ALTER", "TRUNCATE", "EXEC", "EXECUTE")
_SQL = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(_WORDS)})(?![A-Za-z0-9_])", re.IGNORECASE | re.ASCII)
_UNREAD = frozenset({"apiKey", "signature"})
"""Base64 and random letters can hold any word by chance."""


def screen(params: Mapping[str, Any], text: str | None = None) -> None:
    """Refuse a request whose parameters hold an SQL keyword.

    Args:
        text: the JSON they came in, which is searched first; most requests need no closer look.

    Raises:
        Refusal: 403.
    """
    if text is not None and "\\" not in text:
        upper = text.upper()
        for word in _WORDS:
            if word in upper:
                break
        else:
            return
    for name, value in params.items():
        texts = value if isinstance(value, list) else (value,)
        if name not in _UNREAD and any(isinstance(each, str) and _SQL.search(each) for each in (name, *texts)):
            raise Refusal(403, -1000, "An unknown error occurred while processing the request.")
