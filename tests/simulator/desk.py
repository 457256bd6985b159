"""A raw WebSocket client for the tests: no line of the project's own client in it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.asyncio.client import ClientConnection, connect

from binance_wsapi.simulator import LocalExchange

SECRET = "kein Geheimnis"


class Raw:
    """One connection: asks by id, keeps what comes unasked."""

    def __init__(self, exchange: LocalExchange, *, url: str | None = None) -> None:
        self.exchange = exchange
        self.url = url or exchange.url
        self.events: list[dict[str, Any]] = []
        self.socket: ClientConnection
        self._next = 0

    async def __aenter__(self) -> Self:
        self.socket = await connect(self.url, ping_interval=None, compression=None, proxy=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def receive(self) -> Any:
        async with asyncio.timeout(30):
            return json.loads(await self.socket.recv())

    async def send(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> Any:
        self._next += 1
        request: dict[str, Any] = {"id": self._next, "method": method, **more}
        if params is not None:
            request["params"] = params
        await self.socket.send(json.dumps(request))
        return request["id"]

    async def ask(self, method: str, params: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Send a request and return its whole answer."""
        identity = await self.send(method, params, **more)
        while True:
            frame: dict[str, Any] = await self.receive()
            if "event" in frame:
                self.events.append(frame["event"])
            elif frame["id"] == identity:
                return frame
            else:
                raise AssertionError(f"answer to no request: {frame}")

    async def get(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Send a request and return its result."""
        answer = await self.ask(method, params)
        assert answer["status"] == 200, answer
        return answer["result"]

    async def signed(self, method: str, secret: str = SECRET, api_key: str = "hmac", **params: Any) -> dict[str, Any]:
        """Send a request signed with an HMAC key."""
        return await self.ask(method, self.sign(params, secret, api_key))

    def sign(self, params: dict[str, Any], secret: str = SECRET, api_key: str = "hmac") -> dict[str, Any]:
        full = {"apiKey": api_key, "timestamp": self.exchange.clock.now_ms(), **params}
        text = "&".join(f"{name}={full[name]}" for name in sorted(full))
        return {**full, "signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}

    async def event(self, kind: str) -> dict[str, Any]:
        """Return the next event of a kind; it leaves the others where they are."""
        while True:
            for index, event in enumerate(self.events):
                if event["e"] == kind:
                    return self.events.pop(index)
            frame = await self.receive()
            assert "event" in frame, frame
            self.events.append(frame["event"])


def add_hmac_key(exchange: LocalExchange, *, api_key: str = "hmac", account: str = "alice") -> None:
    exchange.register_key(api_key, "hmac", secret=SECRET, account=account)


def add_ed25519_key(exchange: LocalExchange, *, api_key: str = "ed", account: str = "alice") -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    exchange.register_key(api_key, "ed25519", public_pem=pem, account=account)
    return key


async def log_on(raw: Raw, key: Ed25519PrivateKey, api_key: str = "ed") -> dict[str, Any]:
    params = {"apiKey": api_key, "timestamp": raw.exchange.clock.now_ms()}
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    signature = base64.b64encode(key.sign(text.encode())).decode()
    return await raw.ask("session.logon", {**params, "signature": signature})
