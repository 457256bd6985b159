"""A pytest plugin for your own tests: `local_exchange` is an exchange of your own, `spot_client` is connected to it.

pytest finds it once binance-wsapi is installed; nothing has to be imported. `pip install "binance-wsapi[test]"` brings
pytest and pytest-asyncio with it::

    @pytest.mark.asyncio
    async def test_my_bot_buys_the_dip(local_exchange, spot_client):
        local_exchange.quote("BTCUSDT", bids=[("59000", "1")], asks=[("59001", "1")])
        await my_bot(spot_client)
        assert local_exchange.truth.balances()["BTC"][0] > 100

The fixtures run in pytest-asyncio's loop in both of its modes, or in anyio's under `@pytest.mark.anyio`.

In virtual time a test needs no runner, and hours pass in milliseconds: an order whose reply is lost is settled after
more than ten seconds, which such a test does not wait for::

    @pytest.mark.virtual_time
    async def test_my_bot_survives_a_lost_reply(local_exchange, spot_client):
        local_exchange.faults.next(Cut(after_execution=True), "order.place")
        ...

`@pytest.mark.virtual_time(seed=7)` chooses latencies and everything else that is left to chance; the same seed is the
same test. The loop is the fixture `virtual_loop`; its `network` breaks connections. There are no sockets in virtual
time, so TLS, threads, and packages that bring sockets of their own (`httpx`, ``aiohttp``) have no place there.

A mark says how the exchange is made, with the arguments of `LocalExchange`::

    @pytest.mark.local_exchange(market="live", seed=7)

Without one it is a `manual` market, in which only the test trades, and queries see an order at once (`lag=(0, 0)`). The
client acts for the account `alice` with an Ed25519 key of its own. The first test that asks imports the exchange.
"""

from binance_wsapi.testing.fixtures import (
    API_KEY,
    local_exchange,
    local_key,
    pytest_configure,
    pytest_fixture_setup,
    pytest_pycollect_makeitem,
    pytest_pyfunc_call,
    spot_client,
    spot_settings,
    virtual_loop,
)
from binance_wsapi.testing.network import Link, Network
from binance_wsapi.testing.virtual import Deadlock, VirtualLoop, on, run_in_virtual_time

__all__ = [
    "API_KEY",
    # fixtures
    "local_exchange",
    "local_key",
    "spot_client",
    "spot_settings",
    "virtual_loop",
    # virtual time
    "Deadlock",
    "Link",
    "Network",
    "VirtualLoop",
    "on",
    "run_in_virtual_time",
    # what pytest calls
    "pytest_configure",
    "pytest_fixture_setup",
    "pytest_pycollect_makeitem",
    "pytest_pyfunc_call",
]
