"""What to do about a refusal of the venue, by its code and its words.

One table: `VenueError.remedy`, the command line and the page about errors tell what stands here.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BY_CODE", "BY_FILTER", "BY_WORDS", "COMMANDS", "remedy_of"]

_RESOLVE: Final = "an order: `await error.resolve()` says what became of it, never send it again; a read: ask again"
_MSG: Final = "correct the parameter that `msg` names"
_LISTS: Final = "correct the leg that `msg` names: the page about order lists says what each needs"
_BUSY: Final = "wait some seconds, then ask again"
_KEY: Final = "look whether the key is of this environment, has the permission, and is used from an address it allows"
_AGAIN: Final = "views lag: ask again, or follow the order with a handle of `submit_order`"
_SUBSCRIBED: Final = "leave subscriptions to `client.user_data()`, which keeps one for each account"

BY_CODE: Final[dict[int, str]] = {
    **dict.fromkeys((-1000, -1001, -1006, -1007), _RESOLVE),
    -1002: "give the key the permission that the method needs",
    -1003: "wait until `retry_after`; where other programs use this address, share the limits with `Settings(limit_store=)`",
    -1008: _BUSY,
    -1013: "round with `client.rules(symbol)`, or let `check_rules=True` say before sending what is wrong",
    -1014: "use another type of order, or leave parameters out",
    -1015: "wait until `retry_after`, and place fewer orders per ten seconds and per day",
    -1016: "wait: the client connects again by itself",
    -1020: "use another type of order, or leave parameters out",
    -1021: "set this machine's clock; on a slow line raise `recv_window` (the client corrects a wrong clock once by itself)",
    -1022: "take the private key, or the secret, that belongs to the API key",
    **dict.fromkeys((*range(-1108, -1099), -1130, -1134, -1135, -1139, -1145, -1151, -1194), _MSG),
    -1111: "round with `client.rules(symbol)`",
    -1112: "wait for a market: no order stands in the book",
    **dict.fromkeys((-1117, -1116, -1115, -1114), "see what `place_order` takes for this type of order"),
    **dict.fromkeys((-1119, -1118), "leave the client order id out: the library gives each order its own"),
    -1120: "use an interval that the venue has, as 1m, 1h or 1d",
    -1121: "write the symbol in capitals and without a separator, as BTCUSDT; `client.exchange_info()` lists them",
    -1122: "use a status that the venue has: TRADING, HALT or BREAK",
    -1127: "ask for shorter spans: `client.history` pages through any length",
    -1128: "leave one of the parameters out that do not go together; `client.history` pages by itself",
    **dict.fromkeys((*range(-1168, -1157), *range(-1199, -1195)), _LISTS),
    -2010: "read `msg`: the matching engine refused the order",
    -2011: "the order is not open: filled, cancelled, or never there; `order_status` says which",
    **dict.fromkeys((-2018, -2013), _AGAIN),
    **dict.fromkeys((-2015, -2014), _KEY),
    **dict.fromkeys((-2022, -2021), "look at both halves: `cancel_response` and `new_order_response`"),
    -2026: "it ended without a fill more than 90 days ago, and is archived",
    **dict.fromkeys((-2042, -2035), _SUBSCRIBED),
    -2038: "the order is not open, or the new quantity is not lower",
    -2039: "name the order by one of its two ids",
}
"""By the venue's code."""

BY_WORDS: Final[dict[str, str]] = {
    "Account has insufficient balance for requested action.": "place less, or free what open orders lock",
    "Order would immediately match and take.": "move the price: a LIMIT_MAKER that would trade is refused",
    "Order would trigger immediately.": "move the stop price to the other side of the last price",
    "Duplicate order sent.": "an open order has this client order id: leave ids to the library",
    "Unknown order sent.": "the order is not open: filled, cancelled, or never there; `order_status` says which",
    "Market is closed.": "look at `status` in `client.exchange_info()`, and wait until it is TRADING",
    "This symbol is not permitted for this account.": "ask the venue: the account lacks a permission that the symbol needs",
    "This action is disabled on this account.": "ask the venue, which disabled it",
    "This account may not place or cancel orders.": "ask the venue, which disabled trading for the account",
    "Price * QTY is zero or less.": "give a price and a quantity above zero",
    "Order was not canceled due to cancel restrictions.": "the order has not the state that `cancel_restrictions` asks for",
    "Order amend (quantity increase) is not supported.": "amend to less than the order has, or place another",
}
"""By words of the matching engine, which come with -2010, -2011 and -2038."""

