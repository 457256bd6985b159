"""`unicorn-binance-websocket-api`, unmodified, in its own environment: calls, streams, user data, and how it reconnects.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried. It
starts to wait for an answer only after it has sent the request, without a limit, and misses one that comes at once. So
answers take a twentieth of a second here, as they would over a network.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import urllib.request
from importlib.metadata import version

from unicorn_binance_websocket_api import BinanceWebSocketApiManager

WHERE = json.load(sys.stdin)
KEY = WHERE["hmac"]
SYMBOL = "BTCUSDT"
PATIENCE = 20.0
OWN = os.dup(1)
os.dup2(2, 1)  # it prints
logging.disable(logging.CRITICAL)


def give_up(*what):
    sys.__excepthook__(*what)
    os._exit(1)  # its threads would go on


sys.excepthook = give_up


def tell(what, error=None):
    client = f"unicorn {version('unicorn-binance-websocket-api')}"
    os.write(OWN, (json.dumps({"client": client, "what": what, "error": error}) + "\n").encode())


def fault(**what):
    request = urllib.request.Request(
        WHERE["control"] + "/faults", json.dumps(what).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()


def until(check):
    end = time.monotonic() + PATIENCE
    while not check():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def attempt(what, call):
    try:
        result = call()
    except Exception as error:  # noqa: BLE001 - whatever the client does is the finding
        tell(what, f"{type(error).__name__}: {error}"[:300])
        return None
    tell(what)
    return result


fault(fault="delay", seconds=0.05, count=1_000_000)
manager = BinanceWebSocketApiManager(
    exchange="binance.com",
    websocket_base_uri=WHERE["streams"] + "/",
    websocket_api_base_uri=WHERE["ws_api"],
    restful_base_uri=WHERE["rest"] + "/",
    warn_on_update=False,
    output_default="dict",
    disable_colorama=True,
)
secrets = {"api_key": KEY["api_key"], "api_secret": KEY["secret"]}
seen = {}


def hear(message, *_):
    if isinstance(message, list):
        name = message[0]["e"] + "[]"
    else:
        name = message.get("stream") or message.get("event", {}).get("e") or "answer"
    seen[name] = seen.get(name, 0) + 1


api = manager.create_stream(api=True, output="dict", **secrets)
until(lambda: manager.get_stream_info(api)["status"] == "running")


def call(name, look=None, /, **arguments):
    def ask():
        answer = getattr(manager.api.spot, name)(stream_id=api, return_response=True, **arguments)
        answer = answer[-1] if isinstance(answer, tuple) else answer
        assert answer["status"] == 200, answer["error"]
        assert look is None or look(answer["result"]), f"unexpected: {str(answer)[:200]}"
        return answer["result"]

    return attempt(name, ask)


call("ping")
call("get_server_time", lambda data: data["serverTime"] > 1_600_000_000_000)
call("get_exchange_info", lambda data: data["symbols"][0]["symbol"] == SYMBOL, symbols=[SYMBOL])
call("get_order_book", lambda data: len(data["bids"]) == 5, symbol=SYMBOL, limit=5)
for method in ("get_aggregate_trades", "get_recent_trades", "get_historical_trades"):
    call(method, lambda data: len(data) > 0, symbol=SYMBOL)
for method in ("get_klines", "get_ui_klines"):
    call(method, lambda data: len(data[0]) == 12, symbol=SYMBOL, interval="1m")
call("get_current_average_price", lambda data: float(data["price"]) > 0, symbol=SYMBOL)
call("get_account_status", lambda data: len(data["balances"]) > 0)
limit = {
    "order_type": "LIMIT",
    "time_in_force": "GTC",
    "price": 50000.0,
    "quantity": 0.01,
    "side": "BUY",
    "symbol": SYMBOL,
}
placed = call("create_order", lambda data: data["status"] == "NEW", **limit)
call("create_test_order", **limit)
call("get_order", lambda data: data["status"] == "NEW", order_id=placed["orderId"], symbol=SYMBOL)
call("get_open_orders", lambda data: len(data) == 1, symbol=SYMBOL)
call("cancel_order", lambda data: data["status"] == "CANCELED", order_id=placed["orderId"], symbol=SYMBOL)
call("create_order", **limit)
call("cancel_open_orders", lambda data: len(data) == 1, symbol=SYMBOL)

channels = ["trade", "depth5", "kline_1m", "bookTicker", "miniTicker"]
markets = manager.create_stream(channels, ["btcusdt", "ethusdt"], process_stream_data=hear)
everything = manager.create_stream("arr", "!miniTicker", process_stream_data=hear)
mine = manager.create_stream("arr", "!userData", process_stream_data=hear, **secrets)
streams = (api, markets, everything, mine)


def trade():
    call("create_order", None, order_type="MARKET", quantity=0.01, side="BUY", symbol=SYMBOL)


def all_speak(when):
    """All streams bring something, user data included."""
    seen.clear()
    until(lambda: all(manager.get_stream_info(each)["status"] == "running" for each in streams))
    time.sleep(1)
    trade()
    wanted = [*(f"btcusdt@{each}" for each in channels), "24hrMiniTicker[]", "executionReport"]
    for name in (*wanted, "outboundAccountPosition"):
        attempt(f"{when}: {name}", lambda name=name: until(lambda: seen.get(name)))


all_speak("streams")
manager.subscribe_to_stream(markets, ["aggTrade"], ["btcusdt"])
attempt("a stream more", lambda: until(lambda: seen.get("btcusdt@aggTrade")))
for what, how in (("a shutdown", {"fault": "shutdown", "lead": 0.5}), ("a cut", {"fault": "cut_all"})):
    before = [manager.get_stream_info(each)["reconnects"] for each in streams]
    fault(**how)
    attempt(
        f"reconnects after {what}",
        lambda before=before: until(
            lambda: all(
                manager.get_stream_info(each)["reconnects"] > was for each, was in zip(streams, before, strict=True)
            )
        ),
    )
    all_speak(f"after {what}")
os._exit(0)  # its threads take their time
