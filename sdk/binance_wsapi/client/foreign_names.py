"""What a client says when it is asked for a method by a name that is foreign or misspelt: how it is called here.

Python asks `__getattr__` only for what an object has not, so what it has is as fast as ever, and `hasattr` and `getattr`
with a default find what they found. A type checker is not told of it: to one a foreign name is an error, as before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from binance_wsapi.api.introspection import describe
from binance_wsapi.api.spot.words import nearest
from binance_wsapi.errors import UsageError, shown

__all__ = ["NAMES", "ForeignNames", "check_unknown"]

NAMES: Final[dict[str, str]] = {
    # python-binance
    "create_order": "place_order",
    "create_test_order": "test_order",
    "order_limit": 'place_order(symbol, side, "LIMIT", ...)',
    "order_limit_buy": 'place_order(symbol, "BUY", "LIMIT", ...)',
    "order_limit_sell": 'place_order(symbol, "SELL", "LIMIT", ...)',
    "order_market": 'place_order(symbol, side, "MARKET", ...)',
    "order_market_buy": 'place_order(symbol, "BUY", "MARKET", ...)',
    "order_market_sell": 'place_order(symbol, "SELL", "MARKET", ...)',
    "create_oco_order": "place_oco",
    "order_oco_buy": "place_oco",
    "order_oco_sell": "place_oco",
    "get_order": "order_status",
    "get_open_orders": "open_orders",
    "get_all_orders": "all_orders",
    "cancel_all_open_orders": "cancel_open_orders",
    "get_my_trades": "my_trades",
    "get_account": "account_status",
    "get_asset_balance": "account_status().balances, or track_account() once and then balances[asset]",
    "get_klines": "klines",
    "get_ui_klines": "ui_klines",
    "get_historical_klines": "history.klines",
    "get_historical_klines_generator": "history.klines",
    "get_symbol_info": "exchange_info(symbol=...).symbols[0], or rules(symbol)",
    "get_exchange_info": "exchange_info",
    "get_symbol_ticker": "ticker_price",
    "get_all_tickers": "ticker_price",
    "get_ticker": "ticker_24hr",
    "get_orderbook_ticker": "ticker_book",
    "get_orderbook_tickers": "ticker_book",
    "get_order_book": "depth",
    "get_avg_price": "average_price",
    "get_recent_trades": "recent_trades",
    "get_historical_trades": "historical_trades",
    "get_aggregate_trades": "aggregate_trades",
    "aggregate_trade_iter": "history.aggregate_trades",
    "get_server_time": "server_time",
    "close_connection": "close",
    "stream_get_listen_key": "user_data",
    "user_socket": "user_data",
    "trade_socket": "market_streams().trade",
    "kline_socket": "market_streams().kline",
    "multiplex_socket": "market_streams().subscribe",
    # the official SDK and its predecessor
    "new_order": "place_order",
    "new_order_test": "test_order",
    "new_oco_order": "place_oco",
    "order_place": "place_order",
    "account": "account_status",
    "get_orders": "all_orders",
    "avg_price": "average_price",
    "book_ticker": "ticker_book",
    "agg_trades": "aggregate_trades",
    "time": "server_time",
    "new_listen_key": "user_data",
    # ccxt
    "create_limit_order": 'place_order(symbol, side, "LIMIT", ...)',
    "create_limit_buy_order": 'place_order(symbol, "BUY", "LIMIT", ...)',
    "create_limit_sell_order": 'place_order(symbol, "SELL", "LIMIT", ...)',
    "create_market_order": 'place_order(symbol, side, "MARKET", ...)',
    "create_market_buy_order": 'place_order(symbol, "BUY", "MARKET", ...)',
    "create_market_sell_order": 'place_order(symbol, "SELL", "MARKET", ...)',
    "create_order_ws": "place_order",
    "edit_order": "amend_order, or cancel_replace_order",
    "cancel_all_orders": "cancel_open_orders",
    "fetch_balance": "account_status",
    "fetch_ticker": "ticker_24hr",
    "fetch_tickers": "ticker_24hr",
    "fetch_bids_asks": "ticker_book",
    "fetch_order_book": "depth",
    "fetch_ohlcv": "klines, or history.klines",
    "fetch_trades": "recent_trades",
    "fetch_my_trades": "my_trades",
    "fetch_order": "order_status",
    "fetch_open_orders": "open_orders",
    "fetch_orders": "all_orders",
    "fetch_closed_orders": "all_orders",
    "fetch_markets": "exchange_info",
    "load_markets": "exchange_info",
    "fetch_time": "server_time",
    "price_to_precision": "rules(symbol), and its price(...)",
    "amount_to_precision": "rules(symbol), and its quantity(...)",
    "set_sandbox_mode": "testnet(key)",
    "enable_demo_trading": "demo(key)",
    "watch_trades": "market_streams().trade",
    "watch_ohlcv": "market_streams().kline",
    "watch_ticker": "market_streams().ticker",
    "watch_order_book": "order_book",
    "watch_orders": "user_data",
    "watch_balance": "user_data, or track_account",
}
"""How a client calls what another library has by a name of its own."""

_ELSEWHERE: Final = re.compile(
    r"(futures|margin|papi|options|coin|isolated)_|.*_(margin|futures|deposit|withdraw|transfer|subaccount|sub_account)|withdraw"
)
"""Names of what is not Spot trading."""


_CONSTANT: Final = re.compile(r"(SIDE|ORDER_TYPE|ORDER_STATUS|ORDER_RESP_TYPE|TIME_IN_FORCE|KLINE_INTERVAL)_[A-Z0-9_]+")
"""Constants of python-binance, which are words of the venue."""


_LIKE: Final = 0.8
"""How much of two names of methods must be alike, by `difflib`: one letter may be another one."""


class ForeignNames:
    """A client that knows by which names other libraries call what it does."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            kind = type(self)
            plain = f"{kind.__name__!r} object has no attribute {name!r}"
            if name.startswith("_"):
                raise AttributeError(plain, name=name, obj=self)
            here = _here(kind, name)
            if here is not None:
                raise AttributeError(f"{plain}: here it is {here}")
            if _CONSTANT.fullmatch(name):
                raise AttributeError(f"{plain}: here it is the venue's word as text, such as 'BUY', 'LIMIT' or '1h'")
            if _ELSEWHERE.match(name):
                raise AttributeError(f"{plain}: this library trades Spot, and has no futures, margin orders or wallet")
            raise AttributeError(plain, name=name, obj=self)  # with both, a traceback names the nearest attribute