_NOTIONAL: Final = "price times quantity is outside the range: `client.rules(symbol)` has it"
_QUANTITY: Final = "round the quantity with `client.rules(symbol)`"
_OPEN: Final = "cancel some: too many are open"

BY_FILTER: Final[dict[str, str]] = {
    "PRICE_FILTER": "round the price with `client.rules(symbol)`",
    "PERCENT_PRICE": "move the price nearer to the market",
    "PERCENT_PRICE_BY_SIDE": "move the price nearer to the market",
    "LOT_SIZE": _QUANTITY,
    "MARKET_LOT_SIZE": _QUANTITY,
    "MIN_NOTIONAL": _NOTIONAL,
    "NOTIONAL": _NOTIONAL,
    "MAX_POSITION": "buy less, or cancel open buys: together they pass the most that may be held",
    "TRAILING_DELTA": "give a `trailing_delta` within the range of the symbol",
    "ICEBERG_PARTS": "show more at once: `iceberg_qty` is too small for the quantity",
    "MAX_ASSET": "order less at once: `client.my_filters(symbol)` has the most of the asset",
    "MAX_NUM_ORDER_AMENDS": "cancel and place it anew: it was amended too often",
    **dict.fromkeys(
        (
            "MAX_NUM_ORDERS",
            "MAX_NUM_ALGO_ORDERS",
            "MAX_NUM_ICEBERG_ORDERS",
            "MAX_NUM_ORDER_LISTS",
            "EXCHANGE_MAX_NUM_ORDERS",
            "EXCHANGE_MAX_NUM_ALGO_ORDERS",
            "EXCHANGE_MAX_NUM_ICEBERG_ORDERS",
            "EXCHANGE_MAX_NUM_ORDER_LISTS",
        ),
        _OPEN,
    ),
}
"""By the name of the filter that comes with -1013."""

_LOOK: Final = "binance-wsapi doctor looks at the key, its place and its permissions, and says what to do"
_LAST: Final = "binance-wsapi orders SYMBOL --all shows the last orders, and how each ended"

COMMANDS: Final[dict[int, str]] = {
    -1003: "binance-wsapi limits shows how much of each limit is used",
    **dict.fromkeys((-1111, -1013), "binance-wsapi call exchangeInfo symbol=SYMBOL shows what the venue takes"),
    -1021: "binance-wsapi ping shows by how much this machine's clock is wrong",
    -1022: _LOOK,
    **dict.fromkeys((-1128, -1127), "binance-wsapi history pages through any length"),
    -1121: "binance-wsapi call ticker.price shows every symbol the venue has",
    -2011: _LAST,
    -2013: _LAST,
    -2014: _LOOK,
    -2015: _LOOK,
}
"""The command that shows what is behind a code."""

_BY_STATUS: Final[dict[int, str]] = {
    403: "look at the address and at the parameters: the venue's firewall refused the request",
    418: "stay away until `retry_after`: the address is banned, and the client sends nothing before",
    429: BY_CODE[-1003],
}
_FILTER: Final = "Filter failure: "


def remedy_of(status: int, code: int, msg: str) -> str | None:
    """Return what to do about a refusal; None where its words are all that is known.

    Args:
        status: of the reply.
        code: the venue's.
        msg: the venue's words.
    """
    if status >= 500:
        return _RESOLVE
    if status in {403, 418}:
        return _BY_STATUS[status]
    by_words = BY_WORDS.get(msg)
    if by_words is None and msg.startswith(_FILTER):
        by_words = BY_FILTER.get(msg.removeprefix(_FILTER).strip().rstrip("."))
    return by_words or BY_CODE.get(code) or _BY_STATUS.get(status)
