"""A scenario file makes happen what it says, when it says it; what it says wrongly is told before anything starts."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from binance_wsapi.simulator import FaultError, LocalExchange, Scenario, ScenarioError
from binance_wsapi.simulator.faults.names import NAMES, inject
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key
from tests.simulator.faults.test_faults import ORDER, place

EXAMPLE = """
[[fault]]
after = 5.0
fault = "close"
code = 1012

[[fault]]
with_frame = 3
fault = "cut"
after_execution = true

[[fault]]
fault = "refuse"
method = "order.place"
status = 503
code = -1008
msg = "busy"
"""


def with_scenario(text: str) -> LocalExchange:
    return LocalExchange(market="manual", scenario=Scenario.parse(text))


def test_the_example_of_the_documentation_happens_step_by_step() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with with_scenario(EXAMPLE) as exchange:
            add_hmac_key(exchange)
            start = loop.time()
            async with Raw(exchange) as raw:
                await raw.get("ping")
                assert (await raw.signed("order.place", **ORDER))["error"]["code"] == -1008
                await place(raw, "third")
                with pytest.raises(ConnectionClosedError):
                    await raw.receive()
            assert len(exchange.truth.orders["third"]) == 1
            async with Raw(exchange) as raw:
                with pytest.raises(ConnectionClosedError) as closed:
                    await raw.receive()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1012
            assert loop.time() - start == pytest.approx(5.0, abs=0.1)

    run(life)


def test_the_documentation_has_an_example_that_works() -> None:
    text = (Path(__file__).parents[3] / "docs" / "exchange.md").read_text()
    [example] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    steps = Scenario.parse(example).steps
    assert [(step.after, step.with_frame, step.fault["fault"]) for step in steps] == [
        (5.0, None, "silence"),
        (None, 10, "cut"),
        (None, None, "delay"),
    ]


def test_two_faults_can_happen_at_the_same_moment() -> None:
    text = """
    [[fault]]
    after = 1
    fault = "refuse_connects"
    status = 429
    headers = { Retry-After = "3" }
    [[fault]]
    after = 1
    fault = "cut_all"
    """

    async def life(_: VirtualLoop) -> None:
        async with with_scenario(text) as exchange:
            async with Raw(exchange) as raw:
                with pytest.raises(ConnectionClosedError):
                    await raw.receive()
            with pytest.raises(InvalidStatus) as refused:
                await Raw(exchange).__aenter__()
            assert refused.value.response.headers["Retry-After"] == "3"

    run(life)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[fault]", "line 1"),
        ("name = 1", r"a scenario has \[\[fault\]\] and \[\[setting\]\]"),
        ("fault = 1", r"a scenario has \[\[fault\]\] and \[\[setting\]\]"),
        ("fault = [1]", "fault 1: a fault is a table"),
        ("[[fault]]\nafter = 1", "fault 1: there is no fault None; there are .*cut_all"),
        ('[[fault]]\nfault = "explode"', "no fault 'explode'"),
        ('[[fault]]\nfault = "drop"\n[[fault]]\nfault = "cut"', "fault 2: cut needs after_execution"),
        ('[[fault]]\nfault = "cut"\nafter_execution = 1', "after_execution of cut is of type bool, not int"),
        ('[[fault]]\nfault = "close"\ncode = true', "code of close is of type int, not bool"),
        ('[[fault]]\nfault = "drop"\nhow = "far"', "drop takes executed, method, count, rest, not 'how'"),
        ('[[fault]]\nfault = "drop"\nafter = -1', "after is a number of seconds"),
        ('[[fault]]\nfault = "drop"\nafter = inf', "after is a number of seconds"),
        ('[[fault]]\nfault = "drop"\nwith_frame = 0', "with_frame is a number from 1"),
        ('[[fault]]\nfault = "drop"\nwith_frame = 1.0', "with_frame is a number from 1"),
        ('[[fault]]\nfault = "drop"\nwith_frame = 1\nafter = 1', "not both"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "storm.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=rf"(?s)storm\.toml: .*{message}"):
        Scenario.load(path)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "storm.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="not text"):
        Scenario.load(tmp_path / "storm.toml")


def test_a_fault_that_cannot_happen_when_its_time_comes_is_told_at_the_end() -> None:
    async def life(_: VirtualLoop) -> None:
        exchange = with_scenario('[[fault]]\nfault = "revoke"\napi_key = "nobody"\nafter = 1')
        await exchange.__aenter__()
        await asyncio.sleep(2)
        with pytest.raises(FaultError, match="revoke: there is no 'nobody'"):
            await exchange.__aexit__(None)

    run(life)


SAMPLES: dict[str, dict[str, Any]] = {
    "cut": {"after_execution": True}, "delay": {"seconds": 1, "at": "engine"}, "drop": {}, "double": {"count": 2},
    "refuse": {"status": 400, "code": -1000, "msg": "no", "data": {"a": 1}, "executed": True},
    "garbage": {"frame": "{", "then_reply": False}, "break": {"kind": "nan"}, "fragment": {"pieces": 2},
    "invalid_utf8": {}, "masked": {}, "reserved_bits": {}, "unknown_opcode": {}, "oversized": {},
    "unfinished": {"then_reply": True, "method": "ping"}, "cut_all": {}, "close": {"code": 1008, "reason": "x"},
    "shutdown": {"lead": 0}, "silence": {"way": "in"}, "heal": {}, "dribble": {"piece": 3, "pause": 0.5},
    "say": {"frame": "null"}, "pong": {}, "revoke": {"api_key": "hmac"}, "terminate_subscriptions": {},
    "lose_events": {"kind": "executionReport"}, "double_events": {"count": 1}, "change_events": {"how": "new type"},
    "refuse_connects": {"status": 418, "body": "<p>", "headers": {"a": "b"}}, "wrong_accept": {}, "clear": {},
    "accept_with": {"headers": {"a": "b"}}, "stall_connects": {"seconds": 2}, "stall_tls": {"count": 2}, "reset_tls": {},
    "bomb": {"size": 1000}, "clock": {"seconds": -3.5}, "busy": {"seconds": 1, "code": -1016}, "deaf": {"seconds": 1},
    "maintenance": {"seconds": 1.5}, "ban": {"seconds": 3}, "lag": {"least": 0, "most": 1}, "reset": {},
}  # fmt: skip


def test_there_is_a_sample_of_every_fault() -> None:
    assert SAMPLES.keys() == NAMES.keys()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_fault_can_be_named_and_happens_to_a_running_exchange(name: str) -> None:
    async def life(_: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange:
            add_hmac_key(exchange)
            raw = await Raw(exchange).__aenter__()
            fault = {"fault": name, **SAMPLES[name]}
            before = exchange.clock.now_ms()
            inject(exchange.faults, exchange.clock, fault)
            assert (exchange.clock.now_ms() - before) == (-3500 if name == "clock" else 0)
            if "method" in NAMES[name]:
                assert exchange.faults.waiting == SAMPLES[name].get("count", 1)
            try:
                await raw.send("ping")
                await asyncio.sleep(5)
            except ConnectionClosed:
                pass
            exchange.faults.clear()
            exchange.faults.heal()
            async with Raw(exchange) as other:
                assert await other.get("ping") == {}
            raw.socket.transport.abort()

    run(life)


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "close", "code": 1005},
        {"fault": "break", "kind": "slightly"},
        {"fault": "silence", "way": "up"},
        {"fault": "dribble", "piece": 0},
        {"fault": "change_events", "how": "wrong"},
        {"fault": "drop", "count": 0},
        {"fault": "refuse_connects", "status": 99},
        {"fault": "revoke", "api_key": "nobody"},
    ],
)
async def test_a_value_that_makes_no_sense_is_a_fault_error(fault: dict[str, Any]) -> None:
    async with LocalExchange(market="manual") as exchange:
        with pytest.raises(FaultError, match=str(fault["fault"])):
            inject(exchange.faults, exchange.clock, fault)
