"""How the client is brought under the adversary: its public ways in, and REST over a transport in memory."""

from __future__ import annotations

from typing import Any

from binance_wsapi import Environment, SpotClient
from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.limits.policy import Priority
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.rest import RestReader
from tests.adversary.engine import EPOCH
from tests.simulation.loop import VirtualLoop

LIVE = Environment("local", ("ws://127.0.0.1:1/ws-api/v3",), ("ws://127.0.0.1:1",), "http://127.0.0.1:1")
LIVE_WITHOUT_REST = Environment("local", ("ws://127.0.0.1:1/ws-api/v3",), ("ws://127.0.0.1:1",), "")


def runtime(loop: VirtualLoop) -> Runtime:
    """Return clock and chance of an example."""
    chance = loop.random
    return Runtime(
        wall=lambda: EPOCH / 1000 + 17.0,
        token=lambda length: "".join(chance.choices("0123456789BCDFGHJKLMNPQRSTVWXZ", k=length)),
        uniform=chance.uniform,
        slept=lambda: 0.0,
    )


class Client(SpotClient):
    """A client whose REST goes over a transport in memory."""

    def __init__(self, *arguments: Any, rest: Any, **options: Any) -> None:
        self._over = rest
        super().__init__(*arguments, **options)

    async def _reader(self) -> RestReader:
        if self._rest is None:
            session = self._session
            self._rest = await RestReader(
                session.environment,
                session.credentials.key,
                session.settings,
                limiter=session.limiter,
                clock=session.clock,
                priority=Priority.FIRST,
                runtime=self._runtime,
                transport=self._over,
                routes=ROUTES,
            ).__aenter__()
        return self._rest
