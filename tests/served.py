"""A local exchange in a thread of its own, for tests that wait in theirs: of the blocking client and the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from binance_wsapi import Ed25519Key
from binance_wsapi.blocking import SpotClient
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.simulator import LocalExchange

T = TypeVar("T")


class Served:
    """A running exchange, and the way to it from this thread.

    Args:
        arguments: of the `LocalExchange`.

    Attributes:
        key: registered there for the account `alice`.
    """

    def __init__(self, **arguments: Any) -> None:
        self._thread = LoopThread()
        self._thread.start()
        self._exchange = LocalExchange(**{"market": "manual", "lag": (0.0, 0.0), **arguments})
        self._private = Ed25519PrivateKey.generate()
        self.key = Ed25519Key("served" + "k" * 58, self._private)
        self._exchange.register_key(self.key.api_key, "ed25519", public_pem=self.key.public_pem())
        self._thread.run(self._exchange.__aenter__())
        self.url = self._exchange.url

    def do(self, act: Callable[[LocalExchange], T]) -> T:
        """Do something with the exchange, on its own loop."""
        return self._thread.read(lambda: act(self._exchange))

    def quote(self, bid: str, ask: str, size: str = "5") -> None:
        """Put orders of others into the book of BTCUSDT."""
        self.do(lambda exchange: exchange.quote("BTCUSDT", bids=[(bid, size)], asks=[(ask, size)]))

    def client(self, **options: Any) -> SpotClient:
        """Return a blocking client, not started."""
        return SpotClient.local(self.key, url=self.url, **options)

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the variables that describe the exchange and the key, which is written into the folder."""
        pem = folder / "key.pem"
        pem.touch(0o600)
        pem.write_bytes(self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return {
            "BINANCE_ENVIRONMENT": self.url,
            "BINANCE_API_KEY": self.key.api_key,
            "BINANCE_PRIVATE_KEY_FILE": str(pem),
        }

    def close(self) -> None:
        self._thread.stop(self._exchange.__aexit__(None, None, None))
