"""An order that is told of in parts, twice, or in words that are not known: each part counts once."""

from __future__ import annotations

from decimal import Decimal

from binance_wsapi.models.base import Timestamp
from binance_wsapi.orders.trade.evidence import Sighting
from binance_wsapi.orders.trade.state import TradeState
from binance_wsapi.orders.trade.types import HandleEventKind, HandleFill, HandleSource, HandleStatus
from binance_wsapi.wire.order_calls import RENUMBERED_US
from tests.orders.trade.test_state import AUDIT, BORN, EVENT, FIRST, REPLY, sent


def kinds(state: TradeState, sighting: Sighting, source: HandleSource = EVENT) -> list[HandleEventKind]:
    return [event.kind for event in state.see(sighting, source, BORN)]


def known() -> TradeState:
    """Return an order that the venue is known to have."""
    state = sent()
    state.see(Sighting(7, FIRST, status=HandleStatus.NEW), REPLY, BORN)
    return state


def test_a_doubt_is_told_once() -> None:
    state = sent()
    assert len(state.doubt(BORN)) == 1
    assert state.doubt(BORN) == []


def test_what_the_venue_contradicts_is_told_and_what_is_known_stays() -> None:
    state = known()
    event = state.contradicted(AUDIT, BORN, "no such order")
    assert (event.kind, event.source, event.detail) == (HandleEventKind.CONTRADICTED, AUDIT, "no such order")
    assert event.status is state.status is HandleStatus.NEW


def test_where_the_venue_does_not_tell_when_it_made_an_order_the_first_time_told_of_it_counts() -> None:
    state = sent()
    state.see(Sighting(7, FIRST, at_us=BORN), REPLY, BORN)
    assert not state.is_anew(Sighting(7, "another", created_us=BORN + RENUMBERED_US))
    assert state.is_anew(Sighting(7, "another", created_us=BORN + RENUMBERED_US + 1))
    assert not state.is_anew(Sighting(7, "another", created_us=BORN - RENUMBERED_US - 1)), (
        "it may be the time of a change"
    )
    state.see(Sighting(7, FIRST, at_us=BORN + 9 * RENUMBERED_US), EVENT, BORN)
    assert state.is_before(BORN + RENUMBERED_US + 1), "a later one does not"


def test_what_was_executed_without_its_fills_is_told_once() -> None:
    state = known()
    part = Sighting(7, FIRST, status=HandleStatus.PARTIALLY_FILLED, executed=Decimal(2))
    assert kinds(state, part) == [HandleEventKind.EXECUTED]
    assert kinds(state, part) == []
    assert not state.complete


def test_a_state_that_is_not_known_is_told_by_the_word_of_the_venue_and_once() -> None:
    state = known()
    (event,) = state.see(Sighting(7, FIRST, word="HALTED"), EVENT, BORN)
    assert (event.kind, event.detail) == (HandleEventKind.UNKNOWN_STATE, "HALTED")
    assert kinds(state, Sighting(7, FIRST, word="HALTED"), AUDIT) == []
    assert kinds(state, Sighting(7, FIRST, word="RESUMED")) == [HandleEventKind.UNKNOWN_STATE]


def fill(is_maker: bool | None, asset: str | None = "BTC") -> HandleFill:
    commission = Decimal(1) if asset else Decimal(0)
    return HandleFill(7, Decimal(100), Decimal(1), commission, asset, Timestamp(BORN), is_maker)


def test_whether_a_fill_was_made_by_the_maker_is_learnt_later_and_kept() -> None:
    state = known()
    for is_maker, learnt in ((None, None), (True, True), (None, True)):
        state.see(Sighting(7, FIRST, fills=(fill(is_maker),)), EVENT, BORN)
        assert [each.is_maker for each in state.fills] == [learnt]
    state.see(Sighting(7, FIRST, fills=(fill(None, None),)), EVENT, BORN)
    assert [(each.commission_asset, each.commission) for each in state.fills] == [("BTC", Decimal(1))]
