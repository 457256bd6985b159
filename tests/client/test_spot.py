"""How the client begins: what is wrong with a key is told when it is entered."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi import AuthFailed, HmacKey, OutcomeUnknown, RsaKey, SpotClient
from binance_wsapi.simulator import Cut, LocalExchange
from binance_wsapi.simulator.faults.faults import Drop
from tests.simulation.house import HMAC, KEY, environment, exchange_and_client, register, requests, runtime
from tests.simulation.loop import VirtualLoop, run


@pytest.mark.parametrize(
    ("key", "code", "says"),
    [
        (HmacKey(HMAC.api_key, "0" * 64), -1022, "Check that the secret belongs to this API key"),
        (HmacKey("unknownKey" + "0" * 54, "0" * 64), -2015, "Check that the API key is of this venue"),
    ],
)
def test_a_key_that_does_not_log_on_and_is_wrong_is_told_when_entering(key: Any, code: int, says: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, _):
            client = SpotClient(environment(exchange), key, runtime=runtime(loop))
            with pytest.raises(AuthFailed, match=says) as raised:
                await client.start()
            assert raised.value.code == code
            assert "0" * 64 not in repr(raised.value)
            await client.close()

    run(main, 1)


def test_one_signed_question_is_asked_and_only_for_keys_that_do_not_log_on() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, key=KEY) as (exchange, _):
            assert requests(exchange, "orderList.status") == []
            async with SpotClient(environment(exchange), HMAC, runtime=runtime(loop)) as client:
                (question,) = requests(exchange, "orderList.status")
                assert question["params"].keys() == {"origClientOrderId", "apiKey", "timestamp", "signature"}
                await client.account_status()
            async with SpotClient(environment(exchange), None, runtime=runtime(loop)):
                assert len(requests(exchange, "orderList.status")) == 1

    run(main, 1)


def test_a_question_that_is_not_answered_keeps_no_client_from_starting() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, _):
            register(exchange)
            exchange.faults.next(Drop(), "orderList.status")
            async with SpotClient(environment(exchange), HMAC, runtime=runtime(loop)) as client:
                assert requests(exchange, "orderList.status")
                assert (await client.account_status()).can_trade

    run(main, 1)


def test_rsa_keys_are_tried_likewise() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, _):
            right, wrong = RsaKey.generate("rsaKey" + "0" * 58), RsaKey.generate("rsaKey" + "0" * 58)
            exchange.register_key(right.api_key, "rsa", public_pem=right.public_pem())
            async with SpotClient(environment(exchange), right, runtime=runtime(loop)):
                pass
            with pytest.raises(AuthFailed, match="-1022"):
                await SpotClient(environment(exchange), wrong, runtime=runtime(loop)).start()

    run(main, 1)


def test_an_id_that_is_noted_before_the_order_is_sent_names_that_order() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            names = {client.new_order_id() for _ in range(3)}
            assert len(names) == 3
            assert requests(exchange, "order.place") == []
            for name in names:
                placed = await client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.01", new_client_order_id=name)
                assert placed.client_order_id == name
            assert {each.client_order_id for each in exchange.truth.all_orders()} >= names

    run(main, 1)


def test_ids_that_are_never_used_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("binance_wsapi.orders.tracked_caller.UNUSED_IDS_KEPT", 5)

    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            names = [client.new_order_id() for _ in range(50)]
            assert len(client._tracked._fresh) == 5
            for name in (names[0], names[-1]):
                exchange.faults.next(Cut(after_execution=True), "order.place")
                with pytest.raises(OutcomeUnknown) as lost:
                    await client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.01", new_client_order_id=name)
                assert (await lost.value.resolve()).outcome.value == "accepted"

    run(main, 1)


async def test_a_client_is_shown_by_its_place_and_its_state(local_exchange: LocalExchange) -> None:
    client = SpotClient.local(url=local_exchange.url)
    assert repr(client) == "<SpotClient local, not started>"
    async with client:
        assert repr(client) == "<SpotClient local, open>"
        assert repr(client.history).startswith("<SpotHistory: klines, ")
    assert repr(client) == "<SpotClient local, closed>"
