"""When an account is looked at, how soon again where that fails, and what consumers are told of the gap."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import Gap, NotSent, Repaired, VenueError
from binance_wsapi.errors import AuthFailed
from binance_wsapi.user_data import repair as repairs
from binance_wsapi.user_data.repair import HOLD_S, QUIET_SYMBOLS, REFUSED_RETRY_S, RETRY_S, Repair
from binance_wsapi.user_data.spot.merge.snapshot import Look
from binance_wsapi.user_data.symbols import Symbols
from tests.simulation.loop import VirtualLoop, run

NOW_MS = 9_000


@dataclass
class Account:
    """An account that is looked at: each look calls `answer`, and finds nothing else."""

    answer: Callable[[bool], Look]
    takes: float = 0.0
    """Seconds of a look at everything."""
    looks: list[tuple[float, bool]] = field(default_factory=list)
    told: list[Gap | Repaired] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)
    behind: bool = False
    """Whether what is seen may be older than what was heard."""

    def __post_init__(self) -> None:
        self.symbols = Symbols(6.0)
        self.merge = self
        self.cache = self
        self.unexplained: list[tuple[str, int]] = []
        self.active: set[str] = set()
        self.held = ["a report"]
        self.given: list[str] = []
        self.holding = self.paused = self.known = False
        self.epoch, self.lost_at = 0, None
        parts = cast("Any", SimpleNamespace(now_ms=lambda: NOW_MS)), cast("Any", self), cast("Any", self)
        self.repair = Repair(*parts, lag=6.0, audit=None)
        self.began = self.now = asyncio.get_running_loop().time()

    async def look(self, _merge: Any, *, everything: bool) -> Look:
        self.looks.append((asyncio.get_running_loop().time() - self.began, everything))
        await asyncio.sleep(self.takes if everything else 0.0)
        return self.answer(everything)

    def anew_since(self, _look: Look) -> int | None:
        return None

    def settle(self, _look: Look, _now: float) -> list[Any]:
        return []

    def see(self, _look: Look) -> bool:
        return self.behind

    def let_go(self) -> list[str]:
        self.held, held = [], self.held
        return held

    def give(self, event: str, _now: float) -> None:
        self.given.append(event)

    def tell(self, item: Gap | Repaired) -> None:
        self.told.append(item)

    def resume(self) -> None:
        self.resumed.append(asyncio.get_running_loop().time() - self.began)

    async def watch(self, seconds: float) -> None:
        """Look whenever there is a reason, for so many seconds."""
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.repair.run()

    def pauses(self) -> list[float]:
        return [round(later - earlier, 3) for (earlier, _), (later, _) in itertools.pairwise(self.looks)]


def found(_everything: bool) -> Look:
    return Look(asyncio.get_running_loop().time(), 8_000_000)


def failing(error: Exception) -> Callable[[bool], Look]:
    def answer(_everything: bool) -> Look:
        raise error

    return answer


REFUSED = VenueError(400, -1000, "no")


# --------------------------------------------------------------------------- what is told of a gap


def test_two_interruptions_are_one_gap_from_the_earlier_and_hold_events_up_from_the_later() -> None:
    async def main(loop: VirtualLoop) -> None:
        account = Account(failing(REFUSED))
        account.repair.interrupted(5_000)
        await asyncio.sleep(6.0)
        account.repair.interrupted(7_000)
        await asyncio.sleep(HOLD_S - 1.0)
        assert account.resumed == []
        await asyncio.sleep(2.0)
        assert account.resumed == [6.0 + HOLD_S]
        account.answer = found
        await account.watch(20.0)
        assert account.told == [Repaired(5_000, NOW_MS, 0)]

    run(main)


@pytest.mark.parametrize("first", [5_000, 7_000])
def test_of_two_gaps_the_earlier_begin_is_told(first: int) -> None:
    async def main(loop: VirtualLoop) -> None:
        account = Account(found)
        account.repair.interrupted(first)
        account.repair.interrupted(12_000 - first)
        await account.watch(20.0)
        assert account.told == [Repaired(5_000, NOW_MS, 0)]

    run(main)


def test_an_account_that_may_not_be_asked_about_is_told_as_a_gap_and_what_was_held_is_let_go() -> None:
    async def main(loop: VirtualLoop) -> None:
        account = Account(failing(AuthFailed(400, -2015, "not allowed")))
        account.unexplained.append(("order 1 of BTCUSDT: no trade explains 1 executed", 4_000_999))
        account.repair.interrupted(5_000)
        await account.watch(HOLD_S - 1.0)
        gap, order = account.told
        assert isinstance(gap, Gap)
        assert (gap.since, gap.until) == (5_000, NOW_MS)
        assert "not allowed" in gap.why
        assert order == Gap(4_000, NOW_MS, "order 1 of BTCUSDT: no trade explains 1 executed")
        assert account.resumed == [0.0]
        assert account.given == ["a report"]
        assert len(account.looks) == 1, "it is asked about no more"

    run(main)


def test_what_nothing_explains_is_told_once_with_the_time_since_when() -> None:
    async def main(loop: VirtualLoop) -> None:
        account = Account(found)
        account.unexplained.append(("the venue does not list TYPOUSDT", 4_000_999))
        account.repair.look_soon()
        await account.watch(20.0)
        assert account.told == [Gap(4_000, NOW_MS, "the venue does not list TYPOUSDT")]

    run(main)


def test_what_cannot_be_read_is_told_once_with_the_time_of_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repairs, "UNREAD_KEPT", 2)
    unread = iter([{"row 1"}, {"row 2"}, {"row 1", "row 3"}, {"row 2"}])

    async def main(loop: VirtualLoop) -> None:
        account = Account(lambda _: Look(loop.time(), 8_000_999, unread=next(unread)))
        account.repair.look_soon()
        await account.watch(20.0)
        rows = [1, 2, 3, 2]  # the second is forgotten with the third: two are remembered
        assert account.told == [Gap(8_000, NOW_MS, f"row {row} cannot be read") for row in rows]

    run(main)


# --------------------------------------------------------------------------- when it is looked


@pytest.mark.parametrize(("quiet", "before"), [(QUIET_SYMBOLS, False), (QUIET_SYMBOLS + 1, True)])
def test_where_very_many_symbols_are_quiet_a_look_at_the_others_goes_before_that_at_everything(
    quiet: int, before: bool
) -> None:
    async def main(loop: VirtualLoop) -> None:
        account = Account(found, takes=2.0)
        account.symbols.known |= {f"S{number}USDT" for number in range(quiet + 3)}
        account.active |= {f"S{number}USDT" for number in range(3)}
        account.repair.look_soon()
        await account.watch(1.0)
        assert [everything for _, everything in account.looks] == ([False, True] if before else [True])
        assert account.repair.looked.is_set() is before, "consumers wait for a first look, and not for the long one"

    run(main)


@pytest.mark.parametrize(
    ("error", "most"),
    [(NotSent("no connection"), RETRY_S), (REFUSED, REFUSED_RETRY_S), (KeyError("a mistake"), REFUSED_RETRY_S)],
    ids=["not sent", "refused", "mistake"],
)
def test_looks_that_fail_come_ever_less_often_and_far_less_where_the_venue_answers(
    error: Exception, most: float
) -> None:
    async def main(loop: VirtualLoop) -> None:
        account = Account(failing(error))
        account.repair.look_soon()
        await account.watch(45.0)
        pauses = account.pauses()
        assert pauses == sorted(pauses)
        assert pauses[0] < RETRY_S
        assert pauses[-1] == most
        assert account.looks[-1][1], "the look at everything is still due"

    run(main)


def test_a_mistake_of_ours_is_logged_as_one_and_a_refusal_is_not(caplog: pytest.LogCaptureFixture) -> None:
    async def levels(error: Exception) -> set[int]:
        caplog.clear()
        account = Account(failing(error))
        account.repair.look_soon()
        await account.watch(3.0)
        return {record.levelno for record in caplog.records}

    async def main(loop: VirtualLoop) -> None:
        assert await levels(REFUSED) == {logging.INFO}
        assert await levels(KeyError("a mistake")) == {logging.ERROR}

    caplog.set_level(logging.INFO, "binance_wsapi")
    run(main)


@pytest.mark.parametrize(("behind", "looks"), [(False, [0.0, 6.5]), (True, [0.0, 6.5, 13.0, 19.5])])
def test_what_a_view_may_have_put_back_is_looked_at_again_after_the_lag(behind: bool, looks: list[float]) -> None:
    async def main(loop: VirtualLoop) -> None:
        account = Account(found, behind=behind)
        account.repair.look_again()
        await account.watch(25.0)
        assert [round(at, 3) for at, _ in account.looks] == looks

    run(main)
