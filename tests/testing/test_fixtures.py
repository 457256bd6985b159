"""The pytest plugin gives users' tests an exchange and a client, with either runner, and costs nothing unasked.

All files of a user that run under the same options run in one pytest: starting it takes longer than most of them.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

pytest_plugins = ["pytester"]

HEAD = """
import pytest
from decimal import Decimal
"""


class Case(NamedTuple):
    """A file of a user's tests, and how it ends.

    Args:
        body: what the file holds.
        passed: how many tests pass.
        said: what the only error says; empty where there is none.
    """

    body: str
    passed: int = 1
    said: str = ""


ORDER = """
async def test_an_order(local_exchange, spot_client):
    local_exchange.quote("BTCUSDT", asks=[("59000", "1")])
    await spot_client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.1")
    assert local_exchange.truth.balances()["BTC"][0] > Decimal("100.09")
    assert (await spot_client.session_status()).api_key is not None
"""
BY_ANYIO = "@pytest.mark.anyio" + ORDER
TWO_BY_ANYIO = Case(
    '@pytest.fixture\ndef anyio_backend():\n    return "asyncio"\n\n'
    + BY_ANYIO
    + BY_ANYIO.replace("test_an_order", "test_another"),
    passed=2,
)

LOST = Case("""
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
""")

IN_AUTO_MODE = {
    "a_bot_is_tested": Case(ORDER),
    "a_lost_order_is_settled_in_virtual_time": LOST,
    "the_mark_says_how_the_exchange_is_made": Case(
        """
        @pytest.mark.local_exchange(market="live", seed=7, tls=True)
        async def test_live(local_exchange, spot_client):
            assert local_exchange.url.startswith("wss://")
            assert (await spot_client.depth("BTCUSDT")).bids

        async def test_each_test_has_an_exchange_of_its_own(local_exchange, spot_client):
            assert not (await spot_client.depth("BTCUSDT")).bids
            assert local_exchange.url.startswith("ws://")
        """,
        passed=2,
    ),
    "a_mark_without_names_is_told": Case(
        """
        @pytest.mark.local_exchange("live")
        async def test_live(local_exchange):
            pass
        """,
        passed=0,
        said="takes arguments by their names",
    ),
    "settings_can_be_the_users_own": Case(
        """
        from binance_wsapi import Settings

        @pytest.fixture
        def spot_settings():
            return Settings(connections=2)

        async def test_two(local_exchange, spot_client):
            assert local_exchange.truth.counters["connects"] == 2
        """
    ),
    "a_fault_is_met": Case(
        """
        from binance_wsapi import VenueFault
        from binance_wsapi.simulator import Refuse

        async def test_busy(local_exchange, spot_client):
            local_exchange.faults.next(Refuse(503, -1008, "busy"), "ping", count=9)
            with pytest.raises(VenueFault):
                await spot_client.ping()
        """
    ),
    "fixtures_of_a_user_run_in_virtual_time_and_other_tests_do_not": Case(
        """
        import asyncio

        @pytest.fixture
        async def slow(local_exchange, spot_client):
            await asyncio.sleep(3_600)
            yield 1
            await asyncio.sleep(3_600)

        @pytest.fixture
        async def number(slow):
            await asyncio.sleep(3_600)
            return slow + 1

        @pytest.mark.virtual_time(seed=3)
        @pytest.mark.parametrize("more", [1, 2])
        async def test_hours(number, more, virtual_loop, spot_client):
            assert number + more > 2
            assert virtual_loop.time() > 7_200
            await asyncio.sleep(1_000)

        async def test_real(local_exchange, spot_client):
            assert not hasattr(asyncio.get_running_loop(), "network")
            await spot_client.ping()
        """,
        passed=3,
    ),
    "the_same_seed_is_the_same_test": Case(
        """
        seen = []

        @pytest.mark.virtual_time(seed=4)
        @pytest.mark.parametrize("turn", [1, 2])
        async def test_it(local_exchange, spot_client, virtual_loop, turn):
            local_exchange.quote("BTCUSDT", bids=[("59000", "1")], asks=[("59001", "1")])
            for _ in range(5):
                await spot_client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.1")
            seen.append((virtual_loop.time(), [order.client_order_id for order in local_exchange.truth.all_orders()]))
            assert seen.count(seen[0]) == len(seen)
        """,
        passed=2,
    ),
    "a_task_left_behind_in_virtual_time_is_an_error": Case(
        """
        import asyncio

        @pytest.mark.virtual_time
        async def test_it():
            globals()["kept"] = asyncio.create_task(asyncio.sleep(5))
        """,
        said="tasks left behind",
    ),
    "an_order_just_placed_is_there": Case(
        """
        @pytest.mark.virtual_time
        async def test_it(local_exchange, spot_client):
            for n in range(50):
                placed = await spot_client.place_order(
                    "BTCUSDT", "BUY", "LIMIT", time_in_force="GTC", quantity="0.1", price=str(5000 + n)
                )
                found = await spot_client.order_status("BTCUSDT", order_id=placed.order_id)
                assert found.status == "NEW"
        """
    ),
}
ASYNCIO = ("-o", "asyncio_default_fixture_loop_scope=function", "-o")
RUNS: dict[str, tuple[tuple[str, ...], dict[str, Case]]] = {
    "pytest-asyncio in auto mode": ((*ASYNCIO, "asyncio_mode=auto"), IN_AUTO_MODE),
    "pytest-asyncio in strict mode, with anyio": (
        (*ASYNCIO, "asyncio_mode=strict"),
        {
            "a_bot_is_tested": Case("@pytest.mark.asyncio" + ORDER),
            "a_lost_order_is_settled_in_virtual_time": LOST,
            "a_bot_is_tested_with_anyio": TWO_BY_ANYIO,
        },
    ),
    "anyio alone": (("-p", "no:asyncio"), {"a_bot_is_tested": TWO_BY_ANYIO}),
    "no runner": (("-p", "no:asyncio", "-p", "no:anyio"), {"virtual_time_needs_none": LOST}),
}


@pytest.mark.parametrize("run", RUNS)
def test_the_tests_of_users_end_as_they_should(pytester: pytest.Pytester, run: str) -> None:
    """Each file ends as its case says: so many tests pass, and the only error says what it should."""
    options, cases = RUNS[run]
    pytester.makepyfile(**{f"test_{name}": HEAD + textwrap.dedent(case.body) for name, case in cases.items()})
    plugins = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "error", "--junit-xml=found.xml")
    result = pytester.runpytest_subprocess(*plugins, "--strict-markers", *options, timeout=100)
    passed = dict.fromkeys(cases, 0)
    said: dict[str, list[str]] = {name: [] for name in cases}
    for each in ET.parse(pytester.path / "found.xml").iter("testcase"):
        name = each.attrib["classname"].split(".")[0].removeprefix("test_")
        wrong = [child for child in each if child.tag in {"failure", "error", "skipped"}]
        said[name] += [f"{child.get('message')}\n{child.text}" for child in wrong]
        passed[name] += all("failed on teardown" in child.get("message", "") for child in wrong)
    printed = result.stdout.str()
    for name, case in cases.items():
        assert passed[name] == case.passed, f"{name}: {passed[name]} passed\n{printed}"
        assert len(said[name]) == bool(case.said), f"{name}\n{printed}"
        assert all(case.said in each for each in said[name]), f"{name}\n{printed}"


def test_the_plugin_does_not_import_the_exchange_before_it_is_asked_for() -> None:
    program = (
        "import sys, binance_wsapi.testing; loaded = [name for name in sys.modules "
        "if name.startswith(('binance_wsapi.simulator', 'binance_wsapi.cli.', 'typer'))]; assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_plugin_is_found_by_pytest() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"binance-wsapi": "binance_wsapi.testing"}
