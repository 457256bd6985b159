"""Any sources tell of an order, in any order and any number of times: the truth that comes out is the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_wsapi.client.spot_evidence import read
from binance_wsapi.errors import ProtocolViolation
from binance_wsapi.models import (
    AccountTrade,
    CanceledOrder,
    ExecutionReport,
    OrderAck,
    OrderAmendResult,
    OrderFull,
    OrderResult,
    OrderState,
)
from binance_wsapi.orders.trade.evidence import Sighting
from binance_wsapi.orders.trade.state import TradeState
from binance_wsapi.orders.trade.types import HandleEvent, HandleEventKind, HandleSource, HandleStatus
from binance_wsapi.wire.order_calls import RENUMBERED_US

QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The machine may be slow and busy: what is tested is what comes out."""

BORN = 1_700_000_000_000
FIRST = "first-id"
PRICE = Decimal(100)
REPLY, EVENT, AUDIT = HandleSource.REPLY, HandleSource.EVENT, HandleSource.AUDIT


@dataclass
class Life:
    """An order's life as the venue lives it, and everything that can be told of it on the way."""

    quantity: int
    executed: int = 0
    quote: Decimal = Decimal(0)
    status: str = "NEW"
    name: str = FIRST
    now: int = BORN
    trades: list[AccountTrade] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    essential: list[Any] = field(default_factory=list)
    """What must be told for the whole truth to be known."""

    def place(self, at_once: list[int], resp_type: str) -> None:
        self._report("NEW")
        for quantity in at_once:
            self.fill(quantity, taker=True)
        shown = {**self._shown(), "transactTime": BORN}
        fills = [
            {"price": str(each.price), "qty": str(each.qty), "commission": str(each.commission),
             "commissionAsset": each.commission_asset, "tradeId": each.id}
            for each in self.trades
        ]  # fmt: skip
        ack = {name: shown[name] for name in ("symbol", "orderId", "orderListId", "clientOrderId", "transactTime")}
        match resp_type:
            case "ACK":
                self.told.append(OrderAck.model_validate(ack))
            case "RESULT":
                self.told.append(OrderResult.model_validate(shown))
            case _:
                self.told.append(OrderFull.model_validate({**shown, "fills": fills}))
        self._audit()

    def fill(self, quantity: int, *, taker: bool = False) -> None:
        quantity = min(quantity, self.quantity - self.executed)
        if quantity <= 0 or self.status not in {"NEW", "PARTIALLY_FILLED"}:
            return
        if not taker:
            self.now += 1
        price = PRICE - len(self.trades)
        self.executed += quantity
        self.quote += price * quantity
        self.status = "FILLED" if self.executed == self.quantity else "PARTIALLY_FILLED"
        number = 1000 + len(self.trades)
        paid = Decimal(quantity) / 1000
        self.trades.append(
            AccountTrade.model_validate(
                {"symbol": "BTCUSDT", "id": number, "orderId": 7, "orderListId": -1, "price": str(price),
                 "qty": str(quantity), "quoteQty": str(price * quantity), "commission": str(paid),
                 "commissionAsset": "BTC", "time": self.now, "isBuyer": True, "isMaker": not taker, "isBestMatch": True}
            )
        )  # fmt: skip
        report = self._report("TRADE", l=str(quantity), L=str(price), n=str(paid), N="BTC", t=number, m=not taker)
        self.essential.append(report)
        self._audit()

    def amend(self, quantity: int) -> None:
        if not self.executed < quantity < self.quantity or self.status not in {"NEW", "PARTIALLY_FILLED"}:
            return
        self.now += 1
        before, self.name, self.quantity = self.name, f"amended-to-{quantity}", quantity
        shown = {**self._shown(), "origClientOrderId": before, "qty": str(quantity), "preventedQty": "0",
                 "quoteOrderQty": "0", "cumulativeQuoteQty": str(self.quote)}  # fmt: skip
        del shown["cummulativeQuoteQty"], shown["origQty"]
        self.told.append(
            OrderAmendResult.model_validate({"transactTime": self.now, "executionId": 1, "amendedOrder": shown})
        )
        self.essential.append(self._report("REPLACED", C=before))
        self._audit()

    def end(self, how: str) -> None:
        if self.status not in {"NEW", "PARTIALLY_FILLED"}:
            return
        self.now += 1
        self.status = how
        if how == "CANCELED":
            before, self.name = self.name, "cancelled"
            self.told.append(
                CanceledOrder.model_validate(
                    {**self._shown(), "transactTime": self.now, "origClientOrderId": before}
                )
            )  # fmt: skip
            self.essential.append(self._report("CANCELED", C=before))
        else:
            self.essential.append(self._report("EXPIRED"))
        self._audit()

    def _shown(self) -> dict[str, Any]:
        return {
            "symbol": "BTCUSDT", "orderId": 7, "orderListId": -1, "clientOrderId": self.name, "price": str(PRICE),
            "origQty": str(self.quantity), "executedQty": str(self.executed), "cummulativeQuoteQty": str(self.quote),
            "status": self.status, "timeInForce": "GTC", "type": "LIMIT", "side": "BUY",
        }  # fmt: skip

    def _report(self, kind: str, **more: Any) -> ExecutionReport:
        report = ExecutionReport.model_validate(
            {
                "e": "executionReport", "E": self.now, "s": "BTCUSDT", "c": self.name, "S": "BUY", "o": "LIMIT",
                "f": "GTC", "q": str(self.quantity), "p": str(PRICE), "P": "0", "F": "0", "g": -1, "C": "", "x": kind,
                "X": self.status, "r": "NONE", "i": 7, "l": "0", "z": str(self.executed), "L": "0", "n": "0", "N": None,
                "T": self.now, "t": -1, "I": len(self.told), "w": True, "m": False, "O": BORN, "Z": str(self.quote),
                "Y": "0", "Q": "0", "V": "NONE", **more,
            }
        )  # fmt: skip
        self.told.append(report)
        return report

    def _audit(self) -> None:
        """The client asked at this moment."""
        state = {**self._shown(), "time": BORN, "updateTime": self.now, "isWorking": True}
        self.told.append(OrderState.model_validate(state))
        self.told.append(list(self.trades))


