"""What can be done with the frames of each type of stream: decode them, and tell where in its stream one stands.

A frame is the whole text message ``{"stream": …, "data": …}``. Decoders read it in one go, straight into the event, and
refuse an event that names another symbol than its stream, and one with a number that is none or has no end.

The *place* of a frame is what removes the overlap while two connections bring the same stream: identifiers where the
stream has them, its times where not. Lists of tickers and streams of an unknown kind have no place; there the bytes
themselves are compared. Of a list it can be told how new it is (`newest_of`): two servers may make theirs at different
moments, and then no two are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import Decimal
from functools import cache, lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar, get_args

import msgspec
from msgspec.structs import fields, force_setattr

from binance_wsapi.models.base import are_bounded, is_short
from binance_wsapi.models.levels import are_levels, has_two_sides
from binance_wsapi.models.struct import SHORT
from binance_wsapi.streams import events
from binance_wsapi.streams.names import StreamType, type_of
from binance_wsapi.wire.forms import Form

__all__ = [
    "UNREADABLE",
    "BadNumber",
    "Decode",
    "ForeignSymbol",
    "Place",
    "UnreadableRows",
    "decode_changes",
    "decode_raw",
    "decoder_of",
    "decoder",
    "has_places",
    "mixed_decoder",
    "name_at_head",
    "newest_of",
    "place_of",
]

T = TypeVar("T")

Decode: TypeAlias = Callable[[bytes], Any]

UNREADABLE = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
"""What decoding a frame that makes no sense may raise."""


class ForeignSymbol(ValueError):
    """An event is of another symbol than the stream that brought it."""


class BadNumber(ValueError):
    """A number of an event is none, as ``"NaN"``, or has no end, as ``"1E+999999999"``."""


class UnreadableRows(ValueError):
    """Some rows of a list cannot be read; ``readable`` has the others."""

    def __init__(self, readable: list[Any], errors: list[str]) -> None:
        super().__init__(f"{len(errors)} of its {len(readable) + len(errors)} rows: {', '.join(sorted(set(errors)))}")
        self.readable: Any = readable


_AT: Final = len('{"stream":"')


def name_at_head(frame: bytes) -> bytes:
    """Return the name of the stream if the frame is written as the venue writes it, and otherwise anything."""
    return frame[_AT : frame.find(b'"', _AT)]


class Frame(msgspec.Struct, Generic[T], gc=False):
    """A frame of which only the event matters."""

    data: T


def _frame_of(event: Any) -> Any:
    """Return the type of a frame with this event in it."""
    generic: Any = Frame
    return generic[event]


class NamedFrame(msgspec.Struct, Generic[T], gc=False):
    """A frame whose event does not say what it is about."""

    stream: str
    data: T


class _Name(msgspec.Struct, gc=False):
    stream: str


_EVENTS: dict[StreamType, Any] = {
    StreamType.TRADE: events.TradeEvent,
    StreamType.AGGREGATE_TRADE: events.AggregateTradeEvent,
    StreamType.BLOCK_TRADE: events.BlockTradeEvent,
    StreamType.KLINE: events.KlineEvent,
    StreamType.MINI_TICKER: events.MiniTickerEvent,
    StreamType.TICKER: events.TickerEvent,
    StreamType.ROLLING_WINDOW: events.RollingWindowEvent,
    StreamType.BOOK_TICKER: events.BookTickerEvent,
    StreamType.AVERAGE_PRICE: events.AveragePriceEvent,
    StreamType.DIFF_DEPTH: events.DiffDepthEvent,
    StreamType.REFERENCE_PRICE: events.ReferencePriceEvent,
    StreamType.ALL_MINI_TICKERS: list[events.MiniTickerEvent],
    StreamType.ALL_TICKERS: list[events.TickerEvent],
    StreamType.ALL_ROLLING_WINDOWS: list[events.RollingWindowEvent],
}

_LISTS: Final = frozenset({StreamType.ALL_MINI_TICKERS, StreamType.ALL_TICKERS, StreamType.ALL_ROLLING_WINDOWS})

_dictionary: Callable[[bytes], dict[str, Any]] = msgspec.json.Decoder(dict[str, Any]).decode


def decoder_of(form: Form, names: Iterable[str]) -> Decode:
    """Return what makes an event of a frame of these streams, in this form."""
    if form == "bytes":
        return bytes
    if form == "dicts":
        return decode_raw
    names = tuple(names)
    kinds = {type_of(name) for name in names}
    return decoder(kinds.pop()) if len(kinds) == 1 else mixed_decoder(names)


def decode_raw(frame: bytes) -> dict[str, Any]:
    """Decode a frame into the dictionary the venue sent, name of the stream included.

    Raises:
        ValueError: it is none, or brings nothing.
    """
    message = _dictionary(frame)
    if "data" not in message:
        raise ValueError("an event without data")
    return message


@cache
def decoder(kind: StreamType) -> Decode:
    """Return the function that makes a typed event of a frame; of an unknown kind, the whole frame as a dictionary."""
    if kind is StreamType.OTHER:
        return decode_raw
    if kind is StreamType.PARTIAL_DEPTH:
        named = msgspec.json.Decoder(NamedFrame[events.PartialDepthEvent]).decode

        def partial_depth(frame: bytes) -> events.PartialDepthEvent:
            message = named(frame)
            _check_levels(frame, message.data)
            # Partial Book Depth Streams: the payload has no symbol.
            force_setattr(message.data, "symbol", message.stream.partition("@")[0].upper())
            return message.data

        return partial_depth
    if kind in _LISTS:
        return _list_decoder(kind)

    event = _event_decoder(kind)
    if kind is StreamType.DIFF_DEPTH:

        def changes(frame: bytes) -> Any:
            data = event(frame)
            _check_levels(frame, data)
            return data

        return changes

    numbers = _numbers_of(_EVENTS[kind])

    def checked(frame: bytes) -> Any:
        data = event(frame)
        _check_numbers(frame, numbers(data))
        return data

    if kind is StreamType.KLINE:

        def candle(frame: bytes) -> Any:
            data = checked(frame)
            if data.kline.symbol != data.symbol:
                raise ForeignSymbol
            return data

        return candle
    return checked


def _list_decoder(kind: StreamType) -> Decode:
    """Return the function that makes a list of events of a frame; a row that cannot be read costs no other."""
    whole: Callable[[bytes], Frame[Any]] = msgspec.json.Decoder(_frame_of(_EVENTS[kind])).decode
    (each,) = get_args(_EVENTS[kind])
    numbers_of_each = _numbers_of(each)
    one: Callable[[msgspec.Raw], Any] = msgspec.json.Decoder(each).decode

    def events_of_all(frame: bytes) -> Any:
        try:
            rows = whole(frame).data
            _check_numbers(frame, tuple(chain.from_iterable(map(numbers_of_each, rows))))
        except UNREADABLE:
            rows, errors = [], list[str]()
            for raw in _raw_rows(frame).data:
                try:
                    row = one(raw)
                    _check_numbers(frame, numbers_of_each(row))
                    rows.append(row)
                except UNREADABLE as error:
                    errors.append(type(error).__name__)
            if not rows:
                raise
            raise UnreadableRows(rows, errors) from None
        return rows

    return events_of_all


_raw_rows: Callable[[bytes], Frame[list[msgspec.Raw]]] = msgspec.json.Decoder(Frame[list[msgspec.Raw]]).decode


@cache
def _event_decoder(kind: StreamType) -> Decode:
    """Return the function that makes an event of a frame, its numbers as they came."""
    whole: Callable[[bytes], Frame[Any]] = msgspec.json.Decoder(_frame_of(_EVENTS[kind])).decode

    def event(frame: bytes) -> Any:
        data = whole(frame).data
        if not frame.startswith(_head(data.symbol), _AT) and not _is_of(frame, data.symbol):
            raise ForeignSymbol
        return data

    return event


decode_changes: Final = _event_decoder(StreamType.DIFF_DEPTH)
"""Makes an event of changes of a book. The book looks at the levels, and a level that cannot be breaks it at once."""


def _check_numbers(frame: bytes, numbers: Collection[Decimal]) -> None:
    """Refuse an event with a number that no venue means: it would be compared, added and written out.

    Raises:
        BadNumber: there is such a number.
    """
    if not are_bounded(numbers) or (len(frame) > SHORT and not all(map(is_short, numbers))):
        raise BadNumber


def _check_levels(frame: bytes, event: Any) -> None:
    """Refuse levels that are no pairs of numbers: they are read when they are looked at.

    Raises:
        BadNumber: there is such a level.
    """
    if not has_two_sides(frame) and not (are_levels(event.bid_levels) and are_levels(event.ask_levels)):
        raise BadNumber


def _numbers_of(event: type) -> Callable[[Any], Collection[Decimal]]:
    """Return what takes all numbers out of an event of a type. Where the type has a single number, it may be None."""
    names = tuple(_names_of_numbers(event))
    take: Callable[[Any], Any] = attrgetter(*names)
    if len(names) > 1:
        return take

    def single(data: Any) -> Collection[Decimal]:
        number = take(data)
        return () if number is None else (number,)

    return single


def _names_of_numbers(event: type, path: str = "") -> Iterator[str]:
    for each in fields(event):
        if each.type in (Decimal, Decimal | None):
            yield path + each.name
        elif isinstance(each.type, type) and issubclass(each.type, msgspec.Struct):
            yield from _names_of_numbers(each.type, f"{path}{each.name}.")


_name: Callable[[bytes], _Name] = msgspec.json.Decoder(_Name).decode


@lru_cache(maxsize=8192)
def _head(symbol: str) -> bytes:
    """Return how names of the streams of a symbol begin."""
    return f"{symbol.lower()}@".encode()


def _is_of(frame: bytes, symbol: str) -> bool:
    """Whether a frame that is written in an unusual way is of a stream of this symbol."""
    return _name(frame).stream.partition("@")[0] == symbol.lower()


def mixed_decoder(names: Iterable[str]) -> Decode:
    """Return the function that makes a typed event of a frame of any of these streams."""
    decoders = {name.encode(): decoder(type_of(name)) for name in names}

    def event(frame: bytes) -> Any:
        decode = decoders.get(name_at_head(frame))
        if decode is None:  # written in an unusual way
            decode = decoders.get(_name(frame).stream.encode(), decode_raw)
        return decode(frame)

    return event


# --------------------------------------------------------------------------- places


class Place(NamedTuple):
    """Where in its stream a frame stands.

    Args:
        order: grows from frame to frame.
        first: the identifier that follows on the last one of the frame before; None where none has to.
    """

    order: tuple[int, ...]
    first: int | None

    def follows(self, order: tuple[int, ...]) -> bool:
        """Whether it is certain that nothing lies between a frame of that order and this one."""
        return self.first is not None and self.first <= order[0] + 1


class _TradeIds(msgspec.Struct, gc=False):
    t: int

    def place(self) -> Place:
        return Place((self.t,), self.t)


class _AggregateIds(msgspec.Struct, gc=False):
    a: int

    def place(self) -> Place:
        return Place((self.a,), self.a)


class _DiffIds(msgspec.Struct, gc=False):
    first: int = msgspec.field(name="U")
    last: int = msgspec.field(name="u")

    def place(self) -> Place:
        return Place((self.last,), self.first)


class _BookIds(msgspec.Struct, gc=False):
    u: int

    def place(self) -> Place:
        return Place((self.u,), None)


class _PartialIds(msgspec.Struct, gc=False):
    lastUpdateId: int

    def place(self) -> Place:
        return Place((self.lastUpdateId,), None)


class _EventTime(msgspec.Struct, gc=False):
    E: int

    def place(self) -> Place:
        return Place((self.E,), None)


class _ReferenceTime(msgspec.Struct, gc=False):
    t: int

    def place(self) -> Place:
        return Place((self.t,), None)


class _OpenTime(msgspec.Struct, gc=False):
    t: int


class _KlineTimes(msgspec.Struct, gc=False):
    E: int
    k: _OpenTime

    def place(self) -> Place:
        # The last state of one candle and the first of the next may carry the same event time.
        return Place((self.E, self.k.t), None)


_PLACES: dict[StreamType, Any] = {
    StreamType.TRADE: _TradeIds,
    StreamType.BLOCK_TRADE: _TradeIds,
    StreamType.AGGREGATE_TRADE: _AggregateIds,
    StreamType.DIFF_DEPTH: _DiffIds,
    StreamType.BOOK_TICKER: _BookIds,
    StreamType.PARTIAL_DEPTH: _PartialIds,
    StreamType.KLINE: _KlineTimes,
    StreamType.MINI_TICKER: _EventTime,
    StreamType.TICKER: _EventTime,
    StreamType.ROLLING_WINDOW: _EventTime,
    StreamType.AVERAGE_PRICE: _EventTime,
    StreamType.REFERENCE_PRICE: _ReferenceTime,
}


@cache
def _place_decoder(kind: StreamType) -> Callable[[bytes], Frame[Any]] | None:
    ids = _PLACES.get(kind)
    return None if ids is None else msgspec.json.Decoder(_frame_of(ids)).decode


def has_places(kind: StreamType) -> bool:
    """Whether frames of the kind tell where in their stream they stand."""
    return kind in _PLACES


def place_of(kind: StreamType, frame: bytes) -> Place | None:
    """Return where in its stream a frame stands, None when streams of the kind have no places or it cannot be read."""
    decode = _place_decoder(kind)
    if decode is None:
        return None
    try:
        place: Place = decode(frame).data.place()
    except UNREADABLE:
        return None
    return place


_times: Callable[[bytes], Frame[list[_EventTime]]] = msgspec.json.Decoder(Frame[list[_EventTime]]).decode


def newest_of(kind: StreamType, frame: bytes) -> int | None:
    """Return the latest event time in a list of tickers; None where there is none, or the stream brings something else."""
    if kind not in _LISTS:
        return None
    try:
        return max((each.E for each in _times(frame).data), default=None)
    except UNREADABLE:
        return None
