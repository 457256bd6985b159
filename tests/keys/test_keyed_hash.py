"""`KeyedHash` against `hmac` of the standard library."""

from __future__ import annotations

import hmac

from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.keys.keyed_hash import KeyedHash


@given(key=st.binary(max_size=200), messages=st.lists(st.binary(max_size=300), min_size=1, max_size=3))
def test_sums_are_those_of_hmac_one_message_after_another(key: bytes, messages: list[bytes]) -> None:
    keyed = KeyedHash(key)
    for message in messages:
        assert keyed.sum(message) == hmac.new(key, message, "sha256").hexdigest()


def test_a_key_is_hashed_itself_where_it_is_longer_than_a_block() -> None:
    for size in (63, 64, 65):
        assert KeyedHash(b"k" * size).sum(b"m") == hmac.digest(b"k" * size, b"m", "sha256").hex()
