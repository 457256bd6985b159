"""What is seen that bears an id: in replies, answers and events, of requests under way, in doubt and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec import Raw

from binance_wsapi import Outcome, VenueError
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.models import Timestamp
from binance_wsapi.orders.fate.fence import Evidence, Verdict
from binance_wsapi.orders.fate.reply import Refusal, Said
from binance_wsapi.orders.fate.unresolved import SIGHTS_KEPT, Seen, UnderWay
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.endpoint import TimeUnit
from binance_wsapi.wire.order_calls import RENUMBERED_US, Act, Sight
from tests.orders.fate.watches import CANCELLED, NOW_MS, SYMBOL, Watch, live, numbers, sight
from tests.orders.journal.test_intent import make
from tests.simulation.house import HMAC, KEY

PLACE, CANCEL, REPLACE = SPOT_ORDERS.place, SPOT_ORDERS.cancel, SPOT_ORDERS.cancel_replace
OCO = SPOT_ORDERS.methods()["orderList.place.oco"]
MINE = Token("mine", SYMBOL)
NOWHERE: Any = None


def shows(watch: Watch, *sights: Sight) -> None:
    """Have every result tell these sights."""
    watch._calls = replace(SPOT_ORDERS, sights=lambda _result: sights)


def report(number: int = 7, name: str = "mine", former: str = "", made: int = 1) -> bytes:
    """Return the event of an order."""
    return json.dumps({
        "e": "executionReport", "E": 1, "s": SYMBOL, "c": name, "S": "BUY", "o": "LIMIT", "f": "GTC", "q": "1", "p": "1",
        "P": "0", "F": "0", "g": -1, "C": former, "x": "NEW", "X": "NEW", "r": "NONE", "i": number, "l": "0", "z": "0",
        "L": "0", "n": "0", "N": None, "T": 1, "t": -1, "I": 1, "w": True, "m": False, "M": False, "O": made, "Z": "0",
        "Y": "0", "Q": "0", "W": 1, "V": "NONE",
    }).encode()  # fmt: skip


def watched(watch: Watch, name: str = "mine", key: Any = None, token: Token | None = None) -> Verdict:
    """Have an id watched for that was called not placed."""
    verdict = Verdict(Outcome.NOT_PLACED, Evidence.FENCE, name)
    watch.watched.add(verdict, NOW_MS, key, SYMBOL, token)
    return verdict


BY: dict[str, Callable[[Watch], None]] = {
    "an event": lambda watch: watch.on_event(NOWHERE, None, report()),
    "an answer": lambda watch: watch.told("an answer", None),
    "an answer about another": lambda watch: watch.answered([sight()], None, "other"),
}


@pytest.mark.parametrize("how", BY)
@pytest.mark.parametrize("matters", ["under way", "in doubt", "watched for"])
def test_what_bears_an_id_that_matters_is_seen_by_each_way(how: str, matters: str) -> None:
    watch = Watch()
    if how != "an event":
        shows(watch, sight(8, "another"), sight())
    call = watch.call(PLACE, "mine", fresh=["mine"]) if matters == "under way" else None
    intent = watch.doubted(MINE) if matters == "in doubt" else None
    if matters == "watched for":
        watched(watch)
    BY[how](watch)
    assert call is None or numbers(call) == [[7]]
    assert intent is None or intent.doubts[0].number == 7
    assert watch.late() == (["mine"] if matters == "watched for" else [])


@pytest.mark.parametrize("how", BY)
def test_what_bears_another_id_is_not_seen(how: str) -> None:
    watch = Watch()
    shows(watch, sight(8, "another"))
    call, intent = watch.call(PLACE, "own", fresh=["own"]), watch.doubted(Token("doubted", SYMBOL))
    watched(watch, "lost")
    BY[how](watch)
    assert (numbers(call), intent.doubts[0].verdict, watch.late()) == ([], None, [])


def test_an_answer_that_nothing_is_waited_for_is_not_read() -> None:
    watch = Watch()
    watch._calls = NOWHERE
    watch.told("an answer", None)
    watch.on_event(NOWHERE, None, b"no event")
    assert watch.late() == []


def test_an_event_that_names_no_ids_shows_nothing() -> None:
    watch = Watch()
    call = watch.call(PLACE, "mine", fresh=["mine"])
    watch.on_event(NOWHERE, None, b'{"e": "balanceUpdate", "a": "mine"}')
    assert numbers(call) == []


@pytest.mark.parametrize(("unit", "made_ms"), [(TimeUnit.MILLISECOND, 7_000), (TimeUnit.MICROSECOND, 7)])
def test_the_times_of_an_event_are_read_in_the_unit_of_the_session(unit: TimeUnit, made_ms: float) -> None:
    watch = Watch(time_unit=unit)
    call = watch.call(PLACE, "mine", fresh=["mine"])
    watch.on_event(NOWHERE, None, report(made=7_000))
    ((seen,),) = [each.sights() for each in live(call).seen]
    assert seen.made_ms == made_ms


def test_the_last_sights_of_an_id_under_way_are_kept_and_those_under_another_key_while_there_is_room() -> None:
    watch = Watch()
    call, other = watch.call(PLACE, "mine", key=HMAC), watch.call(PLACE, "mine", key=KEY)
    for number in range(SIGHTS_KEPT + 2):
        watch._bears("mine", Seen(Evidence.QUERY, partial(list, (sight(number),)), HMAC, SYMBOL))
    assert numbers(call) == [[number] for number in range(2, SIGHTS_KEPT + 2)]
    assert numbers(other) == [[number] for number in range(SIGHTS_KEPT)], "they push out nothing of its own account"


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("change", [True, False])
def test_the_number_of_what_is_seen_is_noted_while_a_change_may_take_its_id(recorded: bool, change: bool) -> None:
    noted: list[int] = []
    journal: Any = SimpleNamespace(mark_seen=lambda _record, number: noted.append(number))
    watch = Watch(cast("Journal", journal))
    call = watch.call(PLACE, "mine")
    live(call).record = make("mine") if recorded else None
    if change:
        watch.call(CANCEL, "gone", orderId=7)
    watch.on_event(NOWHERE, None, report())
    assert noted == ([7] if recorded and change else [])


def test_what_turned_up_is_told_for_the_account_it_is_of() -> None:
    """Of an id that a user named: another account may have it, too."""
    watch, token = Watch(), Token("mine", SYMBOL, fresh=False)
    watched(watch, key=KEY, token=token)
    verdict = watched(watch, key=HMAC, token=token)
    seen = [sight(name="another"), sight(made_ms=NOW_MS)]
    watch._bears("mine", Seen(Evidence.EVENT, lambda: seen, HMAC, SYMBOL))
    assert [(each.verdict, each.order) for each in watch.told_late] == [(verdict, "an order")]


def test_what_turned_up_is_told_under_any_key_where_nothing_else_can_bear_its_id() -> None:
    """An account may have several keys."""
    watch = Watch()
    verdict = watched(watch, key=KEY)
    watch._bears("mine", Seen(Evidence.EVENT, lambda: [sight()], HMAC, SYMBOL))
    assert [each.verdict for each in watch.told_late] == [verdict]


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("under_way", [True, False])
def test_what_bears_an_id_in_doubt_under_another_key_is_proof_or_is_asked_about_by_its_number(
    fresh: bool, under_way: bool
) -> None:
    watch, seen = Watch(), Seen(Evidence.EVENT, lambda: [sight(made_ms=NOW_MS)], KEY, SYMBOL)
    call = watch.call(PLACE, "mine", key=HMAC)
    if under_way:
        watch._bears("mine", seen)
    (doubt,) = watch.doubted(Token("mine", SYMBOL, fresh=fresh), call=call, key=HMAC).doubts
    if not under_way:
        watch._bears("mine", seen)
    assert (doubt.verdict is not None) is fresh
    assert doubt.candidates == (set() if fresh else {7})


def test_what_proves_nothing_of_an_id_that_is_watched_for_is_not_told() -> None:
    watch = Watch()
    watched(watch)
    watch._bears("mine", Seen(Evidence.EVENT, lambda: [sight(name="another")], None, SYMBOL))
    assert watch.late() == []


# --------------------------------------------------------------------------- a change that was answered


async def test_what_a_change_renamed_is_seen_under_its_former_id_and_not_under_the_ids_of_the_change() -> None:
    watch = Watch()
    first = watch.call(PLACE, "mine", fresh=["mine"])
    cancel = watch.call(CANCEL, "gone", fresh=["gone"], origClientOrderId="mine")
    shows(watch, sight(7, "gone", "mine", status="CANCELED", quantity=Decimal(5)))
    watch.replied(cancel, "the reply", None)
    assert numbers(first) == [[7]]
    assert numbers(cancel) == []
    assert cancel.change is not None
    assert cancel.change.over
    assert watch.history.quantity_of(SYMBOL, 7) == 5


def test_what_places_orders_is_no_change_and_renames_nothing() -> None:
    watch = Watch()
    watch._calls = NOWHERE
    watch.replied(UnderWay(("mine",), (), (), None), "the reply", None)
    assert watch.history.of(None, SYMBOL, "mine") is None


@pytest.mark.parametrize(
    ("shown", "ended"),
    [
        (sight(7, "gone", status="CANCELED"), True),
        (sight(7, "gone", status="NEW"), False),
        (sight(7, "gone", status=None), False),
        (sight(7, "gone", listed=True, status="ALL_DONE"), None),
        (sight(7, "", status="CANCELED"), None),
    ],
)
async def test_the_id_that_a_change_gave_is_remembered_with_its_order_and_whether_that_has_ended(
    shown: Sight, ended: bool | None
) -> None:
    watch = Watch()
    cancel = watch.call(CANCEL, "gone", fresh=["gone"], orderId=7)
    shows(watch, shown)
    watch.replied(cancel, "the reply", None)
    bearers = watch.history.of(None, SYMBOL, shown.id or "")
    assert (None if bearers is None else bearers.ended) is ended
    assert bearers is None or bearers.numbers == (7,)


@pytest.mark.parametrize("told", [True, False])
async def test_a_change_that_does_not_tell_what_it_renamed_is_noted_of_all_that_may_have_been(told: bool) -> None:
    noted: list[str] = []
    journal: Any = SimpleNamespace(mark_hidden=lambda record: noted.append(record.intent_id), mark_seen=lambda *_: None)
    watch = Watch(cast("Journal", journal))
    live(watch.call(PLACE, "mine", fresh=["mine"])).record = make("under way")
    watch.doubted(MINE).record = make("in doubt")
    cancel = watch.call(CANCEL, "gone", fresh=["gone"], orderId=7)
    assert cancel.change is not None
    watch.changed(cancel.change, [sight(7, "gone", "mine", status="CANCELED")] if told else [])
    assert sorted(noted) == ([] if told else ["in doubt", "under way"])


# --------------------------------------------------------------------------- a request that becomes a doubt, and ends


def test_what_was_seen_under_way_counts_when_a_doubt_arises() -> None:
    watch = Watch()
    call = watch.call(PLACE, "mine", fresh=["mine"])
    live(call).seen = (Seen(Evidence.EVENT, lambda: [sight()], None, SYMBOL),)
    verdict = watched(watch)
    intent = watch.doubted(MINE, call=call)
    (doubt,) = intent.doubts
    assert doubt.verdict is not None
    assert (doubt.verdict.outcome, doubt.verdict.evidence, doubt.number) == (Outcome.ACCEPTED, Evidence.EVENT, 7)
    assert intent.wake.is_set()
    assert [each.verdict for each in watch.told_late] == [verdict]


LIST = Token("list", SYMBOL, TokenKind.LIST, legs=("a", "b"))


def test_a_list_in_doubt_is_one_request_under_all_its_ids_until_it_is_forgotten() -> None:
    watch = Watch()
    intent, other = watch.doubted(LIST), watch.doubted(Token("a", SYMBOL))
    assert watch.in_doubt == [intent, other]
    watch.forget(intent)
    assert watch.in_doubt == [other]
    watch.forget(other)
    assert watch.in_doubt == []
    shows(watch, sight(7, "a"))
    watch.told("an answer", None)
    assert [each.doubts[0].verdict for each in (intent, other)] == [None, None]


@pytest.mark.parametrize("outcome", [None, *Outcome])
@pytest.mark.parametrize("contradicted", [True, False])
def test_a_request_that_ends_is_watched_for_where_it_was_not_placed_and_leaves_its_ids_unsure_where_it_is_undecided(
    outcome: Outcome | None, contradicted: bool
) -> None:
    watch = Watch()
    for name in ("list", "a", "b"):
        watch.history.remember(None, SYMBOL, name, 5, None)
    intent = watch.doubted(LIST)
    intent.doubts[0].contradicted = contradicted
    intent.doubts[0].verdict = None if outcome is None else Verdict(outcome, Evidence.QUERY, "list")
    watch.forget(intent)
    assert list(watch.watched.ids) == (["list"] if outcome is Outcome.NOT_PLACED and not contradicted else [])
    bearers = [watch.history.of(None, SYMBOL, name) for name in ("list", "a", "b")]
    assert [each is not None and each.unsure for each in bearers] == [outcome is Outcome.UNDECIDED] * 3


def test_what_was_watched_for_long_enough_is_forgotten_when_a_doubt_ends() -> None:
    watch = Watch()
    watch.watched.add(Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "old"), NOW_MS - 1_001, None, SYMBOL)
    watch.forget(watch.doubted(MINE))
    assert not watch.watched.ids


def test_a_late_reply_to_a_request_whose_doubt_has_ended_is_told_and_is_no_answer_to_the_search() -> None:
    watch = Watch()
    intent = watch.doubted(MINE)
    intent.request = {"symbol": SYMBOL, "side": "BUY", "newClientOrderId": "mine"}
    intent.doubts[0].verdict = Verdict(Outcome.REJECTED, Evidence.REPLY, "mine")
    watch.forget(intent)
    placed = {"symbol": SYMBOL, "orderId": 7, "orderListId": -1, "clientOrderId": "mine", "transactTime": 1}
    watch.on_late_reply("r", Envelope(status=200, result=Raw(json.dumps(placed).encode())))
    assert watch.late() == ["mine"]
    assert intent.answer is None


def test_a_late_reply_shows_what_it_tells_of_other_ids_that_matter() -> None:
    watch = Watch()
    first = watch.call(PLACE, "mine", fresh=["mine"])
    intent = watch.doubted(Token("gone", SYMBOL, act=Act.CANCEL, former="mine"), endpoint=CANCEL)
    watch.on_late_reply("r", Envelope(status=200, result=Raw(json.dumps(CANCELLED).encode())))
    assert intent.doubts[0].verdict is not None
    assert numbers(first) == [[7]]


def test_a_late_reply_to_a_cancel_of_everything_tells_the_ids_that_the_venue_chose() -> None:
    watch = Watch()
    watch.doubted(Token("all", SYMBOL, TokenKind.SYMBOL, Act.CANCEL), endpoint=SPOT_ORDERS.cancel_all)
    watch.on_late_reply("r", Envelope(status=200, result=Raw(json.dumps([CANCELLED]).encode())))
    bearers = watch.history.of(None, SYMBOL, "gone")
    assert bearers is not None
    assert (bearers.numbers, bearers.ended) == ((7,), True)


@pytest.mark.parametrize("fresh", [True, False])
def test_the_engines_refusal_of_an_id_ends_a_doubt_where_no_other_request_can_bear_it(fresh: bool) -> None:
    watch = Watch()
    intent = watch.doubted(Token("mine", SYMBOL, fresh=fresh))
    watch._bears("mine", Seen(Evidence.EVENT, lambda: [sight(None, refusal=WHY, status="REJECTED")], None, SYMBOL))
    verdict = intent.doubts[0].verdict
    assert (None if verdict is None else verdict.outcome) is (Outcome.REJECTED if fresh else None)


# --------------------------------------------------------------------------- a reply in time: placed


@pytest.mark.parametrize(("status", "ended"), [("NEW", False), ("FILLED", True), (None, False)])
def test_an_order_that_was_placed_is_remembered_with_its_id(status: str | None, ended: bool) -> None:
    watch = Watch()
    watch.placed(watch.call(PLACE, "mine"), SimpleNamespace(), 1.0)
    assert watch.history.of(None, SYMBOL, "mine") is None
    told = {"order_id": 7, "orig_qty": Decimal(5)} | ({} if status is None else {"status": status})
    watch.placed(watch.call(PLACE, "mine"), SimpleNamespace(**told), 1.0)
    bearers = watch.history.of(None, SYMBOL, "mine")
    assert bearers is not None
    assert (bearers.numbers, bearers.ended, bearers.left_at) == ((7,), ended, 1.0)
    assert watch.history.quantity_of(SYMBOL, 7) == 5
    assert watch.history.placed_as(SYMBOL, 7, False) == "mine"


def test_an_order_of_its_number_that_was_made_later_may_be_another() -> None:
    watch, at = Watch(), Timestamp(1_900_000_000_000)
    watch.placed(watch.call(PLACE, "mine"), SimpleNamespace(order_id=7, transact_time=at), 1.0)
    later = Sight(None, SYMBOL, "mine", None, 7, made_ms=int(at) + RENUMBERED_US / 1000)
    assert not watch.history.given_again(SYMBOL, later)
    assert watch.history.given_again(SYMBOL, replace(later, made_ms=(later.made_ms or 0) + 1))


def test_an_order_that_was_placed_is_another_to_a_doubt_about_its_id() -> None:
    watch = Watch()
    (doubt,) = watch.doubted(MINE).doubts
    watch.placed(watch.call(PLACE, "mine"), SimpleNamespace(order_id=7), 1.0)
    assert (doubt.token.others, doubt.token.younger) == (frozenset({7}), frozenset({7}))


def test_a_list_that_was_placed_is_another_to_a_doubt_about_its_id_and_so_are_its_orders() -> None:
    watch = Watch()
    listed, order = watch.doubted(LIST).doubts[0], watch.doubted(Token("a", SYMBOL)).doubts[0]
    shows(watch, Sight(None, SYMBOL, "list", None, 9, listed=True, legs=("a", "b"), numbers=(1, 2)))
    watch.list_placed(watch.call(OCO, "list", "a", "b"), "the reply", 1.0)
    assert (listed.token.others, listed.token.leg_others) == (frozenset({9}), frozenset({1, 2}))
    assert order.token.others == frozenset({1})
    assert watch.history.lists_of(SYMBOL, "list") == (9,)


# --------------------------------------------------------------------------- a reply in time: refused


REFUSED, DONE, UNSAID = Said(Outcome.REJECTED), Said(Outcome.ACCEPTED, "done"), Said(None)
WHY = VenueError(400, -2010, "Account has insufficient balance for requested action.")


class Refusing(Watch):
    """A watch of which it is written down what it keeps of refused requests."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Any] = []
        self._late_replies = cast("Any", SimpleNamespace(refused=lambda *told: self.kept.append(told)))

    def refuse(self, call: UnderWay, endpoint: Any, *said: Said) -> list[str]:
        """Have a call refused; return the ids that are watched for."""
        self.refused(call, endpoint, {"a": "request"}, "r", Refusal(WHY, said))
        return list(self.watched.ids)


