"""How keeping a connection ends: by a mistake of its host, by its stop, and without a task that is left."""

from __future__ import annotations

import asyncio

import pytest
from tenacity import AsyncRetrying, wait_fixed

from binance_wsapi.errors import ConnectFailed, NotConnected, TlsVerificationError, WsapiError
from binance_wsapi.link.keeper import first_of
from binance_wsapi.link.settings import Settings
from tests.link.test_keeper import Connection, Host, keeping
from tests.simulation.loop import VirtualLoop, run


def test_the_log_says_when_the_next_attempt_is(caplog: pytest.LogCaptureFixture) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop, reconnect=AsyncRetrying(wait=wait_fixed(1.5))) as host:
            host.refusing = ConnectFailed("no")
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(1.0)
            assert "kept: attempt 1 failed (no), next in 1.50 s" in caplog.messages

    caplog.set_level("INFO", "binance_wsapi")
    run(main, 14)


def test_a_mistake_of_the_host_ends_it_and_no_caller_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with keeping(loop) as host:
            mistake = KeyError("no such stream")

            def mistaken(_: Connection) -> None:
                raise mistake

            monkeypatch.setattr(host, "on_current", mistaken)
            assert host.current is not None
            host.current.end()
            await asyncio.sleep(1.0)
            assert isinstance(host.dead, NotConnected)
            assert host.dead.__cause__ is mistake
            assert host.failures == [host.dead]

    run(main, 15)


def test_what_goes_wrong_while_it_gives_up_is_told_by_its_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(loop: VirtualLoop) -> None:
        def mistaken(_: WsapiError) -> None:
            raise KeyError("a mistake")

        host = Host(loop, Settings(), None)
        monkeypatch.setattr(host, "on_dead", mistaken)
        host.refusing = TlsVerificationError("not valid")
        host.keeper.start()
        await asyncio.sleep(1.0)
        with pytest.raises(KeyError, match="a mistake"):
            await host.keeper.stop()
        await host.lifecycle.close(1.0)

    run(main, 16)


def test_when_the_first_is_done_the_others_have_ended() -> None:
    async def main(loop: VirtualLoop) -> None:
        ended: list[float] = []

        async def slow() -> None:
            try:
                await asyncio.sleep(10.0)
            finally:
                await asyncio.sleep(0.5)
                ended.append(loop.time() - began)

        began = loop.time()
        await first_of(slow(), asyncio.sleep(1.0))
        assert ended == [1.5]

    run(main, 17)
