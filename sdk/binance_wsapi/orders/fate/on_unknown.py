"""Waiting for a verdict in place of a reply: what ``on_unknown="wait"`` and ``"cancel"`` do.

Theory of operation. A task waits for the resolver's verdict and puts it into the form the caller expects of a reply; with
``"cancel"`` it cancels meanwhile what may have been placed: at once, because the sooner the better, and again, until the
matching engine has answered, once it is known that the order is there. It is a task of its own so that a caller who goes
away does not keep his order from being cancelled.

Every cancel is a request like any other, written down and looked for, with an id of its own. A cancel is answered by the
matching engine itself, so its word is newer than any view's: where it knows no such order, nothing is open. Its other
refusals ("Market is closed.", ...) say nothing of the kind.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from binance_wsapi.api.spot.account import AccountMethods
from binance_wsapi.api.spot.order_lists import OrderListMethods
from binance_wsapi.api.spot.trading import TradingMethods
from binance_wsapi.errors import (
    AuthFailed,
    CancelRejected,
    Forbidden,
    NotLoggedOn,
    NotPlaced,
    OrderNotFound,
    OutcomeUnknown,
    UsageError,
    WsapiError,
)
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.models.spot.orders import OrderState
from binance_wsapi.orders.fate.fence import Evidence, FateOptions, Outcome, TokenKind
from binance_wsapi.orders.fate.ids import ID_LENGTH
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint

__all__ = ["Waiting"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")

NOTHING_OPEN: Final = "Unknown order"
"""How the matching engine says that it knows no such order, or list (Errors, messages of -2011)."""

REFUSALS: Final = 12
"""Times a cancel may be refused for another reason ("Market is closed.", which passes) until a person has to look: about a
minute."""


class Waiting:
    """Waits in the place of callers.

    Args:
        session: asks for the state of what was found.
        resolver: has the verdicts.
        runtime: makes unguessable text, and sleeps.
        options: bounds of the fence; of these, how long views may lag.
        change: sends a cancel and follows it like any other call that changes orders.
        cancels: whether what may have been placed is cancelled.

    Attributes:
        tasks: the waits that are under way.
    """

    def __init__(
        self,
        session: Session,
        resolver: Resolver,
        runtime: Runtime,
        options: FateOptions,
        change: Callable[[Endpoint[Any], dict[str, Any], CallOptions], Awaitable[Any]],
        *,
        cancels: bool,
    ) -> None:
        self._session = session
        self._resolver = resolver
        self._token = runtime.token
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
        work = self._wait(endpoint, request, intent, error)
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
        if self._cancels and endpoint.orders:
            await self._cancel(intent)  # the sooner the better; what it cannot do yet is done once it is known
        verdict = await self._resolver.verdict(intent)
        if verdict.outcome is Outcome.REJECTED and verdict.error is not None:
            raise verdict.error from error
        if verdict.outcome is not Outcome.ACCEPTED:
            raise NotPlaced(
                f"it was sent, no reply came, and it can no longer be executed ({verdict.evidence.value})"
            ).about(
                method=endpoint.method, request_id=intent.request_id, client_order_id=verdict.client_order_id
            ) from error
        order: Any = None
        if self._cancels and endpoint.orders and not getattr(intent.answer, "is_final", False):
            order = await self._end(intent, error)
        elif intent.answer is not None:
            answer: R = intent.answer
            return answer
        new = intent.doubts[-1].verdict  # of a cancel-replace the new order, which need not be what was executed
        if order is None and new is not None and new.outcome is Outcome.ACCEPTED:
            order = await self._state(intent)
        if order is None or order.raw is None:
            # It was executed, and nothing tells it in the shape of a reply: the caller is told as much.
            raise error
        try:
            return endpoint.decode({**order.raw, **_reply_fields(order, request)}, self._session.settings.time_unit)
        except OutcomeUnknown:
            raise error from None

    async def _state(self, intent: Unresolved) -> OrderState | None:
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
            stop=stop_after_attempt(5 + math.ceil(self._lag_ms / 1000.0)),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            async for attempt in visible:
                with attempt:
                    return await self._session.call(
                        AccountMethods.ORDER_STATUS, question, self._resolver.as_whom(intent)
                    )
        except Exception as error:  # noqa: BLE001 - a signer of the user's may raise anything; what is known is told
            log.info("the state of %s was not told: %s", token.client_id, type(error).__name__)
        order = found.order if found is not None else None
        return order if isinstance(order, OrderState) else None

    async def _end(self, intent: Unresolved, error: OutcomeUnknown) -> Any:
        """Cancel what was executed until the matching engine has answered; return what was cancelled, or None.

        Raises:
            OutcomeUnknown: the venue does not let us cancel. It may be open.
        """
        tries = 0
        while True:
            done, failed = await self._cancel(intent)
            if failed is None:
                return done
            tries += 1
            refused = isinstance(failed, CancelRejected) and tries >= REFUSALS
            if refused or isinstance(failed, AuthFailed | Forbidden | NotLoggedOn | UsageError):
                log.critical("%s may be open and cannot be cancelled: %s", intent.doubts[-1].token.client_id, failed)
                raise error
            await self._sleep(0.1 * 2.0 ** min(tries, 6))

    async def _cancel(self, intent: Unresolved) -> tuple[Any, Exception | None]:
        """Cancel once what the intent placed; return what was cancelled, and the error of what was left undecided."""
        done: Any = None
        undecided: Exception | None = None
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
                done = await self._change(endpoint, request, self._resolver.as_whom(intent))
            except Exception as error:  # noqa: BLE001 - a signer of the user's may raise anything, and must not end it
                told = error if isinstance(error, WsapiError) else type(error).__name__
                log.info("cancelling %s: %s", token.client_id, told)
                if not (isinstance(error, CancelRejected) and error.msg.startswith(NOTHING_OPEN)):
                    undecided = error
            else:
                doubt.seen(done, Evidence.REPLY, self._session.now_ms())
                intent.wake.set()
        return done, undecided


def _reply_fields(order: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Return what a reply has and a query has not."""
    fields: dict[str, Any] = {}
    if isinstance(order, OrderState):
        fields["transactTime"] = int(order.update_time)
    if "origClientOrderId" in request:
        fields["origClientOrderId"] = request["origClientOrderId"]
    return fields
