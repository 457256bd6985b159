"""The official `binance-sdk-spot`, unmodified, in its own environment: all 55 methods, user data and market streams.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
from importlib.metadata import version

from binance_common.configuration import ConfigurationWebSocketAPI, ConfigurationWebSocketStreams
from binance_sdk_spot.spot import Spot

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
SYMBOL = "BTCUSDT"
CALLED = set()


def tell(what, error=None):
    print(
        json.dumps({"client": f"binance-sdk-spot {version('binance-sdk-spot')}", "what": what, "error": error}),
        flush=True,
    )


async def attempt(what, call, look=None):
    """Make a call with the client's own method; its models must take the result, and the result must make sense."""
    try:
        response = await asyncio.wait_for(call, 20)
        data = response.data() if hasattr(response, "data") else response
        if look is not None:
            assert look(data), f"unexpected: {data}"
    except Exception as error:  # noqa: BLE001 - whatever the client does is the finding
        tell(what, f"{type(error).__name__}: {error}"[:300])
        return None
    tell(what)
    return data


def result(data):
    return getattr(data, "result", data)


async def every_method(api, logon):
    """Call all of them; `logon` says whether the key can log a session on."""

    async def call(name, look=None, /, **arguments):
        CALLED.add(name)
        return result(await attempt(name, getattr(api, name)(**arguments), look))

    limit = {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "LIMIT",
        "time_in_force": "GTC",
        "price": 50000.0,
        "quantity": 0.01,
    }
    if logon:
        await call("session_logon", lambda data: result(data).api_key == WHERE["ed25519"]["api_key"])
        await call("session_status", lambda data: result(data).authorized_since)
    await call("ping")
    await call("time", lambda data: result(data).server_time > 1_600_000_000_000)
    # Its model of this one result does not look below `result`; what it does not know it keeps aside.
    await call(
        "exchange_info",
        lambda data: data.additional_properties["result"]["symbols"][0]["symbol"] == SYMBOL,
        symbol=SYMBOL,
    )
    await call("execution_rules", symbol=SYMBOL)
    await call("depth", lambda data: len(result(data).bids) == 5, symbol=SYMBOL, limit=5)
    await call("trades_recent", lambda data: len(result(data)) > 0, symbol=SYMBOL)
    await call("trades_historical", symbol=SYMBOL)
    await call("block_trades_historical", symbol=SYMBOL, from_id=1)
    await call("trades_aggregate", symbol=SYMBOL)
    await call("klines", lambda data: len(result(data)) > 0, symbol=SYMBOL, interval="1m")
    await call("ui_klines", symbol=SYMBOL, interval="1m")
    await call("avg_price", lambda data: float(result(data).price) > 0, symbol=SYMBOL)
    await call("ticker24hr", symbol=SYMBOL)
    await call("ticker24hr", symbols=[SYMBOL, "ETHUSDT"])
    await call("ticker_trading_day", symbol=SYMBOL)
    await call("ticker", symbol=SYMBOL)
    await call("ticker_price", symbol=SYMBOL)
    await call("ticker_book", symbol=SYMBOL)
    # Its models take a refusal for a result without fields.
    await call("reference_price", lambda data: result(data).symbol, symbol=WHERE["reference"])
    await call("reference_price_calculation", lambda data: result(data).symbol, symbol=WHERE["reference"])

    taken = await call(
        "order_place",
        lambda data: result(data).status == "FILLED",
        symbol=SYMBOL,
        side="BUY",
        type="MARKET",
        quantity=0.01,
    )
    placed = await call("order_place", lambda data: result(data).order_id > 0, **limit)
    await call("order_test", **limit)
    await call("order_test", compute_commission_rates=True, **limit)
    await call("order_amend_keep_priority", symbol=SYMBOL, new_qty=0.005, order_id=placed.order_id)
    replaced = await call(
        "order_cancel_replace",
        lambda data: result(data).cancel_result == "SUCCESS",
        cancel_replace_mode="STOP_ON_FAILURE",
        cancel_order_id=placed.order_id,
        **limit,
    )
    await call(
        "order_cancel",
        lambda data: result(data).status == "CANCELED",
        symbol=SYMBOL,
        order_id=replaced.new_order_response.order_id,
    )
    oco = await call(
        "order_list_place_oco",
        lambda data: result(data).contingency_type == "OCO",
        symbol=SYMBOL,
        side="SELL",
        quantity=0.01,
        above_type="LIMIT_MAKER",
        above_price=90000.0,
        below_type="STOP_LOSS",
        below_stop_price=40000.0,
    )
    await asyncio.sleep(0.2)
    await call("order_list_status", order_list_id=oco.order_list_id)
    await call("open_order_lists_status", lambda data: len(result(data)) == 1)
    await call("order_list_cancel", symbol=SYMBOL, order_list_id=oco.order_list_id)
    await call(
        "order_list_place",
        symbol=SYMBOL,
        side="SELL",
        price=90000.0,
        quantity=0.01,
        stop_price=40000.0,
        stop_limit_price=39000.0,
        stop_limit_time_in_force="GTC",
    )
    working = {
        "symbol": SYMBOL,
        "working_type": "LIMIT",
        "working_side": "BUY",
        "working_price": 50000.0,
        "working_quantity": 0.01,
        "working_time_in_force": "GTC",
    }
    pending = {
        "pending_side": "SELL",
        "pending_type": "LIMIT",
        "pending_price": 90000.0,
        "pending_time_in_force": "GTC",
    }
    both = {
        "pending_side": "SELL",
        "pending_above_type": "LIMIT_MAKER",
        "pending_above_price": 90000.0,
        "pending_below_type": "STOP_LOSS",
        "pending_below_stop_price": 40000.0,
    }
    await call("order_list_place_oto", **working, **pending, pending_quantity=0.01)
    await call("order_list_place_otoco", **working, **both, pending_quantity=0.01)
    await call("order_list_place_opo", **working, **pending)
    await call("order_list_place_opoco", **working, **both)
    await call(
        "sor_order_place",
        symbol=WHERE["sor"],
        side="BUY",
        type="LIMIT",
        quantity=WHERE["sor_quantity"],
        price=WHERE["sor_price"],
        time_in_force="GTC",
    )
    await call(
        "sor_order_test",
        symbol=WHERE["sor"],
        side="BUY",
        type="LIMIT",
        quantity=WHERE["sor_quantity"],
        price=WHERE["sor_price"],
        time_in_force="GTC",
    )
    await asyncio.sleep(0.2)
    await call("open_orders_status", lambda data: len(result(data)) > 0, symbol=SYMBOL)
    await call("open_orders_cancel_all", lambda data: len(result(data)) > 0, symbol=SYMBOL)
    await asyncio.sleep(0.2)
    await call("account_status", lambda data: len(result(data).balances) > 0)
    await call("order_status", lambda data: result(data).status == "FILLED", symbol=SYMBOL, order_id=taken.order_id)
    await call("all_orders", lambda data: len(result(data)) > 3, symbol=SYMBOL)
    await call("all_order_lists", lambda data: len(result(data)) == 6)
    await call("my_trades", lambda data: len(result(data)) >= 1, symbol=SYMBOL)
    await call("account_rate_limits_orders")
    await call("my_prevented_matches", symbol=SYMBOL, order_id=taken.order_id)
    await call("my_allocations", symbol=WHERE["sor"])
    await call("account_commission", symbol=SYMBOL)
    await call("order_amendments", lambda data: len(result(data)) == 1, symbol=SYMBOL, order_id=placed.order_id)
    await call("my_filters", symbol=SYMBOL)
    await call("session_subscriptions")


