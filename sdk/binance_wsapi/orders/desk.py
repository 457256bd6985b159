"""The order desk: every call that changes orders passes it, and none of them is ever lost sight of.

Theory of operation. The desk is a `Caller` between the typed methods and the session. A call that changes orders becomes
an *intent*: it is given the tokens by which the venue's side of it will be recognised (`binance_wsapi.orders.ids`), is
written down where there is a journal, and is kept in view until its fate is known::

    call ─► session ─┬─ reply: accepted or refused ───────────────────────────► known
                     ├─ NotSent ──────────────────────────────────────────────► known: nothing happened
                     └─ OutcomeUnknown, or the caller went away ─► in doubt ──► resolver ─► known

The caller is told of the doubt at once; the exception can be asked for the verdict (`OutcomeUnknown.resolve`). Who does
what:

* the desk: one frame per call, the journal, and the recovery of what an earlier process left open;
* `binance_wsapi.orders.sightings`: sees whatever bears an id that matters;
* `binance_wsapi.orders.resolver`: asks until there is a verdict;
* `binance_wsapi.orders.waiting`: waits for it in the caller's place, and cancels, where the user chose so.

Nothing is ever sent again; the desk sends questions only, and, where the user chose ``on_unknown="cancel"``, a cancel.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, Literal, TypeAlias, TypeVar

from binance_wsapi.api.spot.shapes import with_halves
from binance_wsapi.errors import (
    NotConnected,
    NotFollowed,
    NotSent,
    OutcomeUnknown,
    PartialFailure,
    UsageError,
    VenueError,
    WsapiError,
)
from binance_wsapi.introspection import endpoints
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.fate import Evidence, FateOptions, Outcome, Verdict
from binance_wsapi.orders.ids import ID_LENGTH, named
from binance_wsapi.orders.intent import Intent, account_tag
from binance_wsapi.orders.journal import Journal, JournalFailed
from binance_wsapi.orders.resolver import Resolver
from binance_wsapi.orders.sightings import Sightings
from binance_wsapi.orders.unresolved import Sent, former_id, outlive
from binance_wsapi.orders.waiting import Waiting
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.seam import Seam
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import DEFAULT, Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params, Security

__all__ = ["OnUnknown", "OrderDesk"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")
OnUnknown: TypeAlias = Literal["raise", "wait", "cancel"]

DEFAULT_RECV_WINDOW: Final = 5_000
"""Milliseconds the venue takes when a request names none (Timing security)."""

DUPLICATE: Final = -2010
"""Code of "Duplicate order sent.", among others: an open order has this id."""

AHEAD: Final = 1_000
"""Milliseconds by which a timestamp the venue takes may be ahead of its clock (Timing security)."""

PATIENCE: Final = 1.0
"""Seconds a cancel or an amendment waits for a journal that takes its time."""


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
        whose: tells the account of a subscription on a connection; None where that is not known.

    Attributes:
        doubt_taps: told of each new doubt.
        on_refused: told of each request the venue refused, and why.
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
        whose: Callable[[Connection, int | None], Signer | AsyncSigner | None] = lambda _connection, _id: None,
    ) -> None:
        if on_unknown not in {"raise", "wait", "cancel"}:
            raise UsageError("on_unknown is 'raise', 'wait' or 'cancel'")
        self._session = session
        self._token = seam.token
        self._options = options = options or FateOptions()
        self._on_unknown = on_unknown
        self._journal = journal
        self._account = ""
        self._fresh: set[str] = set()
        self._recovery: asyncio.Task[list[Verdict]] | None = None
        self._sightings = Sightings(session, options.watch_ms, whose)
        self._resolver = Resolver(session, self._sightings, seam.token, options, follow, fallback, journal)
        self._waiting = Waiting(
            session,
            self._resolver,
            seam,
            options,
            lambda endpoint, request, how: self._change(endpoint, request, how, "raise"),
            cancels=on_unknown == "cancel",
        )
        self.doubt_taps = self._resolver.taps
        self.on_refused: Callable[[Params, VenueError], None] | None = None

    @property
    def in_doubt(self) -> int:
        """Requests whose fate is not known."""
        return len(self._sightings.in_doubt)

    def new_id(self, length: int = ID_LENGTH) -> str:
        """Return an id that no order has had, for one call."""
        made = self._token(length)
        self._fresh.add(made)
        return made

    async def close(self) -> None:
        """Stop asking. What is still in doubt stays so."""
        tasks = [*self._resolver.tasks, *self._waiting.tasks]
        if self._recovery is not None:
            tasks.append(self._recovery)
        for task in tasks:
            task.cancel()
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
            result = await self._session.call(endpoint, params, options)
            self._sightings.told(result, self._key(options))
            return result
        return await self._change(endpoint, named(endpoint, params, self.new_id), options, self._on_unknown)

    async def _change(
        self, endpoint: Endpoint[R], request: dict[str, Any], options: CallOptions, on_unknown: OnUnknown
    ) -> R:
        """Make a call that changes orders, in view all the while."""
        former = former_id(endpoint, request)
        tokens = [str(request[name]) for name in endpoint.client_ids]
        ours = bool(tokens) and self._fresh.issuperset(tokens)
        self._fresh.difference_update(tokens)
        self._sightings.begin(tokens, former, self._key(options), str(request.get("symbol", "")))
        try:
            return await self._send(endpoint, request, options, on_unknown, ours=ours)
        except WsapiError as error:
            error.about(method=endpoint.method, client_order_id=tokens[-1] if tokens else None)
            raise
        finally:
            self._sightings.end(tokens, former)

    async def _send(
        self, endpoint: Endpoint[R], request: dict[str, Any], options: CallOptions, on_unknown: OnUnknown, *, ours: bool
    ) -> R:
        sent = Sent(self._key(options), self._window(request), options.sent)
        timeout = options.timeout
        if self._journal is not None:
            timeout = await self._write_down(self._journal, endpoint, request, options, sent)
        try:
            result = await self._session.call(endpoint, request, CallOptions(timeout, options.key, sent))
        except OutcomeUnknown as error:
            return await self._in_doubt(endpoint, request, sent, on_unknown, error)
        except VenueError as error:
            if error.code == DUPLICATE and "Duplicate" in error.msg and ours:
                there = OutcomeUnknown(
                    "the venue refused it because it has one with this id, which only this one can be"
                )
                there.about(method=error.method, request_id=error.request_id, client_order_id=error.client_order_id)
                there.__cause__ = error
                return await self._in_doubt(endpoint, request, sent, on_unknown, there)
            done = "SUCCESS" in (error.data.get("cancelResult"), error.data.get("newOrderResult"))
            self._write_fate(sent.record, Outcome.ACCEPTED if done else Outcome.REJECTED, None, error)
            if isinstance(error, PartialFailure):
                with_halves(error, self._session.settings.time_unit)
                self._sightings.renamed(error.cancel_response, sent.key)
            if self.on_refused is not None:
                self.on_refused(request, error)
            raise
        except WsapiError as error:
            self._write_fate(sent.record, Outcome.NOT_SENT, None, error)
            raise
        except (asyncio.CancelledError, Exception):
            # The caller went away, or a signer of his raised. What was sent by then was sent: its fate is found out for
            # whoever asks later.
            if sent.request_id is None:
                self._write_fate(sent.record, Outcome.NOT_SENT, None, None)
            else:
                intent = self._resolver.open(endpoint, request, sent)
                if on_unknown == "cancel" and endpoint.orders:
                    gone = OutcomeUnknown("the caller went away before the reply")
                    self._waiting.begin(endpoint, request, intent, gone)
            raise
        self._write_fate(sent.record, Outcome.ACCEPTED, result, None)
        self._sightings.renamed(result, sent.key)
        return result

    async def _in_doubt(
        self,
        endpoint: Endpoint[R],
        request: dict[str, Any],
        sent: Sent,
        on_unknown: OnUnknown,
        error: OutcomeUnknown,
    ) -> R:
        """Take up a doubt, and tell the caller of it, or wait in his place."""
        intent = self._resolver.open(endpoint, request, sent)
        error.resolve_with(lambda: self._resolver.verdict(intent))
        if on_unknown == "raise":
            raise error
        try:
            return await outlive(self._waiting.begin(endpoint, request, intent, error))
        except NotFollowed as closed:
            raise error from closed

    def _key(self, options: CallOptions) -> Signer | AsyncSigner | None:
        """Return the key that a call is signed with."""
        return options.key or self._session.credentials.key

    def _window(self, request: Params) -> float:
        return float(request.get("recvWindow") or self._session.settings.recv_window or DEFAULT_RECV_WINDOW)

    # ------------------------------------------------------------------ the journal

    def open_journal(self, account: str) -> None:
        """Make the journal ready, before anything is sent. Raises as `Journal.open` does."""
        if self._journal is not None:
            self._journal.open(account)
            self._account = account

    async def _write_down(
        self, journal: Journal, endpoint: Endpoint[Any], request: dict[str, Any], options: CallOptions, sent: Sent
    ) -> float | None:
        """Write a request down; only when this is done may its frame be sent.

        A request that makes no order neither waits for the recovery nor depends on a journal that failed or takes its
        time: whoever wants out of the market gets out.

        Returns:
            Seconds that are left of the call; what the caller said where nothing had to be waited for.
        """
        timeout = self._session.settings.timeout if options.timeout is None else options.timeout
        if not timeout > 0:
            return options.timeout  # nothing will be sent: the session says why
        loop = asyncio.get_running_loop()
        begun = loop.time()
        waited = False
        if endpoint.orders and self._recovery is not None and not self._recovery.done():
            waited = True
            await asyncio.wait([self._recovery], timeout=timeout)
            if not self._recovery.done():
                raise NotConnected("what an earlier process left open is not settled yet: no new order goes out")
        ids = tuple(str(request[name]) for name in endpoint.client_ids) or (self._token(ID_LENGTH),)
        key = sent.key
        account = account_tag(self._session.environment.name, key.api_key) if key is not None else ""
        if key is not None and account != self._account:
            raise UsageError(
                "the journal is that of another key: after a crash nobody could ask with this one; give it a client and a "
                "journal of its own"
            )
        if endpoint.orders and self._recovery is not None and not self._recovery.cancelled():
            failure = self._recovery.exception()
            if failure is not None:
                raise JournalFailed(
                    f"what an earlier process left open cannot be settled: {type(failure).__name__}"
                ) from failure
        record = Intent(
            ids[-1],
            endpoint.method,
            str(request.get("symbol", "")),
            ids,
            wire_params(request),
            self._session.now_ms(),
            sent.recv_window_ms,
            account,
            ids[-1],
        )
        try:
            waiting_for = journal.record(record)
            if waiting_for is not None:
                waited = True
                patience = timeout if endpoint.orders else min(timeout, PATIENCE)
                async with asyncio.timeout_at(begun + patience):
                    await waiting_for
        except asyncio.CancelledError:
            self._write_fate(record, Outcome.NOT_SENT, None, None)
            raise
        except TimeoutError:
            if endpoint.orders or timeout <= PATIENCE:
                self._write_fate(record, Outcome.NOT_SENT, None, None)
                raise NotSent("the journal had not written it down before the deadline of the call") from None
            log.error("%s %s is sent before it is written down: the journal takes too long", endpoint.method, ids[-1])
        except JournalFailed as error:
            if endpoint.orders or not journal.failed:
                raise
            log.error("%s %s is sent without being written down: %s", endpoint.method, ids[-1], error)
            return options.timeout
        sent.journal, sent.record = journal, record
        return max(begun + timeout - loop.time(), 0.001) if waited else options.timeout

    def _write_fate(self, record: Intent | None, outcome: Outcome, order: Any, error: Exception | None) -> None:
        if self._journal is not None and record is not None:
            evidence = Evidence.LOCAL if outcome is Outcome.NOT_SENT else Evidence.REPLY
            self._journal.settle(
                record, Verdict(outcome, evidence, record.intent_id, order, error, self._session.now_ms())
            )

    # ------------------------------------------------------------------ what an earlier process left open

    def recover(self) -> asyncio.Task[list[Verdict]]:
        """Find out what became of everything an earlier process left open. New orders wait until it is known."""
        if self._recovery is None:
            self._recovery = asyncio.get_running_loop().create_task(self._recover(), name="binance-wsapi recovery")
        return self._recovery

    async def recovered(self) -> list[Verdict]:
        """Wait until that is known.

        Raises:
            UsageError: the session is not started.
            NotFollowed: the client was closed before.
        """
        if self._journal is None:
            return []
        _ = self._session.clock  # there is one once the session is started
        return await outlive(self.recover())

    async def _recover(self) -> list[Verdict]:
        if self._journal is None:
            return []
        key = self._session.credentials.key
        now = self._session.now_ms()
        for record in self._journal.watched(now - self._options.watch_ms):
            settled = record.settlement
            for client_id in record.ids if settled is not None else ():
                assert settled is not None
                verdict = Verdict(settled.outcome, settled.evidence, client_id, None, None, settled.at_ms)
                self._sightings.watch(verdict, record.created_ms, key, record.symbol)
        found = []
        for record in self._journal.open_intents():
            endpoint = endpoints().get(record.method)
            if endpoint is None:
                log.error("the journal holds %r, which this version does not know", record)
                continue
            sent = Sent(key, record.recv_window_ms, None, self._journal, record)
            sent.timestamp = record.latest_timestamp_ms(now + AHEAD)
            found.append(self._resolver.open(endpoint, record.params, sent))
        return [await self._resolver.verdict(intent) for intent in found]
