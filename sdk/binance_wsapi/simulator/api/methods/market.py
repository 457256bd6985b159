"""Market data requests: books, trades and candles."""

from __future__ import annotations

from typing import Any

from binance_wsapi.simulator.access.params import Kind, Param, end_us, integer, one_of, symbol, time_us
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.api.calls import Call, Method
from binance_wsapi.simulator.api.methods.symbols import STATUS, check_status
from binance_wsapi.simulator.engine import Refused, TradeEvent, notional, show
from binance_wsapi.simulator.venue.candles import INTERVALS, MINUTE, Candle, offset_of
from binance_wsapi.simulator.venue.rendering import Row

__all__ = ["DAY_US", "METHODS", "TIME_ZONE", "kline_row", "limit", "zone_offset"]

TIME_ZONE = Param("timeZone", Kind.STRING, default="0")
DAY_US = 86_400_000_000


def limit(default: int = 500, most: int = 1000) -> Param:
    """Declare `limit`; more than the venue gives is not an error, the answer is just no longer than `most`."""
    return Param("limit", Kind.INTEGER, default=default, least=1, most=most, clamp=True)


def zone_offset(call: Call) -> int:
    """Return the offset of `timeZone` in microseconds."""
    offset = offset_of(call.params["timeZone"])
    if offset is None:
        raise bad(-1130, "Data sent for parameter 'timeZone' is not valid.")
    return offset


def _listed(call: Call) -> str:
    """Return the symbol after making sure that it is listed (-1121)."""
    return call.engine.spec(call.params["symbol"]).symbol


def depth(call: Call) -> Row:
    name = _listed(call)
    check_status(call, name)
    update_id, bids, asks = call.engine.depth(name, call.params["limit"])
    return {
        "lastUpdateId": update_id,
        "bids": [[show(price), show(quantity)] for price, quantity in bids],
        "asks": [[show(price), show(quantity)] for price, quantity in asks],
    }


def depth_weight(params: Any) -> int:
    """Return the weight of a book: the deeper the dearer."""
    try:
        asked = int(params.get("limit", 100))
    except (TypeError, ValueError):
        return 5
    for most, weight in ((100, 5), (500, 25), (1000, 50)):
        if asked <= most:
            return weight
    return 250


def _trade_row(trade: TradeEvent, unit: int) -> Row:
    return {
        "id": trade.trade_id,
        "price": show(trade.price),
        "qty": show(trade.quantity),
        "quoteQty": show(trade.quote_quantity),
        "time": trade.time // unit,
        "isBuyerMaker": trade.is_buyer_maker,
        "isBestMatch": True,
    }


def recent_trades(call: Call) -> list[Row]:
    tape = call.venue.tape[_listed(call)]
    return [_trade_row(trade, call.unit) for trade in tape.recent(call.params["limit"])]


def historical_trades(call: Call) -> list[Row]:
    tape, most = call.venue.tape[_listed(call)], call.params["limit"]
    first = call.get("fromId")
    rows = tape.recent(most) if first is None else tape.from_id(first, most)
    return [_trade_row(trade, call.unit) for trade in rows]


def block_trades(call: Call) -> list[Row]:
    rows, first = call.venue.tape[_listed(call)].blocks, call.params["fromId"]
    return [
        {
            "id": row.trade_id,
            "price": show(row.price),
            "qty": show(row.quantity),
            "quoteQty": show(notional(row.price, row.quantity)),
            "time": row.time // call.unit,
            "isBuyerMaker": row.is_buyer_maker,
        }
        for row in rows[first : first + call.params["limit"]]
    ]


def aggregate_trades(call: Call) -> list[Row]:
    start, end, first = call.get("startTime"), call.get("endTime"), call.get("fromId")
    if first is not None and (start is not None or end is not None):
        raise bad(-1128, "Combination of optional parameters invalid.")
    if start is not None and end is not None and start > end:
        raise bad(-1128, "Combination of optional parameters invalid.")
    rows = call.venue.tape[_listed(call)].aggregated(first, start, end, call.params["limit"])
    return [
        {
            "a": row.agg_id,
            "p": show(row.price),
            "q": show(row.quantity),
            "f": row.first_id,
            "l": row.last_id,
            "T": row.time // call.unit,
            "m": row.is_buyer_maker,
            "M": True,
        }
        for row in rows
    ]


