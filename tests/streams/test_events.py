"""Names of streams, and the documented payloads as typed events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from binance_wsapi.environments import local
from binance_wsapi.errors import UsageError
from binance_wsapi.models.levels import Level
from binance_wsapi.streams import MarketStreams, Subscription
from binance_wsapi.streams.kinds import (
    UNREADABLE,
    BadNumber,
    ForeignSymbol,
    UnreadableRows,
    decoder,
    mixed_decoder,
    place_of,
)
from binance_wsapi.streams.names import StreamType, type_of

STREAMS = MarketStreams(local("ws://127.0.0.1:1/ws-api/v3"))
T = 1672515782136
ROLLING = {
    "e": "1hTicker", "E": T, "s": "BNBBTC", "p": "0.0015", "P": "250.00", "o": "0.0010", "h": "0.0025", "l": "0.0010",
    "c": "0.0025", "w": "0.0018", "v": "10000", "q": "18", "O": 0, "C": 1675216573749, "F": 0, "L": 18150, "n": 18151,
}  # fmt: skip
MINI = {
    "e": "24hrMiniTicker",
    "E": T,
    "s": "BNBBTC",
    "c": "0.0025",
    "o": "0.0010",
    "h": "0.0025",
    "l": "0.0010",
    "v": "10000",
    "q": "18",
}
TICKER = {
    "e": "24hrTicker", "E": T, "s": "BNBBTC", "p": "0.0015", "P": "250.00", "w": "0.0018", "x": "0.0009", "c": "0.0025",
    "Q": "10", "b": "0.0024", "B": "10", "a": "0.0026", "A": "100", "o": "0.0010", "h": "0.0025", "l": "0.0010",
    "v": "10000", "q": "18", "O": 0, "C": 86400000, "F": 0, "L": 18150, "n": 18151,
}  # fmt: skip
KLINE = {
    "t": 1672515780000, "T": 1672515839999, "s": "BNBBTC", "i": "1m", "f": 100, "L": 200, "o": "0.0010", "c": "0.0020",
    "h": "0.0025", "l": "0.0015", "v": "1000", "n": 100, "x": False, "q": "1.0000", "V": "500", "Q": "0.500", "B": "123456",
}  # fmt: skip

# (subscription, name, payload as documented), WebSocket Streams: Detailed Stream information
DOCUMENTED: list[tuple[Subscription[Any], str, Any]] = [
    (STREAMS.reference_price("BAZUSD"), "bazusd@referencePrice", {"e": "referencePrice", "s": "BAZUSD", "r": "1.00", "t": T}),
    (
        STREAMS.agg_trade("BNBBTC"),
        "bnbbtc@aggTrade",
        {"e": "aggTrade", "E": T, "s": "BNBBTC", "a": 12345, "p": "0.001", "q": "100", "f": 100, "l": 105, "T": T, "m": True, "M": True},
    ),
    (
        STREAMS.trade("BNBBTC"),
        "bnbbtc@trade",
        {"e": "trade", "E": T, "s": "BNBBTC", "t": 12345, "p": "0.001", "q": "100", "T": T, "m": True, "M": True},
    ),
    (
        STREAMS.block_trade("BNBBTC"),
        "bnbbtc@blockTrade",
        {"e": "blockTrade", "E": T, "s": "BNBBTC", "t": 582, "p": "0.052", "q": "5838", "T": T, "m": True},
    ),
    (STREAMS.kline("BNBBTC", interval="1m"), "bnbbtc@kline_1m", {"e": "kline", "E": T, "s": "BNBBTC", "k": KLINE}),
    (
        STREAMS.kline("BNBBTC", interval="1M", utc_offset=8),
        "bnbbtc@kline_1M@+08:00",
        {"e": "kline", "E": T, "s": "BNBBTC", "k": KLINE},
    ),
    (STREAMS.mini_ticker("BNBBTC"), "bnbbtc@miniTicker", MINI),
    (STREAMS.all_mini_tickers(), "!miniTicker@arr", [MINI, MINI]),
    (STREAMS.ticker("BNBBTC"), "bnbbtc@ticker", TICKER),
    (STREAMS.rolling_window("BNBBTC", window="1h"), "bnbbtc@ticker_1h", ROLLING),
    (STREAMS.all_rolling_windows(window="4h"), "!ticker_4h@arr", [ROLLING]),
    (
        STREAMS.book_ticker("BNBUSDT"),
        "bnbusdt@bookTicker",
        {"u": 400900217, "s": "BNBUSDT", "b": "25.35190000", "B": "31.21000000", "a": "25.36520000", "A": "40.66000000"},
    ),
    (
        STREAMS.avg_price("BTCUSDT"),
        "btcusdt@avgPrice",
        {"e": "avgPrice", "E": T, "s": "BTCUSDT", "i": "5m", "w": "25776.86000000", "T": T},
    ),
    (
        STREAMS.partial_depth("BNBBTC", levels=5, speed=100),
        "bnbbtc@depth5@100ms",
        {"lastUpdateId": 160, "bids": [["0.0024", "10"]], "asks": [["0.0026", "100"]]},
    ),
    (STREAMS.partial_depth("BNBBTC"), "bnbbtc@depth20", {"lastUpdateId": 160, "bids": [], "asks": []}),
    (
        STREAMS.diff_depth("BNBBTC", speed=100),
        "bnbbtc@depth@100ms",
        {"e": "depthUpdate", "E": T, "s": "BNBBTC", "U": 157, "u": 160, "b": [["0.0024", "10"]], "a": [["0.0026", "100"]]},
    ),
]  # fmt: skip
CASES = pytest.mark.parametrize(
    ("subscription", "name", "payload"), DOCUMENTED, ids=[name for _, name, _ in DOCUMENTED]
)
IGNORED = {"e", "M", "B"}  # the venue says "ignore" of M and, in a kline, of B; e is in the type of the event


def frame(name: str, payload: Any) -> bytes:
    return json.dumps({"stream": name, "data": payload}).replace(" ", "").encode()


def plain(value: Any) -> Any:
    """Return a typed event in the venue's names and texts."""
    return json.loads(msgspec.json.encode(value))


