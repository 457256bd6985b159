"""What closes something runs to its end, once, though the caller is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from binance_wsapi.link.closing import Closing
from tests.simulation.loop import VirtualLoop, run


def test_a_caller_that_is_cancelled_waits_for_the_end_no_longer_than_its_patience() -> None:
    async def main(loop: VirtualLoop) -> None:
        closing, ended = Closing(), []

        async def work() -> None:
            await asyncio.sleep(10)
            ended.append(loop.time())

        begun = loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await closing.run(work, 2.0)
        assert loop.time() - begun == pytest.approx(3)
        await closing.run(work, 2.0)
        assert loop.time() - begun == pytest.approx(10)
        await closing.run(work, 2.0)
        assert len(ended) == 1

    run(main)


def test_what_failed_is_begun_again() -> None:
    async def main(_loop: VirtualLoop) -> None:
        closing, tries = Closing(), []

        async def work() -> None:
            tries.append(1)
            if len(tries) == 1:
                raise OSError("away")

        with pytest.raises(OSError, match="away"):
            await closing.run(work, 1.0)
        await closing.run(work, 1.0)
        await closing.run(work, 1.0)
        assert len(tries) == 2

    run(main)