def verdict_on(name: str) -> Verdict:
    """Return the verdict on what was refused."""
    return Verdict(Outcome.REJECTED, Evidence.REPLY, name, None, WHY, NOW_MS)


@pytest.mark.parametrize(
    ("fresh", "contested_ms", "is_watched"), [(True, None, True), (False, None, False), (True, ALWAYS, False)]
)
def test_an_order_that_was_refused_is_watched_for_where_nothing_else_can_bear_its_id(
    fresh: bool, contested_ms: float | None, is_watched: bool
) -> None:
    watch = Refusing()
    call = watch.call(PLACE, "mine", fresh=["mine"] if fresh else [], key=KEY)
    live(call).contested_ms = contested_ms
    assert watch.refuse(call, PLACE, REFUSED) == (["mine"] if is_watched else [])
    names = ("mine",) if is_watched else ()
    assert watch.kept == [(PLACE, {"a": "request"}, "r", (verdict_on("mine"),), names, KEY)]
    if is_watched:
        ((each,),) = watch.watched.ids.values()
        assert (each.verdict, each.key, each.token) == (verdict_on("mine"), KEY, MINE)


def test_what_was_seen_of_an_order_before_it_was_refused_is_told() -> None:
    watch = Refusing()
    call = watch.call(PLACE, "mine", fresh=["mine"])
    live(call).seen = (Seen(Evidence.EVENT, lambda: [sight()], None, SYMBOL),)
    watch.refuse(call, PLACE, REFUSED)
    assert watch.late() == ["mine"]


