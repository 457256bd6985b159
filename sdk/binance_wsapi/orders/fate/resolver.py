"""The resolver: asks what became of a request until the fence and the answers leave no doubt.

Theory of operation. Each request in doubt has a task here. When to ask next, and what an answer proves, is decided by its
`Doubt` (`binance_wsapi.orders.fate.fence`); what to ask, and what the answer says, by `binance_wsapi.orders.fate.questions`.
The resolver decides whom to ask and how:

* before the fence over any connection, for every way can prove that an order is there;
* after it over a connection opened after the doubt arose, made for the purpose if need be: only there does a negative
  count; and the second time by another way: over REST where there is one, else over one more connection;
* with the key the request was signed with.

Each question takes its turn first (`binance_wsapi.orders.fate.turns`), so that orders and cancels have room beside them.

The first proof ends the task, whether it is an answer or something that passed by meanwhile
(`binance_wsapi.orders.fate.id_watch`). A question that fails proves nothing. An absence counts for nothing while a change of
our own may have renamed what was asked about: it is asked again when that is over. What was called not placed is asked for
once more some minutes later. Nothing but questions is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from binance_wsapi.errors import NotFollowed, UnreadableReply, WsapiError
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.fate.contests import taken_over
from binance_wsapi.orders.fate.fence import (
    TIMESTAMP_AHEAD_MS,
    Doubt,
    Evidence,
    FateOptions,
    Moment,
    Outcome,
    Path,
    Verdict,
)
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.listeners import FateListeners, Named
from binance_wsapi.orders.fate.lookups import Lookups, Ways
from binance_wsapi.orders.fate.questions import Answer, Questions
from binance_wsapi.orders.fate.reply import Refusal
from binance_wsapi.orders.fate.turns import Ask, Turns
from binance_wsapi.orders.fate.unresolved import CLOSED, Sent, UnderWay, Unresolved, outlive
from binance_wsapi.orders.ids.identity import CLOCKS_APART_MS, Reading, explains_duplicate
from binance_wsapi.orders.ids.naming import change_of, looks_made_here, tokens_of
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.session.session import UNKNOWN_CLOCK_MS, Session
from binance_wsapi.wire.caller import Caller
from binance_wsapi.wire.endpoint import Endpoint, Params, weigh
from binance_wsapi.wire.order_calls import OrderCalls

__all__ = ["Resolver"]

log = logging.getLogger("binance_wsapi")


REFUSED_WAIT_S = 300.0
"""Seconds for which refusals of questions are taken to pass: the key was revoked, or this address is shut out."""

KNOCK_PAUSE_S = 15.0
"""Seconds until a connection is made anew to see whether the key is let in again; twice as many after each."""


class Resolver:
    """Finds out the fate of requests whose reply was lost.

    Args:
        session: asks.
        calls: the methods of the product, and how their results are read.
        id_watch: sees what passes by.
        token: makes unguessable text.
        options: bounds of the fence.
        follow: subscribes the account's user data; called when the first doubt arises.
        fallback: makes another way to ask: REST.
        journal: where verdicts are written down.

    Attributes:
        ways: of asking.
        closed: whether the client is: what is taken up now is noted in the journal, and not asked about.
    """

    def __init__(
        self,
        session: Session,
        calls: OrderCalls,
        id_watch: IdWatch,
        *,
        token: Callable[[int], str],
        options: FateOptions,
        follow: Callable[[], Coroutine[Any, Any, None]] | None,
        fallback: Callable[[], Awaitable[Caller]] | None,
        journal: Journal | None,
        listeners: FateListeners,
    ) -> None:
        self._session = session
        self._calls = calls
        self._id_watch = id_watch
        self._token = token
        self._options = options
        self._follow = follow
        self.ways = Ways(session, calls.order_status, fallback)
        self._journal = journal
        self._turns = Turns(session.limiter.snapshot, self._wait)
        self._knock_at, self._knock_pause = float("-inf"), KNOCK_PAUSE_S
        self._following: asyncio.Task[None] | None = None
        self._again: set[asyncio.Task[None]] = set()
        self._listeners = listeners
        self.closed = False

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """Everything that runs here; what is cancelled stays in doubt."""
        tasks: list[asyncio.Task[Any]] = [each.task for each in self._id_watch.in_doubt if each.task is not None]
        tasks += self._again
        return tasks if self._following is None else [*tasks, self._following]

    def open(
        self,
        endpoint: Endpoint[Any],
        request: Params,
        sent: Sent,
        call: UnderWay | None = None,
        refusal: Refusal | None = None,
    ) -> Unresolved:
        """Take up a request of unknown fate, and begin to ask; what an earlier process left open is asked about by `begin`.

        Args:
            endpoint: what was called.
            request: its parameters, with every id.
            sent: what is known of its frame.
            call: what was seen of it while it was under way; None for what an earlier process left open.
            refusal: that left it in doubt; None where no reply came.
        """
        now = self._moment()
        stamp = sent.timestamp if sent.timestamp is not None else self._session.now_ms()
        recovered = sent.record is not None and sent.record.recovered
        tokens = self._tokens(endpoint, request, sent, call, stamp)
        doubts = [
            Doubt(token, stamp, sent.recv_window_ms, now, now.at if sent.at is None else sent.at, self._options)
            for token in tokens
        ]
        change = change_of(self._calls, endpoint, request, sent.key) if call is None else call.change
        if call is not None:
            call.change = None  # it is over when the doubt about it is
        elif change is not None:
            self._id_watch.renames.begin(change)
        intent = Unresolved(
            endpoint,
            request,
            doubts,
            self._session.connections.newest,
            sent.key,
            record=sent.record,
            change=change,
            request_id=sent.request_id,
        )
        if self._journal is not None and sent.record is not None:
            self._journal.mark_unknown(sent.record)
        if self.closed:
            log.warning("%s %s is in doubt, and the client is closed", endpoint.method, doubts[0].token.client_id)
            return intent
        self._id_watch.doubt(intent, call, refusal)
        told = "an earlier process left it open" if recovered else "asking"
        log.warning("%s %s is in doubt, %s", endpoint.method, doubts[0].token.client_id, told)
        if not recovered:
            self.begin(intent)
        for listener in self._listeners:
            listener.on_doubt(intent)
        if self._follow is not None and self._following is None:
            self._following = asyncio.get_running_loop().create_task(self._follow_on(self._follow))
        return intent

    def begin(self, intent: Unresolved) -> None:
        """Begin to ask about what was taken up."""
        if not self.closed:
            intent.task = asyncio.get_running_loop().create_task(self._resolve(intent), name="binance-wsapi fate")

    def _tokens(
        self, endpoint: Endpoint[Any], request: Params, sent: Sent, call: UnderWay | None, stamp: int
    ) -> list[Token]:
        """Return what the request is recognised by, and from when on it can have been executed."""
        error_ms = self._clock_error_ms()
        record = sent.record

        def name(length: int) -> str:
            # What bears no id is called as in the journal: so one finds the record that a verdict is about.
            return self._token(length) if record is None else record.intent_id

        if call is None:
            # Of an earlier process: a journal takes each id once, and knows when the request was made.
            first = stamp if record is None else record.timestamp_ms or record.created_ms
            ids = {str(request[name]) for name in endpoint.client_ids}
            tokens = tokens_of(self._calls, endpoint, request, name, ids, first - TIMESTAMP_AHEAD_MS - error_ms)
            last = first + error_ms if record is not None and record.timestamp_ms is not None else stamp
            begin, end = first - error_ms - CLOCKS_APART_MS, last + CLOCKS_APART_MS
            return [token.recover(begin, end, unguessable=looks_made_here(token.client_id)) for token in tokens]
        tokens = tokens_of(self._calls, endpoint, request, name, call.fresh, stamp - TIMESTAMP_AHEAD_MS - error_ms)
        if tokens[0].kind is TokenKind.SYMBOL:
            # The times of orders are those of the engine, and the timestamp is the gateway's: their clocks may disagree.
            return [tokens[0].until(stamp - CLOCKS_APART_MS, stamp + CLOCKS_APART_MS)]
        return taken_over(call, tokens)

    def tokens_of_record(self, endpoint: Endpoint[Any], record: Intent) -> list[Token]:
        """Return what a request of an earlier process is recognised by."""
        sent = Sent(None, record.recv_window_ms, record=record)
        return self._tokens(endpoint, record.params, sent, None, record.created_ms)

    def _clock_error_ms(self) -> float:
        return min(self._session.clock_error_ms, UNKNOWN_CLOCK_MS)

    def _moment(self) -> Moment:
        return Moment(self._session.earliest_ms(), asyncio.get_running_loop().time())

    @staticmethod
    async def verdict(intent: Unresolved) -> Verdict:
        """Wait for the verdict. Raises `NotFollowed` when the client is closed before."""
        try:
            if intent.task is None:
                raise NotFollowed(CLOSED)
            return await outlive(intent.task)
        except NotFollowed as closed:
            token = intent.doubts[-1].token.client_id
            closed.about(method=intent.endpoint.method, request_id=intent.request_id, client_order_id=token)
            raise

    @staticmethod
    async def _follow_on(follow: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await follow()
        except WsapiError as error:
            log.warning("user data is not available, the orders are polled instead: %s", error)

    # ------------------------------------------------------------------ the search

    async def _resolve(self, intent: Unresolved) -> Verdict:
        """Ask until every part of the intent has a verdict."""
        try:
            while not intent.settled:
                self._change_is_over(intent)
                if intent.held is not None and intent.held.over:
                    intent.held = None
                    continue
                doubt, pause = self._next(intent)
                if doubt is None or pause > 0:
                    intent.wake.clear()
                    try:
                        async with asyncio.timeout(min(pause, 60.0)):
                            await intent.wake.wait()
                    except TimeoutError:
                        pass
                    continue
                await self._ask(intent, doubt)
            self._change_is_over(intent)
        finally:
            if intent.change is not None:  # where the search failed it may have been executed
                self._id_watch.renames.done(intent.change, (), self._id_watch.history.moment())
            self._id_watch.forget(intent)
        verdict = intent.verdict()
        if self._journal is not None and intent.record is not None and verdict.outcome is not Outcome.UNDECIDED:
            self._journal.settle(intent.record, verdict)
        log.warning("%s %s: %s, by %s", intent.endpoint.method, verdict.client_order_id, verdict.outcome.value,
                    verdict.evidence.value)  # fmt: skip
        if any(doubt.verdict is not None and doubt.verdict.outcome is Outcome.NOT_PLACED for doubt in intent.doubts):
            self._look_again(intent)
        return verdict

    @staticmethod
    def _next(intent: Unresolved) -> tuple[Doubt | None, float]:
        """Return which part is asked about next, and in how many seconds."""
        held = None if intent.held is None else intent.held.doubt
        open_doubts = [doubt for doubt in intent.doubts if doubt.verdict is None and doubt is not held]
        if not open_doubts:
            return None, 60.0
        doubt = min(open_doubts, key=lambda each: each.next_at)
        return doubt, doubt.next_at - asyncio.get_running_loop().time()

    def _change_is_over(self, intent: Unresolved) -> None:
        """Tell what else waits for it that it is known what this request renamed."""
        change, doubt = intent.change, intent.doubts[0]  # of a cancel-replace the first is the cancel
        if change is None or change.over or doubt.verdict is None:
            return
        verdict = doubt.verdict
        if verdict.outcome is Outcome.ACCEPTED:
            if change.former:
                self._id_watch.sighted(change.former, verdict.order, verdict.evidence, intent.key, doubt.token.symbol)
            sights = self._calls.sights(verdict.order) if doubt.token.kind is not TokenKind.SYMBOL else ()
            if isinstance(verdict.order, list):
                sights = self._calls.sights(verdict.order) if verdict.evidence is Evidence.REPLY else ()
            self._id_watch.changed(change, sights)
        elif verdict.outcome is Outcome.UNDECIDED:
            self._id_watch.changed(change, ())
        else:
            self._id_watch.renames.end(change)

    async def _ask(self, intent: Unresolved, doubt: Doubt) -> None:
        """Ask the venue once about a token, when the question has its turn."""
        calls = self._calls
        question = calls.open_orders if doubt.token.kind is TokenKind.SYMBOL else calls.order_status
        weight = weigh(question.weight, {"symbol": doubt.token.symbol})
        left_open = intent.record is not None and intent.record.recovered
        async with self._turns.turn(weight, left_open=left_open, needed=lambda: doubt.verdict is None) as needed:
            if needed:
                await self._ask_now(intent, doubt)

    async def _ask_now(self, intent: Unresolved, doubt: Doubt) -> None:
        asked = self._moment()
        if doubt.token.kind is TokenKind.SYMBOL and not self._session.clock.synced:
            doubt.unanswered(asked)  # without a clock it cannot be said what is older than the request
            return
        ask, path = await self.ways.next(intent, doubt, asked)
        intent.aim(doubt)
        known = token = doubt.token
        if token.kind is TokenKind.SYMBOL:
            token = self._id_watch.history.tell_apart(token, doubt.sent_at)
        asked = self._moment()
        if ask is None:
            self._says_nothing(intent, doubt, self._session.connections.refusal, asked)
            return
        created = doubt.timestamp_ms if intent.record is None else intent.record.created_ms
        answer = await self._questions(ask, created, intent.key).about(token, tuple(doubt.candidates))
        if answer.sight is not None or answer.amendments:
            shown = () if answer.sight is None else (answer.sight,)
            self._id_watch.answered((*shown, *answer.amendments), intent.key, token.client_id)
        if path is not None:
            intent.heard(path, says_nothing=answer.reading is Reading.NOTHING)
        if doubt.verdict is not None:
            return  # something passed by meanwhile
        intent.aim(doubt)
        if doubt.token is not known:
            doubt.unanswered(self._moment())  # its id was taken up again: what was read may be of the other
            return
        if doubt.duplicate is not None and explains_duplicate(token, answer.sight):
            doubt.refused(doubt.duplicate, self._session.now_ms())  # it is known now which order it was taken for
            return
        if answer.reading is Reading.YES and token.kind is not TokenKind.SYMBOL:
            self._id_watch.found(intent, doubt, answer.order, answer.sight, Evidence.QUERY)
            return
        if answer.refusal is None:
            intent.refused_at, self._knock_pause = None, KNOCK_PAUSE_S
        if path is not None and intent.says_nothing(rest=self.ways.rest):
            if answer.refusal is not None:
                why: WsapiError = self._session.connections.refusal or answer.refusal
                self._says_nothing(intent, doubt, why, asked)
                return
            if answer.useless is not None:
                unread = UnreadableReply(answer.useless.why)
                unread.about(method=intent.endpoint.method, client_order_id=token.client_id)
                doubt.useless(unread, asked, self._moment(), wait_s=answer.useless.wait_s)
                return
        self._heard(intent, doubt, answer, asked, path)

    def _says_nothing(self, intent: Unresolved, doubt: Doubt, why: WsapiError | None, asked: Moment) -> None:
        """No question can be asked: where the venue has refused all of them for minutes, nothing will ever be known."""
        if why is None:
            doubt.unanswered(asked)
            return
        if intent.refused_at is None:
            intent.refused_at = asked.at
        if asked.at >= self._knock_at:  # the refusal may be over, and what was refused is not logged on again
            self._knock_at, self._knock_pause = asked.at + self._knock_pause, min(2 * self._knock_pause, REFUSED_WAIT_S)
            self._session.connections.replace_refused()
        doubt.useless(why, asked, asked, wait_s=intent.refused_at + REFUSED_WAIT_S - doubt.fence_at)

    def _heard(self, intent: Unresolved, doubt: Doubt, answer: Answer, asked: Moment, path: Path | None) -> None:
        """Take in an answer that is no proof; an absence counts only when it is known what may have renamed it."""
        reading = answer.reading
        if answer.absent and path is not None and reading is not Reading.NOTHING:
            changes = self._id_watch.renames.waits_for(doubt.token, intent.change)
            if changes and intent.hold(doubt, changes):
                return
            if changes or doubt.hidden or self._id_watch.renames.hid(doubt.token, doubt.sent_at):
                reading = Reading.MAYBE
        doubt.answer(reading, answer.order, asked, self._moment(), path)

    # ------------------------------------------------------------------ some minutes later

    def _look_again(self, intent: Unresolved) -> None:
        """Ask once more, some minutes later, for what was called not placed."""
        if self.closed or all(doubt.token.kind is TokenKind.SYMBOL for doubt in intent.doubts):
            return
        task = asyncio.get_running_loop().create_task(self._later(intent), name="binance-wsapi fate, once more")
        self._again.add(task)
        task.add_done_callback(self._again.discard)

    async def _later(self, intent: Unresolved) -> None:
        await self._wait(self._options.again_ms / 1000)
        for doubt in intent.doubts:
            token = doubt.token
            if doubt.verdict is None or doubt.verdict.outcome is not Outcome.NOT_PLACED:
                continue
            if token.kind is not TokenKind.SYMBOL and self._id_watch.watched.holds(doubt.verdict):
                await self._ask_again(intent, doubt, doubt.verdict)

    async def _ask_again(self, intent: Unresolved, doubt: Doubt, verdict: Verdict) -> None:
        token = doubt.token

        def watched() -> bool:
            return self._id_watch.watched.holds(verdict)

        weight = weigh(self._calls.order_status.weight, {"symbol": token.symbol})
        async with self._turns.turn(weight, left_open=True, needed=watched) as needed:
            ask, _ = await self.ways.next(intent, doubt, self._moment()) if needed else (None, None)
            if ask is None:
                return
            answer = await self._questions(ask, doubt.timestamp_ms, intent.key).about(token)
            if answer.reading is Reading.YES and watched():
                named = Named(token.client_id, token.symbol, intent.key)
                self._id_watch.watched.contradicted(verdict, answer.order, named, watched=True)

    def _questions(self, ask: Ask, made_ms: float, key: Signer | AsyncSigner | None) -> Questions:
        session = self._session
        history = self._id_watch.history
        counted, unit = self._turns.counted(ask), session.settings.time_unit
        return Questions(Lookups(self._calls, counted, made_ms, session.now_ms, unit, history, key=key))

    @staticmethod
    async def _wait(seconds: float) -> None:
        """Wait by the monotonic clock."""
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await never
        except TimeoutError:
            pass
