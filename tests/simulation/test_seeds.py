"""Lives with faults, each judged by the exchange's truth; and the same seed is the same life elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.record.truth import Truth
from tests.counts import REST, share
from tests.simulation.__main__ import whole
from tests.simulation.judge import Said, called_duplicates, judge_orders
from tests.simulation.mischief import FAULTS, REVOKED, UNREACHED
from tests.simulation.world import PAIRS, live

SEEDS = 2_000
ROOT = Path(__file__).parents[2]


PARTS = 21 if REST else 1
"""The lives are told apart by their number modulo this: the parts share the cores, and each meets nearly every fault."""
LIVES = share(range(SEEDS), 32)


@pytest.mark.lives
@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_invariant_breaks_in_many_lives(part: int, no_log: None) -> None:
    faults: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    broken: list[str] = []
    seeds = LIVES[part::PARTS]
    for seed in seeds:
        report = whole(seed)
        faults += report.faults
        outcomes += report.outcomes
        broken += [f"python -m tests.simulation 1 {report.seed}: {each}" for each in report.violations]
    assert not broken, "\n".join(broken[:20])
    # The lives are full enough to prove something: every kind of fate was met, and often.
    assert len(faults) > len(FAULTS) * 0.9
    assert min(outcomes[each] for each in ("accepted", "not placed", "not sent", "refused", "gone")) > len(seeds) / 100


def test_the_seeds_go_through_every_pair_of_faults() -> None:
    assert len(PAIRS) < SEEDS
    drawn = Counter(name for seed in range(SEEDS) for name in PAIRS[seed % len(PAIRS)])
    assert min(drawn[name] for name in FAULTS) > SEEDS / 50


def rows(name: str) -> set[str]:
    """Return the rows of the fault list that a name begins with: "C1-C3, C5 nonsense" are four."""
    found: set[str] = set()
    for letter, first, last in re.findall(r"\b([A-E])(\d+)(?:-[A-E](\d+))?", name):
        found.update(f"{letter}{number}" for number in range(int(first), int(last or first) + 1))
    return found


def test_every_row_of_the_fault_list_is_in_the_lives_or_somewhere_that_is_named() -> None:
    listed = {
        f"{letter}{n}" for letter, most in zip("ABCDE", (16, 9, 12, 17, 8), strict=True) for n in range(1, most + 1)
    }
    lived = set().union(*map(rows, FAULTS | REVOKED))
    elsewhere = set().union(*map(rows, UNREACHED))
    assert len(listed) == 62
    assert lived | elsewhere == listed
    assert not lived & elsewhere
    for row, where in UNREACHED.items():
        path = re.search(r"tests/[\w/]+\.py", where)
        assert path, row
        assert (ROOT / path[0]).exists(), where


@pytest.mark.lives
@pytest.mark.parametrize("name", sorted(FAULTS | REVOKED))
def test_each_fault_alone_and_twice(name: str, no_log: None) -> None:
    for seed, times in ((0, 1), (1, 1), (1, 2), (2, 1), (2, 2)) if REST else ((0, 2),):
        assert not live(seed, [name] * times).violations


def test_an_order_is_undecided_only_where_a_cancel_of_everything_may_have_renamed_it(no_log: None) -> None:
    lives = (live(seed) for seed in range(300_010, 300_300))
    life = next(each for each in lives if each.outcomes["undecided"])  # one of thirty
    assert not life.violations
    found: list[str] = []
    truth = LocalExchange().truth
    for swept in (True, False):
        judge_orders(truth, [Said("order.place", ("bcdf",), "undecided")], "at the end", lambda rule, _: found.append(rule),
                     swept=swept)  # fmt: skip
        assert found == ([] if swept else ["I3"])


@pytest.mark.parametrize("reply", ['{"id":"r1","error":%s}', '[{"id":"r1","error":%s}]', '{"id":"r1","error":%s,"x"'])
def test_what_was_called_a_duplicate_is_known_from_a_damaged_frame_too(reply: str) -> None:
    said = '{"msg":"Duplicate order sent."}'
    request = '{"id":"r1","method":"order.place","params":{"newClientOrderId":"bcdf"}}'
    frames = [SimpleNamespace(direction=way, data=data) for way, data in (("in", request), ("out", reply % said))]
    assert called_duplicates(cast("Truth", SimpleNamespace(frames=frames))) == {"bcdf"}


def test_the_same_seed_is_the_same_life_in_another_process() -> None:
    program = "from tests.simulation.world import live; print(live(11).trace)"
    there = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == live(11).trace
    assert live(11).trace != live(12).trace
