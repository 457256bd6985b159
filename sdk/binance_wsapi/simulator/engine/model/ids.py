"""Client order ids the venue makes up when none is sent: 22 letters and digits, the same sequence from the same seed."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["client_order_ids"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 22
_ROOM: int = 62**_LENGTH
_STEP: int = 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251 % _ROOM | 1
"""Odd, and no multiple of 31: then it has no common factor with 62**22, and no id comes twice before all have come."""


def client_order_ids(seed: int = 0) -> Callable[[], str]:
    """Return a source of ids."""
    number = seed * 0x2545F4914F6CDD1D % _ROOM
    pairs = [one + other for one in _ALPHABET for other in _ALPHABET]
    base = len(pairs)
    part: int = base**5  # numbers that a machine word holds are taken apart faster

    def new_id() -> str:
        nonlocal number
        number = (number + _STEP) % _ROOM
        rest, low = divmod(number, part)
        high, middle = divmod(rest, part)
        text = ""
        for rest in (low, middle):
            for _ in range(5):
                rest, pair = divmod(rest, base)
                text += pairs[pair]
        return text + pairs[high]

    return new_id
