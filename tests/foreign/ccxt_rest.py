"""`ccxt`, unmodified, in the environment of `ccxt.pro`: its client that waits, over REST, with three kinds of key.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried. The
hosts are set in ``urls``, the place the library has for them; those of other APIs lead nowhere.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from importlib.metadata import version

import ccxt

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
SYMBOL = "BTC/USDT"
SPOT_ONLY = {
    "defaultType": "spot",
    "fetchMarkets": {"types": ["spot"]},
    "fetchMargins": False,
    "fetchCurrencies": False,
}


def tell(what, error=None):
    print(json.dumps({"client": f"ccxt {version('ccxt')} REST", "what": what, "error": error}), flush=True)


def make(kind):
    key = WHERE[kind]
    client = ccxt.binance(
        {"apiKey": key["api_key"], "secret": key["secret" if kind == "hmac" else "pem"], "options": SPOT_ONLY}
    )
    client.has["fetchCurrencies"] = False  # it would ask an API that is not the Spot API
    api = client.urls["api"]
    for name, url in api.items():
        if isinstance(url, str):
            api[name] = WHERE["rest"] + "/not-spot"  # nothing of it may leave the machine
    api["public"] = api["private"] = WHERE["rest"] + "/api/v3"
    return client


class Desk:
    """Calls the client's methods with one key."""

    def __init__(self, kind):
        self.kind = kind
        self.client = make(kind)

    def call(self, method, look, /, *arguments):
        try:
            data = getattr(self.client, method)(*arguments)
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
    call("fetch_time", lambda data: data > 1_600_000_000_000)
    call("fetch_ticker", lambda data: data["last"] > 0, SYMBOL)
    call("fetch_tickers", some)
    call("fetch_tickers", lambda data: len(data) == 2, [SYMBOL, "ETH/USDT"])
    call("fetch_bids_asks", some)
    call("fetch_last_prices", some)
    call("fetch_ohlcv", lambda data: len(data[0]) == 6, SYMBOL, "1m")
    call("fetch_ohlcv", some, SYMBOL, "1h", int(time.time() * 1000) - 86_400_000, 5)
    call("fetch_trades", some, SYMBOL)
    call("fetch_order_book", lambda data: len(data["bids"]) == 5, SYMBOL, 5)


def trading(desk):
    call, client = desk.call, desk.client
    limit = (SYMBOL, "limit", "buy", 0.01, 50_000)
    call("fetch_balance", lambda data: data["USDT"]["free"] > 0)
    placed = call("create_order", lambda data: data["status"] == "open", *limit)
    time.sleep(0.2)  # until queries have seen it
    call("fetch_order", lambda data: data["status"] == "open", placed.get("id"), SYMBOL)
    call("fetch_open_orders", lambda data: len(data) == 1, SYMBOL)
    edited = call("edit_order", lambda data: data["id"], placed.get("id"), SYMBOL, "limit", "buy", 0.02, 50_001)
    call("cancel_order", lambda data: data["status"] == "canceled", edited.get("id"), SYMBOL)
    call("create_order", lambda data: data["id"], *limit, {"postOnly": True, "clientOrderId": f"mine-{desk.kind}"})
    call("create_order", lambda data: data["id"], SYMBOL, "limit", "sell", 0.01, 40_000, {"stopLossPrice": 41_000})
    call("create_order", lambda data: data["id"], SYMBOL, "market", "sell", 0.01, None, {"takeProfitPrice": 90_000})
    call("create_order", lambda data: data["id"], *limit, {"sor": True})
    call("create_order", lambda data: data["status"] == "closed", SYMBOL, "market", "buy", 0.01)
    call("create_market_buy_order_with_cost", lambda data: data["filled"] > 0, SYMBOL, 500)
    oco = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01"}
    above, below = (
        {"aboveType": "LIMIT_MAKER", "abovePrice": "90000"},
        {"belowType": "STOP_LOSS", "belowStopPrice": "20000"},
    )
    call("private_post_orderlist_oco", lambda data: len(data["orders"]) == 2, oco | above | below)
    call(
        "private_post_order_oco", lambda data: len(data["orders"]) == 2, oco | {"price": "90000", "stopPrice": "20000"}
    )
    time.sleep(0.2)
    for method in ("fetch_orders", "fetch_closed_orders", "fetch_canceled_orders", "fetch_my_trades"):
        call(method, some, SYMBOL)
    call("cancel_all_orders", lambda data: len(data) == 6, SYMBOL)
    for what, wanted, wrong in (
        ("an order that is not there", ccxt.OrderNotFound, lambda: client.cancel_order("999999", SYMBOL)),
        ("too little money", ccxt.InsufficientFunds, lambda: client.create_order(SYMBOL, "limit", "buy", 80, 55_000)),
    ):
        try:
            wrong()
        except wanted:
            tell(f"{desk.kind} {what}")
        except Exception as error:  # noqa: BLE001
            tell(f"{desk.kind} {what}", f"{type(error).__name__}: {error}"[:300])
        else:
            tell(f"{desk.kind} {what}", "nothing was raised")


def main():
    for kind in ("hmac", "ed25519", "rsa"):
        desk = Desk(kind)
        desk.call("load_markets", lambda data: SYMBOL in data)
        if kind == "hmac":
            public(desk)
        trading(desk)


main()
