"""A small market maker: one bid and one ask around the middle, moved with the market, leaning against what it holds.

    python examples/market_maker.py             against a local exchange; its connection is cut on the way
    python examples/market_maker.py testnet     with the key that the environment names

It shows how a bot lives with lost replies: ``on_unknown="cancel"`` makes every call end in a plain yes or no, and sees to
it that an order whose reply was lost does not stay open unseen. It is an example, not a way to earn money.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from binance_wsapi import (
    CancelRejected,
    Ed25519Key,
    NotPlaced,
    NotSent,
    OrderNotFound,
    OrderRejected,
    Settings,
    Side,
    SpotClient,
    WsapiError,
    load_from_env,
)
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import Cut, LocalExchange
from binance_wsapi.user_data import UserDataEvents

SYMBOL = "BTCUSDT"
TICK = Decimal("0.01")
SIZE = Decimal("0.002")
SPREAD = Decimal("0.0002")  # of the price, to either side
LEAN = Decimal("0.00005")  # of the price, per order held too much
MOVE = Decimal("0.00005")  # of the price: a quote that is off by less is left where it is
SETTINGS = Settings(recv_window=1000)  # the shorter, the sooner the fate of an order is certain
MOST = 5  # orders' worth held before one side stops


@dataclass
class MarketMaker:
    """The bot: what it quotes, and what it has come to hold."""

    client: SpotClient
    quotes: dict[Side, tuple[str, Decimal]] = field(default_factory=dict)  # client order id and price
    held: Decimal = Decimal(0)
    fills: int = 0

    async def listen(self, events: UserDataEvents) -> None:
        """Count every fill, of any order: replies can be lost, fills are what counts."""
        async for event in events:
            if not isinstance(event, ExecutionReport) or event.symbol != SYMBOL:
                continue
            if event.execution_type == "TRADE":
                self.held += event.last_qty if event.side == Side.BUY else -event.last_qty
                self.fills += 1
            if event.is_final:
                side = Side(event.side)
                if self.quotes.get(side, ("",))[0] == event.client_order_id:
                    del self.quotes[side]

    async def run(self, rounds: int, pause: float) -> None:
        """Look at the market and move the quotes, so many times."""
        for _ in range(rounds):
            try:
                top = await self.client.ticker_book(SYMBOL)
                middle = (top.bid_price + top.ask_price) / 2
                lean = middle * LEAN * self.held / SIZE
                await asyncio.gather(
                    self.quote(Side.BUY, (middle * (1 - SPREAD) - lean).quantize(TICK, ROUND_DOWN)),
                    self.quote(Side.SELL, (middle * (1 + SPREAD) - lean).quantize(TICK, ROUND_UP)),
                )
            except NotSent as error:  # nothing happened: look again in the next round
                print(f"  {type(error).__name__}: {error}")
            await asyncio.sleep(pause)

    async def quote(self, side: Side, price: Decimal) -> None:
        """Have one order at about this price."""
        at = self.quotes.get(side)
        if at is not None:
            if abs(at[1] - price) < price * MOVE:
                return
            await self.withdraw(side)
        if (self.held if side is Side.BUY else -self.held) >= MOST * SIZE:
            return
        try:
            order = await self.client.place_order(SYMBOL, side, "LIMIT_MAKER", quantity=SIZE, price=price)
        except OrderRejected:
            return  # the market moved through the price: it would have taken
        except NotPlaced as error:
            print(f"  the reply was lost; the order was not executed and cannot be any more ({error.method})")
            return
        self.quotes[side] = (order.client_order_id, price)

    async def withdraw(self, side: Side) -> None:
        """Take the order of one side away, if it is still there."""
        client_order_id, _ = self.quotes.pop(side)
        try:
            await self.client.cancel_order(SYMBOL, orig_client_order_id=client_order_id)
        except (CancelRejected, OrderNotFound, NotPlaced):
            pass  # filled in the meantime: the events say how much
        except NotSent:
            self.quotes[side] = (client_order_id, Decimal(0))  # still there: the next round withdraws it
            raise


async def trade(client: SpotClient, rounds: int, pause: float) -> MarketMaker:
    """Make a market for so many rounds, then take everything away."""
    bot = MarketMaker(client)
    async with client.user_data() as events:
        listening = asyncio.create_task(bot.listen(events))
        await bot.run(rounds, pause)
        with contextlib.suppress(CancelRejected):  # nothing was open
            await client.cancel_open_orders(SYMBOL)
        await asyncio.sleep(pause)  # what filled at the last moment is on its way
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    print(f"{bot.fills} fills, holding {bot.held:+f} {SYMBOL}")
    return bot


async def local() -> None:
    """Make a market on the local exchange, have replies cut off, and compare with its truth."""
    key = Ed25519Key.generate(api_key="marketMaker" + "0" * 53)
    async with LocalExchange(seed=11) as exchange:
        exchange.register_key(key.api_key, kind="ed25519", public_pem=key.public_pem(), account="alice")
        async with SpotClient.local(key, SETTINGS, url=exchange.url, on_unknown="cancel") as client:
            print("The reply to the first order is cut off. It takes some seconds until its fate is certain.")
            exchange.faults.next(Cut(after_execution=True), method="order.place")
            bot = await trade(client, rounds=60, pause=0.1)
        orders = exchange.truth.all_orders()
        true = sum(
            (order.executed_quantity if order.side == "BUY" else -order.executed_quantity for order in orders),
            Decimal(0),
        )
        left = [order for order in orders if order.is_open]
        if left or true != bot.held:
            sys.exit(f"the bot believes it holds {bot.held:+f}, the exchange says {true:+f}; open: {left}")
        print("The exchange agrees, and nothing is left open.")


async def testnet() -> None:
    """Make a market on the testnet until interrupted."""
    async with SpotClient.testnet(load_from_env(), SETTINGS, on_unknown="cancel") as client:
        await trade(client, rounds=10**9, pause=1.0)


async def main() -> None:
    await (testnet() if sys.argv[1:] == ["testnet"] else local())


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except WsapiError as error:
        sys.exit(f"{type(error).__name__}: {error}")
