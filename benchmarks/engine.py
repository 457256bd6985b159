"""How fast the matching engine of the local exchange is by itself, without sockets, JSON or signatures.

Run it with `python -m benchmarks.engine` from the top folder, or as a script. Each line is the best of three rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from binance_wsapi.simulator.engine import (
    CommissionRates,
    Engine,
    LotSize,
    MinNotional,
    OrderRequest,
    OrderType,
    PercentPriceBySide,
    PriceFilter,
    Rates,
    Side,
    SymbolSpec,
    TimeInForce,
    parse,
)

ORDERS = 20_000
FILTERS = (
    PriceFilter(parse("0.01"), parse("1000000"), parse("0.01")),
    LotSize(parse("0.00001"), parse("9000"), parse("0.00001")),
    MinNotional(parse("5"), True, 5),
    PercentPriceBySide(parse("5"), parse("0.2"), parse("5"), parse("0.2"), 5),
)


def _engine() -> tuple[Engine, list[int]]:
    """An engine with two rich accounts that pay commission, and a sink that counts events."""
    events = [0]

    def sink(_event: object) -> None:
        events[0] += 1

    engine = Engine([SymbolSpec("BTCUSDT", "BTC", "USDT", filters=FILTERS)], sink)
    rates = CommissionRates(standard=Rates(100_000, 100_000))
    for account_id in (1, 2):
        engine.open_account(account_id, {"BTC": 10**16, "USDT": 10**20}, rates=rates)
    return engine, events


def _limit(side: Side, quantity: int, price: int) -> OrderRequest:
    return OrderRequest("BTCUSDT", side, OrderType.LIMIT, quantity, price, TimeInForce.GTC)


def rest_and_cancel(engine: Engine) -> None:
    """Half the commands place a resting order on one of 200 levels, the other half cancel one."""
    price, unit = parse("50000"), parse("0.001")
    for n in range(ORDERS // 2):
        order = engine.place(1, _limit(Side.BUY, unit, price - (n * 7 % 200) * 10**8), n).order
        engine.cancel(1, "BTCUSDT", n, order_id=order.order_id)


def rest(engine: Engine) -> None:
    """Every command places a resting order on one of 200 levels."""
    price, unit = parse("50000"), parse("0.001")
    for n in range(ORDERS):
        engine.place(1, _limit(Side.BUY, unit, price - (n * 7 % 200) * 10**8), n)


def match(engine: Engine) -> None:
    """A maker, then a taker that fills it: one trade for every two orders."""
    price, unit = parse("50000"), parse("0.001")
    for n in range(ORDERS // 2):
        engine.place(1, _limit(Side.SELL, unit, price), n)
        engine.place(2, _limit(Side.BUY, unit, price), n)


def sweep(engine: Engine) -> None:
    """Ten makers on ten levels, then one market order through all of them."""
    price, unit = parse("50000"), parse("0.001")
    for n in range(ORDERS // 11):
        for level in range(10):
            engine.place(1, _limit(Side.SELL, unit, price + level * 10**8), n)
        engine.place(2, OrderRequest("BTCUSDT", Side.BUY, OrderType.MARKET, 10 * unit), n)


def _best(scene: Callable[[Engine], None]) -> tuple[float, int]:
    best, count = float("inf"), 0
    for _ in range(3):
        engine, events = _engine()
        start = time.perf_counter()
        scene(engine)
        best = min(best, time.perf_counter() - start)
        count = events[0]
    return best, count


def main() -> None:
    """Print commands per second, microseconds per command and events per command of each scene."""
    print(f"{'scene':<18}{'commands/s':>12}{'us/command':>12}{'events/command':>16}")
    for scene in (rest, rest_and_cancel, match, sweep):
        seconds, events = _best(scene)
        print(f"{scene.__name__:<18}{ORDERS / seconds:>12,.0f}{seconds / ORDERS * 1e6:>12.1f}{events / ORDERS:>16.1f}")


if __name__ == "__main__":
    main()
