"""Faults that REST requests meet: laid out for them alone, by the same names as those of the WebSocket API."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from binance_wsapi.simulator import Cut, Delay, Double, Drop, LocalExchange, Refuse
from binance_wsapi.simulator.faults.faults import Action
from binance_wsapi.simulator.faults.names import FaultError, check, inject
from tests.rest.support import dress
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import SECRET, Raw, add_hmac_key

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "50000",
         "quantity": "0.1", "newClientOrderId": "mine"}  # fmt: skip
BUSY = Refuse(503, -1008, "Server is currently overloaded.")
Ask = Callable[..., Awaitable[httpx.Response]]


@asynccontextmanager
async def desk(loop: VirtualLoop, **options: Any) -> AsyncIterator[tuple[LocalExchange, Ask]]:
    dress(loop)
    async with LocalExchange(market="manual", lag=(0, 0), **options) as exchange:
        add_hmac_key(exchange)

        async def ask(method: str, path: str, timeout: float = 30.0, **params: Any) -> httpx.Response:
            query = urlencode({**params, "timestamp": exchange.clock.now_ms()})
            query += "&signature=" + hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
            async with httpx.AsyncClient(trust_env=False, timeout=timeout) as client:
                url = f"{exchange.rest_url}/api/v3/{path}?{query}"
                return await client.request(method, url, headers={"X-MBX-APIKEY": "hmac"})

        yield exchange, ask


@pytest.fixture(autouse=True)
def _httpx_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)  # it logs whole URLs


@pytest.mark.parity("behaviour", "faults over REST")
@pytest.mark.parametrize(
    ("action", "seconds", "placed"),
    [
        (Cut(after_execution=False), 0.0, 0),
        (Cut(after_execution=True), 0.0, 1),
        (Drop(), 20.0, 1),
        (Delay(2.0, then=Cut(after_execution=True)), 2.0, 1),
        (Delay(60.0), 20.0, 1),
    ],
    ids=str,
)
def test_an_order_gets_no_answer_and_was_placed_or_not(action: Action, seconds: float, placed: int) -> None:
    """The client waits for twenty seconds if nothing tells it that no answer will come."""

    async def main(loop: VirtualLoop) -> None:
        async with desk(loop) as (exchange, ask):
            exchange.faults.next(action, "order.place", rest=True)
            began = loop.time()
            with pytest.raises(httpx.TransportError):
                await ask("POST", "order", timeout=20.0, **ORDER)
            assert loop.time() - began == pytest.approx(seconds, abs=0.1)
            assert len(exchange.truth.all_orders()) == placed
            assert exchange.faults.used == [("order.place", action)]
            found = await ask("GET", "order", symbol="BTCUSDT", origClientOrderId="mine")
            assert found.status_code == (200 if placed else 400)

    run(main)


@pytest.mark.parametrize(
    ("action", "seconds", "status", "code", "placed"),
    [
        (BUSY, 0.0, 503, -1008, 0),
        (Refuse(500, -1000, "no", executed=True), 0.0, 500, -1000, 1),
        (Delay(2.0), 2.0, 200, None, 1),
        (Delay(2.0, then=BUSY), 2.0, 503, -1008, 1),
        (Delay(4.0, "queue"), 4.0, 200, None, 1),
        (Delay(6.0, "queue"), 6.0, 400, -1021, 0),
        (Delay(8.0, "engine"), 8.0, 200, None, 1),
        (Delay(12.0, "engine"), 10.0, 504, -1007, 0),
    ],
    ids=str,
)
def test_an_answer_is_late_or_another_one(
    action: Action, seconds: float, status: int, code: int | None, placed: int
) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with desk(loop) as (exchange, ask):
            exchange.faults.next(action, "order.place", rest=True)
            began = loop.time()
            answer = await ask("POST", "order", **ORDER)
            assert (answer.status_code, answer.json().get("code")) == (status, code)
            assert loop.time() - began == pytest.approx(seconds, abs=0.1)
            assert len(exchange.truth.all_orders()) == placed
            await asyncio.sleep(5.0)
            # What the API did not wait for runs all the same.
            assert len(exchange.truth.all_orders()) == (1 if code in (None, -1007) else placed)
            assert exchange.faults.waiting == 0

    run(main)


def test_when_to_come_back_is_a_header_in_seconds() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with desk(loop) as (exchange, ask):
            again = exchange.clock.now_ms() + 30_000
            exchange.faults.next(Refuse(429, -1003, "Too many.", {"retryAfter": again}), rest=True)
            answer = await ask("GET", "account")
            assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
            assert answer.json() == {"code": -1003, "msg": "Too many."}

    run(main)


async def test_a_fault_meets_the_side_it_was_laid_out_for() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw, httpx.AsyncClient() as client:
        exchange.faults.next(BUSY, "time")
        exchange.faults.next(BUSY, "depth", rest=True)
        assert (await client.get(f"{exchange.rest_url}/api/v3/time")).status_code == 200
        assert (await raw.ask("depth", {"symbol": "BTCUSDT"}))["status"] == 200
        assert exchange.faults.waiting == 2
        assert (await client.get(f"{exchange.rest_url}/api/v3/depth?symbol=BTCUSDT")).status_code == 503
        assert (await raw.ask("time"))["status"] == 503
        assert exchange.faults.waiting == 0


async def test_a_fault_of_frames_cannot_be_laid_out_for_rest() -> None:
    with pytest.raises(FaultError, match="a REST request meets cut, delay, drop or refuse"):
        check({"fault": "double", "rest": True})
    with pytest.raises(FaultError, match="a REST request meets"):
        check({"fault": "delay", "seconds": 1, "then": {"fault": "masked"}, "rest": True})
    async with LocalExchange(market="manual") as exchange:
        with pytest.raises(ValueError, match="a REST request meets"):
            exchange.faults.next(Double(), rest=True)
        inject(exchange.faults, exchange.clock, {"fault": "drop", "method": "order.place", "rest": True})
        assert exchange.faults.take("order.place") is None
        assert exchange.faults.take("order.place", rest=True) == Drop()


def test_of_several_faults_all_are_checked_before_one_happens() -> None:
    """The control endpoint promises all or none; a word that does not exist was told only when its turn came."""
    for wrong in (
        {"fault": "break", "kind": "nonsense"},
        {"fault": "drop", "count": 0},
        {"fault": "fragment", "pieces": 1},
    ):
        with pytest.raises(FaultError):
            check(wrong)
