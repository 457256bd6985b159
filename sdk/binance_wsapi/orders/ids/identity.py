"""Whether what the venue shows is what a request made: by its id where nothing else can bear it, else by its content.

Theory of operation. A request bears a *token*: the client order id it puts onto what it makes or changes. An id that was
made by this library for one request is unguessable and used once, so all that bears it was made by that request: presence
decides. An id that a user named may stand at the venue already: the venue wants ids unique among *open* orders only, a new
order can reuse the old id of the cancelled one (Cancel and replace), and an amendment may keep the current one (Order Amend
Keep Priority). Then presence proves nothing, and the content decides:

* an order, by its number (an earlier bearer of the id has another), by when it was made, by what was asked for;
* a cancel, by the status of the order it was sent for, and by when that order ended;
* an amendment, by the quantity: it only ever goes down, so a larger one says "not amended", and so does a quantity that the
  order had before; the venue's list of amendments says the rest;
* a list, by its orders: their ids, terms and list.

Where content cannot tell either, the reading is `Reading.MAYBE`, and the verdict says as much.

This file is pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final

from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.order_calls import Act, Sight

__all__ = [
    "CLOCKS_APART_MS",
    "SURELY_OLDER_MS",
    "CANCELED",
    "NOT_CANCELLED",
    "OPEN",
    "Reading",
    "amount_of",
    "could_be",
    "disputed",
    "explains_duplicate",
    "hides",
    "list_cancelled",
    "read",
    "refuses",
    "same_terms",
]

SURELY_OLDER_MS: Final = 3_600_000
"""How much older than the request an order must be to be another for certain: the venue's clocks may disagree, or be set."""

CLOCKS_APART_MS: Final = 30_000
"""By how much two clocks of the venue may differ where everything of a symbol was cancelled: its orders have but their times
to tell whether they are older than the request, and one hour would leave most of these undecided."""

OPEN: Final = frozenset({"NEW", "PARTIALLY_FILLED", "PENDING_NEW", "PENDING_CANCEL", "EXECUTING"})
"""States of an order, and of a list, in which something can still happen to it."""

CANCELED: Final = "CANCELED"
_ENDED: Final = frozenset({"FILLED", "EXPIRED", "EXPIRED_IN_MATCH"})
"""Ends that no cancel brought about, and after which none can."""
NOT_CANCELLED: Final = OPEN | _ENDED
"""States of an order that no cancel has brought about; a state that is not known says nothing."""
_REJECTED: Final = frozenset({"REJECTED", "REJECT"})
_AMOUNTS: Final = frozenset({"price", "quoteOrderQty", "icebergQty", "stopPrice"})


class Reading(Enum):
    """What a sight, or an answer, says of a request."""

    YES = "yes"
    """It was executed."""
    NO = "no"
    """It had not been executed when this was so."""
    MAYBE = "maybe"
    """It may have been, or another request may."""
    NOTHING = "nothing"


def read(token: Token, sight: Sight) -> Reading:
    """Return what a sight says of the request with this token.

    Args:
        token: of the request.
        sight: of an order or a list of the request's account.
    """
    if sight.symbol and token.symbol and sight.symbol != token.symbol:
        return Reading.NOTHING
    if sight.status in _REJECTED:
        return Reading.NOTHING  # it tells of a request that made nothing
    if token.act is Act.PLACE:
        return _list_placed(token, sight) if token.kind is TokenKind.LIST else _placed(token, sight)
    if token.kind is TokenKind.LIST:
        reading = _list_cancelled(token, sight)
    else:
        reading = _cancelled(token, sight) if token.act is Act.CANCEL else _amended(token, sight)
    if reading is Reading.NO and token.may_have_met_another:
        return Reading.MAYBE
    return reading