async def user_data(api, logon):
    """Subscribe with the client's own method and see an order's events come."""
    seen = []
    what = "user_data_stream_subscribe" if logon else "user_data_stream_subscribe_signature"
    CALLED.add(what)
    try:
        handle = await asyncio.wait_for(getattr(api, what)(), 20)
        handle.stream.on("message", lambda data: seen.append(data))
        await api.order_place(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01)
        for _ in range(50):
            if any("executionReport" in repr(each) or "ExecutionReport" in repr(each) for each in seen):
                break
            await asyncio.sleep(0.1)
        else:
            tell(f"{what}: events", f"no execution report came, but {seen}"[:300])
            return
        tell(f"{what}: events")
        CALLED.add("user_data_stream_unsubscribe")
        await attempt("user_data_stream_unsubscribe", handle.stream.unsubscribe())
    except Exception as error:  # noqa: BLE001
        tell(f"{what}: events", f"{type(error).__name__}: {error} {traceback.format_exc()[-200:]}")


async def streams():
    """A handful of market streams with the client's own models."""
    client = Spot(config_ws_streams=ConfigurationWebSocketStreams(stream_url=WHERE["streams"]))
    connection = await client.websocket_streams.create_connection()
    try:
        for name, arguments in (
            ("trade", {}),
            ("agg_trade", {}),
            ("book_ticker", {}),
            ("diff_book_depth", {}),
            ("kline", {"interval": "1m"}),
            ("mini_ticker", {}),
            ("partial_book_depth", {"levels": "5"}),
        ):
            came = asyncio.Event()
            try:
                stream = await getattr(connection, name)(symbol=SYMBOL.lower(), **arguments)
                stream.on("message", lambda _, came=came: came.set())
                await asyncio.wait_for(came.wait(), 15)
                await stream.unsubscribe()
            except Exception as error:  # noqa: BLE001
                tell(f"stream {name}", f"{type(error).__name__}: {error}"[:300])
            else:
                tell(f"stream {name}")
    finally:
        await connection.close_connection(close_session=True)


async def main():
    for logon, key in (
        (True, {"api_key": WHERE["ed25519"]["api_key"], "private_key": WHERE["ed25519"]["pem"]}),
        (False, {"api_key": WHERE["hmac"]["api_key"], "api_secret": WHERE["hmac"]["secret"]}),
    ):
        client = Spot(config_ws_api=ConfigurationWebSocketAPI(stream_url=WHERE["ws_api"], timeout=10_000, **key))
        connection = await client.websocket_api.create_connection()
        try:
            await every_method(connection, logon)
            await user_data(connection, logon)
            if logon:
                CALLED.add("session_logout")
                await attempt("session_logout", connection.session_logout())
        finally:
            await connection.close_connection(close_session=True)
    tell(f"{len(CALLED)} of the 55 methods called", None if len(CALLED) == 55 else f"only {sorted(CALLED)}")
    await streams()


asyncio.run(main())
