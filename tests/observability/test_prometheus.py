"""What Prometheus scrapes is what the client tells, in the format of the real library."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from binance_wsapi import SpotClient
from binance_wsapi.observability import StatsCollector
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
