"""The resolver: asks what became of a request until the fence and the answers leave no doubt.

Theory of operation. Each request in doubt has a task here. When to ask next, and what an answer proves, is decided by its
`Doubt` (`binance_wsapi.orders.fate.fence`); the resolver decides whom to ask and how:

* before the fence over any connection, for every source can prove that an order is there;
* after it over a connection opened after the doubt arose, made for the purpose if need be: only there does an absence
  count; and over REST when no connection can be had;
* with the key the request was signed with.

The first proof ends the task, whether it is an answer or something that passed by meanwhile
(`binance_wsapi.orders.fate.id_watch`). A question that fails proves nothing. Nothing but questions is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from binance_wsapi.api.spot.account import AccountMethods
from binance_wsapi.errors import BadRequest, NotFollowed, VenueError, WsapiError
from binance_wsapi.models.spot.orders import OrderState
from binance_wsapi.orders.fate.fence import Doubt, Evidence, FateOptions, Outcome, Token, TokenKind, Verdict
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.ids import can_be_an_id, tokens_of
from binance_wsapi.orders.fate.unresolved import CLOSED, Sent, Unresolved, former_id, outlive
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["Resolver"]

log = logging.getLogger("binance_wsapi")

ABSENT: Final = frozenset({-2013, -2018, -1121})
"""The venue has no such order; no such list ("Order list does not exist.", which Errors leaves out); no such symbol, for
which it refused the order, too."""

ARCHIVED: Final = -2026
ARCHIVED_AFTER_MS: Final = 90 * 24 * 3600 * 1000
"""It was there, and ended without a fill more than 90 days ago (Errors): what a journal may ask about that was left alone
so long. Of anything younger it says that the venue knows the id from an older order only."""

FRESH_WITHIN = 5.0
"""Seconds a resolver waits for a connection newer than the doubt before it counts the question as unanswered."""


class Resolver:
    """Finds out the fate of requests whose reply was lost.

    Args:
        session: asks.
        id_watch: sees what passes by.
        token: makes unguessable text.
        options: bounds of the fence.
        follow: subscribes the account's user data; called when the first doubt arises.
        fallback: makes another way to ask, for when no connection can be had.
        journal: where verdicts are written down.

    Attributes:
        taps: told of each new doubt.
        closed: whether the client is: what is taken up now is noted in the journal, and not asked about.
    """

    def __init__(
        self,
        session: Session,
        id_watch: IdWatch,
        token: Callable[[int], str],
        options: FateOptions,
        follow: Callable[[], Coroutine[Any, Any, None]] | None,
        fallback: Callable[[], Awaitable[Caller]] | None,
        journal: Journal | None,
    ) -> None:
        self._session = session
        self._id_watch = id_watch
        self._token = token
        self._options = options
        self._follow = follow
        self._fallback = fallback
        self._journal = journal
        self._following: asyncio.Task[None] | None = None
        self.taps: list[Callable[[Unresolved], None]] = []
        self.closed = False

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """Everything that runs here; what is cancelled stays in doubt."""
        tasks: list[asyncio.Task[Any]] = [each.task for each in self._id_watch.in_doubt if each.task is not None]
        return tasks if self._following is None else [*tasks, self._following]

    def open(self, endpoint: Endpoint[Any], request: Params, sent: Sent) -> Unresolved:
        """Take up a request of unknown fate, and begin to ask."""
        now = self._session.now_ms()
        stamp = sent.timestamp if sent.timestamp is not None else now
        doubts = [
            Doubt(token, stamp, sent.recv_window_ms, now, self._options)
            for token in tokens_of(endpoint, request, self._token)
        ]
        intent = Unresolved(
            endpoint,
            doubts,
            self._session.connections.newest,
            sent.key,
            sent.record,
            former_id(endpoint, request),
            tuple(str(request[name]) for name in endpoint.client_ids),
            sent.request_id,
        )
        if self._journal is not None and sent.record is not None:
            self._journal.mark_unknown(sent.record)
        if self.closed:
            log.warning("%s %s is in doubt, and the client is closed", endpoint.method, doubts[0].token.client_id)
            return intent
        self._id_watch.doubt(intent)
        log.warning("%s %s is in doubt, asking", endpoint.method, doubts[0].token.client_id)
        loop = asyncio.get_running_loop()
        intent.task = loop.create_task(self._resolve(intent), name="binance-wsapi fate")
        for tap in self.taps:
            tap(intent)
        if self._follow is not None and self._following is None:
            self._following = loop.create_task(self._follow_on(self._follow))
        return intent

    def as_whom(self, intent: Unresolved) -> CallOptions:
        """Return how the account of an intent is asked.

        The session's own key needs no signature where a connection is logged on; but it may be another's by now.
        """
        return CallOptions(key=None if intent.key is self._session.credentials.key else intent.key)

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
            log.warning("user data cannot be followed, questions alone have to do: %s", error)

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
            self._id_watch.forget(intent)
        verdict = intent.verdict()
        changed = intent.doubts[0].verdict  # of a cancel-replace the first is the cancel
        if intent.former and changed is not None and changed.outcome is Outcome.ACCEPTED:
            self._id_watch.sighted(
                intent.former, changed.order, changed.evidence, intent.key, intent.doubts[0].token.symbol
            )
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
        connection = await session.connections.newer_than(
            intent.connection if counts else 0, loop.time() + FRESH_WITHIN
        )
        asked = session.earliest_ms()
        if connection is None and self._fallback is None:
            doubt.unanswered(asked)
            return
        token = doubt.token
        if token.kind is TokenKind.SYMBOL and not session.clock.synced:
            doubt.unanswered(asked)  # without a clock nothing tells what is older than the request
            return
        endpoint, question = _question(token)
        fresh = connection is None or connection.number > intent.connection
        try:
            if connection is not None:
                found = await session.exchange_on(
                    connection, endpoint, question, self.as_whom(intent), loop.time() + FRESH_WITHIN
                )
            else:
                assert self._fallback is not None
                reader = await self._fallback()
                found = await reader.call(endpoint, question, CallOptions(timeout=FRESH_WITHIN, key=intent.key))
        except VenueError as error:
            if error.code == ARCHIVED and _is_old(intent, doubt, session.now_ms()):
                doubt.seen(None, Evidence.QUERY, session.now_ms())
            elif error.code == ARCHIVED or _says_absent(error, token):
                self._absent(doubt, asked, fresh=fresh)
            else:
                log.info("the question about %s was refused: %s", token.client_id, error)
                doubt.unanswered(session.earliest_ms())
        except WsapiError as error:
            log.info("the question about %s was not answered: %s", token.client_id, error)
            doubt.unanswered(session.earliest_ms())
        except Exception as error:  # noqa: BLE001 - a signer of the user's may raise anything, and must not end the search
            log.warning("the question about %s could not be asked: %s", token.client_id, type(error).__name__)
            doubt.unanswered(session.earliest_ms())
        else:
            if self._is_no_trace(intent, doubt, found):
                self._absent(doubt, asked, fresh=fresh)
            else:
                doubt.seen(found, Evidence.QUERY, session.now_ms())

    def _absent(self, doubt: Doubt, asked: float, *, fresh: bool) -> None:
        """The venue has nothing that bears the token, unless a change of our own took it."""
        renamed = self._id_watch.may_be_renamed(doubt.token.client_id)
        doubt.absent(asked, self._session.earliest_ms(), fresh=fresh and not renamed)

    def _is_no_trace(self, intent: Unresolved, doubt: Doubt, found: Any) -> bool:
        """Whether what was found says that the request was not executed, as far as one can see now."""
        if doubt.token.kind is TokenKind.SYMBOL:
            return any(self._was_there(order, doubt) for order in found)
        return isinstance(found, OrderState) and intent.is_another(doubt, found.time)

    def _was_there(self, order: OrderState, doubt: Doubt) -> bool:
        """Whether an open order may be older than the request in doubt, which would have cancelled it."""
        return order.time.microseconds / 1000 <= doubt.timestamp_ms + self._session.clock_error_ms


def _says_absent(error: VenueError, token: Token) -> bool:
    """Whether a refusal of the question says that the venue has no such thing.

    Where it refuses a parameter (-11xx), this must be what the order had in common with the question: the symbol, by its
    name; or an id that can be none. Else the order may have been taken: what ids a question may name is not documented,
    and its ``recvWindow`` may be another.
    """
    if error.code in ABSENT:
        return True
    return isinstance(error, BadRequest) and (
        (token.kind is not TokenKind.LIST and "'symbol'" in error.msg) or not can_be_an_id(token.client_id)
    )


def _is_old(intent: Unresolved, doubt: Doubt, now_ms: int) -> bool:
    """Whether what a request made may be archived by now."""
    made = doubt.timestamp_ms if intent.record is None else intent.record.created_ms
    return now_ms - made > ARCHIVED_AFTER_MS


def _question(token: Token) -> tuple[Endpoint[Any], dict[str, Any]]:
    """Return what is asked about a token."""
    if token.kind is TokenKind.LIST:
        return AccountMethods.ORDER_LIST_STATUS, {"origClientOrderId": token.client_id}
    if token.kind is TokenKind.SYMBOL:
        return AccountMethods.OPEN_ORDERS, {"symbol": token.symbol}
    return AccountMethods.ORDER_STATUS, {"symbol": token.symbol, "origClientOrderId": token.client_id}
