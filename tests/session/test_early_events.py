"""Events that overtake the reply that names their subscription are delivered once, in order, and bounded."""

from __future__ import annotations

from binance_wsapi.session.early_events import EVENTS_KEPT, EarlyEvents


def test_what_came_early_comes_once_in_order_and_of_its_subscription_only() -> None:
    events = EarlyEvents()
    for number, event in [(1, b"a"), (2, b"b"), (1, b"c")]:
        events.keep(number, event)
    assert events.known == set()
    assert events.adopt(1) == [b"a", b"c"]
    assert events.known == {1}
    assert events.adopt(1) == []
    assert events.adopt(2) == [b"b"]


def test_of_what_no_reply_ever_names_the_newest_are_kept() -> None:
    events = EarlyEvents()
    for each in range(EVENTS_KEPT + 2):
        events.keep(7, b"%d" % each)
    assert events.adopt(7) == [b"%d" % each for each in range(2, EVENTS_KEPT + 2)]
