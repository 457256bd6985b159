"""Serves the page: its files by HTTP, the moving picture and the buttons over one WebSocket.

Only a browser on this machine may have it, and only from this page: the peer is a loopback address, the host it asks
for is a loopback name or an allowed name (a name that an attacker makes resolve to this machine is neither), and the
origin of the WebSocket is this very host, scheme and port, or an allowed origin, as that of a proxy in front. The page
loads nothing from elsewhere, which its Content-Security-Policy says as well. Its connection is none of a client: faults,
limits, counters and transcripts leave it alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from binance_wsapi.simulator.access.visitors import Visitors
from binance_wsapi.simulator.faults.faults import Faults
from binance_wsapi.simulator.faults.names import FaultError
from binance_wsapi.simulator.lines import OpenLines
from binance_wsapi.simulator.page.buttons import BUTTONS
from binance_wsapi.simulator.page.files import FILES, read
from binance_wsapi.simulator.page.view import View
from binance_wsapi.simulator.record.truth import Truth
from binance_wsapi.simulator.settings import SettingError
from binance_wsapi.simulator.venue.venue import Venue

__all__ = ["LIVE", "Page"]

LIVE = "/page/live"
PERIOD = 0.25
"""Seconds between two pictures."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class Page:
    """The page of an exchange.

    Args:
        make: makes a setting or a fault.
        visitors: who may ask.
        secure: it is served over TLS.
    """

    def __init__(
        self,
        venue: Venue,
        truth: Truth,
        lines: OpenLines,
        faults: Faults,
        make: Callable[[Mapping[str, Any]], None],
        visitors: Visitors,
        *,
        secure: bool,
    ) -> None:
        self._venue = venue
        self._truth = truth
        self._lines = lines
        self._faults = faults
        self._make = make
        self._visitors = visitors
        self._scheme = "https" if secure else "http"

    def takes(self, path: str) -> bool:
        """Return whether a path is the page's."""
        return path in FILES or path == LIVE

    def answer(self, connection: ServerConnection, request: Request, path: str) -> Response | None:
        """Answer an HTTP request; None lets the handshake of the WebSocket go on."""
        if not self._from_here(connection, request):
            return connection.respond(403, "The page is for a browser on this machine.\n")
        own = f"{self._scheme}://{request.headers['Host']}"
        origins = request.headers.get_all("Origin")
        if any(each != own and not self._visitors.allows(each) for each in origins) or (path == LIVE and not origins):
            return connection.respond(403, "Only the page itself may connect here.\n")
        if path == LIVE:
            return None
        if getattr(connection, "method", "GET") != "GET":
            return connection.respond(405, "GET\n")
        data, kind = read(path)
        headers = Headers(
            {
                "Content-Type": kind,
                "Content-Length": str(len(data)),
                "Connection": "close",
                "Cache-Control": "no-store",
                "Content-Security-Policy": _POLICY,
                "Cross-Origin-Resource-Policy": "same-origin",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Options": "DENY",
            }
        )
        return Response(200, "OK", headers, data)

    def _from_here(self, connection: ServerConnection, request: Request) -> bool:
        hosts = request.headers.get_all("Host")
        peer = ipaddress.ip_address(str(connection.remote_address[0]).partition("%")[0])
        return peer.is_loopback and not self._visitors.refusal(hosts, [])

    # --- the moving picture ----------------------------------------------------------------------------------------

    async def serve(self, socket: ServerConnection) -> None:
        """Show the exchange to one browser, and do what its buttons say, until it leaves."""
        view = View(self._venue, self._truth, self._lines, self._faults)
        await socket.send(json.dumps({"buttons": [each.as_json() for each in BUTTONS]}))
        showing = asyncio.get_running_loop().create_task(self._show(socket, view))
        try:
            async for message in socket:
                answer = self._do(view, message)
                if answer is not None:
                    await socket.send(json.dumps(answer, ensure_ascii=False))
        finally:
            showing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await showing

    async def _show(self, socket: ServerConnection, view: View) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.send(json.dumps(view.now(), ensure_ascii=False).encode("utf-8", "replace"), text=True)
                await asyncio.sleep(PERIOD)

    def _do(self, view: View, message: str | bytes) -> dict[str, Any] | None:
        try:
            asked = json.loads(message)
        except (ValueError, RecursionError):
            return {"error": "this is no JSON"}
        if not isinstance(asked, dict):
            return {"error": "a request is an object"}
        if "make" in asked:
            try:
                self._make(asked["make"])
            except (FaultError, SettingError) as error:
                return {"error": str(error)}
            return {"done": asked["make"]}
        words = {name: asked.get(name) for name in ("symbol", "account", "interval")}
        view.look_at(**{name: word for name, word in words.items() if isinstance(word, str)})
        return None
