"""What the README prints runs as it is printed."""

from __future__ import annotations

import asyncio
import itertools
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import binance_wsapi.client.spot
from binance_wsapi import Ed25519Key, SpotClient
from binance_wsapi.environments import local
from binance_wsapi.simulator import LocalExchange

README = (Path(__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_every_block_is_tried_here() -> None:
    assert len(BLOCKS) == 3


async def test_the_program_at_the_top(
    local_exchange: LocalExchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api_key = "readme" + "0" * 58
    private = Ed25519PrivateKey.generate()
    local_exchange.register_key(api_key, "ed25519", public_pem=Ed25519Key(api_key, private).public_pem())
    local_exchange.quote("BTCUSDT", bids=[("59999", "5")], asks=[("60001", "5")])
    pem = tmp_path / "key.pem"
    pem.touch(0o600)
    pem.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(binance_wsapi.client.spot, "TESTNET", local(local_exchange.url))
    program = BLOCKS[0].replace('api_key="..."', f'api_key="{api_key}"')
    assert program.endswith("asyncio.run(main())\n")
    names: dict[str, Any] = {}
    exec(compile(program.removesuffix("asyncio.run(main())\n"), "README.md", "exec"), names)
    running = asyncio.ensure_future(names["main"]())
    out = ""
    async with asyncio.timeout(15):
        while "executionReport" not in out and "execution_type" not in out:
            assert not running.done(), running.exception()
            out += capsys.readouterr().out
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    (order,) = local_exchange.truth.all_orders()
    assert str(order.order_id) in out


async def test_the_handle_and_the_book(local_exchange: LocalExchange, spot_client: SpotClient) -> None:
    local_exchange.quote("BTCUSDT", bids=[("59000", "5")], asks=[("60000", "5")])
    body = "async def main(client):\n" + textwrap.indent(BLOCKS[1], "    ")
    names: dict[str, Any] = {}
    exec(compile(body, "README.md", "exec"), names)
    running = asyncio.ensure_future(names["main"](spot_client))
    async with asyncio.timeout(20):
        for turn in itertools.count(1):  # the book waits for a change
            if running.done():
                break
            local_exchange.quote("BTCUSDT", bids=[("58000", f"{1 + turn % 9}")], asks=[("60000", "5")])
            await asyncio.sleep(0.05)
    await running


async def test_the_test_of_a_bot(local_exchange: LocalExchange, spot_client: SpotClient) -> None:
    async def my_bot(client: SpotClient) -> None:
        await client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.5")

    names: dict[str, Any] = {"my_bot": my_bot}
    exec(compile(BLOCKS[2], "README.md", "exec"), names)
    await names["test_my_bot_buys_the_dip"](local_exchange, spot_client)
