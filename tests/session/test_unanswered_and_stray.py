"""Requests that stay unanswered on one connection, and replies that no request waits for: what its observer is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi.wire.endpoint import Endpoint
from tests.session.line import Line, play
from tests.session.test_faults_in_virtual_time import ORDER, READ
from tests.session.trust.test_suspicion import CANCEL
from tests.simulation.loop import VirtualLoop

APART: Endpoint[dict[str, Any]] = Endpoint("time", dict[str, Any], apart=True)
AGAIN = ("what the observer needs to ask elsewhere",)

# --------------------------------------------------------------------------- requests that stay unanswered


def test_the_first_unanswered_request_makes_it_suspect_and_each_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        first, *more = [line.post(seconds=seconds) for seconds in (0.5, 0.6, 0.7)]
        await asyncio.sleep(1.0)
        assert line.told.heard == [
            ("unanswered", first.request_id, True), *(("unanswered", each.request_id, False) for each in more)
        ]  # fmt: skip
        assert line.it.suspicion.suspect
        assert line.it.counters["unanswered"] == 3

    play(test)
    assert caplog.text.count("is suspect: no answer to exchangeInfo") == 1


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("after_s", [0.9, 1.1])
@pytest.mark.parametrize("endpoint", [READ, APART], ids=["of a caller", "apart"])
def test_a_caller_that_leaves_after_a_second_found_it_unanswered(
    endpoint: Endpoint[Any], after_s: float, ended: bool
) -> None:
    """Where the connection has ended meanwhile, its end has been told, and no more is."""

    async def test(loop: VirtualLoop, line: Line) -> None:
        pending = line.post(endpoint)
        await asyncio.sleep(after_s)
        if ended:
            line.it.link_lost(1006, "", None)
            line.told.heard.clear()
        line.it.give_up(pending)
        told = ("silent",) if endpoint is APART else ("unanswered", pending.request_id, True)
        assert line.told.heard == ([told] if after_s > 1.0 and not ended else [])
        assert line.it.counters["unanswered"] == (after_s > 1.0)

    play(test)


def test_a_question_of_the_session_is_no_silence_where_another_was_answered_since() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.post(APART, 1.0)
        await asyncio.sleep(0.5)
        line.reply(line.post())
        await asyncio.sleep(1.0)
        assert line.told.heard == []
        assert not line.it.suspicion.suspect

    play(test)


@pytest.mark.parametrize("way", ["a reply", "a late reply", "a reply that cannot be read"])
def test_each_reply_of_its_kind_clears_a_suspect_connection(way: str) -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        late = line.post(seconds=0.5)
        pending = line.post()
        await asyncio.sleep(1.0)
        assert line.it.suspicion.suspect
        line.told.heard.clear()
        if way == "a late reply":
            line.reply(late)
        elif way == "a reply":
            line.reply(pending)
        else:
            line.unreadable(pending)
        assert not line.it.suspicion.suspect
        assert line.told.heard[0] == ("answers",)

    play(test)


def test_a_reply_on_a_connection_that_is_not_suspect_clears_nothing() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        late = line.post(APART, seconds=0.5)
        await asyncio.sleep(0.1)
        line.reply(line.post())
        line.unreadable(line.post())
        await asyncio.sleep(1.0)
        line.reply(late)
        assert [each[0] for each in line.told.heard] == ["nonsense", "late"]

    play(test)


def test_on_probation_a_change_waits_for_the_one_before_and_its_answer_ends_that() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.it.suspicion.probation = True
        line.post(READ)
        assert line.it.takes(ORDER)
        change = line.post(ORDER)
        assert (line.it.takes(READ), line.it.takes(ORDER), line.it.takes(CANCEL)) == (True, False, False)
        line.reply(change)
        assert line.told.heard == [("answers",)]
        line.post(ORDER)
        assert line.it.takes(ORDER)

    play(test)


def test_a_suspect_connection_takes_no_request_of_the_kind_and_an_untrusted_connection_none() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.it.trusted = False
        assert not line.it.takes(READ)
        line.it.trusted = True
        assert line.it.takes(READ)
        line.post(ORDER, 0.5)
        await asyncio.sleep(1.0)
        assert not line.it.takes(ORDER)

    play(test)


def test_a_request_that_waits_longer_than_an_answer_takes_is_asked_elsewhere_once() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        own = line.post(seconds=30.0)  # what is asked once alone waits for its deadline
        read = line.post(seconds=30.0, again=AGAIN)
        other = line.post(seconds=30.0, again=AGAIN)
        await asyncio.sleep(2.9)
        assert line.told.heard == []
        await asyncio.sleep(5.0)
        assert line.told.heard == [
            ("unanswered", read.request_id, True), ("slow", read.request_id), ("slow", other.request_id),
        ]  # fmt: skip
        assert (own.again, read.again, other.again) == (None, None, None)
        assert not own.waiter.done()

    play(test)


def test_an_order_that_waits_longer_than_an_answer_takes_is_unanswered_and_asked_nowhere_else() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.post(seconds=30.0)
        order = line.post(ORDER, seconds=30.0)
        await asyncio.sleep(8.0)
        assert line.told.heard == [("unanswered", order.request_id, True)]

    play(test)


@pytest.mark.parametrize(
    ("heard", "sent", "doubted"),
    [([0.5], [0.0, 0.7], True), ([0.5], [0.5], True), ([0.5], [0.0], False)],
    ids=["one sent since", "sent at that moment", "all sent before"],
)
def test_the_peer_is_in_doubt_where_it_finished_nothing_since_one_of_the_requests_that_expire_was_sent(
    heard: list[float], sent: list[float], doubted: bool
) -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        begun = loop.time()
        for moment, post in sorted([*((each, False) for each in heard), *((each, True) for each in sent)]):
            await asyncio.sleep(begun + moment - loop.time())
            if post:
                line.post(seconds=begun + 1.4 - loop.time())
            else:
                line.say(event={"e": "any"})
        await asyncio.sleep(begun + 1.5 - loop.time())
        assert line.link.done == (["probe"] if doubted else [])

    play(test)


# --------------------------------------------------------------------------- what comes


def test_frames_are_told_while_they_are_wanted() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.say(event=1)
        line.it.wants_frames = True
        line.say(event=2)
        line.it.wants_frames = False
        line.say(event=3)
        assert [each for each in line.told.heard if each[0] == "frame"] == [("frame", b'{"event": 2}')]
        assert [each for each in line.told.heard if each[0] == "event"] == [("event", None, each) for each in (1, 2, 3)]

    play(test)


def test_what_makes_no_sense_is_counted_by_its_kind_once_and_told() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.it.message_received(b"{}", text=False)
        line.it.message_received(b"{", text=True)
        line.say(id=None, status=400, error={"code": -1100, "msg": "no"})
        line.say(id="of another connection", status=200, result={})
        assert line.it.counters == {"binary": 1, "unreadable": 1, "unaddressed": 1, "foreign": 1}
        assert line.told.heard == [
            ("nonsense", "ProtocolViolation"),
            ("nonsense", "ProtocolViolation"),
            ("unaddressed", 400),
            ("nonsense", "BadRequest"),
            ("nonsense", "ProtocolViolation"),
        ]
        assert line.it.usable

    play(test)


def test_a_peer_whose_frames_cannot_be_read_is_left_after_twenty_of_them() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        for _ in range(19):
            line.it.message_received(b"{", text=True)
        assert (line.link.done, line.it.usable) == ([], True)
        line.it.message_received(b"{", text=True)
        assert (line.link.done, line.it.usable) == (["abort"], False)

    play(test)


def test_events_of_a_subscription_wait_until_it_has_an_owner() -> None:
    async def test(loop: VirtualLoop, line: Line) -> None:
        line.say(subscriptionId=7, event={"e": "early"})
        assert (line.told.heard, line.it.subscribed) == ([], False)
        line.it.adopt(7)
        line.say(subscriptionId=7, event={"e": "later"})
        assert line.told.heard == [("event", 7, {"e": "early"}), ("event", 7, {"e": "later"})]
        assert line.it.subscribed is True

    play(test)


@pytest.mark.parametrize("came", ["in time", "late", "unreadable first", "after the key was revoked"])
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("endpoint", [READ, ORDER], ids=["a read", "an order"])
def test_a_second_reply_is_heard_where_the_first_was_no_success_of_an_order(
    endpoint: Endpoint[Any], status: int, came: str
) -> None:
    """It may tell what a fault does not. Where the first was none that could be read, the second is the first."""

    async def test(loop: VirtualLoop, line: Line) -> None:
        pending = line.post(endpoint, 0.5)
        before = []
        if came == "in time":
            line.reply(pending, status)
        elif came == "late":
            await asyncio.sleep(1.0)
        elif came == "unreadable first":
            line.unreadable(pending)
        else:
            line.say(id=None, status=401, error={"code": -2015, "msg": "revoked"})
        if came != "in time":
            line.reply(pending, status)
            before = [("late", pending.request_id, status)]
        assert [each for each in line.told.heard if each[0] == "late"] == before
        line.reply(pending, status)
        again = status != 200 and endpoint is ORDER
        more = [("late", pending.request_id, status)] if again else []
        assert [each for each in line.told.heard if each[0] == "late"] == [*before, *more]
        assert line.it.counters["late"] == len(before) + again
        assert line.it.counters["duplicate"] == (0 if again else 1)

    play(test)
