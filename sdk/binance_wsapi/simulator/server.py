"""The sockets of the exchange: takes connections, tells them apart by their path, and can make them fail.

`/ws-api/v3` is the WebSocket API, `/ws` and `/stream` are the market streams, everything else is plain HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import random
import ssl
import sys
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.asyncio.server import Server as SocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.http11 import Request as HttpRequest
from websockets.http11 import Response

from binance_wsapi.simulator.access.frames import encode
from binance_wsapi.simulator.access.visitors import Visitors
from binance_wsapi.simulator.api.gateway import Gateway
from binance_wsapi.simulator.api.rest import JSON, LISTEN_TOKEN, Rest, Sent
from binance_wsapi.simulator.api.session import Session
from binance_wsapi.simulator.faults.faults import Faults
from binance_wsapi.simulator.faults.tls import reluctant
from binance_wsapi.simulator.lines import OpenLines
from binance_wsapi.simulator.net.link import Link
from binance_wsapi.simulator.net.sockets import DISCREET, Socket
from binance_wsapi.simulator.page.page import LIVE, Page
from binance_wsapi.simulator.record.truth import Truth
from binance_wsapi.simulator.streams.client import StreamClient
from binance_wsapi.simulator.streams.hub import Hub
from binance_wsapi.simulator.timers import Timers
from binance_wsapi.simulator.venue.venue import Venue

__all__ = ["API_PATH", "Server"]

API_PATH = "/ws-api/v3"
REST_PATH = "/api/v3/"
COMBINED = ("/stream", "/stream/")
MAX_FRAME = 1 << 20
LONGEST_HANDSHAKE = 60.0
"""Seconds a socket may take to ask for something."""
LONGEST_TLS = 10.0
"""Seconds the handshake of TLS may take before that."""
LONGEST_STOP = 1.0
"""Seconds to wait for sockets when it stops: Python 3.12 waits for handshakes of TLS, and cannot end them."""


class Server:
    """Listens and serves.

    Attributes:
        watchers: called before each frame from a client is looked at.
        page: the page for a browser, if there is one.
        lines: the connections that are open.

    Args:
        visitors: who may ask.
    """

    def __init__(
        self,
        venue: Venue,
        truth: Truth,
        timers: Timers,
        seed: int,
        *,
        visitors: Visitors | None = None,
    ) -> None:
        self._venue = venue
        self._visitors = visitors or Visitors()
        self._truth = truth
        self._timers = timers
        self._chance = random.Random(f"sessions {seed}")
        self.lines = OpenLines(venue, timers)
        self._count = 0
        self._server: SocketServer | None = None
        self._accepts: dict[ServerConnection, Mapping[str, str]] = {}
        self._stopping = asyncio.Event()
        self._sockets: set[Socket] = set()
        self.watchers: list[Callable[[], None]] = []
        self.port = 0
        venue.later = timers.later
        self.hub = Hub(venue, timers)
        self.rest = Rest(
            venue, _no_session(venue), timers, lambda method: self.faults.take(method, rest=True), self._stall
        )
        self.page: Page | None = None
        self.gateway: Gateway
        self.faults: Faults

    async def start(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen, with TLS if there is a context for it."""
        if tls is not None:
            tls.sslobject_class = reluctant(lambda: self.faults.meet_tls())
        self._server = await serve(
            self._serve,
            host,
            port,
            process_request=self._process_request,
            process_response=self._process_response,
            ping_interval=None,
            compression=None,
            max_size=MAX_FRAME,
            server_header=None,
            logger=DISCREET,
            open_timeout=LONGEST_HANDSHAKE,
            create_connection=self._socket,  # type: ignore[arg-type]
            ssl=tls,
            ssl_handshake_timeout=LONGEST_TLS if tls else None,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Reset all connections and stop listening."""
        if self._server is not None:
            self._stopping.set()
            self.lines.cut_all()
            for connection in list(self._sockets):
                connection.transport.abort()  # those included that never asked for anything
            self._server.close()
            if sys.version_info >= (3, 13):
                self._server.server.abort_clients()  # those included whose handshake of TLS has not ended
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_STOP):
                    await self._server.wait_closed()

    def _socket(self, *args: Any, **options: Any) -> ServerConnection:
        return Socket(self._sockets, *args, **options)

    # --- what comes in ---------------------------------------------------------------------------------------------

    async def _process_request(self, connection: ServerConnection, request: HttpRequest) -> Response | None:
        """Decide on a request before the handshake: plain HTTP is answered here, refused handshakes too."""
        headers, page = request.headers, self.page
        led = page is not None and page.takes(request.path.partition("?")[0])  # a link to the page may stand anywhere
        refusal = self._visitors.refusal(
            headers.get_all("Host"), headers.get_all("Origin"), [] if led else headers.get_all("Sec-Fetch-Site")
        )
        if refusal:
            self._truth.counters["visitors refused"] += 1
            return connection.respond(403, f"{refusal}\n")
        try:
            url = urlsplit(request.path)
        except ValueError:
            return connection.respond(400, "Bad Request\n")
        if self.page is not None and self.page.takes(url.path):
            return self.page.answer(connection, request, url.path)
        peer = connection.remote_address
        ip = str(peer[0]) if peer else ""
        if url.path.startswith(REST_PATH):
            return await self._rest(connection, request, url.path.removeprefix(REST_PATH), url.query, ip)
        if url.path == LISTEN_TOKEN:
            return await self._rest(connection, request, url.path, url.query, ip)
        if url.path != API_PATH and _streams(url.path, {}) is None:
            return connection.respond(404, "Not Found\n")
        self._truth.attempt()
        upgrade = self.faults.meet_upgrade()
        if upgrade is not None:
            await self._stall(upgrade.stall)
            if upgrade.status != 101:
                return self._refuse(upgrade.status, upgrade.body, upgrade.headers)
            self._accepts[connection] = upgrade.headers
        refused = self._venue.limits.connect(ip, weighs=url.path == API_PATH)
        if refused is None:
            return self._unsupported(connection, url.query)
        status, wait = refused
        return self._refuse(status, "\n", {"Retry-After": str(wait)} if wait else {})

    async def _stall(self, seconds: float) -> None:
        """Wait, but not longer than the exchange lives."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    def _refuse(self, status: int, body: str, headers: Mapping[str, str]) -> Response:
        self._truth.counters[f"connects refused {status}"] += 1
        try:
            reason = http.HTTPStatus(status).phrase
        except ValueError:
            reason = "Refused"
        kind = "text/html" if body.lstrip().startswith("<") else "text/plain; charset=utf-8"
        data = body.encode()
        found = Headers({"Content-Length": str(len(data)), "Content-Type": kind, "Connection": "close"})
        for name, value in headers.items():
            found.pop(name, None)
            found[name] = value
        return Response(status, reason, found, data)

    async def _rest(
        self, connection: ServerConnection, request: HttpRequest, path: str, query: str, ip: str
    ) -> Response:
        self._truth.counters["rest requests"] += 1
        assert isinstance(connection, Socket)
        sent = Sent(
            connection.method,
            path,
            query,
            connection.body,
            request.headers.get("X-MBX-APIKEY"),
            request.headers.get("X-MBX-TIME-UNIT", "MILLISECOND"),
            ip,
            ",".join(request.headers.get_all("Accept")),
        )
        answer = self.rest.listen_token(sent) if path == LISTEN_TOKEN else await self.rest.answer(sent)
        if answer is None:
            connection.transport.abort()
            return connection.respond(503, "\n")  # the client is gone
        response = connection.respond(answer.status, answer.body)
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = answer.kind
        for name, value in answer.headers.items():
            response.headers[name] = value
        return response

    def _unsupported(self, connection: ServerConnection, query: str) -> Response | None:
        """Refuse a URL that asks for what is not spoken here: SBE, and units of time that do not exist.

        JSON beside SBE is refused as well, and every refusal is JSON (sbe_faq, "How to get an SBE response").
        """
        asked = parse_qs(query)
        body: dict[str, Any] | None = None
        formats = {each.lower() for each in asked.get("responseFormat", ())}
        if formats - {"json"} or "sbeSchemaId" in asked or "sbeSchemaVersion" in asked:
            body = {"code": -1155, "msg": "SBE is not enabled."}
        elif asked.get("timeUnit", ["MILLISECOND"])[0].upper() not in ("MILLISECOND", "MICROSECOND"):
            body = {"code": -1194, "msg": "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."}
        if body is None:
            return None
        response = connection.respond(400, encode(body))
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = JSON
        return response

    def _process_response(self, connection: ServerConnection, _request: HttpRequest, response: Response) -> None:
        """Name the connection, as the venue does."""
        for name, value in self._accepts.pop(connection, {}).items():
            response.headers.pop(name, None)
            response.headers[name] = value
        if response.status_code == 101:
            response.headers["x-mbx-uuid"] = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        if self.page is not None and urlsplit(socket.request.path).path == LIVE:
            await self._serve_page(self.page, socket)
            return
        self._count += 1
        self._truth.counters["connects"] += 1
        link = self.lines.links[self._count] = Link(self._count, socket, self._truth)
        url = urlsplit(socket.request.path)
        query = parse_qs(url.query.replace("+", "%2B"))  # a time zone in a stream name has a plus
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(link.write())]
        pace = self._venue.pace
        if pace.ping_every:
            tasks.append(loop.create_task(link.keep_alive(pace.ping_every, pace.pong_patience)))
        end = self._timers.later(pace.lifetime, lambda: link.close(1001)) if pace.lifetime else None
        try:
            if url.path == API_PATH:
                await self._serve_api(link, query)
            else:
                await self._serve_streams(link, url.path, query)
        except ConnectionClosed:
            pass
        except Exception as error:
            self._timers.crashes.append(error)
            raise
        finally:
            link.gone = True
            del self.lines.links[link.number]
            self.lines.ended.append((link.number, loop.time()))
            if end is not None:
                end()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve_page(self, page: Page, socket: ServerConnection) -> None:
        try:
            await page.serve(socket)
        except ConnectionClosed:
            pass
        except Exception as error:
            self._timers.crashes.append(error)
            raise

    async def _receive(self, link: Link, take: Callable[[str | bytes], None]) -> None:
        """Take frames until the connection is gone: most as they come, the others when their turn has come."""
        socket = link.socket
        assert isinstance(socket, Socket)

        def look(frame: str | bytes) -> None:
            self._truth.frame(link.number, "in", frame)
            for watcher in self.watchers:
                watcher()
            take(frame)

        def at_once(frame: str) -> None:
            try:
                look(frame)
            except Exception as error:
                self._timers.crashes.append(error)
                link.cut()
                raise

        socket.may_take = lambda: not link.gone and not link.deaf
        socket.on_text = at_once
        while True:
            frame = await socket.recv()
            await link.hearing()
            if link.gone:
                raise ConnectionClosedError(None, None)
            look(frame)
            socket.taken()

    async def _serve_api(self, link: Link, query: dict[str, list[str]]) -> None:
        session = Session(
            link.number,
            str(link.socket.remote_address[0]),
            self._venue.clock,
            self._chance,
            link.send,
            link.cut,
            link.close,
            self.faults.meet_event,
            link.send_pieces,
            link.send_raw,
            rules=lambda: self._venue.limits.rules,
            unit=_unit(query),
            return_rate_limits=query.get("returnRateLimits", ["true"])[0].lower() != "false",
        )
        self.lines.api_sessions[link.number] = self.gateway.sessions[link.number] = session
        try:
            await self._receive(link, lambda frame: self.gateway.receive(session, frame))
        finally:
            session.leave()
            del self.lines.api_sessions[link.number], self.gateway.sessions[link.number]

    async def _serve_streams(self, link: Link, path: str, query: dict[str, list[str]]) -> None:
        client = StreamClient(
            self.hub,
            self._venue.clock,
            link.send,
            link.close,
            combined=path in COMBINED,
            unit=_unit(query),
        )
        self.lines.stream_clients[link.number] = client
        if isinstance(link.socket, Socket):
            link.socket.on_control = client.count
        client.begin(_streams(path, query) or ())
        try:
            await self._receive(link, client.receive)
        finally:
            del self.lines.stream_clients[link.number]
            client.leave()


def _unit(query: dict[str, list[str]]) -> int:
    return 1 if query.get("timeUnit", [""])[0].upper() == "MICROSECOND" else 1000


def _streams(path: str, query: dict[str, list[str]]) -> list[str] | None:
    """Return the streams a URL names; None if it is not one of the market streams."""
    if path in COMBINED:
        return [name for name in query.get("streams", [""])[0].split("/") if name]
    if path == "/ws" or path.startswith("/ws/"):
        return [name for name in unquote(path)[4:].split("/") if name]
    return None


def _no_session(venue: Venue) -> Session:
    """Return the session that REST requests run in: it has no connection, no key and no subscription."""
    return Session(
        0,
        "127.0.0.1",
        venue.clock,
        random.Random(0),
        lambda _: None,
        lambda: None,
        lambda _: None,
        lambda row: [row],
        lambda _frame, _pieces: None,
        lambda _: None,
    )
