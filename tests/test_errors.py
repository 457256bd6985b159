"""The words of strangers in an error: a venue that lies can neither drive a terminal nor forge a line of a log."""

from __future__ import annotations

import copy
import pickle
import re
import traceback
from pathlib import Path

import pytest

from binance_wsapi import remedies
from binance_wsapi.errors import (
    _BY_CODE,
    _FAULT_CODES,
    BadRequest,
    ConnectionLost,
    UsageError,
    VenueError,
    WsapiError,
    printable,
    venue_error,
)
from binance_wsapi.streams.names import check_name, one_of, stream_name
from binance_wsapi.streams.queues import make_queue

ATTACK = "\x1b]0;owned\x07\r\nCRITICAL forged \u202edesrever \u2066 \x9b2J \u200b \u2028 \x00"


def errors() -> list[WsapiError]:
    return [
        venue_error(400, -1121, ATTACK),
        venue_error(503, -1000, ATTACK),
        ConnectionLost(f"the connection ended ({ATTACK})", 1008, ATTACK),
        WsapiError("x").about(method=ATTACK, request_id=ATTACK, client_order_id=ATTACK),
    ]


@pytest.mark.parametrize("error", errors(), ids=lambda error: type(error).__name__)
def test_no_text_of_a_stranger_acts_on_a_terminal_or_begins_a_line(error: WsapiError) -> None:
    for each in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert str(each).isprintable()
        assert "forged" in str(each)


def test_what_the_venue_said_is_kept_as_it_came_beside_the_text() -> None:
    error = venue_error(400, -1121, ATTACK)
    assert isinstance(error, BadRequest | VenueError)
    assert error.msg == ATTACK


def test_ordinary_words_of_any_script_are_left_alone() -> None:
    assert printable("这是测试币456 é ok\u00a0ok") == "这是测试币456 é ok\u00a0ok"
    assert printable("a\nb", kept="\n") == "a\nb"


class Hostile:
    """An argument whose text drives a terminal and is long."""

    def __repr__(self) -> str:
        return ATTACK * 10_000


def test_a_wrong_argument_is_shown_short_and_clean_though_it_has_a_text_of_its_own() -> None:
    wrong = Hostile()
    for call in (
        lambda: one_of("speed", wrong, (100, 1000)),
        lambda: check_name(wrong),  # type: ignore[arg-type]
        lambda: stream_name(wrong, "trade"),  # type: ignore[arg-type]
        lambda: make_queue(wrong, 1),  # type: ignore[arg-type]
        lambda: make_queue("block", wrong),  # type: ignore[arg-type]
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 400


def test_no_message_of_the_library_repeats_an_argument_without_a_bound() -> None:
    """`shown` bounds and cleans it. The command line repeats words of its own line, which are text."""
    library = Path(__file__).parents[1] / "sdk" / "binance_wsapi"
    found = [
        f"{file.relative_to(library)}: {line.strip()}"
        for file in library.rglob("*.py")
        if file.relative_to(library).parts[0] not in {"cli", "simulator"}
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"got [^\"]*\{[^{}]*!r", line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("status", "code", "msg", "part"),
    [
        (400, -1021, "Timestamp for this request is outside of the recvWindow.", "set this machine's clock"),
        (400, -1022, "Signature for this request is not valid.", "belongs to the API key"),
        (401, -2015, "Invalid API-key, IP, or permissions for action.", "is of this environment"),
        (400, -2010, "Account has insufficient balance for requested action.", "free what open orders lock"),
        (400, -2010, "Words that are new.", "read `msg`"),
        (400, -1013, "Filter failure: LOT_SIZE", "round the quantity"),
        (400, -1013, "Filter failure: NEWER", "round with `client.rules(symbol)`"),
        (429, -1003, "Too much request weight used", "wait until `retry_after`"),
        (429, -9999, "new", "wait until `retry_after`"),
        (418, -1003, "banned", "stay away until `retry_after`"),
        (403, 0, "", "firewall"),
        (409, -2021, "Order cancel-replace partially failed.", "both halves"),
        (500, -1000, "An unknown error occurred.", "never send it again"),
        (503, -1121, "odd", "never send it again"),
    ],
)
def test_a_refusal_says_what_to_do_by_its_code_and_words(status: int, code: int, msg: str, part: str) -> None:
    error = venue_error(status, code, msg)
    assert error.remedy is not None
    for each in (error, copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert part in (each.remedy or "")
        assert traceback.format_exception(each)[-1].strip() == each.remedy
        assert str(each) == f"{status} {code}: {msg}"


def test_a_refusal_whose_words_are_all_that_is_known_has_no_remedy() -> None:
    error = venue_error(400, -9999, ATTACK)
    assert error.remedy is None
    assert not hasattr(error, "__notes__")


def test_remedies_are_one_line_for_each_code_that_has_a_class_of_its_own() -> None:
    told = [*remedies.BY_CODE.values(), *remedies.BY_WORDS.values(), *remedies.BY_FILTER.values()]
    assert all(each.isprintable() and not each.endswith(".") and len(each) < 120 for each in told)
    assert set(_BY_CODE) | _FAULT_CODES <= set(remedies.BY_CODE)
    assert set(remedies.COMMANDS) <= set(remedies.BY_CODE)
