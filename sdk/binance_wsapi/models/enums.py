"""The venue's enumerations (ENUM definitions).

What the venue tells is open: a word this library does not know becomes a member of its own, which equals no known one and
whose ``known`` is False. So a new word of the venue's hides no row, and a state that is not known is taken for no other: it
is not final. A side is BUY or SELL: programs take what is not the one for the other, so a row with any other side is an
`UnreadableReply`.
"""

from __future__ import annotations

from enum import StrEnum

from binance_wsapi.models.base import OpenEnum

__all__ = [
    "AllocationType",
    "CancelReplaceMode",
    "CancelReplaceResult",
    "CancelRestrictions",
    "ContingencyType",
    "ExecutionRuleType",
    "ExecutionType",
    "ExpiryReason",
    "Interval",
    "ListOrderStatus",
    "ListStatusType",
    "MatchType",
    "OrderRateLimitExceededMode",
    "OrderResponseType",
    "OrderStatus",
    "OrderType",
    "PegOffsetType",
    "PegPriceType",
    "RateLimitInterval",
    "RateLimitType",
    "ReferencePriceCalculationType",
    "RejectReason",
    "SelfTradePreventionMode",
    "Side",
    "SymbolStatus",
    "TickerType",
    "TimeInForce",
    "WorkingFloor",
]


class Side(StrEnum):
    """Side of an order."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(OpenEnum):
    """Type of an order."""

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"


class TimeInForce(OpenEnum):
    """How long an order stays."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class OrderStatus(OpenEnum):
    """State of an order."""

    NEW = "NEW"
    PENDING_NEW = "PENDING_NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    PENDING_CANCEL = "PENDING_CANCEL"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order; False of a state that is not known."""
        return self in _FINAL


_FINAL = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
        OrderStatus.EXPIRED_IN_MATCH,
    }
)


class ExecutionType(OpenEnum):
    """What an execution report is about."""

    NEW = "NEW"
    CANCELED = "CANCELED"
    REPLACED = "REPLACED"
    REJECTED = "REJECTED"
    TRADE = "TRADE"
    EXPIRED = "EXPIRED"
    TRADE_PREVENTION = "TRADE_PREVENTION"


class OrderResponseType(StrEnum):
    """How much the reply to a new order tells."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


class ListStatusType(OpenEnum):
    """What a report about an order list is about."""

    RESPONSE = "RESPONSE"
    EXEC_STARTED = "EXEC_STARTED"
    UPDATED = "UPDATED"
    ALL_DONE = "ALL_DONE"


class ListOrderStatus(OpenEnum):
    """State of an order list."""

    EXECUTING = "EXECUTING"
    ALL_DONE = "ALL_DONE"
    REJECT = "REJECT"


class ContingencyType(OpenEnum):
    """How the orders of a list depend on each other. All kinds of OTO, OPO included, report OTO."""

    OCO = "OCO"
    OTO = "OTO"


class CancelReplaceMode(StrEnum):
    """Whether the new order of a cancel-replace is placed when the cancel failed."""

    STOP_ON_FAILURE = "STOP_ON_FAILURE"
    ALLOW_FAILURE = "ALLOW_FAILURE"


class CancelReplaceResult(OpenEnum):
    """What became of one half of a cancel-replace."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    NOT_ATTEMPTED = "NOT_ATTEMPTED"


class CancelRestrictions(StrEnum):
    """In which state only an order may be cancelled."""

    ONLY_NEW = "ONLY_NEW"
    ONLY_PARTIALLY_FILLED = "ONLY_PARTIALLY_FILLED"


class OrderRateLimitExceededMode(StrEnum):
    """What a cancel-replace does when the unfilled order count is spent."""

    DO_NOTHING = "DO_NOTHING"
    CANCEL_ONLY = "CANCEL_ONLY"


class SelfTradePreventionMode(OpenEnum):
    """What happens when two orders of one owner would trade with each other.

    Open, for the venue adds modes (DECREMENT in May 2025, TRANSFER in April 2026) and puts a symbol's default one on
    orders that named none.
    """

    NONE = "NONE"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"
    DECREMENT = "DECREMENT"
    TRANSFER = "TRANSFER"


