"""Client order ids the venue makes up when none is sent: 22 letters and digits, the same sequence from the same seed."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable

__all__ = ["client_order_ids"]

_LENGTH = 22
_ROOM: int = 1 << 128
_STEP: int = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""Odd: then it has no common factor with the room, and no number comes twice before all have come."""


def client_order_ids(seed: int = 0) -> Callable[[], str]:
    """Return a source of ids."""
    number = seed * 0x2545F4914F6CDD1D % _ROOM

    def new_id() -> str:
        nonlocal number
        while True:
            number = (number + _STEP) % _ROOM
            text = b2a_base64(number.to_bytes(16), newline=False)[:_LENGTH]
            if text.isalnum():  # every second of them has a plus or a slash in it
                return text.decode()

    return new_id
