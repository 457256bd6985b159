"""A client made wrongly says so where it is made, in words that tell what to do."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi import Ed25519Key, Settings, SpotClient, UsageError
from binance_wsapi.simulator import LocalExchange
from tests.simulation.house import KEY, SYMBOL, exchange_and_client
from tests.simulation.loop import VirtualLoop, run


class SignsNever:
    api_key = "k" * 64
    can_log_on = True


class SignsLate(SignsNever):
    async def sign(self, payload: bytes) -> str:
        return "signed"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"key": "api-key"}, "signer"),
        ({"key": Ed25519Key}, "signer"),
        ({"key": SignsLate()}, "sign_async"),
        ({"key": SignsNever()}, "sign_async"),
        ({"key": KEY, "settings": {"timeout": 1}}, "Settings"),
        ({"key": KEY, "journal": "orders.journal"}, "FileJournal"),
        ({"key": KEY, "on_open": "print"}, "functions"),
        ({"key": KEY, "on_unknown": "sometimes"}, "on_unknown"),
    ],
)
def test_a_client(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        SpotClient.testnet(**options)


@pytest.mark.parametrize(
    "options",
    [{"timeout": "10"}, {"timeout": 0}, {"limit_policy": "never"}, {"time_unit": "minutes"}, {"connections": 0}],
)
def test_settings(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        Settings(**options)


def test_entering_a_client_twice_leaves_the_first_alone() -> None:
    async def main(loop: VirtualLoop) -> None:
        exchange: LocalExchange
        async with exchange_and_client(loop) as (exchange, client):
            with pytest.raises(UsageError, match="once"):
                await client.__aenter__()
            order = await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            assert order.client_order_id in exchange.truth.orders
            assert client._tracked.in_doubt == 0

    run(main)


@pytest.mark.parametrize("signer", [SignsNever(), SignsLate()])
def test_the_key_of_one_call_is_refused_before_the_call_is_sent(signer: Any) -> None:
    async def main(loop: VirtualLoop) -> None:
        exchange: LocalExchange
        async with exchange_and_client(loop) as (exchange, client):
            before = len(exchange.truth.frames)
            with pytest.raises(UsageError, match="sign_async"):
                await client.call("account.status", key=signer)
            assert len(exchange.truth.frames) == before

    run(main)
