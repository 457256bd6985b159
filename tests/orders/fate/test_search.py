"""The search for what became of a request: when it asks, what it waits for, and what it leaves when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import Outcome
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.fence import Evidence, Verdict
from binance_wsapi.orders.fate.unresolved import Held, Unresolved
from binance_wsapi.orders.ids.renames import Change
from binance_wsapi.orders.ids.token import Token
from tests.orders.fate.searches import ALL, BEGAN, GONE, MINE, Search, doubted, journal
from tests.orders.fate.watches import SYMBOL, numbers, sight
from tests.orders.journal.test_intent import make
from tests.simulation.house import HMAC
from tests.simulation.loop import VirtualLoop, run

# --------------------------------------------------------------------------- it asks


def searched(search: Search, intent: Unresolved, meanwhile: Callable[[VirtualLoop], Any] | None = None) -> Any:
    """Run a search to its end, with what happens meanwhile; return the verdict."""

    async def main(loop: VirtualLoop) -> None:
        search.begin(intent)
        if meanwhile is not None:
            await meanwhile(loop)
        assert intent.task is not None
        found.append(await intent.task)
        for each in search.tasks:
            each.cancel()

    found: list[Any] = []
    run(main)
    return found[0]


def test_a_question_is_asked_when_it_is_due() -> None:
    search = Search(verdicts={"mine": Outcome.ACCEPTED})
    verdict = searched(search, doubted(MINE, since=BEGAN + 500))
    assert search.asked == [(BEGAN + 500.1, "mine")]
    assert verdict.outcome is Outcome.ACCEPTED


def test_the_part_that_is_due_first_is_asked_about_until_each_has_its_verdict() -> None:
    search = Search(verdicts={"mine": Outcome.NOT_PLACED, "gone": Outcome.ACCEPTED})
    intent = doubted(GONE, MINE, since=BEGAN + 500)
    intent.doubts[0]._next_at = BEGAN + 503
    verdict = searched(search, intent)
    assert search.asked == [(BEGAN + 500.1, "mine"), (BEGAN + 503, "gone")]
    assert [each.outcome for each in verdict.parts] == [Outcome.ACCEPTED, Outcome.NOT_PLACED]


def test_a_change_that_was_made_is_over_while_the_other_part_is_still_in_doubt() -> None:
    search, change = Search(verdicts={"gone": Outcome.REJECTED, "mine": Outcome.ACCEPTED}), Change(SYMBOL, None)
    intent = doubted(GONE, MINE, since=BEGAN + 500, change=change)
    intent.doubts[1]._next_at = BEGAN + 503

    async def meanwhile(loop: VirtualLoop) -> None:
        await asyncio.sleep(501)
        assert change.over
        assert not intent.settled

    searched(search, intent, meanwhile)


def test_what_passes_by_ends_the_search_at_once_and_what_says_nothing_does_not_hurry_it() -> None:
    search, intent = Search(), doubted(MINE, since=BEGAN + 500)

    async def meanwhile(loop: VirtualLoop) -> None:
        await asyncio.sleep(0)
        intent.wake.set()
        await asyncio.sleep(100)
        assert search.asked == []
        intent.doubts[0].seen("an order", Evidence.EVENT, 1.0)
        intent.wake.set()
        await asyncio.sleep(0.001)
        assert intent.task is not None
        assert intent.task.done()

    assert searched(search, intent, meanwhile).order == "an order"


def test_a_part_that_waits_for_a_change_is_not_asked_about_until_that_is_over_and_the_others_are() -> None:
    search, change = Search(verdicts={"mine": Outcome.ACCEPTED, "gone": Outcome.ACCEPTED}), Change(SYMBOL, None)
    intent = doubted(GONE, MINE, since=BEGAN + 500)
    intent.held = Held(intent.doubts[0], [change])

    async def meanwhile(loop: VirtualLoop) -> None:
        await asyncio.sleep(700)
        assert search.asked == [(BEGAN + 500.1, "mine")]
        change.over = True
        intent.wake.set()

    searched(search, intent, meanwhile)
    assert [name for _, name in search.asked] == ["mine", "gone"]


async def test_the_next_part_is_one_without_a_verdict_that_waits_for_nothing() -> None:
    loop = asyncio.get_running_loop()
    intent = doubted(GONE, MINE, since=loop.time() + 50)
    assert Search._next(intent)[0] is intent.doubts[0]
    intent.held = Held(intent.doubts[0], [])
    doubt, pause = Search._next(intent)
    assert doubt is intent.doubts[1]
    assert pause == pytest.approx(50.1, abs=5)
    intent.doubts[1].seen("an order", Evidence.EVENT, 1.0)
    assert Search._next(intent)[0] is None
    intent.held = None
    assert Search._next(intent)[0] is intent.doubts[0]


# --------------------------------------------------------------------------- it ends


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.REJECTED, Outcome.NOT_PLACED, Outcome.UNDECIDED])
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("has_journal", [True, False])
def test_a_verdict_is_written_down_unless_a_person_has_to_look(
    outcome: Outcome, recorded: bool, has_journal: bool
) -> None:
    told: list[tuple[str, str]] = []
    search = Search(verdicts={"mine": outcome}, journal=journal(told) if has_journal else None)
    searched(search, doubted(MINE, record=make("r") if recorded else None))
    written = has_journal and recorded and outcome is not Outcome.UNDECIDED
    assert told == ([(outcome.value, make("r").intent_id)] if written else [])


@pytest.mark.parametrize(
    ("outcomes", "again"),
    [
        ((Outcome.ACCEPTED, Outcome.ACCEPTED), False),
        ((Outcome.REJECTED, Outcome.UNDECIDED), False),
        ((Outcome.ACCEPTED, Outcome.NOT_PLACED), True),
        ((Outcome.NOT_PLACED, Outcome.NOT_PLACED), True),
    ],
)
@pytest.mark.parametrize("closed", [True, False])
def test_what_was_not_placed_is_looked_for_once_more(
    outcomes: tuple[Outcome, Outcome], again: bool, closed: bool
) -> None:
    search = Search(verdicts=dict(zip(("gone", "mine"), outcomes, strict=True)))
    intent, looks = doubted(GONE, MINE), []

    async def main(loop: VirtualLoop) -> None:
        search.begin(intent)
        search.closed = closed
        assert intent.task is not None
        await intent.task
        looks.extend(search.tasks)
        for each in search.tasks:
            each.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert search.tasks == []

    run(main)
    assert len(looks) == (again and not closed)


def test_a_cancel_of_everything_is_looked_for_no_more() -> None:
    search = Search()

    async def main(loop: VirtualLoop) -> None:
        search._look_again(doubted(ALL))
        assert search.tasks == []

    run(main)


@pytest.mark.parametrize("outcome", [Outcome.NOT_PLACED, Outcome.UNDECIDED])
def test_a_change_that_the_last_question_shows_was_not_made_hides_nothing(outcome: Outcome) -> None:
    change, search = Change(SYMBOL, HMAC, number=7), Search(verdicts={"gone": outcome})
    search.watch.renames.begin(change)
    searched(search, doubted(GONE, since=BEGAN + 500, change=change))
    assert change.over
    assert search.watch.renames.hid(MINE, BEGAN) is (outcome is Outcome.UNDECIDED)


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_search_that_ends_ends_its_change_and_is_in_doubt_no_more(cancelled: bool) -> None:
    change = Change(SYMBOL, HMAC, number=7)
    search = Search(verdicts={} if cancelled else {"gone": Outcome.ACCEPTED})
    search.watch.renames.begin(change)

    async def main(loop: VirtualLoop) -> None:
        intent = doubted(GONE, endpoint=SPOT_ORDERS.cancel, change=change)
        search.watch.doubt(intent)
        search.begin(intent)
        assert intent.task is not None
        await asyncio.sleep(1)
        if cancelled:
            intent.task.cancel()
        await asyncio.wait([intent.task])
        assert (change.over, search.watch.in_doubt) == (True, [])
        assert search.watch.renames.hid(MINE, 0.0), "it may have taken the id of any order"

    run(main)


class Ended(Search):
    """A search of which it is written down what it tells of a change that is over."""

    def __init__(self) -> None:
        super().__init__()
        self.did: list[Any] = []
        self._calls = cast("Any", SimpleNamespace(sights=lambda order: ("sights of", order)))
        self._id_watch = cast(
            "Any",
            SimpleNamespace(
                sighted=lambda *told: self.did.append(("sighted", *told)),
                changed=lambda _change, sights: self.did.append(("changed", sights)),
                renames=SimpleNamespace(end=lambda _change: self.did.append("ended")),
            ),
        )

    def end(self, token: Token, verdict: Verdict | None, change: Change | None) -> list[Any]:
        """End the first part of a request with this verdict; the second has another."""
        intent = doubted(token, MINE, change=change)
        intent.doubts[0].verdict = verdict
        intent.doubts[1].verdict = None if verdict is not None else Verdict(Outcome.REJECTED, Evidence.REPLY, "mine")
        self._change_is_over(intent)
        return self.did


def executed(order: Any, evidence: Evidence = Evidence.REPLY) -> Verdict:
    """Return the verdict that this shows that a request was executed."""
    return Verdict(Outcome.ACCEPTED, evidence, "gone", order)


@pytest.mark.parametrize("former", ["old", ""])
def test_of_a_change_that_was_executed_what_shows_it_bore_the_former_id(former: str) -> None:
    did = Ended().end(GONE, executed("an order"), Change(SYMBOL, HMAC, former))
    seen = [("sighted", "old", "an order", Evidence.REPLY, HMAC, SYMBOL)] if former else []
    assert did == [*seen, ("changed", ("sights of", "an order"))]


@pytest.mark.parametrize("evidence", [Evidence.REPLY, Evidence.QUERY])
@pytest.mark.parametrize("order", [["open"], "an order"])
def test_of_a_cancel_of_everything_only_its_reply_tells_what_was_changed(order: Any, evidence: Evidence) -> None:
    """The orders that are open by the answer to a question are those that it did not change."""
    did = Ended().end(ALL, executed(order, evidence), Change(SYMBOL, HMAC))
    tells = isinstance(order, list) and evidence is Evidence.REPLY
    assert did == [("changed", ("sights of", order) if tells else ())]


def test_of_a_change_that_may_have_been_executed_nothing_is_told_and_what_was_not_is_over() -> None:
    change = Change(SYMBOL, HMAC, "old")
    assert Ended().end(GONE, Verdict(Outcome.UNDECIDED, Evidence.QUERY, "gone"), change) == [("changed", ())]
    for outcome in (Outcome.REJECTED, Outcome.NOT_PLACED):
        assert Ended().end(GONE, Verdict(outcome, Evidence.FENCE, "gone"), change) == ["ended"]


def test_a_change_is_over_once_and_not_before_its_part_has_a_verdict() -> None:
    change = Change(SYMBOL, HMAC, "old")
    assert Ended().end(GONE, None, change) == []
    assert Ended().end(GONE, executed("an order"), None) == []
    change.over = True
    assert Ended().end(GONE, executed("an order"), change) == []


def test_what_a_change_in_doubt_shows_of_an_order_under_way_is_seen_when_the_change_is_over() -> None:
    search = Search()
    first = search.watch.call(SPOT_ORDERS.place, "old", fresh=["old"])
    search._calls = search.watch._calls = replace(SPOT_ORDERS, sights=lambda _order: [sight(7, "gone", "old")])

    async def main(loop: VirtualLoop) -> None:
        intent = doubted(GONE, change=Change(SYMBOL, HMAC, "old"))
        intent.doubts[0].verdict = executed("an order")
        search._change_is_over(intent)

    run(main)
    assert numbers(first) == [[7]]
