"""Frames that are read here and frames that `websockets` reads come to the same, cut anywhere and broken in any way."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from binance_wsapi.link.sockets.frames import FrameSplitter, masks, text_frame, text_frames

LIMIT = 3_000


def raw(first: int, payload: bytes, *, masked: bool = False, announced: int | None = None) -> bytes:
    """Return a frame of a server, right or wrong."""
    size = len(payload) if announced is None else announced
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes((first, bit | size))
    elif size < 0x10000:
        head = bytes((first, bit | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, bit | 127)) + size.to_bytes(8, "big")
    return head + (b"\0\0\0\0" if masked else b"") + payload


class Heard:
    """What a listener is told, and how the library would end the connection."""

    def __init__(self) -> None:
        self.protocol = ClientProtocol(parse_uri("ws://localhost/"), max_size=LIMIT, state=State.OPEN)
        self.told: list[Any] = []
        self._parts: list[bytes] | None = None

    def text(self, payload: bytes) -> None:
        self.told.append((Opcode.TEXT, payload))

    def other(self, data: bytes) -> None:
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            assert isinstance(event, Frame)
            if event.opcode is Opcode.TEXT and event.fin:
                self.text(bytes(event.data))
            else:
                self.told.append((event.opcode, event.fin, bytes(event.data)))

    def outcome(self) -> Any:
        sent = b"".join(self.protocol.data_to_send())
        closed = None if self.protocol.close_sent is None else self.protocol.close_sent.code
        return self.told, closed, self.protocol.state, len(sent) > 0


def both(stream: bytes, cuts: list[int]) -> tuple[Any, Any]:
    """Return what each comes to."""
    simple, ours = Heard(), Heard()
    splitter = FrameSplitter(ours.text, ours.other, LIMIT)
    at = 0
    for cut in [*sorted(cuts), len(stream)]:
        piece = stream[at:cut]
        if piece:
            simple.other(piece)
            splitter.feed(piece)
        at = max(at, cut)
    return simple.outcome(), ours.outcome()


payloads = st.one_of(st.binary(max_size=40), st.integers(100, LIMIT + 50).map(lambda size: b"x" * size))
good = st.one_of(
    payloads.map(lambda payload: raw(0x81, payload)),
    payloads.map(lambda payload: raw(0x82, payload)),
    st.binary(max_size=20).map(lambda payload: raw(0x89, payload)),
    st.binary(max_size=20).map(lambda payload: raw(0x8A, payload)),
    st.tuples(payloads, st.binary(max_size=9), payloads).map(
        lambda parts: raw(0x01, parts[0]) + raw(0x89, parts[1]) + raw(0x00, parts[1]) + raw(0x80, parts[2])
    ),
)
broken = st.one_of(
    st.just(raw(0x88, b"\x03\xe8")),
    st.just(raw(0x88, b"\x03\xe9bye")),
    st.just(raw(0x80, b"no first part")),
    st.just(raw(0x01, b"a first part that is never ended")),
    st.just(raw(0x81, b"masked", masked=True)),
    st.just(raw(0xC1, b"compressed")),
    st.just(raw(0x83, b"unknown")),
    st.just(raw(0x09, b"a ping in parts")),
    st.just(raw(0x89, b"x" * 126)),
    st.just(raw(0x81, b"", announced=LIMIT + 1)),
    st.just(raw(0x81, b"", announced=1 << 63)),
    st.just(b"\x81\x7e\x00\x05short"),
    st.binary(max_size=30),
)


@settings(max_examples=400, deadline=None)
@example([raw(0x01, b"x" * 100), raw(0x00, b""), raw(0x80, b"x" * (LIMIT - 99)), raw(0x81, b"after")], [])
@example([b"\x03", b"~"], [])
@given(st.lists(st.one_of(good, good, good, broken), max_size=12), st.lists(st.integers(0, 9_000), max_size=40))
def test_any_stream_comes_to_what_the_library_makes_of_it(frames: list[bytes], cuts: list[int]) -> None:
    simple, ours = both(b"".join(frames), cuts)
    assert ours == simple


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(good, broken), max_size=4))
def test_a_stream_that_comes_byte_by_byte_comes_to_the_same(frames: list[bytes]) -> None:
    stream = b"".join(frames)[:2_000]
    simple, ours = both(stream, list(range(len(stream))))
    assert ours == simple


def test_random_bytes_come_to_the_same() -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        stream = bytes(chance.choices((0x81, 0x01, 0x00, 0x80, 0x89, 0x8A, 0x88, 0x05, 0x7E, 0x02, 0xFF), k=30))
        simple, ours = both(stream, [chance.randrange(30) for _ in range(4)])
        assert ours == simple, stream


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (raw(0x01, b"a") + raw(0x81, b"b"), 1002),
        (raw(0x80, b"a"), 1002),
        (raw(0x81, b"", announced=LIMIT + 1), 1009),
        (raw(0x01, b"x" * LIMIT) + raw(0x80, b"x"), 1009),
        (raw(0x81, b"a", masked=True), 1002),
    ],
)
def test_what_breaks_the_rules_ends_with_its_code(stream: bytes, code: int) -> None:
    heard = Heard()
    FrameSplitter(heard.text, heard.other, LIMIT).feed(raw(0x81, b"before") + stream)
    assert heard.told[0] == (Opcode.TEXT, b"before")
    assert heard.outcome()[1] == code


def test_a_message_of_the_largest_size_is_read_in_many_pieces_without_copying_it_for_each() -> None:
    whole = raw(0x81, b"x" * (32 << 20))
    found: list[bytes] = []
    splitter = FrameSplitter(found.append, lambda _data: None, 32 << 20)
    for at in range(0, len(whole), 65_536):
        splitter.feed(whole[at : at + 65_536])
    assert [len(each) for each in found] == [32 << 20]


@given(st.one_of(st.binary(max_size=300), st.sampled_from([65_535, 65_536, 70_000]).map(os.urandom)))
def test_a_frame_that_is_written_here_is_read_by_the_library(message: bytes) -> None:
    server = ServerProtocol(state=State.OPEN)
    server.receive_data(text_frame(message, next(masks())) + text_frames([message, b"next"], masks()))
    for event, sent in zip(server.events_received(), (message, message, b"next"), strict=True):
        assert isinstance(event, Frame)
        assert (event.opcode, event.fin, event.data) == (Opcode.TEXT, True, sent)


def test_no_mask_comes_twice() -> None:
    drawn = iter(range(2_048))
    keys = masks(lambda count: b"".join(next(drawn).to_bytes(4, "big") for _ in range(count // 4)))
    assert len({next(keys) for _ in range(2_048)}) == 2_048
    assert all(len(next(masks())) == 4 for _ in range(10))
