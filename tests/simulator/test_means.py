"""Every setting and every fault is brought about in every way, and a client sees the same of it; the page of means has them all."""

from __future__ import annotations

import asyncio
import functools
import json
import re
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from binance_wsapi.cli.exchange.command import made
from binance_wsapi.simulator import LocalExchange, Scenario
from binance_wsapi.simulator.faults import actions
from binance_wsapi.simulator.faults.names import NAMES
from binance_wsapi.simulator.page.buttons import BUTTONS
from binance_wsapi.simulator.settings import SETTINGS
from tests.simulation.loop import VirtualLoop, run
from tests.simulator import means
from tests.simulator.desk import Raw, add_ed25519_key, add_hmac_key, log_on
from tests.simulator.means import Described, described, in_python, name_of, pressed
from tests.simulator.page.test_page import live

EXT = {
    "symbol": "EXTUSDT",
    "baseAsset": "EXT",
    "quoteAsset": "USDT",
    "referencePrice": {"calculationType": "EXTERNAL", "externalCalculationId": 7},
    "rules": [{"ruleType": "PRICE_RANGE", "bidLimitMultUp": "1.5", "askLimitMultDown": "0.5"}],
}
UNSEEN = {
    "conversion": "only a commission in BNB shows it: engine/commands/test_commission.py",
    "pong": "a library answers to no pong",
    "heal": "there is nothing to heal",
    "clear": "there is nothing to clear",
    "fragment": "a library joins the frames: faults/test_on_the_wire.py",
    "stall_tls": "the network in memory has no TLS: net/test_tls.py",
    "reset_tls": "the network in memory has no TLS: net/test_tls.py",
}
"""What the client of this file does not see, with the reason."""
WAYS = ("python", "scenario", "command", "control")


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(each)}" for name, each in value.items()) + "}"
    return "[" + ", ".join(map(toml, value)) + "]" if isinstance(value, list) else json.dumps(value)


def scenario(table: Described) -> Scenario:
    kind = "setting" if "setting" in table else "fault"
    return Scenario.parse(
        f"[[{kind}]]\nafter = 2\n" + "".join(f"{key} = {toml(value)}\n" for key, value in table.items())
    )


