"""The words of strangers in an error: a venue that lies can neither drive a terminal nor forge a line of a log."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest

from binance_wsapi.errors import BadRequest, ConnectionLost, UsageError, VenueError, WsapiError, printable, venue_error
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
