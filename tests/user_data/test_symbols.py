"""On which symbols something may happen, and which are asked about."""

from __future__ import annotations

from binance_wsapi.user_data.symbols import UNDER_WAY, Symbols

LAG = 6.0
ONE = "BTCUSDT"


def test_a_symbol_that_was_heard_of_is_busy_until_a_look_must_show_all_of_it() -> None:
    symbols = Symbols(LAG)
    symbols.heard(ONE, 10.0)
    assert (symbols.known, list(symbols.busy)) == ({ONE}, [ONE])
    symbols.looked([ONE], set(), 10.0 + LAG - 0.001)
    assert list(symbols.busy) == [ONE]
    symbols.looked([ONE], {ONE}, 10.0 + LAG)
    assert list(symbols.busy) == [ONE], "there is more than the look took in"
    symbols.looked(["ETHUSDT"], set(), 10.0 + LAG)
    assert list(symbols.busy) == [ONE]
    symbols.looked([ONE], set(), 10.0 + LAG)
    assert list(symbols.busy) == []
    assert symbols.known == {ONE}


def test_a_symbol_that_a_call_touched_is_busy_as_long_as_the_call_may_be_executed() -> None:
    symbols = Symbols(LAG)
    symbols.touch(ONE, 10.0)
    symbols.looked([ONE], set(), 10.0 + UNDER_WAY + LAG - 0.001)
    assert list(symbols.busy) == [ONE]
    symbols.looked([ONE], set(), 10.0 + UNDER_WAY + LAG)
    assert list(symbols.busy) == []
    symbols.touch(ONE, 10.0)
    assert list(symbols.busy) == [], "a look that was later than that shows it"
    symbols.touch(ONE, 10.001)
    assert list(symbols.busy) == [ONE]


def test_touching_makes_no_symbol_less_busy() -> None:
    symbols = Symbols(LAG)
    symbols.heard(ONE, 500.0)
    symbols.touch(ONE, 10.0)
    symbols.looked([ONE], set(), 499.0)
    assert list(symbols.busy) == [ONE]


def test_an_order_that_only_a_view_shows_makes_its_symbol_busy() -> None:
    symbols = Symbols(LAG)
    symbols.seen(ONE, 10.0)
    assert list(symbols.busy) == [ONE]


def test_what_the_venue_does_not_list_is_neither_known_nor_busy_until_it_is_touched_later() -> None:
    symbols = Symbols(LAG)
    symbols.touch(ONE, 10.0)
    assert symbols.unlist(ONE, 20.0), "only a call named it"
    assert (symbols.known, list(symbols.busy), list(symbols.unlisted)) == (set(), [], [ONE])
    symbols.touch(ONE, 20.0)
    assert list(symbols.busy) == [], "the refusal came after that call"
    symbols.touch(ONE, 20.001)
    assert (symbols.known, list(symbols.busy), list(symbols.unlisted)) == ({ONE}, [ONE], [])


def test_a_symbol_of_which_something_was_heard_or_known_was_no_guess() -> None:
    symbols = Symbols(LAG)
    symbols.touch(ONE, 10.0)
    symbols.heard(ONE, 11.0)
    assert not symbols.unlist(ONE, 20.0)
    symbols = Symbols(LAG)
    symbols.name([ONE])
    symbols.touch(ONE, 10.0)
    assert not symbols.unlist(ONE, 20.0)
    assert not symbols.unlist(ONE, 21.0)


def test_an_event_of_a_symbol_ends_that_it_is_not_listed() -> None:
    symbols = Symbols(LAG)
    symbols.unlist(ONE, 20.0)
    symbols.heard(ONE, 21.0)
    assert (symbols.known, list(symbols.unlisted)) == ({ONE}, [])


def test_naming_symbols_tells_whether_any_of_them_is_new() -> None:
    symbols = Symbols(LAG)
    symbols.unlist(ONE, 20.0)
    assert symbols.name([ONE, "ETHUSDT"])
    assert (symbols.known, list(symbols.unlisted)) == ({ONE, "ETHUSDT"}, [])
    assert not symbols.name([ONE])
    assert symbols.name([ONE, "XRPUSDT"])


def test_a_guess_that_was_refused_is_none_once_a_caller_names_the_symbol() -> None:
    symbols = Symbols(LAG)
    symbols.touch(ONE, 10.0)
    assert symbols.unlist(ONE, 20.0)
    symbols.name([ONE])
    assert not symbols.unlist(ONE, 30.0), "the caller is told that it is not listed"
