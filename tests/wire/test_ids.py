"""Ids: their alphabet, their length, that each symbol is as likely as another, and which ids a connection gave out."""

from __future__ import annotations

import os
from collections import Counter
from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.wire.ids import ALPHABET, RequestIds, token_of


@given(st.integers(1, 36), st.binary(min_size=1, max_size=64).filter(lambda each: min(each) < 250))
def test_a_token_is_what_choosing_symbol_by_symbol_gives(length: int, chance: bytes) -> None:
    """The bytes that would favour a symbol are skipped, the others are taken in their order."""
    drawn = cycle(chance)
    handed: list[int] = []

    def draw(count: int) -> bytes:
        block = bytes(next(drawn) for _ in range(count))
        handed.extend(block)
        return block

    token = token_of(draw, length)
    assert token == "".join(ALPHABET[byte % 50] for byte in handed if byte < 250)[:length]
    assert len(token) == length


def test_each_byte_that_counts_stands_for_each_symbol_equally_often() -> None:
    def only(value: int) -> str:
        return token_of(lambda count: bytes([value]) * count, 1)

    symbols = Counter(map(only, range(250)))
    assert set(symbols) == set(ALPHABET)
    assert set(symbols.values()) == {5}


def test_tokens_of_the_machine_differ() -> None:
    assert len({token_of(os.urandom, 22) for _ in range(1_000)}) == 1_000


def test_a_connection_knows_the_ids_it_gave_out() -> None:
    ids = RequestIds(lambda length: "B" * length)
    first, second = next(ids), next(ids)
    assert ids.issued(first)
    assert ids.issued(second)
    for strange in (f"{ids.prefix}3", f"{ids.prefix}0", f"{ids.prefix}01", ids.prefix, first[1:], 1, None):
        assert not ids.issued(strange), strange
