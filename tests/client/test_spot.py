"""How the client begins: what is wrong with a key is told when it is entered."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi import AuthFailed, HmacKey, RsaKey, SpotClient
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
                await client.ping()

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
