"""A request that misses what the documentation says it needs, or names what cannot be, is told before it is sent."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from binance_wsapi import BadRequest, UsageError, VenueError
from binance_wsapi.models import Interval
from tests.client.test_words_of_orders import OCO, ORDER, OTO, OTOCO
from tests.simulation.house import SYMBOL, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run

INTERVALS = "1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, 3d, 1w, 1M"
PAIR = "symbol must be a trading pair in capitals and without a separator, as 'BTCUSDT', got "
STOP = {
    "symbol": SYMBOL,
    "side": "SELL",
    "type": "STOP_LOSS_LIMIT",
    "quantity": "1",
    "price": "1",
    "time_in_force": "GTC",
}
MARKET = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET"}


def without(order: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an order that misses arguments."""
    return {name: value for name, value in order.items() if name not in names}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("place_order", {**ORDER, "symbol": "btcusdt"}, PAIR + "'btcusdt': did you mean 'BTCUSDT'?"),
    ("place_order", {**ORDER, "symbol": "BTC/USDT"}, PAIR + "'BTC/USDT': did you mean 'BTCUSDT'?"),
    ("place_order", {**ORDER, "symbol": "BTC/USDT:USDT"}, PAIR + "'BTC/USDT:USDT': did you mean 'BTCUSDT'?"),
    ("place_order", {**ORDER, "symbol": "BTCUSDT "}, PAIR + "'BTCUSDT ': did you mean 'BTCUSDT'?"),
    ("place_order", {**ORDER, "symbol": ""}, PAIR + "''"),
    ("place_order", {**ORDER, "symbol": 1}, PAIR + "1"),
    ("place_order", {**ORDER, "symbol": b"BTCUSDT"}, PAIR + "a value of type bytes"),
    ("place_order", {**ORDER, "symbol": "k" * 64}, PAIR + "text of 64 characters"),
    ("submit_order", {**ORDER, "symbol": "btcusdt"}, PAIR + "'btcusdt': did you mean 'BTCUSDT'?"),
    ("depth", {"symbol": "btcusdt"}, PAIR + "'btcusdt': did you mean 'BTCUSDT'?"),
    ("my_trades", {"symbol": "ethbtc"}, PAIR + "'ethbtc': did you mean 'ETHBTC'?"),
    ("open_orders", {"symbol": "btcusdt"}, PAIR + "'btcusdt': did you mean 'BTCUSDT'?"),
    ("cancel_open_orders", {"symbol": "btcusdt"}, PAIR + "'btcusdt': did you mean 'BTCUSDT'?"),
    ("ticker_price", {"symbols": [SYMBOL, "ethusdt"]},
     PAIR.replace("symbol", "each of symbols", 1) + "'ethusdt': did you mean 'ETHUSDT'?"),
    ("ticker_price", {"symbols": SYMBOL}, "symbols must be a list of trading pairs, as ['BTCUSDT'], got 'BTCUSDT'"),
    ("klines", {"symbol": SYMBOL, "interval": "1hour"}, f"interval must be one of {INTERVALS}, got '1hour': did you mean '1h'?"),
    ("klines", {"symbol": SYMBOL, "interval": "1H"}, f"interval must be one of {INTERVALS}, got '1H': did you mean '1h'?"),
    ("klines", {"symbol": SYMBOL, "interval": "1 month"}, f"interval must be one of {INTERVALS}, got '1 month': did you mean '1M'?"),
    ("klines", {"symbol": SYMBOL, "interval": "10m"}, f"interval must be one of {INTERVALS}, got '10m'"),
    ("klines", {"symbol": SYMBOL, "interval": 60}, f"interval must be one of {INTERVALS}, got 60"),
    ("ui_klines", {"symbol": SYMBOL, "interval": None}, f"interval must be one of {INTERVALS}, got None"),
    ("ticker", {"symbol": SYMBOL, "window_size": "8d"}, "window_size must be 1m to 59m, 1h to 23h or 1d to 7d, got '8d'"),
    ("ticker", {"symbol": SYMBOL, "window_size": 5}, "window_size must be 1m to 59m, 1h to 23h or 1d to 7d, got 5"),
    ("place_order", without(ORDER, "time_in_force"),
     "time_in_force must be given for a LIMIT order, got None: GTC, IOC or FOK"),
    ("place_order", {**ORDER, "time_in_force": ""}, "time_in_force must be given for a LIMIT order, got None: GTC, IOC or FOK"),
    ("place_order", without(ORDER, "price"), "price must be given for a LIMIT order, got None"),
    ("place_order", without(ORDER, "quantity"), "quantity must be given for a LIMIT order, got None"),
    ("place_order", {**without(ORDER, "price"), "type": "LIMIT_MAKER"}, "price must be given for a LIMIT_MAKER order, got None"),
    ("place_order", MARKET, "quantity or quote_order_qty must be given for a MARKET order, got neither"),
    ("place_order", STOP, "stop_price or trailing_delta must be given for a STOP_LOSS_LIMIT order, got neither"),
    ("place_order", {**without(STOP, "price"), "trailing_delta": 100}, "price must be given for a STOP_LOSS_LIMIT order, got None"),
    ("place_order", {**MARKET, "type": "TAKE_PROFIT", "quantity": 1},
     "stop_price or trailing_delta must be given for a TAKE_PROFIT order, got neither"),
    ("submit_order", without(ORDER, "time_in_force"),
     "time_in_force must be given for a LIMIT order, got None: GTC, IOC or FOK"),
    ("test_order", without(ORDER, "price"), "price must be given for a LIMIT order, got None"),
    ("cancel_replace_order", {**without(ORDER, "price"), "cancel_replace_mode": "ALLOW_FAILURE", "cancel_order_id": 1},
     "price must be given for a LIMIT order, got None"),
    ("cancel_replace_order", {**ORDER, "cancel_replace_mode": "ALLOW_FAILURE"},
     "cancel_order_id or cancel_orig_client_order_id must be given, got neither"),
    ("place_oco", OCO, "above_price must be given for a LIMIT_MAKER order, got None"),
    ("place_oco", {**OCO, "above_price": "1"},
     "below_stop_price or below_trailing_delta must be given for a STOP_LOSS order, got neither"),
    ("submit_oto", without(OTO, "working_time_in_force"),
     "working_time_in_force must be given for a LIMIT order, got None: GTC, IOC or FOK"),
    ("place_oto", without(OTO, "pending_price"), "pending_price must be given for a LIMIT order, got None"),
    ("place_otoco", OTOCO, "pending_above_price must be given for a LIMIT_MAKER order, got None"),
    ("place_order_list", {"symbol": SYMBOL, "side": "SELL", "price": "70000", "quantity": "0.01"},
     "stop_price or trailing_delta must be given, got neither"),
    ("order_status", {"symbol": SYMBOL}, "order_id or orig_client_order_id must be given, got neither"),
    ("cancel_order", {"symbol": SYMBOL, "new_client_order_id": "new"},
     "order_id or orig_client_order_id must be given, got neither"),
    ("amend_order", {"symbol": SYMBOL, "new_qty": "1"}, "order_id or orig_client_order_id must be given, got neither"),
    ("order_list_status", {}, "order_list_id or orig_client_order_id must be given, got neither"),
    ("cancel_order_list", {"symbol": SYMBOL}, "order_list_id or list_client_order_id must be given, got neither"),
    ("my_prevented_matches", {"symbol": SYMBOL}, "prevented_match_id or order_id must be given, got neither"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "arguments", "says"), REFUSED, ids=lambda each: str(each)[:30])
