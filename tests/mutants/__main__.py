"""``python -m tests.mutants``: change one line at a time where a wrong line loses money; the tests of its area must fail.

Theory of operation. `operators` makes the mutants of the files of `areas`, `runner` runs the tests that execute the changed
line. A mutant that no test notices *survives*. `survivors.txt` lists the survivors that were reviewed, each with the reason;
a survivor that is not in it fails the run. Words after the command choose files by their paths; ``ONE_OF=N`` takes about one
mutant of N, and at least one of each file; ``PROCESSES=N`` runs N at once instead of one for each core; ``LIST=1`` only counts
them. Whether a mutant is taken depends on ``SEED`` and its own key: a line changed elsewhere takes no other mutants.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.mutants.areas import PACKAGE, files
from tests.mutants.operators import Mutant, mutants
from tests.mutants.runner import Runner

REVIEWED = Path(__file__).with_name("survivors.txt")
EQUIVALENT = "equivalent"
"""What the reason begins with where no test can tell a mutant from the source."""


def reviewed() -> dict[str, str]:
    """Return the survivors that were reviewed, with their reasons."""
    known = {}
    for line in REVIEWED.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            key, _, reason = line.rpartition("  # ")
            known[key] = reason
    return known


def drawn(mutant: Mutant, seed: int) -> int:
    """Return the number that a seed gives a mutant, from its key alone."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {mutant.key}".encode(), digest_size=8).digest())


def choose(whole: dict[str, list[Mutant]], one_of: int, seed: int) -> list[Mutant]:
    """Return the mutants whose number is a multiple of `one_of`, and the first by number of a file that has none."""
    chosen = []
    for every in whole.values():
        ours = [mutant for mutant in every if drawn(mutant, seed) % one_of == 0]
        chosen += ours or [min(every, key=lambda mutant: drawn(mutant, seed))]
    return chosen


class Score:
    """Counts what became of the mutants, by file."""

    def __init__(self) -> None:
        self.known = reviewed()
        self.count: dict[str, Counter[str]] = {}
        self.new: list[str] = []

    def tell(self, mutant: Mutant, noticed: bool | None) -> None:
        """Count a mutant; print a mutant that survives and was not reviewed."""
        count = self.count.setdefault(mutant.file, Counter())
        count["all"] += 1
        reason = self.known.get(mutant.key)
        count["equivalent"] += reason is not None and reason.startswith(EQUIVALENT)
        if noticed:
            count["killed"] += 1
            if reason is not None:
                print(f"KILLED, though reviewed as a survivor: {mutant.key}", flush=True)
        elif reason is not None:
            count["reviewed"] += 1
        else:
            self.new.append(mutant.key)
            print(f"{'NOT REACHED' if noticed is None else 'SURVIVED'} {mutant.key}", flush=True)

    def lines(self) -> Iterable[str]:
        """Return the table of the score: each file, then all."""
        whole: Counter[str] = Counter()
        for name, count in sorted(self.count.items()):
            whole += count
            yield self._line(name, count)
        yield self._line("all", whole)

    @staticmethod
    def _line(name: str, count: Counter[str]) -> str:
        counted = count["all"] - count["equivalent"]
        new = count["all"] - count["killed"] - count["reviewed"]
        score = 100 * min(count["killed"], counted) / counted if counted else 100.0
        return (
            f"{name:32} {count['all']:5} mutants {count['killed']:5} killed {count['reviewed']:4} reviewed "
            f"({count['equivalent']} equivalent) {new:4} new {score:6.1f} %"
        )


def main(words: Sequence[str]) -> int:
    """Run the mutants; return 1 when a mutant survives unreviewed, or the list names a mutant that is not made."""
    where = files()
    for word in words:
        if not any(word in name for name in where):
            raise SystemExit(f"no file of AREAS (tests/mutants/areas.py) has {word!r} in its path: add its area there")
    chosen = [name for name in where if not words or any(word in name for word in words)]
    whole = {name: list(mutants(name, (PACKAGE / name).read_bytes())) for name in chosen}
    whole = {name: every for name, every in whole.items() if every}
    sample = choose(whole, int(os.environ.get("ONE_OF") or 1), int(os.environ.get("SEED") or 1))
    print(f"{len(sample)} of {sum(map(len, whole.values()))} mutants of {len(whole)} files", flush=True)
    if os.environ.get("LIST"):
        return 0
    score = Score()
    keys = {mutant.key for every in whole.values() for mutant in every}
    gone = [key for key in score.known if key.partition(" | ")[0] in chosen and key not in keys]
    for key in gone:
        print(f"NO SUCH MUTANT, take it out of the list: {key}")
    began = time.monotonic()
    runner = Runner(sample, where, int(os.environ.get("PROCESSES") or os.cpu_count() or 1), score.tell)
    runner.run()
    for test in runner.wrong:
        print(f"FAILS WITHOUT ANY CHANGE {test}")
    done = sum(count["all"] for count in score.count.values())
    print(*score.lines(), f"{time.monotonic() - began:.0f} s", sep="\n")
    return 1 if score.new or gone or runner.wrong or done < len(sample) else 0


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        sys.exit(main(sys.argv[1:]))
