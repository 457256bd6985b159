"""Repairs that are long, are disturbed, or start from little: nothing is lost, and nothing is said too early."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import Gap, Repaired, Settings
from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.limits.events import LimitState
from binance_wsapi.models import ExecutionReport, UnknownEvent
from binance_wsapi.simulator.faults.faults import Delay, Refuse
from binance_wsapi.simulator.venue.listing import LISTINGS, listing
from binance_wsapi.user_data import subscription
from binance_wsapi.user_data.repair import Repair
from binance_wsapi.user_data.spot import questions
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.snapshot import Look
from binance_wsapi.user_data.symbols import Symbols
from tests.simulation.house import SYMBOL, requests
from tests.simulation.loop import VirtualLoop, run
from tests.user_data.test_gaps import Desk, play, truth_holds
from tests.user_data.test_repair_cost import many
from tests.user_data.truth import fills_told, judge_cache, repairs


def sell(desk: Desk, trades: int) -> None:
    """Let another account sell into the resting order of the desk, in so many trades."""
    desk.exchange.quote(SYMBOL, bids=[("50000.00", "50")], asks=[*[("59999.00", "0.001")] * trades, ("60010.00", "50")])


def selling(desk: Desk, trades: int) -> Callable[[], Awaitable[Any]]:
    async def happens() -> None:
        sell(desk, trades)

    return happens


@pytest.mark.parametrize("pages", [1, 2, 20])
def test_more_trades_than_one_look_takes_in_are_all_told_before_the_stream_is_called_repaired(
    pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "PAGES", pages)
    monkeypatch.setattr(questions, "PAGE", 100)

    async def test(desk: Desk) -> None:
        await desk.rest(quantity="3")
        await asyncio.sleep(8)
        await desk.away(selling(desk, 250))
        await asyncio.sleep(120)
        place = desk.items.index(repairs(desk.items)[0])
        assert len(fills_told(desk.items[:place])) == 250
        assert not [item for item in desk.items if isinstance(item, Gap)]
        assert desk.items[place].recovered >= 250  # type: ignore[union-attr]
        truth_holds(desk)

    play(test)


async def test_a_look_that_ends_between_the_rows_of_a_self_trade_leaves_both_to_the_next() -> None:
    numbers = [(number, order) for number in range(1, 9) for order in (1, 2)]
    trades = [SimpleNamespace(id=number, order_id=order) for number, order in numbers[:-1]]

    async def rows(_look: Look, _endpoint: Any, params: dict[str, Any]) -> tuple[list[Any], bool]:
        page = [trade for trade in trades if trade.id >= params.get("fromId", 0)][:5]
        return page, len(page) == 5

    asking = questions.SpotQuestions.__new__(questions.SpotQuestions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "_rows", rows, raising=False)
        patch.setattr(asking, "_calls", SimpleNamespace(trades=None), raising=False)
        patch.setattr(questions, "PAGES", 3)
        look = Look(0.0, 10**12)
        found = await asking._trades(AccountMerge(0, 6.0), look, SYMBOL)
    assert look.more == {SYMBOL}
    assert [(each.id, each.order_id) for each in found][-2:] == [(6, 1), (6, 2)]


def test_an_order_of_more_fills_than_a_page_is_counted_whole_when_one_more_is_lost() -> None:
    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="3")
        sell(desk, 1_100)
        await asyncio.sleep(1)
        desk.exchange.faults.lose_events("executionReport", 1)
        sell(desk, 2)
        await asyncio.sleep(30)
        assert not [item for item in desk.items if isinstance(item, Gap)]
        assert sum(each.order_id == order.order_id for each in fills_told(desk.items)) == 1_102
        truth_holds(desk)

    play(test)


def test_failed_snapshots_do_not_replace_the_whole_snapshot_due_meanwhile() -> None:
    """What the views show late is found by that one alone, on a symbol on which nothing is going on."""

    async def test(desk: Desk) -> None:
        await desk.client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
        await asyncio.sleep(200)
        await desk.away(lambda: desk.other.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001"))
        await asyncio.sleep(3)
        assert repairs(desk.items)
        assert len(fills_told(desk.items)) == 1, "the views do not show it yet"
        desk.exchange.faults.next(Refuse(400, -1000, "no"), "openOrders.status", 1000)
        await asyncio.sleep(4)
        desk.exchange.faults.clear()
        await asyncio.sleep(60)
        truth_holds(desk)

    play(test, (5.0, 5.9), Settings(user_data_audit=None))


def test_a_report_that_does_not_fit_uses_up_no_allowance_while_the_venue_wants_nothing() -> None:
    """A ban is noticed before anything is sent; once it is over the missing fill is found at once."""

    async def test(desk: Desk) -> None:
        await desk.rest(quantity="3")
        await asyncio.sleep(8)
        desk.exchange.faults.lose_events("executionReport", 1)
        ban = Refuse(429, -1003, "Too much request weight used.", {"retryAfter": desk.client.now_ms() + 40_000})
        desk.exchange.faults.next(ban, "openOrders.status")
        sell(desk, 2)
        await asyncio.sleep(44)
        assert sum(each.recovered for each in fills_told(desk.items)) == 1
        truth_holds(desk)

    play(test, settings=Settings(user_data_audit=None))


def test_a_report_that_cannot_be_read_is_given_as_it_is_and_what_it_told_of_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "binance_wsapi.simulator.faults.faults.changed_event", lambda _how, event: {**event, "z": "much"}
    )

    async def test(desk: Desk) -> None:
        await desk.rest(quantity="3")
        await asyncio.sleep(8)
        desk.exchange.faults.change_events("new word", "executionReport")
        sell(desk, 1)
        await asyncio.sleep(8)
        assert [item for item in desk.items if isinstance(item, UnknownEvent)]
        truth_holds(desk)

    play(test, settings=Settings(user_data_audit=None))


def test_trades_are_asked_for_in_spans_the_venue_allows_however_long_nothing_happened(no_log: None) -> None:
    async def test(desk: Desk) -> None:
        async with desk.client.user_data(symbols=["ETHUSDT"]):
            desk.exchange.quote("ETHUSDT", bids=[("2999", "5")], asks=[("3001", "5")])
            await asyncio.sleep(26 * 3600.0)
            home = desk.client._session.connections.home
            assert home is not None
            desk.loop.network.refuse = True
            home.abort("cut")
            await desk.other.place_order("ETHUSDT", "BUY", "MARKET", quantity="0.1")
            desk.loop.network.refuse = False
            await asyncio.sleep(30)
            assert [each.recovered for each in fills_told(desk.items)] == [True]
            day = 24 * 3_600_000
            for asked in (each["params"] for each in requests(desk.exchange, "myTrades")):
                if "startTime" in asked:
                    assert asked.get("endTime", asked["timestamp"]) - asked["startTime"] < day
            truth_holds(desk)

    play(test, settings=Settings(user_data_audit=None))


def test_a_look_waits_for_room_and_goes_on_where_it_was() -> None:
    """The venue refuses one question among many for some seconds: the others are not asked again."""
    symbols, listings = many(30)

    async def test(desk: Desk) -> None:
        async with desk.client.user_data(symbols=[*symbols, SYMBOL]):
            await asyncio.sleep(100)
            began = desk.loop.time()
            asked = len(requests(desk.exchange, "myTrades"))
            await desk.away(lambda: desk.other.place_order(SYMBOL, "BUY", "MARKET", quantity="0.1"))
            full = Refuse(429, -1003, "Too much request weight used.", {"retryAfter": desk.client.now_ms() + 30_000})
            desk.exchange.faults.next(Delay(1.0, then=full), "myTrades")
            await asyncio.sleep(45)
            repaired = repairs(desk.items)[0]
            assert desk.loop.time() - began < 60.0
            stamps = [each["params"]["timestamp"] for each in requests(desk.exchange, "myTrades")[asked:]]
            assert sum(each <= repaired.until for each in stamps) == len(symbols) + 2, (
                "each once, and one of them again"
            )
            truth_holds(desk)

    play(test, settings=Settings(user_data_audit=None), listings=listings)


def test_accounts_spend_of_the_allowance_in_turn_and_never_more_than_it_in_a_minute() -> None:
    """A question that weighs much is not put off for as long as others ask small ones."""
    allowance = Allowance(0.5)
    allowance.follow([LimitState("REQUEST_WEIGHT", "MINUTE", 1, 200, 0, 0, 60_000)])
    spent = [(0.0, weight, allowance.book(weight, 0.0)) for weight in (60, 80, *[20] * 20)]
    spent += [(70.0, 80, 70.0 + allowance.book(80, 70.0)), (1_000.0, 250, 1_000.0 + allowance.book(250, 1_000.0))]
    times = [at for _, _, at in spent]
    assert times == sorted(times)
    assert times[:3] == [0.0, 60.0, 60.0]
    assert times[-1] == 1_000.0, "more than all of it, when nothing else was asked"
    for begin in times[:-1]:
        assert sum(weight for _, weight, at in spent if begin <= at < begin + 60.0) <= 100


def test_symbols_a_second_consumer_names_are_looked_at_at_once() -> None:
    async def test(desk: Desk) -> None:
        async with AsyncExitStack() as stack:
            desk.exchange.quote("ETHUSDT", bids=[("2999", "5")], asks=[("3001", "5")])
            await desk.away(lambda: desk.other.place_order("ETHUSDT", "BUY", "MARKET", quantity="0.1"))
            await asyncio.sleep(30)
            assert not fills_told(desk.items), "no consumer named it"
            events = await stack.enter_async_context(desk.client.user_data(symbols=["ETHUSDT", "NOBODY"]))
            assert len(fills_told(desk.items)) == 1
            told = [await anext(events) for _ in range(3)]
            assert isinstance(told[-1], Gap)
            assert "NOBODY" in told[-1].why
            asked = len(requests(desk.exchange, "openOrders.status"))
            await stack.enter_async_context(desk.client.user_data(symbols=["ETHUSDT"]))
            assert len(requests(desk.exchange, "openOrders.status")) == asked, "it is known"
            again = await stack.enter_async_context(desk.client.user_data(symbols=["NOBODY"]))
            assert isinstance(await anext(again), Gap)
            truth_holds(desk)

    play(test, settings=Settings(user_data_audit=None))


@pytest.mark.parametrize("lag", [(0.0, 0.05), (5.0, 5.9)], ids=["soon", "at the bound"])
def test_a_symbol_in_any_script_is_repaired_like_others(lag: tuple[float, float]) -> None:
    name = "币安人生USDT"
    listings = [*LISTINGS, listing("币安人生", "USDT", "20", "0.01", "0.001", least="1")]

    async def test(desk: Desk) -> None:
        desk.exchange.quote(name, bids=[("19.99", "1000")], asks=[("20.01", "1000")])
        await desk.other.place_order(name, "BUY", "LIMIT", quantity="2", price="20", time_in_force="GTC")
        await asyncio.sleep(8)

        async def trade() -> None:
            await desk.other.place_order(name, "BUY", "MARKET", quantity="1")
            desk.exchange.quote(name, bids=[("19.90", "1000")], asks=[("20.00", "1.5"), ("20.50", "1000")])

        await desk.away(trade)
        await asyncio.sleep(30)
        assert sum(each.recovered for each in fills_told(desk.items)) == 2
        assert repairs(desk.items)
        assert not [item for item in desk.items if isinstance(item, Gap)]
        truth_holds(desk)

    play(test, lag, listings=listings)


def test_a_standstill_in_the_middle_of_a_repair_is_repaired_with_it() -> None:
    """The machine sleeps while questions are under way, and its connection is dead when it wakes up."""
    symbols, listings = many(30)

    async def test(desk: Desk) -> None:
        async with desk.client.user_data(symbols=[*symbols, SYMBOL]):
            await desk.rest(quantity="2")
            await asyncio.sleep(8)
            await desk.away(selling(desk, 3))
            desk.exchange.faults.next(Delay(2.0), "myTrades", 5)
            await asyncio.sleep(1.5)
            assert not repairs(desk.items)
            desk.loop.network.live[-1].hole = "both"
            sell(desk, 3)
            desk.loop.now += 60.0
            await asyncio.sleep(45)
            assert repairs(desk.items)
            assert len(fills_told(desk.items)) == 6
            assert not [item for item in desk.items if isinstance(item, Gap)]
            truth_holds(desk)

    play(test, listings=listings)


def test_what_is_remembered_of_fills_has_a_bound_without_an_audit(
    monkeypatch: pytest.MonkeyPatch, no_log: None
) -> None:
    monkeypatch.setattr(subscription, "FILLS_UNSETTLED", 100)

    async def test(desk: Desk) -> None:
        await desk.rest(quantity="30")
        for _ in range(30):
            sell(desk, 40)
            await asyncio.sleep(10)
        assert len(fills_told(desk.items)) == 1_200
        (followed,) = desk.client._user_data._subscriptions.all.values()
        fills: Any = followed.merge.fills
        assert len(fills._trades[SYMBOL]) < 300
        truth_holds(desk)

    play(test, settings=Settings(user_data_audit=None))


@pytest.mark.parametrize("code", [-1000, -2015], ids=["no answer", "not allowed"])
def test_reports_are_not_held_for_ever_where_nothing_can_be_asked(code: int) -> None:
    """A fill was lost, and no look can find it: the reports after it are let go, and a gap names the order."""

    async def test(desk: Desk) -> None:
        order = await desk.rest(quantity="3")
        await asyncio.sleep(8)
        desk.exchange.faults.next(Refuse(400, code, "no"), "openOrders.status", 1000)
        desk.exchange.faults.lose_events("executionReport", 1)
        asked = len(requests(desk.exchange, "openOrders.status"))
        sell(desk, 3)
        await asyncio.sleep(100)
        assert len(requests(desk.exchange, "openOrders.status")) - asked < 60
        mine = [each for each in desk.items if isinstance(each, ExecutionReport) and each.order_id == order.order_id]
        assert [str(each.executed_qty.normalize()) for each in mine] == ["0", "0.002", "0.003"]
        assert [item.why for item in desk.items if isinstance(item, Gap)] == [
            f"order {order.order_id} of {SYMBOL}: no trade explains 0.00100000 executed"
        ]
        sell(desk, 1)
        await asyncio.sleep(5)
        assert fills_told(desk.items)[-1].executed_qty == Decimal("0.004")
        desk.exchange.faults.clear()
        await asyncio.sleep(90)
        assert judge_cache(desk.client, desk.exchange.truth) == []

    play(test)


def test_a_mistake_of_ours_in_one_look_does_not_end_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    settle, fails = AccountMerge.settle, iter([True, True])

    def mistaken(merge: AccountMerge, look: Look, now: float) -> Any:
        if next(fails, False):
            raise KeyError("mistake")
        return settle(merge, look, now)

    async def test(desk: Desk) -> None:
        await desk.rest(quantity="3")
        await asyncio.sleep(8)
        monkeypatch.setattr(AccountMerge, "settle", mistaken)
        await desk.away(selling(desk, 2))
        await asyncio.sleep(30)
        assert not list(fails)
        assert repairs(desk.items)
        truth_holds(desk)

    play(test)


def test_an_interruption_begins_when_the_connection_died_and_not_when_that_was_noticed() -> None:
    async def test(desk: Desk) -> None:
        await desk.rest(quantity="3")
        await asyncio.sleep(8.2)
        died = desk.client.now_ms()
        desk.loop.network.links[0].hole = "both"
        await asyncio.sleep(1)
        sell(desk, 1)
        await asyncio.sleep(60)
        repaired = repairs(desk.items)[0]
        assert died - 61_000 < repaired.since <= died
        assert repaired.until - died > 5_000
        truth_holds(desk)

    play(test)


def test_the_looks_after_a_gap_end_with_one_at_everything_when_the_views_must_show_it() -> None:
    async def main(loop: VirtualLoop) -> None:
        nothing = cast("Any", None)
        repair = Repair(nothing, nothing, nothing, lag=6.0, audit=None)
        repair.look_soon()
        first, *within, last = [(at - loop.time(), everything) for at, everything in repair._due]
        assert first == (0.0, True)
        assert within
        assert all(0.0 < at < 6.0 and not everything for at, everything in within)
        assert last[1]
        assert last[0] > 6.0

    run(main)


def test_what_is_held_up_by_a_gap_is_let_go_by_a_look_at_everything_alone() -> None:
    """A look at what is active goes before it where very many symbols were touched, and repairs only these."""

    async def main(loop: VirtualLoop) -> None:
        done: list[Any] = []
        cache = SimpleNamespace(see=lambda _: None, known=False)
        account = SimpleNamespace(
            merge=AccountMerge(1_000_000, 6.0), cache=cache, epoch=0, lost_at=None, paused=False,
            resume=lambda: done.append("resume"), tell=done.append,
        )  # fmt: skip

        async def look(*_: Any, **__: Any) -> Look:
            return Look(loop.time(), 9_000_000)

        session = SimpleNamespace(now_ms=lambda: 9_000)
        repair = Repair(
            cast("Any", session), cast("Any", SimpleNamespace(look=look)), cast("Any", account), lag=6.0, audit=None
        )
        await repair._look(everything=False)
        assert done == ["resume"], "there is no gap"
        repair.interrupted(5_000)
        await repair._look(everything=False)
        assert done == ["resume"]
        await repair._look(everything=True)
        assert done == ["resume", "resume", Repaired(5_000, 9_000, 0)]

    run(main)


def test_what_cannot_be_read_is_looked_for_ever_less_often_until_none_came_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(loop: VirtualLoop) -> None:
        nothing = cast("Any", None)
        repair = Repair(nothing, nothing, nothing, lag=6.0, audit=None)
        looks: list[float] = []
        began = loop.time()
        monkeypatch.setattr(repair, "look_again", lambda: looks.append(loop.time() - began))

        async def events(until: float) -> None:
            while loop.time() < began + until:
                repair.look_for_unread()
                await asyncio.sleep(0.5)

        await events(250.0)
        assert looks == [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 123.0, 183.0, 243.0]
        await asyncio.sleep(113.0)  # the next would be at 303: a minute after it, and not before, all begins anew
        await events(365.0)
        assert looks[10:] == [363.0]
        await asyncio.sleep(118.5)
        await events(486.0)
        assert looks[11:] == [483.5, 484.5]

    run(main)


def test_a_change_that_is_not_told_is_looked_for_at_once_and_when_the_views_must_show_it() -> None:
    async def main(loop: VirtualLoop) -> None:
        nothing = cast("Any", None)
        repair = Repair(nothing, nothing, nothing, lag=6.0, audit=None)
        began = loop.time()

        def due() -> list[float]:
            assert repair._wake.is_set()
            repair._wake.clear()
            assert not any(everything for _, everything in repair._due)
            return [at - began for at, _ in repair._due]

        repair.look_again()
        assert due() == [0.0, 6.5]
        await asyncio.sleep(0.5)
        repair.look_again()
        assert due() == [0.0, 6.5], "two looks within a second are one"
        await asyncio.sleep(0.5)
        repair.look_again()
        assert due() == [0.0, 1.0, 6.5, 7.5]

    run(main)


def looks_of(holding: bool, audit: float | None) -> tuple[Repair, list[tuple[float, bool]]]:
    """Return what looks at an account of which nothing is ever found, and a list that fills with its looks."""
    looks: list[tuple[float, bool]] = []

    async def look(_merge: Any, *, everything: bool) -> Look:
        now = asyncio.get_running_loop().time()
        looks.append((now, everything))
        return Look(now, 9_000_000)

    merge = SimpleNamespace(
        holding=holding, symbols=Symbols(6.0), active=set(), unexplained=[], anew_since=lambda _: None,
        settle=lambda *_: [],
    )  # fmt: skip
    account = SimpleNamespace(
        merge=merge, cache=SimpleNamespace(see=lambda _: None, known=False), epoch=0, lost_at=None, paused=False,
        resume=lambda: None,
    )  # fmt: skip
    questions = SimpleNamespace(look=look)
    return Repair(cast("Any", None), cast("Any", questions), cast("Any", account), lag=6.0, audit=audit), looks


def test_one_audit_in_ten_is_a_look_at_everything() -> None:
    async def main(loop: VirtualLoop) -> None:
        repair, looks = looks_of(holding=False, audit=60.0)
        began = loop.time()
        running = asyncio.ensure_future(repair.run())
        await asyncio.sleep(20 * 60.0 + 1)
        running.cancel()
        assert [at - began for at, _ in looks] == pytest.approx([60.0 * count for count in range(1, 21)])
        assert [everything for _, everything in looks] == ([False] * 9 + [True]) * 2

    run(main)


def test_what_is_held_back_is_looked_for_at_once_and_then_less_often() -> None:
    async def main(loop: VirtualLoop) -> None:
        repair, looks = looks_of(holding=True, audit=None)
        running = asyncio.ensure_future(repair.run())
        await asyncio.sleep(5.0)
        assert looks == []
        began = loop.time()
        repair.press()
        await asyncio.sleep(10.0)
        running.cancel()
        times = [began, *(at for at, _ in looks)]
        pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert pauses[:7] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0])
        assert not any(everything for _, everything in looks)

    run(main)
