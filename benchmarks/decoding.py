"""What reading one reply of each kind costs, envelope and result apart, against `json.loads` of the same bytes."""

from __future__ import annotations

import json
import timeit

from msgspec import UNSET

from benchmarks.peer import ORDER_RESULT
from binance_wsapi import endpoints
from binance_wsapi.wire.codec import decode_frame

LEVELS = 1_000


def _best(call: object, number: int) -> float:
    return min(timeit.repeat(call, number=number, repeat=5)) / number * 1e6  # type: ignore[arg-type]


def main() -> None:
    """Measure and print."""
    book = json.dumps(
        {
            "lastUpdateId": 1,
            "bids": [[f"{60000 - n}.00000000", "1.00000000"] for n in range(LEVELS)],
            "asks": [[f"{60001 + n}.00000000", "1.00000000"] for n in range(LEVELS)],
        }
    ).encode()
    trade = b'{"id":1,"price":"0.01361000","qty":"0.01400000","quoteQty":"0.00019054","time":1660009530807,'
    trade += b'"isBuyerMaker":true,"isBestMatch":true}'
    kinds = {
        "order.place FULL": ("order.place", ORDER_RESULT),
        "order.place ACK": (
            "order.place",
            b'{"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"x","transactTime":1660801715639}',
        ),
        "time": ("time", b'{"serverTime":1656400526260}'),
        f"depth, {LEVELS} levels a side": ("depth", book),
        "trades.recent, 500": ("trades.recent", b"[" + b",".join([trade] * 500) + b"]"),
    }
    print(f"{'decoding, µs (best of 5)':32}{'json.loads':>12}{'envelope':>10}{'typed':>10}{'typed/json':>12}")
    for name, (method, result) in kinds.items():
        frame = b'{"id":"x","status":200,"result":' + result + b',"rateLimits":[]}'
        endpoint = endpoints()[method]
        number = max(5, 200_000 // len(frame))
        envelope = decode_frame(frame)
        assert envelope.result is not UNSET
        raw = bytes(envelope.result)
        plain = _best(lambda frame=frame: json.loads(frame), number)
        first = _best(lambda frame=frame: decode_frame(frame), number)
        second = _best(lambda endpoint=endpoint, raw=raw: endpoint.decode(raw), number)
        print(f"{name:32}{plain:12.1f}{first:10.1f}{second:10.1f}{(first + second) / plain:12.2f}")


if __name__ == "__main__":
    main()
