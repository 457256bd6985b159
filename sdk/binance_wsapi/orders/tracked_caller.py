"""The tracked caller: every call that changes orders passes it, and none of them is ever lost sight of.

Theory of operation. The tracked caller is a `Caller` between the typed methods and the session. A call that changes
orders becomes an *intent*: it is given the tokens by which the venue's side of it will be recognised
(`binance_wsapi.orders.ids.naming`), is written down where there is a journal, and is kept in view until its fate is
known::

    call ─► session ─┬─ reply: accepted or refused ───────────────────────────► known
                     ├─ NotSent ──────────────────────────────────────────────► known: nothing happened
                     └─ OutcomeUnknown, or the caller went away ─► in doubt ──► resolver ─► known

The caller is told of the doubt at once; the exception can be asked for the verdict (`OutcomeUnknown.resolve`). Who does
what:

* the tracked caller: one frame per call, and what its reply or its absence means;
* `binance_wsapi.orders.recovery`: writes it down first, and takes up what an earlier process left open;
* `binance_wsapi.orders.fate.id_watch`: sees all that bears an id that matters;
* `binance_wsapi.orders.fate.resolver`: asks until there is a verdict;
* `binance_wsapi.orders.fate.on_unknown`: waits for it in the caller's place, and cancels, where the user chose so.

Nothing is ever sent again; the tracked caller sends questions only, and, where the user chose ``on_unknown="cancel"``,
a cancel.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Literal, TypeAlias, TypeVar

from binance_wsapi.errors import (
    NotFollowed,
    OutcomeUnknown,
    PartialFailure,
    UnreadableReply,
    UsageError,
    VenueError,
    WsapiError,
    shown,
)
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.orders.fate.fence import FateOptions, Outcome, Verdict
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.listeners import FateListeners, Named
from binance_wsapi.orders.fate.on_unknown import VerdictWaits
from binance_wsapi.orders.fate.reply import Refusal, refused
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Sent, UnderWay, outlive
from binance_wsapi.orders.ids.naming import ID_LENGTH, named
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.orders.recovery import Recovery
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.session import Session
from binance_wsapi.wire.answers import reply_shows_another, shows_another
from binance_wsapi.wire.caller import DEFAULT, Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params, Security
from binance_wsapi.wire.order_calls import OrderCalls

__all__ = ["OnUnknown", "TrackedCaller"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")

UNUSED_IDS_KEPT = 10_000
"""Ids that were made and not used yet: of more, any is forgotten."""
OnUnknown: TypeAlias = Literal["raise", "wait", "cancel"]

# Names for the way of every order: an attribute of an Enum class is looked up in Python.
_TRADE: Final = Security.TRADE
_ACCEPTED: Final = Outcome.ACCEPTED

DEFAULT_RECV_WINDOW: Final = 5_000
"""Milliseconds the venue takes when a request names none (Timing security)."""


class TrackedCaller:
    """A `Caller` that knows the fate of every call that changes orders.

    Args:
        session: brings calls to the venue.
        calls: the methods of the product that change orders and tell of them; kept as an attribute.
        runtime: makes unguessable text, and sleeps.
        options: bounds of the fence.
        on_unknown: ``"raise"`` tells the caller of a doubt at once; ``"wait"`` waits for the verdict; ``"cancel"`` does
            too, and meanwhile sees to it that a new order does not stay open.
        follow: subscribes the account's user data; called when the first doubt arises.
        fallback: makes another way to ask, for when no connection can be had.
        journal: where requests are written down before they are sent; None keeps in memory what is in doubt.
        account_of: tells the account of a subscription on a connection; None where that is not known.
        on_refused: told of each request the venue refused, and why.

    Attributes:
        listeners: told of each new doubt, and of what turns up late.
    """

    def __init__(
        self,
        session: Session,
        calls: OrderCalls,
        runtime: Runtime,
        *,
        options: FateOptions | None = None,
        on_unknown: OnUnknown = "raise",
        follow: Callable[[], Coroutine[Any, Any, None]] | None = None,
        fallback: Callable[[], Awaitable[Caller]] | None = None,
        journal: Journal | None = None,
        account_of: Callable[[Connection, int | None], Signer | AsyncSigner | None] = lambda _connection, _id: None,
        on_refused: Callable[[Params, VenueError], None] = lambda _request, _error: None,
    ) -> None:
        if on_unknown not in ("raise", "wait", "cancel"):
            raise UsageError(f"on_unknown must be 'raise', 'wait' or 'cancel', got {shown(on_unknown)}")
        self._session = session
        self.calls = calls
        self._token = runtime.token
        self._usual_window = _milliseconds(session.settings.recv_window or DEFAULT_RECV_WINDOW)
        options = options or FateOptions()
        self._on_unknown = on_unknown
        self._closed = False
        self._on_refused = on_refused
        self._fresh: set[str] = set()
        self.listeners: FateListeners = Listeners()
        self._id_watch = IdWatch(session, calls, options.watch_ms, account_of, self.listeners, journal)
        self._resolver = Resolver(
            session,
            calls,
            self._id_watch,
            token=runtime.token,
            options=options,
            follow=follow,
            fallback=fallback,
            journal=journal,
            listeners=self.listeners,
        )
        self._recovery = None
        if journal is not None:
            self._recovery = Recovery(
                session,
                calls,
                journal,
                runtime=runtime,
                options=options,
                id_watch=self._id_watch,
                resolver=self._resolver,
            )
        self._waits = VerdictWaits(
            session,
            calls,
            self._resolver,
            new_id=self.new_id,
            runtime=runtime,
            options=options,
            change=lambda endpoint, request, how: self._change(endpoint, request, how, "raise"),
            cancels=on_unknown == "cancel",
        )

    @property
    def in_doubt(self) -> int:
        """Requests whose fate is not known."""
        return len(self._id_watch.in_doubt)

    def contested(self, named: Named) -> bool:
        """Return whether more than one request under way, or in doubt, may have made what is called so."""
        return self._id_watch.contests.contested(named)

    def new_id(self, length: int = ID_LENGTH) -> str:
        """Return an id that no order has had, for one call."""
        made = self._token(length)
        if len(self._fresh) >= UNUSED_IDS_KEPT:
            self._fresh.pop()  # it is treated as an id of the caller's choice from now on
        self._fresh.add(made)
        return made

    def refuse(self) -> None:
        """Begin no search from now on. Calls under way go on; a reply they lose stays in doubt."""
        self._closed = self._resolver.closed = True

    async def close(self) -> None:
        """Stop asking. What is still in doubt stays so, and is noted in the journal, which stays open."""
        self.refuse()
        tasks = [*self._resolver.tasks, *self._waits.tasks]
        if self._recovery is not None:
            tasks += self._recovery.tasks
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def close_journal(self) -> None:
        """Let go of the journal, when no call is under way any more."""
        if self._recovery is not None:
            self._recovery.close()

    # ------------------------------------------------------------------ the way down

    def call(
        self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT
    ) -> Coroutine[Any, Any, R]:  # no coroutine of its own: an order goes through as few as can be
        """Make the call. See `Caller.call`.

        Raises:
            OutcomeUnknown: it was sent, and its fate is unknown; `OutcomeUnknown.resolve` finds out.
            NotPlaced: with ``on_unknown`` other than ``"raise"``: it was sent, and can no longer be executed.
        """
        if endpoint.replay_safe or endpoint.security is not _TRADE:
            return self._ask(endpoint, params, options)
        return self._change(endpoint, params, options, self._on_unknown)

    async def _ask(self, endpoint: Endpoint[R], params: Params, options: CallOptions) -> R:
        """Make a call that changes no orders."""
        result = await self._session.call(endpoint, params, options)
        if endpoint in (self.calls.order_status, self.calls.list_status) and shows_another(params, result):
            error = UnreadableReply("the answer is about another order than was asked for")
            raise error.about(method=endpoint.method)
        if endpoint.security is Security.USER_DATA:
            self._id_watch.told(result, self._key(options))
        return result

    async def _change(self, endpoint: Endpoint[R], params: Params, options: CallOptions, on_unknown: OnUnknown) -> R:
        """Make a call that changes orders, in view all the while. Its parameters become text here, once for all layers."""
        session, watch = self._session, self._id_watch
        try:
            request, tokens, fresh = named(endpoint, params, self._token)
            own = request.get("recvWindow")
            window = _milliseconds(own) if own else self._usual_window
            key = options.key or session.credentials.key
            if self._recovery is not None:
                self._recovery.refuse(endpoint, tokens, key)
        except UsageError as error:
            ids = [params.get(name) for name in endpoint.client_ids]
            error.about(method=endpoint.method, client_order_id=ids[-1] if ids else None)
            raise
        if self._fresh:
            fresh |= self._fresh.intersection(tokens)
            self._fresh.difference_update(tokens)
        call = watch.begin(endpoint, request, tokens, fresh, key)
        sent = Sent(key, window, options.sent, now=watch.history.moment)
        if call.change is not None or len(fresh) < len(tokens):
            sent.leaves = lambda: watch.contests.leaves(call)
        try:
            timeout = options.timeout
            if self._recovery is not None:
                timeout = await self._recovery.write_down(endpoint, request, tokens, timeout, sent)
                if len(call.live_ids) in (1, 2):  # not of a list, which is found by the id of its own
                    call.live_ids[-1].record = sent.record
            try:
                result = await session.call_wire(
                    endpoint, request, CallOptions(timeout, options.key, sent, options.told)
                )
                one = len(tokens) == 1
                if reply_shows_another(endpoint, request, result):
                    raise UnreadableReply("the reply shows another order than the request was about")
            except BaseException as error:  # noqa: BLE001 - raised again, or made a doubt
                return await self._no_result(endpoint, request, on_unknown, call, sent, error)
            if call.change is not None:
                watch.replied(call, result, key, sent.at)
            elif one:
                watch.placed(call, result, sent.at)
            elif endpoint.orders:
                watch.list_placed(call, result, sent.at)
            if sent.record is not None:  # after what its reply shows of others is written down
                self._settle(sent, _ACCEPTED, result, None)
            return result
        except WsapiError as error:
            error.about(method=endpoint.method, client_order_id=tokens[-1] if tokens else None)
            raise
        finally:
            watch.end(call)

    async def _no_result(
        self,
        endpoint: Endpoint[R],
        request: dict[str, Any],
        on_unknown: OnUnknown,
        call: UnderWay,
        sent: Sent,
        why: BaseException,
    ) -> R:
        """Say what it means that a call brought no result: a doubt, a refusal, or that nothing was sent."""
        try:
            raise why
        except OutcomeUnknown as error:
            return await self._in_doubt(endpoint, request, sent, on_unknown, error, call)
        except VenueError as error:
            if isinstance(error, PartialFailure):
                self.calls.with_halves(error, self._session.settings.time_unit)
            self._on_refused(request, error)
            refusal = refused(error, max(len(call.tokens), 1), request, explained=self._id_watch.explains(call))
            if refusal.in_doubt:
                there = OutcomeUnknown(refusal.why)
                there.about(method=error.method, request_id=error.request_id, client_order_id=error.client_order_id)
                there.__cause__ = error
                return await self._in_doubt(endpoint, request, sent, on_unknown, there, call, refusal)
            if refusal.done:
                self._id_watch.replied(call, refusal.done, sent.key, sent.at)
            self._settle(sent, Outcome.ACCEPTED if refusal.done else Outcome.REJECTED, None, error)
            self._id_watch.refused(call, endpoint, request, sent.request_id, refusal)
            raise
        except WsapiError as error:
            self._settle(sent, Outcome.NOT_SENT, None, error)
            raise
        except (asyncio.CancelledError, Exception):
            # The caller went away, or its signer raised. What was sent by then was sent: its fate is found out for a
            # later question.
            if sent.request_id is None:
                self._settle(sent, Outcome.NOT_SENT, None, None)
            else:
                intent = self._resolver.open(endpoint, request, sent, call)
                if on_unknown == "cancel" and endpoint.orders and not self._closed:
                    gone = OutcomeUnknown("the caller went away before the reply")
                    self._waits.begin(endpoint, request, intent, gone)
            raise
        finally:
            del why  # an exception and a frame that hold each other live until the collector comes

    async def _in_doubt(
        self,
        endpoint: Endpoint[R],
        request: dict[str, Any],
        sent: Sent,
        on_unknown: OnUnknown,
        error: OutcomeUnknown,
        call: UnderWay,
        refusal: Refusal | None = None,
    ) -> R:
        """Take up a doubt, and tell the caller of it, or wait in his place."""
        intent = self._resolver.open(endpoint, request, sent, call, refusal)
        error.resolve_with(lambda: self._resolver.verdict(intent))
        if on_unknown == "raise" or self._closed:
            raise error
        try:
            return await outlive(self._waits.begin(endpoint, request, intent, error))
        except NotFollowed as closed:
            raise error from closed

    def _key(self, options: CallOptions) -> Signer | AsyncSigner | None:
        """Return the key that a call is signed with."""
        return options.key or self._session.credentials.key

    def _settle(self, sent: Sent, outcome: Outcome, order: Any, error: Exception | None) -> None:
        if self._recovery is not None and sent.record is not None:
            self._recovery.settle(sent.record, outcome, order, error)

    # ------------------------------------------------------------------ the journal

    async def open_journal(self, account: str) -> None:
        """Make the journal ready, before anything is sent. Raises as `Journal.open` does."""
        if self._recovery is not None:
            await self._recovery.open(account)

    async def recover(self) -> None:
        """Begin to find out what an earlier process left open. New orders wait until it is known."""
        if self._recovery is not None:
            await self._recovery.take_up()

    async def recovered(self) -> list[Verdict]:
        """Wait until that is known. For what it raises see `Recovery.recovered`."""
        return [] if self._recovery is None else await self._recovery.recovered()


def _milliseconds(window: Any) -> float:
    """Return a ``recvWindow``, from which the fence counts.

    Raises:
        UsageError: it is no number.
    """
    try:
        return float(window)
    except (TypeError, ValueError):
        pass
    raise UsageError("recvWindow must be a number of milliseconds, got other text: pass an int or a Decimal")
