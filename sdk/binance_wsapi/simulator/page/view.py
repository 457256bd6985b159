"""What the page shows: the exchange at a moment, as JSON values for one symbol and one account.

Nothing here changes the exchange. Frames pass through `redact`; API keys are shown by the account they act for.
"""

from __future__ import annotations

import base64
import itertools
from typing import Any

from binance_wsapi.simulator.engine import Order, show
from binance_wsapi.simulator.faults.faults import Faults
from binance_wsapi.simulator.lines import OpenLines
from binance_wsapi.simulator.net.link import Link
from binance_wsapi.simulator.record.transcript import redact
from binance_wsapi.simulator.record.truth import Frame, Truth
from binance_wsapi.simulator.venue.candles import INTERVALS
from binance_wsapi.simulator.venue.venue import Venue

__all__ = ["View"]

LEVELS = 15
DEEPEST = 200
"""Levels of each side in the chart of depth."""
MOST_TRADES = 1000
MOST_FILLS = 50
MOST_FRAMES = 100
"""Frames in one update: more pass than a person can read."""
CANDLES = 120
FRESH_CANDLES = 5
"""Candles in an update after the first: the last ones alone change."""
LONGEST_FRAME = 4000
"""Characters of a frame that are shown."""


class View:
    """One browser's view.

    Attributes:
        symbol: what the book, the trades and the charts are of.
        account: whose balances, orders and fills are shown.
        interval: of the candles, "" for none.
    """

    def __init__(self, venue: Venue, truth: Truth, lines: OpenLines, faults: Faults) -> None:
        self._venue = venue
        self._truth = truth
        self._lines = lines
        self._faults = faults
        self.symbol = next(iter(venue.listings), "")
        self.account = "alice"
        self.interval = ""
        self._candles_of = ("", "")
        self._next_trade = 0
        self._frames_seen = max(0, self._frames - MOST_FRAMES)
        self._seen_until = truth.now()

    @property
    def _frames(self) -> int:
        return self._truth.counters["frames in"] + self._truth.counters["frames out"]

    def look_at(self, symbol: str | None = None, account: str | None = None, interval: str | None = None) -> None:
        """Look at another symbol or account, or at candles; a name that there is not changes nothing."""
        if symbol in self._venue.listings and symbol != self.symbol:
            self.symbol, self._next_trade = symbol, 0
        if account in self._venue.accounts:
            self.account = account
        if interval == "" or interval in INTERVALS:
            self.interval, self._candles_of = interval, ("", "")

    def now(self) -> dict[str, Any]:
        """Return the present moment; trades, frames and faults are those since the last one."""
        venue = self._venue
        number = venue.accounts[self.account]
        return {
            "time": venue.clock.now_ms(),
            "at": round(venue.clock.loop_time(), 4),
            "symbol": self.symbol,
            "symbols": list(venue.listings),
            "status": venue.engine.status(self.symbol) if self.symbol else "",
            **(market := self._market()),
            "candles": self._candles(anew=market["fresh"]),
            "account": self.account,
            "accounts": [name for name, each in venue.accounts.items() if each not in venue.own_accounts],
            "balances": [
                [asset, show(free), show(locked)]
                for asset, (free, locked) in venue.engine.balances(number).items()
                if free or locked
            ],
            "orders": [_order(each) for each in venue.engine.open_orders(number)],
            "fills": self._fills(),
            "clients": self._clients(),
            "limits": self._limits(number),
            "frames": self._new_frames(),
            **self._new_faults(),
        }

    def _market(self) -> dict[str, Any]:
        if not self.symbol:
            return {"fresh": True, "bids": [], "asks": [], "trades": []}
        _, bids, asks = self._venue.engine.depth(self.symbol, DEEPEST)
        trades = self._venue.tape[self.symbol].trades
        if trades and trades[-1].trade_id < self._next_trade - 1:
            self._next_trade = 0  # the exchange was reset
        new = self._venue.tape[self.symbol].from_id(self._next_trade, len(trades))[-MOST_TRADES:]
        fresh, self._next_trade = self._next_trade == 0, trades[-1].trade_id + 1 if trades else 0
        return {
            "fresh": fresh,
            "bids": [[show(price), show(quantity)] for price, quantity in bids],
            "asks": [[show(price), show(quantity)] for price, quantity in asks],
            "trades": [
                [each.trade_id, show(each.price), show(each.quantity), each.time // 1000, each.is_buyer_maker]
                for each in new
            ],
        }

    def _candles(self, *, anew: bool) -> dict[str, Any]:
        """Return the candles of the chart: all of them at first, then the last ones."""
        if not self.symbol or not self.interval:
            return {"interval": "", "fresh": True, "rows": []}
        anew = anew or self._candles_of != (self.symbol, self.interval)
        self._candles_of = (self.symbol, self.interval)
        candles = self._venue.tape[self.symbol].candles
        count = CANDLES if anew else FRESH_CANDLES
        found = candles.klines(INTERVALS[self.interval], self._venue.clock.engine_us(), None, None, count)
        return {
            "interval": self.interval,
            "fresh": anew,
            "rows": [
                [each.start // 1_000_000, *(show(price) for price in (each.open, each.high, each.low, each.close))]
                for each in found
            ],
        }

    def _fills(self) -> list[Any]:
        found = (each for each in reversed(self._truth.trades) if each.account == self.account)
        orders = self._truth.orders
        return [
            [each.time_us // 1000, each.symbol, orders[each.original_id][-1].side, f"{each.price:f}",
             f"{each.quantity:f}", f"{each.commission:f} {each.commission_asset or ''}", each.original_id]
            for each in itertools.islice(found, MOST_FILLS)
        ]  # fmt: skip

    def _clients(self) -> list[dict[str, Any]]:
        return [self._client(link) for link in self._lines.links.values()]

    def _client(self, link: Link) -> dict[str, Any]:
        now = self._truth.now()
        row: dict[str, Any] = {"number": link.number, "age": round(now - link.since, 3), "deaf": link.deaf}
        row["ip"] = str(link.socket.remote_address[0])
        session = self._lines.api_sessions.get(link.number)
        stream = self._lines.stream_clients.get(link.number)
        if session is not None:
            names = [self._venue.names[each.account] for each in session.subscriptions.values()]
            row |= {
                "kind": "WebSocket API",
                "account": session.key.account if session.key else None,
                "subscriptions": [f"user data of {name}" for name in names],
            }
        elif stream is not None:
            row |= {"kind": "streams", "account": None, "subscriptions": list(stream.names)}
        else:
            row |= {"kind": "opening", "account": None, "subscriptions": []}
        return row

    def _limits(self, account: int) -> list[dict[str, Any]]:
        limits = self._venue.limits
        addresses = {str(link.socket.remote_address[0]) for link in self._lines.links.values()} or {"127.0.0.1"}
        rows = [{"what": f"request weight of {ip}", **row} for ip in sorted(addresses) for row in limits.rows(ip, None)]
        rows += [{"what": f"orders of {self.account}", **row} for row in limits.order_rows(account)]
        banned = [{"what": f"{ip} is banned", "seconds": left} for ip, left in limits.bans()]
        return [*rows, *banned]

    def _new_frames(self) -> list[Any]:
        total, self._frames_seen = self._frames, min(self._frames_seen, self._frames)
        new = min(total - self._frames_seen, MOST_FRAMES)
        self._frames_seen = total
        newest = list(itertools.islice(reversed(self._truth.frames), new))
        return [_frame(each) for each in reversed(newest)]

    def _new_faults(self) -> dict[str, Any]:
        faults, since = self._faults, self._seen_until
        self._seen_until = self._truth.now()
        return {
            "waiting": faults.waiting,
            "met": [
                [round(at, 4), method, type(action).__name__.lower()] for at, method, action in faults.met if at > since
            ],
            "ended": [[number, round(at, 4)] for number, at in self._lines.ended if at > since],
            "spell": faults.told(),
        }


def _order(order: Order) -> list[Any]:
    return [
        order.order_id, order.symbol, order.side, order.type, show(order.price), show(order.quantity),
        show(order.executed_qty), order.status, order.client_order_id,
    ]  # fmt: skip


def _frame(frame: Frame) -> list[Any]:
    if isinstance(frame.data, str):
        text = redact(frame.data)
    else:
        text = f"({len(frame.data)} bytes) {base64.b64encode(frame.data[:LONGEST_FRAME]).decode()}"
    cut = text if len(text) <= LONGEST_FRAME else f"{text[:LONGEST_FRAME]}… ({len(text)} characters)"
    return [frame.connection, frame.direction, round(frame.time, 4), cut]