@pytest.mark.parametrize(
    ("said", "verdicts", "names"),
    [
        ((REFUSED, REFUSED), ["gone", "mine"], ["mine"]),
        ((DONE, REFUSED), [None, "mine"], ["mine"]),
        ((REFUSED, DONE), ["gone", None], []),
    ],
)
def test_of_a_cancel_replace_each_half_that_was_refused_has_a_verdict_and_the_new_order_is_watched_for(
    said: tuple[Said, Said], verdicts: list[str | None], names: list[str]
) -> None:
    watch = Refusing()
    call = watch.call(REPLACE, "gone", "mine", fresh=["gone", "mine"], cancelOrderId=7, key=KEY)
    assert watch.refuse(call, REPLACE, *said) == names
    ((*_, kept, watched_for, key),) = watch.kept
    assert kept == tuple(None if each is None else verdict_on(each) for each in verdicts)
    assert (list(watched_for), key) == (names, KEY)


def test_of_a_refused_cancel_or_list_its_verdict_is_kept_and_nothing_is_watched_for() -> None:
    watch = Refusing()
    assert watch.refuse(watch.call(CANCEL, "gone", fresh=["gone"], orderId=7), CANCEL, REFUSED) == []
    assert watch.refuse(watch.call(OCO, "list", "a", "b", fresh=["list", "a", "b"]), OCO, REFUSED) == []
    assert [verdicts for _, _, _, verdicts, _, _ in watch.kept] == [(verdict_on("gone"),), (verdict_on("list"),)]


