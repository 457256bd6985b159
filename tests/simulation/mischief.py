"""What can go wrong in a life, by the letters of the fault list: A the network, B the connection, C the message, D the venue,
E this side. Each is a function that makes it happen to a world; the seed decides when, to what, and for how long.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Protocol

from binance_wsapi import SpotClient
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.breakage import EVENT_KINDS, KINDS
from binance_wsapi.simulator.faults.faults import Break, Cut, Delay, Double, Drop, Fragment, Garbage, Raw, Refuse
from tests.simulation.house import HMAC, KEY
from tests.simulation.loop import Network, VirtualLoop

__all__ = ["CLIENT", "FAULTS", "PUNCTUAL", "REVOKED", "UNDRAWN", "UNREACHED", "Victim", "heal_link", "heal_network"]

CLIENT = "client"
"""The machine on which the client and its user are."""


class Victim(Protocol):
    """What a fault may lay hands on."""

    loop: VirtualLoop
    chance: random.Random
    exchange: LocalExchange
    client: SpotClient
    banned: dict[int, float]

    def later(self, seconds: float, change: Callable[[], object]) -> None: ...
    def cancel_one(self) -> None: ...
    def block_consumer(self) -> None: ...


Fault = Callable[[Victim], object]

CHANGES = ["order.place", "order.place", "order.cancel", "order.cancelReplace", "order.amend.keepPriority",
           "openOrders.cancelAll", "orderList.place.oco", None]  # fmt: skip


def _reply(action: Any) -> Fault:
    def happen(world: Victim) -> None:
        method = world.chance.choice(CHANGES)
        world.exchange.faults.next(action(world) if callable(action) else action, method)

    return happen


def _link(change: Callable[[Victim, Any], None], most: float = 0.0) -> Fault:
    def happen(world: Victim) -> None:
        live = world.loop.network.live
        if live:
            link = world.chance.choice(live)
            change(world, link)
            if most:
                world.later(world.chance.uniform(0.1, most), lambda: heal_link(link))

    return happen


def heal_link(link: Any) -> None:
    """Make a link carry again; what a hole swallowed is missing from its stream, so such a link is reset."""
    if link.hole is not None and link.alive:
        link.reset()
    link.hole, link.segment, link.extra = None, None, 0.0


def heal_network(network: Network) -> None:
    """Let names resolve, connections come about and links carry."""
    network.refuse = network.blackhole = network.nameless = False
    for link in network.links:
        heal_link(link)


def _hole(direction: str) -> Fault:
    def change(_: Victim, link: Any) -> None:
        link.hole = direction

    return _link(change, 40.0)


def _network(name: str) -> Fault:
    def happen(world: Victim) -> None:
        setattr(world.loop.network, name, True)
        world.later(world.chance.uniform(0.1, 15.0), lambda: setattr(world.loop.network, name, False))

    return happen


def _segment(world: Victim, link: Any) -> None:
    link.segment = world.chance.choice([1, 7, 100])


def _slow(world: Victim, link: Any) -> None:
    link.extra = world.chance.uniform(0.05, 3.0)


def _step_clock(world: Victim) -> None:
    world.exchange.clock.offset += world.chance.uniform(-5.0, 5.0)


def _drift(world: Victim) -> None:
    rate = world.chance.choice([-500e-6, 500e-6])
    began = world.loop.time()

    def tick() -> None:
        world.exchange.clock.offset += rate
        if world.loop.time() < began + 1000.0:
            world.later(1.0, tick)

    tick()


def _ban(status: int) -> Fault:
    def happen(world: Victim) -> None:
        pause = world.chance.uniform(2.0, 8.0)
        now = world.exchange.clock.now_ms()
        data = {"serverTime": now, "retryAfter": now + int(1000 * pause)}
        world.banned[data["retryAfter"]] = world.loop.time() + pause
        world.exchange.faults.next(Refuse(status, -1003, "Too many requests.", data), world.chance.choice(CHANGES))
        if world.chance.random() < 0.3:
            for _ in range(4):  # so that one who had gone may be the one who is told
                world.later(world.chance.uniform(0.0, 0.5), world.cancel_one)

    return happen


def _refuse_connects(world: Victim) -> None:
    status = world.chance.choice([302, 429, 500, 503])
    headers = {"Location": "wss://example.invalid/"} if status == 302 else {}
    world.exchange.faults.refuse_connects(status, world.chance.randint(1, 3), body="<html>", headers=headers)


def _ban_connects(world: Victim) -> None:
    pause = str(world.chance.randint(1, 8))
    world.exchange.faults.refuse_connects(world.chance.choice([418, 429]), headers={"Retry-After": pause})
    _reset(world)


def _strange_handshake(world: Victim) -> None:
    count = world.chance.randint(1, 3)
    if world.chance.random() < 0.5:
        world.exchange.faults.wrong_accept(count)
    else:
        headers = {"Sec-WebSocket-Extensions": "permessage-deflate", "Sec-WebSocket-Protocol": "soap"}
        world.exchange.faults.accept_with(dict([world.chance.choice(sorted(headers.items()))]), count)
    _reset(world)


def _stall_connects(world: Victim) -> None:
    world.exchange.faults.stall_connects(world.chance.uniform(0.5, 30.0), world.chance.randint(1, 2))
    _reset(world)


def _outlaw(world: Victim) -> Raw:
    """Return bytes that break the protocol below the message."""
    makers = [Raw.invalid_utf8, Raw.masked, Raw.reserved_bits, Raw.unknown_opcode, Raw.oversized, Raw.unfinished]
    return world.chance.choice([lambda: Raw.bomb(1 << 22), *makers])()


def _slow_and_unseen(world: Victim) -> None:
    delay = world.chance.uniform(6.0, 9.9)
    world.exchange.faults.next(Delay(delay, at="engine"), world.chance.choice(CHANGES))
    # The request comes a moment later, and so does what tells of it.
    world.later(delay, lambda: world.exchange.faults.lose_events("executionReport", count=3))
    if world.chance.random() < 0.5:  # neither will there be a late reply
        for _ in range(3):
            world.later(world.chance.uniform(0.2, 6.0), lambda: _reset(world))


def _reset(world: Victim) -> None:
    live = world.loop.network.live
    if live:
        world.chance.choice(live).reset()


def _suspend(world: Victim) -> None:
    world.loop.suspend(CLIENT, world.chance.choice([1.0, 6.0, 20.0, 70.0]) * (1.0 + world.chance.random()))


def _revoke(world: Victim) -> None:
    for key in (KEY, HMAC):
        world.exchange.faults.revoke(key.api_key)


def _change_events(world: Victim) -> None:
    world.exchange.faults.change_events(world.chance.choice(EVENT_KINDS), count=world.chance.randint(1, 3))


NONSENSE = [
    "",
    "no json",
    '{"id":"x","status":200,"result":{',
    "[]",
    "7",
    '{"id":null,"status":400,"error":{"code":-1135,"msg":""}}',
    '{"id":"x","status":200,"result":{}}',
    '{"id":1,"status":200,"result":{}}',
    '{"id":"x","status":200}',
    '{"id":"x","status":"200","result":{},"error":{}}',
    '{"id":"x","id":"y","status":200,"result":{}}',
    '{"id":"x","status":1e400,"result":{}}',
    '{"id":"x","status":NaN,"result":{}}',
    '{"id":"x","status":200,"result":"\\ud800"}',
    '{"id":"x","status":200,"result":' + "9" * 5000 + "}",
    "[" * 5000,
    b"\x00",
]

STRANGERS = [
    '{"subscriptionId":0,"event":{"e":"aNewKindOfEvent","E":1}}',
    '{"subscriptionId":77,"event":{"e":"executionReport","E":1}}',
    '{"event":{"e":"aNewKindOfEvent","E":1}}',
    '{"subscriptionId":null,"event":{}}',
]

FAULTS: dict[str, Fault] = {
    "A1 no address": _network("nameless"),
    "A2 blackhole": _network("blackhole"),
    "A3 refused": _network("refuse"),
    "A4 connecting stalls": _stall_connects,
    "A6 refused at the upgrade": _refuse_connects,
    "A6 banned at the upgrade": _ban_connects,
    "A7 strange handshake": _strange_handshake,
    "A8/A9 reset": _link(lambda _, link: link.reset()),
    "A9 cut after execution": _reply(Cut(after_execution=True)),
    "A10 cut before execution": _reply(Cut(after_execution=False)),
    "A11 half-open": _hole("both"),
    "A11 pongs and answers nothing": lambda w: w.exchange.faults.deaf(
        w.chance.uniform(0.5, 12.0), executed=w.chance.random() < 0.5),
    "A12 deaf": _hole("down"),
    "A12 mute": _hole("up"),
    "A13 segments": _link(_segment, 20.0),
    "A13 fragments": _reply(lambda w: Fragment(w.chance.randint(2, 9))),
    "A14 slow": _link(_slow, 10.0),
    "A15 held in front of the check": _reply(lambda w: Delay(w.chance.uniform(0.1, 50.0), at="queue")),
    "A16 suspended": _suspend,
    "B2 pongs": lambda w: w.exchange.faults.pong(),
    "B3 closed": lambda w: w.exchange.faults.close(w.chance.choice([1000, 1001, 1008, 1011, 1012, 1013]), "bye"),
    "B3 all cut": lambda w: w.exchange.faults.cut_all(),
    "B4 shutdown": lambda w: w.exchange.faults.shutdown(w.chance.uniform(0.5, 20.0)),
    "B5 shutdown at once": lambda w: w.exchange.faults.shutdown(0.0),
    "B6 rotation": lambda w: w.client.rotate(),
    "B7, B8 outlawed frames": _reply(_outlaw),
    "C1-C3 broken answers": _reply(lambda w: Break(w.chance.choice(KINDS))),
    "C1-C3, C5, C6, B9 nonsense": _reply(lambda w: Garbage(w.chance.choice(NONSENSE), w.chance.random() < 0.8)),
    "C10 unknown events": _reply(lambda w: Garbage(w.chance.choice(STRANGERS), w.chance.random() < 0.8)),
    "C10 changed events": _change_events,
    "C4 late": _reply(lambda w: Delay(w.chance.uniform(0.1, 12.0))),
    "C4 never": _reply(Drop()),
    "C5 doubled": _reply(Double()),
    "C9 events doubled": lambda w: w.exchange.faults.double_events(count=w.chance.randint(1, 3)),
    "C11 subscriptions ended": lambda w: w.exchange.faults.terminate_subscriptions(),
    "C12 events lost": lambda w: w.exchange.faults.lose_events(count=w.chance.randint(1, 3)),
    "D1 fault, executed": _reply(lambda w: Refuse(
        w.chance.choice([500, 503, 504]), w.chance.choice([-1000, -1006, -1007]), "", executed=True)),
    "D1 fault, not executed": _reply(lambda w: Refuse(
        w.chance.choice([500, 503, 504]), w.chance.choice([-1000, -1006, -1007]), "")),
    "D1 busy for a while": lambda w: w.exchange.faults.busy(
        w.chance.uniform(0.2, 5.0), w.chance.choice([-1008, -1006, -1000, -1001]), executed=w.chance.random() < 0.5),
    "D2 busy": _reply(lambda w: Refuse(
        w.chance.choice([400, 503]), -1008, "Server is currently overloaded with other requests.")),
    "D3 bad timestamp": _reply(Refuse(400, -1021, "Timestamp for this request is outside of the recvWindow.")),
    "D3 the venue's clock steps": _step_clock,
    "D5 too much weight": _ban(429),
    "D6 too many orders": lambda w: w.exchange.faults.next(
        Refuse(429, -1015, "Too many new orders; current limit is 50 orders per 10 SECOND."), "order.place"),
    "D7 banned": _ban(418),
    "D8 firewall": _reply(Refuse(403, -1000, "Forbidden")),
    "D11 executed, and called a duplicate": lambda w: w.exchange.faults.next(
        Refuse(400, -2010, "Duplicate order sent.", executed=True), "order.place"),
    "D15 engine slow": _reply(lambda w: Delay(w.chance.uniform(0.1, 9.9), at="engine")),
    "D15 engine slow, events lost": _slow_and_unseen,
    "E1 drift": _drift,
    "E2 a consumer sleeps": lambda w: w.block_consumer(),
    "E3 a caller goes away": lambda w: w.cancel_one(),
}  # fmt: skip

REVOKED: dict[str, Fault] = {
    "C7 key revoked": _revoke,
}
"""Ends what most lives are about: it happens in some of its own, which know neither handles nor followers."""

PUNCTUAL = {
    name for name in FAULTS
    if name.split()[0] in {"A1", "A3", "A4", "A6", "A7", "A8/A9", "A9", "A10", "B2", "B3", "B4", "B5", "B6", "C5", "C9", "C10",
                           "C11", "C12", "D1", "D5", "D7", "D8", "E1", "E2", "E3"}
}  # fmt: skip
"""Faults that keep no request waiting on its way and set no clock: under them no timestamp may be refused (I11)."""

UNREACHED = {
    "A5": "no TLS in memory: tests/session/test_real_sockets.py",
    "B1": "in every life: the exchange pings each 20 s and drops who does not answer: tests/simulation/world.py",
    "C8": "in every life: two connections, a seeded lag, events that race replies: tests/simulation/world.py",
    "D4": "ends what a life is about: tests/session/test_faults_in_virtual_time.py",
    "D9": "an HTTP status at the upgrade on this API, which is A6: tests/simulation/mischief.py",
    "D14": "a life is too short to use up these limits: tests/simulator/api/test_session.py",
    "D10, D12-D13": "in every life: refused orders, cancels of what is gone, half-done replacements: tests/simulation/world.py",
    "D16": "in every life: orders that are immediate or nothing, market orders, self-trades: tests/simulation/world.py",
    "D17": "in every life with a follower: tests/simulation/followed.py",
    "E4": "the disk of a crash life is torn, a full one is in tests/orders/journal/test_file.py",
    "E5": "tests/orders/journal/test_file.py",
    "E6": "tests/client/test_event_loops.py",
    "E7": "several processes: tests/limits/shared/test_stores.py",
    "E8": "several processes: tests/limits/test_soak.py",
}
"""Rows of the fault list that are not in `FAULTS`, and where they are."""

UNDRAWN = {
    "silence": "the links of a life fall silent one by one: A11 and A12",
    "dribble": "the links of a life cut into segments one by one: A13",
    "say": "as `garbage`, which meets a request: C5 and C10",
    "ban": "by its answers alone, so that the judge knows when it ends: D7 and A6",
    "clock": "D3 and E1 set the clock itself",
    "lag": "in every life, from the beginning: tests/simulation/world.py",
    "stall_tls": "no TLS in memory: tests/simulator/net/test_tls.py",
    "reset_tls": "no TLS in memory: tests/simulator/net/test_tls.py",
    "maintenance": "one more way to refuse an order: tests/simulator/test_means.py",
    "reset": "deletes what the judge compares with: tests/simulator/test_means.py",
    "clear": "ends faults: tests/simulation/world.py",
    "heal": "ends faults: tests/simulation/world.py",
}
"""Names of faults (`simulator/faults/names.py`) that this file does not draw, and why."""
