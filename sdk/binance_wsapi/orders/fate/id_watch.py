"""What bears an id: everything that passes by and shows that a request was executed.

Theory of operation. Three kinds of ids are looked for, in replies, in late replies and in every event of user data:

* those of requests *in doubt*. The first sighting settles the doubt: it is a proof, from every source;
* those of requests *under way*. An order can be seen, and lose its id to a change, before its reply is in
  doubt. So the last sighting is kept until the call returns, and counts should there be a doubt;
* those that were *declared not placed*, on a watch list for a day. Should one turn up after all, `LateExecution` is told to
  the user: one of the assumptions of the fence did not hold, and a person has to look.

A change renames what it changes (``newClientOrderId`` of a cancel, an amendment), and what was renamed is found by its
former id no more. Our own changes say both ids in their replies and events; until one of them is answered, no absence of the
id that it may have taken counts (`IdWatch.may_be_renamed`).

An id is one of an account and of a symbol: another account may use the same, and so may the same account elsewhere. What is
known to be of another is no sighting.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from binance_wsapi.api.spot.shapes import with_halves
from binance_wsapi.errors import PartialFailure, VenueError, WsapiError
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.lifecycle import ClientEvent
from binance_wsapi.models.spot.events import ExecutionReport, UserDataEvent, decode_event
from binance_wsapi.models.spot.orders import OrderAck, OrderFull, OrderResult, OrderState
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Outcome, Verdict
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.session import Session
from binance_wsapi.wire.codec import Envelope, refusal
from binance_wsapi.wire.endpoint import TimeUnit

__all__ = ["LateExecution", "IdWatch"]

log = logging.getLogger("binance_wsapi")


@dataclass(frozen=True, slots=True)
class LateExecution(ClientEvent):
    """A request that was declared not placed was executed after all. A person has to look at it.

    Args:
        client_order_id: the token that turned up.
        verdict: what had been declared.
        order: what was seen of it.
    """

    client_order_id: str
    verdict: Verdict
    order: Any


_PLACEMENTS = frozenset({OrderAck, OrderResult, OrderFull})
"""Replies that tell of no renaming: asking a model for what it has not costs as much as reading it from its bytes."""


class _Sight(msgspec.Struct, gc=False):
    """The ids an event bears."""

    e: str = ""
    x: str = ""
    c: Any = None
    C: Any = None
    s: str = ""


class _Seen(NamedTuple):
    """What bears an id: an order as a reply tells it, or an event, which is read only where it matters."""

    evidence: Evidence
    order: Callable[[], Any]
    key: Signer | AsyncSigner | None
    """The account it is of; None where nothing says it."""
    symbol: str

    def may_be_of(self, key: Signer | AsyncSigner | None, symbol: str) -> bool:
        """Whether it may be of this account and symbol."""
        return (not self.symbol or not symbol or self.symbol == symbol) and (
            self.key is None or key is None or self.key is key or self.key.api_key == key.api_key
        )


class _Way:
    """An id that is under way, and the last that was seen of it."""

    __slots__ = ("key", "seen", "symbol")

    def __init__(self, key: Signer | AsyncSigner | None, symbol: str) -> None:
        self.key = key
        self.symbol = symbol
        self.seen: _Seen | None = None


class _Watched(NamedTuple):
    """An id that should never turn up."""

    until_ms: float
    verdict: Verdict
    key: Signer | AsyncSigner | None
    symbol: str


class IdWatch:
    """Knows which ids matter, and looks at everything that passes by.

    Args:
        session: brings late replies and events, and tells the user.
        watch_ms: how long an id that was declared not placed is watched for.
        whose: tells the account of a subscription on a connection; None where that is not known.
    """

    def __init__(
        self,
        session: Session,
        watch_ms: int,
        whose: Callable[[Connection, int | None], Signer | AsyncSigner | None],
    ) -> None:
        self._session = session
        self._watch_ms = watch_ms
        self._whose = whose
        self._by_token: dict[str, tuple[Unresolved, Doubt]] = {}
        self._by_request: dict[str, Unresolved] = {}
        self._under_way: dict[str, _Way] = {}
        self._changing: Counter[str] = Counter()
        self._watched: OrderedDict[str, _Watched] = OrderedDict()
        session.on_late_reply = self._late
        session.handover.taps.append(self._observe)

    @property
    def in_doubt(self) -> list[Unresolved]:
        """The requests whose fate is not known."""
        return list({id(intent): intent for intent, _ in self._by_token.values()}.values())

    # ------------------------------------------------------------------ which ids matter

    def begin(self, tokens: Iterable[str], former: str, key: Signer | AsyncSigner | None, symbol: str) -> None:
        """A request with these ids is on its way, and may take one from another order."""
        self._changing[former] += 1
        for token in tokens:
            self._under_way[token] = _Way(key, symbol)
            self._watched.pop(token, None)  # used again: what turns up now is this one

    def end(self, tokens: Iterable[str], former: str) -> None:
        """Its call has returned, or its doubt is taken up."""
        for token in tokens:
            self._under_way.pop(token, None)
        self._changed(former)

    def _changed(self, former: str) -> None:
        self._changing[former] -= 1
        if not self._changing[former]:
            del self._changing[former]

    def doubt(self, intent: Unresolved) -> None:
        """Look for a request in doubt, and count what was seen of it while it was under way."""
        self._changing[intent.former] += 1
        for doubt in intent.doubts:
            self._by_token[doubt.token.client_id] = (intent, doubt)
        for token in intent.legs:
            self._by_token.setdefault(token, (intent, intent.doubts[0]))
            way = self._under_way.get(token)
            if way is not None and way.seen is not None:
                self._bears(token, way.seen)
        if intent.request_id is not None:
            self._by_request[intent.request_id] = intent

    def forget(self, intent: Unresolved) -> None:
        """It is settled, or the client is closed: watch for what was declared not placed."""
        for token in (*(doubt.token.client_id for doubt in intent.doubts), *intent.legs):
            if token in self._by_token and self._by_token[token][0] is intent:
                del self._by_token[token]
        if intent.request_id is not None:
            self._by_request.pop(intent.request_id, None)
        self._changed(intent.former)
        now = self._session.now_ms()
        for doubt in intent.doubts:
            if doubt.verdict is not None and doubt.verdict.outcome is Outcome.NOT_PLACED:
                self.watch(doubt.verdict, now, intent.key, doubt.token.symbol)
        while self._watched and next(iter(self._watched.values())).until_ms < now:
            self._watched.popitem(last=False)

    def watch(self, verdict: Verdict, since_ms: int, key: Signer | AsyncSigner | None, symbol: str) -> None:
        """Raise the alarm should this id turn up."""
        self._watched[verdict.client_order_id] = _Watched(since_ms + self._watch_ms, verdict, key, symbol)

    def may_be_renamed(self, client_id: str) -> bool:
        """Whether a change of our own is under way, or in doubt itself, that may have taken this id from its order."""
        return client_id in self._changing

    # ------------------------------------------------------------------ what is seen

    def sighted(
        self, client_id: str | None, order: Any, evidence: Evidence, key: Signer | AsyncSigner | None, symbol: str
    ) -> None:
        """A reply or an answer shows that something of this account and symbol bore this id."""
        if client_id is not None:
            self._bears(client_id, _Seen(evidence, lambda: order, key, symbol))

    def told(self, result: Any, key: Signer | AsyncSigner | None) -> None:
        """Take note of an answer to the user: what bears an id in doubt was executed."""
        if not self._by_token:
            return
        for order in result if isinstance(result, list) else (result,):
            if isinstance(order, OrderState) and order.client_order_id in self._by_token:
                intent, doubt = self._by_token[order.client_order_id]
                if not intent.is_another(doubt, order.time):
                    self.sighted(order.client_order_id, order, Evidence.QUERY, key, order.symbol)

    def renamed(self, result: Any, key: Signer | AsyncSigner | None) -> None:
        """A change of our own was answered. What it renamed is found by its former id no more, and was executed."""
        if type(result) in _PLACEMENTS or not (self._by_token or self._watched or self._under_way):
            return
        for name in ("cancel_response", "amended_order"):  # of a cancel-replace, of an amend
            result = getattr(result, name, None) or result
        for each in result if isinstance(result, list) else (result,):
            for order in (each, *getattr(each, "order_reports", ())):
                former = getattr(order, "orig_client_order_id", None)
                self.sighted(former, order, Evidence.REPLY, key, getattr(order, "symbol", ""))

    def _observe(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        """Look at an event of user data: does it bear an id that matters?"""
        if not self._by_token and not self._watched and not self._under_way:
            return
        try:
            sight = msgspec.json.decode(event, type=_Sight)
        except msgspec.DecodeError:
            return
        if sight.x == "REJECTED" or sight.e not in {"executionReport", "listStatus"}:
            return
        ids = (sight.c, sight.C) if sight.e == "executionReport" else (sight.C,)
        for token in ids:
            if isinstance(token, str):
                key = self._whose(connection, subscription_id)
                self._bears(token, _Seen(Evidence.EVENT, lambda: self._decode(event, subscription_id), key, sight.s))

    def _decode(self, event: bytes, subscription_id: int | None) -> UserDataEvent:
        microseconds = self._session.settings.time_unit is TimeUnit.MICROSECOND
        return decode_event(event, subscription_id, microseconds=microseconds)

    def _late(self, request_id: str, envelope: Envelope) -> None:
        """The reply came after its caller had been told that it did not."""
        intent = self._by_request.get(request_id)
        if intent is None:
            return
        now = self._session.now_ms()
        error = refusal(envelope)
        if error is None and envelope.result is not UNSET:
            try:
                result = intent.endpoint.decode(bytes(envelope.result), self._session.settings.time_unit)
            except WsapiError:
                return
            intent.answer = result
            for doubt in intent.doubts:
                doubt.seen(result, Evidence.REPLY, now)
            self.renamed(result, intent.key)
        elif isinstance(error, PartialFailure):
            self._say_whose(error, intent, request_id)
            with_halves(error, self._session.settings.time_unit)
            halves = (error.cancel_result, error.cancel_response), (error.new_order_result, error.new_order_response)
            for doubt, (result, order) in zip(intent.doubts, halves, strict=False):
                if result == "SUCCESS":
                    doubt.seen(order, Evidence.REPLY, now)
                else:
                    doubt.refused(error, now)
            self.renamed(error.cancel_response, intent.key)
        elif isinstance(error, VenueError):
            self._say_whose(error, intent, request_id)
            for doubt in intent.doubts:
                doubt.refused(error, now)
        intent.wake.set()

    @staticmethod
    def _say_whose(error: VenueError, intent: Unresolved, request_id: str) -> None:
        token = intent.doubts[-1].token.client_id
        error.about(method=intent.endpoint.method, request_id=request_id, client_order_id=token)

    def _bears(self, token: str, seen: _Seen) -> None:
        """Something was seen that bears this id."""
        if token in self._by_token:
            intent, doubt = self._by_token[token]
            if not seen.may_be_of(intent.key, doubt.token.symbol):
                return
            order = seen.order()
            if isinstance(order, ExecutionReport) and intent.is_another(doubt, order.order_creation_time):
                return
            doubt.seen(order, seen.evidence, self._session.now_ms())
            intent.wake.set()
        elif token in self._under_way:
            way = self._under_way[token]
            if seen.may_be_of(way.key, way.symbol):
                way.seen = seen
        elif token in self._watched:
            watched = self._watched[token]
            if seen.may_be_of(watched.key, watched.symbol):
                self._late_execution(token, seen.order())

    def _late_execution(self, client_id: str, order: Any) -> None:
        verdict = self._watched.pop(client_id).verdict
        log.critical("%s was declared not placed and is executed after all", client_id)
        self._session.tell(LateExecution(client_id, verdict, order))