def test_of_a_refused_cancel_of_everything_which_bears_no_id_its_verdict_is_kept_without_one() -> None:
    watch = Refusing()
    call = watch.call(SPOT_ORDERS.cancel_all, key=KEY)
    assert watch.refuse(call, SPOT_ORDERS.cancel_all, REFUSED) == []
    ((*_, verdicts, names, key),) = watch.kept
    assert (verdicts, names, key) == ((verdict_on(""),), (), None)


def test_of_what_was_not_refused_nothing_is_kept() -> None:
    watch = Refusing()
    assert watch.refuse(watch.call(PLACE, "mine", fresh=["mine"]), PLACE, UNSAID) == []
    assert watch.kept == []


@pytest.mark.parametrize(
    ("shown", "known"),
    [
        (sight(), True),
        (sight(name="another"), False),
        (sight(listed=True), False),
        (sight(amendment=True), False),
    ],
    ids=["the id", "another id", "a list", "an amendment"],
)
def test_an_order_that_an_answer_shows_with_the_id_is_no_work_of_a_request_that_names_it_later(
    shown: Sight, known: bool
) -> None:
    watch = Watch()
    watch.answered([shown], HMAC, "mine")
    assert live(watch.call(PLACE, "mine", key=HMAC)).others == ({7} if known else set())
