"""The query string: encoded before it is signed, and nothing between the two."""

from __future__ import annotations

import string
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import HmacKey
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.rest.query import query_string, signed_query
from tests.rest.support import KEY, hmac_of, split

# The example key of the REST API document (SIGNED Endpoint Examples, HMAC Keys); it is published and opens nothing.
DOCUMENTED = HmacKey(
    "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
)
EXAMPLE: dict[str, Any] = {
    "symbol": "LTCBTC", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": 1, "price": "0.1",
    "recvWindow": 5000,
}  # fmt: skip


@pytest.mark.parametrize(
    ("symbol", "encoded", "signature"),
    [
        ("LTCBTC", "LTCBTC", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"),
        (
            "１２３４５６",
            "%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96",
            "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
        ),
    ],
)
async def test_the_documented_examples_come_out_byte_for_byte(symbol: str, encoded: str, signature: str) -> None:
    query = await signed_query({**EXAMPLE, "symbol": symbol}, 1499827319559, DOCUMENTED)
    assert query == (
        f"symbol={encoded}&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
        f"&timestamp=1499827319559&signature={signature}"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"), (False, "false"), (0, "0"), (-7, "-7"), ("-1:00", "-1%3A00"), ("a b+c%d", "a%20b%2Bc%25d"),
        ("~._-", "~._-"), ("/?#&=", "%2F%3F%23%26%3D"), ("", ""), (["A", "B"], "%5B%22A%22%2C%22B%22%5D"), ([], "%5B%5D"),
        (["币"], "%5B%22%E5%B8%81%22%5D"), (['"'], "%5B%22%5C%22%22%5D"),
    ],
)  # fmt: skip
def test_a_value_as_it_goes_out(value: Any, text: str) -> None:
    assert query_string({"x": value}) == f"x={text}"


def test_the_order_is_the_caller_s() -> None:
    assert query_string({"z": 1, "a": 2, "m": 3}) == "z=1&a=2&m=3"


def test_a_lone_surrogate_is_refused_without_showing_the_text() -> None:
    with pytest.raises(UsageError, match="surrogate") as caught:
        query_string({"symbol": "geheim\ud800"})
    assert caught.value.__context__ is None
    assert "geheim" not in str(caught.value)


names = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
# `wire_params` refuses "&" and "=" in any request; the encoding would bear them.
values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
)


@given(st.dictionaries(names, values, max_size=6), st.integers(0, 10**16))
def test_what_arrives_is_what_was_given_and_the_signature_covers_it(params: dict[str, Any], timestamp: int) -> None:
    params.pop("signature", None)
    params.pop("timestamp", None)
    coroutine = signed_query(params, timestamp, KEY)
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    query: str = done.value.value
    payload, signature = split(query)
    assert signature == hmac_of(payload)
    arrived = parse_qsl(payload, keep_blank_values=True, strict_parsing=True)
    expected = {**params, "timestamp": timestamp}
    text = {name: {True: "true", False: "false"}[v] if isinstance(v, bool) else str(v) for name, v in expected.items()}
    assert arrived == list(text.items())
    # No library on the way finds anything to change in it.
    assert set(query) <= set(string.ascii_letters + string.digits + "-._~%&=")
    assert httpx.URL(f"https://h/p?{query}").raw_path.decode() == f"/p?{query}"


def test_values_pass_the_same_conversion_as_over_the_websocket() -> None:
    assert query_string(wire_params({"a": None, "b": "x", "c": ("A", "B")})) == "b=x&c=%5B%22A%22%2C%22B%22%5D"
