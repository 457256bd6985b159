"""The argument of docs/fence.md as a state model: every interleaving of it, against the code that decides.

One order is placed, or cancelled, and the reply is lost; one change of our own may rename it, or the market fill it; the
gateway's clock may jump; two views answer the questions. What happens, and when, is free within what the documentation and the assumptions allow, at the moments that
matter (`TIMES`). Each state that can be reached is visited once. What is said in it is said by `Doubt`, `Questions`, `read`,
`Renames` and `Resolver` themselves.

The table "As a state model" in docs/fence.md has the same moves under the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, NamedTuple, TypeAlias

import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import venue_error
from binance_wsapi.models.spot.orders import OrderState
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Moment, Outcome, Path
from binance_wsapi.orders.fate.lookups import Lookups
from binance_wsapi.orders.fate.questions import Answer, Questions
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.identity import Reading, read
from binance_wsapi.orders.ids.renames import Change, Renames
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.wire.endpoint import Endpoint, Params, TimeUnit
from binance_wsapi.wire.order_calls import Act, Sight

TIMES: Final = (0.0, 4.9, 14.8, 20.9, 21.1, 22.2, 28.0, 150.0)
"""Seconds since the frame left: the last moment at which it can be forwarded, executed, and not be seen; then the first
questions that count, one after the lag of a view, and one after a clock that was set back is waited for no more."""

WINDOW, ENGINE, LAG, JUMP = 5.0, 10.0, 6.0, 25.0
VIEWS: Final[tuple[Path, Path]] = (("socket", 2), ("rest", 0))
NEVER = -1
HELD: Final = object()

ID, OTHER, TARGET, NUMBER = "bcdf", "ghjk", "lmnp", 7
"""The id the request makes, the one our own change gives, the one a request is about, and its number."""

TOKEN = Token(ID, "BTCUSDT")
Shown: TypeAlias = tuple[str, str] | None
"""An order as a view shows it: its id and its status; None where there is none."""


def order(shown: Shown) -> OrderState:
    """Return the answer of a view that shows this."""
    assert shown is not None
    return OrderState.model_validate(
        {
            "symbol": "BTCUSDT", "orderId": NUMBER, "orderListId": -1, "clientOrderId": shown[0], "price": "5",
            "origQty": "10", "executedQty": "0", "cummulativeQuoteQty": "0", "status": shown[1], "timeInForce": "GTC",
            "type": "LIMIT", "side": "BUY", "stopPrice": "0", "icebergQty": "0", "time": 1, "updateTime": 1,
            "isWorking": True, "origQuoteOrderQty": "0", "workingTime": 1, "selfTradePreventionMode": "NONE",
        }
    )  # fmt: skip


class State(NamedTuple):
    """What is true, and what the client knows of it. Moments are indices of `TIMES`."""

    now: int = 0
    forwarded: int = NEVER
    executed: int = NEVER
    change: str = "none"
    """none, sent, done, refused; then what the client knows: told, silent, over."""
    sent: int = NEVER
    past: tuple[tuple[Shown, int], ...] = ((None, 0),)
    """What the order was, and since when."""
    shown: tuple[int, int] = (0, 0)
    """What of that each view shows."""
    ahead: float = 0.0
    """Seconds the gateway's clock is ahead."""
    first: tuple[Reading, Path, float] | None = None
    held: bool = False
    """Whether the client waits until it is known what its own change did."""


@dataclass(frozen=True)
class Allowed:
    """What the venue and other programs may do. The defaults are what is documented and assumed."""

    change: str = ""
    """How our own change names the order: id, number, everything; empty for no change."""
    jumps: tuple[float, ...] = ()
    second_look: bool = True
    engine: float = ENGINE
    lag: float = LAG
    noticed: bool = True
    """Whether the client knows how far the gateway's clock is ahead."""
    others: bool = False
    """Whether another program may rename the order."""
    cancels: str = ""
    """How a request that cancels names the order: id or number; empty for a request that places."""
    fills: bool = False
    """Whether the market may fill the order."""

    @property
    def token(self) -> Token:
        """What the request is recognised by."""
        if not self.cancels:
            return TOKEN
        by_number = self.cancels == "number"
        return replace(TOKEN, act=Act.CANCEL, number=NUMBER if by_number else None, former="" if by_number else TARGET)


class _Decider(Resolver):
    """The resolver, as far as it decides, at a moment that is set."""

    def __init__(self, renames: Renames, moment: Moment) -> None:
        self._id_watch: Any = SimpleNamespace(renames=renames)
        self._at = moment

    def _moment(self) -> Moment:
        return self._at


