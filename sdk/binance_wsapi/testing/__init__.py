"""A pytest plugin for your own tests: `local_exchange` is an exchange of your own, `spot_client` is connected to it.

It is there as soon as binance-wsapi is installed; nothing has to be imported::

    async def test_my_bot_buys_the_dip(local_exchange, spot_client):
        local_exchange.quote("BTCUSDT", bids=[("59000", "1")], asks=[("59001", "1")])
        await my_bot(spot_client)
        assert local_exchange.truth.balances()["BTC"][0] > 100

The fixtures are asynchronous, so an asynchronous runner has to be there too: pytest-asyncio or anyio. How the exchange
is made is said by a mark, with the arguments of `LocalExchange`::

    @pytest.mark.local_exchange(market="live", seed=7)

Without one it is a `manual` market: nothing happens but what the test does. The client acts for the account `alice`
with an Ed25519 key of its own. The
exchange is imported when the first test asks for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from binance_wsapi import Ed25519Key, Settings, SpotClient
    from binance_wsapi.simulator import LocalExchange

__all__ = ["API_KEY", "local_exchange", "local_key", "spot_client", "spot_settings"]

API_KEY = "local-exchange-key"
MARK = "local_exchange"
F = TypeVar("F", bound=Callable[..., Any])


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", f"{MARK}(**arguments): how the local exchange of a test is made")


def _asynchronous(function: F) -> F:
    """Make an asynchronous fixture for the runner that is there; pytest-asyncio in its strict mode wants its own kind."""
    try:
        from pytest_asyncio import fixture
    except ImportError:
        return cast("F", pytest.fixture(function))
    return cast("F", fixture(function))


@_asynchronous
async def local_exchange(request: pytest.FixtureRequest) -> AsyncIterator[LocalExchange]:
    """A running `LocalExchange`, made with the arguments of the mark `local_exchange`; a manual market without it."""
    from binance_wsapi.simulator import LocalExchange

    mark = request.node.get_closest_marker(MARK)
    if mark is not None and mark.args:
        raise pytest.UsageError("the mark local_exchange takes arguments by their names: market=, seed=, ...")
    async with LocalExchange(**{"market": "manual", **(mark.kwargs if mark else {})}) as exchange:
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
    local_exchange: LocalExchange, local_key: Ed25519Key, spot_settings: Settings
) -> AsyncIterator[SpotClient]:
    """A `SpotClient` that is connected to `local_exchange` and logged on."""
    from binance_wsapi import SpotClient

    async with SpotClient.local(local_key, spot_settings, url=local_exchange.url) as client:
        yield client
