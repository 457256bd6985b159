"""What a request is held to cost: by the catalogue, at every boundary of it, and by what the local exchange charges."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.client.spot import SpotClient
from binance_wsapi.errors import VenueError
from binance_wsapi.keys import Ed25519Key
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.link.settings import Settings
from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.api.methods import METHODS as EXCHANGE
from binance_wsapi.simulator.exchange import LocalExchange
from binance_wsapi.wire.ratelimit import RateLimit
from tests.conformance.catalogue import METHODS
from tests.simulation.loop import VirtualLoop, run

PLENTY = 100_000_000
DEFAULTS = {("depth", "limit"): 100}
"""Values that count when the parameter is left out: "Default: 100; Maximum: 5000" (Order book)."""
NEEDS_ONE = {"ticker": ("symbol", "symbols"), "ticker.tradingDay": ("symbol", "symbols")}
"""Without one of these the venue refuses the request; the documentation says no weight for it."""

Params = dict[str, Any]


def symbols(count: int) -> list[str]:
    return [f"S{number}USDT" for number in range(count)]


def by_the_catalogue(method: str, params: Params) -> int | None:
    """Return the weight that the catalogue's rows say; None when no row speaks of these parameters."""
    rows = METHODS[method]["weight"]
    if isinstance(rows, int):
        return rows
    for row in rows:
        when = row["when"]
        if when == "otherwise":
            return int(row["weight"])
        if when == "symbol is invalid":  # only the venue can tell
            continue
        value = params.get(when["param"], DEFAULTS.get((method, when["param"])))
        if value is None or ("equals" in when and value is not when["equals"]):
            continue
        if "min" in when and not when["min"] <= value <= when["max"]:
            continue
        if isinstance(value, list) and not when.get("items_min", 0) <= len(value) <= when.get("items_max", 1_000):
            continue
        if "weight_per_item" in row:
            return min(int(row["weight_per_item"]) * len(value), int(row["cap"]))
        return int(row["weight"])
    return None


def boundaries(method: str) -> list[Params]:
    """Return parameters on both sides of every boundary that the catalogue's rows draw, and none at all."""
    rows = METHODS[method]["weight"]
    found: list[Params] = [{}]
    for row in rows if isinstance(rows, list) else ():
        when = row["when"]
        if not isinstance(when, dict):
            continue
        name = when["param"]
        if "min" in when:
            found += [{name: value} for value in (when["min"], when["min"] + 1, when["max"] - 1, when["max"])]
        elif "weight_per_item" in row:
            full = row["cap"] // row["weight_per_item"]
            found += [{name: symbols(count)} for count in (1, 2, full - 1, full, full + 1, 2 * full)]
        elif "items_min" in when or "items_max" in when:
            edges = {1, when.get("items_min", 1), when.get("items_min", 2) - 1, when.get("items_max", 200)}
            found += [{name: symbols(count)} for count in sorted(edges)]
        elif "equals" in when:
            found += [{name: when["equals"]}, {name: not when["equals"]}]
        elif name == "symbols":
            found += [{name: symbols(count)} for count in (1, 2, 500)]
        else:
            found.append({name: {"symbol": "BTCUSDT", "symbolStatus": "TRADING"}.get(name, 1)})
    return [params for params in found if by_the_catalogue(method, params) is not None or params]


def name_of(case: tuple[str, Params]) -> str:
    shown = [f"{name}={f'{len(it)} items' if isinstance(it, list) else it}" for name, it in case[1].items()]
    return f"{case[0]}-{'-'.join(shown) or 'bare'}"


CASES = [(method, params) for method in sorted(METHODS) for params in boundaries(method)]
every_case = pytest.mark.parametrize(("method", "params"), CASES, ids=map(name_of, CASES))


def test_every_method_has_its_boundaries() -> None:
    """All 55 methods are here, and each row of a weight is reached by one of the parameters at least."""
    assert len({method for method, _ in CASES}) == len(METHODS) == 55
    for method, fact in METHODS.items():
        rows = fact["weight"] if isinstance(fact["weight"], list) else []
        weights = {row["weight"] for row in rows if "weight" in row and row["when"] != "symbol is invalid"}
        weights |= {row["cap"] for row in rows if "cap" in row}
        assert weights <= {by_the_catalogue(method, params) for params in boundaries(method)}, method


@every_case
def test_a_request_is_reserved_with_the_catalogue_s_weight(method: str, params: Params) -> None:
    """The weight, what it weighs on success, and the orders that the ledger sets aside before anything is sent."""
    expected = by_the_catalogue(method, params)
    fact = METHODS[method]
    limiter = RequestLimiter(now_ms=lambda: 1_700_000_060_000 - 30_000, limits=_plenty())
    ticket = limiter.try_admit(endpoints()[method], params)
    assert ticket is not None
    if expected is None:  # refused by the venue whatever it weighs: never reserved with less than the dearest row
        rows = fact["weight"]
        assert ticket.weight == max(row.get("cap", row.get("weight")) for row in rows)
    else:
        assert ticket.weight == expected
    assert ticket.orders == fact["order_count"]
    on_success = fact["weight_on_success"]
    assert ticket.success == (on_success if isinstance(on_success, int) else ticket.weight)


