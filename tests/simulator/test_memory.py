"""What a long-running exchange holds: no container in it grows with what has happened."""

from __future__ import annotations

import gc
import types
from collections import Counter, deque
from typing import Any

import pytest

from binance_wsapi.simulator import Cut, LimitRules, LocalExchange, Refuse
from binance_wsapi.simulator.archive import Archive
from binance_wsapi.simulator.engine import TradeEvent
from binance_wsapi.simulator.faults import faults as faults_module
from binance_wsapi.simulator.record import truth as truth_module
from binance_wsapi.simulator.venue import candles, history, prevented, trade_tape
from binance_wsapi.simulator.venue.candles import INTERVALS, CandleBook
from binance_wsapi.simulator.venue.past import DAY, MINUTE, SECOND
from binance_wsapi.simulator.venue.trade_tape import SymbolTape
from tests.simulator.desk import Raw, add_hmac_key

NO_LIMITS = LimitRules(
    weight_per_minute=10**9, orders_per_10_seconds=10**9, orders_per_day=10**9, connects_per_5_minutes=10**9
)
BOUNDS = [
    (candles, "KEPT_SECONDS"), (candles, "KEPT_MINUTES"), (trade_tape, "KEPT"), (trade_tape, "KEPT_BLOCKS"),
    (history, "BATCH"), (prevented, "BATCH"), (truth_module, "BATCH"), (truth_module, "MOST_EVENTS"),
    (faults_module, "MOST_USED"),
]  # fmt: skip
"""Every figure that bounds what is in memory."""
FEW = 10


def trade(number: int, time: int) -> TradeEvent:
    return TradeEvent("X", number, 100 + number % 7, 1, 100, time, 2 * number, 2 * number + 1, 1, 2, False)


def held(root: object) -> Counter[str]:
    """Count what the containers below an object hold, by the type of their owner."""
    found: Counter[str] = Counter()
    seen: set[int] = set()
    waiting: deque[tuple[object, str]] = deque([(root, "")])
    while waiting:
        each, owner = waiting.popleft()
        if id(each) in seen or isinstance(each, type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(each))
        if isinstance(each, dict | list | set | deque | tuple):
            found[f"{owner} {type(each).__name__}"] += len(each)
        elif type(each).__module__.startswith("binance_wsapi.simulator"):
            owner = type(each).__qualname__
            found[owner] += 1
        elif not isinstance(each, types.MethodType):
            continue
        waiting.extend((part, owner) for part in gc.get_referents(each))
    return found


async def one_round(exchange: LocalExchange, raw: Raw, number: int) -> None:
    """Let each thing happen that leaves a trace."""
    exchange.clock.step(61)
    exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
    order = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.01"}
    rest = {"type": "LIMIT", "timeInForce": "GTC", "price": "50000", "newClientOrderId": f"rest{number}"}
    await raw.signed("order.place", **order, **rest)
    await raw.signed("order.amend.keepPriority", symbol="BTCUSDT", origClientOrderId=f"rest{number}", newQty="0.005")
    await raw.signed("order.place", symbol="BTCUSDT", side="SELL", type="LIMIT", timeInForce="GTC", price="50000", quantity="2",
                     selfTradePreventionMode="EXPIRE_BOTH")  # fmt: skip
    await raw.signed("order.place", **order, type="MARKET")
    await raw.signed("orderList.place.oco", symbol="BTCUSDT", side="SELL", quantity="0.01", aboveType="LIMIT_MAKER",
                     abovePrice="70000", belowType="STOP_LOSS", belowStopPrice="40000")  # fmt: skip
    await raw.signed("openOrders.cancelAll", symbol="BTCUSDT")
    exchange.block_trade("BTCUSDT", "60000", "1")
    exchange.faults.next(Refuse(503, -1001, "busy"), "order.place")
    assert (await raw.signed("order.place", **order, type="MARKET"))["status"] == 503
    token = exchange._venue.tokens.create("alice:margin", exchange.clock.now_us(), 1_000).token
    await raw.ask("userDataStream.subscribe.listenToken", {"listenToken": token})
    if number % 5 == 0:
        names = f"btcusdt@trade/btcusdt@kline_1m/ethusdt@kline_{('1s', '5m')[number % 2]}"
        async with Raw(exchange, url=f"{exchange.streams_url}/stream?streams={names}"):
            await raw.get("ping")
        exchange.faults.next(Cut(after_execution=False), "ping")


