"""Waiting for a verdict in place of a reply: what ``on_unknown="wait"`` and ``"cancel"`` do.

Theory of operation. A task waits for the resolver's verdict and puts it into the form the caller expects of a reply; with
``"cancel"`` it cancels meanwhile what may have been placed: at once, because the sooner the better, and again, until the
matching engine has answered, once it is known that the order is there. It is a task of its own so that a caller who goes
away does not keep his order from being cancelled.

Every cancel is a request like any other, written down and looked for, with an id of its own. A cancel is answered by the
matching engine itself, so its word is newer than any view's: where it knows no such order, nothing is open. Its other
refusals ("Market is closed.", ...) say nothing of the kind. An order is cancelled by an id only where nothing else can bear
it: an id of the user's choice may be that of another of the user's orders, so the number is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from binance_wsapi.errors import (
    AuthFailed,
    CancelRejected,
    Forbidden,
    NotLoggedOn,
    NotPlaced,
    OrderNotFound,
    OutcomeUnknown,
    UsageError,
    VenueError,
    WsapiError,
)
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.orders.fate.fence import Doubt, Evidence, FateOptions, Outcome
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.identity import CANCELED
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.session.session import Session
from binance_wsapi.wire.answers import shows_another
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.order_calls import Act, OrderCalls

__all__ = ["VerdictWaits"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")

NOTHING_OPEN: Final = "Unknown order"
"""How the matching engine says that it knows no such order, or list (Errors, messages of -2011)."""

CANCEL_REFUSALS: Final = 12
"""Times a cancel may be refused for another reason ("Market is closed.", which passes) until a person has to look: about a
minute."""

WAITS_S: Final = 120.0
"""Seconds a caller waits for cancels that fail without a refusal (no connection, no reply, a status of the five hundreds).
They go on without him, once a minute at least, until the client is closed."""


class _Behind(Exception):
    """A view shows as open what is not, or shows another order."""


class VerdictWaits:
    """Waits in the place of callers.

    Args:
        session: asks for the state of what was found.
        calls: the methods of the product.
        resolver: has the verdicts.
        new_id: makes an id that no order has had.
        runtime: sleeps.
        options: bounds of the fence; of these, how long views may lag.
        change: sends a cancel and follows it like any other call that changes orders.
        cancels: whether what may have been placed is cancelled.

    Attributes:
        tasks: the waits that are under way.
    """

    def __init__(
        self,
        session: Session,
        calls: OrderCalls,
        resolver: Resolver,
        *,
        new_id: Callable[[], str],
        runtime: Runtime,
        options: FateOptions,
        change: Callable[[Endpoint[Any], dict[str, Any], CallOptions], Awaitable[Any]],
        cancels: bool,
    ) -> None:
        self._session = session
        self._resolver = resolver
        self._calls = calls
        self._new_id = new_id
        self._sleep = runtime.sleep
        self._lag_ms = options.lag_ms
        self._change = change
        self._cancels = cancels
        self.tasks: set[asyncio.Task[Any]] = set()

    def begin(
        self,
        endpoint: Endpoint[R],
        request: dict[str, Any],
        intent: Unresolved,
        error: OutcomeUnknown,
    ) -> asyncio.Task[R]:
        """Begin to wait.

        Args:
            endpoint: what was called; its result is what the task returns.
            request: its parameters.
            intent: the doubt about it.
            error: what the caller would be told without waiting.
        """
        return self._begin(self._wait(endpoint, request, intent, error))

    def _begin(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        task = asyncio.get_running_loop().create_task(work, name="binance-wsapi waiting")
        self.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            task.exception()  # the caller that would have been told may have gone away

    async def _wait(
        self,
        endpoint: Endpoint[R],
        request: dict[str, Any],
        intent: Unresolved,
        error: OutcomeUnknown,
    ) -> R:
        """Wait for the verdict and put it into the form the caller expects of a reply."""
        order: Any = None
        ended = self._cancels and bool(endpoint.orders)
        if ended:  # the sooner the better; what it cannot do yet is done once it is known
            order, _ = await self._cancel(intent, found=False)
        verdict = await self._resolver.verdict(intent)
        if verdict.outcome is Outcome.REJECTED and verdict.error is not None:
            raise verdict.error from (None if error.__cause__ is verdict.error else error)
        if verdict.outcome is Outcome.UNDECIDED:
            if ended:
                log.critical("%s may be open and was not cancelled: its fate cannot be known", verdict.client_order_id)
            raise error  # its `resolve` says what was found
        if verdict.outcome is not Outcome.ACCEPTED:
            raise NotPlaced(
                f"it was sent, no reply came, and it can no longer be executed ({verdict.evidence.value})"
            ).about(
                method=endpoint.method, request_id=intent.request_id, client_order_id=verdict.client_order_id
            ) from error
        if order is not None:
            pass  # it was cancelled before the verdict, and told as that
        elif ended and not getattr(intent.answer, "is_final", False):
            order = await self._end(intent, error)
        elif intent.answer is not None:
            answer: R = intent.answer
            return answer
        if not _is_of_one_order(intent):
            raise error  # what was cancelled since, or is asked for, is not all that its reply would have told
        if order is None:
            order = await self._state(intent, ended=ended)
        if order is None or order.raw is None:
            # It was executed, and nothing tells it in the shape of a reply: the caller is told as much.
            raise error
        try:
            return endpoint.decode({**order.raw, **_reply_fields(order, request)}, self._session.settings.time_unit)
        except OutcomeUnknown:
            raise error from None

    async def _state(self, intent: Unresolved, *, ended: bool) -> Any:
        """Ask for the state of an order that was found, as the last word before it is handed to the caller.

        Args:
            intent: that placed it.
            ended: whether the matching engine said that it is open no more: a view that shows it open lags behind.

        Returns:
            An answer that shows what the request did, and no less of the order than what proved that; None where none
            does, or where the order belongs to a list: the reply to a cancel of it tells of the whole list.
        """
        doubt = intent.doubts[0]
        token, proof = doubt.token, None if doubt.verdict is None else doubt.verdict.order
        if any(sight.listed or sight.list_number > -1 for sight in self._calls.sights(proof)):
            return None
        order_id = getattr(proof, "order_id", doubt.number)
        question: dict[str, Any] = {"symbol": token.symbol, "origClientOrderId": token.client_id}
        if isinstance(order_id, int):  # a cancel takes the client's id away, and never this one
            question = {"symbol": token.symbol, "orderId": order_id}
        # It exists: ask until the venue's views, which lag behind its matching engine, show it.
        visible = AsyncRetrying(
            retry=retry_if_exception_type((OrderNotFound, _Behind)),
            wait=wait_exponential(multiplier=0.1, max=1.0),
            stop=stop_after_attempt(5 + math.ceil(self._lag_ms / 1000.0)),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            async for attempt in visible:
                with attempt:
                    state = await self._session.call(
                        self._calls.order_status, question, self._resolver.ways.as_whom(intent)
                    )
                    if shows_another(question, state) or not self._shows(token, state, proof, ended=ended):
                        raise _Behind
                    return None if state.order_list_id > -1 else state
        except Exception as error:  # noqa: BLE001 - a signer of the user's may raise anything; what is known is told
            log.info("the state of %s was not told: %s", token.client_id, type(error).__name__)
        return proof if hasattr(proof, "update_time") and self._shows(token, proof, proof, ended=ended) else None

    def _shows(self, token: Token, state: Any, proof: Any, *, ended: bool) -> bool:
        """Return whether the state of an order shows what a request did, and no less than what proved that.

        A view lags, also behind an event that is known already: of a cancel it must show the end, and of what was executed
        no less.
        """
        if not state.is_final and (ended or getattr(proof, "is_final", False)):
            return False
        if state.executed_qty < getattr(proof, "executed_qty", state.executed_qty):
            return False
        return token.act is Act.PLACE or state.status == CANCELED

    async def _end(self, intent: Unresolved, error: OutcomeUnknown, *, alone: bool = False) -> Any:
        """Cancel what was executed until the matching engine has answered; return what was cancelled, or None.

        Args:
            intent: that placed it.
            error: what the caller is told where it cannot be cancelled.
            alone: whether no caller waits any more.

        Raises:
            OutcomeUnknown: the venue does not let us cancel, or not in time. It may be open.
        """
        now = asyncio.get_running_loop().time
        until = now() + WAITS_S
        tries = refusals = 0
        while True:
            done, failed = await self._cancel(intent, found=True)
            if failed is None:
                return done
            tries += 1
            refusals += isinstance(failed, VenueError)
            client_id = intent.doubts[-1].token.client_id
            if refusals >= CANCEL_REFUSALS or isinstance(failed, AuthFailed | Forbidden | NotLoggedOn | UsageError):
                log.critical("%s may be open and cannot be cancelled: %s", client_id, failed)
                raise error
            if not alone and now() >= until:
                log.critical("%s may be open and is not cancelled yet, which is tried on: %s", client_id, failed)
                self._begin(self._end(intent, error, alone=True))
                raise error
            await self._sleep(min(0.1 * 2.0**tries, 60.0 if alone else 6.4))

    async def _cancel(self, intent: Unresolved, *, found: bool) -> tuple[Any, Exception | None]:
        """Cancel once what the intent placed; return what was cancelled, and the error of what was left undecided.

        Args:
            intent: that placed it.
            found: whether it is known to be there.
        """
        done: Any = None
        undecided: Exception | None = None
        for doubt in intent.doubts:
            token = doubt.token
            if token.act is not Act.PLACE or (
                doubt.verdict is not None and doubt.verdict.outcome is not Outcome.ACCEPTED
            ):
                continue
            target = self._target(doubt)
            if target is None:
                if found:
                    undecided = UsageError("another order may bear its id, and its number is not told")
                continue
            endpoint: Endpoint[Any] = self._calls.cancel_list if token.kind is TokenKind.LIST else self._calls.cancel
            request: dict[str, Any] = {"symbol": token.symbol, **target, "newClientOrderId": self._new_id()}
            try:
                done = await self._change(endpoint, request, self._resolver.ways.as_whom(intent))
            except Exception as error:  # noqa: BLE001 - a signer of the user's may raise anything, and must not end it
                told = error if isinstance(error, WsapiError) else type(error).__name__
                log.info("cancelling %s: %s", token.client_id, told)
                if not (isinstance(error, CancelRejected) and error.msg.startswith(NOTHING_OPEN)):
                    undecided = error
            else:
                doubt.seen(done, Evidence.REPLY, self._session.now_ms())
                intent.wake.set()
        return done, undecided

    def _target(self, doubt: Doubt) -> dict[str, Any] | None:
        """Return what names the order, or the list, that a request placed, and nothing else."""
        token = doubt.token
        wanted = token.kind is TokenKind.LIST
        shown = () if doubt.verdict is None else self._calls.sights(doubt.verdict.order)
        for sight in shown:
            number = sight.list_number if wanted else sight.number
            if number is None or number < 0 or sight.listed is not wanted:
                continue
            if wanted or token.client_id in (sight.id, sight.former):
                return {"orderListId" if wanted else "orderId": number}  # it keeps this one, however it is renamed
        if not wanted and doubt.number is not None:
            return {"orderId": doubt.number}
        if not token.fresh:
            return None
        return {"listClientOrderId" if wanted else "origClientOrderId": token.client_id}


def _is_of_one_order(intent: Unresolved) -> bool:
    """Return whether a request placed one order, or cancelled one: only its reply can be put together from other answers."""
    token = intent.doubts[0].token
    return len(intent.doubts) == 1 and token.kind is TokenKind.ORDER and token.act is not Act.AMEND


def _reply_fields(order: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Return what a reply has and a query has not."""
    fields: dict[str, Any] = {}
    if hasattr(order, "update_time"):
        fields["transactTime"] = int(order.update_time)
    if "origClientOrderId" in request:
        fields["origClientOrderId"] = request["origClientOrderId"]
    return fields
