"""A margin account is heard by listen tokens: renewed in time, made again on new connections, told of gaps."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import pickle
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from binance_wsapi import NotConnected, SpotClient, UsageError, WsapiError
from binance_wsapi.models import BalanceUpdate
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Delay, Refuse
from binance_wsapi.user_data import Gap, ListenToken
from binance_wsapi.user_data.tokens import TOKENS_TRIED
from tests.simulation.house import exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run

MARGIN = "alice:margin"
SUBSCRIBE = "userDataStream.subscribe.listenToken"
Test = Callable[[LocalExchange, SpotClient, "Desk"], Awaitable[None]]


class Desk:
    """Fetches tokens, as user code does."""

    def __init__(self, exchange: LocalExchange) -> None:
        self.exchange = exchange
        self.validity_ms = 3_600_000
        self.fetched = 0
        self.fails = 0
        self.hangs = 0

    async def fetch(self) -> ListenToken:
        self.fetched += 1
        if self.hangs:
            self.hangs -= 1
            await asyncio.sleep(1e6)
        await asyncio.sleep(0.1)
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the REST API is away")
        self.exchange._venue.account(MARGIN)
        given = self.exchange._venue.tokens.create(MARGIN, self.exchange.clock.now_us(), self.validity_ms)
        return ListenToken(given.token, given.expires_us // 1000)


def play(test: Test) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            await test(exchange, client, Desk(exchange))

    run(life, seed=3)


async def delta(events: Any, seconds: float = 30.0) -> Decimal:
    """Return the amount of the next balance update; everything else is passed over."""
    async with asyncio.timeout(seconds):
        async for event in events:
            if isinstance(event, BalanceUpdate):
                return event.free_qty_delta
    raise AssertionError("it ended")


def test_a_margin_account_is_heard_and_left() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events, client.user_data() as own:
            exchange.deposit(MARGIN, "BTC", 2)
            exchange.deposit("alice", "BTC", 3)
            assert await delta(events) == 2
            assert await delta(own) == 3
            assert events.subscribed
        assert await client.session_subscriptions() == []

    play(test)


def test_a_token_is_renewed_before_it_ends_and_nothing_is_missed() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events:
            for _ in range(20):
                await asyncio.sleep(1000)
                exchange.deposit(MARGIN, "BTC", 1)
                assert await delta(events) == 1
            assert 5 <= desk.fetched <= 8
            assert exchange.truth.counters["error -1209"] == 0

    play(test)


def test_a_renewal_that_fails_is_tried_again() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events:
            desk.fails = 10
            for _ in range(4):
                await asyncio.sleep(1000)
                exchange.deposit(MARGIN, "BTC", 1)
                assert await delta(events) == 1
            assert desk.fails == 0

    play(test)


def test_a_subscription_that_ended_is_made_anew_and_the_gap_told() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events:
            desk.fails = 10_000
            await asyncio.sleep(4000)
            assert not events.subscribed
            desk.fails = 0
            await asyncio.sleep(20)
            exchange.deposit(MARGIN, "BTC", 1)
            seen = []
            async with asyncio.timeout(10):
                async for event in events:
                    seen.append(event)
                    if isinstance(event, BalanceUpdate):
                        break
            early, late = (each for each in seen if isinstance(each, Gap))
            assert early.until == late.since
            assert "margin" in early.why
            assert "margin" in late.why

    play(test)


def test_it_is_made_again_on_a_new_connection() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events:
            for _ in range(3):
                exchange.faults.cut_all()
                await asyncio.sleep(10)
                exchange.deposit(MARGIN, "BTC", 1)
                assert await delta(events) == 1
            assert desk.fetched == 1, "the token is still good"

    play(test)


def test_a_token_that_cannot_be_fetched_holds_up_no_connection() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        desk.validity_ms = 30_000
        async with client.margin_user_data(desk.fetch):
            desk.fails = 10_000
            await asyncio.sleep(60)
            exchange.faults.cut_all()
            await asyncio.sleep(5)
            await client.ping()
            desk.fails = 0

    play(test)


def test_a_fetch_that_never_returns_is_given_up_and_asked_again() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        desk.validity_ms = 120_000
        async with client.margin_user_data(desk.fetch) as events:
            desk.hangs = 1
            for second in range(600):
                if second == 300:
                    exchange.faults.cut_all()
                await asyncio.sleep(1)
                exchange.deposit(MARGIN, "BTC", 1)
                if second != 300:  # told as a gap
                    assert await delta(events) == 1
            assert events.subscribed

    play(test)


def test_an_interruption_of_a_minute_is_told_while_it_lasts_and_what_follows_at_its_end() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        desk.validity_ms = 120_000
        async with client.margin_user_data(desk.fetch) as events:
            seen: list[Any] = []

            async def read() -> None:
                async for event in events:
                    seen.append(event)

            reading = asyncio.create_task(read())
            desk.hangs = 1_000
            await asyncio.sleep(300)
            [first] = [each for each in seen if isinstance(each, Gap)]
            assert first.until - first.since == pytest.approx(60_000, abs=1_000)
            desk.hangs = 0
            await asyncio.sleep(30)
            gaps = [each for each in seen if isinstance(each, Gap)]
            assert [each.since for each in gaps[1:]] == [first.until]
            reading.cancel()

    play(test)


def test_leaving_while_a_token_is_fetched_subscribes_no_more() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        desk.validity_ms = 120_000
        async with client.margin_user_data(desk.fetch):
            desk.hangs = 1
            await asyncio.sleep(115)
            exchange.faults.cut_all()
            await asyncio.sleep(1)
            asked, fetched = len(requests(exchange, "userDataStream.subscribe.listenToken")), desk.fetched
        await asyncio.sleep(30)
        assert (len(requests(exchange, "userDataStream.subscribe.listenToken")), desk.fetched) == (asked, fetched)
        assert await client.session_subscriptions() == []

    play(test)


@pytest.mark.parametrize("seconds", [9.0, 12.0])
def test_a_slow_fetch_takes_no_time_from_the_subscription(seconds: float) -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async def slow() -> ListenToken:
            await asyncio.sleep(seconds)
            return await desk.fetch()

        exchange.faults.next(Delay(2.0), "userDataStream.subscribe.listenToken")
        if seconds > 10:
            with pytest.raises(NotConnected, match="within 10 s"):
                async with client.margin_user_data(slow):
                    pass
            assert not requests(exchange, "userDataStream.subscribe.listenToken")
        else:
            async with client.margin_user_data(slow) as events:
                assert events.subscribed

    play(test)


def test_what_is_no_token_is_told_on_entering() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async def text() -> Any:
            return "token"

        with pytest.raises(UsageError, match="must return a ListenToken, got str"):
            async with client.margin_user_data(text):
                pass
        desk.fails = 1
        with pytest.raises(NotConnected, match="could not be fetched: ConnectionError"):
            async with client.margin_user_data(desk.fetch):
                pass

    play(test)


@pytest.mark.parametrize(
    "arguments",
    [("", 1_758_792_204_196), ("x", 0), ("x", 1.5), ("x", 1_758_792_204_196_000), (None, 1_758_792_204_196)],
)
def test_a_token_is_checked(arguments: tuple[Any, Any]) -> None:
    with pytest.raises(UsageError, match="must be"):
        ListenToken(*arguments)


def test_a_token_is_not_shown() -> None:
    token = ListenToken("abc", 1_758_792_204_196)
    assert "abc" not in repr(token) + str(token) + f"{token}"
    ways: list[Callable[[Any], object]] = [copy.copy, copy.deepcopy, pickle.dumps, json.dumps, msgspec.json.encode]
    ways += [vars, dataclasses.asdict, ListenToken.__getstate__]
    for hand_out in ways:
        with pytest.raises(TypeError):
            hand_out(token)
    assert token == ListenToken("abc", 1_758_792_204_196) != ListenToken("abd", 1_758_792_204_196)
    assert len({token, ListenToken("abc", 1_758_792_204_196)}) == 1


@pytest.mark.parametrize("code", [-1125, -1130, -1209, -2015, -1000])
def test_a_token_that_ends_before_its_told_end_is_followed_by_a_new_one(code: int) -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events:
            await asyncio.sleep(60)
            exchange.faults.next(Refuse(500 if code == -1000 else 400, code, "ended"), SUBSCRIBE)
            exchange.faults.cut_all()  # subscribed again, and the venue has forgotten the token
            await asyncio.sleep(10)
            exchange.deposit(MARGIN, "BTC", 1)
            assert await delta(events) == 1
            assert desk.fetched == 2
            await asyncio.sleep(60)
            exchange.faults.terminate_subscriptions()
            await asyncio.sleep(5)
            exchange.deposit(MARGIN, "BTC", 1)
            assert await delta(events) == 1
            assert desk.fetched == 3, "a token whose subscription was ended is used no more"

    play(test)


def test_what_says_nothing_of_a_token_spends_none() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events:
            await asyncio.sleep(60)
            exchange.faults.next(Refuse(400, -1008, "busy"), SUBSCRIBE)
            exchange.faults.cut_all()
            await asyncio.sleep(10)
            assert events.subscribed
            assert desk.fetched == 1

    play(test)


def test_the_end_that_the_venue_confirms_counts_where_it_is_sooner() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async def fetch() -> ListenToken:
            given = await desk.fetch()
            return ListenToken(given.token, given.expiration_time + 12 * 3_600_000)

        async with client.margin_user_data(fetch) as events:
            for _ in range(20):
                await asyncio.sleep(1000)
                exchange.deposit(MARGIN, "BTC", 1)
                assert await delta(events) == 1
            assert 5 <= desk.fetched <= 8
            exchange.faults.terminate_subscriptions()
            desk.validity_ms = 600_000
            await asyncio.sleep(5)
            fetched = desk.fetched
            await asyncio.sleep(6000)  # the next token ends sooner than the one before
            assert exchange.truth.counters["error -1209"] == 0
            assert 9 <= desk.fetched - fetched <= 13

    play(test)


def test_new_tokens_that_are_refused_are_tried_some_times_and_then_the_refusal_is_raised() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events:
            await asyncio.sleep(60)
            exchange.faults.next(Refuse(400, -2015, "no permission"), SUBSCRIBE, count=1000)
            exchange.faults.cut_all()
            with pytest.raises(WsapiError, match="no permission"):
                await delta(events, 60)
            assert desk.fetched == 1 + TOKENS_TRIED
            assert len(requests(exchange, SUBSCRIBE)) == 2 + TOKENS_TRIED

    play(test)


def test_tokens_that_have_expired_are_tried_at_most_once_a_minute_and_told() -> None:
    async def test(exchange: LocalExchange, client: SpotClient, desk: Desk) -> None:
        async with client.margin_user_data(desk.fetch) as events:
            await asyncio.sleep(60)
            exchange.faults.next(Refuse(400, -1209, "expired"), SUBSCRIBE, count=1000)
            exchange.faults.cut_all()
            await asyncio.sleep(1200)
            assert 20 <= desk.fetched <= 30
            exchange.faults.clear()
            await asyncio.sleep(61)
            exchange.deposit(MARGIN, "BTC", 1)
            seen = []
            async for event in events:
                seen.append(event)
                if isinstance(event, BalanceUpdate):
                    break
            gaps = [each for each in seen if isinstance(each, Gap)]
            assert len(gaps) == 2
            assert gaps[0].until == gaps[1].since

    play(test)
