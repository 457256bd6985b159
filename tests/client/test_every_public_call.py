"""Every public call that fails, asynchronous or blocking: its error takes no frame of the library along."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest

from binance_wsapi import HmacKey, Settings, SpotClient, UsageError, blocking
from binance_wsapi.observability import WireRecorder
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.wire import border
from tests.simulation.house import KEY, exchange_and_client
from tests.simulation.loop import VirtualLoop, run

API_KEY, SECRET = "eVeRyCaLlKeY" + "k" * 52, "eVeRyCaLlSeCrEt" + "s" * 49
CANARY = "CaNaRyOfAnArGuMeNt"
PATIENCE = 0.05
"""Seconds after which a call that waits is cancelled: a cancellation is an error like another."""
MODULES: Final = ("", ".streams", ".user_data", ".limits", ".observability", ".blocking", ".rest")
ENDS: Final = {"close", "aclose"}
INNER: Final = {"attach", "detach", "check_symbols", "unreadable", "watched_by", "interrupted", "end", "around", "note"}
"""What subscriptions, sockets and the library's own parts call."""


class Odd:
    """An argument of no kind that anything takes, and that shows itself in every variable."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


BORDERS: Final = {border.__name__, "binance_wsapi.keys.secret"}
MADE_INSIDE: Final = {"HistoryRows", "OrderHandle", "OrderListHandle", "Subscription", "UserData", "UserDataEvents"}
"""Classes whose objects users are given and do not make."""


def frames_of(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the module and the variables of every frame of an error and of all that caused it, but for those of tests."""
    queue, seen = [error], set()
    while queue:
        each = queue.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        queue += [cause for cause in (each.__cause__, each.__context__) if cause is not None]
        step = each.__traceback__
        while step is not None:
            module = step.tb_frame.f_globals["__name__"]
            if not module.startswith(("tests.", "_pytest", "pluggy")):
                yield (
                    module,
                    repr({name: value for name, value in step.tb_frame.f_locals.items() if value != str(each)}),
                )
            step = step.tb_next


def what_left(name: str, error: BaseException) -> list[str]:
    """Return what is wrong with an error that left a public call."""
    found = []
    for module, variables in frames_of(error):
        if module.startswith("binance_wsapi") and module not in BORDERS:
            found.append(f"{name}: {error!r:.90} has a frame of {module}")
        if CANARY in variables or SECRET in variables:
            found.append(f"{name}: {error!r:.90} has the argument in a frame of {module}")
    return found