def refuses(token: Token, sight: Sight) -> bool:
    """Return whether this is the matching engine's word that it refused the order that a request was to make.

    It bears no number that tells it from the refusal of another request under the same id: that no other can bear the id
    is what makes it proof. Of a list it proves nothing: the word for a list that was refused is also that for a cancel of
    the list that was (Enums, listStatusType), and then the list is there.
    """
    return (
        sight.refusal is not None
        and token.act is Act.PLACE
        and token.kind is TokenKind.ORDER
        and token.fresh
        and token.unguessable
        and (sight.id, sight.symbol) == (token.client_id, token.symbol)
    )


def explains_duplicate(token: Token, sight: Sight | None) -> bool:
    """Return whether this is why the venue called a request a duplicate: an order that was there before it, and is open.

    An order that may have taken the id later explains nothing: the venue may have had in mind what this request made, which
    has ended since and freed the id. That it had the id before shows by its number; or by its age, unless another request
    of ours puts the same id there. An hour must lie between where its terms are the same: clocks may disagree, or be set.
    What bears an id that was made for this request alone is what the request made, by any clock.
    """
    if token.fresh and not token.recovered:
        return False
    if sight is None or token.act is not Act.PLACE or sight.id != token.client_id or sight.status not in OPEN:
        return False
    if sight.number in token.others or token.contested:
        return sight.number in token.others - token.younger
    apart_ms = SURELY_OLDER_MS if same_terms(token.wanted, sight) else 0
    return sight.made_ms is not None and sight.made_ms < token.since_ms - apart_ms


def disputed(token: Token) -> Token:
    """Return the token of a request that the venue called a duplicate.

    An id that a user named may be another program's as well, which placed its order at the same time and with the same
    terms: nothing but a number tells them apart. So it is with the id of an order of a list.
    """
    own = token.fresh and token.fresh_legs.issuperset(token.legs)
    return token if own or token.act is not Act.PLACE else replace(token, disputed=True)


def hides(token: Token, sight: Sight | None) -> bool:
    """Return whether another order, or list, that bears the id may stand in front of what the request made.

    A question by id is answered with one of them: with the newer, as far as is known. So an older one hides nothing.
    """
    if sight is None or token.fresh or token.client_id not in (sight.id, sight.former):
        return False
    if sight.number in token.others:
        return sight.number in token.younger
    made_ms = sight.at_ms if sight.listed else sight.made_ms
    return made_ms is None or made_ms >= token.since_ms


def _by_time(token: Token, at_ms: float | None, name: str) -> Reading:
    """Judge what fits in all else, and bears this id of the request, by when it was made, or changed."""
    if at_ms is None:
        return Reading.MAYBE
    if at_ms < token.since_ms - SURELY_OLDER_MS:
        return Reading.NO
    if at_ms < token.since_ms:
        return Reading.MAYBE
    if token.disputed:
        return Reading.MAYBE
    contested_ms = token.contest_of(name)
    if contested_ms is not None and at_ms >= contested_ms - SURELY_OLDER_MS:
        return Reading.MAYBE
    return Reading.YES


def _placed(token: Token, sight: Sight) -> Reading:
    if sight.listed or token.client_id not in (sight.id, sight.former):
        return Reading.NOTHING
    if sight.number in token.others:
        return Reading.NO
    if sight.amendment:  # it tells which order had the id, and nothing of what was asked for
        return Reading.MAYBE if sight.former == token.client_id else Reading.NOTHING
    if token.fresh:
        if not token.recovered or sight.made_ms is None or sight.made_ms >= token.since_ms:
            return Reading.YES
        if sight.made_ms < token.since_ms - SURELY_OLDER_MS or not same_terms(token.wanted, sight):
            return Reading.NO  # it had the id before the journal knew of it
        return Reading.YES if token.unguessable else Reading.MAYBE
    if sight.list_number > -1 or not same_terms(token.wanted, sight):
        return Reading.NO
    if token.shared and sight.status == CANCELED:
        return Reading.MAYBE  # it may be what the same request cancelled
    return _by_time(token, sight.made_ms, token.client_id)


