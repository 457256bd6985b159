"""Whom the resolver asks, and when once more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import ConnectionLost, Outcome, SpotClient
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.fence import TIMESTAMP_AHEAD_MS, FateOptions, Moment
from binance_wsapi.orders.fate.lookups import Ways
from binance_wsapi.orders.fate.questions import Answer, Useless
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import LiveId, Sent, UnderWay
from binance_wsapi.orders.ids.identity import CLOCKS_APART_MS, Reading
from binance_wsapi.orders.ids.naming import ID_LENGTH
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Refuse
from binance_wsapi.wire.order_calls import Act, Sight
from tests.orders.test_tracked_caller import BOUND, play
from tests.simulation.house import SYMBOL, hearing_late, requests
from tests.simulation.loop import VirtualLoop

REST: dict[str, Any] = {"quantity": "0.05", "price": "50000", "time_in_force": "GTC"}


def test_what_was_called_not_placed_is_asked_for_once_more() -> None:
    """A resting order has no next event: only a question tells that the views had lied."""

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with hearing_late(client) as heard:
            exchange.faults.lose_events(count=100)
            exchange.faults.next(Refuse(400, -2013, "Order does not exist.", executed=False), "order.status", 100)
            exchange.faults.next(Cut(after_execution=True), "order.place")
            with pytest.raises(ConnectionLost) as caught:
                await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
            assert (await asyncio.wait_for(caught.value.resolve(), BOUND)).outcome is Outcome.NOT_PLACED
            exchange.faults.clear()
            asked = len(requests(exchange, "order.status"))
            await asyncio.sleep(200)
            assert not heard
            await asyncio.sleep(120)
            assert [each.client_order_id for each in heard] == [caught.value.client_order_id]
            assert len(requests(exchange, "order.status")) == asked + 1

    play(test)


def test_the_two_negatives_come_over_two_connections_where_there_is_no_rest() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=False), "order.place")
        with pytest.raises(ConnectionLost) as caught:
            await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        assert (await caught.value.resolve()).outcome is Outcome.NOT_PLACED
        asked = [
            (frame.time, frame.connection)
            for frame in exchange.truth.frames
            if frame.direction == "in"
            and b"order.status" in (frame.data if isinstance(frame.data, bytes) else frame.data.encode())
        ]
        assert len({connection for _, connection in asked[-2:]}) == 2

    play(test)


def test_of_a_replacement_that_was_called_not_placed_the_new_order_is_asked_for_once_more() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "LIMIT", **REST)
        exchange.faults.next(Cut(after_execution=False), "order.cancelReplace")
        with pytest.raises(ConnectionLost) as caught:
            await client.cancel_replace_order(
                SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=order.order_id,
                new_client_order_id="replacement", **REST,
            )  # fmt: skip
        verdict = await caught.value.resolve()
        assert [each.outcome for each in verdict.parts] == [Outcome.NOT_PLACED] * 2

        def asked() -> int:
            questions = requests(exchange, "order.status")
            return sum(each["params"].get("origClientOrderId") == "replacement" for each in questions)

        before = asked()
        await asyncio.sleep(310)
        assert asked() == before + 1

    play(test)


# --------------------------------------------------------------------------- what a request is recognised by

STAMP = 1_000_000
ERROR_MS = 100.0


def tokens_of_doubt(
    request: dict[str, Any], record: Intent | None, call: UnderWay | None, endpoint: Any
) -> list[Token]:
    """Return what a resolver recognises a request by, whose clock may be wrong by `ERROR_MS`."""
    resolver: Any = SimpleNamespace(
        _calls=SPOT_ORDERS, _clock_error_ms=lambda: ERROR_MS, _token=lambda length: "made here".ljust(length, "0")
    )
    sent = Sent(None, 5_000.0, record=record, timestamp=STAMP)
    return Resolver._tokens(resolver, endpoint, request, sent, call, STAMP)


def left_open(created_ms: int, timestamp_ms: int | None) -> Intent:
    """Return the record of a request of an earlier process."""
    return Intent("record", "order.place", SYMBOL, ("mine",), {}, created_ms, 5_000.0, timestamp_ms=timestamp_ms)


@pytest.mark.parametrize(
    ("record", "first", "last"),
    [
        (None, STAMP, STAMP),
        (left_open(900_000, None), 900_000, STAMP),
        (left_open(900_000, 950_000), 950_000, 950_000 + ERROR_MS),
    ],
    ids=["no record", "never sent, as far as is known", "sent"],
)
@pytest.mark.parametrize("name", ["mine", "BCDFGHJKLMNPQRSTVWXZ01"])
def test_a_request_of_an_earlier_process_was_made_when_the_journal_says(
    record: Intent | None, first: float, last: float, name: str
) -> None:
    request = {"symbol": SYMBOL, "newClientOrderId": name}
    (token,) = tokens_of_doubt(request, record, None, SPOT_ORDERS.place)
    assert (token.client_id, token.fresh, token.recovered) == (name, True, True)
    assert token.unguessable is (name != "mine")
    assert token.since_ms == first - TIMESTAMP_AHEAD_MS - ERROR_MS
    assert (token.before_ms, token.after_ms) == (first - ERROR_MS - CLOCKS_APART_MS, last + CLOCKS_APART_MS)


@pytest.mark.parametrize("record", [None, left_open(900_000, STAMP)], ids=["no journal", "journal"])
def test_a_cancel_of_everything_is_called_as_in_the_journal_and_was_sent_about_now(record: Intent | None) -> None:
    call = UnderWay((), (), (), None)
    (token,) = tokens_of_doubt({"symbol": SYMBOL}, record, call, SPOT_ORDERS.cancel_all)
    assert token.client_id == ("record" if record is not None else "made here".ljust(ID_LENGTH, "0"))
    assert (token.kind, token.since_ms) == (TokenKind.SYMBOL, STAMP - TIMESTAMP_AHEAD_MS - ERROR_MS)
    assert (token.before_ms, token.after_ms) == (STAMP - CLOCKS_APART_MS, STAMP + CLOCKS_APART_MS)


def test_an_order_in_doubt_is_recognised_by_what_is_known_of_its_id() -> None:
    live = LiveId("mine", None, SYMBOL, others=frozenset({5}))
    call = UnderWay(("mine",), (), (live,), None)
    (token,) = tokens_of_doubt({"symbol": SYMBOL, "newClientOrderId": "mine"}, None, call, SPOT_ORDERS.place)
    assert (token.fresh, token.others) == (False, frozenset({5}))
    assert token.since_ms == STAMP - TIMESTAMP_AHEAD_MS - ERROR_MS
    assert not token.recovered


# --------------------------------------------------------------------------- some minutes later


async def test_only_what_was_called_not_placed_and_is_watched_for_is_asked_for_once_more() -> None:
    waited: list[float] = []
    asked: list[str] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    async def ask_again(_intent: Any, doubt: Any, verdict: Any) -> None:
        assert verdict is doubt.verdict
        asked.append(doubt.token.client_id)

    def doubt(name: str, outcome: Outcome | None, kind: TokenKind = TokenKind.ORDER) -> Any:
        verdict = None if outcome is None else SimpleNamespace(outcome=outcome, name=name)
        return SimpleNamespace(token=Token(name, SYMBOL, kind), verdict=verdict)

    resolver: Any = SimpleNamespace(
        _wait=wait, _ask_again=ask_again, _options=SimpleNamespace(again_ms=300_000),
        _id_watch=SimpleNamespace(watched=SimpleNamespace(holds=lambda verdict: verdict.name != "turned up")),
    )  # fmt: skip
    intent: Any = SimpleNamespace(
        doubts=[
            doubt("open", None),
            doubt("placed", Outcome.ACCEPTED),
            doubt("everything", Outcome.NOT_PLACED, TokenKind.SYMBOL),
            doubt("turned up", Outcome.NOT_PLACED),
            doubt("first", Outcome.NOT_PLACED),
            doubt("second", Outcome.NOT_PLACED, TokenKind.LIST),
        ]
    )
    await Resolver._later(resolver, intent)
    assert (waited, asked) == ([300.0], ["first", "second"])


# --------------------------------------------------------------------------- one question


class Asked:
    """A resolver that asks one question, and what it does with the answer.

    Args:
        answer: what the question brings.
        way: by which it is asked, and the kind of that; None where there is none.
        synced: whether the venue's clock is known.
        silent: whether no way is left that says anything.
        refusal: why the venue takes no question.
        meanwhile: called when the answer comes.
    """

    def __init__(
        self,
        answer: Answer,
        way: Any = ("over it", ("socket", 2)),
        *,
        synced: bool = True,
        silent: bool = False,
        refusal: Any = None,
        meanwhile: Callable[[Any], None] = lambda _doubt: None,
    ) -> None:
        self.did: list[Any] = []
        self.about: Token | None = None
        self._answer = answer
        self._way = way
        self._synced = synced
        self._silent = silent
        self._refusal = refusal
        self._refused_at: float | None = 3.0
        self._meanwhile = meanwhile

    def _did(self, name: str) -> Callable[..., Any]:
        return lambda *told, **more: self.did.append((name, *told, *more.values()))

    async def run(self, token: Token, *, duplicate: Any = None, record: Intent | None = None) -> list[Any]:
        """Ask about this token, and return what was done."""
        moments = iter(("before", "asked", "answered"))
        doubt: Any = SimpleNamespace(
            token=token, verdict=None, duplicate=duplicate, sent_at=1.0, timestamp_ms=STAMP, candidates={8},
            unanswered=self._did("unanswered"), refused=self._did("refused"), useless=self._did("useless"),
        )  # fmt: skip

        async def way(*_: Any) -> Any:
            return self._way

        async def about(asked: Token, candidates: tuple[int, ...]) -> Answer:
            assert candidates == (8,)
            self.about = asked
            self._meanwhile(doubt)
            return self._answer

        def questions(ask: Any, made_ms: float, key: Any) -> Any:
            assert (ask, key) == ("over it", "the key")
            self.did.append(("made", made_ms))
            return SimpleNamespace(about=about)

        watch = SimpleNamespace(
            history=SimpleNamespace(tell_apart=lambda token, _sent_at: replace(token, others=frozenset({9}))),
            answered=lambda sights, key, own: self.did.append(("answered", sights, key, own)),
            found=lambda _intent, _doubt, order, sight, _evidence: self.did.append(("found", order, sight)),
        )
        intent: Any = SimpleNamespace(
            aim=lambda _doubt: self.did.append(("aim",)), record=record, heard=self._did("heard"), key="the key",
            says_nothing=lambda *, rest: self._silent and not rest, endpoint=SPOT_ORDERS.place, refused_at=self._refused_at,
        )  # fmt: skip
        resolver: Any = SimpleNamespace(
            _moment=lambda: next(moments), ways=SimpleNamespace(next=way, rest=False), _id_watch=watch, _questions=questions,
            _session=SimpleNamespace(
                clock=SimpleNamespace(synced=self._synced), now_ms=lambda: 77,
                connections=SimpleNamespace(refusal=self._refusal),
            ),
            _says_nothing=lambda _intent, _doubt, why, asked: self.did.append(("says nothing", why, asked)),
            _heard=lambda _intent, _doubt, answer, asked, path: self.did.append(("told", answer.reading, asked, path)),
        )  # fmt: skip
        await Resolver._ask_now(resolver, intent, doubt)
        self.refused_at = intent.refused_at
        return [each for each in self.did if each != ("aim",)]


MINE = Token("mine", SYMBOL)
ALL_OF_IT = Token("all", SYMBOL, TokenKind.SYMBOL, Act.CANCEL)
SHOWN = Sight("shown", SYMBOL, "mine", None, 7, status="NEW")


async def test_without_a_clock_only_a_cancel_of_everything_is_not_asked_about() -> None:
    answer = Answer(Reading.NO)
    assert await Asked(answer, synced=False).run(ALL_OF_IT) == [("unanswered", "before")]
    assert (await Asked(answer, synced=False).run(MINE))[-1][0] == "told"
    asked = Asked(answer)
    assert (await asked.run(ALL_OF_IT))[-1][0] == "told"
    assert asked.about is not None
    assert asked.about.others == frozenset({9}), "what was there before is known apart"
    asked = Asked(answer)
    await asked.run(MINE)
    assert asked.about is MINE


async def test_a_question_that_no_way_is_left_for_says_nothing() -> None:
    asked = Asked(Answer(Reading.NO), (None, None))
    assert await asked.run(MINE) == [("says nothing", None, "asked")]
    assert asked.did == [("aim",), ("says nothing", None, "asked")]


@pytest.mark.parametrize(("record", "made_ms"), [(None, STAMP), (left_open(900_000, STAMP), 900_000)])
@pytest.mark.parametrize("reading", [Reading.NO, Reading.NOTHING])
async def test_an_answer_that_is_no_proof_is_told_with_its_way_and_its_moment(
    record: Intent | None, made_ms: int, reading: Reading
) -> None:
    asked = Asked(Answer(reading))
    assert await asked.run(MINE, record=record) == [
        ("made", made_ms),
        ("heard", ("socket", 2), reading is Reading.NOTHING),
        ("told", reading, "asked", ("socket", 2)),
    ]
    assert asked.did.count(("aim",)) == 2
    nowhere = Asked(Answer(reading), ("over it", None))
    assert await nowhere.run(MINE) == [("made", STAMP), ("told", reading, "asked", None)]


async def test_what_an_answer_shows_of_orders_and_amendments_is_evidence_about_others_too() -> None:
    rows = (Sight(None, SYMBOL, "mine", None, 7, amendment=True),)
    for shown, answer in (
        (rows, Answer(Reading.NO, amendments=rows)),
        ((SHOWN,), Answer(Reading.NO, sight=SHOWN)),
        ((SHOWN, *rows), Answer(Reading.NO, sight=SHOWN, amendments=rows)),
    ):
        assert ("answered", shown, "the key", "mine") in await Asked(answer).run(MINE)
    assert not any(each[0] == "answered" for each in await Asked(Answer(Reading.NO)).run(MINE))


async def test_a_refusal_to_be_asked_says_nothing_where_no_way_says_more() -> None:
    answer = Answer(Reading.NOTHING, refusal=cast("Any", "refused"))
    asked = Asked(answer, silent=True)
    assert (await asked.run(MINE))[2:] == [("says nothing", "refused", "asked")]
    assert asked.refused_at == 3.0
    assert (await Asked(answer, silent=True, refusal="the key").run(MINE))[2:] == [("says nothing", "the key", "asked")]
    assert (await Asked(answer).run(MINE))[2:] == [("told", Reading.NOTHING, "asked", ("socket", 2))]
    shut_out = Asked(answer, (None, None), refusal="the key")
    assert await shut_out.run(MINE) == [("says nothing", "the key", "asked")]
    answered = Asked(Answer(Reading.NO))
    await answered.run(MINE)
    assert answered.refused_at is None, "it was let in"


@pytest.mark.parametrize(("why", "refused_at"), [(None, None), ("the key", 130.0), ("the key", 90.0)])
def test_what_cannot_be_asked_for_minutes_of_refusals_is_the_last_word(why: Any, refused_at: float | None) -> None:
    did: list[Any] = []
    doubt: Any = SimpleNamespace(
        fence_at=100.0, unanswered=lambda now: did.append(now),
        useless=lambda why, asked, now, *, wait_s: did.append((why, asked, now, wait_s)),
    )  # fmt: skip
    intent: Any = SimpleNamespace(refused_at=None if refused_at == 130.0 else refused_at)
    asked: Any = SimpleNamespace(at=130.0)
    replaced: list[bool] = []
    connections = SimpleNamespace(replace_refused=lambda: replaced.append(True))
    search: Any = SimpleNamespace(
        _knock_at=130.0 if refused_at == 130.0 else 130.1,
        _knock_pause=200.0,
        _session=SimpleNamespace(connections=connections),
    )
    Resolver._says_nothing(search, intent, doubt, why, asked)
    assert replaced == [True] * (refused_at == 130.0)
    assert (search._knock_at, search._knock_pause) == ((330.0, 300.0) if replaced else (search._knock_at, 200.0))
    if why is None:
        assert did == [asked]
        assert intent.refused_at is None
    else:
        assert refused_at is not None
        assert did == [(why, asked, asked, refused_at + 200.0)]
        assert intent.refused_at == refused_at


async def test_an_answer_that_comes_when_the_doubt_is_over_or_its_id_taken_up_again_says_nothing() -> None:
    def over(doubt: Any) -> None:
        doubt.verdict = "passed by"

    def named_again(doubt: Any) -> None:
        doubt.token = replace(doubt.token, contested_ms=ALWAYS)

    answer = Answer(Reading.YES, "an order", sight=SHOWN)
    assert (await Asked(answer, meanwhile=over).run(MINE))[3:] == []
    assert (await Asked(answer, meanwhile=named_again).run(MINE))[3:] == [("unanswered", "answered")]


async def test_a_proof_is_found_but_for_a_cancel_of_everything_which_its_absence_proves() -> None:
    answer = Answer(Reading.YES, "an order", sight=SHOWN)
    assert (await Asked(answer).run(MINE))[3:] == [("found", "an order", SHOWN)]
    assert (await Asked(answer).run(ALL_OF_IT))[3:] == [("told", Reading.YES, "asked", ("socket", 2))]
    assert (await Asked(Answer(Reading.MAYBE)).run(MINE))[2:] == [("told", Reading.MAYBE, "asked", ("socket", 2))]


async def test_a_duplicate_is_refused_when_the_order_is_known_that_it_was_taken_for() -> None:
    other = replace(MINE, fresh=False, disputed=True, others=frozenset({7}))
    answer = Answer(Reading.NO, sight=SHOWN)
    assert (await Asked(answer).run(other, duplicate="as it was told"))[3:] == [("refused", "as it was told", 77)]
    assert (await Asked(answer).run(other))[3:] == [("told", Reading.NO, "asked", ("socket", 2))]
    unseen = Answer(Reading.NO)
    assert (await Asked(unseen).run(other, duplicate="as it was told"))[2:][0][0] == "told"


@pytest.mark.parametrize("silent", [True, False])
@pytest.mark.parametrize("path", [("socket", 2), None])
async def test_answers_that_say_nothing_are_told_as_useless_when_no_way_says_more(silent: bool, path: Any) -> None:
    answer = Answer(Reading.NOTHING, useless=Useless("unread", 3.0))
    (*_, last) = await Asked(answer, ("over it", path), silent=silent).run(MINE)
    if silent and path is not None:
        assert last[0] == "useless"
        assert str(last[1]).startswith("unread ")
        assert last[2:] == ("asked", "answered", 3.0)
    else:
        assert last == ("told", Reading.NOTHING, "asked", path)
    assert (await Asked(Answer(Reading.NOTHING), silent=True).run(MINE))[-1][0] == "told"


# --------------------------------------------------------------------------- whom to ask


def choosing(connection: Any, newer: list[int]) -> Any:
    """Return a resolver that can have this connection, and is told by which number it asked for one."""

    async def newer_than(number: int, *_: Any) -> Any:
        newer.append(number)
        return connection

    session = SimpleNamespace(connections=SimpleNamespace(newer_than=newer_than))
    return SimpleNamespace(_session=session, _question=SPOT_ORDERS.order_status, _over_rest=lambda _intent: "over rest")


@pytest.mark.parametrize(
    ("late", "rest", "first", "number", "asked", "way"),
    [
        (True, True, None, 5, [], ("rest", 0)),
        (False, True, None, 5, [2], ("socket", 5)),
        (True, False, None, 5, [4], ("socket", 5)),
        (True, False, ("socket", 6), 7, [6], ("socket", 7)),
        (True, False, ("rest", 0), 5, [4], ("socket", 5)),
        (True, False, None, None, [4], ("rest", 0)),
        (False, False, None, 4, [2], None),
    ],
)
async def test_each_way_has_a_name_by_which_the_second_negative_is_told_from_the_first(
    late: bool, rest: bool, first: Any, number: int | None, asked: list[int], way: Any
) -> None:
    newer: list[int] = []
    connection = None if number is None else SimpleNamespace(number=number)
    doubt: Any = SimpleNamespace(fence_at=10.0, first=first)
    intent: Any = SimpleNamespace(asks_rest=lambda told: rest and told is first, passed_over=2, connection=4)
    now: Any = SimpleNamespace(at=11.0 if late else 10.0)
    _, path = await Ways.next(choosing(connection, newer), intent, doubt, now)
    assert (newer, path) == (asked, way)


# --------------------------------------------------------------------------- what an absence counts for


@pytest.mark.parametrize(
    ("changes", "holds", "hidden", "hid", "told"),
    [
        ([], False, False, False, Reading.NO),
        (["a change"], True, False, False, None),
        (["a change"], False, False, False, Reading.MAYBE),
        ([], True, False, False, Reading.NO),
        ([], False, True, False, Reading.MAYBE),
        ([], False, False, True, Reading.MAYBE),
    ],
)
@pytest.mark.parametrize("path", [("rest", 0), None])
async def test_an_absence_counts_when_no_change_can_have_renamed_what_was_asked_about(
    changes: list[str], holds: bool, hidden: bool, hid: bool, told: Reading | None, path: Any
) -> None:
    answers: list[Any] = []
    doubt: Any = SimpleNamespace(token=MINE, hidden=hidden, sent_at=1.0, answer=lambda *said: answers.append(said))
    intent: Any = SimpleNamespace(key=None, change=None, hold=lambda *_: holds)
    renames = SimpleNamespace(waits_for=lambda *_: changes, hid=lambda *_: hid)
    resolver: Any = SimpleNamespace(_id_watch=SimpleNamespace(renames=renames), _moment=lambda: "now")
    asked: Any = "asked"
    Resolver._heard(resolver, intent, doubt, Answer(Reading.NO, absent=True), asked, path)
    reading = Reading.NO if path is None else told  # where a negative says nothing, none is looked into
    assert answers == ([] if reading is None else [(reading, None, "asked", "now", path)])
    answers.clear()
    Resolver._heard(resolver, intent, doubt, Answer(Reading.NO), asked, path)
    assert answers == [(Reading.NO, None, "asked", "now", path)], "it stands on what was found"


# --------------------------------------------------------------------------- what is told of a doubt


@pytest.mark.parametrize("recovered", [True, False])
def test_of_a_doubt_the_log_says_whether_it_is_asked_about_or_was_left_open(
    recovered: bool, caplog: pytest.LogCaptureFixture
) -> None:
    begun: list[Any] = []
    watch = SimpleNamespace(doubt=lambda *_: None)
    session = SimpleNamespace(now_ms=lambda: STAMP, connections=SimpleNamespace(newest=1))
    resolver: Any = SimpleNamespace(
        _moment=lambda: Moment(STAMP, 1.0), _session=session, _tokens=lambda *_: [MINE], _options=FateOptions(),
        _journal=None, _id_watch=watch, _listeners=[], _follow=None, begin=begun.append, closed=False,
    )  # fmt: skip
    record = left_open(900_000, STAMP)
    record.recovered = recovered
    call = UnderWay((), (), (), None)
    intent = Resolver.open(resolver, SPOT_ORDERS.place, {}, Sent(None, 5_000.0, record=record), call)
    assert ("mine is in doubt, an earlier process left it open" in caplog.text) is recovered
    assert ("mine is in doubt, asking" in caplog.text) is not recovered
    assert begun == ([] if recovered else [intent]), "what was left open is asked about by the recovery"