@st.composite
def lives(draw: st.DrawFn) -> Life:
    life = Life(draw(st.integers(1, 20)))
    life.place(draw(st.lists(st.integers(1, 5), max_size=3)), draw(st.sampled_from(["ACK", "RESULT", "FULL"])))
    for step in draw(st.lists(st.tuples(st.booleans(), st.integers(1, 20)), max_size=6)):
        (life.fill if step[0] else life.amend)(step[1])
    ending = draw(st.sampled_from(["CANCELED", "EXPIRED", "FILLED", ""]))
    if ending == "FILLED":
        life.fill(life.quantity)
    elif ending:
        life.end(ending)
    return life


def told(state: TradeState, evidence: Any, source: HandleSource = EVENT) -> list[HandleEvent]:
    sighting = read(evidence)
    return [] if sighting is None else state.see(sighting, source, BORN)


def status_of(state: TradeState) -> HandleStatus:
    """Return the status, past a type checker that thinks it cannot have changed."""
    return state.status


def sent() -> TradeState:
    state = TradeState(FIRST, fresh=True)
    state.sent(BORN)
    return state


@settings(QUIET)
@given(st.data(), lives())
def test_any_order_and_any_doubling_of_what_is_told_ends_in_the_same_truth(data: st.DataObject, life: Life) -> None:
    doubled = [each for each in life.told for _ in range(data.draw(st.integers(1, 2)))]
    state = sent()
    for each in data.draw(st.permutations(doubled)):
        told(state, each)
    assert state.status == life.status
    assert state.order_id == 7
    assert state.quantity == life.quantity
    assert state.executed_quantity == life.executed
    assert state.average_price == (life.quote / life.executed if life.executed else None)
    assert state.complete
    assert [fill.trade_id for fill in state.fills] == [trade.id for trade in life.trades]
    assert [(fill.price, fill.quantity, fill.commission, fill.commission_asset, fill.time, fill.is_maker)
            for fill in state.fills] == [
        (trade.price, trade.qty, trade.commission, trade.commission_asset, trade.time, trade.is_maker)
        for trade in life.trades
    ]  # fmt: skip
    assert state.current_client_order_id == life.name


