"""The REST side of the official `binance-sdk-spot`, unmodified: all 48 methods, with an HMAC, an Ed25519 and an RSA key.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from importlib.metadata import version

from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_spot.rest_api.rest_api import SpotRestAPI
from binance_sdk_spot.spot import Spot

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
SYMBOL = "BTCUSDT"
CALLED = set()
SPARE = {"send_request", "send_signed_request"}
"""Not methods of the venue, but ways to call those that the client does not know."""
LIMIT = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "time_in_force": "GTC", "price": 50000.0, "quantity": 0.01}
OCO = {"symbol": SYMBOL, "side": "SELL", "quantity": 0.01}
WORKING = {
    "symbol": SYMBOL,
    "working_type": "LIMIT",
    "working_side": "BUY",
    "working_price": 50000.0,
    "working_quantity": 0.01,
    "working_time_in_force": "GTC",
    "pending_side": "SELL",
}
ONE = {"pending_type": "LIMIT_MAKER", "pending_price": 90000.0}
TWO = {
    "pending_above_type": "LIMIT_MAKER",
    "pending_above_price": 90000.0,
    "pending_below_type": "STOP_LOSS",
    "pending_below_stop_price": 20000.0,
}


def tell(what, error=None):
    name = f"binance-sdk-spot {version('binance-sdk-spot')} REST"
    print(json.dumps({"client": name, "what": what, "error": error}), flush=True)


class Desk:
    """Calls the client's methods with one key; its models must take each answer, and the answer must make sense."""

    def __init__(self, kind, unit=None):
        key = WHERE[kind]
        self.name = kind if unit is None else f"{kind} {unit}"
        secret = {"api_secret": key["secret"]} if kind == "hmac" else {"private_key": key["pem"]}
        self.api = Spot(
            config_rest_api=ConfigurationRestAPI(
                api_key=key["api_key"], base_path=WHERE["rest"], time_unit=unit, retries=0, timeout=10_000, **secret
            )
        ).rest_api

    def call(self, name, look=None, /, **arguments):
        CALLED.add(name)
        try:
            data = getattr(self.api, name)(**arguments).data()
            if look is not None:
                assert look(data), f"unexpected: {data}"
        except Exception as error:  # noqa: BLE001 - whatever the client does is the finding
            tell(f"{self.name} {name} {arguments}"[:100], f"{type(error).__name__}: {error}"[:300])
            return None
        tell(f"{self.name} {name}")
        return data


def public(desk):
    call = desk.call
    call("ping")
    call("time", lambda data: data.server_time > 1_600_000_000_000)
    for arguments in ({}, {"symbols": [SYMBOL, "ETHUSDT"]}, {"permissions": ["SPOT"]}, {"symbol_status": "TRADING"}):
        call("exchange_info", lambda data: data.symbols[0].symbol == SYMBOL, **arguments)
    for arguments in ({}, {"symbol": SYMBOL}, {"symbols": [SYMBOL]}):
        call("execution_rules", **arguments)
    call("depth", lambda data: len(data.bids) == 5, symbol=SYMBOL, limit=5)
    call("get_trades", lambda data: len(data) > 0, symbol=SYMBOL)
    call("historical_trades", lambda data: data[0].id == 0, symbol=SYMBOL, from_id=0)
    call("historical_block_trades", symbol=SYMBOL, from_id=0)
    call("agg_trades", lambda data: len(data) > 0, symbol=SYMBOL)
    for name in ("klines", "ui_klines"):
        call(name, lambda data: len(data[0]) == 12, symbol=SYMBOL, interval="1m", time_zone="+05:30")
    call("avg_price", lambda data: float(data.price) > 0, symbol=SYMBOL)
    for name in ("ticker24hr", "ticker_price", "ticker_book_ticker", "ticker_trading_day", "ticker"):
        for arguments in ({"symbol": SYMBOL}, {"symbols": [SYMBOL, "ETHUSDT"]}, {"symbol": "这是测试币USDT"}):
            call(name, **arguments)
    call("reference_price", lambda data: data.symbol == WHERE["reference"], symbol=WHERE["reference"])
    call("reference_price_calculation", symbol=WHERE["reference"])


