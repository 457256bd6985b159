"""Lives of market streams and books with faults, each judged by what the exchange knows."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from binance_wsapi.streams import overlap, route
from binance_wsapi.streams.book_state import BookState
from binance_wsapi.streams.names import StreamType
from binance_wsapi.streams.overlap import Overlap
from binance_wsapi.streams.route import Route
from tests.counts import numbers, share
from tests.streams.lives import FAULTS, GENTLE, live

SEEDS = numbers(10, 60)
PART = 10
"""Lives of one test: the parts share the cores."""


@pytest.mark.lives
@pytest.mark.timeout(600)
@pytest.mark.parametrize("start", SEEDS[::PART])
def test_nothing_is_lost_in_silence_and_every_book_comes_back(start: int, no_log: None) -> None:
    faults: Counter[str] = Counter()
    broken: list[str] = []
    events = gaps = rotations = resyncs = 0
    for seed in range(start, start + PART):
        report = live(seed)
        faults += report.faults
        events += report.events
        gaps += report.gaps
        rotations += report.rotations
        resyncs += report.resyncs
        broken += [f"seed {report.seed} {dict(report.faults)}: {each}" for each in report.violations]
    assert not broken, "\n".join(broken[:20])
    # The lives are full enough to prove something.
    assert len(faults) > len(FAULTS) * 0.8
    assert events > 500 * PART
    assert min(gaps, rotations, resyncs) > PART // 4


@pytest.mark.lives
@pytest.mark.parametrize("name", share(sorted(FAULTS), 2))
def test_each_fault_alone(name: str, no_log: None) -> None:
    report = live(7, [name])
    assert not report.violations
    assert not (name in GENTLE and report.gaps)


@pytest.mark.parametrize(
    "bug", ["gaps are not told", "a book believes what follows a hole", "overlaps are not removed"]
)
def test_the_lives_notice_a_planted_bug(bug: str, monkeypatch: pytest.MonkeyPatch, no_log: None) -> None:
    if bug == "gaps are not told":
        monkeypatch.setattr(Route, "_back", lambda brought, _now: brought.live.set())
        fault = "A8 reset"
    elif bug == "a book believes what follows a hole":
        whole = BookState.feed

        def feed(state: BookState, event: Any) -> Any:
            event.first_update_id = min(event.first_update_id, state.update_id + 1)
            return whole(state, event)

        monkeypatch.setattr(BookState, "feed", feed)
        fault = "C lost frames"
    else:

        class Everything(overlap._ByContent):
            def old(self, frame: bytes) -> list[bytes]:
                return [frame]

            def new(self, frame: bytes) -> list[bytes]:
                return [frame]

        def make(*_: Any, **__: Any) -> Overlap:
            return Everything(StreamType.OTHER, None, frozenset())

        monkeypatch.setattr(route, "make_overlap", make)
        fault = "B6 rotation"
    assert any(live(seed, [fault, fault]).violations for seed in range(4))
