"""The order desk: every call that changes orders passes it, and none of them is ever lost sight of.

Theory of operation. The desk is a `Caller` between the typed methods and the session. A call that changes orders becomes
an *intent*: it is given the tokens by which the venue's side of it will be recognised (`binance_wsapi.orders.ids`), and
the desk keeps watch over them until its fate is known::

    call ─► session ─┬─ reply: accepted or refused ───────────────────────────► known
                     ├─ NotSent ──────────────────────────────────────────────► known: nothing happened
                     └─ OutcomeUnknown, or the caller went away ─► in doubt ──► resolver ─► known

The caller is told of the doubt at once; the exception can be asked for the verdict (`OutcomeUnknown.resolve`). A resolver
is a task per intent in doubt. It asks ``order.status`` at the times its `Doubt` says, over a connection opened after the
doubt arose, or over REST when none can be had, and listens meanwhile: a late reply and every event of the user data
stream pass by the desk, and the first that bears the token ends it. Nothing is ever sent again; the desk sends questions
only, and, where the user chose ``on_unknown="cancel"``, a cancel.

A token that was declared not placed stays on a watch list for a day. Should it turn up after all, `LateExecution` is told
to the user: one of the assumptions of the fence did not hold, and a person has to look.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from binance_wsapi.api.spot.account import AccountMethods
from binance_wsapi.api.spot.order_lists import OrderListMethods
from binance_wsapi.api.spot.trading import TradingMethods
from binance_wsapi.errors import (
    AuthFailed,
    CancelRejected,
    Forbidden,
    NotConnected,
    NotFollowed,
    NotLoggedOn,
    NotPlaced,
    OrderNotFound,
    OutcomeUnknown,
    PartialFailure,
    UsageError,
    VenueError,
    WsapiError,
)
from binance_wsapi.introspection import endpoints
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.models.base import Time
from binance_wsapi.models.events import ExecutionReport, UserDataEvent, decode_event
from binance_wsapi.models.orders import OrderState
from binance_wsapi.orders.fate import Doubt, Evidence, FateOptions, Outcome, TokenKind, Verdict
from binance_wsapi.orders.ids import ID_LENGTH, named, tokens_of
from binance_wsapi.orders.intent import Intent, account_tag
from binance_wsapi.orders.journal import Journal, JournalFailed
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.lifecycle import ClientEvent
from binance_wsapi.session.seam import Seam
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import DEFAULT, Caller, CallOptions
from binance_wsapi.wire.codec import Envelope, refusal
from binance_wsapi.wire.endpoint import Endpoint, Params, Security, TimeUnit

__all__ = ["LateExecution", "OnUnknown", "OrderDesk", "Unresolved"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")
OnUnknown: TypeAlias = Literal["raise", "wait", "cancel"]

DEFAULT_RECV_WINDOW = 5_000
"""Milliseconds the venue takes when a request names none (Timing security)."""

NO_SUCH_ORDER = -2013

AHEAD_MS = 30_000
"""How much older than the request an order must be to be another: the venue takes a timestamp up to a second ahead of its
own clock (Timing security), and a clock may be set in between."""

FRESH_WITHIN = 5.0
"""Seconds a resolver waits for a connection newer than the doubt before it counts the question as unanswered."""


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


class _Sight(msgspec.Struct, gc=False):
    """The ids an event bears."""

    e: str = ""
    x: str = ""
    c: Any = None
    C: Any = None


class _Seen(NamedTuple):
    """What bears an id: an order as a reply tells it, or an event, which is read only where it matters."""

    evidence: Evidence
    order: Callable[[], Any]


class Unresolved:
    """One intent in doubt: its tokens, what was sent, and the task that finds out."""

    def __init__(self, endpoint: Endpoint[Any], doubts: list[Doubt], connection: int, options: CallOptions) -> None:
        self.endpoint = endpoint
        self.doubts = doubts
        self.connection = connection  # the newest one there was when the doubt arose
        self.options = options
        self.record: Intent | None = None
        self.answer: Any = None
        """The reply, where it came after all."""
        self.former = ""
        """The id the order had that the request cancels or changes, where the request says it."""
        self.wake = asyncio.Event()
        self.task: asyncio.Task[Verdict] | None = None

    @property
    def settled(self) -> bool:
        return all(doubt.verdict is not None for doubt in self.doubts)

    def verdict(self) -> Verdict:
        """The verdict on the whole: executed if any part of it was. Call only when all parts are settled."""
        verdicts = [doubt.verdict for doubt in self.doubts if doubt.verdict is not None]
        return next((each for each in verdicts if each.outcome is Outcome.ACCEPTED), verdicts[-1])


class _Sent:
    """What is known of the frame of one call."""

    __slots__ = ("also", "journal", "record", "request_id", "timestamp")

    def __init__(self, journal: Journal | None = None, record: Intent | None = None) -> None:
        self.also: Callable[[str, int | None], None] | None = None
        self.request_id: str | None = None
        self.timestamp: int | None = None
        self.journal = journal
        self.record = record

    def __call__(self, request_id: str, timestamp: int | None) -> None:
        self.request_id = request_id
        self.timestamp = timestamp
        if self.journal is not None and self.record is not None:
            self.journal.mark_sent(self.record, timestamp)
        if self.also is not None:
            self.also(request_id, timestamp)


class OrderDesk:
    """A `Caller` that knows the fate of every call that changes orders.

    Args:
        session: brings calls to the venue.
        seam: makes unguessable text, and sleeps.
        options: bounds of the fence.
        on_unknown: ``"raise"`` tells the caller of a doubt at once; ``"wait"`` waits for the verdict; ``"cancel"`` does
            too, and meanwhile sees to it that a new order does not stay open.
        follow: subscribes the account's user data; called when the first doubt arises.
        fallback: makes another way to ask, for when no connection can be had.
        journal: where requests are written down before they are sent; None keeps in memory what is in doubt.
    """

    def __init__(
        self,
        session: Session,
        seam: Seam,
        options: FateOptions | None = None,
        on_unknown: OnUnknown = "raise",
        follow: Callable[[], Coroutine[Any, Any, None]] | None = None,
        fallback: Callable[[], Awaitable[Caller]] | None = None,
        journal: Journal | None = None,
    ) -> None:
        if on_unknown not in {"raise", "wait", "cancel"}:
            raise UsageError("on_unknown is 'raise', 'wait' or 'cancel'")
        self._session = session
        self._token = seam.token
        self._sleep = seam.sleep
        self._options = options or FateOptions()
        self._on_unknown = on_unknown
        self._follow = follow
        self._fallback = fallback
        self._journal = journal
        self._recovery: asyncio.Task[list[Verdict]] | None = None
        self._following: asyncio.Task[None] | None = None
        self._waits: set[asyncio.Task[Any]] = set()
        self._by_token: dict[str, tuple[Unresolved, Doubt]] = {}
        self._by_request: dict[str, Unresolved] = {}
        self._under_way: dict[str, _Seen | None] = {}
        self._changing: Counter[str] = Counter()
        self._watched: OrderedDict[str, tuple[float, Verdict]] = OrderedDict()
        self.doubt_taps: list[Callable[[Unresolved], None]] = []
        self.on_refused: Callable[[Params, VenueError], None] | None = None
        session.on_late_reply = self._late
        session.handover.taps.append(self._observe)

    @property
    def in_doubt(self) -> int:
        """Requests whose fate is not known."""
        return len({id(intent) for intent, _ in self._by_token.values()})

    async def close(self) -> None:
        """Stop asking. What is still in doubt stays so."""
        tasks: list[asyncio.Task[Any]] = [
            intent.task for intent, _ in self._by_token.values() if intent.task is not None
        ]
        tasks += self._waits
        if self._following is not None:
            tasks.append(self._following)
        for task in tasks:
            task.cancel()
        if self._recovery is not None:
            tasks.append(self._recovery)
            self._recovery.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._journal is not None:
            self._journal.close()

    # ------------------------------------------------------------------ the way down

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Make the call. See `Caller.call`.

        Raises:
            OutcomeUnknown: it was sent, and nobody said what became of it; `OutcomeUnknown.resolve` finds out.
            NotPlaced: with ``on_unknown`` other than ``"raise"``: it was sent, and can no longer be executed.
        """
        if endpoint.replay_safe or endpoint.security is not Security.TRADE:
            return await self._session.call(endpoint, params, options)
        return await self._change(endpoint, named(endpoint, params, self._token), options, self._on_unknown)

    async def _change(
        self, endpoint: Endpoint[R], request: dict[str, Any], options: CallOptions, on_unknown: OnUnknown
    ) -> R:
        """Make a call that changes orders, and know all the while what bears its ids, and which it may take from others.

        An order can be seen, and lose its id to a change, before anybody doubts that its reply will come.
        """
        former = _former(request)
        tokens = [str(request[name]) for name in endpoint.client_ids]
        self._changing[former] += 1
        self._under_way.update(dict.fromkeys(tokens))
        try:
            return await self._send(endpoint, request, options, on_unknown)
        finally:
            for token in tokens:
                self._under_way.pop(token, None)
            self._changing[former] -= 1
            if not self._changing[former]:
                del self._changing[former]

    async def _send(
        self, endpoint: Endpoint[R], request: dict[str, Any], options: CallOptions, on_unknown: OnUnknown
    ) -> R:
        sent = _Sent()
        if self._journal is not None:
            sent = await self._write_down(self._journal, endpoint, request, options)
        sent.also = options.sent
        try:
            result = await self._session.call(endpoint, request, CallOptions(options.timeout, options.key, sent))
        except OutcomeUnknown as error:
            intent = self._open(endpoint, request, options, sent)
            error.resolve_with(lambda: self._verdict(intent))
            if on_unknown == "raise":
                raise
            try:
                return await self._outlive(self._waiting(endpoint, request, options, intent, error))
            except NotFollowed as closed:
                raise error from closed
        except asyncio.CancelledError:
            # The caller went away, the request did not: its fate is found out for whoever asks later.
            if sent.request_id is None:
                self._write_fate(sent.record, Outcome.NOT_SENT, None, None)
            else:
                intent = self._open(endpoint, request, options, sent)
                if on_unknown == "cancel" and endpoint.orders:
                    gone = OutcomeUnknown("the caller went away before the reply")
                    self._waiting(endpoint, request, options, intent, gone)
            raise
        except VenueError as error:
            done = "SUCCESS" in (error.data.get("cancelResult"), error.data.get("newOrderResult"))
            self._write_fate(sent.record, Outcome.ACCEPTED if done else Outcome.REJECTED, None, error)
            if isinstance(error, PartialFailure):
                self._renamed(error.cancel_response)
            if self.on_refused is not None:
                self.on_refused(request, error)
            raise
        except WsapiError as error:
            self._write_fate(sent.record, Outcome.NOT_SENT, None, error)
            raise
        self._write_fate(sent.record, Outcome.ACCEPTED, result, None)
        self._renamed(result)
        return result

    # ------------------------------------------------------------------ the journal

    def open_journal(self, account: str) -> None:
        """Make the journal ready, before anything is sent. Raises as `Journal.open` does."""
        if self._journal is not None:
            self._journal.open(account)

    def recover(self) -> asyncio.Task[list[Verdict]]:
        """Find out what became of everything an earlier process left open. New orders wait until it is known."""
        if self._recovery is None:
            self._recovery = asyncio.get_running_loop().create_task(self._recover(), name="binance-wsapi recovery")
        return self._recovery

    async def recovered(self) -> list[Verdict]:
        """Wait until that is known. Raises `NotFollowed` when the client is closed before."""
        return await self._outlive(self.recover())

    async def _recover(self) -> list[Verdict]:
        if self._journal is None:
            return []
        now = self._session.now_ms()
        for record in self._journal.watched(now - self._options.watch_ms):
            for client_id in record.ids:
                settled = record.settlement
                if settled is not None:
                    verdict = Verdict(settled.outcome, settled.evidence, client_id, None, None, settled.at_ms)
                    self._watched[client_id] = (record.created_ms + self._options.watch_ms, verdict)
        found = []
        for record in self._journal.open_intents():
            endpoint = endpoints().get(record.method)
            if endpoint is None:
                log.error("the journal holds %r, which this version does not know", record)
                continue
            sent = _Sent(self._journal, record)
            sent.timestamp = record.latest_timestamp_ms(now)
            found.append(self._open(endpoint, {**record.params, "recvWindow": record.recv_window_ms}, DEFAULT, sent))
        return [await self._verdict(intent) for intent in found]

    async def _write_down(
        self, journal: Journal, endpoint: Endpoint[Any], request: dict[str, Any], options: CallOptions
    ) -> _Sent:
        """Write a request down; only when this is done may its frame be sent.

        A request that makes no order neither waits for the recovery nor depends on a journal that failed: whoever wants
        out of the market gets out.
        """
        if endpoint.orders and self._recovery is not None and not self._recovery.done():
            timeout = self._session.settings.timeout if options.timeout is None else options.timeout
            _, waiting = await asyncio.wait([self._recovery], timeout=timeout)
            if waiting:
                raise NotConnected("what an earlier process left open is not settled yet: no new order goes out").about(
                    method=endpoint.method
                )
        ids = tuple(str(request[name]) for name in endpoint.client_ids) or (self._token(ID_LENGTH),)
        key = options.key or self._session.credentials.key
        record = Intent(
            ids[-1],
            endpoint.method,
            str(request.get("symbol", "")),
            ids,
            wire_params(request),
            self._session.now_ms(),
            self._window(request),
            account_tag(self._session.environment.name, key.api_key) if key is not None else "",
            ids[-1],
        )
        try:
            waiting_for = journal.record(record)
            if waiting_for is not None:
                await waiting_for
        except asyncio.CancelledError:
            self._write_fate(record, Outcome.NOT_SENT, None, None)
            raise
        except JournalFailed as error:
            if endpoint.orders or not journal.failed:
                raise
            log.error("%s %s is sent without being written down: %s", endpoint.method, ids[-1], error)
            return _Sent()
        return _Sent(journal, record)

    def _write_fate(self, record: Intent | None, outcome: Outcome, order: Any, error: Exception | None) -> None:
        if self._journal is not None and record is not None:
            evidence = Evidence.LOCAL if outcome is Outcome.NOT_SENT else Evidence.REPLY
            self._journal.settle(
                record, Verdict(outcome, evidence, record.intent_id, order, error, self._session.now_ms())
            )

    def _window(self, request: dict[str, Any]) -> float:
        return float(request.get("recvWindow") or self._session.settings.recv_window or DEFAULT_RECV_WINDOW)

    # ------------------------------------------------------------------ in doubt

    def _open(self, endpoint: Endpoint[Any], request: dict[str, Any], options: CallOptions, sent: _Sent) -> Unresolved:
        """Take up a request of unknown fate."""
        tokens = tokens_of(endpoint, request, self._token)
        now = self._session.now_ms()
        stamp = sent.timestamp if sent.timestamp is not None else now
        doubts = [Doubt(token, stamp, self._window(request), now, self._options) for token in tokens]
        intent = Unresolved(endpoint, doubts, self._session.newest, CallOptions(key=options.key))
        intent.record = sent.record
        intent.former = _former(request)
        if self._journal is not None and sent.record is not None:
            self._journal.mark_unknown(sent.record)
        for doubt in doubts:
            self._by_token[doubt.token.client_id] = (intent, doubt)
        for name in endpoint.client_ids:  # the legs of a list show that the list was taken
            token = str(request[name])
            self._by_token.setdefault(token, (intent, doubts[0]))
            seen = self._under_way.get(token)
            if seen is not None:
                self._bears(token, seen)
        if sent.request_id is not None:
            self._by_request[sent.request_id] = intent
        log.warning("%s %s is in doubt, asking", endpoint.method, tokens[0].client_id)
        intent.task = asyncio.get_running_loop().create_task(self._resolve(intent), name="binance-wsapi fate")
        for tap in self.doubt_taps:
            tap(intent)
        if self._follow is not None and self._following is None:
            self._following = asyncio.get_running_loop().create_task(self._follow_on(self._follow))
        return intent

    @staticmethod
    async def _follow_on(follow: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await follow()
        except WsapiError as error:
            log.warning("user data cannot be followed, questions alone have to do: %s", error)

    async def _verdict(self, intent: Unresolved) -> Verdict:
        assert intent.task is not None
        return await self._outlive(intent.task)

    @staticmethod
    async def _outlive(task: asyncio.Task[R]) -> R:
        """Wait for a task of the desk, which goes on when the waiting is cancelled and ends when the client is closed.

        Raises:
            NotFollowed: the client was closed. Nobody cancelled the caller, who must not be told so.
        """
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not task.cancelled() or (caller is not None and caller.cancelling()):
                raise
        raise NotFollowed("the client was closed before it was known what became of the request: it may be executed")

    async def _resolve(self, intent: Unresolved) -> Verdict:
        """Ask until every part of the intent has a verdict."""
        try:
            while not intent.settled:
                open_doubts = [doubt for doubt in intent.doubts if doubt.verdict is None]
                doubt = min(open_doubts, key=lambda each: each.next_ask_ms)
                pause = (doubt.next_ask_ms - self._session.earliest_ms()) / 1000.0
                if pause > 0:
                    intent.wake.clear()
                    try:
                        async with asyncio.timeout(min(pause, 60.0)):
                            await intent.wake.wait()
                    except TimeoutError:
                        pass
                    continue
                await self._ask(intent, doubt)
        finally:
            self._forget(intent)
        verdict = intent.verdict()
        changed = intent.doubts[0].verdict  # of a cancel-replace the first is the cancel
        if intent.former and changed is not None and changed.outcome is Outcome.ACCEPTED:
            self._sighted(intent.former, changed.order, changed.evidence)
        if self._journal is not None and intent.record is not None:
            self._journal.settle(intent.record, verdict)
        log.warning("%s %s: %s, by %s", intent.endpoint.method, verdict.client_order_id, verdict.outcome.value,
                    verdict.evidence.value)  # fmt: skip
        return verdict

    async def _ask(self, intent: Unresolved, doubt: Doubt) -> None:
        """Ask the venue once about a token."""
        session = self._session
        loop = asyncio.get_running_loop()
        counts = session.earliest_ms() > doubt.fence_ms
        connection = await session.connection_newer_than(intent.connection if counts else 0, loop.time() + FRESH_WITHIN)
        asked = session.earliest_ms()
        if connection is None and self._fallback is None:
            doubt.unanswered(asked)
            return
        token = doubt.token
        endpoint: Endpoint[Any] = AccountMethods.ORDER_STATUS
        question = {"symbol": token.symbol, "origClientOrderId": token.client_id}
        if token.kind is TokenKind.LIST:
            endpoint = AccountMethods.ORDER_LIST_STATUS
            question = {"origClientOrderId": token.client_id}
        elif token.kind is TokenKind.SYMBOL:
            endpoint = AccountMethods.OPEN_ORDERS
            question = {"symbol": token.symbol}
        try:
            if connection is not None:
                found = await session.exchange_on(
                    connection, endpoint, question, intent.options, loop.time() + FRESH_WITHIN
                )
            else:
                assert self._fallback is not None
                reader = await self._fallback()
                found = await reader.call(endpoint, question, CallOptions(timeout=FRESH_WITHIN, key=intent.options.key))
        except OrderNotFound as error:
            if error.code == NO_SUCH_ORDER:
                fresh = connection is None or connection.number > intent.connection
                doubt.absent(asked, session.earliest_ms(), fresh=fresh and not self._may_be_renamed(token.client_id))
            else:
                doubt.unanswered(session.earliest_ms())
        except WsapiError as error:
            log.info("the question about %s was not answered: %s", token.client_id, error)
            doubt.unanswered(session.earliest_ms())
        else:
            if token.kind is TokenKind.SYMBOL and any(self._was_there(order, doubt) for order in found):
                fresh = connection is None or connection.number > intent.connection
                doubt.absent(asked, session.earliest_ms(), fresh=fresh)
                return
            if isinstance(found, OrderState) and _is_another(intent, doubt, found.time):
                fresh = connection is None or connection.number > intent.connection
                doubt.absent(asked, session.earliest_ms(), fresh=fresh)
                return
            doubt.seen(found, Evidence.QUERY, session.now_ms())

    def _may_be_renamed(self, client_id: str) -> bool:
        """Whether a change of our own is under way, or in doubt itself, that may have taken this id from its order."""
        return client_id in self._changing or any(intent.former == client_id for intent, _ in self._by_token.values())

    def _was_there(self, order: OrderState, doubt: Doubt) -> bool:
        """Whether an open order may be older than the request in doubt, which would have cancelled it."""
        return order.time.microseconds / 1000 <= doubt.timestamp_ms + self._session.clock_error_ms

    def _forget(self, intent: Unresolved) -> None:
        """The intent is settled, or the desk is closed: watch for what was declared not placed."""
        for token in [token for token, (each, _) in self._by_token.items() if each is intent]:
            del self._by_token[token]
        for request_id in [request_id for request_id, each in self._by_request.items() if each is intent]:
            del self._by_request[request_id]
        now = self._session.now_ms()
        for doubt in intent.doubts:
            if doubt.verdict is not None and doubt.verdict.outcome is Outcome.NOT_PLACED:
                self._watched[doubt.token.client_id] = (now + self._options.watch_ms, doubt.verdict)
        while self._watched and next(iter(self._watched.values()))[0] < now:
            self._watched.popitem(last=False)

    # ------------------------------------------------------------------ what is seen

    def _observe(self, _connection: Connection, subscription_id: int | None, event: bytes) -> None:
        """Look at an event of user data: does it bear a token?"""
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
                self._bears(token, _Seen(Evidence.EVENT, lambda: self._decode(event, subscription_id)))

    def _bears(self, token: str, seen: _Seen) -> None:
        """Something was seen that bears this id."""
        if token in self._by_token:
            intent, doubt = self._by_token[token]
            order = seen.order()
            if isinstance(order, ExecutionReport) and _is_another(intent, doubt, order.order_creation_time):
                return
            doubt.seen(order, seen.evidence, self._session.now_ms())
            intent.wake.set()
        elif token in self._under_way:
            self._under_way[token] = seen
        elif token in self._watched:
            self._late_execution(token, seen.order())

    def _decode(self, event: bytes, subscription_id: int | None) -> UserDataEvent:
        microseconds = self._session.settings.time_unit is TimeUnit.MICROSECOND
        return decode_event(event, subscription_id, microseconds=microseconds)

    def _renamed(self, result: Any) -> None:
        """A change of our own was answered. What it renamed is found by its former id no more, and was executed."""
        if not self._by_token and not self._watched and not self._under_way:
            return
        for name in ("cancel_response", "amended_order"):  # of a cancel-replace, of an amend
            result = getattr(result, name, None) or result
        for each in result if isinstance(result, list) else (result,):
            for order in (each, *getattr(each, "order_reports", ())):
                self._sighted(getattr(order, "orig_client_order_id", None), order, Evidence.REPLY)

    def _sighted(self, client_id: str | None, order: Any, evidence: Evidence) -> None:
        """A reply or an answer shows that something bore this id."""
        if client_id is not None:
            self._bears(client_id, _Seen(evidence, lambda: order))

    def _late_execution(self, client_id: str, order: Any) -> None:
        _, verdict = self._watched.pop(client_id)
        log.critical("%s was declared not placed and is executed after all", client_id)
        self._session.tell(LateExecution(client_id, verdict, order))

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
            self._renamed(result)
        elif isinstance(error, VenueError) and not isinstance(error, PartialFailure):
            for doubt in intent.doubts:
                doubt.refused(error, now)
        intent.wake.set()

    # ------------------------------------------------------------------ waiting for the verdict

    def _waiting(
        self,
        endpoint: Endpoint[R],
        request: dict[str, Any],
        options: CallOptions,
        intent: Unresolved,
        error: OutcomeUnknown,
    ) -> asyncio.Task[R]:
        """Begin to wait for the verdict: a caller who goes away does not keep his order from being cancelled."""
        work = self._wait(endpoint, request, options, intent, error)
        task = asyncio.get_running_loop().create_task(work, name="binance-wsapi waiting")
        self._waits.add(task)
        task.add_done_callback(self._waited)
        return task

    def _waited(self, task: asyncio.Task[Any]) -> None:
        self._waits.discard(task)
        if not task.cancelled():
            task.exception()  # whoever would have been told may have gone away

    async def _wait(
        self,
        endpoint: Endpoint[R],
        request: dict[str, Any],
        options: CallOptions,
        intent: Unresolved,
        error: OutcomeUnknown,
    ) -> R:
        """Wait for the verdict and put it into the form the caller expects of a reply."""
        if self._on_unknown == "cancel" and endpoint.orders:
            await self._cancel(intent, options)  # the sooner the better; what it cannot do yet is done once it is known
        verdict = await self._verdict(intent)
        if verdict.outcome is Outcome.REJECTED and verdict.error is not None:
            raise verdict.error from error
        if verdict.outcome is not Outcome.ACCEPTED:
            raise NotPlaced(
                f"it was sent, no reply came, and it can no longer be executed ({verdict.evidence.value})"
            ).about(method=endpoint.method, client_order_id=verdict.client_order_id) from error
        order: Any = None
        if self._on_unknown == "cancel" and endpoint.orders and not getattr(intent.answer, "is_final", False):
            order = await self._end(intent, options, error)
        elif intent.answer is not None:
            answer: R = intent.answer
            return answer
        if order is None:
            order = await self._state(intent, options)
        if order is None or order.raw is None:
            # It was executed, and nothing tells it in the shape of a reply: the caller is told as much.
            raise error
        try:
            return endpoint.decode({**order.raw, **_reply_fields(order, request)}, self._session.settings.time_unit)
        except OutcomeUnknown:
            raise error from None

    async def _state(self, intent: Unresolved, options: CallOptions) -> OrderState | None:
        """Ask for the state of an order that was found, as the last word before it is handed to the caller."""
        token = intent.doubts[-1].token
        if token.kind is not TokenKind.ORDER:
            return None
        found = intent.doubts[-1].verdict
        order_id = None if found is None else getattr(found.order, "order_id", None)
        question: dict[str, Any] = {"symbol": token.symbol, "origClientOrderId": token.client_id}
        if isinstance(order_id, int):  # a cancel takes the client's id away, and never this one
            question = {"symbol": token.symbol, "orderId": order_id}
        # It exists: ask until the venue's views, which lag behind its matching engine, show it.
        visible = AsyncRetrying(
            retry=retry_if_exception_type(OrderNotFound),
            wait=wait_exponential(multiplier=0.1, max=1.0),
            stop=stop_after_attempt(5 + math.ceil(self._options.lag_ms / 1000.0)),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            async for attempt in visible:
                with attempt:
                    return await self._session.call(AccountMethods.ORDER_STATUS, question, CallOptions(key=options.key))
        except WsapiError:
            pass
        order = found.order if found is not None else None
        return order if isinstance(order, OrderState) else None

    async def _end(self, intent: Unresolved, options: CallOptions, error: OutcomeUnknown) -> Any:
        """Cancel what was executed until the matching engine has answered; return what was cancelled, or None.

        Raises:
            OutcomeUnknown: the venue does not let us cancel. It may be open.
        """
        tries = 0
        while True:
            done, failed = await self._cancel(intent, options)
            if failed is None:
                return done
            if isinstance(failed, AuthFailed | Forbidden | NotLoggedOn | UsageError):
                log.critical("%s may be open and cannot be cancelled: %s", intent.doubts[-1].token.client_id, failed)
                raise error
            tries = min(tries + 1, 6)
            await self._sleep(0.1 * 2.0**tries)

    async def _cancel(self, intent: Unresolved, options: CallOptions) -> tuple[Any, WsapiError | None]:
        """Cancel once what the intent placed; return what was cancelled, and the error of what was left undecided.

        A cancel is answered by the matching engine itself, so its word is newer than any view's: its refusal, too, says
        that nothing is open.
        """
        done: Any = None
        undecided: WsapiError | None = None
        for doubt in intent.doubts:
            token = doubt.token
            name = "origClientOrderId"
            endpoint: Endpoint[Any] = TradingMethods.CANCEL_ORDER
            if token.kind is TokenKind.LIST:
                name = "listClientOrderId"
                endpoint = OrderListMethods.CANCEL_ORDER_LIST
            request: dict[str, Any] = {
                "symbol": token.symbol,
                name: token.client_id,
                "newClientOrderId": self._token(ID_LENGTH),
            }
            order_id = None if doubt.verdict is None else getattr(doubt.verdict.order, "order_id", None)
            if token.kind is TokenKind.ORDER and isinstance(order_id, int):  # it keeps this one, however it is renamed
                request["orderId"] = order_id
                del request[name]
            try:
                done = await self._change(endpoint, request, CallOptions(key=options.key), "raise")
            except CancelRejected as error:
                log.info("cancelling %s: %s", token.client_id, error)
            except WsapiError as error:
                log.info("cancelling %s: %s", token.client_id, error)
                undecided = error
            else:
                doubt.seen(done, Evidence.REPLY, self._session.now_ms())
                intent.wake.set()
        return done, undecided


def _former(request: dict[str, Any]) -> str:
    """Return the id of the order that a request cancels or changes, where the request says it."""
    return str(request.get("origClientOrderId") or request.get("cancelOrigClientOrderId") or "")


def _is_another(intent: Unresolved, doubt: Doubt, made: Time) -> bool:
    """Whether an order that bears the id is older than the request in doubt: a user's own id, used a second time.

    A journal does not let that happen.
    """
    places = intent.endpoint.orders > 0 and doubt is intent.doubts[-1]
    return places and intent.record is None and made.microseconds / 1000 < doubt.timestamp_ms - AHEAD_MS


def _reply_fields(order: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Return what a reply has and a query has not."""
    fields: dict[str, Any] = {}
    if isinstance(order, OrderState):
        fields["transactTime"] = int(order.update_time)
    if "origClientOrderId" in request:
        fields["origClientOrderId"] = request["origClientOrderId"]
    return fields
