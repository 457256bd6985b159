"""Which orders had a client order id: a user may name it again, and then the new bearer must be told from the old ones."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final, TypeAlias

import msgspec

from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.ids.identity import OPEN
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.order_calls import RENUMBERED_US, Act, Sight

__all__ = ["Bearers", "IdHistory"]

REMEMBERED: Final = 4_096
"""Ids whose bearers are remembered; each takes some 300 bytes."""

_FORGOTTEN_AT_ONCE: Final = 512
"""Ids beyond these that are forgotten at a time, the oldest first."""

NUMBERS_KEPT: Final = 4
"""Numbers of orders that are kept of an id."""

_NONE: Final = frozenset[int]()

Named: TypeAlias = tuple[int, str, str]
"""An account (`account_of`), a symbol, and an id: another account may have given the same id to an order of its own."""


def account_of(key: Signer | AsyncSigner | None) -> int:
    """Return by what the account of a key is told from others; the API key itself is not kept. None: not known whose."""
    return 0 if key is None else hash(key.api_key)  # 64 bits, seeded by the process


class Bearers(msgspec.Struct, frozen=True, gc=False):
    """The orders that had an id.

    Args:
        numbers: the venue's numbers of them, the latest last.
        left_at: when its frame left, as `IdHistory.moment` told it; -1 where that is not known.
        known_at: when it was known: the last moment that was told by then. What left before has that one or an earlier one,
            what left after a later one.
        ended: whether the latest had ended by then, or may have.
        ended_with: the numbers of those that are known to have ended with the id.
        unsure: whether a request that is undecided may have given the id to another order since.
    """

    numbers: tuple[int, ...]
    left_at: float
    known_at: float
    ended: bool
    ended_with: frozenset[int] = frozenset()
    unsure: bool = False


class _Order(msgspec.Struct, frozen=True, gc=False):
    """What is known of the order of a number.

    Args:
        quantity: the least that was told; None where none was.
        placed_as: the id with which it was placed; None where that is not known.
        placed_us: when, in microseconds of the venue's clock; None where the reply to its placing did not tell.
    """

    quantity: Decimal | None
    placed_as: str | None
    placed_us: int | None = None


_NOTHING_KNOWN: Final = _Order(None, None)


class IdHistory:
    """The ids that orders had, each with its symbol and the account; and by their numbers, what orders are known to be.

    A number is of one request alone, until the test network is wiped: then the venue counts from one again, and what is
    known of numbers is void. Nothing announces it. A reply shows it that gives a number to an order which another order had.
    """

    def __init__(self) -> None:
        self._bearers: dict[Named, Bearers] = {}
        self._orders: dict[tuple[str, int], _Order] = {}
        self._accounts: set[int] = set()
        self._lists: dict[tuple[str, str], tuple[int, ...]] = {}
        self._lists_ended: dict[tuple[str, str], tuple[int, ...]] = {}
        self._lists_placed: dict[tuple[str, int], str] = {}
        self._time: Callable[[], float] | None = None
        self._now = float("-inf")

    def moment(self) -> float:
        """Return the time in seconds of the monotonic clock, later than every time it told before.

        So what is known of an order, and when a frame left, have their order though the clock stands still in between.
        """
        time = self._time
        if time is None:  # asked for once: the loop is that of the client for good
            time = self._time = asyncio.get_running_loop().time
        now = time()
        if now <= self._now:
            now = math.nextafter(self._now, math.inf)
        self._now = now
        return now

    def of(self, key: Signer | AsyncSigner | None, symbol: str, client_id: str) -> Bearers | None:
        """Return which orders had an id, where that is known."""
        return self._bearers.get((account_of(key), symbol, client_id))

    def doubtful(self, key: Signer | AsyncSigner | None, symbol: str, client_id: str) -> None:
        """Note that a request which is undecided may have given an id to another order."""
        named = (account_of(key), symbol, client_id)
        known = self._bearers.get(named)
        if known is not None:
            self._bearers[named] = msgspec.structs.replace(known, unsure=True)

    def elsewhere(self, key: Signer | AsyncSigner | None, symbol: str, client_id: str) -> frozenset[int]:
        """Return the numbers of the orders that are known to have had an id under other keys, of this account perhaps."""
        mine = account_of(key)
        found = [
            known.numbers
            for account in self._accounts
            if account != mine and (known := self._bearers.get((account, symbol, client_id))) is not None
        ]
        return frozenset(chain.from_iterable(found))

    def lists_of(self, symbol: str, client_id: str) -> tuple[int, ...]:
        """Return the numbers of the lists that are known to have had an id, under any key."""
        return self._lists.get((symbol, client_id), ())

    def lists_ended(self, symbol: str, client_id: str) -> tuple[int, ...]:
        """Return the numbers of the lists that are known to have ended with an id, or with an order that had it."""
        return self._lists_ended.get((symbol, client_id), ())

    def quantity_of(self, symbol: str, number: int | None) -> Decimal | None:
        """Return the least quantity that is known of an order: it had no more at any time since."""
        known = None if number is None else self._orders.get((symbol, number))
        return None if known is None else known.quantity

    def placed(self, symbol: str, number: int, client_id: str, *, listed: bool = False) -> None:
        """Keep with which id the order, or the list, of this number was placed."""
        if not listed:
            self.told(symbol, number, None, client_id)
            return
        placed = self._lists_placed
        _add(self._lists, (symbol, client_id), number)
        placed[symbol, number] = client_id
        if len(placed) > REMEMBERED + _FORGOTTEN_AT_ONCE:
            _forget(placed)

    def placed_as(self, symbol: str, number: int, listed: bool) -> str | None:
        """Return with which id the order, or the list, of this number was placed, where that is known."""
        if listed:
            return self._lists_placed.get((symbol, number))
        known = self._orders.get((symbol, number))
        return None if known is None else known.placed_as

    def told(
        self,
        symbol: str,
        number: int | None,
        quantity: Decimal | None,
        placed_as: str | None = None,
        placed_us: int | None = None,
    ) -> None:
        """Keep the quantity of an order, and with which id and when it was placed, as far as each is told.

        An order by ``quoteOrderQty`` has no quantity until it is matched.
        """
        if number is None or not (placed_as or quantity):
            return
        orders, key, least = self._orders, (symbol, number), quantity or None
        if key in orders:
            known = orders.pop(key)  # it goes to the end
            if placed_as and known.placed_as not in (None, placed_as):
                self._wiped()
                known = _NOTHING_KNOWN
            placed_as, placed_us = placed_as or known.placed_as, placed_us or known.placed_us
            if least is None or (known.quantity is not None and known.quantity < least):
                least = known.quantity
        orders[key] = _Order(least, placed_as, placed_us)
        if len(orders) > REMEMBERED + _FORGOTTEN_AT_ONCE:
            _forget(orders)

    def _wiped(self) -> None:
        """Forget everything: the venue has given a number to another order."""
        self._bearers.clear()
        self._orders.clear()
        self._lists.clear()
        self._lists_ended.clear()
        self._lists_placed.clear()

    def given_again(self, symbol: str, sight: Sight) -> bool:
        """Whether an order was made so much later than the order known by its number that it may be another."""
        known = None if sight.number is None or sight.listed else self._orders.get((symbol, sight.number))
        if known is None or known.placed_us is None or sight.made_ms is None:
            return False
        return sight.made_ms * 1000 > known.placed_us + RENUMBERED_US

    def is_anothers(self, token: Token, sight: Sight) -> bool:
        """Whether another request is known to have made what is shown, or its list."""
        if token.act is not Act.PLACE:
            return False
        if token.alone_bears(sight.id, sight.former) and self.given_again(token.symbol, sight):
            return False
        own = (token.client_id, *token.legs)
        return any(
            (self.placed_as(token.symbol, number, listed) or token.client_id) not in own
            for number, listed in ((sight.number, sight.listed), (sight.list_number, True))
            if number is not None and number > -1
        )

    def tell_apart(self, token: Token, sent_at: float) -> Token:
        """Return the token of a cancel of everything with the orders that are known to be older, and to be younger.

        When this process saw an order tells nothing of a cancel of a process that has ended.
        """
        symbol = token.symbol
        numbers = [(each.numbers[-1], each) for named, each in self._bearers.items() if named[1] == symbol]
        older = frozenset(number for number, latest in numbers if latest.known_at < sent_at and not token.recovered)
        younger = frozenset(number for number, latest in numbers if latest.left_at > sent_at)
        return replace(token, others=older, younger=younger)

    def remember(
        self,
        key: Signer | AsyncSigner | None,
        symbol: str,
        client_id: str,
        number: int | None,
        quantity: Decimal | None,
        left_at: float | None = None,
        *,
        ended: bool | None = False,
        placed: bool = False,
        placed_us: int | None = None,
    ) -> None:
        """Keep that an order had an id; nothing, where its number is not known. See `Bearers`.

        An order that has ended, or was placed before, takes the id from none that is open.

        Args:
            key: of the account.
            symbol: trading pair.
            client_id: the id.
            number: the venue's number of the order.
            quantity: of it, where that is told.
            left_at: see `Bearers`.
            ended: whether it had ended with the id by then; None where that is not known.
            placed: whether the order was placed with the id.
            placed_us: when, in microseconds of the venue's clock.
        """
        if number is None:
            return
        self.told(symbol, number, quantity, client_id if placed else None, placed_us)
        bearers, named = self._bearers, (account_of(key), symbol, client_id)
        numbers: tuple[int, ...] = (number,)
        ended_with = frozenset(numbers) if ended else _NONE
        if named in bearers:
            known = bearers.pop(named)  # it goes to the end
            if placed and left_at is not None and known.known_at < left_at and number in known.numbers:
                self._wiped()
                self.remember(
                    key, symbol, client_id, number, quantity, left_at, ended=ended, placed=True, placed_us=placed_us
                )
                return
            others, last = tuple(each for each in known.numbers if each != number), known.numbers[-1]
            ended_with |= known.ended_with
            # Numbers rise: what was placed with the id before the latest was made, and is told only now, lost it since.
            earlier = placed and number < last and (left_at is None or left_at < known.known_at)
            earlier = earlier or number in known.ended_with
            ended_before = ended and not known.ended and (not placed or number in known.numbers)
            if number != last and (earlier or ended_before):
                numbers = (*others[:-1], number, last)[-NUMBERS_KEPT:]
                bearers[named] = msgspec.structs.replace(known, numbers=numbers, ended_with=ended_with)
                return
            numbers = (*others, number)[-NUMBERS_KEPT:]
        left = -1.0 if left_at is None else left_at
        self._accounts.add(named[0])
        bearers[named] = Bearers(numbers, left, self._now, ended is not False, ended_with)
        if len(bearers) > REMEMBERED + _FORGOTTEN_AT_ONCE:
            _forget(bearers)

    def seen(self, key: Signer | AsyncSigner | None, sight: Sight) -> None:
        """Keep that an order has an id, as an answer shows; a view that lags shows an earlier one, which is known."""
        known = self.of(key, sight.symbol, sight.id or "")
        if sight.id and sight.number is not None and (known is None or sight.number > max(known.numbers)):
            self.remember(key, sight.symbol, sight.id, sight.number, sight.quantity, ended=_has_ended(sight))

    def changed(
        self,
        key: Signer | AsyncSigner | None,
        sights: Sequence[Sight],
        placed_as: str = "",
        left_at: float | None = None,
    ) -> None:
        """Remember the ids that a change gave, also where the venue chose them: a user may name them again.

        Args:
            key: of the account.
            sights: what the venue says it changed.
            placed_as: the id of the order that the same request placed; empty where it placed none.
            left_at: see `Bearers`.
        """
        for sight in sights:
            ended = _has_ended(sight)
            if sight.listed:
                if ended:
                    for name in {sight.id, *sight.legs}:
                        _add(self._lists_ended, (sight.symbol, name or ""), sight.number)
                    for leg, number in zip(sight.legs, sight.numbers, strict=False):
                        self.remember(key, sight.symbol, leg, number, None, ended=True)
            elif sight.id:
                placed = sight.id == placed_as and not sight.former
                left, placed_us = (left_at, _placed_us(sight)) if placed else (None, None)
                self.remember(
                    key, sight.symbol, sight.id, sight.number, sight.quantity, left, ended=ended, placed=placed,
                    placed_us=placed_us,
                )  # fmt: skip

    def list_placed(
        self,
        key: Signer | AsyncSigner | None,
        symbol: str,
        client_id: str,
        sight: Sight,
        left_at: float | None = None,
    ) -> None:
        """Remember a list that was placed with this id, and its orders."""
        if sight.number is not None:
            self.placed(symbol, sight.number, client_id, listed=True)
        for leg, number in zip(sight.legs, sight.numbers, strict=False):
            # It may have ended: it explains no refusal.
            self.remember(key, symbol, leg, number, None, left_at, ended=None, placed=True)

    def proved(
        self, key: Signer | AsyncSigner | None, token: Token, proof: Sight, left_at: float | None = None
    ) -> None:
        """Remember what a proof shows of what a request made or changed.

        Args:
            key: of the account.
            token: by which the request was recognised.
            proof: that was seen.
            left_at: see `Bearers`; None where that is not known.
        """
        if proof.listed:
            if token.act is Act.PLACE:
                self.list_placed(key, token.symbol, token.client_id, proof, left_at)
            else:
                self.changed(key, (proof,))
            return
        names = (proof.id, proof.former)
        name = next((each for each in token.legs if each in names), token.client_id)
        placed = token.act is Act.PLACE
        self.remember(
            key, token.symbol, name, proof.number, proof.quantity, left_at if placed else None, ended=_has_ended(proof),
            placed=placed, placed_us=_placed_us(proof) if placed else None,
        )  # fmt: skip
        if placed and token.kind is TokenKind.LIST and proof.list_number > -1:
            self.placed(token.symbol, proof.list_number, token.client_id, listed=True)


def _placed_us(sight: Sight) -> int | None:
    return None if sight.made_ms is None else int(sight.made_ms * 1000)


def _has_ended(sight: Sight) -> bool:
    return sight.status is not None and sight.status not in OPEN


def _add(lists: dict[tuple[str, str], tuple[int, ...]], named: tuple[str, str], number: int | None) -> None:
    """Keep that the list of a number had an id."""
    if number is None or number in lists.get(named, ()):
        return
    lists[named] = (*lists.pop(named, ()), number)[-NUMBERS_KEPT:]
    if len(lists) > REMEMBERED + _FORGOTTEN_AT_ONCE:
        _forget(lists)


def _forget(known: dict[Any, Any]) -> None:
    """Forget the oldest of what is known."""
    for oldest in list(islice(known, _FORGOTTEN_AT_ONCE)):
        del known[oldest]