@settings(QUIET, max_examples=200)
@given(st.data(), lives())
def test_the_last_audit_alone_is_the_whole_truth_after_all_else_was_lost(data: st.DataObject, life: Life) -> None:
    """The stream was interrupted: any part of what was told is missing, and the order is asked about at the end."""
    kept = data.draw(st.lists(st.sampled_from(life.told[:-2]), max_size=10))
    state = sent()
    for each in data.draw(st.permutations([*kept, life.told[-2], life.told[-1]])):
        told(state, each)
    assert state.status == life.status
    assert (state.executed_quantity, state.quantity) == (Decimal(life.executed), Decimal(life.quantity))
    assert state.complete
    assert state.current_client_order_id == life.name


@settings(QUIET)
@given(st.data(), lives())
def test_nothing_ever_goes_back(data: st.DataObject, life: Life) -> None:
    state = sent()
    executed, fills, ended, quantity = Decimal(0), 0, None, None
    log: list[HandleEvent] = []
    for each in data.draw(st.permutations(life.told)):
        log += told(state, each)
        assert state.executed_quantity >= executed
        assert len(state.fills) >= fills
        assert ended is None or state.status is ended
        assert quantity is None or (state.quantity is not None and state.quantity <= quantity)
        executed, fills, quantity = state.executed_quantity, len(state.fills), state.quantity
        ended = state.status if state.status.is_final else None
    kinds = [event.kind for event in log]
    assert kinds.count(HandleEventKind.ACCEPTED) == 1
    assert kinds.count(HandleEventKind.ENDED) == (1 if state.status.is_final else 0)
    assert kinds.count(HandleEventKind.FILL) == len(life.trades)
    assert HandleEventKind.CONTRADICTED not in kinds
    assert [event.executed_quantity for event in log] == sorted(event.executed_quantity for event in log)


@settings(QUIET)
@given(lives())
def test_what_is_told_twice_is_learned_once(life: Life) -> None:
    state = sent()
    for each in life.told:
        told(state, each)
    assert [event for each in life.told for event in told(state, each)] == []


def test_before_the_venue_is_heard_the_status_is_that_of_the_request() -> None:
    state = TradeState(FIRST, fresh=True)
    assert status_of(state) == "SENDING"
    assert [event.kind for event in state.sent(BORN)] == [HandleEventKind.SENT]
    assert status_of(state) is HandleStatus.SENT
    assert state.sent(BORN) == []
    assert [event.kind for event in state.doubt(BORN)] == [HandleEventKind.IN_DOUBT]
    assert status_of(state) is HandleStatus.IN_DOUBT
    assert state.average_price is None


def test_an_event_that_comes_before_the_doubt_leaves_none() -> None:
    state = sent()
    state.see(Sighting(7, FIRST, status=HandleStatus.NEW), EVENT, BORN)
    assert state.doubt(BORN) == []
    assert status_of(state) is HandleStatus.NEW


@pytest.mark.parametrize("status", [HandleStatus.REJECTED, HandleStatus.NOT_SENT])
def test_a_request_that_made_no_order_stays_so_though_an_order_bears_its_id(status: HandleStatus) -> None:
    """The user's own id was that of another order, which is why it was refused."""
    state = sent()
    assert [event.kind for event in state.refused(status, REPLY, BORN)] == [HandleEventKind.REFUSED]
    assert state.see(Sighting(7, FIRST, status=HandleStatus.FILLED), EVENT, BORN) == []
    assert status_of(state) is status
    assert state.refused(HandleStatus.NOT_PLACED, REPLY, BORN) == []


def test_an_order_that_was_called_not_placed_and_turns_up_is_believed() -> None:
    state = sent()
    state.refused(HandleStatus.NOT_PLACED, HandleSource.RESOLVER, BORN)
    assert status_of(state) == "NOT_PLACED"
    assert state.see(Sighting(7, FIRST, status=HandleStatus.NEW), EVENT, BORN) == []  # its id may have been named again
    state.see(Sighting(7, FIRST, status=HandleStatus.NEW), HandleSource.RESOLVER, BORN)
    assert status_of(state) is HandleStatus.NEW