async def post(exchange: LocalExchange, table: Described) -> None:
    """Have the control endpoint do it."""
    assert exchange.control_url is not None
    port = int(exchange.control_url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(table)
    path = "settings" if "setting" in table else "faults"
    writer.write(
        f"POST /{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    answer = (await reader.read()).decode()
    assert " 200 " in answer.splitlines()[0], answer
    writer.close()


async def bring_about(exchange: LocalExchange, table: Described, way: str) -> None:
    if way == "python":
        eval(in_python(table), {"exchange": exchange, "faults": exchange.faults, **vars(actions)})
    elif way == "command":
        option = "--set" if "setting" in table else "--fault"
        for each in made([json.dumps(table)], option):  # type: ignore[arg-type]
            exchange.make(each)
    elif way == "control":
        await post(exchange, table)


async def collect(raw: Raw, seconds: float) -> list[str]:
    """Return every frame that comes within so many seconds, and the end if there is one, each with its second."""
    loop, found = asyncio.get_running_loop(), []
    begun = loop.time()
    try:
        async with asyncio.timeout(seconds):
            while True:
                frame = await raw.socket.recv()
                found.append(f"{loop.time() - begun:.0f} {frame!r}")
    except TimeoutError:
        pass
    except ConnectionClosed as closed:
        found.append(f"{loop.time() - begun:.0f} closed {closed.rcvd} {closed.sent}")
    return sorted(re.sub(r"\d{13}", "TIME", each) for each in found)


async def asked(raw: Raw) -> list[str]:
    """Return what comes of many questions."""
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    first = raw._next
    try:
        for name in ("new", "more"):
            await raw.send("order.place", raw.sign({**order, "price": "49000", "newClientOrderId": name}))
        await raw.send("order.status", raw.sign({"symbol": "BTCUSDT", "origClientOrderId": "new"}))
        await raw.send(
            "order.cancel", raw.sign({"symbol": "BTCUSDT", "origClientOrderId": "new", "newClientOrderId": "old"})
        )
        await raw.send("order.status", raw.sign({"symbol": "BTCUSDT", "origClientOrderId": "new"}))
        for method in ("account.status", "session.status"):
            await raw.send(method, raw.sign({}) if method == "account.status" else None)
        for method in ("account.commission", "myFilters"):
            await raw.send(method, raw.sign({"symbol": "BTCUSDT"}))
        await raw.send("allOrders", raw.sign({"symbol": "BTCUSDT"}))
        for method in ("depth", "blockTrades.historical"):
            await raw.send(method, {"symbol": "BTCUSDT"} | ({"fromId": 0} if method != "depth" else {}))
        await raw.send("referencePrice", {"symbol": "EXTUSDT"})
        await raw.send("exchangeInfo")
    except ConnectionClosed:
        return [f"closed after {raw._next - first} questions", *await collect(raw, 1)]
    return await collect(raw, 15)


async def observe(exchange: LocalExchange, raw: Raw) -> list[Any]:
    """Return what clients see: on a connection that was there, and on the next."""
    told: list[Any] = [await asked(raw)]
    loop = asyncio.get_running_loop()
    begun = loop.time()
    fresh = Raw(exchange)
    try:
        async with asyncio.timeout(12):
            await fresh.__aenter__()
    except (TimeoutError, InvalidHandshake, OSError, EOFError) as error:
        told.append(f"{loop.time() - begun:.0f} {type(error).__name__} {re.sub(r'[0-9]{4,}', 'PORT', str(error))}")
    else:
        told.append([f"{loop.time() - begun:.0f}", await asked(fresh)])
        await fresh.socket.close()
    return [*told, funds(exchange, "bob"), exchange.clock.now_ms() // 1000 - round(loop.time())]


def funds(exchange: LocalExchange, account: str) -> Any:
    try:
        return exchange.truth.balances(account)
    except KeyError:
        return None


@functools.cache
def watch(described: str, way: str) -> list[Any]:
    """Return what clients see when it is brought about two seconds after the start; with no description nothing is."""
    table = json.loads(described) if described else {}
    found: list[Any] = []

    async def life(loop: VirtualLoop) -> None:
        begun = loop.time()
        played = scenario(table) if way == "scenario" else None
        exchange = LocalExchange(market="manual", control_port=0, page=True, scenario=played)
        async with exchange, Raw(exchange) as raw:
            exchange.add_symbol(EXT)
            add_hmac_key(exchange)
            key = add_ed25519_key(exchange)
            await log_on(raw, key)
            await raw.get("userDataStream.subscribe")
            exchange.quote("BTCUSDT", bids=[("49500", "1")])
            resting = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}
            await raw.signed("order.place", **resting, price="48000")
            await asyncio.sleep(begun + 2 - loop.time())
            if table:
                await bring_about(exchange, table, way)
            await asyncio.sleep(0.5)
            found.extend(await observe(exchange, raw))
            exchange.faults.clear()
            exchange.faults.heal()

    run(life)
    return found


@pytest.mark.parametrize("table", described(), ids=name_of)
def test_each_is_brought_about_in_every_way_and_a_client_sees_the_same(table: dict[str, Any]) -> None:
    seen = {way: watch(json.dumps(table), way) for way in WAYS}
    for way in WAYS[1:]:
        assert seen[way] == seen["python"], way
    if name_of(table) not in UNSEEN:
        assert seen["python"] != watch("", "")


def test_what_cannot_be_seen_is_what_cannot_be_seen() -> None:
    assert UNSEEN.keys() <= {name_of(each) for each in described()}


@pytest.mark.parametrize("button", BUTTONS, ids=lambda each: each.label)
async def test_each_button_makes_what_it_says(button: Any) -> None:
    """As the page's script presses it: filled in, over the page's own socket."""
    async with LocalExchange(market="manual", page=True) as exchange, live(exchange) as socket:
        offered = json.loads(await socket.recv())["buttons"]
        assert button.as_json() in offered
        for table in button.makes:
            text = json.dumps(table).replace("$symbol", "BTCUSDT").replace("$account", "alice")
            await socket.send(json.dumps({"make": json.loads(text)}))
            while "done" not in (answer := json.loads(await socket.recv())):
                assert "error" not in answer
            assert answer["done"] == json.loads(text)


def test_what_the_whole_venue_does_has_a_button() -> None:
    whole = {
        "busy",
        "deaf",
        "maintenance",
        "ban",
        "lag",
        "reset",
        "cut",
        "cut_all",
        "silence",
        "shutdown",
        "status",
        "account",
    }
    assert {name_of(each) for each in described() if pressed(each)} >= whole


def test_the_page_of_means_is_up_to_date() -> None:
    assert means.TABLE.read_text() == means.render(), "python -m tests.simulator.means"
    assert {name_of(each) for each in described()} == SETTINGS.keys() | NAMES.keys()
    assert means.SAMPLES.keys() == SETTINGS.keys()
