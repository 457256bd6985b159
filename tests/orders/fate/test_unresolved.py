"""A request in doubt waits for changes that may have renamed it, unless one of these waits for it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import NotFollowed
from binance_wsapi.orders.fate.unresolved import Unresolved, outlive


def in_doubt(change: Any) -> Unresolved:
    """Return a request of two parts, the first of which makes this change."""
    doubts: Any = [SimpleNamespace(), SimpleNamespace()]
    return Unresolved(SPOT_ORDERS.cancel_replace, {}, doubts, 1, None, change=change)


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("waits", [True, False, None], ids=["waits", "would wait for itself", "changes nothing"])
async def test_a_part_waits_for_changes_unless_one_of_them_waits_for_it(waits: bool | None, part: int) -> None:
    change = None if waits is None else SimpleNamespace(wait_for=lambda _changes: waits)
    intent = in_doubt(change)
    earlier = asyncio.Event()
    others: Any = [SimpleNamespace(waiters=None, over=False), SimpleNamespace(waiters=[earlier], over=False)]
    held = intent.hold(intent.doubts[part], others)
    assert held is (waits is not False or part == 1)
    assert (intent.held is not None) is held
    assert others[0].waiters == ([intent.wake] if held else None)
    assert others[1].waiters == ([earlier, intent.wake] if held else [earlier])


@pytest.mark.parametrize("himself", [True, False], ids=["the caller was cancelled too", "only the search was"])
async def test_a_caller_hears_that_the_client_was_closed_unless_he_was_cancelled_himself(himself: bool) -> None:
    search = asyncio.create_task(asyncio.Event().wait())
    caller = asyncio.create_task(outlive(search))
    await asyncio.sleep(0)
    search.cancel()
    if himself:
        caller.cancel()
    with pytest.raises(asyncio.CancelledError if himself else NotFollowed):
        await caller
    assert caller.cancelled() is himself
