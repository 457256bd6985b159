"""When an order is asked about, by the numbers."""

from __future__ import annotations

from binance_wsapi.orders.trade.schedule import FIRST_PAUSE_S, LONGEST_PAUSE_S, SILENCE_S, TradeWatch

LAG = 6.0


def test_an_order_is_asked_about_after_a_minute_of_silence() -> None:
    watch = TradeWatch(100.0, LAG)
    assert watch.next_question(100.0, complete=True) == 100.0 + SILENCE_S
    watch.heard = 130.0
    assert watch.next_question(140.0, complete=True) == 130.0 + SILENCE_S
    watch.answered(190.0, news=False)
    assert watch.next_question(191.0, complete=True) == 190.0 + SILENCE_S


def test_an_interruption_is_asked_about_at_once_and_when_views_must_show_it() -> None:
    watch = TradeWatch(100.0, LAG)
    watch.interrupted(110.0)
    assert watch.next_question(110.0, complete=True) == 110.0
    watch.answered(110.1, news=False)
    assert watch.next_question(110.2, complete=True) == 110.0 + LAG
    watch.answered(110.0 + LAG, news=False)
    assert watch.next_question(117.0, complete=True) == 110.0 + LAG + SILENCE_S


def test_an_answer_with_news_counts_as_an_interruption() -> None:
    watch = TradeWatch(100.0, LAG)
    watch.answered(160.0, news=True)
    assert watch.next_question(161.0, complete=True) == 160.0 + LAG


def test_missing_fills_are_asked_for_in_quick_succession_with_growing_pauses() -> None:
    watch = TradeWatch(100.0, LAG)
    pauses = []
    now = 100.0
    for _ in range(8):
        due = watch.next_question(now, complete=False)
        pauses.append(round(due - now, 6))
        now = due
        watch.answered(now, news=False)
    assert pauses == [FIRST_PAUSE_S, 0.2, 0.4, 0.8, 1.6, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    watch.incomplete()
    assert watch.next_question(now, complete=False) == now + FIRST_PAUSE_S


def test_pressing_ends_when_the_views_must_have_it() -> None:
    watch = TradeWatch(100.0, LAG)
    watch.press(100.0)
    assert watch.next_question(100.0, complete=True) == 100.0 + FIRST_PAUSE_S
    assert watch.next_question(100.0 + LAG, complete=True) == 100.0 + SILENCE_S


def test_questions_that_are_not_answered_are_asked_again_for_ever_and_never_faster_than_the_longest_pause() -> None:
    watch = TradeWatch(0.0, LAG)
    watch.interrupted(0.0)
    now = 0.0
    for _ in range(5_000):
        watch.failed(now)
        due = watch.next_question(now, complete=False)
        assert now < due <= now + LONGEST_PAUSE_S
        now = due
    watch.answered(now, news=False)
    assert watch.next_question(now, complete=True) == now + SILENCE_S
