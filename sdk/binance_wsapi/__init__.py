"""The request/response WebSocket API of Binance: one signed session, any number of calls, every order's fate known.

Unofficial. Start at `SpotClient`; results and events are in `binance_wsapi.models`, the local exchange in
`binance_wsapi.simulator`.
"""

from __future__ import annotations

import logging as _logging

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
from binance_wsapi.session.inbox import Overflow
from binance_wsapi.session.lifecycle import (
    ClientEvent,
    Closed,
    ConnectionEvent,
    Failed,
    LimitNotice,
    Message,
    Opened,
    ShutdownAnnounced,
    UnroutedEvent,
)
from binance_wsapi.session.settings import Settings
from binance_wsapi.user_data import Gap, UserDataEvents
from binance_wsapi.wire.endpoint import Endpoint, Security, TimeUnit

__all__ = [
    # the client
    "SpotClient",
    "Settings",
    "Environment",
    "TimeUnit",
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
    "Journal",
    "MemoryJournal",
    "FileJournal",
    "JournalFailed",
    # what happens to the client
    "UserDataEvents",
    "Gap",
    "Overflow",
    "ClientEvent",
    "ConnectionEvent",
    "Opened",
    "Message",
    "Closed",
    "Failed",
    "ShutdownAnnounced",
    "UnroutedEvent",
    "LimitNotice",
    # introspection
    "endpoints",
    "Endpoint",
    "Security",
    # errors
    "WsapiError",
    "UsageError",
    "NotSent",
    "ConnectFailed",
    "TlsVerificationError",
    "NotConnected",
    "NotLoggedOn",
    "LimitExceeded",
    "Banned",
    "OutcomeUnknown",
    "NotPlaced",
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
