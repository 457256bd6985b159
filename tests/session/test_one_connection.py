"""One connection over a link that the test plays: what it writes, what it tells its observer, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from binance_wsapi.errors import ConnectionLost, NotConnected, ReplyTimeout, UnreadableReply
from binance_wsapi.link.sockets.transport import Listener
from binance_wsapi.session.connection import State
from binance_wsapi.session.in_flight import Waiting
from binance_wsapi.wire.codec import Envelope
from tests.session.line import URL, Line, ends, play, waits
from tests.session.test_faults_in_virtual_time import KEY, ORDER, READ
from tests.simulation.loop import VirtualLoop

# --------------------------------------------------------------------------- its life


def test_a_connection_says_what_it_is_and_how_many_requests_wait() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        assert repr(line.it) == "<Connection #1 open pending=0>"
        assert (line.it.pending, line.it.busy, line.it.lost, line.it.close_code) == (0, False, False, 1006)
        pending = line.post()
        assert repr(line.it) == "<Connection #1 open pending=1>"
        assert (line.it.pending, line.it.busy) == (1, True)
        line.reply(pending)
        assert (line.it.pending, line.it.busy) == (0, False)

    play(test)


def test_a_link_that_is_lost_before_the_connection_has_it_is_told_by_the_opening_alone() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.on_open = lambda listener: listener.link_lost(1001, "gone", None)
        with pytest.raises(NotConnected, match="as soon as it was open"):
            await line.it.open(line, URL, 10.0)
        assert line.it.lost
        assert line.told.heard == []

    play(test, opened=False)


def test_while_it_is_being_opened_a_connection_sends_nothing() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        def early(_: Listener) -> None:
            assert line.it.usable
            with pytest.raises(NotConnected):
                line.post()

        line.on_open = early
        await line.it.open(line, URL, 10.0)
        line.it.link_lost(1000, "", None)
        assert line.link.frames == []

    play(test, opened=False)


def test_a_connection_that_was_never_opened_can_be_asked_and_ended() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        assert not line.it.congested
        await line.it.drained()
        await line.it.close()
        line.it.abort("no reason")
        assert line.it.lost
        assert line.link.done == []

    play(test, opened=False)


@pytest.mark.parametrize(("waiting", "quiet", "pinged"), [(0, 10.0, 17.0), (1, 1.5, 4.0)], ids=["idle", "busy"])
def test_a_silent_peer_is_pinged_sooner_while_a_request_waits(waiting: int, quiet: float, pinged: float) -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        for _ in range(waiting):
            line.post(seconds=60.0)
        await asyncio.sleep(quiet)
        assert line.link.done == []
        await asyncio.sleep(pinged - quiet)
        assert line.link.done == ["probe"]
        assert loop.time() - line.it.heard_at < pinged - quiet, "the pong was heard"

    play(test)


def test_bytes_of_a_message_on_its_way_are_a_sign_of_life() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.link.pongs = False
        for _ in range(60):
            await asyncio.sleep(1.0)
            line.it.bytes_received()
        assert line.link.done == []

    play(test)


def test_from_a_shutdown_on_it_is_to_be_replaced_however_young_it_is() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        assert line.it.leave_at() == (float("inf"), "unanswered")
        pending = line.post(ORDER, 2.0)
        await asyncio.sleep(3.0)
        assert pending.waiter.done()
        assert line.it.leave_at() == (pending.deadline, "unanswered")
        line.say(event={"e": "serverShutdown", "E": 1})
        assert line.it.leave_at() == (float("-inf"), "shutdown")
        assert line.it.counters["shutdown"] == 1
        assert line.told.heard[-1] == ("shutdown",)

    play(test)


def test_draining_it_takes_no_request_and_delivers_what_still_comes() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        pending = line.post(sent=lambda *told: line.told.heard.append(told))
        assert line.told.heard == [(pending.request_id, None)]
        assert line.it.takes(READ)
        line.it.drain()
        assert (line.it.state, line.it.usable, line.it.takes(READ)) == (State.DRAINING, False, False)
        with pytest.raises(NotConnected):
            line.post()
        line.reply(pending)
        assert (await pending.waiter).status == 200
        assert len(line.link.frames) == 1

    play(test)


def test_once_it_has_ended_it_stays_so() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        ended = await waits(line.it.wait_closed())
        line.it.link_lost(1001, "bye", None)
        await ends(ended)
        line.it.drain()
        await line.it.close()
        assert line.it.lost
        assert line.told.heard == [("lost", 1001, "bye")]
        await asyncio.sleep(60.0)
        assert line.link.done == [], "neither closed again nor pinged"

    play(test)


def test_closing_takes_no_request_more_and_says_why() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        await line.it.close(1001, "enough")
        assert line.link.done == ["close 1001 enough"]
        assert not line.it.usable

    play(test)


@pytest.mark.parametrize(
    ("aborted", "said", "error", "reason"),
    [
        ("silent", "bye", OSError(), "silent"),
        ("", "bye\x1b", OSError(), "bye\ufffd"),
        ("", "", OSError(), "OSError"),
        ("", "", None, ""),
    ],
)
def test_the_reason_of_an_end_is_ours_before_the_peers_before_the_error(
    aborted: str, said: str, error: Exception | None, reason: str
) -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        pending = line.post()
        if aborted:
            line.it.abort(aborted)
            line.it.abort("another reason")
            assert line.link.done == ["abort", "abort"]
            assert not line.it.usable
        line.it.link_lost(1006, said, error)
        with pytest.raises(ConnectionLost) as caught:
            await pending.waiter
        assert (caught.value.close_code, caught.value.close_reason, line.it.close_reason) == (1006, reason, reason)
        assert f"({' '.join(filter(None, ('1006', reason)))})" in str(caught.value)
        assert line.told.heard == [("lost", 1006, reason)]

    play(test)


# --------------------------------------------------------------------------- requests


def test_from_the_third_request_of_a_turn_on_frames_wait_for_each_other() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        for _ in range(4):
            line.post()
        assert line.link.gathered == [False, False, True, True]

    play(test)


def test_a_link_that_takes_no_frame_is_given_up() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.link.full = True
        with pytest.raises(NotConnected, match="closing"):
            line.post()
        assert (line.it.usable, line.it.pending, line.it.close_reason) == (False, 0, "the link takes no more")
        assert line.link.done == ["abort"]

    play(test)


def test_a_request_is_sent_at_the_moment_the_caller_says_or_now() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        assert line.post().sent_at == loop.time()
        assert line.post(now=5.0).sent_at == 5.0

    play(test)


def test_each_request_ends_at_its_own_deadline() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        late, soon = line.post(seconds=1.5), line.post(seconds=0.5)
        await asyncio.sleep(1.0)
        assert (soon.waiter.done(), late.waiter.done()) == (True, False)
        await asyncio.sleep(1.0)
        with pytest.raises(ReplyTimeout):
            await late.waiter

    play(test)


WAYS: dict[str, Callable[[Line, Waiting], None]] = {
    "a reply": Line.reply,
    "a reply that cannot be read": Line.unreadable,
    "an answer elsewhere": lambda line, pending: line.it.answered_elsewhere(pending, Envelope(status=200)),
    "a caller that leaves": lambda line, pending: line.it.give_up(pending),
    "a revoked key": lambda line, _: line.say(id=None, status=401, error={"code": -2015, "msg": "revoked"}),
    "the end": lambda line, _: line.it.link_lost(1006, "", None),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cancelled", [False, True])
def test_each_way_in_which_the_last_request_ends_wakes_what_waits_for_it(way: str, cancelled: bool) -> None:
    """Also where the caller was cancelled in the same turn of the event loop, and has not said so yet."""

    async def test(loop: VirtualLoop, line: Line) -> None:
        pending = line.post(seconds=60.0)
        idle = await waits(line.it.idle())
        if cancelled:
            pending.waiter.cancel()
        WAYS[way](line, pending)
        await ends(idle)
        assert line.it.pending == 0
        assert pending.waiter.done() is (cancelled or way != "a caller that leaves")
        if not cancelled and way != "a caller that leaves":
            error = pending.waiter.exception()
            kinds = {"a reply that cannot be read": UnreadableReply, "a revoked key": ConnectionLost}
            assert type(error) is (ConnectionLost if way == "the end" else kinds.get(way, type(None)))

    play(test)


def test_congestion_is_that_of_the_link_and_is_waited_for() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        assert line.it.congested is False
        line.link.congested = True
        assert line.it.congested is True
        room = await waits(line.it.drained())
        line.link.room.set()
        await ends(room)

    play(test)


def test_a_revoked_key_stands_for_none_any_more_and_names_the_code_of_a_connection_that_vanished() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.it.logged_on_as = KEY
        pending = line.post(ORDER)
        line.say(id=None, status=401, error={"code": -2015, "msg": "revoked"})
        with pytest.raises(ConnectionLost) as caught:
            await pending.waiter
        assert (caught.value.close_code, caught.value.close_reason) == (1006, "revoked")
        assert not line.it.stands_for(KEY)
        assert line.it.refused is not None
        assert line.it.counters["revoked"] == 1
        assert line.told.heard == [("revoked", -2015)]

    play(test)
