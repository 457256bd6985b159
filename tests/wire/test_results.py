"""Results of a hostile peer: no shape of a result holds up the event loop."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import UnreadableReply, WsapiError
from binance_wsapi.models.spot.events import decode_event
from binance_wsapi.wire.codec import decode_frame
from binance_wsapi.wire.endpoint import TimeUnit
from tests.wire.test_strangers import RESULTS

MUCH = 2 * 1024 * 1024
SECONDS = 1.0
"""Of CPU, and many times what it takes; 2 MB of keys or rows took 7 to 23 seconds before they were bounded."""

BODIES = {
    "very many keys": b"{" + b",".join(b'"k%06x":1' % number for number in range(MUCH // 12)) + b"}",
    "one key very often": b"{" + b",".join([b'"a":1'] * (MUCH // 6)) + b"}",
    "very many rows": b"[" + b",".join([b"0"] * (MUCH // 2)) + b"]",
    "very many empty rows": b"[" + b",".join([b"{}"] * (MUCH // 3)) + b"]",
    "very deep": b"[" * (MUCH // 2) + b"]" * (MUCH // 2),
    "a very long text": b'"' + b"a" * MUCH + b'"',
    "a very long number": b"1" * MUCH,
}


def bounded(work: Callable[[], Any]) -> None:
    begun = time.process_time()
    with contextlib.suppress(WsapiError):
        work()
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("method", ["order.place", "openOrders.status", "myTrades", "account.status", "orderList.status",
                                    "depth", "klines", "exchangeInfo"])  # fmt: skip
def test_no_result_holds_up_the_loop(method: str, body: str) -> None:
    bounded(lambda: endpoints()[method].decode(BODIES[body]))


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("part", ['"result":%s', '"error":{"code":-1,"msg":"","data":{"a":%s}}', '"result":{},"rateLimits":%s',
                                  '"result":{},"other":%s'])  # fmt: skip
def test_no_part_of_a_frame_holds_up_the_loop(part: str, body: str) -> None:
    head, tail = (b'{"id":"bcdf","status":200,' + part.encode() + b"}").split(b"%s")
    bounded(lambda: decode_frame(head + BODIES[body] + tail))


@pytest.mark.parametrize("body", BODIES)
def test_no_event_and_no_row_that_cannot_be_read_holds_up_the_loop(body: str) -> None:
    bounded(lambda: SPOT_ORDERS.unread(BODIES[body], TimeUnit.MILLISECOND))
    bounded(lambda: decode_event(b'{"e":"executionReport","z":' + BODIES[body] + b"}"))


def test_what_a_large_refusal_says_is_heard_without_its_data() -> None:
    data = b'{"id":"bcdf","status":400,"error":{"code":-2010,"msg":"no","data":' + BODIES["very many keys"] + b"}}"
    envelope = decode_frame(data)
    assert (envelope.status, envelope.error.code, envelope.error.data) == (400, -2010, None)  # type: ignore[union-attr]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("at", [0, 1], ids=["of an order", "of a list"])
def test_a_word_for_no_number_is_unreadable_though_no_known_field_holds_it(number: float, at: int) -> None:
    """The rows are of two types, and `pydantic`, which reads them, takes these words for numbers."""
    (known,) = (result for method, result in RESULTS if method == "openOrders.cancelAll")
    rows = copy.deepcopy(known)
    rows[at]["later"] = [{"more": number}]
    with pytest.raises(UnreadableReply):
        SPOT_ORDERS.cancel_all.decode(json.dumps(rows).encode(), TimeUnit.MILLISECOND)
