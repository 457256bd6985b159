"""What Prometheus scrapes is what the client tells, in the format of the real library."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from binance_wsapi import SpotClient, UsageError
from binance_wsapi.limits.events import LimitState
from binance_wsapi.link.timing import BUCKETS, Histogram
from binance_wsapi.observability import ClientStats, StatsCollector
from binance_wsapi.simulator import LocalExchange
from tests.orders.trade.handles import play
from tests.simulation.house import KEY, SYMBOL, environment, runtime
from tests.simulation.loop import VirtualLoop


def scraped(registry: CollectorRegistry) -> dict[tuple[Any, ...], float]:
    """Return every sample as Prometheus reads it."""
    text = generate_latest(registry).decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_scrape_tells_what_stats_tells() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        registry = CollectorRegistry()
        registry.register(StatsCollector({"maker": client.stats}))
        for _ in range(5):
            await client.ping()
        async with client.market_streams() as streams, streams.trade(SYMBOL):
            await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
            stats = client.stats()
            found = scraped(registry)
        maker = ("client", "maker")
        assert found["binance_wsapi_wire_to_reply_seconds_count", maker] == stats.wire_to_reply.count
        assert found["binance_wsapi_wire_to_reply_seconds_bucket", maker, ("le", "+Inf")] == stats.wire_to_reply.count
        assert found["binance_wsapi_wire_to_reply_seconds_sum", maker] == pytest.approx(stats.wire_to_reply.total)
        assert found["binance_wsapi_connections", maker] == 1
        assert found["binance_wsapi_opened_total", maker] == 1
        assert found["binance_wsapi_doubts", maker] == 0
        left = found["binance_wsapi_budget_left", maker, ("limit", "REQUEST_WEIGHT/1MINUTE")]
        assert left == stats.budget_left["REQUEST_WEIGHT/1MINUTE"]
        assert not any(KEY.api_key in str(name) for name in found)

    play(test)


def test_a_client_that_is_not_started_tells_nothing_and_disturbs_no_other() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        other = SpotClient(environment(exchange), KEY, runtime=runtime(loop))
        registry = CollectorRegistry()
        registry.register(StatsCollector({"started": client.stats, "other": other.stats}))
        assert {label for name in scraped(registry) for label in name[1:] if label[0] == "client"} == {
            ("client", "started")
        }

    play(test)


NOTHING = Histogram((0,) * BUCKETS, 0.0)
QUIET = ClientStats(
    NOTHING, NOTHING, clock_offset_ms=0.0, clock_error_ms=0.0, limits=(), connections=1, opened=1, reconnects=0, rotations=0,
    pending=0, doubts=0, handles=0, message_age=None, user_data_age=None, stream_ages={}, oddities={},
)  # fmt: skip
HOSTILE = ['a"} 1\nforged_total 5', "a\\", "\x1b[2J\r\u2028\u202e", "\ud800", "x" * 100_000, "", "{}", "# HELP x"]


def page_of(stats: ClientStats, name: str = "maker") -> tuple[str, list[Any]]:
    registry = CollectorRegistry()
    registry.register(StatsCollector({name: lambda: stats}))
    text = generate_latest(registry).decode()
    return text, [sample for family in text_string_to_metric_families(text) for sample in family.samples]


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_a_label_of_a_stranger_forges_no_line_and_is_short(label: str) -> None:
    limit, usual = (LimitState(each, "MINUTE", 1, 6_000, 5, 0, 0) for each in (label, "x"))
    plain, before = page_of(replace(QUIET, stream_ages={"x": 1.0}, limits=(usual,)))
    text, samples = page_of(replace(QUIET, stream_ages={label: 1.0}, limits=(limit,)))
    assert [sample.name for sample in samples] == [sample.name for sample in before]
    assert len(text) < len(plain) + 2_000
    assert len(text.splitlines()) == len(plain.splitlines())


def test_labels_that_look_alike_are_one_series_with_the_greater_value() -> None:
    _, samples = page_of(replace(QUIET, stream_ages={"a\x00": 1.0, "a\x01": 3.0, "a\x02": 2.0}))
    assert [sample.value for sample in samples if "stream_age" in sample.name] == [3.0]


def test_of_very_many_streams_those_that_are_silent_for_longest_are_told() -> None:
    text, samples = page_of(replace(QUIET, stream_ages={f"s{n}@trade": float(n) for n in range(50_000)}))
    told = [sample.value for sample in samples if "stream_age" in sample.name]
    assert (len(told), min(told), max(told)) == (2_000, 48_000.0, 49_999.0)
    assert len(text) < 200_000


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0, 1e308])
def test_a_figure_that_is_no_number_is_a_sample_of_it(value: float) -> None:
    stats = replace(QUIET, clock_offset_ms=value, clock_error_ms=value, message_age=value, stream_ages={"x": value})
    found = {sample.name.removeprefix("binance_wsapi_"): sample.value for sample in page_of(stats)[1]}
    for name in ("clock_offset_ms", "clock_error_ms", "message_age_seconds", "stream_age_seconds"):
        assert found[name] == value or math.isnan(found[name]) is math.isnan(value)


IDLE = SpotClient.local(None, url="ws://127.0.0.1:1/ws-api/v3")


@pytest.mark.parametrize("clients", [IDLE, [1], "market-maker", None, QUIET, lambda: QUIET])
def test_what_is_no_dictionary_of_clients_is_refused_with_what_to_give(clients: Any) -> None:
    with pytest.raises(UsageError, match=r"^clients must be a dictionary, got \w+; give \{'name': client\.stats\}$"):
        StatsCollector(clients)


@pytest.mark.parametrize("stats", [QUIET, IDLE, None])
def test_what_returns_no_figures_is_refused_with_what_to_give(stats: Any) -> None:
    with pytest.raises(UsageError, match=r"^clients must have functions .* client\.stats without brackets, got \w+$"):
        StatsCollector({"market-maker": stats})


@pytest.mark.parametrize("name", [5, "a\nb", "\ud800", "x" * 201, None])
def test_a_client_whose_name_can_be_no_label_is_refused_at_once(name: Any) -> None:
    with pytest.raises(UsageError, match=r"^clients must have names of at most 200 letters, none of them hidden, got "):
        StatsCollector({name: lambda: QUIET})
