"""A read-only fall-back over REST, for when no socket can be had.

`RestReader` is a `Caller` like the session: the same endpoints, results, errors, deadlines and limits, one HTTP request
per call. It reads; what changes anything is refused before a byte is sent.

Of this library the layer imports ``wire``, ``keys``, ``limits``, ``errors``, ``environments``, and of ``session`` the
three files that know no WebSocket: ``runtime``, ``clock`` and ``settings``.
"""

from __future__ import annotations

from binance_wsapi.rest.reader import RestReader

__all__ = ["RestReader"]
