"""What is known of one order, put together from all evidence, in any order of arrival.

Theory of operation. Four sources tell of an order: the reply to the request that placed it, the events of the user data
stream, audits (``order.status`` and ``myTrades``, asked after the stream was interrupted or silent) and the resolver that
finds out what became of a request whose reply was lost. Each tells a part, some tell it late, twice or never, and none
can be relied on to come before another. What they tell is therefore never taken over but *merged*, by rules that give the
same result in any order:

* fills are a set, by trade id: the union of all that were told;
* the executed quantity is the largest that was told, and never less than the fills add up to;
* the quantity is the smallest that was told: an order can be amended downwards only (Order Amend Keep Priority);
* the status is the one furthest along ``PENDING_NEW → NEW → PENDING_CANCEL → PARTIALLY_FILLED → an end``, and an end is
  never left;
* ids are single-use, so "renamed from A to B" is true for ever: the present id is where these lead to from the latest
  id that was told.

Before the venue was heard of the order, the status is that of the request: `SENDING`, `SENT`, `IN_DOUBT`. A refusal ends
it there. So does the proof that the request can no longer be executed (`NOT_PLACED`), but that one is a conclusion from
assumptions (``docs/fence.md``): should the order turn up after all, the order is believed.

An order can have ended before all its fills are known: the evidence of the end need not hold them. It is
`complete` when the fills add up to the executed quantity.

This file is pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from binance_wsapi.orders.trade.evidence import Sighting
from binance_wsapi.orders.trade.types import RANK, HandleEvent, HandleEventKind, HandleFill, HandleSource, HandleStatus
from binance_wsapi.wire.order_calls import RENUMBERED_US

__all__ = ["TradeState"]

ZERO: Final = Decimal(0)


class TradeState:
    """The merged truth of one order.

    Args:
        client_order_id: the id it is placed with.
        fresh: whether no other order can bear it; else only a reply, or the resolver, tells which order is this one.
        begins: the venue's word for it where the first evidence tells none: a pending order of a list is not yet NEW.
    """

    def __init__(self, client_order_id: str, *, fresh: bool = False, begins: HandleStatus = HandleStatus.NEW) -> None:
        self.client_order_id = client_order_id
        self._fresh = fresh
        self._begins = begins
        self.order_id: int | None = None
        self.order_list_id: int | None = None
        self.quantity: Decimal | None = None
        self._request = HandleStatus.SENDING
        self._venue: HandleStatus | None = None
        self._executed = ZERO
        self._quote: Decimal | None = ZERO
        self._filled = ZERO
        self._filled_quote = ZERO
        self._fills: dict[tuple[int, int | None], HandleFill] = {}
        self._latest = (-1, -1, client_order_id)
        self._renamed: dict[str, str] = {}
        self._created_us: int | None = None
        self._created_surely = False
        self._word: str | None = None

    # ------------------------------------------------------------------ what is known

    @property
    def status(self) -> HandleStatus:
        """Where the order is."""
        return self._venue or self._request

    @property
    def executed_quantity(self) -> Decimal:
        """Base quantity that was executed."""
        return max(self._executed, self._filled)

    @property
    def average_price(self) -> Decimal | None:
        """Average price of what was executed; None before the first fill, and until the venue tells it."""
        executed = self.executed_quantity
        if not executed:
            return None
        if self._filled == executed:
            return self._filled_quote / executed
        return None if self._quote is None else self._quote / executed

    @property
    def fills(self) -> list[HandleFill]:
        """The known fills, in the order in which they happened."""
        return sorted(self._fills.values(), key=lambda fill: (fill.time.microseconds, fill.trade_id))

    @property
    def complete(self) -> bool:
        """Whether the known fills add up to the executed quantity."""
        return self._filled == self.executed_quantity

    @property
    def current_client_order_id(self) -> str:
        """The id the order has now at the venue: a cancel and an amendment rename it."""
        name = self._latest[2]
        for _ in self._renamed:  # each leads on once: ids are not used again
            name = self._renamed.get(name, name)
        return name

    # ------------------------------------------------------------------ what the client did

    def sent(self, at_ms: int) -> list[HandleEvent]:
        """A frame was handed to the network; more than once only after a definite refusal."""
        if self._request is not HandleStatus.SENDING:
            return []
        self._request = HandleStatus.SENT
        return [self._event(HandleEventKind.SENT, HandleSource.LOCAL, at_ms)]

    def contest(self) -> None:
        """Another request took the id up again: from now on it tells nothing while the number is not known."""
        self._fresh = False

    def doubt(self, at_ms: int, detail: str = "") -> list[HandleEvent]:
        """The reply is lost."""
        if self._request not in {HandleStatus.SENDING, HandleStatus.SENT}:
            return []
        self._request = HandleStatus.IN_DOUBT
        if self._venue is not None:
            return []  # an event told already that the order is there
        return [self._event(HandleEventKind.IN_DOUBT, HandleSource.LOCAL, at_ms, detail=detail)]

    def refused(self, status: HandleStatus, source: HandleSource, at_ms: int, detail: str = "") -> list[HandleEvent]:
        """The request made no order: it was refused, it can no longer be executed, or it was never sent.

        Where the venue has told of the order that is believed, and this is the contradiction it looks like.
        """
        if self._request.is_final:
            return []
        if self._venue is not None:
            return [self._event(HandleEventKind.CONTRADICTED, source, at_ms, detail=f"{status.value}: {detail}")]
        self._request = status
        return [self._event(HandleEventKind.REFUSED, source, at_ms, detail=detail)]

    def contradicted(self, source: HandleSource, at_ms: int, detail: str) -> HandleEvent:
        """Return the word that the venue contradicts what is known, which stays."""
        return self._event(HandleEventKind.CONTRADICTED, source, at_ms, detail=detail)

    # ------------------------------------------------------------------ what was seen

    def is_about(self, sighting: Sighting) -> bool:
        """Whether a sighting that bears an id of the order is about it, and not about another that bears the same id.

        An id the user chose may be that of an older order, and an id that was used once may be named again: until the
        number is known, an event of the other must not pass for the order's own. What was called not placed is believed
        to be there when the watch for late executions says so.
        """
        if self.order_id is not None:
            return sighting.order_id == self.order_id and not self.is_anew(sighting)
        return self._fresh and self._request in {HandleStatus.SENT, HandleStatus.IN_DOUBT}

    def bears(self, sighting: Sighting) -> bool:
        """Whether a sighting is of the order's number or, where that is not known yet, of its id."""
        if self.order_id is not None:
            return sighting.order_id == self.order_id
        return self.client_order_id in {sighting.client_order_id, sighting.renamed_from}

    def is_anew(self, sighting: Sighting) -> bool:
        """Whether a sighting bears the number of the order and is about another: the venue was reset.

        An order is known by its client order ids as well as by its number. Under an id that is not known it is the same
        order only if the venue made it at the same time: it may have been renamed by a change that was missed.
        """
        if self.order_id != sighting.order_id or self._created_us is None or sighting.created_us is None:
            return False
        known = {self.client_order_id, *self._renamed, *self._renamed.values()}
        if sighting.client_order_id in known or sighting.renamed_from in known:
            return False
        later_us = sighting.created_us - self._created_us
        # Made earlier, it is another where the venue's clock went back, too.
        return later_us > RENUMBERED_US or (self._created_surely and later_us < -RENUMBERED_US)

    def is_before(self, created_us: int) -> bool:
        """Whether the venue made the order before that moment, as far as is known."""
        return self._created_us is not None and self._created_us + RENUMBERED_US < created_us

    def see(self, sighting: Sighting, source: HandleSource, at_ms: int) -> list[HandleEvent]:
        """Merge a piece of evidence, and return what was new in it.

        Evidence of another order, and of a request that was refused or never sent, is left alone.
        """
        proven = source in {HandleSource.REPLY, HandleSource.RESOLVER} and self.order_id is None
        if not proven and not self.is_about(sighting):
            return []
        before = self.executed_quantity
        first = self._venue is None
        was_final = self.status.is_final and not first
        contradiction = self._merge_status(sighting.status or (self._begins if first else None))
        self.order_id = sighting.order_id
        if sighting.order_list_id > -1:
            self.order_list_id = sighting.order_list_id
        if sighting.created_us is not None:
            self._created_us, self._created_surely = sighting.created_us, True
        elif self._created_us is None and sighting.at_us:
            self._created_us = sighting.at_us
        amended = self._merge_quantity(sighting.quantity)
        renamed = self._merge_ids(sighting)
        self._merge_executed(sighting)
        new_fills = self._merge_fills(sighting.fills)

        found: list[HandleEvent] = []

        def tell(kind: HandleEventKind, detail: str = "", fill: HandleFill | None = None) -> None:
            found.append(self._event(kind, source, at_ms, fill, detail))

        if first:
            tell(HandleEventKind.ACCEPTED, f"order {sighting.order_id}")
        if amended:
            tell(HandleEventKind.AMENDED, f"to {self.quantity}")
        if renamed:
            tell(HandleEventKind.RENAMED, f"to {sighting.client_order_id}")
        for fill in new_fills:
            tell(HandleEventKind.FILL, fill=fill)
        if self.executed_quantity > before and not self.complete:
            tell(HandleEventKind.EXECUTED)
        if sighting.word not in (None, self._word):
            self._word = sighting.word
            tell(HandleEventKind.UNKNOWN_STATE, f"{sighting.word}")
        if contradiction is not None:
            tell(HandleEventKind.CONTRADICTED, f"{contradiction.value} after {self.status.value}")
        elif self.status.is_final and not was_final:
            tell(HandleEventKind.ENDED)
        return found

    def _merge_status(self, status: HandleStatus | None) -> HandleStatus | None:
        """Go further along; return an end that is not the one already known."""
        now = self._venue
        if status is None or status is now:
            return None
        if now is not None and RANK[status] <= RANK[now]:
            return status if status.is_final and now.is_final else None
        self._venue = status
        return None

    def _merge_quantity(self, quantity: Decimal | None) -> bool:
        if not quantity or (self.quantity is not None and quantity >= self.quantity):
            return False  # zero: an order by quoteOrderQty has no quantity until it is matched
        amended = self.quantity is not None
        self.quantity = quantity
        return amended

    def _merge_ids(self, sighting: Sighting) -> bool:
        before, after = sighting.renamed_from, sighting.client_order_id
        if after:
            # Two changes may fall into one millisecond; what is further along came later.
            rank = RANK[sighting.status] if sighting.status is not None else -1
            self._latest = max(self._latest, (sighting.at_us, rank, after))
        if not before or not after or before in self._renamed:
            return False
        self._renamed[before] = after
        return True

    def _merge_executed(self, sighting: Sighting) -> None:
        executed = sighting.executed
        if executed is None:
            return
        if executed > self._executed:
            self._executed, self._quote = executed, sighting.quote
        elif executed == self._executed and self._quote is None:
            self._quote = sighting.quote

    def _merge_fills(self, fills: Iterable[HandleFill]) -> list[HandleFill]:
        new = []
        for fill in fills:
            known = self._fills.get(fill.key)
            if known is None:
                self._fills[fill.key] = fill
                self._filled += fill.quantity
                self._filled_quote += fill.quote_quantity
                new.append(fill)
            elif known.is_maker is None or known.commission_asset is None:
                self._fills[fill.key] = replace(
                    known,
                    is_maker=fill.is_maker if known.is_maker is None else known.is_maker,
                    commission=fill.commission if known.commission_asset is None else known.commission,
                    commission_asset=known.commission_asset or fill.commission_asset,
                )
        if self._venue in {HandleStatus.NEW, HandleStatus.PENDING_NEW} and self.executed_quantity:
            self._venue = HandleStatus.PARTIALLY_FILLED
        return new

    def _event(
        self,
        kind: HandleEventKind,
        source: HandleSource,
        at_ms: int,
        fill: HandleFill | None = None,
        detail: str = "",
    ) -> HandleEvent:
        return HandleEvent(kind, source, at_ms, self.status, self.executed_quantity, fill, detail)