@CASES
def test_a_method_names_its_stream(subscription: Subscription[Any], name: str, payload: Any) -> None:
    assert subscription.streams == (name,)
    assert type_of(name) is not StreamType.OTHER


@CASES
def test_every_documented_field_is_in_the_typed_event(subscription: Subscription[Any], name: str, payload: Any) -> None:
    event = decoder(type_of(name))(frame(name, payload))
    pairs = zip(event, payload, strict=True) if isinstance(event, list) else [(event, payload)]
    for each, documented in pairs:
        seen = plain(each)
        for key, value in documented.items():
            if key in IGNORED and key not in seen:
                continue
            if key == "k":
                assert seen["k"] == {inner: kept for inner, kept in value.items() if inner != "B"}
            else:
                assert seen[key] == value, key


@CASES
@pytest.mark.parametrize("spaced", [False, True])
def test_an_event_of_another_symbol_than_its_stream_is_refused(
    subscription: Subscription[Any], name: str, payload: Any, spaced: bool
) -> None:
    if isinstance(payload, list) or "s" not in payload:
        return  # it names no symbol, or several
    own = frame(name, payload)
    wrong = [frame(name, {**payload, "s": payload["s"] + "X"}), frame("x" + name, payload)]
    if "k" in payload:
        wrong.append(frame(name, {**payload, "k": {**payload["k"], "s": "OTHER"}}))
    decode = decoder(type_of(name))
    for each in [own, *wrong]:
        written = json.dumps(json.loads(each)).encode() if spaced else each
        if each is own:
            assert decode(written).symbol == payload["s"]
        else:
            with pytest.raises(ForeignSymbol):
                decode(written)


@CASES
def test_a_field_the_library_does_not_know_does_no_harm_and_a_missing_one_is_an_error(
    subscription: Subscription[Any], name: str, payload: Any
) -> None:
    decode = decoder(type_of(name))
    one = payload[0] if isinstance(payload, list) else payload
    wrap = (lambda event: [event]) if isinstance(payload, list) else (lambda event: event)
    decode(frame(name, wrap(one | {"new": {"x": [1]}})))
    for key in one:
        if key not in IGNORED or (key == "B" and "bookTicker" in name):
            with pytest.raises(UNREADABLE):
                decode(frame(name, wrap({other: value for other, value in one.items() if other != key})))


@CASES
def test_a_mixed_subscription_makes_the_same_event_however_the_frame_is_written(
    subscription: Subscription[Any], name: str, payload: Any
) -> None:
    decode = mixed_decoder([each for _, each, _ in DOCUMENTED])
    expected = decoder(type_of(name))(frame(name, payload))
    assert decode(frame(name, payload)) == expected
    assert decode(json.dumps({"data": payload, "stream": name}).encode()) == expected


def with_number(value: Any, bad: str) -> Iterator[Any]:
    """Yield a payload once for each of its numbers, with another text in the place of that one."""
    if isinstance(value, str):
        if value.replace(".", "").isdigit():
            yield bad
    elif isinstance(value, dict):
        for key in value.keys() - (IGNORED if "k" in value or "f" in value else {"e"}):
            yield from (value | {key: each} for each in with_number(value[key], bad))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from ([*value[:index], each, *value[index + 1 :]] for each in with_number(part, bad))