class Said(NamedTuple):
    """A verdict, and the state in which it was reached."""

    outcome: Outcome
    state: State


def answer_of(token: Token, shown: Shown) -> Answer:
    """Ask a view that shows this, by the questions that the client asks."""

    async def ask(endpoint: Endpoint[Any], params: Params) -> Any:
        assert endpoint is SPOT_ORDERS.order_status
        if shown is not None and (params.get("orderId") == NUMBER or params.get("origClientOrderId") == shown[0]):
            return order(shown)
        raise venue_error(400, -2013, "Order does not exist.")

    questions = Questions(Lookups(SPOT_ORDERS, ask, 0.0, lambda: 0, TimeUnit.MILLISECOND, IdHistory())).about(token)
    try:
        questions.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("a question waits")


class Model:
    """All moves from a state."""

    def __init__(self, allowed: Allowed) -> None:
        self.allowed = allowed
        self._known: dict[Any, Any] = {}
        """What the client made of what it knew: that does not depend on what is true."""

    # ------------------------------------------------------------------ what is true

    def can_forward(self, state: State) -> bool:
        """The second look at the timestamp (V2)."""
        clock = TIMES[state.now] + state.ahead
        return state.forwarded == NEVER and (not self.allowed.second_look or clock <= WINDOW)

    def can_execute(self, state: State) -> bool:
        """The engine decides within ten seconds."""
        if state.forwarded == NEVER or state.executed != NEVER:
            return False
        now = state.past[-1][0]
        if self.allowed.cancels and (
            now is None or now[1] != "NEW" or (self.allowed.cancels == "id" and now[0] != TARGET)
        ):
            return False  # "Unknown order sent."
        return TIMES[state.now] - TIMES[state.forwarded] <= self.allowed.engine

    def can_still_execute(self, state: State) -> bool:
        """Whether it may be executed now or later, while the gateway's clock runs on as it does."""
        later = (state._replace(now=now) for now in range(state.now, len(TIMES)))
        return state.executed == NEVER and any(self.can_forward(each) or self.can_execute(each) for each in later)

    def least_shown(self, state: State) -> int:
        """What a view has to show by now."""
        now = TIMES[state.now]
        return max(
            place for place, (_, at) in enumerate(state.past) if not place or now - TIMES[at] >= self.allowed.lag
        )

    @staticmethod
    def becomes(state: State, what: Shown) -> State:
        """Return the state in which the order has become this."""
        return state._replace(past=(*state.past, (what, state.now)))

    def happens(self, state: State) -> Iterator[State]:
        """Everything that may happen at the venue, or to what the client knows of its own change."""
        allowed = self.allowed
        if state.now + 1 < len(TIMES):
            later = state._replace(now=state.now + 1)
            least = self.least_shown(later)
            yield later._replace(shown=(max(state.shown[0], least), max(state.shown[1], least)))
        if self.can_forward(state):
            yield state._replace(forwarded=state.now)
        now = state.past[-1][0]
        if self.can_execute(state):
            done = self.becomes(state, (ID, "CANCELED" if allowed.cancels else "NEW"))
            yield done._replace(executed=state.now)
        last = len(state.past) - 1
        for view in (0, 1):
            if state.shown[view] < last:
                yield state._replace(shown=(last, state.shown[1]) if view == 0 else (state.shown[0], last))
        if not state.ahead:
            for jump in allowed.jumps:
                yield state._replace(ahead=jump)
        is_open = now is not None and now[1] == "NEW"
        if allowed.others and now is not None and is_open and now[0] != OTHER:
            yield self.becomes(state, (OTHER, "NEW"))
        if allowed.fills and now is not None and is_open:
            yield self.becomes(state, (now[0], "FILLED"))
        if allowed.change and state.change == "none":
            yield state._replace(change="sent", sent=state.now)
        if state.change == "sent" and TIMES[state.now] - TIMES[state.sent] <= WINDOW + ENGINE:
            if is_open:
                yield self.becomes(state, (OTHER, "NEW"))._replace(change="done")
            else:
                yield state._replace(change="refused")

    # ------------------------------------------------------------------ what the client makes of it

    def learns(self, state: State) -> Iterator[State | Said]:
        """What became of our own change gets known: it is answered, or its own doubt ends."""
        if state.change == "done":
            former = TARGET if self.allowed.cancels else ID
            told = Sight(order((OTHER, "NEW")), "BTCUSDT", OTHER, former, NUMBER, status="NEW")
            if read(self.allowed.token, told) is Reading.YES:
                yield Said(Outcome.ACCEPTED, state)  # a reply or an event tells both ids
            elif self.allowed.cancels:
                yield state._replace(change="over", held=False)
            # Of one by id the former id is known without being told, and then it may be undecided whether it was executed.
            yield state._replace(change="silent", held=False)
        elif state.change == "refused":
            yield state._replace(change="over", held=False)
            yield state._replace(
                change="silent", held=False
            )  # it is undecided, too, where nothing tells of the refusal

    def asks(self, state: State) -> Iterator[State | Said]:
        """A question is asked and answered."""
        if state.held:
            return
        for view, path in enumerate(VIEWS):
            shown = state.past[state.shown[view]][0]
            known = shown, state.now, state.ahead, state.change, state.first, path
            if known not in self._known:
                self._known[known] = self._answered(state, answer_of(self.allowed.token, shown), path)
            yield self._after(state, self._known[known])

    def _answered(self, state: State, answer: Answer, path: Path) -> Any:
        doubt, renames, change = self._build(state)
        if answer.reading is Reading.YES:
            return doubt.seen(answer.order, Evidence.QUERY, 0).outcome  # what `IdWatch.found` does
        moment = self._moment(state)
        intent = Unresolved(SPOT_ORDERS.place, {}, [doubt], 1, None)
        _Decider(renames, moment)._heard(intent, doubt, answer, moment, path)
        if intent.held is not None:
            assert list(intent.held.changes) == [change]
            return HELD
        return doubt._first if doubt.verdict is None else doubt.verdict.outcome

    def _moment(self, state: State) -> Moment:
        ahead = state.ahead if self.allowed.noticed else 0.0
        return Moment((TIMES[state.now] + ahead) * 1000, TIMES[state.now])

    def _build(self, state: State) -> tuple[Doubt, Renames, Change]:
        """Bring the client's own objects into a state."""
        doubt = Doubt(self.allowed.token, 0, WINDOW * 1000, Moment(0, 0), 0.0)
        doubt._first = state.first
        renames = Renames(IdHistory().placed_as)
        kind = self.allowed.change
        target = TARGET if self.allowed.cancels else ID
        change = Change("BTCUSDT", None, target if kind == "id" else "", NUMBER if kind == "number" else None,
                        everything=kind == "everything")  # fmt: skip
        if state.change != "none":
            renames.begin(change)
        if state.change == "silent":
            renames.done(change, (), TIMES[state.now])
        elif state.change == "over":
            renames.end(change)
        return doubt, renames, change

    @staticmethod
    def _after(state: State, made: Any) -> State | Said:
        """Return what follows: a verdict, waiting for our change, an answer that is to be confirmed, or nothing."""
        if isinstance(made, Outcome):
            return Said(made, state)
        if made is HELD:
            return state._replace(held=True)
        return state._replace(first=made)

    # ------------------------------------------------------------------ all of it

    def explore(self) -> tuple[set[State], set[Said]]:
        """Visit every state, and return them and every verdict."""
        start = State(past=(((TARGET, "NEW"), 0),)) if self.allowed.cancels else State()
        seen = {start}
        said: set[Said] = set()
        left = [start]
        while left:
            state = left.pop()
            for following in (*self.happens(state), *self.learns(state), *self.asks(state)):
                if isinstance(following, Said):
                    said.add(following)
                elif following not in seen:
                    seen.add(following)
                    left.append(following)
        return seen, said

    def wrong(self, said: Said) -> bool:
        """Whether a verdict is not so, or will not be."""
        if said.outcome is Outcome.ACCEPTED:
            return said.state.executed == NEVER
        return said.outcome is Outcome.NOT_PLACED and (
            said.state.executed != NEVER or self.can_still_execute(said.state)
        )


