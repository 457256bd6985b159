"""What is asked about a request in doubt, and what the answers say of it.

Theory of operation. What bears the token is asked for by the token, where only the request can have put it there; else what
the request was sent for is asked for: by its number, which no rename changes, or by its former id. Where two readings of the
documentation differ, both are asked: whether a cancelled list takes the new id, or its orders do.

What one question shows is told in `binance_wsapi.orders.fate.lookups`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from binance_wsapi.errors import WsapiError
from binance_wsapi.orders.fate.lookups import Another, Archived, Lookups, Refused, Silent, Unread, Unsure
from binance_wsapi.orders.ids.identity import NOT_CANCELLED, OPEN, Reading, hides, list_cancelled, read
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.order_calls import Act, Sight

__all__ = ["Answer", "Questions", "Useless"]

ANOTHER_WAIT_S: Final = 120.0
"""Seconds after the fence for which answers that show another order, by every way, are taken for a fault that passes."""


class Useless(NamedTuple):
    """Why an answer says nothing about the request that was asked about.

    Args:
        why: told with the verdict where no answer is better.
        wait_s: seconds after the fence for which a better one is waited for.
    """

    why: str
    wait_s: float


UNREAD: Final = Useless("no answer about it can be read", 0.0)
ANOTHER: Final = Useless("each answer about it shows another order, list or symbol", ANOTHER_WAIT_S)


class Answer(NamedTuple):
    """What the answers to one round of questions say.

    Args:
        reading: of the request.
        order: what shows it.
        absent: whether it stands on something that was not found by an id, which a rename may hide.
        sight: what was read.
        useless: what is wrong with the last word where it came and says nothing about the request; None where it says
            something, or did not come.
        amendments: what was told of earlier ones of the order.
        refusal: of the question, where that says nothing of the request.
    """

    reading: Reading
    order: Any = None
    absent: bool = False
    sight: Sight | None = None
    useless: Useless | None = None
    amendments: Sequence[Sight] = ()
    refusal: WsapiError | None = None


_NOTHING: Final = Answer(Reading.NOTHING)
_ABSENT: Final = Answer(Reading.NO, absent=True)


class Questions:
    """Asks one round of questions about a request.

    Args:
        lookups: ask one at a time.
    """

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

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
            return await (self._cancelled(token) if token.act is Act.CANCEL else self._amended(token, candidates))
        except Archived:
            return Answer(Reading.YES)
        except Unsure as shown:
            return Answer(Reading.MAYBE, shown.sight.whole)
        except Unread:
            return _NOTHING._replace(useless=UNREAD)
        except Another:
            return _NOTHING._replace(useless=ANOTHER)
        except Refused as refused:
            return _NOTHING._replace(refusal=refused.error)
        except Silent:
            return _NOTHING

    # ------------------------------------------------------------------ each kind of request

    async def _placed(self, token: Token, candidates: Collection[int]) -> Answer:
        found = await self._lookups.order(token, client_id=token.client_id)
        answer = _ABSENT if found is None else self._read(token, found)
        if answer.reading is not Reading.YES:
            for number in candidates:  # renamed by now
                try:
                    order = await self._lookups.order(token, number=number)
                except Another:  # what has the number is known by now to be another's
                    continue
                if order is None:
                    return Answer(Reading.MAYBE)
                now = self._read(token, [replace(order[0], former=token.client_id)])
                if now.reading is not Reading.NO:
                    return now
        if answer.reading is Reading.NO and hides(token, answer.sight):
            return Answer(Reading.MAYBE, answer.order, sight=answer.sight)
        # An older one bears the id: ours is not there under it, as if nothing were.
        return answer._replace(absent=True) if answer.reading is Reading.NO else answer

    async def _list(self, token: Token) -> Answer:
        found = await self._lookups.found_list(token, client_id=token.client_id)
        answer = _ABSENT if found is None else self._read(token, found)
        if answer.reading in {Reading.YES, Reading.MAYBE}:
            return answer
        for leg in sorted(token.fresh_legs)[:1]:  # a list that was cancelled may have been renamed, and its orders not
            order = await self._lookups.order(token, client_id=leg)
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
        if found is not None and token.surely_its_own and found[0].id == token.client_id:
            return Answer(Reading.YES, found[0].whole, sight=found[0])
        if found is None and token.number is not None and token.fresh:
            found = await self._lookups.order(token, client_id=token.client_id)
        if found is None:
            return _ABSENT
        answer = self._read(token, found)
        if answer.reading is Reading.NO:
            return await self._met_another(token, found[0]) or answer
        if answer.reading is Reading.MAYBE and token.fresh:  # one of a list: the list itself may have taken the id
            whole = await self._lookups.found_list(token, client_id=token.client_id)
            if whole is not None:
                return Answer(Reading.YES, whole[0].whole, sight=whole[0])
        return answer

    async def _amended(self, token: Token, candidates: Collection[int] = ()) -> Answer:
        found, renamed = await self._target(token)
        if found is not None and renamed:
            return Answer(Reading.MAYBE, found[0].whole)
        answer = _ABSENT if found is None else self._read(token, found)
        missed = found is None or found[0].number != token.target
        if missed and token.number is None and token.target is not None and answer.reading is not Reading.YES:
            return await self._amended(replace(token, number=token.target))  # another change renamed it since
        if found is None:
            for candidate in candidates:  # renamed by now
                now = await self._amended(replace(token, number=candidate))
                if now.reading is not Reading.NO:
                    return now
            return answer
        number = found[0].number
        if answer.reading is Reading.NO:
            return await self._met_another(token, found[0]) or answer
        if answer.reading is not Reading.MAYBE or number is None:
            return answer
        try:
            rows, all_read = await self._lookups.amendments(token, number)
        except Silent:
            return answer
        readings = {read(token, row): row for row in rows}
        if found[0].list_number > -1 and not token.fresh and Reading.YES in readings:
            # An amendment of the other order of its list may have been written down for both.
            return Answer(Reading.MAYBE, found[0].whole, sight=readings[Reading.YES], amendments=rows)
        for reading in (Reading.YES, Reading.MAYBE):
            if reading in readings:
                return Answer(reading, found[0].whole, sight=readings[reading], amendments=rows)
        if all_read and not token.may_have_met_another:
            answer = await self._met_another(token, found[0]) or Answer(Reading.NO, found[0].whole)
        return answer._replace(amendments=rows)

    async def _met_another(self, token: Token, meant: Sight) -> Answer | None:
        """Ask for another order that a change by an id met, where the order that was meant may have freed the id before.

        That it had ended, and that another program then gave the id to an order of its own, nothing need have told.

        Args:
            token: of the change.
            meant: the order that had the id last, as far as this client knew; the change was not made to it.

        Returns:
            What is known of the change then; None where no other order is found, or the change was not made to it either.
        """
        if token.number is None or token.number != token.target or (meant.status in OPEN and meant.id == token.former):
            return None
        front: Answer | None = None
        for name in dict.fromkeys((token.client_id, token.former)):
            found = await self._lookups.order(token, client_id=name)
            if found is None or found[0].number in (None, token.target):
                continue
            if found[0].list_number > -1 and found[0].list_number == meant.list_number:
                continue  # the other order of its list, which ended with it
            if found[0].number not in token.others:
                other = replace(token, number=found[0].number, target=None, before=None)
                answer = await (self._cancelled(other) if token.act is Act.CANCEL else self._amended(other))
                if answer.reading is not Reading.NO:
                    return answer
            if hides(token, found[0]):  # as the new order of the same request, or another program's next one
                front = Answer(Reading.MAYBE, found[0].whole, sight=found[0])
        return front

    async def _cancelled_list(self, token: Token) -> Answer:
        if token.number is not None:
            found = await self._lookups.found_list(token, number=token.number)
        else:
            found = await self._lookups.found_list(token, client_id=token.client_id)
            if (found is None or self._read(token, found).reading is not Reading.YES) and token.former:
                former = await self._lookups.found_list(token, client_id=token.former)
                if found is not None and (
                    hides(token, found[0]) if former is None else self._may_be_of_another(token, found, former)
                ):
                    return Answer(Reading.MAYBE, found[0].whole, sight=found[0])
                found = former if former is not None else found
        if found is None:
            return _ABSENT
        answer = self._read(token, found)
        if found[0].number in token.younger:  # a list that was placed since stands in front of it
            return Answer(Reading.MAYBE, found[0].whole, sight=found[0])
        if answer.reading is not Reading.MAYBE or found[0].status in OPEN:
            return answer
        ended: Answer | None = None
        for number in found[0].numbers:  # it has ended: by which request, its orders tell
            order = await self._lookups.order(token, number=number)
            if order is None:
                continue
            if token.fresh and order[0].id == token.client_id:
                return Answer(Reading.YES, order[0].whole, sight=order[0])
            if order[0].status not in NOT_CANCELLED:
                if not token.fresh:
                    # Whether the time of a list is that of its change is not documented; that of its order is.
                    return answer._replace(reading=list_cancelled(token, replace(found[0], at_ms=order[0].at_ms)))
                return answer  # a cancel ended this one; another may have expired before, when this was filled in part
            ended = ended or Answer(Reading.NO, order[0].whole, sight=order[0])
        return ended or answer

    def _may_be_of_another(self, token: Token, bearer: Sequence[Sight], former: Sequence[Sight]) -> bool:
        """Whether the list that bears the id of a cancel may be what it met, and the list with the former id another's."""
        return bearer[0].number != former[0].number and self._read(token, bearer).reading is Reading.MAYBE

    async def _open_orders(self, token: Token) -> Answer:
        """Everything that was open is cancelled, where nothing is open that is as old as the request."""
        found, shown, hidden = await self._lookups.open_orders(token)
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
            return await self._lookups.order(token, number=token.number), False
        found = await self._lookups.order(token, client_id=token.client_id)
        if found is not None and self._read(token, found).reading is not Reading.NO:
            return found, False
        if found is not None and token.surely_its_own and found[0].id == token.client_id and token.target is not None:
            # An order of a list, which ended under the id; the order that was meant is asked for, if it is of this list.
            meant = await self._lookups.order(token, number=token.target)
            return (meant if meant is not None and meant[0].id == token.client_id else found), False
        former = await self._former(token)
        if former is not None and token.met_again and former[0].number != token.target:
            if token.target is None:
                return former, True
            former = await self._lookups.order(token, number=token.target)  # another has its former id by now
        if former is not None:
            return former, False
        return found, token.former not in ("", token.client_id)

    async def _former(self, token: Token) -> Sequence[Sight] | None:
        """Ask for what was to be changed, by the id it had."""
        if not token.former or token.former == token.client_id:
            return None
        return await self._lookups.order(token, client_id=token.former)
