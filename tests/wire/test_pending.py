"""Correlation holds under any order of sending, answering, giving up and losing."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.ids import ALPHABET, PREFIX_LENGTH, RequestIds
from binance_wsapi.wire.pending import _REMEMBERED, Pending, PendingTable, Stray

PING: Endpoint[Any] = Endpoint("ping", dict)


class Correlation(RuleBasedStateMachine):
    """The table against a model that is a plain dictionary."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.table: PendingTable[str] = PendingTable()
        self.ids = RequestIds(lambda n: "x" * n)
        self.model: dict[str, tuple[float, str]] = {}
        self.abandoned: set[str] = set()
        self.now = 0.0

    @rule(target=requests, timeout=st.floats(0.01, 10))
    def send(self, timeout: float) -> str:
        request_id = next(self.ids)
        self.model[request_id] = (self.now + timeout, f"caller of {request_id}")
        self.table.add(Pending(request_id, PING, f"caller of {request_id}", self.now, self.now + timeout))
        return request_id

    @rule(request_id=requests)
    def reply(self, request_id: str) -> None:
        pending = self.table.take(request_id)
        expected = self.model.pop(request_id, None)
        if expected is None:
            assert pending is None
            kind, method = self.table.stray(request_id, issued=self.ids.issued(request_id))
            if request_id in self.abandoned:
                assert (kind, method) == (Stray.LATE, PING)
                self.abandoned.discard(request_id)
            else:
                assert kind is Stray.DUPLICATE
        else:
            assert pending is not None
            assert pending.waiter == expected[1]

    @rule(request_id=requests)
    def give_up(self, request_id: str) -> None:
        self.table.abandon(request_id)
        if self.model.pop(request_id, None) is not None:
            self.abandoned.add(request_id)

    @rule(seconds=st.floats(0, 5))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        expired = {pending.request_id for pending in self.table.expire(self.now)}
        assert expired == {each for each, (deadline, _) in self.model.items() if deadline <= self.now}
        for request_id in expired:
            del self.model[request_id]
            self.abandoned.add(request_id)

    @rule()
    def all_are_given_up(self) -> None:
        assert {pending.request_id for pending in self.table.drain()} == set(self.model)
        self.abandoned.update(self.model)
        self.model.clear()

    @rule(foreign=st.one_of(st.none(), st.integers(), st.text(), st.just("x" * PREFIX_LENGTH + "999999")))
    def a_foreign_reply(self, foreign: object) -> None:
        if isinstance(foreign, str) and foreign in self.model:
            return
        assert self.table.take(foreign) is None
        if not self.ids.issued(foreign):
            assert self.table.stray(foreign, issued=False)[0] is Stray.FOREIGN

    @invariant()
    def the_next_deadline_is_the_earliest(self) -> None:
        expected = min((deadline for deadline, _ in self.model.values()), default=None)
        assert self.table.next_deadline() == expected
        assert len(self.table) == len(self.model)


TestCorrelation = Correlation.TestCase
TestCorrelation.settings = settings(max_examples=150, deadline=None)


def test_a_number_never_answers_the_text_of_it() -> None:
    table: PendingTable[str] = PendingTable()
    table.add(Pending("1", PING, "caller", 0.0, 1.0))
    assert table.take(1) is None
    assert table.take("1") is not None


def test_deadlines_pass_in_their_order_and_not_in_that_of_the_calls() -> None:
    table: PendingTable[None] = PendingTable()
    for number in range(10):
        table.add(Pending(f"waits{number}", PING, None, 0.0, 100.0 - number))
    for number in range(200):
        table.add(Pending(f"done{number}", PING, None, 0.0, 1e9))
        table.take(f"done{number}")
    assert table.next_deadline() == 91.0
    assert [each.request_id for each in table.expire(95.5)] == ["waits9", "waits8", "waits7", "waits6", "waits5"]
    assert table.next_deadline() == 96.0


def test_what_is_remembered_of_abandoned_requests_is_bounded() -> None:
    table: PendingTable[None] = PendingTable()
    for number in range(20_000):
        table.add(Pending(str(number), PING, None, 0.0, 1e9))
        table.abandon(str(number))
    assert len(table._abandoned) == 10_000


def test_request_ids_are_within_the_venue_s_pattern_and_spell_nothing() -> None:
    ids = RequestIds(lambda n: "Z" * n)
    first = next(ids)
    assert first.isalnum()
    assert len(first) + 15 <= 36
    assert not set("aeiouAEIOUyY") & set(ALPHABET)
    assert ids.issued(first)
    assert not ids.issued(first + "0")
    assert not ids.issued("Z" * PREFIX_LENGTH + "01")
    assert not ids.issued("Y" + first[1:])
    assert not ids.issued("Z" * PREFIX_LENGTH + "٣")


def test_the_oldest_abandoned_request_is_forgotten_first() -> None:
    """The newest is the likeliest to be answered late."""
    table: PendingTable[str] = PendingTable()
    for number in range(_REMEMBERED + 1):
        table.add(Pending(f"id{number}", PING, "caller", 0.0, 1.0))
        table.abandon(f"id{number}")
    assert table.stray("id0", issued=True) == (Stray.DUPLICATE, None)
    assert table.stray("id1", issued=True) == (Stray.LATE, PING)
    assert table.stray(f"id{_REMEMBERED}", issued=True) == (Stray.LATE, PING)
