"""Whom the resolver asks, and when once more."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi import ConnectionLost, Outcome, SpotClient
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.fence import TIMESTAMP_AHEAD_MS
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import LiveId, Sent, UnderWay
from binance_wsapi.orders.ids.identity import CLOCKS_APART_MS
from binance_wsapi.orders.ids.naming import ID_LENGTH
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Refuse
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import SYMBOL, hearing_late, requests
from tests.simulation.loop import VirtualLoop

REST: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}


def test_what_was_called_not_placed_is_asked_for_once_more() -> None:
    """A resting order has no next event: only a question tells that the views had lied."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with hearing_late(client) as heard:
            exchange.faults.lose_events(count=100)
            exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status", 100)
            exchange.faults.next(Cut(after_execution=True), "order.place")
            with pytest.raises(ConnectionLost) as caught:
                await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
            assert (await asyncio.wait_for(caught.value.resolve(), BOUND)).outcome is Outcome.NOT_PLACED
            exchange.faults.clear()
            asked = len(requests(exchange, "order.status"))
            await asyncio.sleep(200)
            assert not heard
            await asyncio.sleep(120)
            assert [each.client_order_id for each in heard] == [caught.value.client_order_id]
            assert len(requests(exchange, "order.status")) == asked + 1

    play(test)


def test_the_two_negatives_come_over_two_connections_where_there_is_no_rest() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        with pytest.raises(ConnectionLost) as caught:
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        assert (await caught.value.resolve()).outcome is Outcome.NOT_PLACED
        asked = [
            (frame.time, frame.connection)
            for frame in exchange.truth.frames
            if frame.direction == "in"
            and b"order.status" in (frame.data if isinstance(frame.data, bytes) else frame.data.encode())
        ]
        assert len({connection for _, connection in asked[-2:]}) == 2

    play(test)


def test_of_a_replacement_that_was_called_not_placed_the_new_order_is_asked_for_once_more() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(Cut(after_execution=False), "order.cancelReplace")
        with pytest.raises(ConnectionLost) as caught:
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=order.order_id,
                new_client_order_id="replacement", **REST,
            )  # fmt: skip
        verdict = await caught.value.resolve()
        assert [each.outcome for each in verdict.parts] == [Outcome.NOT_PLACED] * 2

        def asked() -> int:
            questions = requests(exchange, "order.status")
            return sum(each["params"].get("origClientOrderId") == "replacement" for each in questions)

        before = asked()
        await asyncio.sleep(310)
        assert asked() == before + 1

    play(test)


# --------------------------------------------------------------------------- what a request is recognised by

STAMP = 1_000_000
ERROR_MS = 100.0


def tokens_of_doubt(
    request: dict[str, Any], record: Intent | None, call: UnderWay | None, endpoint: Any
) -> list[Token]:
    """Return what a resolver recognises a request by, whose clock may be wrong by `ERROR_MS`."""
    resolver: Any = SimpleNamespace(
        _calls=SPOT_ORDERS, _clock_error_ms=lambda: ERROR_MS, _token=lambda length: "made here".ljust(length, "0")
    )
    sent = Sent(None, 5_000.0, record=record, timestamp=STAMP)
    return Resolver._tokens(resolver, endpoint, request, sent, call, STAMP)


def left_open(created_ms: int, timestamp_ms: int | None) -> Intent:
    """Return the record of a request of an earlier process."""
    return Intent("record", "order.place", SYMBOL, ("mine",), {}, created_ms, 5_000.0, timestamp_ms=timestamp_ms)


@pytest.mark.parametrize(
    ("record", "first", "last"),
    [
        (None, STAMP, STAMP),
        (left_open(900_000, None), 900_000, STAMP),
        (left_open(900_000, 950_000), 950_000, 950_000 + ERROR_MS),
    ],
    ids=["no record", "never sent, as far as is known", "sent"],
)
@pytest.mark.parametrize("name", ["mine", "BCDFGHJKLMNPQRSTVWXZ01"])
def test_a_request_of_an_earlier_process_was_made_when_the_journal_says(
    record: Intent | None, first: float, last: float, name: str
) -> None:
    request = {"symbol": SYMBOL, "newClientOrderId": name}
    (token,) = tokens_of_doubt(request, record, None, SPOT_ORDERS.place)
    assert (token.client_id, token.fresh, token.recovered) == (name, True, True)
    assert token.unguessable is (name != "mine")
    assert token.since_ms == first - TIMESTAMP_AHEAD_MS - ERROR_MS
    assert (token.before_ms, token.after_ms) == (first - ERROR_MS - CLOCKS_APART_MS, last + CLOCKS_APART_MS)


@pytest.mark.parametrize("record", [None, left_open(900_000, STAMP)], ids=["no journal", "journal"])
def test_a_cancel_of_everything_is_called_as_in_the_journal_and_was_sent_about_now(record: Intent | None) -> None:
    call = UnderWay((), (), (), None)
    (token,) = tokens_of_doubt({"symbol": SYMBOL}, record, call, SPOT_ORDERS.cancel_all)
    assert token.client_id == ("record" if record is not None else "made here".ljust(ID_LENGTH, "0"))
    assert (token.kind, token.since_ms) == (TokenKind.SYMBOL, STAMP - TIMESTAMP_AHEAD_MS - ERROR_MS)
    assert (token.before_ms, token.after_ms) == (STAMP - CLOCKS_APART_MS, STAMP + CLOCKS_APART_MS)


def test_an_order_in_doubt_is_recognised_by_what_is_known_of_its_id() -> None:
    live = LiveId("mine", None, SYMBOL, others=frozenset({5}))
    call = UnderWay(("mine",), (), (live,), None)
    (token,) = tokens_of_doubt({"symbol": SYMBOL, "newClientOrderId": "mine"}, None, call, SPOT_ORDERS.place)
    assert (token.fresh, token.others) == (False, frozenset({5}))
    assert token.since_ms == STAMP - TIMESTAMP_AHEAD_MS - ERROR_MS
    assert not token.recovered


# --------------------------------------------------------------------------- some minutes later


async def test_only_what_was_called_not_placed_and_is_watched_for_is_asked_for_once_more() -> None:
    waited: list[float] = []
    asked: list[str] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    async def ask_again(_intent: Any, doubt: Any, verdict: Any) -> None:
        assert verdict is doubt.verdict
        asked.append(doubt.token.client_id)

    def doubt(name: str, outcome: Outcome | None, kind: TokenKind = TokenKind.ORDER) -> Any:
        verdict = None if outcome is None else SimpleNamespace(outcome=outcome, name=name)
        return SimpleNamespace(token=Token(name, SYMBOL, kind), verdict=verdict)

    resolver: Any = SimpleNamespace(
        _wait=wait, _ask_again=ask_again, _options=SimpleNamespace(again_ms=300_000),
        _id_watch=SimpleNamespace(watched=SimpleNamespace(holds=lambda verdict: verdict.name != "turned up")),
    )  # fmt: skip
    intent: Any = SimpleNamespace(
        doubts=[
            doubt("open", None),
            doubt("placed", Outcome.ACCEPTED),
            doubt("everything", Outcome.NOT_PLACED, TokenKind.SYMBOL),
            doubt("turned up", Outcome.NOT_PLACED),
            doubt("first", Outcome.NOT_PLACED),
            doubt("second", Outcome.NOT_PLACED, TokenKind.LIST),
        ]
    )
    await Resolver._later(resolver, intent)
    assert (waited, asked) == ([300.0], ["first", "second"])