@pytest.mark.parametrize(
    ("params", "weight"),
    [({"limit": "500"}, 25), ({"limit": 5_001}, 250), ({"limit": 0}, 250), ({"limit": None}, 5)],
)
def test_a_limit_that_the_catalogue_does_not_have_is_never_taken_for_a_cheap_one(params: Params, weight: int) -> None:
    ticket = RequestLimiter(now_ms=lambda: 1_700_000_030_000).try_admit(endpoints()["depth"], params)
    assert ticket is not None
    assert ticket.weight == weight


@every_case
def test_the_local_exchange_knows_the_same_weight(method: str, params: Params) -> None:
    """Two tables, written apart from each other, of one documentation."""
    expected = by_the_catalogue(method, params)
    if expected is None:
        assert params.keys().isdisjoint(NEEDS_ONE.get(method, ())), "only a request without them is undocumented"
        return
    assert EXCHANGE[method].weighs(params) == expected
    assert EXCHANGE[method].orders == METHODS[method]["order_count"]


def test_what_is_settled_is_what_the_exchange_counted() -> None:
    """Every method at every boundary, over a real session: the exchange's count moves by what the ledger held ready.

    Success and refusal alike; after each of them the ledger shows the exchange's own counts.
    """
    found = run(_ask_everything)
    assert len(found) == len(CASES)
    wrong = [line for line in found if line is not None]
    assert not wrong


async def _ask_everything(loop: VirtualLoop) -> list[str | None]:
    rules = LimitRules(weight_per_minute=PLENTY, orders_per_10_seconds=PLENTY, connects_per_5_minutes=PLENTY)
    found: list[str | None] = []
    async with LocalExchange(1, "manual", limits=rules) as exchange:
        key = Ed25519Key.generate(api_key="key")
        exchange.register_key("key", public_pem=key.public_pem())
        exchange.quote("BTCUSDT", bids=[("59999", "10")], asks=[("60001", "10")])
        settings = Settings(timeout=5.0)
        async with SpotClient.local(key, settings, url=exchange.url) as client:
            await client.exchange_info()
            for method, params in sorted(CASES, key=lambda case: case[0] == "session.logout"):  # it comes last
                now = exchange.clock.now_ms()
                if now % 60_000 > 50_000:  # a window does not end between two looks
                    await asyncio.sleep(60.5 - now % 60_000 / 1_000)
                before = _counted(exchange)
                tickets = _watch(client, method)
                ok = True
                try:
                    await client.call(method, dict(_complete(method)) | params)
                except VenueError:
                    ok = False
                moved = _counted(exchange) - before
                (ticket,) = tickets
                expected = ticket.success if ok else ticket.weight
                used = next(state.used for state in client.limits if state.type == "REQUEST_WEIGHT")
                good = moved == expected and used == _counted(exchange)
                found.append(
                    None if good else f"{method} {params}: {moved} counted, {expected} held, ok={ok}, used={used}"
                )
    return found


def _complete(method: str) -> Params:
    """Return parameters with which a few of the methods succeed; the others are refused and charged all the same."""
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "50"}
    return {
        "order.place": order | {"price": "50000"},
        "order.test": order | {"price": "50000"},
        "openOrders.cancelAll": {"symbol": "BTCUSDT"},
        "depth": {"symbol": "BTCUSDT"},
        "klines": {"symbol": "BTCUSDT", "interval": "1m"},
        "myTrades": {"symbol": "BTCUSDT"},
        "allOrders": {"symbol": "BTCUSDT"},
    }.get(method, {})


def _watch(client: SpotClient, method: str) -> list[Ticket]:
    """Record what is admitted for a method from now on."""
    limiter = client._session.limiter
    tickets: list[Ticket] = []
    real = RequestLimiter.try_admit

    def try_admit(endpoint: Any, params: Any, priority: Any = None, now: Any = None) -> Any:
        ticket = real(limiter, endpoint, params, priority, now)
        if ticket is not None and endpoint.method == method:
            tickets.append(ticket)
        return ticket

    limiter.try_admit = try_admit  # type: ignore[method-assign]
    return tickets


def _counted(exchange: LocalExchange) -> int:
    (row,) = exchange._venue.limits.rows("127.0.0.1", None)
    return int(row["count"])


def _plenty() -> list[RateLimit]:
    return [RateLimit("REQUEST_WEIGHT", "MINUTE", 1, PLENTY), RateLimit("ORDERS", "SECOND", 10, PLENTY)]
