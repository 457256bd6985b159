"""The local exchange as the documentation's examples need it: their symbols, their orders, one account that asks.

Requests go over a real socket, signed anew; see `Stage.example`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from binance_wsapi.simulator import LISTINGS, Listing, LocalExchange, listing
from tests.simulator.desk import Raw, add_ed25519_key, add_hmac_key, log_on

__all__ = ["LIMIT", "LISTED", "Stage", "stage"]

TIGHT = {
    "ruleType": "PRICE_RANGE",
    "bidLimitMultUp": "1.0001",
    "bidLimitMultDown": "0.9999",
    "askLimitMultUp": "1.0001",
    "askLimitMultDown": "0.9999",
}


def _guarded(base: str, price: str, tick: str, **reference_price: Any) -> Listing:
    return listing(base, "USD", price, tick, "1", rules=[TIGHT], reference_price=reference_price)


LISTED: tuple[Listing, ...] = (
    *LISTINGS,
    listing("BNB", "BTC", "0.0137", "0.000001", "0.001", least="0.0001"),
    listing("LTC", "BNB", "1.5", "0.00000001", "0.001", least="0.0001"),
    listing("123456", "USDT", "0.1", "0.0001", "0.01", least="0.0001", symbol="１２３４５６"),
    _guarded("BAZ", "0.005", "0.000001", calculationType="ARITHMETIC_MEAN", bucketCount=10, bucketWidthMs=1000),
    _guarded("EXT", "1", "0.01", calculationType="EXTERNAL", externalCalculationId=42),
)
"""What the documentation's examples trade, besides what the exchange lists by itself."""

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "61000",
    "quantity": "0.1",
}
"""An order that rests."""


class Stage(Raw):
    """A logged-on connection of `alice`, who owns enough of everything."""

    def sign_ahead(self, params: dict[str, Any]) -> dict[str, Any]:
        """Sign with a timestamp 900 ms ahead, which the venue allows: so the shortest recvWindow lasts for a second."""
        own = {name: value for name, value in params.items() if name not in ("apiKey", "signature", "timestamp")}
        return self.sign({**own, "timestamp": self.exchange.clock.now_ms() + 900})

    async def example(self, request: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Send a documented request: its id, method and parameters, signed anew if it is signed.

        Args:
            changes: parameters that name what is on this exchange, such as order ids.
        """
        params = request.get("params")
        if params is not None:
            params = {**params, **changes}
            if "apiKey" in params or "timestamp" in params or "signature" in params:
                params = self.sign_ahead(params)
        identity = request["id"]
        answer = await self.ask(request["method"], params, id=identity)
        assert type(answer["id"]) is type(identity)
        return answer

    async def must(self, method: str, **params: Any) -> Any:
        """Send a signed request and return its result."""
        answer = await self.signed(method, **params)
        assert answer["status"] == 200, answer
        return answer["result"]

    async def place(self, **changes: Any) -> Any:
        """Place a resting order, or what the changes make of it."""
        return await self.must("order.place", **{**LIMIT, **changes})


@asynccontextmanager
async def stage(*, quoted: bool = True, query: str = "", **options: Any) -> AsyncIterator[Stage]:
    """Run an exchange with the documentation's symbols and connect to it.

    Args:
        query: of the connection's URL.
        quoted: books have prices on both sides, and BTCUSDT, BNBBTC and BNBUSDT have traded.
    """
    options = {"market": "manual", "lag": (0, 0), "listings": LISTED, **options}
    async with LocalExchange(**options) as exchange, Stage(exchange, url=f"{exchange.url}{query}") as raw:
        add_hmac_key(exchange)
        await log_on(raw, add_ed25519_key(exchange))
        for asset, amount in (("LTC", "10000"), ("123456", "1000000"), ("BAZ", "1000000"), ("USD", "1000000")):
            exchange.deposit("alice", asset, amount)
        exchange.set_account(max_assets={"USDT": "9000000"})
        if quoted:
            for symbol, bid, ask in (
                ("BTCUSDT", "59999", "60001"),
                ("BTCUSDC", "59999", "60001"),
                ("BNBUSDT", "599", "601"),
                ("BNBBTC", "0.0136", "0.0138"),
                ("LTCBNB", "1.49", "1.51"),
            ):
                exchange.quote(symbol, bids=[(bid, "5")], asks=[(ask, "5"), (ask, "5")])
            for symbol, quantity, price in (
                ("BTCUSDT", "0.1", "60001"),
                ("BNBBTC", "1", "0.0138"),
                ("BNBUSDT", "0.1", "601"),
            ):
                await raw.place(symbol=symbol, side="BUY", quantity=quantity, price=price)
        raw.events.clear()
        yield raw
