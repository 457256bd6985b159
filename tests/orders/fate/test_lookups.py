"""One question about a request in doubt: what is found, what is another's, and what says nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi.errors import (
    AuthFailed,
    Forbidden,
    IpBanned,
    NotConnected,
    NotLoggedOn,
    RateLimited,
    UnreadableReply,
    VenueError,
)
from binance_wsapi.orders.fate import lookups
from binance_wsapi.orders.fate.lookups import Another, Archived, Lookups, Refused, Silent, Unread, Unsure
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.endpoint import TimeUnit
from binance_wsapi.wire.order_calls import Act, Sight

SYMBOL, ELSEWHERE = "BTCUSDT", "ETHUSDT"
SENT = 1_000_000
QUARTER_MS = int(timedelta(days=90).total_seconds() * 1000)
"""How long an order that ended without a fill is there before the venue archives it."""

MINE = Token("mine", SYMBOL, wanted={"side": "BUY"}, since_ms=SENT)
USERS = replace(MINE, fresh=False)
CANCEL = Token("new", SYMBOL, act=Act.CANCEL, former="mine")
AMEND = replace(CANCEL, act=Act.AMEND)
ORDER = Sight("the order", SYMBOL, "mine", None, 7, status="NEW", made_ms=SENT, terms={"side": "BUY"})
BEHIND = Sight("behind", SYMBOL, "behind", None, 8, status="NEW")
RENAMED = replace(ORDER, id="renamed")
LISTED = Sight("the list", SYMBOL, "list", None, 9, listed=True, status="ALL_DONE", legs=("a", "b"))
NOT_FOUND = VenueError(400, -2013, "Order does not exist.")
NO_LIST = VenueError(400, -2018, "Order list does not exist.")
ARCHIVED = VenueError(400, -2026, "Order was archived.")


class Unreadable(UnreadableReply):
    """An answer of which this can be read."""

    def __init__(self, *shown: Sight) -> None:
        super().__init__("odd")
        self.raw = cast("Any", list(shown))


class Asking(Lookups):
    """Lookups of a venue that gives these answers in turn; an error is raised, and of an odd answer its sights can be read."""

    def __init__(self, *answers: Any, history: IdHistory | None = None, made_ms: int = 0, now_ms: int = 0) -> None:
        calls = SimpleNamespace(
            order_status="order", list_status="list", open_orders="open", amendments="amendments",
            sights=list, unread=lambda raw, _unit: raw,
        )  # fmt: skip
        self.asked: list[tuple[str, dict[str, Any]]] = []
        left = iter(answers)

        async def ask(endpoint: Any, question: Any) -> Any:
            self.asked.append((endpoint, dict(question)))
            answer = next(left)
            if isinstance(answer, Exception):
                raise answer
            return answer

        super().__init__(cast("Any", calls), ask, made_ms, lambda: now_ms, TimeUnit.MILLISECOND, history or IdHistory())


async def said(call: Awaitable[Any]) -> Any:
    """Return what a question brings: the sights, or the word that it says nothing, with what is unsure."""
    try:
        return await call
    except Unsure as unsure:
        return Unsure, unsure.sight
    except (Silent, Archived) as word:
        return type(word)


def knowing(*numbers: int, name: str = "mine", placed: dict[int, str] | None = None) -> IdHistory:
    """Return the history of an id that these orders had, and of orders that were placed with these ids."""
    history = IdHistory()
    for number in numbers:
        history.remember(None, SYMBOL, name, number, None)
    for number, placed_as in (placed or {}).items():
        history.placed(SYMBOL, number, placed_as)
    return history


# --------------------------------------------------------------------------- an order, by an id or a number


async def test_an_order_is_asked_for_by_its_number_or_by_an_id() -> None:
    asking = Asking([RENAMED, BEHIND], [ORDER, BEHIND], [replace(RENAMED, former="mine"), BEHIND], NOT_FOUND)
    assert await asking.order(MINE, number=7) == [RENAMED, BEHIND]
    assert await asking.order(MINE, client_id="mine") == [ORDER, BEHIND]
    assert await asking.order(MINE, client_id="mine") == [replace(RENAMED, former="mine"), BEHIND]
    assert await asking.order(MINE, client_id="other") is None
    assert asking.asked == [
        ("order", {"symbol": SYMBOL, "orderId": 7}),
        *[("order", {"symbol": SYMBOL, "origClientOrderId": "mine"})] * 2,
        ("order", {"symbol": SYMBOL, "origClientOrderId": "other"}),
    ]


@pytest.mark.parametrize(
    ("token", "shown", "by_number", "told"),
    [
        (MINE, ORDER, False, Another),
        (USERS, ORDER, False, (Unsure, ORDER)),
        (USERS, replace(RENAMED, former="mine"), False, Another),
        (USERS, ORDER, True, Another),
        (replace(USERS, others=frozenset({7})), ORDER, False, [ORDER, BEHIND]),
    ],
    ids=["made here", "the user's", "it bore the id once", "by its number", "known to be earlier"],
)
async def test_what_another_request_placed_says_nothing_unless_it_may_stand_in_front_of_ours(
    token: Token, shown: Sight, by_number: bool, told: Any
) -> None:
    asking = Asking([shown, BEHIND], history=knowing(placed={7: "earlier"}))
    call = asking.order(token, number=7) if by_number else asking.order(token, client_id="mine")
    assert await said(call) == told


async def test_an_answer_about_another_symbol_says_nothing() -> None:
    assert await said(Asking([replace(ORDER, symbol=ELSEWHERE)]).order(MINE, client_id="mine")) is Another


# --------------------------------------------------------------------------- an order that answers to an id it has no more


HAD = replace(RENAMED, former="mine")
FORMER = Sight("amended", SYMBOL, "renamed", "mine", 7, amendment=True)


def ended(status: str, **more: Any) -> Sight:
    """Return the order as it ended, under another id."""
    return replace(RENAMED, status=status, **more)


@pytest.mark.parametrize(
    ("token", "shown", "bearers", "told"),
    [
        (replace(CANCEL, others=frozenset({7})), RENAMED, (1,), True),
        (CANCEL, replace(RENAMED, id="new"), (1,), True),
        (replace(CANCEL, fresh=False), replace(RENAMED, id="new"), (1,), Another),
        (CANCEL, RENAMED, (1, 7), True),
        (CANCEL, RENAMED, (1,), Another),
        (CANCEL, replace(RENAMED, number=None), (), Another),
        (MINE, ended("CANCELED"), (), True),
        (MINE, ended("CANCELED", made_ms=SENT - 1), (), Unsure),
        (MINE, ended("CANCELED", made_ms=None), (), Unsure),
    ],
    ids=[
        "an earlier one", "it has the new id", "another may have it", "it bore the id", "others bore the id", "no number",
        "made since it was sent", "made before", "made one knows not when",
    ],
)  # fmt: skip
async def test_whether_an_order_had_the_id_that_it_answers_to_is_known_without_another_question(
    token: Token, shown: Sight, bearers: tuple[int, ...], told: Any
) -> None:
    asking = Asking([shown, BEHIND], history=knowing(*bearers))
    found = await said(asking.order(token, client_id="mine"))
    assert found == {True: [replace(shown, former="mine")], Unsure: (Unsure, shown)}.get(told, told)
    assert len(asking.asked) == 1


@pytest.mark.parametrize(
    ("token", "shown", "bearers", "rows", "told"),
    [
        (MINE, RENAMED, (), [BEHIND, FORMER], True),
        (MINE, RENAMED, (), [replace(FORMER, id="mine", former="x")], True),
        (MINE, RENAMED, (), [replace(FORMER, amendment=False)], Another),
        (MINE, RENAMED, (), [replace(FORMER, former="x")], Another),
        (MINE, RENAMED, (7,), [], Another),
        (MINE, ended("FILLED"), (), [], Another),
        (MINE, ended("CANCELED", terms={"side": "SELL"}), (), [], Another),
        (CANCEL, ended("CANCELED"), (), [], True),
        (AMEND, ended("CANCELED"), (), [], True),
        (CANCEL, ended("FILLED"), (), [], Unsure),
        (CANCEL, RENAMED, (), [], Another),
        (CANCEL, RENAMED, (), [FORMER], True),
    ],
    ids=[
        "amended from it", "amended to it", "no amendment", "of other ids", "an order whose id was another's", "filled",
        "other terms", "cancelled", "cancelled before its amendment", "filled before its cancel", "open",
        "open and amended",
    ],
)  # fmt: skip
async def test_else_its_amendments_tell_whether_an_order_had_the_id_that_it_answers_to(
    token: Token, shown: Sight, bearers: tuple[int, ...], rows: list[Sight], told: Any
) -> None:
    asking = Asking([shown, BEHIND], rows, history=knowing(*bearers))
    found = await said(asking.order(token, client_id="mine"))
    assert found == {True: [replace(shown, former="mine")], Unsure: (Unsure, shown)}.get(told, told)
    assert [each for each, _ in asking.asked] == ["order", "amendments"]


# --------------------------------------------------------------------------- a list


PLACED_LIST = Token("mine", SYMBOL, TokenKind.LIST, legs=("x", "y"))
CANCELLED_LIST = Token("new", SYMBOL, TokenKind.LIST, Act.CANCEL, former="mine")


async def test_a_list_is_asked_for_by_its_number_or_by_an_id() -> None:
    found = [LISTED, BEHIND, ORDER]
    asking = Asking(found, found, NO_LIST, [replace(LISTED, symbol="")], [replace(LISTED, symbol=ELSEWHERE), BEHIND])
    assert await asking.found_list(PLACED_LIST, number=9) == found
    assert await asking.found_list(PLACED_LIST, client_id="list") == found
    assert await asking.found_list(PLACED_LIST, client_id="list") is None
    assert await asking.found_list(PLACED_LIST, number=9) == [replace(LISTED, symbol="")]
    assert await said(asking.found_list(PLACED_LIST, number=9)) is Another
    assert asking.asked[:3] == [
        ("list", {"orderListId": 9}),
        ("list", {"origClientOrderId": "list"}),
        ("list", {"origClientOrderId": "list"}),
    ]


@pytest.mark.parametrize(
    ("token", "shown", "placed_as", "told"),
    [
        (PLACED_LIST, LISTED, "mine", LISTED),
        (replace(PLACED_LIST, others=frozenset({9})), LISTED, None, LISTED),
        (CANCELLED_LIST, LISTED, "mine", replace(LISTED, former="mine")),
        (replace(CANCELLED_LIST, others=frozenset({9})), LISTED, "another", replace(LISTED, former="mine")),
        (PLACED_LIST, replace(LISTED, legs=("a", "y")), None, replace(LISTED, legs=("a", "y"), former="mine")),
        (PLACED_LIST, LISTED, None, Another),
        (CANCELLED_LIST, LISTED, "another", Another),
        (CANCELLED_LIST, replace(LISTED, status="EXECUTING"), None, Another),
        (CANCELLED_LIST, LISTED, None, (Unsure, LISTED)),
        (CANCELLED_LIST, replace(LISTED, number=None), None, (Unsure, replace(LISTED, number=None))),
    ],
)
async def test_a_list_that_answers_to_an_id_it_has_no_more_had_it_or_is_another_or_may_have_had_it(
    token: Token, shown: Sight, placed_as: str | None, told: Any
) -> None:
    history = IdHistory()
    if placed_as is not None:
        history.placed(SYMBOL, 9, placed_as, listed=True)
    asking = Asking([shown, BEHIND, ORDER], history=history)
    found = await said(asking.found_list(token, client_id="mine"))
    assert found == ([told, BEHIND, ORDER] if isinstance(told, Sight) else told)


# --------------------------------------------------------------------------- what is open of a symbol


ALL = Token("all", SYMBOL, TokenKind.SYMBOL, Act.CANCEL)


async def test_open_orders_are_told_with_what_each_says() -> None:
    asking = Asking([ORDER, replace(BEHIND, symbol="")])
    assert await asking.open_orders(ALL) == (
        [ORDER, replace(BEHIND, symbol="")],
        [ORDER, replace(BEHIND, symbol="")],
        False,
    )
    assert asking.asked == [("open", {"symbol": SYMBOL})]


@pytest.mark.parametrize(
    ("shown", "hidden"),
    [
        ([ORDER], False),
        ([], True),
        ([ORDER, replace(ORDER, number=None)], True),
        ([replace(ORDER, made_ms=None), ORDER], True),
    ],
)
async def test_open_orders_that_cannot_be_read_hide_one_where_its_number_or_its_time_is_not_told(
    shown: list[Sight], hidden: bool
) -> None:
    assert await Asking(Unreadable(*shown)).open_orders(ALL) == (shown, shown, hidden)


async def test_open_orders_that_are_refused_or_of_which_one_is_of_another_symbol_say_nothing() -> None:
    assert await said(Asking(VenueError(400, -1121, "Invalid symbol.")).open_orders(ALL)) is Refused
    assert await said(Asking([ORDER, replace(BEHIND, symbol=ELSEWHERE)]).open_orders(ALL)) is Another


# --------------------------------------------------------------------------- the amendments of an order


def amended(quantity: str | None = None, number: int | None = None) -> Sight:
    """Return an amendment to this quantity, with the number by which a page begins where it is known."""
    whole = SimpleNamespace() if number is None else SimpleNamespace(execution_id=number)
    return Sight(whole, SYMBOL, quantity=None if quantity is None else Decimal(quantity), amendment=True)


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "AMENDMENTS_PER_PAGE", 2)
    monkeypatch.setattr(lookups, "MOST_PAGES", 3)


@pytest.mark.usefixtures("_small_pages")
async def test_a_page_of_amendments_that_is_not_full_tells_all_of_them() -> None:
    asking = Asking([amended("4")])
    assert await asking.amendments(AMEND, 7) == ([amended("4")], True)
    assert asking.asked == [("amendments", {"symbol": SYMBOL, "orderId": 7, "limit": 2})]


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("wanted", ["5", None])
@pytest.mark.parametrize(
    ("quantities", "all_read"),
    [(("6", "4", "3"), True), (("5", None, "4"), True), (("4", "3", "2"), False), ((None, None, None), False)],
)
async def test_behind_a_full_page_all_are_told_where_one_is_of_no_less_than_was_asked_for(
    quantities: Sequence[str | None], all_read: bool, wanted: str | None
) -> None:
    """A quantity only goes down: what came after a larger one is among them."""
    rows = [amended(each) for each in quantities]
    told = await Asking(rows[:2], rows[2:]).amendments(replace(AMEND, wanted={"newQty": wanted}), 7)
    assert told == (rows, all_read and wanted is not None)


@pytest.mark.usefixtures("_small_pages")
async def test_a_full_page_of_amendments_alone_does_not_tell_all() -> None:
    rows = [amended("4"), amended("3")]
    assert await Asking(rows, []).amendments(replace(AMEND, wanted={"newQty": "5"}), 7) == (rows, False)


@pytest.mark.usefixtures("_small_pages")
async def test_each_page_of_amendments_begins_behind_the_latest_of_the_page_before() -> None:
    pages = [[amended("9", 3), amended("8", 11)], [amended("7"), amended("6")], [amended("5", 20), amended("4", 15)]]
    asking = Asking(*pages)
    rows, all_read = await asking.amendments(replace(AMEND, wanted={"newQty": "1"}), 7)
    assert [str(each.quantity) for each in rows] == ["9", "8", "7", "6", "5", "4"]
    assert not all_read
    assert [question.get("fromExecutionId") for _, question in asking.asked] == [None, 12, 1]


async def test_an_order_that_the_venue_does_not_know_has_no_amendments() -> None:
    assert await Asking(NOT_FOUND).amendments(AMEND, 7) == ([], True)


# --------------------------------------------------------------------------- questions that bring no answer


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotConnected("no connection"), Silent),
        (RuntimeError("the signer is away"), Silent),
        (NotLoggedOn("the key was refused"), Refused),
        (VenueError(400, -1, "?"), Refused),
        (AuthFailed(401, -2015, "Invalid API-key."), Refused),
        (Forbidden(403, 0, "not from here"), Refused),
        (RateLimited(429, -1003, "too many"), Silent),
        (IpBanned(418, -1003, "banned"), Silent),
    ],
)
async def test_a_question_that_is_not_answered_or_is_refused_for_something_else_says_nothing(
    error: Exception, told: type[Silent]
) -> None:
    assert await said(Asking(error).order(MINE, client_id="mine")) is told
    assert await said(Asking(error).open_orders(ALL)) is told


async def test_that_there_is_no_such_list_says_only_of_a_list_that_it_is_absent() -> None:
    asking = Asking(NO_LIST, NO_LIST)
    assert await said(asking.order(MINE, client_id="mine")) is Refused
    assert await said(asking.found_list(PLACED_LIST, client_id="mine")) is None


@pytest.mark.parametrize(
    ("token", "client_id", "age_ms", "told"),
    [
        (MINE, "mine", QUARTER_MS + 1, Archived),
        (MINE, "mine", QUARTER_MS, Another),
        (MINE, "other", QUARTER_MS + 1, None),
        (USERS, "mine", QUARTER_MS + 1, None),
    ],
    ids=["ours", "too young", "another id", "the user's"],
)
async def test_an_archived_order_is_ours_where_only_ours_can_have_the_id_and_be_as_old(
    token: Token, client_id: str, age_ms: int, told: Any
) -> None:
    asking = Asking(ARCHIVED, made_ms=10, now_ms=10 + age_ms)
    assert await said(asking.order(token, client_id=client_id)) is told


async def test_a_refusal_for_another_reason_is_not_taken_for_an_archived_order() -> None:
    assert await said(Asking(NOT_FOUND, now_ms=QUARTER_MS + 1).order(MINE, client_id="mine")) is None


# --------------------------------------------------------------------------- answers that cannot be read as a whole


NAMELESS = replace(ORDER, number=None)


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ([ORDER], [ORDER]),
        ([replace(ORDER, symbol="")], [replace(ORDER, symbol="")]),
        ([BEHIND, ORDER], [ORDER]),
        ([replace(ORDER, symbol=ELSEWHERE)], Another),
        ([RENAMED], Another),
        ([NAMELESS], (Unsure, NAMELESS)),
        ([replace(NAMELESS, symbol="")], (Unsure, replace(NAMELESS, symbol=""))),
        ([BEHIND, NAMELESS], (Unsure, NAMELESS)),
        ([replace(NAMELESS, symbol=ELSEWHERE)], Unread),
        ([replace(NAMELESS, id="other")], Unread),
        ([replace(NAMELESS, id=None)], Unread),
        ([], Unread),
    ],
)
async def test_of_an_answer_that_cannot_be_read_the_order_counts_that_it_names(shown: list[Sight], told: Any) -> None:
    assert await said(Asking(Unreadable(*shown)).order(MINE, client_id="mine")) == told


@pytest.mark.parametrize(
    ("shown", "told"),
    [([RENAMED], [RENAMED]), ([BEHIND], Another), ([replace(NAMELESS, id=None)], Unread), ([NAMELESS], Unread)],
)
async def test_asked_for_by_its_number_an_order_that_cannot_be_read_is_known_by_that(
    shown: list[Sight], told: Any
) -> None:
    assert await said(Asking(Unreadable(*shown)).order(MINE, number=7)) == told


async def test_asked_for_by_its_number_a_list_that_cannot_be_read_is_known_by_that() -> None:
    asking = Asking(Unreadable(LISTED), Unreadable(replace(LISTED, number=8)))
    assert await asking.found_list(PLACED_LIST, number=9) == [LISTED]
    assert await said(asking.found_list(PLACED_LIST, number=9)) is Another