@cache
def explored(allowed: Allowed) -> tuple[set[State], set[Said]]:
    """Return what can be reached."""
    return Model(allowed).explore()


SCOPES: Final[Mapping[str, Allowed]] = {
    "nothing else happens": Allowed(),
    "the clock jumps": Allowed(jumps=(JUMP, -JUMP, -20 * JUMP)),
    "we change it by its id": Allowed(change="id"),
    "we change it by its number": Allowed(change="number"),
    "we cancel everything, and the clock jumps": Allowed(change="everything", jumps=(-JUMP,)),
    "it cancels by id, and the order may be filled": Allowed(cancels="id", fills=True, jumps=(JUMP,)),
    "it cancels by id, and we change the order": Allowed(cancels="id", change="id"),
    "it cancels by number, and the order may be filled": Allowed(cancels="number", fills=True, jumps=(JUMP,)),
    "it cancels by number, and we change the order": Allowed(cancels="number", change="number"),
}


@pytest.mark.parametrize("what", SCOPES)
def test_no_path_ends_in_a_wrong_verdict(what: str) -> None:
    model = Model(SCOPES[what])
    states, said = explored(SCOPES[what])
    assert not [each for each in said if model.wrong(each)]
    outcomes = {each.outcome for each in said}
    assert {Outcome.ACCEPTED, Outcome.NOT_PLACED} <= outcomes
    # Undecided is said only where something may have hidden the order, or made the request valid again.
    hidden = [each for each in said if each.outcome is Outcome.UNDECIDED]
    assert all(each.state.change == "silent" or each.state.ahead < 0 for each in hidden)
    assert bool(hidden) is (not SCOPES[what].cancels and what != "nothing else happens")
    assert len(states) > 100