def calls_of(
    function: Callable[..., Any], text: str = CANARY, kinds: int = 4
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Yield arguments that are wrong: all at once, one at a time, and a name that there is not."""
    parameters = [each for each in inspect.signature(function).parameters.values() if each.kind is not each.VAR_KEYWORD]
    required = {each.name: text for each in parameters if each.default is each.empty}

    def bound(values: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        by_place = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY}
        args = tuple(values.pop(each.name) for each in parameters if each.kind in by_place and each.name in values)
        return args, values

    yield bound(dict(required))
    for wrong in (text, Odd(text), [text], {text: text})[:kinds]:
        for each in parameters:
            yield bound({**required, each.name: wrong})
        yield bound({each.name: wrong for each in parameters})
    yield bound({**required, "no_such_name": text})


def public_calls(thing: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public methods of an object, those that end it left out."""
    for name in sorted(dir(type(thing))):
        if name.startswith(("_", "on_")) or name in ENDS | INNER:
            continue
        if not isinstance(inspect.getattr_static(type(thing), name), property) and callable(getattr(thing, name)):
            yield f"{type(thing).__module__}.{type(thing).__qualname__}.{name}", getattr(thing, name)


async def failure_of(call: Callable[[], Any]) -> BaseException | None:
    """Return the error of a call and of what it returned: a coroutine, a context, or what is iterated over."""

    async def followed() -> None:
        result = call()
        if inspect.iscoroutine(result):
            result = await result
        if hasattr(result, "__aenter__"):
            async with result as entered:
                if hasattr(entered, "__anext__"):
                    await anext(entered)
        elif hasattr(result, "__aiter__"):
            await anext(aiter(result))

    task = asyncio.ensure_future(followed())
    await asyncio.wait({task}, timeout=PATIENCE)
    task.cancel()
    (error,) = await asyncio.gather(task, return_exceptions=True)
    return error if isinstance(error, BaseException) else None


def makers() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield what makes public things: classes, their class methods, and functions."""
    for module in MODULES:
        home = importlib.import_module(f"binance_wsapi{module}")
        for name in home.__all__:
            thing = getattr(home, name)
            if name in MADE_INSIDE:
                continue
            if inspect.isfunction(thing):
                yield f"{home.__name__}.{name}", thing
            if (
                isinstance(thing, type)
                and not issubclass(thing, BaseException | Enum)
                and not getattr(thing, "_is_protocol", False)
            ):
                yield f"{home.__name__}.{name}", thing
                for other, value in vars(thing).items():
                    if isinstance(value, classmethod) and not other.startswith("_"):
                        yield f"{home.__name__}.{name}.{other}", getattr(thing, other)


MAKERS: Final = dict(makers())


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_that_is_made_wrongly_takes_a_frame_along(name: str) -> None:
    wrong = []
    with ThreadPoolExecutor(1) as pool:
        for args, kwargs in calls_of(
            MAKERS[name], f"{CANARY}of{name.replace('.', '_')}X"
        ):  # a key makes a secret of it
            error = pool.submit(MAKERS[name], *args, **kwargs).exception()
            wrong += [] if error is None else what_left(name, error)
    assert not wrong, "\n".join(dict.fromkeys(wrong))


async def met(things: list[object]) -> tuple[list[str], set[str]]:
    """Call every public method of things wrongly; return what is wrong with the errors, and which methods failed."""
    wrong, failed = [], set()
    for thing in things:
        for name, function in public_calls(thing):
            for args, kwargs in calls_of(function):
                error = await failure_of(lambda f=function, a=args, k=kwargs: f(*a, **k))  # type: ignore[misc]
                if error is not None:
                    failed.add(name)
                    wrong += what_left(name, error)
    return wrong, failed


def test_no_asynchronous_call_takes_a_frame_along(tmp_path: Path) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, key=KEY) as (_, client), AsyncExitStack() as stack:
            handle = await client.submit_order(
                "BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="100", time_in_force="GTC"
            )
            both = await client.submit_oco(
                "BTCUSDT", "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="900000", below_stop_price="100"
            )
            streams = await stack.enter_async_context(client.market_streams())
            things: list[object] = [
                client,
                streams,
                streams.trade("BTCUSDT"),
                await stack.enter_async_context(client.order_book("BTCUSDT")),
                client.history,
                client.history.my_trades("BTCUSDT", start="2025-01-01"),
                await stack.enter_async_context(client.user_data()),
                await client.rules("BTCUSDT"),
                handle,
                both,
                WireRecorder(tmp_path / "recording"),
            ]
            wrong, failed = await met(things)
            assert not wrong, "\n".join(dict.fromkeys(wrong))
            assert len(failed) > 100, sorted(failed)

    run(main, 1)


def test_no_blocking_call_takes_a_frame_along() -> None:
    wrong, failed = [], set()

    def trade(url: str) -> None:
        settings = Settings(timeout=0.2)
        with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
            client = stack.enter_context(blocking.SpotClient.local(HmacKey(API_KEY, SECRET), settings, url=url))
            order = {"quantity": "0.01", "price": "100", "time_in_force": "GTC"}
            legs = {"above_price": "900000", "below_stop_price": "100"}
            streams = stack.enter_context(client.market_streams())
            things: list[object] = [
                client,
                client.history,
                client.history.my_trades("BTCUSDT", start="2025-01-01"),
                streams,
                streams.trade("BTCUSDT"),
                stack.enter_context(client.order_book("BTCUSDT")),
                stack.enter_context(client.user_data()),
                client.submit_order("BTCUSDT", "BUY", "LIMIT", **order),  # type: ignore[arg-type]
                client.submit_oco("BTCUSDT", "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", **legs),  # type: ignore[arg-type]
            ]
            for thing in things:
                for name, function in public_calls(thing):
                    for args, kwargs in calls_of(function, kinds=2):
                        if args or kwargs:  # others may wait for ever, which is right
                            error = pool.submit(function, *args, **kwargs).exception(timeout=20)
                            if error is not None:
                                failed.add(name)
                                wrong.extend(what_left(name, error))

    async def main() -> None:
        async with LocalExchange(market="manual") as exchange:
            exchange.register_key(API_KEY, "hmac", secret=SECRET)
            exchange.quote("BTCUSDT", bids=[("59999", "5")], asks=[("60001", "5")])
            await asyncio.to_thread(trade, exchange.url)

    asyncio.run(main())
    assert not wrong, "\n".join(dict.fromkeys(wrong))
    assert len(failed) > 100, sorted(failed)


def raises(*_: object) -> Any:
    """A function of a user that fails."""
    raise KeyError("of the user's")


async def test_an_error_of_a_user_s_function_keeps_the_user_s_frames_alone() -> None:
    found: list[tuple[str, BaseException]] = []

    def blocks(url: str) -> None:
        with blocking.SpotClient.local(HmacKey(API_KEY, SECRET), url=url) as client:
            rows = client.history.klines("BTCUSDT", "1m", start="2025-01-01", on_progress=raises)
            with pytest.raises(KeyError) as caught:
                next(iter(rows))
            found.append(("next", caught.value))
            rows = client.history.klines("BTCUSDT", "1m", start="2025-01-01", on_progress=raises)
            with pytest.raises(KeyError) as caught:
                rows.collect()
            found.append(("collect", caught.value))

    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)
        await asyncio.to_thread(blocks, exchange.url)
        async with SpotClient.local(HmacKey(API_KEY, SECRET), url=exchange.url) as client:
            rows = client.history.klines("BTCUSDT", "1m", start="2025-01-01", on_progress=raises)
            with pytest.raises(KeyError) as caught:
                await anext(aiter(rows))
            found.append(("anext", caught.value))
            with pytest.raises(UsageError, match="resume must be") as refused:
                client.history.klines("BTCUSDT", "1m", start="2025-01-01", resume=CANARY)
            found.append(("resume", refused.value))
    for name, error in found:
        assert not what_left(name, error)
        if isinstance(error, KeyError):
            frames = []
            step = error.__traceback__
            while step is not None:
                frames.append(step.tb_frame.f_code.co_name)
                step = step.tb_next
            assert frames[-1] == "raises"