def check_unknown(method: str, *, said: bool) -> None:
    """Look at the wire name of a method that the library does not know.

    Args:
        method: the name.
        said: whether the caller said what the method asks of its caller, and so means a method that is newer.

    Raises:
        UsageError: it cannot be sent, or it is a known method's name misspelt, its name in Python or in another library.
    """
    known = {name: each["method"] for each in describe() for name in (each["method"], each["python_name"])}
    meant = known.get(nearest(method, known, _LIKE) or NAMES.get(_snake(method), ""))
    if not method or not all(part.isalnum() and part.isascii() for part in method.split(".")):
        hint = f", got {shown(method)}: did you mean '{meant}'?" if meant else ", as 'order.place'"
        raise UsageError(f"method must be words of letters and digits, joined by dots{hint}")
    if meant and not said:
        raise UsageError(
            f"method must be one of the venue's, got {shown(method)}: did you mean '{meant}'? A method newer than this "
            "library is sent with security=, 'USER_DATA' for instance"
        )


def _here(kind: type[object], name: str) -> str | None:
    """Return what a client of a class has under a foreign name."""
    words = _snake(name)
    found = NAMES.get(words)
    if found is not None:
        return found
    if words != name and hasattr(kind, words):
        return words
    of_wire = {_snake(each["method"].replace(".", "_")): each["python_name"] for each in describe()}
    return of_wire.get(words)  # as the official SDK calls them: order_amend_keep_priority


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
