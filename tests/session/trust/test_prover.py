"""Questions that prove a connection: by a stand-in for the connection and for the question."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from binance_wsapi.link.runtime import Runtime
from binance_wsapi.session.trust.prover import Prover
from tests.simulation.loop import VirtualLoop, run


@dataclass(eq=False)
class _Connection:
    usable: bool = True
    trusted: bool = True


def test_no_proof_begins_once_the_client_is_closed() -> None:
    """A question that ends with the client is told as unanswered, which asks for a proof."""
    connection: Any = _Connection()
    asked: list[float] = []

    async def main(loop: VirtualLoop) -> None:
        async def ask(_connection: Any, deadline: float) -> None:
            asked.append(deadline)
            try:
                await asyncio.sleep(3600)
            finally:
                prover.prove(connection, "it leaves questions unanswered", lambda: None, anew=True)

        prover = Prover(Runtime(), ask)
        prover.prove(connection, "this process stood still", lambda: None)
        await asyncio.sleep(1)
        assert len(asked) == 1
        prover.close()
        await asyncio.sleep(1)
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "binance-wsapi proof"]
        prover.prove(connection, "another connection leaves requests unanswered", lambda: None)
        await asyncio.sleep(1)
        assert len(asked) == 1
        assert connection.trusted is False, "it is as it was when the client was closed"

    run(main)