async def test_what_an_exchange_holds_does_not_grow_with_what_has_happened(
    monkeypatch: pytest.MonkeyPatch, no_log: None
) -> None:
    for module, name in BOUNDS:
        monkeypatch.setattr(module, name, FEW)
    rules = {"limits": NO_LIMITS, "keep_orders": FEW, "keep_frames": FEW, "ping_every": 0.0}
    async with LocalExchange(market="manual", **rules) as exchange:  # type: ignore[arg-type]
        monkeypatch.setattr(exchange.faults, "met", deque(maxlen=FEW))
        monkeypatch.setattr(exchange._server.lines, "ended", deque(maxlen=FEW))
        add_hmac_key(exchange)
        sizes = []
        async with Raw(exchange) as raw:
            for number in range(120):
                await one_round(exchange, raw, number)
                raw.events.clear()
                exchange.faults.clear()
                exchange.deposit("alice", "BTC", "3")
                if number >= 40 and number % 2 == 0:
                    sizes.append(held([exchange, exchange._venue, exchange._server]))
    early, late = sizes[:20], sizes[20:]
    grown = {
        name: (max(each[name] for each in early), most)
        for name in {name for each in sizes for name in each}
        if (most := max(each[name] for each in late)) > max(each[name] for each in early) + FEW // 2
    }
    assert not grown, "more was held later than at first"
    assert max(sum(each.values()) for each in late) < 6_000


def test_trades_and_candles_are_bounded_and_older_candles_answer_from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = CandleBook()
    for module, name in BOUNDS[:4]:
        monkeypatch.setattr(module, name, FEW)
    tape = SymbolTape(None, Archive())
    start = 20 * DAY
    for number in range(1000):
        event = trade(number, start + number * 17 * SECOND)
        whole.trade(event)
        tape.trade(event)
    kept: list[Any] = [tape.trades, tape.aggregates, tape.candles._seconds._recent, tape.candles._minutes._recent]
    assert all(FEW <= len(each) <= 2 * FEW for each in kept), [len(each) for each in kept]
    now = start + 1000 * 17 * SECOND
    for name in ("1s", "1m", "15m", "1h", "1d"):
        for opens in (None, start, start + 100 * MINUTE):
            asked = (INTERVALS[name], now, opens, None, 500)
            assert tape.candles.klines(*asked) == whole.klines(*asked)
    assert len(whole.klines(INTERVALS["1s"], now, start, None, 500)) == 500
    for opens in (start, start + 33 * MINUTE, now - 2 * MINUTE):
        assert tape.candles.window(opens, now) == whole.window(opens, now) is not None
        assert tape.candles.close_before(opens) == whole.close_before(opens)
    tape.forget()
    assert tape.candles.klines(INTERVALS["1m"], now, None, None, 5) == []


async def test_block_trades_of_long_ago_are_answered_from_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trade_tape, "KEPT_BLOCKS", FEW)
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        for number in range(5 * FEW):
            exchange.block_trade("BTCUSDT", 60_000 + number, "1", buyer_is_maker=bool(number % 2))
        rows = await raw.get("blockTrades.historical", {"symbol": "BTCUSDT", "fromId": 3, "limit": 40})
        assert [row["id"] for row in rows] == list(range(3, 43))
        assert [row["price"] for row in rows] == [f"{60_003 + each}.00000000" for each in range(40)]
        assert [row["isBuyerMaker"] for row in rows[:2]] == [True, False]
