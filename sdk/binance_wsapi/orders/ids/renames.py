"""What renames orders: our own cancels and amendments, from when they are sent until it is known what they did.

Theory of operation. A cancel and an amendment give what they change a new id, and what was renamed is found by its former
id no more. So "there is no such order" says nothing about an id that may have been taken from its order. A `Change` stands
for a request that renames:

* while it is under way, or in doubt, an absence of what it may have renamed waits for it (`Renames.waits_for`);
* where changes wait for each other, as each may have renamed what another bears, an absence of it never counts;
* where it was executed, or may have been, and nothing told which id it took (by number, of a list, of everything, or a
  verdict that is undecided), an absence of what it may have renamed never counts (`Renames.hid`).

Under which key a change is sent says nothing: an account may have several keys, and the venue does not tell whose they are.
So a change under one key may rename what a request under another made.

A change that names its order by an id is sent for the order that has the id then (`Change.target`, where that is known), and
may meet another that is given the id before it is executed (`Change.met_again`).

What is cancelled has ended and is renamed by nothing any more: the id of a cancel is found for good.

This file is pure.
"""

from __future__ import annotations

from asyncio import Event
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.ids.identity import OPEN, could_be
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.order_calls import Act, Sight

__all__ = ["Change", "Renames", "same_account"]

REMEMBERED: Final = 1_024
"""Renames of unknown extent that are remembered; what was in doubt before a forgotten rename counts as renamed."""


def same_account(one: Signer | AsyncSigner | None, other: Signer | AsyncSigner | None) -> bool:
    """Whether two keys are known to be of one account; None is a key that may be any. Others may be of one, too."""
    return one is None or other is None or one is other or one.api_key == other.api_key


class Change:
    """A request that renames what it cancels or amends.

    Args:
        symbol: trading pair.
        key: of the account.
        former: client id of the order, or of the list, that it names; empty where it names none.
        number: number of it, likewise.
        everything: whether it cancels all of the symbol.
        listed: whether it cancels a list.
        keeps: whether the order that it names keeps its id: then it takes none.

    Attributes:
        over: whether it is known what it did.
        waiters: set when it is.
        awaits: the changes that it waits for.
        target: number of the order that had the id it names when it was sent, where that is known for certain.
        met_again: whether it may have met another order: the id it names was given to one since it was sent, or by then.
        rivalled: whether what keeps its id may be of a list that another change of ours has ended.
        ended_list: whether what it cancelled was an order of a list, whose others ended with it.
    """

    __slots__ = (
        "awaits", "ended_list", "everything", "former", "keeps", "key", "listed", "met_again", "number", "over", "rivalled",
        "symbol", "target", "waiters",
    )  # fmt: skip

    def __init__(
        self,
        symbol: str,
        key: Signer | AsyncSigner | None,
        former: str = "",
        number: int | None = None,
        *,
        everything: bool = False,
        listed: bool = False,
        keeps: bool = False,
    ) -> None:
        self.symbol = symbol
        self.key = key
        self.former = former
        self.number = number
        self.everything = everything
        self.listed = listed
        self.keeps = keeps
        self.over = False
        self.waiters: list[Event] | None = None
        self.awaits: Sequence[Change] = ()
        self.target: int | None = None
        self.met_again = False
        self.rivalled = False
        self.ended_list = False

    def aim(self, token: Token, *, named: bool = False) -> Token:
        """Return a token of this change with what is known of the order that it was sent for.

        Args:
            token: of this request.
            named: whether it gives the id it names to another order itself.
        """
        if token.act is Act.PLACE:
            return token
        number, target = token.number, token.target
        if self.former:
            by_number, target = number is None and (named or not token.fresh), self.target
            number = target if by_number else number
            if self.met_again and self.number is None and token.fresh:
                number = None  # it may have been another order: the id that was made for it tells
        met_again, rivalled = self.met_again, self.rivalled
        if (token.number, token.target, token.met_again, token.rivalled) == (number, target, met_again, rivalled):
            return token
        return replace(token, number=number, target=target, met_again=met_again, rivalled=rivalled)

    def gives_what_it_names(self, token: Token) -> bool:
        """Whether a list is to be cancelled that may have its new id already."""
        return self.listed and not token.fresh and self.former in ("", token.client_id)

    def wait_for(self, changes: Sequence[Change]) -> bool:
        """Wait until it is known what these did; return False where one of them waits for this one in turn."""
        ahead, seen = list(changes), {*changes}
        while ahead:
            each = ahead.pop()
            if each is self:
                return False
            ahead += [] if each.over else [other for other in each.awaits if other not in seen]
            seen.update(each.awaits)
        self.awaits = changes
        return True

    def may_rename(self, token: Token) -> bool:
        """Whether it may take the token from what bears it."""
        if token.act is Act.CANCEL or token.kind is TokenKind.SYMBOL:
            return False
        if token.act is Act.AMEND and token.number is not None:
            return False  # decided by the order's number and quantity, with any id
        if self.everything:
            return True
        if self.former in (token.client_id, *token.legs):
            return not self.keeps or token.kind is TokenKind.LIST  # of a list another order, or the list, may take it
        if (self.listed or self.ended_list) and token.act is Act.AMEND:
            return True  # which orders a list has is not told
        anothers = token.former != token.client_id and self.number in token.others  # what keeps its id had it before
        return not self.former and self.number is not None and not anothers


