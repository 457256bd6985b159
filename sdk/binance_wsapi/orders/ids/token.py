"""What a request puts onto what it makes or changes, and what is known of it; `identity` reads what the venue shows by it.

This file is pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from binance_wsapi.wire.order_calls import Act

__all__ = ["ALWAYS", "Token", "TokenKind"]

ALWAYS: Final = float("-inf")
"""The moment from which an id is contested where the other request left before."""


class TokenKind(Enum):
    """What bears the token, and so which method is asked about it."""

    ORDER = "order"
    LIST = "list"
    SYMBOL = "symbol"
    """Nothing bears it: the request cancels all open orders of a symbol, and is recognised by what is open no more."""


@dataclass(frozen=True, slots=True)
class Token:
    """The client id that a request puts onto something, and all by which that can be told from another's.

    Args:
        client_id: the id.
        symbol: trading pair.
        kind: what bears it.
        act: what the request does.
        fresh: whether nothing but this request can have put the id there.
        recovered: whether the request comes from the journal of a process that has ended.
        unguessable: of such a request, whether its id looks as those made here do.
        number: the venue's number of what is cancelled or amended, where it is known.
        former: its client id, likewise.
        gives_former: whether the same request gives that client id to another order.
        legs: ids of the orders of a list that is placed.
        leg_terms: what each of these was asked for with, by its id.
        leg_others: numbers of other orders that had, or took, one of these ids.
        fresh_legs: those of them that nothing else can bear.
        target: number of what had that client id when the request was sent, where that is known for certain.
        met_again: whether the request may have met another: that id was given to an order since it was sent, or by then.
        rivalled: whether another change of ours may have ended the list of what keeps its id.
        others: numbers of what had the id before; of a cancel of everything, of what was there before.
        ended: numbers of orders that had ended with the id before it was sent.
        younger: numbers of what was made after it was sent, or may have been.
        wanted: the parameters of the request.
        before: quantity of an order when its amendment was sent, or more, where it is known.
        since_ms: the earliest that the request can have been executed, by the venue's clock.
        contested_ms: the earliest that another request, which names the same id, can have been executed: `ALWAYS` where it
            left before this one; None where no other is under way or in doubt.
        leg_contests: likewise of the ids of the orders of a list: each has a contest of its own.
        disputed: whether the venue called the request a duplicate, and a user named its id.
        shared: whether the order that the same request cancels, and whose number is not known, may bear the id, too.
        before_ms: what was made by then was there when the request was sent.
        after_ms: what was made later was not.
    """

    client_id: str
    symbol: str
    kind: TokenKind = TokenKind.ORDER
    act: Act = Act.PLACE
    fresh: bool = True
    recovered: bool = False
    unguessable: bool = True
    number: int | None = None
    former: str = ""
    gives_former: bool = False
    legs: tuple[str, ...] = ()
    fresh_legs: frozenset[str] = frozenset()
    leg_terms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    leg_others: frozenset[int] = frozenset()
    others: frozenset[int] = frozenset()
    wanted: Mapping[str, Any] = field(default_factory=dict)
    before: Decimal | None = None
    since_ms: float = 0.0
    younger: frozenset[int] = frozenset()
    contested_ms: float | None = None
    leg_contests: Mapping[str, float] = field(default_factory=dict)
    disputed: bool = False
    shared: bool = False
    before_ms: float = 0.0
    after_ms: float = 0.0
    target: int | None = None
    ended: frozenset[int] = frozenset()
    met_again: bool = False
    rivalled: bool = False

    @property
    def contested(self) -> bool:
        """Whether another request that is in doubt, too, names the same id."""
        return self.contested_ms is not None

    @property
    def surely_its_own(self) -> bool:
        """Whether what bears the id of a request shows that it was executed.

        The venue may have given an id, that a user of an earlier process then named, in a cancel of everything.
        """
        return self.fresh and (self.unguessable or not self.recovered)

    def alone_bears(self, *names: str | None) -> bool:
        """Whether one of these ids was given by this request, which places something, and can have been by no other."""
        return (self.surely_its_own and self.client_id in names) or not self.fresh_legs.isdisjoint(names)

    def contest_of(self, name: str) -> float | None:
        """Return `contested_ms` of this id, or of that of one of its orders."""
        return self.contested_ms if name == self.client_id else self.leg_contests.get(name)

    @property
    def may_have_met_another(self) -> bool:
        """Whether it names what it changes by an id that was used again since: it may have met the later bearer.

        The order that was cancelled, this one or another, bears an id that was made for the cancel for good.
        """
        if self.act is Act.PLACE:
            return False
        if self.met_again and not (self.fresh and self.act is Act.CANCEL and self.kind is TokenKind.ORDER):
            return True
        if self.gives_former and self.number is None and not self.fresh:
            return True
        return self.contested and self.former == self.client_id

    def named_again(self, name: str, since_ms: float) -> Token:
        """Return it where another request names one of its ids, and can be executed from then on."""
        if name in self.legs:
            contests = {name: since_ms, **self.leg_contests}  # the earliest counts
            return replace(self, fresh_legs=self.fresh_legs - {name}, leg_contests=contests)
        return replace(self, fresh=False, contested_ms=since_ms if self.contested_ms is None else self.contested_ms)

    def made_by_another(self, number: int, *, listed: bool) -> Token:
        """Return it where what has this number, a list or an order, is known to be another request's."""
        if self.legs and not listed:
            return replace(self, leg_others=self.leg_others | {number})
        return replace(self, others=self.others | {number}, younger=self.younger | {number})

    def until(self, before_ms: float, after_ms: float) -> Token:
        """Return it with the bounds of when it was sent, by the venue's clock."""
        return replace(self, before_ms=before_ms, after_ms=after_ms)

    def recover(self, before_ms: float, after_ms: float, *, unguessable: bool) -> Token:
        """Return it as that of a process that has ended.

        Args:
            before_ms: what was made by then was there when the request was sent.
            after_ms: what was made later was not.
            unguessable: whether its id looks as those made here do. Such an id is no user's, unless it is named again.
        """
        return replace(self, recovered=True, unguessable=unguessable, before_ms=before_ms, after_ms=after_ms)
