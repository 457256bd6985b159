"""The loop of the lives: a machine that stands still misses nothing, and no test waits for it."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from binance_wsapi.testing.virtual import VirtualLoop, on
from binance_wsapi.testing.virtual import run_in_virtual_time as run


def test_what_a_suspended_machine_would_have_done_happens_in_its_order_once_it_wakes_up() -> None:
    async def main(loop: VirtualLoop) -> None:
        began = loop.time()
        here: list[tuple[str, float]] = []
        there: list[float] = []

        def note(name: str) -> None:
            here.append((name, loop.time() - began))

        with on("laptop"):
            for seconds in (1.0, 3.0, 2.0, 30.0):
                loop.call_later(seconds, note, f"after {seconds:.0f}")
        loop.call_later(5.0, lambda: there.append(loop.time() - began))
        loop.suspend("laptop", 10.0)
        loop.suspend("laptop", 60.0)  # it does already
        await asyncio.sleep(40.0)
        assert there == [5.0]
        assert here == [("after 1", 10.0), ("after 2", 10.0), ("after 3", 10.0), ("after 30", 30.0)]
        assert loop.stood_still(began + 9.0)
        assert not loop.stood_still(began + 11.0)

    run(main)


def test_bytes_wait_for_a_suspended_machine_in_its_sockets() -> None:
    async def main(loop: VirtualLoop) -> None:
        said: list[float] = []

        async def tell(connection: ServerConnection) -> None:
            for number in range(3):
                await asyncio.sleep(1.0)
                await connection.send(str(number))
            said.append(loop.time())
            await connection.wait_closed()

        async def listen(port: int) -> list[str]:
            async with connect(f"ws://127.0.0.1:{port}", ping_interval=None, compression=None) as connection:
                loop.suspend("laptop", 20.0)
                return [str(await connection.recv()) for _ in range(3)]

        began = loop.time()
        async with serve(tell, "127.0.0.1", 0, ping_interval=None, compression=None) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            with on("laptop"):
                listening = asyncio.ensure_future(listen(port))
            heard = await listening
            assert heard == ["0", "1", "2"]
            assert said[0] - began < 4.0
            assert loop.time() - began > 20.0

    run(main)
