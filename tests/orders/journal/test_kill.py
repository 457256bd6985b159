"""Killed at any moment, a process leaves behind a journal with every order it was allowed to send."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from binance_wsapi.orders.journal.file import FileJournal
from tests.counts import drawn

ROOT = Path(__file__).parents[3]

CHILD = """
import asyncio, os, sys
from binance_wsapi.orders.journal.file import FileJournal
from tests.orders.journal.test_base import ACCEPTED, REJECTED, record
from tests.orders.journal.test_intent import make
path, durability, start = sys.argv[1], sys.argv[2], int(sys.argv[3])
journal = FileJournal(path, durability, keep_ms=300)

async def trade(lane):
    number = start
    while True:
        name = f"{number}.{lane}"
        intent = make(name, created_ms=number)
        await record(journal, intent)
        os.write(1, f"recorded {name}\\n".encode())
        journal.mark_sent(intent, number)
        await asyncio.sleep(0)
        if number % 3:
            journal.settle(intent, ACCEPTED if number % 3 == 1 else REJECTED)
        number += 1

async def main():
    journal.open("tag")
    os.write(1, b"opened\\n")
    await asyncio.gather(*(trade(lane) for lane in range(4)))

asyncio.run(main())
"""


def run_and_kill(path: Path, durability: str, start: int, after: int) -> list[str]:
    """Let a process record until it has told of that many orders, kill it, and return the names it told of."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), durability, str(start)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'sdk'}{os.pathsep}{ROOT}"},
    )
    with process:
        assert process.stdout is not None
        told = b""
        while told.count(b"recorded") < after:
            assert select.select([process.stdout], [], [], 60)[0], "the child hangs"
            piece = os.read(process.stdout.fileno(), 65_536)
            assert piece, "the child ended"
            told += piece
        os.kill(process.pid, signal.SIGKILL)
        while piece := os.read(process.stdout.fileno(), 65_536):
            told += piece
    assert told.startswith(b"opened\n")
    return [line.split()[1] for line in told.decode().splitlines() if line.startswith("recorded")]


@pytest.mark.lives
@pytest.mark.parametrize(("durability", "rounds"), [("process", drawn(3, 8)), ("power", drawn(2, 4))])
def test_every_order_that_may_have_been_sent_is_in_the_journal_of_a_killed_process(
    tmp_path: Path, durability: str, rounds: int
) -> None:
    """One file lives through all deaths; the moments are chosen by chance, the number of orders before them too."""
    path = tmp_path / "orders.journal"
    chance = random.Random(20_260_801)
    start = 0
    for _ in range(rounds):
        told = run_and_kill(path, durability, start, after=chance.randint(1, 1_500 if durability == "process" else 60))
        journal = FileJournal(path, keep_ms=10**9)
        journal.open("tag")
        known = {each.intent_id: each for each in (*journal.open_intents(), *journal.watched(0))}
        newest = max(int(name.split(".")[0]) for name in told)
        for name in told:
            number = int(name.split(".")[0])
            if number % 3 == 0:
                assert name in known, "recorded and never settled: it must be asked about"
                assert known[name].settlement is None
            elif number % 3 == 2 and number > newest - 250:
                assert name in known, "open or refused, and younger than what the journal keeps"
        # What lane has told of its next order, has the verdict of the one before on disk.
        last = {lane: max(int(n) for n, of in (name.split(".") for name in told) if of == lane) for lane in "0123"
                if any(name.endswith(lane) for name in told)}  # fmt: skip
        for lane, number in last.items():
            for earlier in range(start, number - 1):
                if earlier % 3:
                    found = known.get(f"{earlier}.{lane}")
                    assert found is None or found.settlement is not None
        journal.close()
        start = newest + 10
