"""What can become of one request and its answer."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from binance_wsapi.simulator.faults.breakage import KINDS, Kind

__all__ = ["Action", "Break", "Cut", "Delay", "Double", "Drop", "Fragment", "Garbage", "Raw", "Refuse"]

Moment: TypeAlias = Literal["answer", "queue", "engine"]
LONGEST = 86_400 * 7
"""Seconds: a week."""


def _switch(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False, got {value!r}")


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is reset instead of an answer."""

    after_execution: bool

    def __post_init__(self) -> None:
        _switch("after_execution", self.after_execution)


@dataclass(frozen=True, slots=True)
class Delay:
    """Something takes so many seconds longer.

    Attributes:
        at: `answer`: the request runs at once, its answer is late. `queue`: it waits in front of the second check of its
            time, and is refused if it is too old by then. `engine`: it waits behind that check and runs however late
            it is; after ten seconds the API gives up waiting and answers -1007.
        then: what the answer meets besides.
    """

    seconds: float
    at: Moment = "answer"
    then: Action | None = None

    def __post_init__(self) -> None:
        if type(self.seconds) not in (int, float) or not 0 <= self.seconds <= LONGEST:
            raise ValueError(f"seconds must be from 0 to {LONGEST}, got {self.seconds!r}")
        if self.at not in get_args(Moment):
            raise ValueError(f"at must be one of {', '.join(get_args(Moment))}, got {self.at!r}")


@dataclass(frozen=True, slots=True)
class Drop:
    """The request is never answered, whether or not it runs."""

    executed: bool = True

    def __post_init__(self) -> None:
        _switch("executed", self.executed)


@dataclass(frozen=True, slots=True)
class Double:
    """The answer is sent twice."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The answer is this error, whether or not the request ran."""

    status: int
    code: int
    msg: str
    data: dict[str, Any] | None = None
    executed: bool = False

    def __post_init__(self) -> None:
        _switch("executed", self.executed)
        if type(self.status) is not int or not 100 <= self.status <= 599:
            raise ValueError(f"status must be from 100 to 599, got {self.status!r}")


@dataclass(frozen=True, slots=True)
class Garbage:
    """This frame is sent, before the answer or instead of it; the request runs."""

    frame: str | bytes
    then_reply: bool = True


@dataclass(frozen=True, slots=True)
class Break:
    """The answer is broken in this way; the request runs. See `breakage.KINDS`."""

    kind: Kind

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")


@dataclass(frozen=True, slots=True)
class Fragment:
    """The answer comes as one message in so many frames, with a ping between them; the request runs."""

    pieces: int = 3

    def __post_init__(self) -> None:
        if self.pieces < 2:
            raise ValueError(f"pieces must be 2 or more, got {self.pieces!r}")


def _packed_spaces(size: int) -> bytes:
    """Return spaces as deflate packs them, ended so that the same bytes unpack to the same again behind them."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(b" " * size) + packer.flush(zlib.Z_FULL_FLUSH) if size else b""


@dataclass(frozen=True, slots=True)
class Raw:
    """These bytes are put on the wire as they are, before the answer or instead of it; the request runs.

    `Raw.invalid_utf8()` and its sisters make frames that no WebSocket library would send.
    """

    data: bytes
    then_reply: bool = False

    @classmethod
    def invalid_utf8(cls) -> Raw:
        """A text frame that is not UTF-8."""
        return cls(b"\x81\x02\xc3\x28")

    @classmethod
    def masked(cls) -> Raw:
        """A masked text frame: only clients mask."""
        return cls(b"\x81\x82\x00\x00\x00\x00{}")

    @classmethod
    def reserved_bits(cls) -> Raw:
        """A text frame with a reserved bit that no extension gave a meaning."""
        return cls(b"\xc1\x02{}")

    @classmethod
    def unknown_opcode(cls) -> Raw:
        """A frame of a kind that does not exist."""
        return cls(b"\x83\x00")

    @classmethod
    def oversized(cls, size: int = 1 << 40) -> Raw:
        """The head of a text frame that says it has so many bytes."""
        return cls(b"\x81\x7f" + size.to_bytes(8, "big"))

    @classmethod
    def bomb(cls, size: int = 256 << 20) -> Raw:
        """A compressed text frame of so many spaces in one thousandth of the bytes.

        A client that has negotiated permessage-deflate (RFC 7692) unpacks it; to any other it is a frame with a reserved
        bit.
        """
        whole, rest = divmod(size, 1 << 20)
        data = (_packed_spaces(1 << 20) * whole + _packed_spaces(rest)).removesuffix(b"\x00\x00\xff\xff")
        return cls(b"\xc1\x7f" + len(data).to_bytes(8, "big") + data)

    @classmethod
    def unfinished(cls) -> Raw:
        """The first bytes of a frame that never ends."""
        return cls(b"\x81\x7e\x01\x00{")


Action = Cut | Delay | Drop | Double | Refuse | Garbage | Break | Fragment | Raw