@CASES
@pytest.mark.parametrize("mixed", [False, True])
def test_an_event_with_a_number_that_is_none_or_has_no_end_is_refused(
    subscription: Subscription[Any], name: str, payload: Any, mixed: bool
) -> None:
    """Each of its numbers: it would be compared, added and written out."""
    decode = mixed_decoder([each for _, each, _ in DOCUMENTED]) if mixed else decoder(type_of(name))
    for bad in (
        "NaN",
        "-sNaN",
        "Infinity",
        "1E+999999999",
        "0E+999999999",
        "1E-999999999",
        "9" * 50,
        "0." + "1" * 9_000,
    ):
        broken = list(with_number(payload, bad))
        assert broken or payload == {"lastUpdateId": 160, "bids": [], "asks": []}
        for each in broken:
            for written in (frame(name, each), json.dumps({"stream": name, "data": each}, indent=1).encode()):
                with pytest.raises(BadNumber if payload != [MINI, MINI] else UnreadableRows):
                    decode(written)


@pytest.mark.parametrize("bad", ["", "1.", ".5", "1.2.3", "-1", "+1", "1e5", "1_0", "\t1", "x"])
@pytest.mark.parametrize("name", ["bnbbtc@depth@100ms", "bnbbtc@depth5@100ms"])
def test_levels_are_pairs_of_numbers_as_the_venue_writes_them(name: str, bad: str) -> None:
    """They are read when they are looked at, and an error there would be a surprise."""
    payload = next(each for _, other, each in DOCUMENTED if other == name)
    for each in with_number(payload, bad):
        for more in ({}, {"later": [[1]]}):
            with pytest.raises(BadNumber):
                decoder(type_of(name))(frame(name, each | more))


def test_prices_are_decimals_and_levels_are_looked_at_lazily() -> None:
    _, name, payload = DOCUMENTED[-1]
    event = decoder(type_of(name))(frame(name, payload))
    assert event.bids[0] == Level(Decimal("0.0024"), Decimal(10))
    assert event.asks[0].quantity == 100
    partial = decoder(StreamType.PARTIAL_DEPTH)(frame(*DOCUMENTED[-3][1:]))
    assert partial.symbol == "BNBBTC"
    assert partial.bids[0].price == Decimal("0.0024")
    assert partial.asks[0].price == Decimal("0.0026")


def test_a_reference_price_may_be_absent() -> None:
    event = decoder(StreamType.REFERENCE_PRICE)(
        frame("x@referencePrice", {"e": "referencePrice", "s": "X", "r": None, "t": 1})
    )
    assert event.price is None


def test_places_grow_with_the_identifiers_and_tell_what_follows() -> None:
    places = {name: place_of(type_of(name), frame(name, payload)) for _, name, payload in DOCUMENTED}
    assert [name for name, place in places.items() if place is None] == ["!miniTicker@arr", "!ticker_4h@arr"]
    diff = places["bnbbtc@depth@100ms"]
    assert diff is not None
    assert diff.order == (160,)
    assert [diff.follows((last,)) for last in (155, 156, 157)] == [False, True, True]
    best = places["bnbusdt@bookTicker"]
    assert best is not None
    assert not best.follows((400900216,))
    assert place_of(StreamType.TRADE, b"nonsense") is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b@trade",
        "a@trade\n",
        "BTCUSDT@trade",
        'a"@trade',
        "a\\@trade",
        "a/b@trade",
        "x" * 200,
        "\ud800@trade",
        None,
        5,
    ],
)
def test_what_cannot_be_a_name_is_refused(name: Any) -> None:
    with pytest.raises(UsageError):
        STREAMS.subscribe(name)


@pytest.mark.parametrize(
    "call",
    [
        lambda: STREAMS.kline("A", interval="2m"),
        lambda: STREAMS.kline("A", interval="1m", utc_offset=3),  # type: ignore[arg-type]
        lambda: STREAMS.rolling_window("A", window="2h"),  # type: ignore[arg-type]
        lambda: STREAMS.all_rolling_windows(window="1m"),  # type: ignore[arg-type]
        lambda: STREAMS.partial_depth("A", levels=50),  # type: ignore[arg-type]
        lambda: STREAMS.diff_depth("A", speed=20),  # type: ignore[arg-type]
        lambda: STREAMS.trade("!A"),
        lambda: STREAMS.trade("A@trade"),
        lambda: STREAMS.trade(None),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_is_not_documented_is_refused_before_it_is_sent(call: Any) -> None:
    with pytest.raises(UsageError):
        call()


def test_symbols_may_be_written_in_either_case_and_any_script() -> None:
    assert STREAMS.trade("btcusdt", "BTCUSDT").streams == ("btcusdt@trade",)
    assert STREAMS.trade("这是测试币USDT").streams == ("这是测试币usdt@trade",)
    assert STREAMS.subscribe("btcusdt@somethingNew").streams == ("btcusdt@somethingNew",)
