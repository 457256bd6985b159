"""What is asked about a request in doubt, and what the answers say of it.

Theory of operation. What bears the token is asked for by the token, where only the request can have put it there; else what
the request was sent for is asked for: by its number, which no rename changes, or by its former id. Where two readings of the
documentation differ, both are asked: whether a cancelled list takes the new id, or its orders do.

A question says "absent" when the venue has no such order (-2013), no such list (-2018), or refuses the question for what it
has in common with the request. A question that is refused for anything else, or not answered, says nothing.

Nor does an answer about another symbol, number or id than was asked for. An order may answer to an id that a change took
from it: it is recognised by its number, by its amendments, or, cancelled, by when it was made and its terms.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from binance_wsapi.errors import UnreadableReply, VenueError, WsapiError
from binance_wsapi.orders.fate.reply import says_absent
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.identity import (
    CANCELED,
    NOT_CANCELLED,
    OPEN,
    Reading,
    Token,
    TokenKind,
    amount_of,
    could_be,
    hides,
    read,
)
from binance_wsapi.wire.answers import shows_another
from binance_wsapi.wire.endpoint import Endpoint, Params, TimeUnit
from binance_wsapi.wire.order_calls import Act, OrderCalls, Sight

__all__ = ["Answer", "Questions"]

log = logging.getLogger("binance_wsapi")

ARCHIVED: Final = -2026
ARCHIVED_AFTER_MS: Final = 90 * 24 * 3600 * 1000
"""It was there, and ended without a fill more than 90 days ago (Errors): what a journal may ask about that was left alone
so long. Of anything younger it says that the venue knows the id from an older order only."""


AMENDMENTS_PER_PAGE: Final = 1_000
"""Amendments of one answer (``order.amendments``, ``limit``): a page that is full may leave the amendment out."""

MOST_PAGES: Final = 20
"""Pages that are read at most; beyond them an absence is none."""


class Answer(NamedTuple):
    """What the answers to one round of questions say.

    Args:
        reading: of the request.
        order: what shows it.
        absent: whether it stands on something that was not found by an id, which a rename may hide.
        sight: what was read.
        unread: whether the last word came, and nothing of it can be read.
    """

    reading: Reading
    order: Any = None
    absent: bool = False
    sight: Sight | None = None
    unread: bool = False


_NOTHING: Final = Answer(Reading.NOTHING)
_ABSENT: Final = Answer(Reading.NO, absent=True)


class _Silent(Exception):
    """A question was not answered, or was refused for something that says nothing."""


class _Unread(_Silent):
    """A question was answered, and nothing of the answer can be read."""


class _Archived(Exception):
    """The venue had it, long ago."""


class _Unsure(Exception):
    """What answers to an id does not bear it, and nothing shows whether a change took the id from it."""

    def __init__(self, sight: Sight) -> None:
        super().__init__()
        self.sight = sight


class Questions:
    """Asks one round of questions about a request.

    Args:
        calls: the methods of the product, and how their results are read.
        ask: brings a question to the venue.
        made_ms: when the request was made, by the venue's clock.
        now_ms: tells the venue's time.
        time_unit: of the times in its answers.
        history: what had which id, as far as this client knows.
    """

    def __init__(
        self,
        calls: OrderCalls,
        ask: Callable[[Endpoint[Any], Params], Awaitable[Any]],
        made_ms: float,
        now_ms: Callable[[], int],
        time_unit: TimeUnit,
        history: IdHistory,
    ) -> None:
        self._calls = calls
        self._ask = ask
        self._made_ms = made_ms
        self._now_ms = now_ms
        self._time_unit = time_unit
        self._history = history

    async def about(self, token: Token, candidates: Collection[int] = ()) -> Answer:
        """Ask; return what is known then.

        Args:
            token: of the request.
            candidates: numbers of what bore the token and may be what the request made.
        """
        try:
            if token.kind is TokenKind.SYMBOL:
                return await self._open_orders(token)
            if token.kind is TokenKind.LIST:
                return await (self._list(token) if token.act is Act.PLACE else self._cancelled_list(token))
            if token.act is Act.PLACE:
                return await self._placed(token, candidates)
            return await (self._cancelled(token) if token.act is Act.CANCEL else self._amended(token))
        except _Archived:
            return Answer(Reading.YES)
        except _Unsure as shown:
            return Answer(Reading.MAYBE, shown.sight.whole)
        except _Silent as silent:
            return _NOTHING._replace(unread=isinstance(silent, _Unread))

    # ------------------------------------------------------------------ each kind of request

    async def _placed(self, token: Token, candidates: Collection[int]) -> Answer:
        found = await self._order(token, client_id=token.client_id)
        answer = _ABSENT if found is None else self._read(token, found)
        if answer.reading is not Reading.YES:
            for number in candidates:  # renamed by now
                order = await self._order(token, number=number)
                if order is None:
                    return Answer(Reading.MAYBE)
                now = self._read(token, [replace(order[0], former=token.client_id)])
                if now.reading is not Reading.NO:
                    return now
        if answer.reading is Reading.NO and hides(token, answer.sight):
            return Answer(Reading.MAYBE, answer.order, sight=answer.sight)
        # An older one bears the id: ours is not there under it, as if nothing were.
        return answer._replace(absent=True) if answer.reading in {Reading.NO, Reading.NOTHING} else answer

    async def _list(self, token: Token) -> Answer:
        found = await self._found_list(token, client_id=token.client_id)
        answer = _ABSENT if found is None else self._read(token, found)
        if answer.reading in {Reading.YES, Reading.MAYBE}:
            return answer
        for leg in sorted(token.fresh_legs)[:1]:  # a list that was cancelled may have been renamed, and its orders not
            order = await self._order(token, client_id=leg)
            if order is not None:
                answer = self._read(token, order)
                if answer.reading is Reading.YES:
                    return answer
        if found is not None and not token.fresh_legs and hides(token, found[0]):
            return Answer(Reading.MAYBE, found[0].whole, sight=found[0])
        return _ABSENT

    async def _cancelled(self, token: Token) -> Answer:
        found, renamed = await self._target(token)
        if found is not None and renamed:
            return Answer(Reading.MAYBE, found[0].whole)
        if found is None and token.number is not None and token.fresh:
            found = await self._order(token, client_id=token.client_id)
        if found is None:
            return _ABSENT
        answer = self._read(token, found)
        if answer.reading is Reading.MAYBE and token.fresh:  # one of a list: the list itself may have taken the id
            whole = await self._found_list(token, client_id=token.client_id)
            if whole is not None:
                return Answer(Reading.YES, whole[0].whole, sight=whole[0])
        return answer

    async def _amended(self, token: Token) -> Answer:
        found, renamed = await self._target(token)
        if found is not None and renamed:
            return Answer(Reading.MAYBE, found[0].whole)
        if found is None:
            return _ABSENT
        answer = self._read(token, found)
        number = found[0].number
        if answer.reading is not Reading.MAYBE or number is None:
            return answer
        try:
            rows, all_read = await self._amendments(token, number)
        except _Silent:
            return answer
        readings = {read(token, row): row for row in rows}
        for reading in (Reading.YES, Reading.MAYBE):
            if reading in readings:
                return Answer(reading, found[0].whole, sight=readings[reading])
        return Answer(Reading.NO, found[0].whole) if all_read and not token.may_have_met_another else answer

    async def _amendments(self, token: Token, number: int) -> tuple[Sequence[Sight], bool]:
        """Return the amendments of an order, and whether all are there that can be the one asked about."""
        rows: list[Sight] = []
        question: dict[str, Any] = {"symbol": token.symbol, "orderId": number, "limit": AMENDMENTS_PER_PAGE}
        for _ in range(MOST_PAGES):
            page = await self._asked(token, self._calls.amendments, question)
            rows += page
            if len(page) < AMENDMENTS_PER_PAGE:
                if len(rows) < AMENDMENTS_PER_PAGE:
                    return rows, True
                # Whether a first page that is full is of the oldest or of the latest is not documented. A quantity only goes
                # down: where a larger one is among them, so is all that came after it.
                wanted = amount_of(token.wanted, "newQty")
                return rows, any(
                    row.quantity >= wanted for row in rows if row.quantity is not None and wanted is not None
                )
            latest = max(getattr(row.whole, "execution_id", 0) for row in page)
            question = {**question, "fromExecutionId": latest + 1}
        return rows, False

    async def _cancelled_list(self, token: Token) -> Answer:
        if token.number is not None:
            found = await self._found_list(token, number=token.number)
        else:
            found = await self._found_list(token, client_id=token.client_id)
            if (found is None or self._read(token, found).reading is not Reading.YES) and token.former:
                former = await self._found_list(token, client_id=token.former)
                found = former if former is not None else found
        if found is None:
            return _ABSENT
        answer = self._read(token, found)
        if answer.reading is not Reading.MAYBE:
            return answer
        for number in found[0].numbers:  # it has ended: by which request, its orders tell
            order = await self._order(token, number=number)
            if order is None:
                continue
            if token.fresh and order[0].id == token.client_id:
                return Answer(Reading.YES, order[0].whole, sight=order[0])
            if order[0].status in NOT_CANCELLED:
                return Answer(Reading.NO, order[0].whole, sight=order[0])
        return answer

    async def _open_orders(self, token: Token) -> Answer:
        """Everything that was open is cancelled, where nothing is open that is as old as the request."""
        hidden = False
        try:
            found = await self._ask(self._calls.open_orders, {"symbol": token.symbol})
            shown = self._calls.sights(found)
        except UnreadableReply as error:
            # A row that cannot be read is an open order all the same: it hides neither the others nor itself.
            found, shown = error.raw, self._calls.unread(error.raw, self._time_unit)
            hidden = not shown or any(sight.number is None or sight.made_ms is None for sight in shown)
        except WsapiError as error:
            log.info("the question about %s was not answered: %s", token.client_id, error)
            return _NOTHING
        except Exception as error:  # noqa: BLE001 - a signer of the user's may raise anything, and must not end the search
            log.warning("the question about %s could not be asked: %s", token.client_id, type(error).__name__)
            return _NOTHING
        if any(sight.symbol not in ("", token.symbol) for sight in shown):
            log.info("the answer about %s is of another symbol", token.client_id)
            return _NOTHING
        sights = [sight for sight in shown if sight.number not in token.younger]
        if any(sight.number in token.others for sight in sights):
            return Answer(Reading.NO, found)
        made = [sight.made_ms for sight in sights if sight.made_ms is not None]
        if any(each <= token.before_ms for each in made):
            return Answer(Reading.NO, found)
        unsure = hidden or any(each <= token.after_ms for each in made)
        return Answer(Reading.MAYBE if unsure else Reading.YES, found)

    # ------------------------------------------------------------------ asking

    def _read(self, token: Token, sights: Sequence[Sight]) -> Answer:
        readings = [(read(token, sight), sight) for sight in sights]
        for wanted in (Reading.YES, Reading.MAYBE, Reading.NO):
            for reading, sight in readings:
                if reading is wanted:
                    return Answer(reading, sight.whole, sight=sight)
        return Answer(Reading.NO, sights[0].whole, sight=sights[0])

    async def _target(self, token: Token) -> tuple[Sequence[Sight] | None, bool]:
        """Ask for what was to be cancelled or amended: by its number, else by the id it was to get, else by its former id.

        Returns:
            What was found, and whether it is another order, while what was to be changed has its former id no more.
        """
        if token.number is not None:
            return await self._order(token, number=token.number), False
        found = await self._order(token, client_id=token.client_id)
        if found is not None and self._read(token, found).reading not in {Reading.NO, Reading.NOTHING}:
            return found, False
        former = await self._former(token)
        if former is not None:
            return former, False
        return found, token.former not in ("", token.client_id)

    async def _former(self, token: Token) -> Sequence[Sight] | None:
        """Ask for what was to be changed, by the id it had."""
        if not token.former or token.former == token.client_id:
            return None
        return await self._order(token, client_id=token.former)

    async def _order(
        self, token: Token, *, client_id: str | None = None, number: int | None = None
    ) -> Sequence[Sight] | None:
        question: dict[str, Any] = {"symbol": token.symbol}
        question |= {"orderId": number} if number is not None else {"origClientOrderId": client_id}
        found = await self._asked(token, self._calls.order_status, question, client_id)
        if not found:
            return None
        if self._is_anothers(token, found[0]):
            raise self._another(token)
        if client_id is not None and client_id not in (found[0].id, found[0].former):
            return [await self._renamed(token, found[0], client_id)]
        return found

    async def _found_list(
        self, token: Token, *, client_id: str | None = None, number: int | None = None
    ) -> Sequence[Sight] | None:
        question = {"orderListId": number} if number is not None else {"origClientOrderId": client_id}
        found = await self._asked(token, self._calls.list_status, question, client_id)
        if not found:
            return None
        if found[0].symbol not in ("", token.symbol):
            raise self._another(token)
        if client_id not in (None, found[0].id):
            return [self._renamed_list(token, found[0], client_id), *found[1:]]
        return found

    async def _renamed(self, token: Token, sight: Sight, client_id: str) -> Sight:
        """Return an order that answers to an id it has no more, with that id as its former one.

        Raises:
            _Unsure: it may have had it.
            _Silent: the answer is about another order.
        """
        had = replace(sight, former=client_id)
        bearers = self._history.of(token.symbol, client_id)
        if sight.number in token.others or (token.fresh and sight.id == token.client_id):
            return had
        if bearers is not None and token.act is not Act.PLACE:
            if sight.number in bearers.numbers:
                return had
            raise self._another(token)
        if sight.number is None:
            raise self._another(token)
        if sight.status == CANCELED and token.act is Act.PLACE and could_be(token, sight):
            if sight.made_ms is not None and sight.made_ms >= token.since_ms:
                return had
            raise _Unsure(sight)
        amendments, _ = await self._amendments(token, sight.number)
        if any(row.amendment and client_id in (row.id, row.former) for row in amendments):
            return had
        if sight.status == CANCELED and token.act is not Act.PLACE:
            return had  # a cancel takes the id, and the venue lets the order answer to it
        raise self._another(token) if sight.status in OPEN or token.act is Act.PLACE else _Unsure(sight)

    def _renamed_list(self, token: Token, sight: Sight, client_id: str) -> Sight:
        """Return a list that answers to an id it has no more, with that id as its former one. Raises as `_renamed` does."""
        placed_as = None if sight.number is None else self._history.placed_as(token.symbol, sight.number, True)
        if placed_as == client_id or sight.number in token.others:  # an earlier one, where a list is placed
            return sight if token.act is Act.PLACE else replace(sight, former=client_id)
        if set(token.legs).intersection(sight.legs):
            return replace(sight, former=client_id)
        if placed_as is not None or sight.status in OPEN or token.act is Act.PLACE:
            raise self._another(token)
        raise _Unsure(sight)

    def _is_anothers(self, token: Token, sight: Sight) -> bool:
        """Whether it is known that another request placed an order: a number is of one request alone."""
        if token.act is not Act.PLACE or sight.number is None or sight.number in token.others:
            return False
        placed_as = self._history.placed_as(token.symbol, sight.number, False)
        return placed_as not in (None, token.client_id, *token.legs)

    @staticmethod
    def _another(token: Token) -> _Silent:
        log.info("the answer about %s shows another", token.client_id)
        return _Silent()

    async def _asked(
        self, token: Token, endpoint: Endpoint[Any], question: Params, client_id: str | None = None
    ) -> Sequence[Sight]:
        """Ask; return what was found, which may be nothing. Raises `_Silent`, and `_Archived`."""
        try:
            answer = await self._ask(endpoint, question)
            if not shows_another(question, answer):
                return self._calls.sights(answer)
            log.info("the answer about %s shows another symbol, or another number", token.client_id)
        except VenueError as error:
            if error.code == ARCHIVED and client_id == token.client_id and token.fresh and self._is_old:
                raise _Archived from None
            if error.code == ARCHIVED or says_absent(error, token, client_id):
                return ()
            log.info("the question about %s was refused: %s", token.client_id, error)
        except UnreadableReply as error:
            number = question.get("orderId", question.get("orderListId"))
            shown = self._calls.unread(error.raw, self._time_unit)
            named = [each for each in shown if each.number is not None]
            found = [
                each
                for each in named
                if client_id in {None, each.id} and number in {None, each.number} and each.symbol in {"", token.symbol}
            ]
            if found:
                return found  # that it is there can be read
            log.info("the answer about %s cannot be read: %s", token.client_id, error)
            for each in shown:
                if each.id is not None and each.id == client_id and each.symbol in {"", token.symbol}:
                    raise _Unsure(each) from None  # without its number it cannot be told from another that bears the id
            if not named:
                raise _Unread from None
        except WsapiError as error:
            log.info("the question about %s was not answered: %s", token.client_id, error)
        except Exception as error:  # noqa: BLE001 - a signer of the user's may raise anything, and must not end the search
            log.warning("the question about %s could not be asked: %s", token.client_id, type(error).__name__)
        raise _Silent

    @property
    def _is_old(self) -> bool:
        """Whether what the request made may be archived by now."""
        return self._now_ms() - self._made_ms > ARCHIVED_AFTER_MS
