"""The pytest plugin gives users' tests an exchange and a client, with either runner, and costs nothing unasked."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

HEAD = """
import pytest
from decimal import Decimal
"""


def check(pytester: pytest.Pytester, body: str, *arguments: str, passed: int = 1, failed: int = 0) -> str:
    pytester.makepyfile(HEAD + textwrap.dedent(body))
    plugins = ("-p", "no:randomly", "-p", "no:cacheprovider", "-W", "error")
    result = pytester.runpytest_subprocess(*plugins, "--strict-markers", *arguments, timeout=100)
    result.assert_outcomes(passed=passed, failed=failed)
    return result.stdout.str()


ORDER = """
async def test_an_order(local_exchange, spot_client):
    local_exchange.quote("BTCUSDT", asks=[("59000", "1")])
    await spot_client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.1")
    assert local_exchange.truth.balances()["BTC"][0] > Decimal("100.09")
    assert (await spot_client.session_status()).api_key is not None
"""


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_a_bot_is_tested_with_pytest_asyncio_in_either_mode(pytester: pytest.Pytester, mode: str) -> None:
    mark = "@pytest.mark.asyncio" if mode == "strict" else ""
    check(pytester, mark + ORDER, "-o", f"asyncio_mode={mode}", "-o", "asyncio_default_fixture_loop_scope=function")


AUTO = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")


def test_the_mark_says_how_the_exchange_is_made(pytester: pytest.Pytester) -> None:
    body = """
    @pytest.mark.local_exchange(market="live", seed=7, tls=True)
    async def test_live(local_exchange, spot_client):
        assert local_exchange.url.startswith("wss://")
        assert (await spot_client.depth("BTCUSDT")).bids

    async def test_each_test_has_an_exchange_of_its_own(local_exchange, spot_client):
        assert not (await spot_client.depth("BTCUSDT")).bids
        assert local_exchange.url.startswith("ws://")
    """
    check(pytester, body, *AUTO, passed=2)


def test_a_mark_without_names_is_told(pytester: pytest.Pytester) -> None:
    body = """
    @pytest.mark.local_exchange("live")
    async def test_live(local_exchange):
        pass
    """
    pytester.makepyfile(HEAD + textwrap.dedent(body))
    result = pytester.runpytest_subprocess(*AUTO, timeout=100)
    result.assert_outcomes(errors=1)
    assert "takes arguments by their names" in result.stdout.str()


def test_settings_can_be_the_users_own(pytester: pytest.Pytester) -> None:
    body = """
    from binance_wsapi import Settings

    @pytest.fixture
    def spot_settings():
        return Settings(connections=2)

    async def test_two(local_exchange, spot_client):
        assert local_exchange.truth.counters["connects"] == 2
    """
    check(pytester, body, *AUTO)


def test_a_fault_is_met_in_a_users_test(pytester: pytest.Pytester) -> None:
    body = """
    from binance_wsapi import VenueFault
    from binance_wsapi.simulator import Refuse

    async def test_busy(local_exchange, spot_client):
        local_exchange.faults.next(Refuse(503, -1008, "busy"), "ping", count=9)
        with pytest.raises(VenueFault):
            await spot_client.ping()
    """
    check(pytester, body, *AUTO)


def test_the_plugin_does_not_import_the_exchange_before_it_is_asked_for() -> None:
    program = (
        "import sys, binance_wsapi.testing; loaded = [name for name in sys.modules "
        "if name.startswith(('binance_wsapi.simulator', 'binance_wsapi.cli.', 'typer'))]; assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_plugin_is_found_by_pytest() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"binance-wsapi": "binance_wsapi.testing"}
