"""How much memory the local exchange has after so many orders: half of them fill, half are cancelled.

    python -m benchmarks.exchange_memory [ORDERS]

The frames go through everything but the socket; a client listens to the account's user data.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

from binance_wsapi.simulator import LimitRules, LocalExchange
from binance_wsapi.simulator.api.session import Session

ORDERS = 1_000_000
SAID_AT = (10_000, 20_000, 50_000, 100_000, 250_000, 500_000, 1_000_000)
NO_LIMITS = LimitRules(weight_per_minute=10**9, orders_per_10_seconds=10**9, orders_per_day=10**9)


def _mebibytes() -> float:
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS: the most it ever was, in bytes


def _session(exchange: LocalExchange) -> Session:
    def nothing(*_: Any) -> None:
        pass

    session = Session(
        1, "127.0.0.1", exchange.clock, random.Random(1), nothing, nothing, nothing, lambda row: [row], nothing, nothing
    )
    exchange.register_key("bench", "hmac", secret="bench")
    session.log_on(exchange._venue.keys.find("bench"))
    session.subscribe(exchange._venue.account("alice"), session.key, by_logon=True)
    exchange._server.gateway.sessions[1] = session
    return session


async def _run(orders: int) -> None:
    async with LocalExchange(seed=1, market="manual", limits=NO_LIMITS) as exchange:
        session, gateway = _session(exchange), exchange._server.gateway
        begun = time.process_time()

        def ask(method: str, **params: Any) -> None:
            params["timestamp"] = exchange.clock.now_ms()
            gateway.receive(session, json.dumps({"id": 1, "method": method, "params": params}))

        for number in range(orders + 1):
            if number % 20_000 == 0:
                exchange.quote("BTCUSDT", bids=[("59999", "100")], asks=[("60001", "100")])
                exchange.deposit("alice", "USDT", "600000")
            if number in SAID_AT or number == orders:
                spent = time.process_time() - begun
                print(f"{number:>10,} orders: {_mebibytes():7.1f} MiB, {spent:7.1f} s of CPU", flush=True)
            if number % 1000 == 0:
                await asyncio.sleep(0)
            name = f"n{number}"
            order = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.001", "newClientOrderId": name}
            if number % 2:
                ask("order.place", **order, type="MARKET")
            else:
                ask("order.place", **order, type="LIMIT", timeInForce="GTC", price="50000")
                ask("order.cancel", symbol="BTCUSDT", origClientOrderId=name)
        refused = {name: count for name, count in exchange.truth.counters.items() if name.startswith("error")}
        print(f"refused: {refused or 'none'}; {len(exchange.truth.trades):,} fills told by the truth")


def main() -> None:
    """Measure and print."""
    asyncio.run(_run(int(sys.argv[1]) if len(sys.argv) > 1 else ORDERS))


if __name__ == "__main__":
    main()
