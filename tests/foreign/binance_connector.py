"""`binance-connector`, the official client before the present one, unmodified, in its own environment.

Its WebSocket API, its market streams raw and combined, and its REST client, orders included. Reads where the exchange is
and which keys to use as JSON from standard input; prints one line of JSON per thing tried.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import uuid
from importlib.metadata import version

from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
KEY = WHERE["hmac"]
SYMBOL = "BTCUSDT"
LIMIT = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": 50000, "quantity": 0.01}


def attempt(what, call, look=None):
    error, data = None, None
    try:
        data = call()
        assert look is None or look(data), f"unexpected: {str(data)[:200]}"
    except Exception as failure:  # noqa: BLE001 - whatever the client does is the finding
        error = f"{type(failure).__name__}: {failure}"[:300]
    client = f"binance-connector {version('binance-connector')}"
    print(json.dumps({"client": client, "what": what, "error": error}), flush=True)
    return data


def websocket_api():
    answers, came = {}, threading.Condition()

    def hear(_, text):
        message = json.loads(text)
        with came:
            answers[message["id"]] = message
            came.notify_all()

    api = SpotWebsocketAPIClient(
        stream_url=WHERE["ws_api"], api_key=KEY["api_key"], api_secret=KEY["secret"], on_message=hear
    )

    def call(name, look=None, /, **arguments):
        def ask():
            identity = str(uuid.uuid4())
            getattr(api, name)(id=identity, **arguments)
            with came:
                assert came.wait_for(lambda: identity in answers, 20), "no answer"
            answer = answers[identity]
            assert answer["status"] == 200, answer["error"]
            return answer["result"]

        return attempt(name, ask, look)

    call("ping_connectivity")
    call("server_time", lambda data: data["serverTime"] > 1_600_000_000_000)
    call("exchange_info", lambda data: len(data["symbols"]) > 3)
    call("order_book", lambda data: len(data["bids"]) == 5, symbol=SYMBOL, limit=5)
    call("historical_trades", lambda data: len(data) > 0, symbol=SYMBOL, apiKey=KEY["api_key"])
    for name in ("recent_trades", "aggregate_trades"):
        call(name, lambda data: len(data) > 0, symbol=SYMBOL)
    for name in ("klines", "ui_klines"):
        call(name, lambda data: len(data[0]) == 12, symbol=SYMBOL, interval="1m")
    call("avg_price", lambda data: float(data["price"]) > 0, symbol=SYMBOL)
    for name in ("ticker_24hr", "ticker", "ticker_price", "ticker_book"):
        call(name, lambda data: data["symbol"] == SYMBOL, symbol=SYMBOL)
    call("account", lambda data: len(data["balances"]) > 0)
    call("order_rate_limit", lambda data: len(data) == 2)
    placed = call("new_order", lambda data: data["status"] == "NEW", **LIMIT)
    call("new_order_test", **LIMIT)
    replaced = call(
        "cancel_replace_order",
        lambda data: data["cancelResult"] == "SUCCESS",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=placed["orderId"],
        **LIMIT,
    )
    time.sleep(0.2)
    order = replaced["newOrderResponse"]["orderId"]
    call("get_order", lambda data: data["status"] == "NEW", symbol=SYMBOL, orderId=order)
    call("get_open_orders", lambda data: [each["orderId"] for each in data] == [order], symbol=SYMBOL)
    call("cancel_order", lambda data: data["status"] == "CANCELED", symbol=SYMBOL, orderId=order)
    call("new_order", **LIMIT)
    call("cancel_open_orders", lambda data: len(data) == 1, symbol=SYMBOL)
    legs = {"aboveType": "LIMIT_MAKER", "abovePrice": 90000, "belowType": "STOP_LOSS", "belowStopPrice": 40000}
    oco = call("new_oco_order", symbol=SYMBOL, side="SELL", quantity=0.01, **legs)
    time.sleep(0.2)
    call("get_oco_order", lambda data: data["contingencyType"] == "OCO", orderListId=oco["orderListId"])
    call("get_open_oco_orders", lambda data: len(data) == 1)
    call("cancel_oco_order", symbol=SYMBOL, orderListId=oco["orderListId"])
    call("order_history", lambda data: len(data) > 3, symbol=SYMBOL)
    call("oco_history", lambda data: len(data) == 1)
    call("my_trades", lambda data: data == [], symbol=SYMBOL)
    call("prevented_matches", lambda data: data == [], symbol=SYMBOL, orderId=order)
    api.stop()


def streams(combined):
    seen, came = {}, threading.Condition()

    def hear(_, text):
        message = json.loads(text)
        with came:
            if combined and "stream" in message:
                seen[message["stream"]] = message["data"]
            elif isinstance(message, list):
                seen[message[0]["e"] + "[]"] = message
            else:
                seen[message.get("e") or ("partial" if "lastUpdateId" in message else "other")] = message
            came.notify_all()

    client = SpotWebsocketStreamClient(
        stream_url=WHERE["streams"], on_message=hear, is_combined=combined, time_unit="microsecond"
    )

    def comes(name, look, ask):
        def listen():
            ask()
            with came:
                assert came.wait_for(lambda: name in seen and look(seen[name]), 20), f"not what was asked for: {seen}"
            time.sleep(0.25)  # five messages a second are all the venue takes

        attempt(f"{'combined' if combined else 'raw'} stream: {name}", listen)

    names = (
        ["btcusdt@trade", "btcusdt@kline_1s", "!miniTicker@arr", "btcusdt@depth5@100ms", "btcusdt@depth@100ms"]
        if combined
        else ["trade", "kline", "24hrMiniTicker[]", "partial", "depthUpdate"]
    )
    comes(names[0], lambda data: data["T"] > 10**15, lambda: client.trade(symbol=SYMBOL))
    comes(names[1], lambda data: data["k"]["i"] == "1s", lambda: client.kline(symbol=SYMBOL, interval="1s"))
    comes(names[2], lambda data: float(data[0]["c"]) > 0, client.mini_ticker)
    comes(names[3], lambda data: len(data["bids"]) == 5, lambda: client.partial_book_depth(SYMBOL, level=5, speed=100))
    comes(names[4], lambda data: data["U"] <= data["u"], lambda: client.diff_book_depth(SYMBOL, speed=100))
    client.stop()


def rest():
    client = Spot(base_url=WHERE["rest"], api_key=KEY["api_key"], api_secret=KEY["secret"])

    def call(name, look=None, /, *arguments, **named):
        return attempt(f"REST {name}", lambda: getattr(client, name)(*arguments, **named), look)

    call("ping")
    call("time", lambda data: data["serverTime"] > 1_600_000_000_000)
    call("exchange_info", lambda data: [each["symbol"] for each in data["symbols"]] == [SYMBOL], symbols=[SYMBOL])
    for name in ("depth", "trades", "historical_trades", "agg_trades", "avg_price", "ticker_24hr", "book_ticker"):
        call(name, len, SYMBOL)
    for name in ("klines", "ui_klines"):
        call(name, lambda data: len(data[0]) == 12, SYMBOL, "1m")
    call("ticker_price", lambda data: len(data) > 3)
    call("account", lambda data: len(data["balances"]) > 0)
    placed = call("new_order", lambda data: data["status"] == "NEW", **LIMIT)
    time.sleep(0.2)
    call("get_order", lambda data: data["status"] == "NEW", SYMBOL, orderId=placed["orderId"])
    call("get_open_orders", lambda data: len(data) == 1, SYMBOL)
    call("cancel_order", lambda data: data["status"] == "CANCELED", SYMBOL, orderId=placed["orderId"])
    call("new_order", lambda data: data["status"] == "FILLED", symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01)
    time.sleep(0.2)
    call("my_trades", lambda data: len(data) > 0, SYMBOL)
    call("get_orders", lambda data: len(data) > 0, SYMBOL)


websocket_api()
streams(False)
streams(True)
rest()
sys.stdout.flush()
os._exit(0)  # its threads end only some time after its sockets
