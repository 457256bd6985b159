"""What `binance_wsapi` shows, in one list: the package takes its names from here when the first of them is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.client.spot import SpotClient
from binance_wsapi.environments import DEMO, PRODUCTION, TESTNET, Environment
from binance_wsapi.errors import (
    AmendRejected,
    AuthFailed,
    BadRequest,
    BadTimestamp,
    Banned,
    CancelRejected,
    ConnectFailed,
    ConnectionLost,
    FilterFailed,
    Forbidden,
    IpBanned,
    LimitExceeded,
    NotConnected,
    NotFilled,
    NotFollowed,
    NotLoggedOn,
    NotPlaced,
    NotSent,
    OrderNotFound,
    OrderRejected,
    OutcomeUnknown,
    PartialFailure,
    ProtocolViolation,
    RateLimited,
    ReplyTimeout,
    RuleViolation,
    TlsVerificationError,
    UnreadableReply,
    UsageError,
    VenueError,
    VenueFault,
    WsapiError,
)
from binance_wsapi.history.frames import to_pandas, to_polars
from binance_wsapi.history.rows import HistoryProgress, HistoryRows
from binance_wsapi.keys import AsyncSigner, Ed25519Key, HmacKey, RsaKey, Signer, load_from_env
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.link.lifecycle import (
    ClientEvent,
    Closed,
    ConnectionEvent,
    Failed,
    LimitNotice,
    Message,
    Opened,
    RotationBegan,
    RotationEnded,
    ShutdownAnnounced,
    UnroutedEvent,
)
from binance_wsapi.link.settings import Settings
from binance_wsapi.models.enums import OrderStatus, OrderType, Side, TimeInForce
from binance_wsapi.orders.fate.fence import Evidence, FateOptions, Outcome, Verdict
from binance_wsapi.orders.fate.watch_list import LateExecution
from binance_wsapi.orders.journal.base import Journal, JournalFailed, MemoryJournal
from binance_wsapi.orders.trade.handle import OrderHandle
from binance_wsapi.orders.trade.list_handle import OrderListHandle
from binance_wsapi.orders.trade.types import (
    HandleEvent,
    HandleEventKind,
    HandleFill,
    HandleSource,
    HandleStatus,
    ListHandleStatus,
)
from binance_wsapi.rules.symbol import Checked, Known, Rounding, SymbolRules, Unjudged, Violation
from binance_wsapi.user_data import Gap, Repaired, UserDataEvents
from binance_wsapi.user_data.spot.account_view import AssetBalance, Balances, OpenOrder, OpenOrders
from binance_wsapi.wire.endpoint import Endpoint, Security, TimeUnit

if TYPE_CHECKING:
    from binance_wsapi.client.spot_history import SpotHistory
    from binance_wsapi.orders.journal.file import FileJournal
    from binance_wsapi.streams.book import OrderBook
    from binance_wsapi.streams.market import MarketStreams

__all__ = [
    # the client
    "SpotClient",
    "Settings",
    "Environment",
    "PRODUCTION",
    "TESTNET",
    "DEMO",
    "TimeUnit",
    # market data; its events are in `binance_wsapi.streams`
    "MarketStreams",
    "OrderBook",
    # keys
    "Ed25519Key",
    "HmacKey",
    "RsaKey",
    "Signer",
    "AsyncSigner",
    "load_from_env",
    # words for orders
    "Side",
    "OrderType",
    "TimeInForce",
    "OrderStatus",
    # the fate of an order
    "Verdict",
    "Outcome",
    "Evidence",
    "FateOptions",
    "LateExecution",
    # the live handle of an order
    "OrderHandle",
    "OrderListHandle",
    "HandleStatus",
    "ListHandleStatus",
    "HandleFill",
    "HandleEvent",
    "HandleEventKind",
    "HandleSource",
    # the rules of a symbol
    "SymbolRules",
    "Rounding",
    "Checked",
    "Violation",
    "Unjudged",
    "Known",
    # written down before it is sent
    "Journal",
    "MemoryJournal",
    "FileJournal",
    "JournalFailed",
    # what happens to the client
    "UserDataEvents",
    "Gap",
    "Repaired",
    "AssetBalance",
    "Balances",
    "OpenOrder",
    "OpenOrders",
    # what happened between two times
    "SpotHistory",
    "HistoryRows",
    "HistoryProgress",
    "to_pandas",
    "to_polars",
    # what happens to the connections
    "Overflow",
    "ClientEvent",
    "ConnectionEvent",
    "Opened",
    "Message",
    "Closed",
    "Failed",
    "ShutdownAnnounced",
    "RotationBegan",
    "RotationEnded",
    "UnroutedEvent",
    "LimitNotice",
    # introspection
    "endpoints",
    "Endpoint",
    "Security",
    # errors
    "WsapiError",
    "UsageError",
    "RuleViolation",
    "NotSent",
    "ConnectFailed",
    "TlsVerificationError",
    "NotConnected",
    "NotLoggedOn",
    "LimitExceeded",
    "Banned",
    "OutcomeUnknown",
    "NotPlaced",
    "NotFilled",
    "NotFollowed",
    "ReplyTimeout",
    "ConnectionLost",
    "VenueFault",
    "UnreadableReply",
    "VenueError",
    "RateLimited",
    "IpBanned",
    "Forbidden",
    "AuthFailed",
    "BadTimestamp",
    "BadRequest",
    "FilterFailed",
    "OrderRejected",
    "CancelRejected",
    "OrderNotFound",
    "AmendRejected",
    "PartialFailure",
    "ProtocolViolation",
]

_LATER = {
    "FileJournal": "orders.journal.file",
    "MarketStreams": "streams.market",
    "OrderBook": "streams.book",
    "SpotHistory": "client.spot_history",
}
"""What is imported when it is first asked for, and from where: many programs need no market data and no file."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"binance_wsapi.{_LATER[name]}"), name)
    globals()[name] = value
    return value