@pytest.mark.parametrize("again", [False, True])
def test_another_order_with_the_same_id_is_not_taken_for_this_one(again: bool) -> None:
    """Neither an order that had the id of the user's choice before, nor an order that was given an id of ours again."""
    state = TradeState(FIRST, fresh=again)
    state.sent(BORN)
    if again:
        state.contest()
    other = Sighting(6, FIRST, status=HandleStatus.CANCELED, created_us=(BORN + 5) * 1_000)
    own = Sighting(7, FIRST, status=HandleStatus.NEW, created_us=(BORN - 999) * 1_000)
    assert state.see(other, EVENT, BORN) == []
    assert not state.status.is_placed
    assert state.see(own, EVENT, BORN) == []
    assert state.see(own, REPLY, BORN)
    assert state.see(other, EVENT, BORN) == []
    assert (state.order_id, state.status) == (7, HandleStatus.NEW)


def test_what_is_heard_before_anything_was_sent_is_not_of_this_order() -> None:
    state = TradeState(FIRST, fresh=True)
    assert state.see(Sighting(7, FIRST, status=HandleStatus.NEW), EVENT, BORN) == []


def test_two_different_ends_are_a_contradiction_and_the_first_is_kept() -> None:
    state = sent()
    state.see(Sighting(7, FIRST, status=HandleStatus.CANCELED), REPLY, BORN)
    events = state.see(Sighting(7, FIRST, status=HandleStatus.EXPIRED), EVENT, BORN)
    assert [event.kind for event in events] == [HandleEventKind.CONTRADICTED]
    assert status_of(state) is HandleStatus.CANCELED


def test_a_refusal_of_an_order_that_is_there_is_a_contradiction_and_the_order_stays() -> None:
    state = sent()
    state.see(Sighting(7, FIRST, status=HandleStatus.NEW), EVENT, BORN)
    events = state.refused(HandleStatus.REJECTED, REPLY, BORN)
    assert [event.kind for event in events] == [HandleEventKind.CONTRADICTED]
    assert status_of(state) is HandleStatus.NEW
    assert state.see(Sighting(7, FIRST, status=HandleStatus.FILLED), EVENT, BORN)


def test_a_quote_quantity_the_venue_does_not_know_gives_no_average_price() -> None:
    life = Life(5)
    shown = {**life._shown(), "executedQty": "5", "cummulativeQuoteQty": "-1", "status": "FILLED", "time": BORN,
             "updateTime": BORN, "isWorking": True}  # fmt: skip
    state = sent()
    told(state, OrderState.model_validate(shown), AUDIT)
    assert state.average_price is None
    assert not state.complete
    told(state, OrderState.model_validate({**shown, "cummulativeQuoteQty": "500"}), AUDIT)
    assert state.average_price == 100


def test_an_execution_report_of_a_rejection_tells_of_no_order() -> None:
    life = Life(5)
    assert read(life._report("REJECTED", X="REJECTED")) is None
    assert read(object()) is None
    assert read([]) is None


def test_trades_of_several_orders_are_refused() -> None:
    life = Life(5)
    life.place([2], "FULL")
    with pytest.raises(ProtocolViolation):
        read([life.trades[0], life.trades[0].model_copy(update={"order_id": 8})])


def test_trades_alone_show_how_much_was_executed() -> None:
    """`myTrades` can be ahead of every other view."""
    life = Life(5)
    life.fill(2)
    life.fill(1)
    state = sent()
    told(state, life.trades)
    assert (state.status, state.executed_quantity, state.complete) == (HandleStatus.PARTIALLY_FILLED, Decimal(3), True)
    assert state.average_price == life.quote / 3


def test_fills_by_smart_order_routing_are_told_apart_by_their_allocation() -> None:
    life = Life(5)
    state = sent()
    for number in (1, 2):
        told(state, life._report("TRADE", t=-1, a=number, l="1", L="100", z=str(number)))
    assert [fill.allocation_id for fill in state.fills] == [1, 2]
    assert state.complete


def test_a_fill_whose_commission_asset_was_not_told_is_completed_by_who_knows_it() -> None:
    life = Life(1)
    state = sent()
    told(state, life._report("TRADE", t=1000, l="1", L="100", z="1"))
    life.fill(1)
    told(state, life.trades)
    (fill,) = state.fills
    assert (fill.commission, fill.commission_asset) == (Decimal("0.001"), "BTC")


