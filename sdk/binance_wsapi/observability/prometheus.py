"""A Prometheus exposition of `SpotClient.stats`. Needs the ``prometheus`` extra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from binance_wsapi.errors import UsageError, printable, shown
from binance_wsapi.wire.border import made_at_border

if TYPE_CHECKING:
    from collections.abc import Callable

    from binance_wsapi.link.timing import Histogram
    from binance_wsapi.observability.stats import ClientStats

__all__ = ["StatsCollector"]

PREFIX: Final = "binance_wsapi"
MOST_LETTERS: Final = 200
"""Characters of a label. More names nothing that a person reads, and every scrape would carry it."""
MOST_SERIES: Final = 2_000
"""Streams of a client that are told, those that are silent for longest; and limits, likewise."""


@made_at_border
class StatsCollector(Collector):
    """Tells Prometheus how clients are doing, whenever it asks::

        prometheus_client.REGISTRY.register(StatsCollector({"market-maker": client.stats}))
        prometheus_client.start_http_server(9100, addr="127.0.0.1")

    Nothing is counted twice and nothing runs between two scrapes. A client that is not started or closed tells nothing.
    Scrapes come in a thread of their own; `SpotClient.stats` and that of the blocking client may be called from there.

    Args:
        clients: what returns the `ClientStats` of each client, by the name that its ``client`` label has. Of each, the 2,000
            streams that are silent for longest are told.

    Raises:
        UsageError: it is no such dictionary, or a name is none that can stand in a label.
    """

    def __init__(self, clients: dict[str, Callable[[], ClientStats]]) -> None:
        given: Any = clients
        if not isinstance(given, Mapping):
            raise UsageError(f"clients must be a dictionary, got {type(given).__name__}; give {{'name': client.stats}}")
        for name, stats in given.items():
            if not callable(stats):
                wanted = "functions that return the figures, like client.stats without brackets"
                raise UsageError(f"clients must have {wanted}, got {type(stats).__name__}")
            if not isinstance(name, str) or not name.isprintable() or len(name) > MOST_LETTERS:
                wanted = f"names of at most {MOST_LETTERS} letters, none of them hidden"
                raise UsageError(f"clients must have {wanted}, got {shown(name)}")
        self._clients = dict(clients)

    def describe(self) -> Iterator[Metric]:
        """Return the metrics without their values; clients need not be started when they are registered."""
        yield from self._metrics({})

    def collect(self) -> Iterator[Metric]:
        """Return the metrics as they are now."""
        from binance_wsapi.errors import WsapiError

        found = {}
        for name, stats in self._clients.items():
            try:
                found[name] = stats()
            except WsapiError:
                continue  # not started, or closed
        yield from self._metrics(found)

    def _metrics(self, found: dict[str, ClientStats]) -> Iterator[Metric]:
        for name, text in (
            ("queue_to_wire", "Seconds from a call to its frame."),
            ("wire_to_reply", "Seconds from a frame to its reply."),
        ):
            family = HistogramMetricFamily(f"{PREFIX}_{name}_seconds", text, labels=["client"])
            for client, stats in found.items():
                histogram: Histogram = getattr(stats, name)
                buckets = [(repr(upper), float(below)) for upper, below in histogram.buckets]
                family.add_metric([client], [*buckets, ("+Inf", float(histogram.count))], histogram.total)
            yield family
        for name, text in _GAUGES:
            gauge = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=["client"])
            for client, stats in found.items():
                value = getattr(stats, name.removesuffix("_seconds"))
                if value is not None:
                    gauge.add_metric([client], float(value))
            yield gauge
        for name, text in _COUNTERS:
            counter = CounterMetricFamily(f"{PREFIX}_{name}", text, labels=["client"])
            for client, stats in found.items():
                counter.add_metric([client], float(getattr(stats, name)))
            yield counter
        budget = GaugeMetricFamily(
            f"{PREFIX}_budget_left", "What is left of a limit in its window.", labels=["client", "limit"]
        )
        ages = GaugeMetricFamily(
            f"{PREFIX}_stream_age_seconds",
            "Seconds since the last event of a market stream.",
            labels=["client", "stream"],
        )
        for client, stats in found.items():
            for limit, left in _labelled({name: float(left) for name, left in stats.budget_left.items()}):
                budget.add_metric([client, limit], left)
            for stream, age in _labelled({name: age for name, age in stats.stream_ages.items() if age is not None}):
                ages.add_metric([client, stream], age)
        yield budget
        yield ages


def _labelled(values: dict[str, float]) -> list[tuple[str, float]]:
    """Return values by labels that every scraper reads: each label once, short and without hidden characters."""
    largest = sorted(values.items(), key=lambda item: -item[1])[:MOST_SERIES]
    labels = {printable(name[:MOST_LETTERS]): value for name, value in reversed(largest)}
    return list(labels.items())


_GAUGES: Final = (
    ("clock_offset_ms", "Milliseconds by which the venue's clock is ahead of this machine's."),
    ("clock_error_ms", "Milliseconds by which the estimate of the venue's clock may be wrong."),
    ("connections", "Connections that take calls."),
    ("pending", "Requests that wait for their reply."),
    ("doubts", "Requests whose fate is not known."),
    ("handles", "Orders that live handles follow."),
    ("message_age_seconds", "Seconds since the last message of the API."),
    ("user_data_age_seconds", "Seconds since the last event of user data."),
)
_COUNTERS: Final = (
    ("opened", "Connections that became ready."),
    ("reconnects", "Connections that became ready after a loss."),
    ("rotations", "Connections that were replaced without a gap."),
)