class PegPriceType(OpenEnum):
    """Which price a pegged order takes."""

    PRIMARY_PEG = "PRIMARY_PEG"
    MARKET_PEG = "MARKET_PEG"


class PegOffsetType(OpenEnum):
    """Unit of the distance of a pegged order."""

    PRICE_LEVEL = "PRICE_LEVEL"


class TickerType(StrEnum):
    """How much a ticker tells."""

    FULL = "FULL"
    MINI = "MINI"


class Interval(StrEnum):
    """Length of a kline; ``1m`` is a minute, ``1M`` a month."""

    SECOND_1 = "1s"
    MINUTE_1 = "1m"
    MINUTE_3 = "3m"
    MINUTE_5 = "5m"
    MINUTE_15 = "15m"
    MINUTE_30 = "30m"
    HOUR_1 = "1h"
    HOUR_2 = "2h"
    HOUR_4 = "4h"
    HOUR_6 = "6h"
    HOUR_8 = "8h"
    HOUR_12 = "12h"
    DAY_1 = "1d"
    DAY_3 = "3d"
    WEEK_1 = "1w"
    MONTH_1 = "1M"


class SymbolStatus(OpenEnum):
    """Trading status of a symbol."""

    TRADING = "TRADING"
    END_OF_DAY = "END_OF_DAY"
    HALT = "HALT"
    BREAK = "BREAK"
    CANCEL_ONLY = "CANCEL_ONLY"


class ExpiryReason(OpenEnum):
    """Why an order expired."""

    NONE = "NONE"
    REJECTED = "REJECTED"
    EXCHANGE_CANCELED = "EXCHANGE_CANCELED"
    OCO_TRIGGER = "OCO_TRIGGER"
    OTO_PHASE_ONE_EXPIRED = "OTO_PHASE_ONE_EXPIRED"
    UNFILLED_IOC_QUANTITY_EXPIRED = "UNFILLED_IOC_QUANTITY_EXPIRED"
    UNFILLED_FOK_ORDER_EXPIRED = "UNFILLED_FOK_ORDER_EXPIRED"
    INSUFFICIENT_LIQUIDITY = "INSUFFICIENT_LIQUIDITY"
    EXECUTION_RULE_PRICE_RANGE_EXCEEDED = "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"


class RejectReason(OpenEnum):
    """Why an order was rejected by the matching engine."""

    NONE = "NONE"
    INSUFFICIENT_BALANCES = "INSUFFICIENT_BALANCES"
    STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY = "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY"
    WOULD_MATCH_IMMEDIATELY = "WOULD_MATCH_IMMEDIATELY"
    OCO_BAD_PRICES = "OCO_BAD_PRICES"


class RateLimitType(OpenEnum):
    """What a limit counts."""

    REQUEST_WEIGHT = "REQUEST_WEIGHT"
    ORDERS = "ORDERS"
    CONNECTIONS = "CONNECTIONS"
    RAW_REQUESTS = "RAW_REQUESTS"


class RateLimitInterval(OpenEnum):
    """Unit of the window of a limit."""

    SECOND = "SECOND"
    MINUTE = "MINUTE"
    HOUR = "HOUR"
    DAY = "DAY"


class AllocationType(OpenEnum):
    """Kind of an allocation."""

    SOR = "SOR"


class WorkingFloor(OpenEnum):
    """Where an order works."""

    EXCHANGE = "EXCHANGE"
    SOR = "SOR"


class MatchType(OpenEnum):
    """How a fill came about."""

    AUTO_MATCH = "AUTO_MATCH"
    ONE_PARTY_TRADE_REPORT = "ONE_PARTY_TRADE_REPORT"


class ExecutionRuleType(OpenEnum):
    """Kind of an execution rule."""

    PRICE_RANGE = "PRICE_RANGE"


class ReferencePriceCalculationType(OpenEnum):
    """How a reference price comes about."""

    ARITHMETIC_MEAN = "ARITHMETIC_MEAN"
    EXTERNAL = "EXTERNAL"