def test_a_lower_quantity_is_told_as_amended_and_a_higher_one_is_not() -> None:
    state = sent()
    state.see(Sighting(1, FIRST, quantity=Decimal(5)), REPLY, 1)
    (event,) = state.see(Sighting(1, FIRST, quantity=Decimal(3)), EVENT, 2)
    assert (event.kind, event.detail) == (HandleEventKind.AMENDED, "to 3")
    assert state.see(Sighting(1, FIRST, quantity=Decimal(4)), AUDIT, 3) == []
    assert state.quantity == Decimal(3)


def test_a_new_id_is_told_as_renamed_once() -> None:
    state = sent()
    state.see(Sighting(1, FIRST), REPLY, 1)
    renaming = Sighting(1, "second-id", renamed_from=FIRST, at_us=7)
    (event,) = state.see(renaming, EVENT, 2)
    assert (event.kind, event.detail) == (HandleEventKind.RENAMED, "to second-id")
    assert state.see(renaming, REPLY, 3) == []
    assert state.current_client_order_id == "second-id"


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_ids_in_one_microsecond_the_one_further_along_is_the_present_one(turned: bool) -> None:
    """The reply to the placing and the cancel that renames may bear the same time; the names alone do not tell."""
    placed = Sighting(1, "zzz", status=HandleStatus.NEW, at_us=9)
    cancelled = Sighting(1, "aaa", status=HandleStatus.CANCELED, at_us=9)
    state = sent()
    for sighting in (cancelled, placed) if turned else (placed, cancelled):
        state.see(sighting, EVENT, 1)
    assert state.current_client_order_id == "aaa"


def test_an_order_of_the_number_and_of_no_known_id_is_another_if_it_was_made_at_another_time() -> None:
    """The venue's numbers begin again when it is reset; times differ by less where one source tells milliseconds."""
    state = sent()
    state.see(Sighting(1, FIRST, created_us=BORN), REPLY, 1)
    edge = BORN + RENUMBERED_US
    assert not state.is_anew(Sighting(1, "another", created_us=edge))
    assert state.is_anew(Sighting(1, "another", created_us=edge + 1))
    assert not state.is_anew(Sighting(1, FIRST, created_us=edge + 1))
    back = BORN - RENUMBERED_US
    assert not state.is_anew(Sighting(1, "another", created_us=back))
    assert state.is_anew(Sighting(1, "another", created_us=back - 1)), "the venue's clock went back, too"
    assert not state.is_anew(Sighting(1, "another", renamed_from=FIRST, created_us=edge + 1))
    assert not state.is_anew(Sighting(2, "another", created_us=edge + 1))
    assert not state.is_about(Sighting(1, "another", created_us=edge + 1))


def test_an_order_is_from_before_a_moment_only_where_the_venue_told_when_it_was_made() -> None:
    state = sent()
    assert not state.is_before(BORN)
    state.see(Sighting(1, FIRST, created_us=BORN), REPLY, 1)
    assert not state.is_before(BORN + RENUMBERED_US)
    assert state.is_before(BORN + RENUMBERED_US + 1)


def test_the_list_of_an_order_is_known_where_it_is_told_and_stays_known() -> None:
    state = sent()
    state.see(Sighting(1, FIRST), REPLY, 1)
    assert state.order_list_id is None
    state.see(Sighting(1, FIRST, order_list_id=0), EVENT, 2)
    state.see(Sighting(1, FIRST), AUDIT, 3)
    assert state.order_list_id == 0


def test_the_quote_of_an_execution_is_taken_from_evidence_of_the_same_execution_and_kept() -> None:
    state = sent()
    state.see(Sighting(1, FIRST, executed=Decimal(2)), REPLY, 1)
    assert state.average_price is None
    state.see(Sighting(1, FIRST, executed=Decimal(1), quote=Decimal(100)), EVENT, 2)
    assert state.average_price is None
    state.see(Sighting(1, FIRST, executed=Decimal(2), quote=Decimal(220)), AUDIT, 3)
    state.see(Sighting(1, FIRST, executed=Decimal(2)), EVENT, 4)
    assert state.average_price == Decimal(110)
