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
    plugins = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error")
    if "no:asyncio" not in arguments:
        arguments = ("-o", "asyncio_default_fixture_loop_scope=function", *arguments)
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
    check(pytester, mark + ORDER, "-o", f"asyncio_mode={mode}")


AUTO = ("-o", "asyncio_mode=auto")


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


# --- virtual time ------------------------------------------------------------------------------------------------------

LOST = """
from binance_wsapi import OutcomeUnknown
from binance_wsapi.simulator import Cut

@pytest.mark.virtual_time
class TestLost:
    async def test_lost(self, local_exchange, spot_client, virtual_loop):
        local_exchange.quote("BTCUSDT", bids=[("59000", "1")], asks=[("59001", "1")])
        local_exchange.faults.next(Cut(after_execution=True), "order.place")
        before = virtual_loop.time()
        with pytest.raises(OutcomeUnknown) as raised:
            await spot_client.place_order(
                "BTCUSDT", "BUY", "LIMIT", time_in_force="GTC", quantity="0.1", price="58000"
            )
        verdict = await raised.value.resolve()
        assert virtual_loop.time() > before
        [order] = local_exchange.truth.all_orders()
        assert order.order_id == verdict.order.order_id
"""


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_a_lost_order_is_settled_in_virtual_time_in_either_mode(pytester: pytest.Pytester, mode: str) -> None:
    check(pytester, LOST, "-o", f"asyncio_mode={mode}")


def test_virtual_time_needs_no_runner(pytester: pytest.Pytester) -> None:
    check(pytester, LOST, "-p", "no:asyncio", "-p", "no:anyio")


def test_fixtures_of_a_user_run_in_virtual_time_and_other_tests_do_not(pytester: pytest.Pytester) -> None:
    body = """
    import asyncio

    @pytest.fixture
    async def slow(local_exchange, spot_client):
        await asyncio.sleep(36_000)
        yield 1
        await asyncio.sleep(36_000)

    @pytest.fixture
    async def number(slow):
        await asyncio.sleep(36_000)
        return slow + 1

    @pytest.mark.virtual_time(seed=3)
    @pytest.mark.parametrize("more", [1, 2])
    async def test_hours(number, more, virtual_loop, spot_client):
        assert number + more > 2
        assert virtual_loop.time() > 72_000
        await asyncio.sleep(1_000)

    async def test_real(local_exchange, spot_client):
        assert not hasattr(asyncio.get_running_loop(), "network")
        await spot_client.ping()
    """
    check(pytester, body, *AUTO, passed=3)


def test_the_same_seed_is_the_same_test(pytester: pytest.Pytester) -> None:
    body = """
    seen = []

    @pytest.mark.virtual_time(seed=4)
    @pytest.mark.parametrize("turn", [1, 2])
    async def test_it(local_exchange, spot_client, virtual_loop, turn):
        local_exchange.quote("BTCUSDT", bids=[("59000", "1")], asks=[("59001", "1")])
        for _ in range(5):
            await spot_client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.1")
        seen.append((virtual_loop.time(), [order.client_order_id for order in local_exchange.truth.all_orders()]))
        assert seen.count(seen[0]) == len(seen)
    """
    check(pytester, body, passed=2)


def test_a_task_left_behind_in_virtual_time_is_an_error(pytester: pytest.Pytester) -> None:
    body = """
    import asyncio

    @pytest.mark.virtual_time
    async def test_it():
        globals()["kept"] = asyncio.create_task(asyncio.sleep(5))
    """
    pytester.makepyfile(HEAD + textwrap.dedent(body))
    result = pytester.runpytest_subprocess(*AUTO, timeout=100)
    result.assert_outcomes(passed=1, errors=1)
    assert "tasks left behind" in result.stdout.str()


@pytest.mark.parametrize("plugins", [(), ("-p", "no:asyncio")])
def test_a_bot_is_tested_with_anyio(pytester: pytest.Pytester, plugins: tuple[str, ...]) -> None:
    body = '@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n\n@pytest.mark.anyio' + ORDER
    twice = body + ORDER.replace("test_an_order", "test_another").replace("async def", "@pytest.mark.anyio\nasync def")
    check(pytester, twice, *plugins, passed=2)


def test_an_order_just_placed_is_there(pytester: pytest.Pytester) -> None:
    body = """
    @pytest.mark.virtual_time
    async def test_it(local_exchange, spot_client):
        for n in range(50):
            placed = await spot_client.place_order(
                "BTCUSDT", "BUY", "LIMIT", time_in_force="GTC", quantity="0.1", price=str(5000 + n)
            )
            found = await spot_client.order_status("BTCUSDT", order_id=placed.order_id)
            assert found.status == "NEW"
    """
    check(pytester, body)