def test_it_is_told_what_to_write_and_nothing_is_sent(method: str, arguments: dict[str, Any], says: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            before = len(requests(exchange))
            with pytest.raises(UsageError) as caught:
                await getattr(client, method)(**arguments)
            assert str(caught.value).partition(" [method=")[0] == says
            assert caught.value.method is not None
            assert len(requests(exchange)) == before

    run(main, 0)


class Mine(Enum):
    PAIR = SYMBOL
    HOUR = "1h"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("depth", {"symbol": Mine.PAIR}),
        ("klines", {"symbol": SYMBOL, "interval": Interval.HOUR_1}),
        ("klines", {"symbol": SYMBOL, "interval": Mine.HOUR}),
        ("ticker_price", {"symbols": (SYMBOL, "ETHUSDT")}),
        ("ticker", {"symbol": SYMBOL, "window_size": "23h"}),
        ("place_order", {**without(ORDER, "price"), "peg_price_type": "PRIMARY_PEG"}),
        ("place_order", {**MARKET, "quote_order_qty": "100"}),
        ("place_order", {**STOP, "quantity": "0.01", "price": "50000", "stop_price": "51000"}),
    ],
    ids=lambda each: str(each)[:60],
)
def test_what_is_complete_is_sent(method: str, arguments: dict[str, Any]) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            assert await getattr(client, method)(**arguments) is not None

    run(main, 0)


@pytest.mark.parametrize("symbol", ["BTC-USDT", "BTC_USDT", "NOTHING", "1000SATS这"])
def test_whether_a_symbol_exists_is_the_venues_to_say(symbol: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            with pytest.raises(BadRequest, match="Invalid symbol"):
                await client.place_order(symbol, "BUY", "MARKET", quantity="1")

    run(main, 0)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("klines", {"symbol": SYMBOL, "interval": "1hour"}),
        ("depth", {"symbol": "btcusdt"}),
        ("order.place", {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "1"}),
        ("order.cancel", {"symbol": SYMBOL}),
    ],
)
def test_by_its_wire_name_all_of_it_is_sent(method: str, params: dict[str, Any]) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            with pytest.raises(VenueError):
                await client.call(method, params)
            assert len(requests(exchange, method)) == 1

    run(main, 0)
