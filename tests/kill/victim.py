"""The process that is killed, and the one that comes after it and settles what was left open.

``python -m tests.kill.victim`` is the mould: it imports everything, then forks a child for each line of JSON on its standard
input and says, a line each, how it ended. Forking is what makes a kill cost milliseconds. A job that is to ``warm`` it is lived
by the mould itself: what is made once, the models above all, its children then have.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import random
import select
from dataclasses import replace
from pathlib import Path
from typing import Any

from binance_wsapi import Ed25519Key, FateOptions, FileJournal, Settings, SpotClient, WsapiError
from binance_wsapi.environments import local
from tests.kill.points import POINTS, arm
from tests.simulation.scaled import run_scaled

SYMBOL = "BTCUSDT"
FATE = FateOptions(lag_ms=1_000, first_ask_ms=50, ask_every_ms=250, confirm_ms=250)
SETTINGS = Settings(recv_window=1_000, timeout=10.0, connect_timeout=120.0, limit_policy="off")


def make_client(job: dict[str, Any]) -> SpotClient:
    key = Ed25519Key.from_pem(job["pem"].encode(), api_key=job["api_key"])
    journal = FileJournal(job["journal"], job["durability"])
    return SpotClient(replace(local(job["url"]), rest=""), key, SETTINGS, fate=FATE, journal=journal)


async def trade(job: dict[str, Any]) -> None:
    """Send orders of every kind, two at a time, until death comes."""
    chance = random.Random(job["seed"])
    async with make_client(job) as client:

        async def one(number: int) -> None:
            resting: list[int] = []
            lists: list[int] = []
            for turn in range(5):
                limit: Any = {"quantity": "0.01", "price": "50000", "time_in_force": "GTC"}
                what = chance.random()
                with contextlib.suppress(WsapiError):
                    if what < 0.25:
                        await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
                    elif what < 0.3 and lists:
                        await client.cancel_order_list(SYMBOL, order_list_id=lists.pop())
                    elif what < 0.35 and resting:
                        await client.amend_order(SYMBOL, "0.005", order_id=resting[-1])
                    elif what < 0.4:
                        oco = await client.place_oco(
                            SYMBOL, "SELL", "0.01", above_type="LIMIT_MAKER", above_price="70000",
                            below_type="STOP_LOSS", below_stop_price="40000",
                        )  # fmt: skip
                        lists.append(oco.order_list_id)
                    elif what < 0.5 and resting:
                        await client.cancel_replace_order(
                            SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=resting.pop(), **limit
                        )
                    elif what < 0.65 and resting:
                        await client.cancel_order(SYMBOL, order_id=resting.pop())
                    else:
                        resting.append((await client.place_order(SYMBOL, "BUY", "LIMIT", **limit)).order_id)
                if job["cut"] and turn == 1 and number == 0:
                    # The connection goes while the other task's order is under way.
                    sending = asyncio.ensure_future(
                        client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01", timeout=10.0)
                    )
                    for connection in client._session.connections:
                        while not connection.pending and not sending.done():  # noqa: ASYNC110 the moment of the frame
                            await asyncio.sleep(0)
                        connection.abort("cut")
                    await asyncio.gather(sending, return_exceptions=True)

        await asyncio.gather(one(0), one(1))


async def recover(job: dict[str, Any]) -> None:
    """Settle what was left open, and say what came out."""
    async with make_client(job) as client:
        verdicts = await client.recover()
    told = [(verdict.client_order_id, verdict.outcome.name) for verdict in verdicts]
    path = Path(job["told"])
    path.with_suffix(".new").write_text(json.dumps(told))
    path.with_suffix(".new").replace(path)


def live(job: dict[str, Any]) -> None:
    logging.disable(logging.CRITICAL)
    point = next((each for each in POINTS if each.name == job["point"]), None)
    if point is not None:
        arm(point, job["nth"])
    run_scaled(trade(job) if job["phase"] == "trade" else recover(job))


def main() -> None:
    """Fork on demand."""
    gc.freeze()  # what was imported is never looked at again, and so stays shared with the children
    jobs: dict[int, int] = {}
    ends = False
    buffer = b""
    while jobs or not ends:
        ready = [] if ends else select.select([0], [], [], 0.002 if jobs else None)[0]
        if ready:
            data = os.read(0, 1 << 16)
            ends = not data
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                job = json.loads(line)
                if job.get("warm"):
                    live(job)
                    live(job | {"phase": "recover"})
                    gc.freeze()
                    print(json.dumps({"number": job["number"], "status": 0}), flush=True)
                    continue
                pid = os.fork()
                if pid == 0:
                    try:
                        live(job)
                    except BaseException as error:  # noqa: BLE001 - whatever it is, the judge hears of it
                        os.write(2, f"{job['point']}: {type(error).__name__}: {error}\n".encode())
                        os._exit(3)
                    os._exit(0)
                jobs[pid] = job["number"]
        while jobs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            print(json.dumps({"number": jobs.pop(pid), "status": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
