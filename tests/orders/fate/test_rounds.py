"""One round of questions about a request in doubt: what is asked for, in which order, and what the answers say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi.orders.fate.lookups import Another, Archived, Silent, Unread, Unsure
from binance_wsapi.orders.fate.questions import ANOTHER, UNREAD, Answer, Questions
from binance_wsapi.orders.ids.identity import Reading
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.wire.order_calls import Act, Sight

SYMBOL = "BTCUSDT"
SENT = 10_000_000
BEFORE = SENT - 7_200_000
"""So long before that it is older by any clock."""

MINE = Token("mine", SYMBOL, wanted={"side": "BUY"}, since_ms=SENT)
USERS = replace(MINE, fresh=False)
ORDER = Sight("an order", SYMBOL, "mine", None, 7, status="NEW", made_ms=SENT, terms={"side": "BUY"})
OTHER_TERMS = replace(ORDER, whole="another", terms={"side": "SELL"})
BEHIND = Sight("behind", SYMBOL, "behind", None, 99, status="NEW")
ABSENT = Answer(Reading.NO, absent=True)

Found = Sequence[Sight] | None | Exception


class Told:
    """Lookups that find these orders and lists, by id or number, and write down what is asked.

    Args:
        orders: by id or number.
        lists: likewise.
        rows: amendments, and whether all are there; or why there are none.
    """

    def __init__(
        self, orders: dict[Any, Found] | None = None, lists: dict[Any, Found] | None = None, rows: Any = ((), True)
    ) -> None:
        self.asked: list[Any] = []
        self._orders, self._lists, self._rows = orders or {}, lists or {}, rows

    async def order(self, _token: Token, *, client_id: str | None = None, number: int | None = None) -> Any:
        return self._told(self._orders, client_id if number is None else number)

    async def found_list(self, _token: Token, *, client_id: str | None = None, number: int | None = None) -> Any:
        return self._told(self._lists, f"list {client_id if number is None else number}")

    async def amendments(self, _token: Token, number: int) -> Any:
        self.asked.append(f"amendments of {number}")
        if isinstance(self._rows, Exception):
            raise self._rows
        return self._rows

    def _told(self, known: dict[Any, Found], key: Any) -> Any:
        self.asked.append(key)
        found = known.get(key)
        if isinstance(found, Exception):
            raise found
        return found

    async def about(self, token: Token, *candidates: int) -> Answer:
        """Ask one round."""
        return await Questions(cast("Any", self)).about(token, candidates)


# --------------------------------------------------------------------------- what ends a round


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        (Archived(), Answer(Reading.YES)),
        (Unsure(ORDER), Answer(Reading.MAYBE, "an order")),
        (Unread(), Answer(Reading.NOTHING, useless=UNREAD)),
        (Another(), Answer(Reading.NOTHING, useless=ANOTHER)),
        (Silent(), Answer(Reading.NOTHING)),
    ],
    ids=lambda each: type(each).__name__,
)
async def test_a_round_ends_with_the_first_question_that_says_nothing_or_cannot_be_sure(
    word: Exception, answer: Answer
) -> None:
    assert await Told({"mine": word}).about(MINE) == answer


# --------------------------------------------------------------------------- an order that was placed


async def test_an_order_that_bears_the_id_is_there_and_nothing_else_is_asked_for() -> None:
    told = Told({"mine": [BEHIND, ORDER]})
    assert await told.about(MINE, 8) == Answer(Reading.YES, "an order", sight=ORDER)
    assert told.asked == ["mine"]


async def test_where_nothing_bears_the_id_it_is_absent() -> None:
    assert await Told().about(MINE) == ABSENT


@pytest.mark.parametrize(
    ("shown", "known", "reading", "absent"),
    [
        (OTHER_TERMS, {}, Reading.MAYBE, False),
        (replace(OTHER_TERMS, made_ms=BEFORE), {}, Reading.NO, True),
        (ORDER, {"others": frozenset({7})}, Reading.NO, True),
        (ORDER, {"others": frozenset({7}), "younger": frozenset({7})}, Reading.MAYBE, False),
        (replace(ORDER, made_ms=SENT - 1), {}, Reading.MAYBE, False),
        (ORDER, {}, Reading.YES, False),
    ],
    ids=["a younger one", "an older one", "known to be older", "known to be younger", "made about then", "its own"],
)
async def test_another_order_that_bears_a_users_id_hides_ours_where_it_is_younger(
    shown: Sight, known: dict[str, Any], reading: Reading, absent: bool
) -> None:
    answer = await Told({"mine": [shown]}).about(replace(USERS, **known))
    assert answer == Answer(reading, shown.whole, absent, shown)


# --------------------------------------------------------------------------- a list that was placed


LIST = Token("list", SYMBOL, TokenKind.LIST, legs=("b", "a"), fresh_legs=frozenset({"a", "b"}), since_ms=SENT)
USERS_LIST = replace(LIST, fresh=False, fresh_legs=frozenset())
LISTED = Sight(
    "a list", SYMBOL, "list", None, 9, listed=True, status="EXECUTING", legs=("x", "y"), numbers=(1, 2), at_ms=SENT
)
LEG = replace(ORDER, id="a", list_number=9)


@pytest.mark.parametrize(
    ("token", "found", "leg", "answer", "asked"),
    [
        (LIST, LISTED, None, Answer(Reading.YES, "a list", sight=LISTED), ["list list"]),
        (LIST, None, LEG, Answer(Reading.YES, "an order", sight=LEG), ["list list", "a"]),
        (LIST, None, None, ABSENT, ["list list", "a"]),
        (LIST, None, replace(LEG, id="z"), ABSENT, ["list list", "a"]),
        (USERS_LIST, None, None, ABSENT, ["list list"]),
        (
            replace(USERS_LIST, legs=("x",)), replace(LISTED, at_ms=None), None,
            Answer(Reading.MAYBE, "a list", sight=replace(LISTED, at_ms=None)), ["list list"],
        ),
        (USERS_LIST, LISTED, None, Answer(Reading.MAYBE, "a list", sight=LISTED), ["list list"]),
        (USERS_LIST, replace(LISTED, at_ms=BEFORE), None, ABSENT, ["list list"]),
        (replace(USERS_LIST, fresh_legs=LIST.fresh_legs), LISTED, None, ABSENT, ["list list", "a"]),
    ],
    ids=[
        "found", "found by an order", "neither", "another order", "the user's, not found", "an order that may be it",
        "a younger one in front of it", "an older one", "a younger one, and its own order is not there",
    ],
)  # fmt: skip
async def test_a_list_is_looked_for_by_its_id_and_by_that_of_one_of_its_orders_which_only_it_can_have_put_there(
    token: Token, found: Sight | None, leg: Sight | None, answer: Answer, asked: list[str]
) -> None:
    told = Told({"a": None if leg is None else [leg]}, {"list list": None if found is None else [found, BEHIND]})
    assert await told.about(token) == answer
    assert told.asked == asked


# --------------------------------------------------------------------------- a cancel


CANCEL = Token("new", SYMBOL, act=Act.CANCEL, former="old", since_ms=SENT)
OPEN = replace(ORDER, id="old")
GONE = replace(OPEN, id="new", status="CANCELED", at_ms=SENT)
LEG_GONE = replace(OPEN, whole="a leg", status="CANCELED", list_number=9)


@pytest.mark.parametrize(
    ("token", "orders", "reading", "shown", "asked"),
    [
        (CANCEL, {"new": GONE}, Reading.YES, GONE, ["new"]),
        (CANCEL, {"old": OPEN}, Reading.NO, OPEN, ["new", "old"]),
        (
            replace(CANCEL, fresh=False),
            {"new": replace(GONE, status="NEW"), "old": GONE},
            Reading.YES,
            GONE,
            ["new", "old"],
        ),
        (replace(CANCEL, number=7), {7: OPEN}, Reading.NO, OPEN, [7]),
        (replace(CANCEL, number=7), {7: GONE}, Reading.YES, GONE, [7]),
        (replace(CANCEL, former=""), {"new": GONE}, Reading.YES, GONE, ["new"]),
        (replace(CANCEL, former="new"), {"new": OPEN, "old": OPEN}, Reading.NO, OPEN, ["new"]),
    ],
    ids=[
        "by its own id",
        "by the former",
        "another has its own",
        "by number",
        "by number, done",
        "no former",
        "it keeps it",
    ],
)
async def test_a_cancel_is_looked_for_by_the_number_else_by_the_new_id_else_by_the_former_id_of_its_order(
    token: Token, orders: dict[Any, Sight], reading: Reading, shown: Sight, asked: list[Any]
) -> None:
    told = Told({key: [each] for key, each in orders.items()})
    answer = await told.about(token)
    assert (answer.reading, answer.sight, told.asked) == (reading, shown, asked)


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("listed", [True, False])
async def test_an_order_of_a_list_that_was_cancelled_may_be_the_work_of_another_unless_the_list_took_the_new_id(
    fresh: bool, listed: bool
) -> None:
    lists: dict[Any, Found] = {"list new": [replace(LISTED, id="new"), BEHIND] if listed else None}
    told = Told({"old": [LEG_GONE]}, lists)
    answer = await told.about(replace(CANCEL, fresh=fresh))
    proven = fresh and listed
    assert (answer.reading, answer.order) == ((Reading.YES, "a list") if proven else (Reading.MAYBE, "a leg"))
    assert answer.sight is not None
    assert answer.sight.id == ("new" if proven else "old")
    assert ("list new" in told.asked) is fresh


@pytest.mark.parametrize("former", ["old", "", "new"])
async def test_another_order_under_the_new_id_says_nothing_where_the_former_id_is_gone(former: str) -> None:
    """A change took the former id, or the order is hidden behind this one."""
    other = replace(OPEN, id="new", number=8, whole="another")
    told = Told({"new": [other]})
    answer = await told.about(replace(CANCEL, former=former, fresh=False, others=frozenset({8})))
    assert answer.reading is (Reading.MAYBE if former == "old" else Reading.NO)
    assert answer.order == "another"


@pytest.mark.parametrize(
    ("target", "number", "reading", "asked"),
    [
        (7, 7, Reading.NO, ["new", "old"]),
        (6, 7, Reading.YES, ["new", "old", 6]),
        (None, 7, Reading.MAYBE, ["new", "old"]),
    ],
    ids=["the one it was sent for", "another than it was sent for", "one knows not for which it was sent"],
)
async def test_a_cancel_by_an_id_that_was_given_again_is_looked_for_by_the_number_of_the_order_it_was_sent_for(
    target: int | None, number: int, reading: Reading, asked: list[Any]
) -> None:
    sent_for = replace(GONE, id="old", former="new", number=6)
    told = Told({"old": [replace(OPEN, number=number)], 6: [replace(sent_for, id="new")]})
    answer = await told.about(replace(CANCEL, met_again=True, target=target))
    assert (answer.reading, told.asked) == (reading, asked)


# --------------------------------------------------------------------------- an amendment


AMEND = Token("new", SYMBOL, act=Act.AMEND, former="old", wanted={"newQty": "2"}, since_ms=SENT, fresh=False)
LARGE = replace(OPEN, quantity=Decimal(5))
SMALL = replace(OPEN, quantity=Decimal(2))
ROW = Sight("a row", SYMBOL, "new", "old", 7, quantity=Decimal(2), at_ms=SENT, amendment=True)


@pytest.mark.parametrize(
    ("known", "orders", "asked"),
    [
        ({"target": 7}, {7: LARGE}, ["new", "old", 7]),
        ({"target": 7}, {"old": LARGE, 7: LARGE}, ["new", "old"]),
        ({"target": 6}, {"old": LARGE, 6: replace(LARGE, number=6)}, ["new", "old", 6]),
        ({}, {"old": LARGE}, ["new", "old"]),
        ({}, {}, ["new", "old"]),
        ({"number": 7, "target": 6}, {7: LARGE}, [7]),
        ({"number": 7, "target": 6}, {}, [7]),
        ({"target": 6, "fresh": True}, {"new": replace(SMALL, id="new")}, ["new"]),
    ],
    ids=[
        "not found", "found", "another", "one knows not for which", "nothing", "by number", "by number, nothing", "proven",
    ],
)  # fmt: skip
async def test_an_amendment_whose_order_another_change_renamed_is_looked_for_by_the_number_it_was_sent_for(
    known: dict[str, Any], orders: dict[Any, Sight], asked: list[Any]
) -> None:
    told = Told({key: [each] for key, each in orders.items()})
    answer = await told.about(replace(AMEND, **known))
    assert told.asked == asked
    assert answer.reading is (Reading.YES if known.get("fresh") else Reading.NO)
    assert answer.absent is not bool(orders)


@pytest.mark.parametrize(
    ("rows", "all_read", "met", "reading", "sight"),
    [
        ([replace(ROW, id="x"), ROW], True, False, Reading.YES, ROW),
        ([replace(ROW, at_ms=SENT - 1)], True, False, Reading.MAYBE, replace(ROW, at_ms=SENT - 1)),
        ([replace(ROW, id="x")], True, False, Reading.NO, None),
        ([], True, False, Reading.NO, None),
        ([], False, False, Reading.MAYBE, SMALL),
        ([], True, True, Reading.MAYBE, SMALL),
    ],
    ids=["its own row", "a row of about then", "rows of others", "none", "not all are told", "it may have met another"],
)
async def test_where_the_quantity_tells_nothing_the_amendments_of_the_order_do(
    rows: list[Sight], all_read: bool, met: bool, reading: Reading, sight: Sight | None
) -> None:
    token = replace(AMEND, number=7, former="new" if met else "old", contested_ms=ALWAYS if met else None)
    answer = await Told({7: [SMALL]}, rows=(rows, all_read)).about(token)
    assert answer == Answer(reading, "an order", sight=sight, amendments=rows)


async def test_where_no_amendments_are_told_or_the_order_has_no_number_the_quantity_has_the_last_word() -> None:
    told = Told({7: [SMALL]}, rows=Silent())
    assert await told.about(replace(AMEND, number=7)) == Answer(Reading.MAYBE, "an order", sight=SMALL)
    assert told.asked == [7, "amendments of 7"]
    nameless = replace(SMALL, number=None)
    told = Told({7: [nameless]})
    assert await told.about(replace(AMEND, number=7)) == Answer(Reading.MAYBE, "an order", sight=nameless)
    assert told.asked == [7]


@pytest.mark.parametrize(
    ("orders", "reading", "asked"),
    [
        ({6: LARGE, 8: replace(SMALL, number=8)}, Reading.YES, ["new", "old", 6, 8, "amendments of 8"]),
        ({8: replace(SMALL, number=8)}, Reading.YES, ["new", "old", 6, 8, "amendments of 8"]),
        ({6: LARGE, 8: LARGE}, Reading.NO, ["new", "old", 6, 8]),
    ],
)
async def test_an_order_that_bore_the_new_id_and_has_neither_now_is_looked_for_by_its_number(
    orders: dict[Any, Sight], reading: Reading, asked: list[Any]
) -> None:
    told = Told(
        {key: [replace(each, number=key)] for key, each in orders.items()}, rows=([replace(ROW, number=8)], True)
    )
    answer = await told.about(AMEND, 6, 8)
    assert (answer.reading, told.asked) == (reading, asked)
    assert answer.absent is (reading is Reading.NO)


@pytest.mark.parametrize(
    ("fresh", "list_number", "reading"),
    [
        (False, -1, Reading.YES),
        (False, 0, Reading.MAYBE),
        (False, 9, Reading.MAYBE),
        (True, 9, Reading.YES),
    ],
)
async def test_an_amendment_of_an_order_of_a_list_may_be_written_down_for_the_other_order(
    fresh: bool, list_number: int, reading: Reading
) -> None:
    order = replace(SMALL, list_number=list_number)
    token = replace(AMEND, number=7, fresh=fresh, unguessable=False, recovered=False)
    answer = await Told({7: [order]}, rows=([ROW], True)).about(token)
    assert answer == Answer(reading, "an order", sight=ROW, amendments=[ROW])


# --------------------------------------------------------------------------- a list that was cancelled under a user's id


LIST_CANCEL = Token("new", SYMBOL, TokenKind.LIST, Act.CANCEL, fresh=False, former="old", since_ms=SENT)
ENDED = replace(LISTED, id="new", status="ALL_DONE", legs=("new", "y"))


@pytest.mark.parametrize(
    ("known", "lists", "reading"),
    [
        ({"others": frozenset({9}), "younger": frozenset({9})}, {"list new": ENDED}, Reading.MAYBE),
        ({"younger": frozenset({9})}, {"list old": replace(LISTED, id="old")}, Reading.MAYBE),
        ({}, {"list old": replace(LISTED, id="old")}, Reading.NO),
        ({"former": ""}, {"list new": replace(ENDED, status="EXECUTING")}, Reading.NO),
    ],
    ids=["a younger one in front of it", "a younger one", "open", "open under the new id"],
)
async def test_a_list_that_was_placed_since_may_stand_in_front_of_the_list_that_was_to_be_cancelled(
    known: dict[str, Any], lists: dict[Any, Sight], reading: Reading
) -> None:
    told = Told(lists={key: [each] for key, each in lists.items()})
    answer = await told.about(replace(LIST_CANCEL, **known))
    assert answer.reading is reading


# --------------------------------------------------------------------------- a cancel of everything


ALL = Token("all", SYMBOL, TokenKind.SYMBOL, Act.CANCEL, before_ms=SENT - 30, after_ms=SENT + 30)


@pytest.mark.parametrize(
    ("made", "hidden", "known", "reading"),
    [
        ([], False, {}, Reading.YES),
        ([], True, {}, Reading.MAYBE),
        ([SENT + 31], False, {}, Reading.YES),
        ([SENT - 30], False, {}, Reading.NO),
        ([SENT + 31, SENT - 30], False, {}, Reading.NO),
        ([SENT - 29], False, {}, Reading.MAYBE),
        ([SENT + 31, SENT], False, {}, Reading.MAYBE),
        ([None], False, {}, Reading.YES),
        ([SENT - 30], False, {"younger": frozenset({0})}, Reading.YES),
        ([SENT + 31, SENT + 31], False, {"others": frozenset({1})}, Reading.NO),
    ],
)
async def test_everything_was_cancelled_where_nothing_is_open_that_is_as_old_as_the_request(
    made: list[int | None], hidden: bool, known: dict[str, Any], reading: Reading
) -> None:
    sights = [Sight(None, SYMBOL, str(at), None, at, made_ms=each) for at, each in enumerate(made)]

    async def open_orders(_token: Token) -> Any:
        return "what is open", sights, hidden

    lookups: Any = SimpleNamespace(open_orders=open_orders)
    assert await Questions(lookups).about(replace(ALL, **known)) == Answer(reading, "what is open")
