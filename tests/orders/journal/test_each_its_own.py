"""A journal that failed tells each call of itself, and a client that could not start says so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from binance_wsapi import Environment, FileJournal, SpotClient, UsageError, WsapiError
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.sqlite import JournalFile
from tests.adversary.scripted import KEY, Venue, limit


async def test_each_call_that_a_failed_journal_refuses_is_told_its_own_id(tmp_path: Path) -> None:
    write, full = JournalFile.write, [False]

    def written(file: JournalFile, statements: Iterable[Any]) -> None:
        if full[0]:
            raise JournalFailed("the disk is full")
        write(file, statements)

    names = ["one", "two", "three"]
    told: list[tuple[str | None, str]] = []
    async with Venue() as venue:
        environment = Environment("scripted", (venue.url,), (), "")
        with patch.object(JournalFile, "write", written):
            async with SpotClient(environment, KEY, journal=FileJournal(tmp_path / "orders")) as client:
                await limit(client)
                full[0] = True
                for name in names:
                    with pytest.raises(JournalFailed) as caught:
                        await limit(client, new_client_order_id=name)
                    told.append((caught.value.client_order_id, str(caught.value)))
    assert [name for name, _ in told] == names
    for name, (_, text) in zip(names, told, strict=True):
        assert text.count("client_order_id=") == 1
        assert f"client_order_id={name}" in text


async def test_a_client_whose_journal_cannot_be_opened_says_that_it_was_not_started(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    path.write_bytes(b"no journal" * 500)
    path.chmod(0o600)
    client = SpotClient(Environment("scripted", ("ws://127.0.0.1:1",), (), ""), KEY, journal=FileJournal(path))
    with pytest.raises(WsapiError):
        await client.start()
    with pytest.raises(UsageError, match="the client is not started"):
        await limit(client)
    await client.close()
