"""Timing security: whether a signed request comes at the right time (web-socket-api.md, "Timing security")."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from binance_wsapi.simulator.access.params import DECIMAL, MICROSECONDS_FROM, decimal_text, missing
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.clock import Clock

__all__ = ["Validity"]

AHEAD_US = 1_000_000
DEFAULT_WINDOW_US = 5_000_000
LONGEST_WINDOW_US = 60_000_000


class Validity(Struct, frozen=True):
    """How long a request is valid. It is checked on arrival and again in front of the matching engine.

    Attributes:
        sent_at: its timestamp, in microseconds.
        window: its recvWindow, in microseconds.
    """

    sent_at: int
    window: int

    @classmethod
    def of(cls, sent: Mapping[str, Any], clock: Clock) -> Validity:
        """Read `timestamp` and `recvWindow`, and check them for the first time.

        Raises:
            Refusal: -1102 no timestamp or too long a window, -1100, -1111 a wrong window, -1021 not the right time.
        """
        window = window_us(sent["recvWindow"]) if "recvWindow" in sent else DEFAULT_WINDOW_US
        found = cls(timestamp_us(sent.get("timestamp")), window)
        if found.sent_at >= clock.now_us() + AHEAD_US:
            raise bad(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        found.check(clock)
        return found

    def check(self, clock: Clock) -> None:
        """Check that the request is not too old.

        Raises:
            Refusal: -1021.
        """
        if clock.now_us() - self.sent_at > self.window:
            raise bad(-1021, "Timestamp for this request is outside of the recvWindow.")


def timestamp_us(value: Any) -> int:
    """Read `timestamp`, in milliseconds or microseconds; returned in microseconds.

    Raises:
        Refusal: -1102.
    """
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise missing("timestamp")
    number = int(text)
    return number if number >= MICROSECONDS_FROM else number * 1000


def window_us(value: Any) -> int:
    """Read `recvWindow`: milliseconds with up to three decimals; returned in microseconds.

    Raises:
        Refusal: -1100 malformed, -1111 too precise, -1102 over a minute.
    """
    return _window_us(decimal_text(value))


@lru_cache
def _window_us(text: str | None) -> int:
    if text is None:
        raise bad(-1100, f"Illegal characters found in parameter 'recvWindow'; legal range is '{DECIMAL}'.")
    whole, _, fraction = text.partition(".")
    if len(fraction.rstrip("0")) > 3:
        raise bad(-1111, "Parameter 'recvWindow' has too much precision.")
    window = int(whole) * 1000 + int((fraction + "000")[:3])
    if window > LONGEST_WINDOW_US:
        # -1131 of the changelog of 2019 is no longer in the list of errors, which has this text.
        raise bad(-1102, "'recvWindow' contains unexpected value. Cannot be greater than 60000.")
    return window