def _cancelled(token: Token, sight: Sight) -> Reading:
    bears = token.client_id in (sight.id, *sight.legs)
    if sight.amendment:
        return Reading.NOTHING
    if token.surely_its_own and bears:
        meant = token.number if token.number is not None or token.met_again else token.target
        # Of an order of no list it is proof under any number: what the change named by its id may have been a later order of
        # another program. Of a list another order takes the id as well.
        own = sight.listed or meant is None or sight.number in (None, meant) or sight.list_number < 0
        return Reading.YES if own else Reading.NOTHING
    if sight.listed or sight.status is None:
        return Reading.NOTHING
    if _is_another(token, sight):
        return Reading.NO if bears else Reading.NOTHING
    target = token.number is not None or (token.former and token.former in (sight.id, sight.former))
    if not target and not bears:
        return Reading.NOTHING
    if sight.status in OPEN or (bears and sight.number in token.ended):
        return Reading.NO
    if sight.status == CANCELED:
        if bears and token.rivalled and sight.list_number > -1:
            return Reading.MAYBE
        if bears:
            told = _by_time(token, sight.at_ms, token.client_id)
            return Reading.MAYBE if told is Reading.NO and _renamed_since(token, sight) else told
        # Of a list that was cancelled by one of its orders the documentation does not say what takes the new id.
        return Reading.MAYBE if sight.list_number > -1 else Reading.NO
    return Reading.NO if sight.status in _ENDED else Reading.MAYBE  # a status that is not known says nothing


def _renamed_since(token: Token, sight: Sight) -> bool:
    """Whether an order had another id when it was last heard of, so that it may have been given this one by the request.

    The venue's clock may have been set back by days; and another program may have given it this id before.
    """
    had_another = token.former not in ("", token.client_id) and token.target not in (None, *token.others)
    return had_another and token.target == sight.number


def _is_another(token: Token, sight: Sight) -> bool:
    """Whether an order is known to be another than the request was to cancel or amend."""
    if token.number is not None:
        return sight.number is not None and token.number != sight.number
    return token.former != token.client_id and sight.number in token.others


def _amended(token: Token, sight: Sight) -> Reading:
    wanted = amount_of(token.wanted, "newQty")
    # The venue lowers a quantity only: what the order had before was not this request's work.
    had_it = token.before is not None and wanted is not None and token.before <= wanted
    if sight.amendment:
        if sight.id != token.client_id or sight.quantity != wanted or (had_it and not token.fresh):
            return Reading.NOTHING
        return Reading.YES if token.fresh else _by_time(token, sight.at_ms, token.client_id)
    if token.surely_its_own and token.client_id in (sight.id, sight.former, *sight.legs):
        return Reading.YES
    if sight.listed or sight.quantity is None or wanted is None:
        return Reading.NOTHING
    bears = token.client_id in (sight.id, sight.former)
    if _is_another(token, sight):
        return Reading.NO if bears else Reading.NOTHING
    if token.number is None and not bears and token.former not in (sight.id, sight.former):
        return Reading.NOTHING
    if sight.quantity > wanted or had_it:
        ended_by_it = sight.id == token.client_id != token.former and sight.status not in OPEN and not had_it
        return Reading.MAYBE if ended_by_it else Reading.NO  # to less than was executed, an order ends with what was
    # Has it another id by now, then the change that gave it this one may be what amended it.
    # Of an OCO an amendment of one order changes the quantity of the other, too.
    keeps = sight.id == token.client_id and not token.contested and sight.list_number < 0
    if sight.quantity == wanted and keeps and token.before is not None:
        return Reading.YES
    return Reading.MAYBE  # a fill changes an order, too: when it changed last says nothing of the quantity