class _Hidden(NamedTuple):
    """A rename of which it is not known what it renamed."""

    at: float
    change: Change
    sights: Sequence[Sight]
    """What was renamed, where that is known but for its former id; empty: anything of the symbol."""


class Renames:
    """Knows which of our own changes may have renamed what.

    Args:
        placed_as: tells with which id an order, or a list, was placed, by symbol, number and whether it is a list; None
            where that is not known.
    """

    def __init__(self, placed_as: Callable[[str, int, bool], str | None]) -> None:
        self._placed_as = placed_as
        self._open: dict[str, set[Change]] = {}
        self._hidden: deque[_Hidden] = deque(maxlen=REMEMBERED)
        self._forgotten_at = float("-inf")
        self._kept: set[Change] = set()  # those that may leave the id of what they cancel as it is

    @property
    def under_way(self) -> bool:
        """Whether any change is under way, or in doubt."""
        return bool(self._open)

    def begin(self, change: Change) -> None:
        """It is about to be sent."""
        self._open.setdefault(change.symbol, set()).add(change)

    def named(self, symbol: str, client_id: str, own: Change | None) -> None:
        """A request leaves that gives this id to an order: a change that names its order by it may meet that one."""
        for change in self._open.get(symbol, ()):
            if change.former == client_id and change is not own:
                change.met_again = True

    def left(self, change: Change, given: str = "") -> None:
        """Its frame left: where two changes may end one list, what keeps its id does not tell which of them did.

        Args:
            change: that leaves.
            given: the id that it gives to what it cancels, where the user named it.
        """
        for each in self._kept:
            if each is not change and each.symbol == change.symbol:
                each.rivalled = True
        if given and change.former in ("", given):
            hidden = any(each.change.symbol == change.symbol for each in self._hidden)
            change.rivalled = hidden or len(self._open.get(change.symbol, ())) > 1
            self._kept.add(change)

    def venue_named(self, symbol: str, since: float | None) -> bool:
        """Whether the venue may have given orders ids of its own since, and no reply told which: all were cancelled."""
        hidden = [
            each.change for each in self._hidden if (since is None or each.at >= since) and each.change.symbol == symbol
        ]
        changes = (*self._open.get(symbol, ()), *hidden)
        return any(each.everything for each in changes)

    def end(self, change: Change) -> None:
        """It is known what it did."""
        if change.over:
            return
        change.over = True
        self._kept.discard(change)
        found = self._open.get(change.symbol)
        if found is not None:
            found.discard(change)
            if not found:
                del self._open[change.symbol]
        for waiter in change.waiters or ():
            waiter.set()

    def done(self, change: Change, sights: Sequence[Sight], at: float) -> bool:
        """It was executed, or may have been.

        Args:
            change: that was.
            sights: what the venue says it changed; empty where nothing says it, or that it was executed.
            at: now, in seconds of the monotonic clock.

        Returns:
            Whether it is told what it renamed.
        """
        told = True
        if not change.over:
            orders = [sight for sight in sights if not sight.listed and sight.status is not None]
            shown = bool(orders) and all(sight.former for sight in orders)
            change.ended_list = not shown and any(
                sight.list_number > -1 and sight.status not in OPEN for sight in orders
            )
            told = shown or (bool(orders) and bool(change.former) and not change.listed and not change.ended_list)
            if not told:
                if len(self._hidden) == REMEMBERED:
                    self._forgotten_at = self._hidden[0].at
                self._hidden.append(_Hidden(at, change, () if change.ended_list else sights))
        self.end(change)
        return told

    def waits_for(self, token: Token, own: Change | None) -> list[Change]:
        """Return the changes under way, or in doubt, that may have renamed what bears a token."""
        return [
            change
            for symbol in {token.symbol, ""}
            for change in self._open.get(symbol, ())
            if change is not own and self._may_rename(change, token)
        ]

    def hid(self, token: Token, since: float) -> bool:
        """Whether a change that was executed after that moment may have renamed what bears a token."""
        if since <= self._forgotten_at:
            return True
        return any(
            hidden.at >= since
            and hidden.change.symbol == token.symbol
            and self._may_rename(hidden.change, token)
            and (not hidden.sights or any(self._could_be(token, sight) for sight in hidden.sights))
            for hidden in self._hidden
        )

    def _may_rename(self, change: Change, token: Token) -> bool:
        """Whether a change may take the token from what bears it, by what is known of its number now."""
        if change.number is not None and not change.former and self._is_anothers(token, change.number, change.listed):
            return False
        return change.may_rename(token)

    def _could_be(self, token: Token, sight: Sight) -> bool:
        """Whether a request in doubt may have made this, which was renamed."""
        if sight.number is not None and self._is_anothers(token, sight.number, sight.listed):
            return False
        if any(self._is_anothers(token, number, False) for number in sight.numbers):
            return False  # one request makes a list and all its orders
        return could_be(token, sight)

    def _is_anothers(self, token: Token, number: int, listed: bool) -> bool:
        """Whether it is known that another request placed what has a number."""
        if token.act is not Act.PLACE:
            return False
        placed_as = self._placed_as(token.symbol, number, listed)
        return placed_as is not None and placed_as not in (token.client_id, *token.legs)
