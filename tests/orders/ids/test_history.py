"""What had an id is remembered: all its orders, the latest last, and which of them a cancel of everything met."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from binance_wsapi.orders.ids.history import NUMBERS_KEPT, REMEMBERED, Bearers, IdHistory
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.order_calls import Act, Sight
from tests.simulation.house import HMAC, KEY
from tests.simulation.loop import VirtualLoop, run

EVERYTHING = Token("", "BTCUSDT", TokenKind.SYMBOL)
NONE: frozenset[int] = frozenset()
FIRST = frozenset({1})


def at(seconds: float, *acts: Callable[[], None]) -> None:
    """Do these things one after the other, so many virtual seconds apart."""

    async def in_time(loop: VirtualLoop) -> None:
        for act in acts:
            act()
            await asyncio.sleep(seconds)

    run(in_time)


def test_of_two_moments_the_later_is_greater_though_the_clock_stands_still_between_them() -> None:
    ids = IdHistory()
    moments: list[float] = []
    at(0, *[lambda: moments.append(ids.moment())] * 3)
    assert len({*moments}) == 3
    assert moments == sorted(moments)


def test_an_id_keeps_the_number_of_each_order_that_had_it_once_and_the_latest_last() -> None:
    ids = IdHistory()
    at(1, *(lambda number=number: ids.remember(None, "BTCUSDT", "mine", number, None) for number in (1, 2, 3, 1)))
    bearers = ids.of(None, "BTCUSDT", "mine")
    assert bearers is not None
    assert bearers.numbers == (2, 3, 1)


def test_the_latest_orders_of_an_id_are_kept_and_the_oldest_forgotten() -> None:
    ids = IdHistory()
    at(
        1,
        *(
            lambda number=number: ids.remember(None, "BTCUSDT", "mine", number, None)
            for number in range(NUMBERS_KEPT + 2)
        ),
    )
    bearers = ids.of(None, "BTCUSDT", "mine")
    assert bearers is not None
    assert bearers.numbers == (2, 3, 4, 5)


def test_all_else_is_of_the_latest_order_that_had_the_id() -> None:
    ids = IdHistory()
    known: list[Bearers | None] = []
    moments: list[float] = []
    at(
        7,
        lambda: moments.append(ids.moment()),
        lambda: ids.remember(None, "BTCUSDT", "mine", 1, Decimal("0.5"), 3.0, ended=True),
        lambda: known.append(ids.of(None, "BTCUSDT", "mine")),
        lambda: moments.append(ids.moment()),
        lambda: ids.remember(None, "BTCUSDT", "mine", 2, None),
        lambda: known.append(ids.of(None, "BTCUSDT", "mine")),
    )
    first, second = known
    assert first is not None
    assert second is not None
    assert (first.left_at, first.ended) == (3.0, True)
    assert (second.left_at, second.ended) == (-1.0, False)
    assert [first.known_at, second.known_at] == moments


@pytest.mark.parametrize(
    ("before", "later", "numbers", "ended"),
    [
        ([(1, False)], (2, False, True), (1, 2), False),
        ([(1, False)], (1, True, False), (1,), True),
        ([(1, False)], (2, True, True), (1, 2), True),
        ([(1, False)], (2, True, False), (2, 1), False),
        ([(1, False), (2, False), (3, False)], (1, True, True), (2, 1, 3), False),
        ([(1, False), (2, False), (3, False)], (1, True, False), (2, 1, 3), False),
        ([(1, False), (2, False), (3, False)], (1, False, False), (2, 3, 1), False),
        ([(1, True)], (2, True, False), (1, 2), True),
        ([(1, True), (2, False)], (1, True, False), (1, 2), False),
    ],
    ids=[
        "a new order", "it ends itself", "a new order that ended at once", "another that has ended", "an earlier one whose reply comes late",
        "an earlier one ends", "an earlier one gets it back", "one ends after another", "the same is told twice",
    ],
)  # fmt: skip
def test_what_has_ended_or_was_placed_before_takes_the_id_from_no_open_order(
    before: list[tuple[int, bool]], later: tuple[int, bool, bool], numbers: tuple[int, ...], ended: bool
) -> None:
    ids = IdHistory()
    for number, over in before:
        ids.remember(None, "BTCUSDT", "mine", number, None, ended=over, placed=True)
    number, over, placed = later
    ids.remember(None, "BTCUSDT", "mine", number, None, ended=over, placed=placed)
    bearers = ids.of(None, "BTCUSDT", "mine")
    assert bearers is not None
    assert (bearers.numbers, bearers.ended) == (numbers, ended)
    assert bearers.ended_with == {each for each, over in [*before, (number, over)] if over}


@pytest.mark.parametrize(
    ("number", "left", "placed", "numbers"),
    [
        (1, None, True, (1, 2)),
        (1, -1, True, (1, 2)),
        (1, 0, True, (2, 1)),
        (1, 1, True, (2, 1)),
        (1, -1, False, (2, 1)),
        (3, -1, True, (2, 3)),
    ],
    ids=["of no known time", "sent before", "sent at that moment", "sent later", "not placed with the id", "a greater number"],
)  # fmt: skip
@pytest.mark.parametrize("ended", [True, False])
def test_of_two_orders_placed_with_one_id_that_was_sent_before_the_other_was_known_the_lower_number_lost_it(
    number: int, left: int | None, placed: bool, numbers: tuple[int, ...], ended: bool
) -> None:
    ids = IdHistory()

    def remember() -> None:
        known_at = ids.moment()
        ids.remember(None, "BTCUSDT", "mine", 2, None, 77.0, ended=ended, placed=True)
        ids.moment()
        ids.remember(None, "BTCUSDT", "mine", number, None, None if left is None else known_at + left, placed=placed)

    at(1, remember)
    bearers = ids.of(None, "BTCUSDT", "mine")
    assert bearers is not None
    assert bearers.numbers == numbers
    assert (bearers.left_at, bearers.ended) == (77.0, ended) if numbers[-1] == 2 else (bearers.left_at != 77.0)


def test_of_a_replacement_that_gives_both_its_orders_one_id_only_the_new_one_was_placed_with_it() -> None:
    ids = IdHistory()
    old = Sight(None, "BTCUSDT", "mine", "mine", 7, status="CANCELED")
    ids.changed(None, [old, Sight(None, "BTCUSDT", "mine", None, 8, status="NEW")], "mine", 5.0)
    bearers = ids.of(None, "BTCUSDT", "mine")
    assert bearers is not None
    assert (bearers.numbers, bearers.left_at, bearers.ended_with) == ((7, 8), 5.0, frozenset({7}))
    assert [ids.placed_as("BTCUSDT", number, False) for number in (7, 8)] == [None, "mine"]
    ids.changed(None, [replace(old, id="gone", number=9)], "mine", 6.0)
    gone = ids.of(None, "BTCUSDT", "gone")
    assert gone is not None
    assert gone.left_at == -1.0


def test_an_order_without_a_number_is_not_remembered() -> None:
    ids = IdHistory()
    at(1, lambda: ids.remember(None, "BTCUSDT", "mine", None, Decimal(1)))
    assert ids.of(None, "BTCUSDT", "mine") is None


def test_the_same_id_on_another_symbol_is_another() -> None:
    ids = IdHistory()
    at(1, lambda: ids.remember(None, "BTCUSDT", "mine", 1, None))
    assert ids.of(None, "ETHUSDT", "mine") is None


@pytest.mark.parametrize(
    ("sent_after", "older", "younger"),
    [(-1, NONE, FIRST), (0, NONE, NONE), (1, FIRST, NONE)],
    ids=["before", "at the same reading of the clock", "after"],
)
def test_a_cancel_of_everything_tells_older_orders_from_younger(
    sent_after: float, older: frozenset[int], younger: frozenset[int]
) -> None:
    ids = IdHistory()
    told: list[Token] = []

    def remember_and_ask() -> None:
        now = ids.moment()
        ids.remember(None, "BTCUSDT", "mine", 1, None, now)
        ids.remember(None, "ETHUSDT", "other", 2, None, now)
        told.append(ids.tell_apart(EVERYTHING, now + sent_after))

    at(1, remember_and_ask)
    assert (told[0].others, told[0].younger) == (older, younger)


def test_what_this_process_saw_tells_nothing_of_a_cancel_of_everything_before_a_kill() -> None:
    ids = IdHistory()
    told: list[Token] = []

    def see_and_ask() -> None:
        now = asyncio.get_running_loop().time()
        ids.remember(None, "BTCUSDT", "seen", 1, None)
        told.append(ids.tell_apart(replace(EVERYTHING, recovered=True), now + 1))

    at(1, see_and_ask)
    assert (told[0].others, told[0].younger) == (NONE, NONE)


def test_ids_beyond_the_bound_are_forgotten_the_oldest_first_and_an_id_named_again_is_young() -> None:
    ids = IdHistory()

    def many() -> None:
        ids.remember(None, "BTCUSDT", "again", 1, None)
        ids.remember(None, "BTCUSDT", "old", 2, None)
        ids.remember(None, "BTCUSDT", "again", 3, None)
        for number in range(REMEMBERED + 511):
            assert ids.of(None, "BTCUSDT", "old") is not None
            ids.remember(None, "BTCUSDT", f"id{number}", number, None)

    at(1, many)
    assert ids.of(None, "BTCUSDT", "old") is None
    assert ids.of(None, "BTCUSDT", "id509") is None
    assert ids.of(None, "BTCUSDT", "id511") is not None
    assert len(ids._bearers) == REMEMBERED + 1


def test_of_an_order_the_least_quantity_is_known_that_was_told() -> None:
    ids = IdHistory()
    for quantity in (Decimal(2), None, Decimal(0), Decimal("1.5"), Decimal(3)):
        ids.told("BTCUSDT", 7, quantity)
    assert ids.quantity_of("BTCUSDT", 7) == Decimal("1.5")
    assert ids.quantity_of("BTCUSDT", 8) is None
    assert ids.quantity_of("ETHUSDT", 7) is None
    assert ids.quantity_of("BTCUSDT", None) is None


def test_a_number_that_another_request_got_is_no_evidence_for_this_one_nor_is_an_order_of_its_list() -> None:
    ids = IdHistory()
    ids.placed("BTCUSDT", 50, "first", listed=True)
    ids.placed("BTCUSDT", 7, "mine")
    second = Token("second", "BTCUSDT", TokenKind.LIST, legs=("mine", "other"))
    leg = Sight(None, "BTCUSDT", "mine", None, 7, list_number=50)
    assert ids.is_anothers(second, leg)
    assert not ids.is_anothers(replace(second, client_id="first"), leg)
    assert ids.is_anothers(second, Sight(None, "BTCUSDT", "second", None, 50, listed=True, list_number=50))
    assert not ids.is_anothers(second, replace(leg, list_number=51))
    assert not ids.is_anothers(replace(second, act=Act.CANCEL), leg)
    assert ids.is_anothers(Token("mine", "BTCUSDT"), leg)
    assert ids.lists_of("BTCUSDT", "first") == (50,)
    assert ids.lists_of("BTCUSDT", "second") == ()


LIST = Token("list", "BTCUSDT", TokenKind.LIST, legs=("a", "b"))
WHOLE = Sight(
    None, "BTCUSDT", "list", None, 50, listed=True, list_number=50, legs=("a", "b"), numbers=(7, 8), status="ALL_DONE"
)


@pytest.mark.parametrize("how", ["a change that was answered", "a cancel that was in doubt"])
@pytest.mark.parametrize("status", ["ALL_DONE", "EXECUTING"])
def test_of_a_list_that_a_cancel_ended_each_id_is_known_to_have_ended_with_it(how: str, status: str) -> None:
    ids, told = IdHistory(), replace(WHOLE, status=status)
    for _ in range(2):
        if how == "a change that was answered":
            ids.changed(None, [told, replace(told, number=None)])
        else:
            ids.proved(None, replace(LIST, act=Act.CANCEL), told)
    ended = (50,) if status == "ALL_DONE" else ()
    assert [ids.lists_ended("BTCUSDT", name) for name in ("list", "a", "b", "c")] == [ended, ended, ended, ()]
    for name, number in (("a", 7), ("b", 8)):
        bearers = ids.of(None, "BTCUSDT", name)
        assert (bearers is not None and bearers.ended and bearers.ended_with == {number}) is bool(ended)


@pytest.mark.parametrize(
    ("token", "list_number", "known"),
    [
        (LIST, 9, "list"),
        (LIST, 0, "list"),
        (LIST, -1, None),
        (Token("a", "BTCUSDT"), 9, None),
        (replace(LIST, act=Act.CANCEL), 9, None),
    ],
    ids=["of a list", "of the first list", "of none that is told", "an order", "a cancel"],
)
def test_an_order_that_proves_a_list_was_placed_tells_the_number_of_the_list(
    token: Token, list_number: int, known: str | None
) -> None:
    ids = IdHistory()
    ids.proved(None, token, Sight(None, "BTCUSDT", "a", None, 7, status="NEW", list_number=list_number))
    assert ids.placed_as("BTCUSDT", list_number, True) == known
    assert ids.placed_as("BTCUSDT", 7, False) == ("a" if token.act is Act.PLACE else None)


@pytest.mark.parametrize("how", ["an order", "a list"])
@pytest.mark.parametrize(("left_at", "younger"), [(5.0, True), (3.0, False), (None, False)])
def test_what_a_proof_shows_is_younger_than_a_cancel_of_everything_that_left_before_it(
    how: str, left_at: float | None, younger: bool
) -> None:
    ids, everything = IdHistory(), Token("all", "BTCUSDT", TokenKind.SYMBOL, Act.CANCEL)
    if how == "an order":
        ids.proved(None, Token("a", "BTCUSDT"), Sight(None, "BTCUSDT", "a", None, 7, status="NEW"), left_at)
    else:
        ids.proved(None, LIST, replace(WHOLE, status="EXECUTING"), left_at)
    numbers = {7} if how == "an order" else {7, 8}
    assert ids.tell_apart(everything, 4.0).younger == (numbers if younger else set())


def test_lists_beyond_the_bound_are_forgotten_the_oldest_first() -> None:
    ids = IdHistory()
    for number in range(REMEMBERED + 513):
        assert ids.lists_of("BTCUSDT", "id0") == ((0,) if number else ()), number
        assert ids.placed_as("BTCUSDT", 0, True) == ("id0" if number else None)
        ids.placed("BTCUSDT", number, f"id{number}", listed=True)
    known = [bool(ids.lists_of("BTCUSDT", f"id{number}")) for number in (0, 511, 512, REMEMBERED + 512)]
    assert known == [False, False, True, True]
    assert [ids.placed_as("BTCUSDT", number, True) for number in (511, 512)] == [None, "id512"]


def test_orders_beyond_the_bound_are_forgotten_the_oldest_first_and_what_tells_nothing_takes_no_place() -> None:
    ids = IdHistory()
    for number in range(REMEMBERED + 513):
        assert ids.quantity_of("BTCUSDT", 0) == (Decimal(1) if number else None)
        ids.told("BTCUSDT", number, Decimal(1))
        ids.told("BTCUSDT", 1_000_000 + number, None)
    known = [ids.quantity_of("BTCUSDT", number) for number in (0, 511, 512, REMEMBERED + 512)]
    assert known == [None, None, 1, 1]


def test_with_which_id_an_order_was_placed_is_known_by_its_number() -> None:
    ids = IdHistory()
    ids.placed("BTCUSDT", 7, "mine")
    ids.told("BTCUSDT", 7, Decimal(1))
    assert ids.placed_as("BTCUSDT", 7, False) == "mine"
    assert ids.placed_as("BTCUSDT", 7, True) is None, "no list has that number"


def test_what_had_an_id_under_other_keys_is_known_by_its_numbers() -> None:
    ids = IdHistory()
    assert ids.elsewhere(HMAC, "BTCUSDT", "mine") == frozenset()
    for key, number in ((HMAC, 7), (KEY, 8), (KEY, 9), (None, 10)):
        ids.remember(key, "BTCUSDT", "mine", number, None)
    ids.remember(KEY, "BTCUSDT", "other", 11, None)
    ids.remember(KEY, "ETHUSDT", "mine", 12, None)
    assert ids.elsewhere(HMAC, "BTCUSDT", "mine") == {8, 9, 10}
    assert ids.elsewhere(KEY, "BTCUSDT", "mine") == {7, 10}
    assert ids.elsewhere(HMAC, "BTCUSDT", "none") == frozenset()


def test_an_order_that_an_answer_shows_is_known_to_have_the_id_unless_a_later_one_is_known() -> None:
    ids, shown = IdHistory(), Sight(None, "BTCUSDT", "mine", None, 7, status="FILLED", quantity=Decimal(2))
    for sight in (replace(shown, number=None), replace(shown, id=None)):
        ids.seen(KEY, sight)
    assert ids.of(KEY, "BTCUSDT", "mine") is None
    ids.seen(KEY, shown)
    known = ids.of(KEY, "BTCUSDT", "mine")
    assert known is not None
    assert (known.numbers, known.ended_with, known.ended) == ((7,), frozenset({7}), True)
    assert ids.quantity_of("BTCUSDT", 7) == Decimal(2)
    ids.seen(KEY, replace(shown, number=9, status="NEW"))
    ids.seen(KEY, replace(shown, number=8))
    known = ids.of(KEY, "BTCUSDT", "mine")
    assert known is not None
    assert (known.numbers, known.ended) == ((7, 9), False), "a view that lags shows an earlier one"
