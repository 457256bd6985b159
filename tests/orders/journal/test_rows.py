"""The text that a line's checksums are made of, written out by hand for speed, is what the simple version makes of the row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from binance_wsapi.models.enums import OrderStatus
from binance_wsapi.orders.fate.fence import Evidence, Outcome
from binance_wsapi.orders.journal.intent import Intent, IntentState, Settlement
from binance_wsapi.orders.journal.rows import _sum, insert, update

TEXT = st.text(max_size=8)
WHOLE = st.integers(min_value=-(2**53), max_value=2**53)
SETTLED = st.builds(
    Settlement,
    st.sampled_from(Outcome),
    st.sampled_from(Evidence),
    WHOLE,
    st.none() | WHOLE,
    st.none() | TEXT | st.sampled_from(OrderStatus) | st.just(OrderStatus("LATER")),
    st.none() | WHOLE,
)
INTENTS = st.builds(
    Intent,
    TEXT,
    TEXT,
    TEXT,
    st.lists(TEXT, max_size=3).map(tuple),
    st.dictionaries(TEXT, TEXT | WHOLE | st.booleans(), max_size=3),
    WHOLE,
    st.floats(min_value=0, max_value=1e6) | st.integers(min_value=0, max_value=60_000),
    TEXT,
    st.none() | TEXT,
    st.sampled_from(IntentState),
    st.none() | WHOLE,
    st.none() | SETTLED,
    line=st.integers(min_value=1, max_value=2**53),
    seen=st.none() | WHOLE,
    hidden=st.booleans(),
)


@given(INTENTS)
def test_both_checksums_of_a_new_line_are_those_of_its_row(intent: Intent) -> None:
    _, row = insert(intent)
    assert row[10] == _sum(row[:10])
    assert row[11] == _sum((row[0], "RECORDED", None, None, None, None, None, None))


@given(INTENTS)
def test_the_checksum_of_how_far_an_intent_got_is_that_of_its_part_of_the_row(intent: Intent) -> None:
    _, row = update(intent)
    assert row[7] == _sum((intent.line, *row[:7]))
    assert row[8:] == (intent.line, intent.intent_id)
