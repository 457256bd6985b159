"""The life of an intent: which steps it takes, and which it refuses."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi.errors import UsageError, venue_error
from binance_wsapi.orders.fate.fence import Evidence, Outcome, Verdict
from binance_wsapi.orders.journal.intent import Intent, IntentState, Settlement, account_tag

S = IntentState

# Written out from the state machine of the design, not derived from the code.
STEPS = {
    ("CREATED", "RECORDED"), ("CREATED", "NOT_SENT"),
    ("RECORDED", "SENT"), ("RECORDED", "UNKNOWN"), ("RECORDED", "NOT_SENT"), ("RECORDED", "ACCEPTED"),
    ("RECORDED", "REJECTED"),
    ("SENT", "SENT"), ("SENT", "UNKNOWN"), ("SENT", "NOT_SENT"), ("SENT", "ACCEPTED"), ("SENT", "REJECTED"),
    ("SENT", "NOT_PLACED"),
    ("UNKNOWN", "ACCEPTED"), ("UNKNOWN", "REJECTED"), ("UNKNOWN", "NOT_PLACED"),
    ("NOT_PLACED", "ACCEPTED"),
}  # fmt: skip


def make(name: str = "bcdf", created_ms: int = 1_000, **more: Any) -> Intent:
    params = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": Decimal(1), "newClientOrderId": name}
    return Intent(name, "order.place", "BTCUSDT", (name,), params, created_ms, 5_000, "tag", name, **more)


@pytest.mark.parametrize(("before", "after"), list(product(S, S)), ids=str)
def test_an_intent_takes_the_steps_of_the_design_and_no_other(before: S, after: S) -> None:
    intent = make(state=before)
    if (before.value, after.value) in STEPS:
        intent.step(after)
        assert intent.state is after
    else:
        with pytest.raises(UsageError, match=f"{before.value} cannot become {after.value}"):
            intent.step(after)
        assert intent.state is before, "a refused step changes nothing"


def test_every_outcome_is_a_final_state_and_no_other_state_is() -> None:
    decided = [outcome for outcome in Outcome if outcome is not Outcome.UNDECIDED]  # which leaves an intent open
    finals = {Settlement(outcome, Evidence.LOCAL).state for outcome in decided}
    assert finals == {state for state in S if state.is_final}
    assert {state.value for state in finals} == {"ACCEPTED", "REJECTED", "NOT_PLACED", "NOT_SENT"}


def test_the_first_evidence_stays() -> None:
    intent = make(state=S.SENT)
    first = Settlement(Outcome.ACCEPTED, Evidence.EVENT, 10, order_id=7, status="NEW")
    assert intent.settle(first)
    assert not intent.settle(Settlement(Outcome.ACCEPTED, Evidence.REPLY, 20, order_id=7, status="FILLED"))
    assert intent.settlement is first


def test_what_was_called_not_placed_may_turn_up_and_the_truth_is_kept() -> None:
    intent = make(state=S.UNKNOWN)
    intent.settle(Settlement(Outcome.NOT_PLACED, Evidence.FENCE))
    seen = Settlement(Outcome.ACCEPTED, Evidence.EVENT, 99)
    assert intent.settle(seen)
    assert intent.settlement is seen
    assert intent.state is S.ACCEPTED


def test_a_verdict_is_never_turned_into_its_opposite() -> None:
    intent = make(state=S.SENT)
    intent.settle(Settlement(Outcome.ACCEPTED, Evidence.REPLY))
    for outcome in (Outcome.REJECTED, Outcome.NOT_PLACED, Outcome.NOT_SENT):
        with pytest.raises(UsageError):
            intent.settle(Settlement(outcome, Evidence.QUERY))
    assert intent.settlement == Settlement(Outcome.ACCEPTED, Evidence.REPLY)


def test_the_fence_counts_from_the_newest_frame() -> None:
    intent = make(state=S.RECORDED)
    assert intent.latest_timestamp_ms(77) == 77, "no frame is known of: any up to now is possible"
    intent.sent(1_000)
    intent.sent(4_000)  # signed anew after -1021
    assert intent.latest_timestamp_ms(77_000) == 4_000
    intent.sent(None)
    assert intent.timestamp_ms == 4_000


def test_of_a_process_that_died_any_later_frame_is_possible() -> None:
    intent = make(state=S.UNKNOWN, timestamp_ms=1_000, recovered=True)
    assert intent.latest_timestamp_ms(3_600_000) == 3_600_000


def test_a_doubt_twice_is_one_doubt() -> None:
    intent = make(state=S.SENT)
    intent.doubt()
    intent.doubt()
    assert intent.state is S.UNKNOWN


def test_a_settlement_keeps_the_numbers_of_a_verdict() -> None:
    order = SimpleNamespace(order_id=42, order_list_id=-1, status="FILLED")
    verdict = Verdict(Outcome.ACCEPTED, Evidence.QUERY, "bcdf", order, None, 123)
    assert Settlement.of(verdict) == Settlement(Outcome.ACCEPTED, Evidence.QUERY, 123, 42, "FILLED", None)


def test_a_settlement_of_a_list_an_event_a_replacement_and_an_amend_finds_the_order() -> None:
    for order, order_id, status in (
        (SimpleNamespace(order_list_id=9, list_order_status="EXECUTING"), 9, "EXECUTING"),
        (SimpleNamespace(order_id=3, order_status="NEW"), 3, "NEW"),
        (SimpleNamespace(new_order_response=SimpleNamespace(order_id=5, status="NEW")), 5, "NEW"),
        (SimpleNamespace(amended_order=SimpleNamespace(order_id=6, status="NEW")), 6, "NEW"),
        ([SimpleNamespace(order_id=1)], None, None),
        (None, None, None),
    ):
        kept = Settlement.of(Verdict(Outcome.ACCEPTED, Evidence.REPLY, "bcdf", order))
        assert (kept.order_id, kept.status) == (order_id, status)
        assert Settlement.told(Outcome.ACCEPTED, Evidence.REPLY, order, None, 0) == kept


def test_a_settlement_of_a_refusal_keeps_the_code_and_not_the_text() -> None:
    error = venue_error(400, -2010, "Account has insufficient balance")
    kept = Settlement.of(Verdict(Outcome.REJECTED, Evidence.REPLY, "bcdf", None, error, 5))
    assert kept == Settlement(Outcome.REJECTED, Evidence.REPLY, 5, None, None, -2010)


def test_the_tag_of_an_account_tells_keys_and_environments_apart_and_shows_neither() -> None:
    tags = {account_tag(where, key) for where in ("production", "testnet") for key in ("key-one", "key-two")}
    assert len(tags) == 4
    assert all("key" not in tag and "prod" not in tag for tag in tags)
    assert account_tag("ab", "c") != account_tag("a", "bc")


def test_the_text_of_an_intent_shows_no_parameters() -> None:
    assert repr(make("bcdf")) == "<Intent order.place bcdf CREATED>"