def _list_placed(token: Token, sight: Sight) -> Reading:
    if sight.amendment:
        return Reading.NOTHING
    if not sight.listed:
        if {sight.id, sight.former} & token.fresh_legs:
            return Reading.YES
        leg = next((each for each in (sight.id, sight.former) if each in token.legs), None)
        if (
            leg is None
            or sight.list_number < 0
            or sight.list_number in token.others
            or sight.number in token.leg_others
        ):
            return Reading.NOTHING
        if not same_terms(token.leg_terms.get(leg, {}), sight):
            return Reading.NOTHING
        if sight.made_ms is None:
            return Reading.NOTHING if sight.status is None else Reading.MAYBE  # as the reply to a cancel tells it
        return Reading.YES if _by_time(token, sight.made_ms, leg) is Reading.YES else Reading.NOTHING
    if sight.number in token.others:
        return Reading.NO if token.client_id in (sight.id, sight.former) else Reading.NOTHING
    if token.fresh_legs.intersection(sight.legs):
        return Reading.YES
    if token.client_id not in (sight.id, sight.former):
        return Reading.NOTHING
    if token.fresh:
        return Reading.YES
    if sight.status in OPEN and not set(token.legs).intersection(sight.legs):
        return Reading.NO  # no cancel has renamed its orders, and they are not ours
    made = _by_time(
        token, sight.at_ms, token.client_id
    )  # when it changed last: a list that was made before may have ended just now
    return Reading.MAYBE if made is Reading.YES and sight.status not in OPEN else made


def _list_cancelled(token: Token, sight: Sight) -> Reading:
    if sight.amendment:
        return Reading.NOTHING
    bears = token.client_id in (sight.id, *sight.legs)
    if token.fresh and bears:
        return Reading.YES
    if not sight.listed or sight.status is None:
        return Reading.NOTHING
    if token.number is not None and sight.number is not None and token.number != sight.number:
        return Reading.NO if bears else Reading.NOTHING
    if token.number is None and not bears and token.former not in (sight.id, sight.former):
        return Reading.NOTHING
    if sight.status in OPEN:
        return Reading.NO
    kept = not token.fresh and token.former in ("", token.client_id) and token.client_id not in sight.legs
    # Whether the time of a list is that of its change is not documented: an hour in which it stood says nothing.
    return Reading.YES if not kept and list_cancelled(token, sight) is Reading.YES else Reading.MAYBE


def list_cancelled(token: Token, sight: Sight) -> Reading:
    """Judge a list that has ended by the id that the request was to give it, or its orders, which it may have had before."""
    bears = token.client_id in (sight.id, *sight.legs)
    if not bears or token.rivalled or sight.number in token.others:  # it had ended with the id before
        return Reading.MAYBE
    return _by_time(token, sight.at_ms, token.client_id)


def could_be(token: Token, sight: Sight) -> bool:
    """Return whether a request in doubt may have made this, under any id."""
    if sight.symbol and token.symbol and sight.symbol != token.symbol:
        return False
    if token.act is Act.AMEND:
        return token.number is None or sight.number is None or token.number == sight.number
    if token.act is not Act.PLACE or sight.number in token.others:
        return False
    if token.kind is TokenKind.LIST:
        return sight.listed or sight.list_number > -1
    if sight.listed or sight.list_number > -1:
        return False
    if sight.made_ms is not None and sight.made_ms < token.since_ms - SURELY_OLDER_MS:
        return False
    return same_terms(token.wanted, sight)


def same_terms(wanted: Mapping[str, Any], sight: Sight) -> bool:
    """Return whether an order is what was asked for, as far as it says; its quantity may have been lowered since."""
    for name in ("side", "type", "timeInForce"):
        asked, found = wanted.get(name), sight.terms.get(name) if sight.terms else None
        if asked not in (None, "") and found is not None and str(asked) != str(found):
            return False
    for name in _AMOUNTS:
        amount, found = amount_of(wanted, name), sight.terms.get(name) if sight.terms else None
        if amount is None or found is None or (name == "price" and "pegPriceType" in wanted):
            continue
        if name == "stopPrice" and "trailingDelta" in wanted:
            continue
        if amount != found:
            return False
    quantity = amount_of(wanted, "quantity")
    return quantity is None or sight.quantity is None or sight.quantity <= quantity


def amount_of(wanted: Mapping[str, Any], name: str) -> Decimal | None:
    """Return a number of a request; None where it is not given, or is none."""
    value = wanted.get(name)
    if value in (None, ""):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
