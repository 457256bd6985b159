"""`python-binance`, unmodified, in its own environment: its client that waits, over REST, and its streams in a thread.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried. The
library has no option for another host, so the constants that hold its hosts are set.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from importlib.metadata import version

from binance import BinanceSocketManager, Client, ThreadedWebsocketManager
from binance.base_client import BaseClient
from binance.exceptions import BinanceAPIException

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
SYMBOL = "BTCUSDT"
for name in dir(BaseClient):
    if name.endswith("URL"):
        setattr(BaseClient, name, WHERE["rest"] + "/not-spot-{}")  # nothing of it may leave the machine
BaseClient.WS_API_URL = WHERE["ws_api"]
BaseClient.API_URL = WHERE["rest"] + "/api"
BinanceSocketManager.STREAM_URL = WHERE["streams"] + "/"


def tell(what, error=None):
    name = f"python-binance {version('python-binance')} REST"
    print(json.dumps({"client": name, "what": what, "error": error}), flush=True)


class Desk:
    """Calls the client's methods with one key."""

    def __init__(self, kind):
        key = WHERE[kind]
        self.kind = kind
        if kind == "hmac":
            self.client = Client(key["api_key"], key["secret"])
        else:
            self.client = Client(key["api_key"], private_key=key["pem"])

    def call(self, method, look=None, /, *positional, **arguments):
        try:
            data = getattr(self.client, method)(*positional, **arguments)
            if look is not None:
                assert look(data), f"unexpected: {data}"
        except Exception as error:  # noqa: BLE001 - whatever the client does is the finding
            tell(f"{self.kind} {method}", f"{type(error).__name__}: {error}"[:300])
            return {}
        tell(f"{self.kind} {method}")
        return data


def some(data):
    return len(data) > 0


def public(desk):
    call = desk.call
    call("ping")
    call("get_server_time", lambda data: data["serverTime"] > 1_600_000_000_000)
    call("get_exchange_info", lambda data: data["symbols"][0]["symbol"] == SYMBOL)
    call("get_symbol_info", lambda data: data["filters"], SYMBOL)
    for method in ("get_all_tickers", "get_orderbook_tickers", "get_ticker"):
        call(method, some)
    for method in ("get_recent_trades", "get_historical_trades", "get_aggregate_trades", "get_order_book"):
        call(method, some, symbol=SYMBOL)
    for method in ("get_klines", "get_ui_klines"):
        call(method, lambda data: len(data[0]) == 12, symbol=SYMBOL, interval="1m")
    call("get_historical_klines", some, SYMBOL, "1m", "1 day ago UTC")
    call("get_historical_klines", some, SYMBOL, "1h", "10 days ago UTC", "now UTC")
    for method in (
        "get_avg_price",
        "get_ticker",
        "get_symbol_ticker",
        "get_orderbook_ticker",
        "get_symbol_ticker_window",
    ):
        call(method, some, symbol=SYMBOL)


def trading(desk):
    call = desk.call
    limit = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": 0.01, "price": "50000"}
    call("create_test_order", lambda data: data == {}, **limit)
    placed = call("create_order", lambda data: data["status"] == "NEW", **limit)
    time.sleep(0.2)  # until queries have seen it
    call("get_order", lambda data: data["status"] == "NEW", symbol=SYMBOL, orderId=placed.get("orderId"))
    call("get_open_orders", lambda data: len(data) == 1, symbol=SYMBOL)
    replaced = call(
        "cancel_replace_order",
        lambda data: data["newOrderResult"] == "SUCCESS",
        cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=placed.get("orderId"),
        **limit,
    )
    again = replaced.get("newOrderResponse", {}).get("orderId")
    call("cancel_order", lambda data: data["status"] == "CANCELED", symbol=SYMBOL, orderId=again)
    call("order_market_buy", lambda data: data["status"] == "FILLED", symbol=SYMBOL, quantity=0.01)
    call("order_market_sell", lambda data: data["status"] == "FILLED", symbol=SYMBOL, quoteOrderQty=500)
    above = {"aboveType": "LIMIT_MAKER", "abovePrice": "90000"}
    below = {"belowType": "STOP_LOSS", "belowStopPrice": "20000"}
    call("create_oco_order", some, symbol=SYMBOL, side="SELL", quantity=0.01, **above, **below)
    call("order_oco_sell", some, symbol=SYMBOL, quantity=0.01, **above, **below)
    time.sleep(0.2)
    call("get_open_oco_orders", lambda data: len(data) == 2)
    call("cancel_all_open_orders", lambda data: len(data) == 2, symbol=SYMBOL)
    call("get_all_orders", some, symbol=SYMBOL)
    call("get_my_trades", some, symbol=SYMBOL)
    call("get_account", lambda data: data["canTrade"])
    call("get_asset_balance", lambda data: float(data["free"]) > 0, "USDT")
    call("get_current_order_count", lambda data: len(data) == 2)
    call("get_prevented_matches", None, symbol=SYMBOL, orderId=1)
    call("get_allocations", None, symbol=SYMBOL)
    try:
        desk.client.cancel_order(symbol=SYMBOL, orderId=10**9)
    except BinanceAPIException as error:
        tell(f"{desk.kind} a refusal has its code", None if error.code == -2011 else f"{error}")
    else:
        tell(f"{desk.kind} a refusal has its code", "nothing was raised")


def streams(desk):
    """Market streams and user data, in a thread of the library's own."""
    key, came = WHERE["hmac"], {}
    manager = ThreadedWebsocketManager(key["api_key"], key["secret"])
    # It ends its subscription on a connection made for that, which has none, and then never ends itself.
    manager.daemon = True
    manager.start()
    for name, start, arguments in (
        ("klines", manager.start_kline_socket, {"symbol": SYMBOL}),
        ("ticker", manager.start_symbol_ticker_socket, {"symbol": SYMBOL}),
        ("combined", manager.start_multiplex_socket, {"streams": ["btcusdt@trade", "btcusdt@depth"]}),
        ("user data", manager.start_user_socket, {}),
    ):
        came[name] = []
        start(callback=came[name].append, **arguments)
    for _ in range(150):
        time.sleep(0.1)
        desk.client.order_market_buy(symbol=SYMBOL, quantity=0.001)
        if all(came.values()):
            break
    for name, told in came.items():
        tell(f"{name} in a thread", None if told else "nothing came")


def main():
    for kind in ("hmac", "ed25519", "rsa"):
        desk = Desk(kind)
        if kind == "hmac":
            public(desk)
        trading(desk)
    streams(Desk("hmac"))


main()
