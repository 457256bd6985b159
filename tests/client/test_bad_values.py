"""Values of no kind that an argument takes, in both clients: each error is one of the library's, and none goes out."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import Any, Final

import pytest

from binance_wsapi import HmacKey, Settings, UsageError, WsapiError, blocking
from binance_wsapi.api.introspection import endpoints
from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.wire.endpoint import weigh
from tests.client.test_every_public_call import failure_of, public_calls
from tests.simulation.house import HMAC, KEY, SYMBOL, exchange_and_client, register, requests
from tests.simulation.loop import VirtualLoop, run

HUGE: Final = 10**5000
"""An integer of more digits than Python writes."""
BAD: Final[dict[str, Any]] = {
    "text": "abc",
    "text of many digits": "9" * 5000,
    "list": [],
    "list of text": ["x"],
    "dict": {},
    "None": None,
    "huge": HUGE,
    "huge and negative": -HUGE,
    "nan": float("nan"),
    "bytes": b"x",
    "bool": True,
}
GOOD: Final = {"symbol": SYMBOL, "start": "2025-01-01", "interval": "1m", "side": "BUY", "type": "LIMIT"}
WEIGHED: Final = sorted(
    {
        (method, case.param, case.minimum is not None or case.maximum is not None)
        for method, endpoint in endpoints().items()
        if isinstance(endpoint.weight, tuple)
        for case in endpoint.weight
        if case.param is not None
    }
)
"""Every parameter that decides a weight, and whether it is a number."""
SOME: Final = ("text", "list", "huge", "nan")
"""Those that the blocking client is given: what it hands on is checked by the other."""
LEFT_OUT: Final = {"updated"}
"""Calls of the blocking client that rightly wait for what does not come."""


@pytest.mark.parametrize("bad", ["abc", "", "1.5", "1_000", " 5", "\u0663", "9" * 5000, [], ["5"], {}, 1.5])
def test_what_decides_a_weight_as_a_number_is_one(bad: Any) -> None:
    got = "other text" if isinstance(bad, str) else f"a {type(bad).__name__}"
    with pytest.raises(UsageError, match=f"^limit must be a whole number of 64 bits, got {got}$"):
        weigh(SpotMethods.DEPTH.weight, {"limit": bad})


@pytest.mark.parametrize(("limit", "weight"), [("100", 5), ("101", 25), ("5000", 250), ("0", 250), ("-1", 250)])
def test_a_number_of_text_weighs_what_it_says(limit: Any, weight: int) -> None:
    assert weigh(SpotMethods.DEPTH.weight, {"limit": limit}) == weight


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("method", "name", "is_number"), WEIGHED)
def test_a_parameter_that_decides_a_weight_may_be_anything(method: str, name: str, is_number: bool, bad: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            order = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "1"}
            others = order if ".test" in method else {"symbol": SYMBOL} if is_number else {}
            before = len(requests(exchange))
            error = await failure_of(lambda: client.call(method, {**others, name: BAD[bad]}))
            assert error is None or isinstance(error, WsapiError), repr(error)
            if is_number and BAD[bad] is not None:
                assert isinstance(error, UsageError), repr(error)
                assert name in str(error)
                assert len(requests(exchange)) == before, "it went out"

    run(main, 1)


def wrong_calls(
    function: Callable[..., Any], kinds: Collection[str] = tuple(BAD)
) -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
    """Yield arguments of which one is of a wrong kind, and say which."""
    parameters = [each for each in inspect.signature(function).parameters.values() if each.kind is not each.VAR_KEYWORD]
    by_place = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY}
    for wrong in parameters:
        for kind in kinds:
            bad = BAD[kind]
            args: list[Any] = []
            kwargs: dict[str, Any] = {}
            for each in parameters:
                if each is wrong or (each.default is each.empty and each.kind is not each.VAR_POSITIONAL):
                    value = bad if each is wrong else GOOD.get(each.name, "1")
                    if each.kind in by_place:
                        args.append(value)
                    else:
                        kwargs[each.name] = value
            yield f"{wrong.name}: {kind}", args, kwargs


def foreign(error: BaseException | None) -> bool:
    """Whether an error is none that the library documents."""
    return isinstance(error, Exception) and not isinstance(error, WsapiError)


def test_no_wrong_value_raises_another_error_than_the_library_s() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, key=KEY) as (_, client), AsyncExitStack() as stack:
            streams = await stack.enter_async_context(client.market_streams())
            limit: dict[str, Any] = {"quantity": "0.01", "price": "100", "time_in_force": "GTC"}
            things: list[object] = [
                client,
                streams,
                streams.trade(SYMBOL),
                await stack.enter_async_context(client.order_book(SYMBOL)),
                client.history,
                client.history.my_trades(SYMBOL, start="2025-01-01"),
                await stack.enter_async_context(client.user_data()),
                await client.rules(SYMBOL),
                await client.submit_order(SYMBOL, "BUY", "LIMIT", **limit),
            ]
            wrong, calls = [], 0
            for thing in things:
                for name, function in public_calls(thing):
                    for which, args, kwargs in wrong_calls(function):
                        error = await failure_of(partial(function, *args, **kwargs))
                        calls += 1
                        wrong += [f"{name}: {which}: {error!r:.90}"] if foreign(error) else []
            assert not wrong, "\n".join(wrong)
            assert calls > 5_000

    run(main, 1)


def test_no_wrong_value_raises_another_error_than_the_library_s_in_the_blocking_client() -> None:
    wrong: list[str] = []
    called: set[str] = set()

    def met(url: str) -> None:
        key = HmacKey(HMAC.api_key, "s" * 64)
        with blocking.SpotClient.local(key, Settings(timeout=0.2), url=url) as client, ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(1))
            book = stack.enter_context(client.order_book(SYMBOL))
            things = (client, client.history, client.history.klines(SYMBOL, "1m", start="2025-01-01"), book)
            for thing in things:
                for name, function in public_calls(thing):
                    if name.rpartition(".")[2] in LEFT_OUT:
                        continue
                    for which, args, kwargs in wrong_calls(function, SOME):
                        error = pool.submit(function, *args, **kwargs).exception()
                        called.add(name)
                        wrong.extend([f"{name}: {which}: {error!r:.90}"] if foreign(error) else [])

    async def main() -> None:
        async with LocalExchange(market="manual") as exchange:
            register(exchange)
            exchange.quote(SYMBOL, bids=[("59999", "5")], asks=[("60001", "5")])
            await asyncio.to_thread(met, exchange.url)

    asyncio.run(main())
    assert not wrong, "\n".join(wrong)
    assert len(called) > 50
