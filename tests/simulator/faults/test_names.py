"""Every fault a client has to live with, and how the exchange brings it about: from Python, by scenario and over HTTP.

The rows are those of the project's list of faults: A the transport, B the WebSocket layer, C messages, D what the venue
means, E the client's own side. A row is words that bring it about, or says in what other way it comes, or whose it is.
What each word does is tested where the words are (test_faults.py, test_faults_on_the_wire.py, test_scenario.py).
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest

from binance_wsapi.simulator import Cut, Delay, FaultError, LocalExchange, Scenario, ScenarioError
from binance_wsapi.simulator.faults.names import NAMES, check, inject
from tests.simulator.desk import Raw, add_hmac_key

Words = list[dict[str, Any]]


def word(name: str, **params: Any) -> dict[str, Any]:
    return {"fault": name, **params}


def refuse(status: int, code: int, *, executed: bool = False, **data: Any) -> dict[str, Any]:
    return word("refuse", status=status, code=code, msg="no", executed=executed, **({"data": data} if data else {}))


COMPRESSED = {"Sec-WebSocket-Extensions": "permessage-deflate"}
ROWS: dict[str, Words | str] = {
    "A1 names that resolve wrongly": "not the exchange's: the client's resolver",
    "A2 no host answers a SYN": "not the exchange's: an address where nothing is",
    "A3 connection refused": "by LocalExchange: one that has been left listens no more",
    "A4 TLS handshake stalls or is reset": [word("stall_tls"), word("reset_tls")],
    "A5 bad, expired or foreign certificate": "by LocalExchange(tls=Tls.generate(names=..., now=...)): test_tls.py",
    "A6 HTTP errors, redirect and page at the handshake": [
        *(word("refuse_connects", status=status, body="<html>no</html>") for status in (403, 429, 418, 503)),
        word("refuse_connects", status=302, headers={"Location": "http://127.0.0.1/"}),
    ],
    "A7 wrong accept, extension, subprotocol": [
        word("wrong_accept"),
        word("accept_with", headers={"Sec-WebSocket-Extensions": "x-unknown"}),
        word("accept_with", headers={"Sec-WebSocket-Protocol": "unasked"}),
    ],
    "A8 reset before a byte has left": [word("cut_all")],
    "A9 reset behind the execution": [word("cut", after_execution=True)],
    "A10 reset before the execution": [word("cut", after_execution=False)],
    "A11 half-open": [word("silence")],
    "A12 one way is lost": [word("silence", way="in"), word("silence", way="out")],
    "A13 single bytes, fragments, control frames between": [word("dribble", piece=1), word("fragment", pieces=3)],
    "A14 bandwidth collapses": [word("silence", way="in"), word("dribble", piece=1, pause=1.0)],
    "A15 a frame arrives 40 s late": [word("delay", seconds=40, at="queue")],
    "A16 the machine was suspended": "not the exchange's: the clock of the client's machine",
    "B1 pings, and the end of who does not answer": "by itself, LocalExchange(ping_every=, pong_patience=)",
    "B2 unsolicited pong": [word("pong")],
    "B3 close codes": [
        word("close", code=code) for code in (1000, 1001, 1006, 1008, 1009, 1011, 1012, 1013)
    ],
    "B4 serverShutdown": [word("shutdown", lead=5.0)],
    "B5 serverShutdown without a lead": [word("shutdown", lead=0)],
    "B6 the end of the day": "by itself, LocalExchange(lifetime=)",
    "B7 oversized, bomb, fragments": [
        word("oversized"), word("accept_with", headers=COMPRESSED), word("bomb", size=1000), word("fragment", pieces=9),
    ],
    "B8 bad UTF-8, reserved bits, masked": [word("invalid_utf8"), word("reserved_bits"), word("masked")],
    "B9 binary frame": [word("say", frame="{}", binary=True)],
    "C1 no JSON, truncated": [word("garbage", frame="{", then_reply=False), word("break", kind="truncated")],
    "C2 no object, no id, no status, both": [
        word("break", kind=kind) for kind in ("not an object", "no id", "no status", "result and error")
    ],
    "C3 what JSON parsers differ in": [
        word("break", kind=kind)
        for kind in ("duplicate keys", "nan", "1e400", "huge integer", "lone surrogate", "deep nesting")
    ],
    "C4 late answer": [word("delay", seconds=30)],
    "C5 answer twice": [word("double")],
    "C6 foreign id, id of another type": [word("break", kind="foreign id"), word("break", kind="id of another type")],
    "C7 id null": [word("revoke", api_key="hmac"), word("break", kind="id null")],
    "C8 answers out of order": [word("delay", seconds=1)],
    "C9 event before, behind or without its answer": [word("drop")],
    "C10 unknown event, word, field": [
        word("change_events", how="new type"), word("change_events", how="new word"),
        word("change_events", how="new field"), word("break", kind="new field"),
    ],
    "C11 eventStreamTerminated": [word("terminate_subscriptions")],
    "C12 an event is lost": [word("lose_events", kind="executionReport")],
    "D1 5xx": [
        refuse(status, code, executed=executed)
        for status, code in ((500, -1000), (503, -1001), (504, -1006), (504, -1007)) for executed in (False, True)
    ] + [word("delay", seconds=12, at="engine")],
    "D2 busy": [refuse(503, -1008), refuse(400, -1008), word("busy", seconds=9, code=-1008)],
    "D3 timestamp refused": [refuse(400, -1021), word("clock", seconds=-5)],
    "D4 key refused": [refuse(400, -1022), refuse(401, -2014), refuse(401, -2015)],
    "D5 too much weight": [refuse(429, -1003, serverTime=1, retryAfter=2)],
    "D6 too many orders": [refuse(429, -1015)],
    "D7 banned": [
        refuse(418, -1003, serverTime=1, retryAfter=2), word("close", code=1008), word("ban", seconds=30),
    ],
    "D8 firewall": [refuse(403, -1000), word("refuse_connects", status=403)],
    "D9 too many connections": [word("refuse_connects", status=429, headers={"Retry-After": "3"}), refuse(429, -1034)],
    "D10 order refused, filter": [refuse(400, -2010), refuse(400, -1013)],
    "D11 duplicate order": [word("refuse", status=400, code=-2010, msg="Duplicate order sent.")],
    "D12 unknown order": [refuse(400, -2011), refuse(400, -2013), refuse(400, -2026)],
    "D13 half done": [
        refuse(409, -2021, cancelResult="SUCCESS", newOrderResult="FAILURE"),
        refuse(400, -2022, cancelResult="FAILURE", newOrderResult="NOT_ATTEMPTED"),
        refuse(429, -2021, cancelResult="SUCCESS", newOrderResult="NOT_ATTEMPTED"),
    ],
    "D14 subscriptions spent": [refuse(400, -2035), refuse(400, -2036), refuse(400, -2042)],
    "D15 views lag": [word("lag", least=1, most=2)],
    "D16 expiries": "by itself: what orders end in is the engine's, tests/simulator/engine",
    "D17 fills while disconnected, under a new id": [word("cut_all")],
    "E1 clocks differ": [word("clock", seconds=3600), word("clock", seconds=-3600)],
    "E2 slow user code": "not the exchange's: the client's user",
    "E3 the caller gives up": "not the exchange's: the client's user",
    "E4 killed, disk full": "not the exchange's: the client's machine",
    "E5 two processes": "not the exchange's: the client's user",
    "E6 fork, closed loop": "not the exchange's: the client's process",
    "E7 shared store down": "not the exchange's: the client's store",
    "E8 all clients come back at once": [word("cut_all")],
}  # fmt: skip
WORDS = {row: how for row, how in ROWS.items() if not isinstance(how, str)}


def test_the_table_has_every_row_once() -> None:
    wanted = [f"{group}{number}" for group, most in zip("ABCDE", (16, 9, 12, 17, 8), strict=True)
              for number in range(1, most + 1)]  # fmt: skip
    assert len(wanted) == 62
    assert [row.split()[0] for row in ROWS] == wanted
    assert all(how.startswith(("by ", "not the exchange's: ")) for how in ROWS.values() if isinstance(how, str))
    used = {each["fault"] for how in WORDS.values() for each in how}
    assert NAMES.keys() - used == {"clear", "heal", "double_events", "stall_connects", "unknown_opcode", "unfinished",
                                 "reset", "maintenance", "deaf"}  # fmt: skip


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(each)}" for name, each in value.items()) + "}"
    return json.dumps(value)


@pytest.mark.parametrize("row", WORDS)
async def test_a_fault_is_brought_about_in_all_three_ways(row: str) -> None:
    """The words of a row are taken by Python, a scenario and the control endpoint, and all happen or wait to happen."""
    words = WORDS[row]
    text = "".join(
        "[[fault]]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in each.items()) for each in words
    )
    left: list[Any] = []
    for way in ("python", "scenario", "control"):
        exchange = LocalExchange(
            market="manual", control_port=0, scenario=Scenario.parse(text) if way == "scenario" else None
        )
        add_hmac_key(exchange)
        async with exchange:
            if way == "python":
                for each in words:
                    inject(exchange.faults, exchange.clock, each)
            if way == "control":
                async with httpx.AsyncClient(trust_env=False) as client:
                    answer = await client.post(f"{exchange.control_url}/faults", json=words)
                    assert answer.json() == {"done": len(words), "waiting": exchange.faults.waiting}
            faults = exchange.faults
            left.append([
                faults.waiting, faults._laid.waiting(), faults._events.waiting(), faults._upgrades.waiting(),
                faults._tls.waiting(), exchange.clock.offset,
            ])  # fmt: skip
    assert left[0] == left[1] == left[2]


async def test_text_can_be_said_in_a_binary_frame() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        inject(exchange.faults, exchange.clock, word("say", frame="é", binary=True))
        async with asyncio.timeout(5):
            assert await raw.socket.recv() == "é".encode()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            word("drop", method="order.plac"),
            "method must be a method of the WebSocket API, got 'order.plac': did you mean",
        ),
        (word("delay", seconds=1, at="enigne"), "at must be one of answer, queue, engine, got 'enigne'"),
        (word("delay", seconds=-1), "seconds must be from 0 to"),
        (word("refuse", status=99999, code=-1, msg="no"), "status must be from 100 to 599, got 99999"),
    ],
)
def test_a_fault_that_could_never_happen_is_told_when_it_is_read(fault: dict[str, Any], told: str) -> None:
    with pytest.raises(FaultError, match=re.escape(told)):
        check(fault)
    with pytest.raises(ScenarioError, match=re.escape(told)):
        Scenario.parse("[[fault]]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in fault.items()))


def test_a_fault_made_in_python_is_looked_at_as_well() -> None:
    with pytest.raises(ValueError, match="after_execution must be True or False, got 'no'"):
        Cut(after_execution="no")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at must be one of"):
        Delay(1, at="enigne")  # type: ignore[arg-type]
