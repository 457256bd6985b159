"""Replies that come after their call has ended: of requests in doubt, and a second reply to what was refused.

Theory of operation. A reply says the same in time and late. That of a request in doubt settles it, but for a half of which
the venue says that it does not know what became of it; a refusal in time that leaves a half in doubt is read here, too. A
success that comes for a request which the venue had refused, or which was declared not placed, contradicts that: it is told
as `LateExecution`, like an order that turns up. So is that of a half, also in a refusal that reports the halves. A reply
that shows another order than the request was about says nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from binance_wsapi.errors import PartialFailure, VenueError, WsapiError
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Outcome, Verdict
from binance_wsapi.orders.fate.listeners import Named
from binance_wsapi.orders.fate.reply import Refusal, Said, refused
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.fate.watch_list import WatchList
from binance_wsapi.orders.ids.identity import disputed
from binance_wsapi.orders.ids.token import TokenKind
from binance_wsapi.session.session import Session
from binance_wsapi.wire.answers import reply_shows_another
from binance_wsapi.wire.codec import Envelope, refusal
from binance_wsapi.wire.endpoint import Endpoint, Params
from binance_wsapi.wire.order_calls import Act, OrderCalls, Sight

__all__ = ["LateReplies"]

OVER_KEPT: Final = 4_096
"""Requests, the latest that were not executed, to which a success would be a contradiction."""


_NOT_EXECUTED: Final = frozenset({Outcome.NOT_PLACED, Outcome.REJECTED})


class _Over(NamedTuple):
    """A request that was not executed, as far as is known."""

    endpoint: Endpoint[Any]
    request: Params
    verdicts: tuple[Verdict | None, ...]
    """On each part; None where it was executed or is undecided, and where a reply has contradicted the verdict."""
    watched: Collection[str]
    """Ids of it that were on the watch list, too: what was told of them is not told again."""
    key: Signer | AsyncSigner | None
    """Of the account."""

    def named(self, verdict: Verdict) -> Named:
        """Return what the part that a verdict is about called what it was to make."""
        return Named(verdict.client_order_id, str(self.request.get("symbol", "")), self.key)


class LateReplies:
    """Reads replies to requests whose call has ended.

    Args:
        session: tells the time and its unit.
        calls: the methods of the product, and how their results are read.
        watched: tells the user of a contradiction.
    """

    def __init__(self, session: Session, calls: OrderCalls, watched: WatchList) -> None:
        self._session = session
        self._calls = calls
        self._watched = watched
        self._in_doubt: dict[str, Unresolved] = {}
        self._over: OrderedDict[str, _Over] = OrderedDict()

    def expect(self, intent: Unresolved, refusal: Refusal | None) -> Sequence[Sight]:
        """Wait for the reply to a request in doubt; returns what a refusal that left it so shows of orders."""
        if intent.request_id is not None:
            self._in_doubt[intent.request_id] = intent
        return () if refusal is None else self._refused(intent, refusal)

    def settled(self, intent: Unresolved) -> None:
        """A doubt has ended, or is followed no more."""
        if intent.request_id is None:
            return
        self._in_doubt.pop(intent.request_id, None)
        verdicts = tuple(
            doubt.verdict
            if doubt.verdict is not None and doubt.verdict.outcome in _NOT_EXECUTED and not doubt.contradicted
            else None
            for doubt in intent.doubts
        )
        if any(verdicts):
            watched = [each.client_order_id for each in verdicts if each and each.outcome is Outcome.NOT_PLACED]
            watched += [doubt.token.client_id for doubt in intent.doubts if doubt.watched]
            self._keep(intent.request_id, _Over(intent.endpoint, intent.request, verdicts, watched, intent.key))

    def refused(
        self,
        endpoint: Endpoint[Any],
        request: Params,
        request_id: str | None,
        verdicts: tuple[Verdict | None, ...],
        watched: Collection[str],
        key: Signer | AsyncSigner | None,
    ) -> None:
        """A request was refused in time, or a half of it.

        Args:
            endpoint: what was called.
            request: its parameters.
            request_id: of the frame.
            verdicts: on each of its parts; None of a half that was executed.
            watched: those of its ids that are on the watch list.
            key: of the account.
        """
        if request_id is not None:
            self._keep(request_id, _Over(endpoint, request, verdicts, watched, key))

    def _keep(self, request_id: str, over: _Over) -> None:
        self._over[request_id] = over
        if len(self._over) > OVER_KEPT:
            self._over.popitem(last=False)

    def expected(self, request_id: str) -> Unresolved | None:
        """Return the request in doubt that a reply is to; None where there is none."""
        return self._in_doubt.get(request_id)

    def came(self, request_id: str, envelope: Envelope) -> tuple[Sequence[Sight], Signer | AsyncSigner | None]:
        """Take in a reply. Returns what it shows of orders, and the key of the account they are of."""
        intent = self._in_doubt.get(request_id)
        error = refusal(envelope)
        if intent is None:
            over = self._over.get(request_id)
            if over is not None:
                self._contradicted(request_id, over, envelope)
            return (), None
        sights: Sequence[Sight] = ()
        if error is None:
            result = self._result(intent.endpoint, intent.request, envelope)
            if result is None:
                return (), None
            intent.answer = result
            for doubt in intent.doubts:
                self._executed(intent, doubt, result)
            sights = self._calls.sights(result)
        elif isinstance(error, VenueError):
            sights = self._refusal(intent, request_id, error)
        intent.wake.set()
        return sights, intent.key

    def _result(self, endpoint: Endpoint[Any], request: Params, envelope: Envelope) -> Any:
        """Return the result of a reply; None where it cannot be read, or is about another order."""
        if envelope.result is UNSET:
            return None
        try:
            result = endpoint.decode(bytes(envelope.result), self._session.settings.time_unit)
        except WsapiError:
            return None
        return None if reply_shows_another(endpoint, request, result) else result

    def _contradicted(self, request_id: str, over: _Over, envelope: Envelope) -> None:
        """Tell of each part that was not executed, as far as was known, and of which a reply says that it was."""
        left = list(over.verdicts)
        for at, said in enumerate(self._said(over, envelope)):
            verdict = left[at]
            if verdict is not None and said.outcome is Outcome.ACCEPTED:
                left[at] = None
                known = verdict.client_order_id in over.watched
                self._watched.contradicted(verdict, said.order, over.named(verdict), watched=known)
        if any(left):
            self._over[request_id] = over._replace(verdicts=tuple(left))
        else:
            del self._over[request_id]

    def _said(self, over: _Over, envelope: Envelope) -> Sequence[Said]:
        """Return what a reply says of each part of a request that was not executed, as far as was known."""
        error, parts = refusal(envelope), len(over.verdicts)
        if error is None:
            result = self._result(over.endpoint, over.request, envelope)
            return () if result is None else [Said(Outcome.ACCEPTED, result)] * parts
        if not isinstance(error, PartialFailure):
            return ()
        self._calls.with_halves(error, self._session.settings.time_unit)
        return refused(error, parts, over.request, explained=True).said

    def _executed(self, intent: Unresolved, doubt: Doubt, order: Any) -> None:
        """A reply says that a part of a request in doubt was executed, which contradicts another verdict on it."""
        verdict = doubt.seen(order, Evidence.REPLY, self._session.now_ms())
        if verdict.outcome in _NOT_EXECUTED and not doubt.contradicted:
            doubt.contradicted = True
            named = Named(verdict.client_order_id, doubt.token.symbol, intent.key)
            self._watched.contradicted(verdict, order, named, watched=doubt.watched)

    def _refusal(self, intent: Unresolved, request_id: str, error: VenueError) -> Sequence[Sight]:
        token = intent.doubts[-1].token.client_id
        error.about(method=intent.endpoint.method, request_id=request_id, client_order_id=token)
        if isinstance(error, PartialFailure):
            self._calls.with_halves(error, self._session.settings.time_unit)
        # What it was taken for is found by asking: what bore the id when it was sent may have ended since.
        return self._refused(intent, refused(error, len(intent.doubts), intent.request, explained=False))

    def _refused(self, intent: Unresolved, refusal: Refusal) -> Sequence[Sight]:
        """Take in what a refusal says of each part. Returns what it shows of orders."""
        now, error = self._session.now_ms(), refusal.error
        sights: list[Sight] = []
        for doubt, said in zip(intent.doubts, refusal.said, strict=False):  # a list has one doubt, and many ids
            doubt.duplicate = error if said.duplicate else None
            if said.duplicate:
                doubt.token = disputed(doubt.token)
            if said.outcome is Outcome.ACCEPTED:
                self._executed(intent, doubt, said.order)
                sights += self._calls.sights(said.order)
            elif said.outcome is Outcome.REJECTED and doubt.verdict is None:
                doubt.refused(error, now)
                self._watch(intent, doubt)
        return sights

    def _watch(self, intent: Unresolved, doubt: Doubt) -> None:
        """Raise the alarm should an order turn up that was refused, and whose id nothing else can bear."""
        token = doubt.token
        order = token.kind is TokenKind.ORDER and token.act is Act.PLACE
        if order and token.fresh and not token.contested and doubt.verdict is not None:
            doubt.watched = True
            self._watched.add(doubt.verdict, self._session.now_ms(), intent.key, token.symbol, token)