def kline_row(candle: Candle, unit: int) -> list[Any]:
    """Render a candle as the klines methods show it; it closes one time unit before the next opens."""
    return [
        candle.start // unit,
        show(candle.open),
        show(candle.high),
        show(candle.low),
        show(candle.close),
        show(candle.volume),
        candle.end // unit - 1,
        show(candle.quote_volume),
        candle.count,
        show(candle.taker_volume),
        show(candle.taker_quote_volume),
        "0",
    ]


def klines(call: Call) -> list[list[Any]]:
    candles = call.venue.tape[_listed(call)].candles.klines(
        INTERVALS[call.params["interval"]],
        call.venue.clock.engine_us(),
        call.get("startTime"),
        call.get("endTime"),
        call.params["limit"],
        zone_offset(call),
    )
    return [kline_row(candle, call.unit) for candle in candles]


def average_price(call: Call) -> Row:
    name = _listed(call)
    now = call.venue.clock.engine_us()
    tape = call.venue.tape[name]
    trades = tape.recent(1)
    candle = tape.candles.window(now - 5 * MINUTE, now + 1)
    price = 0
    if candle is not None:
        price = candle.quote_volume * 10**8 // candle.volume if candle.volume else candle.close
    return {"mins": 5, "price": show(price), "closeTime": (trades[0].time if trades else 0) // call.unit}


def reference_price(call: Call) -> Row:
    name = _listed(call)
    try:
        price, time = call.engine.reference_price(name, call.venue.clock.engine_us())
    except Refused as refused:
        # "If no reference price has ever been set", the error is the result, with status 200 (referencePrice).
        return {"code": refused.code, "msg": refused.msg}
    return {
        "symbol": name,
        "referencePrice": None if price is None else show(price),
        "timestamp": time // call.unit,
    }


def reference_price_calculation(call: Call) -> Row:
    spec = call.engine.spec(call.params["symbol"])
    check_status(call, spec.symbol)
    setup = spec.reference_price
    if setup is None:
        raise bad(-2043, "This symbol doesn't have a reference price.")
    if setup.external_calculation_id is not None:
        return {
            "symbol": spec.symbol,
            "calculationType": "EXTERNAL",
            "externalCalculationId": setup.external_calculation_id,
        }
    return {
        "symbol": spec.symbol,
        "calculationType": "ARITHMETIC_MEAN",
        "bucketCount": setup.bucket_count,
        "bucketWidthMs": setup.bucket_width_ms,
    }


_KLINES = (
    symbol(),
    one_of("interval", tuple(INTERVALS), required=True, error=(-1120, "Invalid interval.")),
    time_us("startTime"),
    end_us("endTime"),
    TIME_ZONE,
    limit(),
)

METHODS = (
    Method("depth", depth, (symbol(), limit(100, 5000), STATUS), weight=depth_weight),
    Method("trades.recent", recent_trades, (symbol(), limit()), weight=25),
    Method("trades.historical", historical_trades, (symbol(), integer("fromId"), limit()), weight=25),
    Method("blockTrades.historical", block_trades, (symbol(), integer("fromId", required=True), limit()), weight=25),
    Method(
        "trades.aggregate",
        aggregate_trades,
        (symbol(), integer("fromId"), time_us("startTime"), end_us("endTime"), limit()),
        weight=4,
    ),
    Method("klines", klines, _KLINES, weight=2),
    Method("uiKlines", klines, _KLINES, weight=2),
    Method("avgPrice", average_price, (symbol(),), weight=2),
    Method("referencePrice", reference_price, (symbol(),), weight=2),
    Method("referencePrice.calculation", reference_price_calculation, (symbol(), STATUS), weight=2),
)
