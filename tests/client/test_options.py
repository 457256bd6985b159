"""A client made wrongly says so where it is made, in words that tell what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from binance_wsapi import Ed25519Key, Settings, SpotClient, UsageError, blocking
from binance_wsapi.environments import Environment
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
        ({"key": "api-key"}, "key must be a signer: .* got a str$"),
        ({"key": Ed25519Key}, "key must be a signer: .* got a class$"),
        ({"key": SignsLate()}, "sign_async"),
        ({"key": SignsNever()}, "sign_async"),
        ({"settings": {"timeout": 1}}, "settings must be a Settings.* got a dict$"),
        ({"journal": "orders.journal"}, "journal must be a FileJournal.* got a str$"),
        ({"fate": {"lag_ms": 1}}, "fate must be a FateOptions.* got a dict$"),
        ({"recorder": "wire.jsonl"}, "recorder must be a WireRecorder.* got a str$"),
        ({"around": "count"}, "around must be a function that .* got a str$"),
        ({"on_open": "print"}, "on_open must be a function, got a str$"),
        ({"on_message": "print"}, "on_message must be a function, got a str$"),
        ({"on_close": "print"}, "on_close must be a function, got a str$"),
        ({"on_error": "print"}, "on_error must be a function, got a str$"),
        ({"form": "list"}, "form must be"),
        ({"on_unknown": "sometimes"}, "on_unknown must be 'raise', 'wait' or 'cancel', got 'sometimes'$"),
    ],
)
def test_a_client(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=f"^.*{says}"):
        SpotClient.testnet(**{"key": KEY, **options})


def test_a_client_of_no_environment() -> None:
    name: Any = "testnet"
    with pytest.raises(UsageError, match=r"^environment must be PRODUCTION, TESTNET or DEMO.* got a str$"):
        SpotClient(name, KEY)


@pytest.mark.parametrize(
    "options",
    [{"timeout": "10"}, {"timeout": 0}, {"timeout": True}, {"limit_policy": "never"}, {"time_unit": "minutes"},
     {"connections": 0}, {"connections": "x"}, {"connections": 1.0},
     {"reconnect": 5}, {"limit_kept": 2}, {"limit_kept": "0.1"}, {"limit_kept": float("nan")}, {"return_rate_limits": "no"},
     {"recv_window": 1.5}, {"recv_window": "5000"}, {"rotate_after": "day"}, {"user_data_audit": "60"}, {"not_now": True}],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_settings(options: dict[str, Any]) -> None:
    ((name, value),) = options.items()
    with pytest.raises(UsageError) as caught:
        Settings(**options)
    assert str(caught.value).startswith(f"{name} must be ")
    assert str(caught.value).endswith(f", got {value!r}")


@pytest.mark.parametrize("store", ["limits.db", "redis://:hunter2@127.0.0.1/0", object()])
def test_a_store_that_is_none_is_not_repeated_for_it_may_be_an_address_with_a_password(store: Any) -> None:
    with pytest.raises(UsageError, match=r"^limit_store must be a store, .* got a (str|object)$"):
        Settings(limit_store=store)


@pytest.mark.parametrize("end", [":99999/ws-api/v3", ":9x", ":1/ws-api/v3#x", ":0", ":-1", ":1/a b", ":1/\n"])
def test_a_url_by_which_nothing_can_be_reached(end: str) -> None:
    with pytest.raises(UsageError, match=r"^url must "):
        SpotClient.local(None, url="ws://127.0.0.1" + end)
    with pytest.raises(UsageError, match=r"^url must "):
        Environment("local", ("ws://127.0.0.1:1",), ("ws://127.0.0.1" + end,), "")


def test_a_call_with_an_argument_of_another_type_is_told_before_anything_is_sent() -> None:
    async def main(loop: VirtualLoop) -> None:
        exchange: LocalExchange
        async with exchange_and_client(loop) as (exchange, client):
            wrong: Any
            for wrong in ("5", True, b"5", [5], 0, -1, float("nan")):
                for call in (client.place_order, client.submit_order):
                    with pytest.raises(UsageError, match=r"timeout must be a number of seconds above 0, .* got "):
                        await call(SYMBOL, "BUY", "MARKET", quantity="0.001", timeout=wrong)
            text: Any = "a key"
            makes: list[Callable[[], Awaitable[Any]]] = [
                lambda: client.user_data(text).__aenter__(),
                lambda: client.session_logon(text),
                lambda: client.call("account.status", {}, key=text),
            ]
            for make in makes:
                with pytest.raises(UsageError, match=r"key must be a key, as Ed25519Key or HmacKey.* got a str"):
                    await make()
            assert not exchange.truth.orders

    run(main)


def test_what_is_entered_in_the_way_of_a_script_says_how_it_is_entered() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            made: list[Any] = [client.user_data(), client.order_book(SYMBOL), client.market_streams()]
            made.append(made[-1].trade(SYMBOL))
            for each in made:
                with pytest.raises(UsageError, match=r"`async with .* got `with`"), each:
                    pass
                with pytest.raises(UsageError, match=r"`async with .* got `for`"):
                    iter(each)
                with pytest.raises(UsageError, match=r"`async with .* got `await`"):
                    await each
            with pytest.raises(UsageError, match=r"`async with .* got `async for`"):
                aiter(made[0])

    run(main)


async def test_what_is_blocking_says_that_it_is() -> None:
    client: Any = blocking.SpotClient.local(None, url="ws://127.0.0.1:1/ws-api/v3")
    with pytest.raises(UsageError, match=r"used with `with`, got `await`.*binance_wsapi\.SpotClient"):
        await client
    for each in (client, client.user_data()):
        with pytest.raises(UsageError, match=r"used with `with`, got `async with`"):
            await each.__aenter__()
        with pytest.raises(UsageError, match=r"used with `for`, got `async for`"):
            aiter(each)


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
