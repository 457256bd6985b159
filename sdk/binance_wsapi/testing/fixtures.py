"""The fixtures, and the hooks by which a test and its asynchronous fixtures run in virtual time.

Theory of operation: a test with the mark `virtual_time` is wrapped in a plain function when pytest collects it, so that
no plugin for asynchronous tests takes it for its own. `pytest_pyfunc_call` runs the coroutine of the wrapped function in
the loop of the fixture `virtual_loop`, and `pytest_fixture_setup` runs every asynchronous fixture of such a test there,
those of users included. All other tests are left to the plugin that runs them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

from binance_wsapi.testing.virtual import VirtualLoop, settle

if TYPE_CHECKING:
    from binance_wsapi import Ed25519Key, Settings, SpotClient
    from binance_wsapi.simulator import LocalExchange

__all__ = ["API_KEY", "local_exchange", "local_key", "spot_client", "spot_settings", "virtual_loop"]

API_KEY = "local-exchange-key"
EXCHANGE = "local_exchange"
VIRTUAL = "virtual_time"
_CALLED = "_called_in_virtual_time"
_LOOP = pytest.StashKey[VirtualLoop]()
F = TypeVar("F", bound=Callable[..., Any])


# --- hooks -------------------------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks."""
    config.addinivalue_line("markers", f"{EXCHANGE}(**arguments): how the local exchange of a test is made")
    config.addinivalue_line("markers", f"{VIRTUAL}(seed=0): run an asynchronous test and its fixtures in virtual time")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> None:
    """Wrap a coroutine function with the mark in a plain one."""
    if not inspect.iscoroutinefunction(obj) or not collector.istestfunction(obj, name):
        return
    own = [mark for mark in getattr(obj, "pytestmark", ()) if mark.name == VIRTUAL]
    if not own and collector.get_closest_marker(VIRTUAL) is None:
        return
    pytest.mark.usefixtures("virtual_loop")(obj)  # pytest reads the marks of the original

    @functools.wraps(obj)
    def test(*_: Any, **__: Any) -> None:
        raise pytest.UsageError("a test in virtual time is run by the plugin of binance-wsapi")

    setattr(test, _CALLED, obj)
    setattr(collector.obj, name, test)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that was wrapped."""
    function = getattr(pyfuncitem.obj, _CALLED, None)
    if function is None:
        return None
    loop = pyfuncitem.stash[_LOOP]
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}  # noqa: SLF001
    bound = () if pyfuncitem.instance is None else (pyfuncitem.instance,)
    loop.run_until_complete(function(*bound, **arguments))
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Generator[None, Any, Any]:
    """Run an asynchronous fixture in the loop of its test."""
    function = fixturedef.func
    if not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)):
        return (yield)
    if fixturedef.scope == "function" and request.node.get_closest_marker(VIRTUAL) is not None:
        changed = _synchronous(function, request.getfixturevalue("virtual_loop"))
    elif function.__module__ == __name__ and "anyio_backend" in request.fixturenames:
        changed = _plain(function)  # pytest-asyncio would take what its decorator has marked
    else:
        return (yield)
    fixturedef.func = changed
    try:
        return (yield)
    finally:
        # anyio wraps what it finds; the next test finds the original again.
        fixturedef.func = function


def _synchronous(function: Callable[..., Any], loop: VirtualLoop) -> Callable[..., Any]:
    """Return a plain fixture function that runs an asynchronous one in a loop."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        def returned(*args: Any, **kwargs: Any) -> Any:
            return loop.run_until_complete(function(*args, **kwargs))

        return _unmarked(returned)

    @functools.wraps(function)
    def yielded(*args: Any, **kwargs: Any) -> Iterator[Any]:
        steps = function(*args, **kwargs)
        yield loop.run_until_complete(anext(steps))
        try:
            loop.run_until_complete(anext(steps))
        except StopAsyncIteration:
            return
        raise pytest.UsageError(f"the fixture {function.__name__} yields more than once")

    return _unmarked(yielded)


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def plain(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        steps = function(*args, **kwargs)
        async for each in steps:
            yield each

    return _unmarked(plain)


def _unmarked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Take off what `functools.wraps` copied: the original function, and the marks of other plugins."""
    for name in list(vars(function)):
        delattr(function, name)
    return function


# --- fixtures ----------------------------------------------------------------------------------------------------------


def _asynchronous(function: F) -> F:
    """Make an asynchronous fixture for the runner that is there; pytest-asyncio in its strict mode wants its own kind."""
    try:
        from pytest_asyncio import fixture
    except ImportError:
        return cast("F", pytest.fixture(function))
    return cast("F", fixture(function))


@pytest.fixture
def virtual_loop(request: pytest.FixtureRequest) -> Iterator[VirtualLoop]:
    """The event loop of a test in virtual time; `now` is its time, `network` the network in memory."""
    mark = request.node.get_closest_marker(VIRTUAL)
    if mark is None or mark.args or mark.kwargs.keys() - {"seed"}:
        raise pytest.UsageError("the mark virtual_time takes seed= and nothing else, and a test of this loop needs it")
    loop = request.node.stash[_LOOP] = VirtualLoop(mark.kwargs.get("seed", 0))
    try:
        yield loop
        settle(loop)
    finally:
        loop.close()


@_asynchronous
async def local_exchange(request: pytest.FixtureRequest) -> AsyncIterator[LocalExchange]:
    """A running `LocalExchange`, made with the arguments of the mark `local_exchange`; a manual market without it."""
    from binance_wsapi.simulator import LocalExchange

    mark = request.node.get_closest_marker(EXCHANGE)
    if mark is not None and mark.args:
        raise pytest.UsageError("the mark local_exchange takes arguments by their names: market=, seed=, ...")
    arguments = {"market": "manual", **(mark.kwargs if mark else {})}
    if arguments.get("tls") and request.node.get_closest_marker(VIRTUAL) is not None:
        raise pytest.UsageError("there is no TLS in virtual time: leave out tls= or the mark virtual_time")
    async with LocalExchange(**arguments) as exchange:
        yield exchange


@pytest.fixture
def local_key(local_exchange: LocalExchange) -> Ed25519Key:
    """A new Ed25519 key, registered at the exchange for the account `alice`."""
    from binance_wsapi import Ed25519Key

    key = Ed25519Key.generate(API_KEY)
    local_exchange.register_key(API_KEY, "ed25519", public_pem=key.public_pem())
    return key


@pytest.fixture
def spot_settings(local_exchange: LocalExchange, tmp_path: Path) -> Settings:
    """Settings of `spot_client`. Define a fixture of this name to have your own."""
    from binance_wsapi import Settings

    if local_exchange.tls is None:
        return Settings()
    return Settings(ca_file=str(local_exchange.tls.write_ca(tmp_path / "local-exchange-ca.pem")))


@_asynchronous
async def spot_client(
    request: pytest.FixtureRequest, local_exchange: LocalExchange, local_key: Ed25519Key, spot_settings: Settings
) -> AsyncIterator[SpotClient]:
    """A `SpotClient` that is connected to `local_exchange` and logged on."""
    from binance_wsapi import SpotClient
    from binance_wsapi.environments import local

    environment, runtime = local(local_exchange.url), None
    if request.node.get_closest_marker(VIRTUAL) is not None:
        from binance_wsapi.link.runtime import Runtime
        from binance_wsapi.wire.ids import ALPHABET

        loop: VirtualLoop = request.getfixturevalue("virtual_loop")
        chance = loop.random
        environment = replace(environment, rest="")  # HTTP has no place in virtual time
        runtime = Runtime(
            wall=lambda: local_exchange.clock.now_ms() / 1000,
            token=lambda length: "".join(chance.choices(ALPHABET, k=length)),
            uniform=chance.uniform,
            slept=lambda: 0.0,
        )
    async with SpotClient(environment, local_key, spot_settings, runtime=runtime) as client:
        yield client