def trading(desk):
    call = desk.call
    call("order_test", **LIMIT)
    call("order_test", lambda data: data.standard_commission_for_order, compute_commission_rates=True, **LIMIT)
    placed = call("new_order", lambda data: data.status == "NEW", **LIMIT)
    time.sleep(0.2)  # until queries have seen it
    call("get_order", lambda data: data.status == "NEW", symbol=SYMBOL, order_id=placed.order_id)
    call("get_open_orders", lambda data: len(data) == 1, symbol=SYMBOL)
    call("order_amend_keep_priority", symbol=SYMBOL, order_id=placed.order_id, new_qty=0.005)
    time.sleep(0.2)
    call("order_amendments", lambda data: len(data) == 1, symbol=SYMBOL, order_id=placed.order_id)
    replaced = call(
        "order_cancel_replace",
        lambda data: data.new_order_result == "SUCCESS",
        cancel_replace_mode="STOP_ON_FAILURE",
        cancel_order_id=placed.order_id,
        **LIMIT,
    )
    call(
        "delete_order",
        lambda data: data.status == "CANCELED",
        symbol=SYMBOL,
        order_id=replaced.new_order_response.order_id,
    )
    taken = call(
        "new_order", lambda data: data.status == "FILLED", symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01
    )
    call("sor_order_test", **LIMIT)
    call("sor_order", lambda data: data.order_id > taken.order_id and data.used_sor, **LIMIT)
    call("delete_open_orders", lambda data: len(data) == 1, symbol=SYMBOL)
    call("order_oco", price=90000.0, stop_price=20000.0, **OCO)
    oco = call(
        "order_list_oco",
        above_type="LIMIT_MAKER",
        above_price=90000.0,
        below_type="STOP_LOSS",
        below_stop_price=20000.0,
        **OCO,
    )
    time.sleep(0.2)
    call("get_order_list", lambda data: len(data.orders) == 2, order_list_id=oco.order_list_id)
    call("open_order_list", lambda data: len(data) == 2)
    call(
        "delete_order_list",
        lambda data: (
            [each.orig_client_order_id for each in data.order_reports] == [each.client_order_id for each in oco.orders]
        ),
        symbol=SYMBOL,
        order_list_id=oco.order_list_id,
    )
    call("order_list_oto", pending_quantity=0.01, **WORKING, **ONE)
    call("order_list_otoco", pending_quantity=0.01, **WORKING, **TWO)
    call("order_list_opo", **WORKING, **ONE)
    call("order_list_opoco", **WORKING, **TWO)
    call("delete_open_orders", lambda data: len(data) == 5, symbol=SYMBOL)
    time.sleep(0.2)
    call("all_order_list", lambda data: len(data) >= 6)
    call("all_orders", lambda data: len(data) > 10, symbol=SYMBOL)
    call("my_trades", lambda data: any(each.order_id == taken.order_id for each in data), symbol=SYMBOL)


def account(desk):
    call = desk.call
    call("get_account", lambda data: data.can_trade, omit_zero_balances=True)
    call("rate_limit_order", lambda data: len(data) == 2, recv_window=4000.5)
    call("my_prevented_matches", symbol=SYMBOL, order_id=1)
    for name in ("my_allocations", "account_commission", "my_filters"):
        call(name, symbol=SYMBOL)


def main():
    for kind, unit in (("hmac", None), ("hmac", "MICROSECOND"), ("ed25519", None), ("rsa", None)):
        desk = Desk(kind, unit)
        if kind == "hmac":
            public(desk)
        trading(desk)
        account(desk)
    known = {name for name in dir(SpotRestAPI) if not name.startswith("_")} - SPARE
    missed = sorted(known - CALLED)
    tell(f"{len(known) - len(missed)} of its {len(known)} methods called", f"not {missed}" if missed else None)


main()
