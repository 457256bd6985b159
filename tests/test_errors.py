"""The words of strangers in an error: a venue that lies can neither drive a terminal nor forge a line of a log."""

from __future__ import annotations

import copy
import pickle

import pytest

from binance_wsapi.errors import BadRequest, ConnectionLost, VenueError, WsapiError, printable, venue_error

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
