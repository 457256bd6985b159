"""A client belongs to one event loop of one process."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from binance_wsapi import Ed25519Key, SpotClient, UsageError
from binance_wsapi.simulator import LocalExchange


async def test_a_call_from_another_event_loop_is_refused_and_nothing_is_sent(
    local_exchange: LocalExchange, local_key: Ed25519Key
) -> None:
    async with SpotClient.local(local_key, url=local_exchange.url) as client:

        async def buy() -> object:
            return await client.place_order(
                "BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", timeout=2
            )

        def elsewhere() -> None:
            with pytest.raises(UsageError, match="run_coroutine_threadsafe"):
                asyncio.run(buy())

        await asyncio.to_thread(elsewhere)
        await client.ping()
        assert not local_exchange.truth.all_orders()

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(buy(), loop).result(5))
        assert len(local_exchange.truth.all_orders()) == 1


FORKER = """
import asyncio, gc, logging, os, sys
from binance_wsapi import Ed25519Key, SpotClient, UsageError

async def buy(client):
    return await client.place_order(
        "BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", timeout=5
    )

def in_a_loop_of_its_own(client):
    import threading
    def run():
        try:
            asyncio.run(buy(client))
        except UsageError as error:
            print(error, flush=True)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

async def child(client, how):
    if how == "a loop of its own":
        in_a_loop_of_its_own(client)
        await client.close()
    elif how == "the parent's coroutine":
        try:
            await buy(client)
        except UsageError as error:
            print(error, flush=True)
        await client.close()
    del client
    gc.collect()
    sys.stdout.flush()
    os._exit(0)

async def main(pem, api_key, url, how):
    key = Ed25519Key.from_file(pem, api_key=api_key)
    async with SpotClient.local(key, url=url) as client:
        await buy(client)
        pid = os.fork()
        if pid == 0:
            await child(client, how)
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        await buy(client)
        print("connections", client._session.connections.newest, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("how", ["a loop of its own", "the parent's coroutine", "nothing but garbage"])
async def test_a_forked_child_can_send_nothing_and_does_the_parents_connection_no_harm(
    local_exchange: LocalExchange, how: str, tmp_path: Path
) -> None:
    private = Ed25519PrivateKey.generate()
    key = Ed25519Key("f" * 64, private)
    local_exchange.register_key(key.api_key, "ed25519", public_pem=key.public_pem())
    pem = tmp_path / "key.pem"
    pem.touch(0o600)
    pem.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FORKER, str(pem), key.api_key, local_exchange.url, how,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, err.decode()
    *refused, connections = out.decode().splitlines()
    assert connections == "connections 1", err.decode()
    assert len(local_exchange.truth.all_orders()) == 2
    assert [("does not go through a fork" in each) for each in refused] == ([] if "garbage" in how else [True])


def test_a_client_whose_loop_was_closed_says_so_and_sends_nothing() -> None:
    """The loop ends under the client, which was never closed: every later use is an error, and none of them hangs."""
    clients: list[SpotClient] = []

    async def main() -> None:
        async with LocalExchange() as exchange:
            key = Ed25519Key.generate(api_key="l" * 64)
            exchange.register_key(key.api_key, "ed25519", public_pem=key.public_pem())
            client = SpotClient.local(key, url=exchange.url)
            await client.__aenter__()
            clients.append(client)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(asyncio.sleep(0))
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0.1))
    loop.close()
    with pytest.raises(
        UsageError, match=r"the event loop the client was entered in has ended: enter a client in each asyncio\.run"
    ):
        asyncio.run(clients[0].ping())
