"""Leave to connect: the venue's limits and bans, shared by all that connects."""

from __future__ import annotations

import asyncio

import pytest

from binance_wsapi.errors import Banned, ConnectFailed
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.policy import Policy
from binance_wsapi.link.budget import ConnectBudget
from binance_wsapi.link.sockets.transport import HandshakeRefused
from tests.simulation.loop import VirtualLoop, run


def make(loop: VirtualLoop, policy: Policy = Policy.WAIT) -> ConnectBudget:
    def now_ms() -> int:
        return 1_600_000_000_000 + int(loop.time() * 1000)

    return ConnectBudget(RequestLimiter(policy=policy, now_ms=now_ms, sleep=asyncio.sleep), now_ms, asyncio.sleep)


def test_connections_are_numbered_in_the_order_they_begin() -> None:
    async def main(loop: VirtualLoop) -> None:
        budget = make(loop)
        assert budget.newest == 0
        assert [budget.next_number() for _ in range(3)] == [1, 2, 3]
        assert budget.newest == 3

    run(main, 1)


def test_three_hundred_in_five_minutes_and_the_rest_later() -> None:
    async def main(loop: VirtualLoop) -> None:
        budget, began, moments = make(loop), loop.time(), []
        for _ in range(310):
            await budget.wait(lambda _: None)
            moments.append(loop.time() - began)
        assert moments[299] == 0.0
        assert moments[300] == moments[309]
        assert 1.0 < moments[300] <= 301.0, "when the next five minutes begin"

    run(main, 2)


@pytest.mark.parametrize("policy", [Policy.WAIT, Policy.RAISE])
@pytest.mark.parametrize("status", [403, 418, 429])
def test_a_status_that_closes_connecting_holds_back_the_next_attempt_and_says_why(status: int, policy: Policy) -> None:
    async def main(loop: VirtualLoop) -> None:
        budget = make(loop, policy)
        told: list[Exception] = []
        await budget.wait(told.append)
        budget.failed(HandshakeRefused(status, 90.0))
        began = loop.time()
        await budget.wait(told.append)
        least = 300.0 if status == 403 else 90.0  # the firewall does not say for how long
        assert least - 1.0 <= loop.time() - began <= least + 2.0
        assert bool(told) is (policy is Policy.RAISE)
        assert all(isinstance(error, Banned) for error in told)

    run(main, 3)


@pytest.mark.parametrize("error", [ConnectFailed("refused"), HandshakeRefused(500, 90.0), HandshakeRefused(404, None)])
def test_any_other_failure_costs_no_time(error: Exception) -> None:
    async def main(loop: VirtualLoop) -> None:
        budget = make(loop)
        budget.failed(error)
        began = loop.time()
        await budget.wait(lambda _: None)
        assert loop.time() - began < 1.0

    run(main, 4)
