"""The request/response WebSocket API of Binance: one signed session, any number of calls, every order's fate known.

Unofficial. Start at `SpotClient`; results and events are in `binance_wsapi.models`, the local exchange in
`binance_wsapi.simulator`.
"""

from __future__ import annotations

import logging as _logging
from typing import TYPE_CHECKING as _TYPE_CHECKING

from binance_wsapi.account_cache import AssetBalance, Balances, OpenOrder, OpenOrders
from binance_wsapi.client import SpotClient
from binance_wsapi.environments import Environment
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
from binance_wsapi.introspection import endpoints
from binance_wsapi.keys import AsyncSigner, Ed25519Key, HmacKey, RsaKey, Signer, load_from_env
from binance_wsapi.models.enums import OrderStatus, OrderType, Side, TimeInForce
from binance_wsapi.orders.desk import LateExecution
from binance_wsapi.orders.fate import Evidence, FateOptions, Outcome, Verdict
from binance_wsapi.orders.journal import Journal, JournalFailed, MemoryJournal
from binance_wsapi.orders.journal_file import FileJournal
from binance_wsapi.orders.rules import Checked, Known, Rounding, SymbolRules, Unjudged, Violation
from binance_wsapi.orders.trade import Trade
from binance_wsapi.orders.trade_words import TradeEvent, TradeEventKind, TradeFill, TradeSource, TradeStatus
from binance_wsapi.session.inbox import Overflow
from binance_wsapi.session.lifecycle import (
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
from binance_wsapi.session.settings import Settings
from binance_wsapi.user_data import Gap, Repaired, UserDataEvents
from binance_wsapi.wire.endpoint import Endpoint, Security, TimeUnit

if _TYPE_CHECKING:
    from binance_wsapi.streams.book import OrderBook
    from binance_wsapi.streams.market import MarketStreams

__all__ = [
    # the client
    "SpotClient",
    "Settings",
    "Environment",
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
    "Trade",
    "TradeStatus",
    "TradeFill",
    "TradeEvent",
    "TradeEventKind",
    "TradeSource",
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

# A library does not decide what is printed: without a handler of the application's, warnings go nowhere.
_logging.getLogger("binance_wsapi").addHandler(_logging.NullHandler())

_LATER = {"MarketStreams": "market", "OrderBook": "book"}
"""What is imported when it is first asked for, and from where in `streams`: many programs need no market data."""


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.streams.{_LATER[name]}"), name)
    globals()[name] = value
    return value