@pytest.mark.parametrize("what", SCOPES)
def test_every_path_ends_in_a_verdict(what: str) -> None:
    """At the latest when a clock that was set back is waited for no more, and it is known what our own change did."""
    model = Model(SCOPES[what])
    states, _ = explored(SCOPES[what])
    last = [each for each in states if each.now == len(TIMES) - 1 and each.change not in {"sent", "done", "refused"}]
    assert last
    for state in last:
        after = [state]
        for _ in range(3):  # a question by each way, and one more where an answer was held
            after = [each for before in after for each in model.asks(before) if isinstance(each, State)]
            after = [each for each in after if each.first is None or each.first[1] != VIEWS[0]] or after[:1]
        assert all(any(isinstance(each, Said) for each in model.asks(state)) for state in after)


LEANS: Final[Mapping[str, Allowed]] = {
    "recvWindow is checked again before the matching engine": Allowed(second_look=False),
    "the engine decides within ten seconds": Allowed(engine=ENGINE + LAG + 5),
    "the view lags less than six seconds": Allowed(lag=LAG + 20),
    "no other program cancels or amends the order meanwhile": Allowed(others=True),
    "the venue's clock is known": Allowed(jumps=(-JUMP,), noticed=False),
}
"""What `NOT_PLACED` leans on: the assumptions in docs/fence.md."""


@pytest.mark.parametrize("assumption", LEANS)
def test_each_assumption_carries_not_placed_and_none_carries_accepted(assumption: str) -> None:
    model = Model(LEANS[assumption])
    _, said = model.explore()
    assert {each.outcome for each in said if model.wrong(each)} == {Outcome.NOT_PLACED}


def test_a_venue_clock_that_jumps_ahead_unnoticed_carries_nothing() -> None:
    """The monotonic clock of this machine bounds the fence as well (F2)."""
    model = Model(replace(SCOPES["the clock jumps"], jumps=(JUMP,), noticed=False))
    assert not [each for each in model.explore()[1] if model.wrong(each)]


@pytest.mark.parametrize(
    ("broken", "allowed"),
    [
        (("Doubt", "passed", lambda _self, now: now.ms > 21_000), Allowed(jumps=(JUMP,))),
        (("Doubt", "passed", lambda _self, _now: True), Allowed()),
        (("Doubt", "passed", lambda _self, now: now.at > 21), Allowed(jumps=(-JUMP,))),
        (("Doubt", "passed", lambda _self, _now: True), Allowed(cancels="id")),
        (("Renames", "waits_for", lambda *_: []), Allowed(change="id")),
        (("Renames", "hid", lambda *_: False), Allowed(change="number")),
        (("Renames", "hid", lambda *_: False), Allowed(change="id")),
    ],
    ids=[
        "only the venue's clock",
        "no fence",
        "only our clock",
        "no fence for a cancel",
        "renames are not waited for",
        "nothing hides",
        "a change by id that is undecided hides nothing",
    ],
)
def test_the_model_notices_a_rule_that_is_taken_out(
    broken: tuple[str, str, Callable[..., Any]], allowed: Allowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, name, instead = broken
    monkeypatch.setattr({"Doubt": Doubt, "Renames": Renames}[kind], name, instead)
    model = Model(allowed)
    assert [each for each in model.explore()[1] if model.wrong(each)]
