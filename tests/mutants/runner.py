"""Run, for each mutant, the tests that execute its lines, each time in a fork of this process.

Theory of operation. Pytest imports the library and collects the tests once. Forks then run all tests with `Probes`, which
tell the statements each of them executes, and how long it takes. After that each mutant has a fork of its own: its functions
are swapped there, and the tests that execute its lines run until the first failure: those that noticed a mutant of the same
function, then the file's own tests, the fast ones before the slow, and no more than `MOST_S` of them. So a mutant costs its
tests and a few milliseconds. A change of what runs while the module is imported (a constant, a table) cannot be swapped
afterwards: its tests run in a process that imports the changed text. Where no function of the file has a statement, they are
the file's own.

A test that does not end is ended after several times what it took, and counts as failed. A test that fails without any change
notices no mutant: it is left out, and told.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from tests.mutants import planted, quick
from tests.mutants.areas import LEFT_OUT, PACKAGE, ROOT, Tests
from tests.mutants.operators import Mutant
from tests.mutants.probes import Probes
from tests.mutants.swap import CannotSwap, swap
from tests.mutants.trace import Line, traced

__all__ = ["Runner"]

FAILED, IMPORT_ANEW, BROKEN = 1, 90, 91
"""What a fork ends with, besides 0: a test failed; the change needs a new import; the runner itself failed."""
NO_TESTS = {4, 5}
"""What pytest ends with where it was called wrongly, or found no test."""
MEMORY = 6 << 30
"""Bytes of addresses a mutant may take."""
MOST_S = 30
"""Seconds the tests of a mutant may take without the change; where they take longer, the slowest are left out."""
SLOWER = 10
"""How many times as long as without the change, and some seconds, a test may take."""
KILLER = "killer"
"""The file in the folder of a mutant with the number of the test that noticed it."""


@dataclass
class _Known:
    """What the run with `Probes` tells."""

    seconds: dict[int, float] = field(default_factory=dict)
    """How long each test takes of a core, by its number: other work on the machine counts for nothing."""
    waits: dict[int, float] = field(default_factory=dict)
    """How long each test takes from its beginning to its end."""
    tests: dict[Line, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The tests that execute a line."""
    failed: set[int] = field(default_factory=set)
    """The tests that fail without any change."""
    noticed: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The tests that noticed a mutant, by the function it stands in."""


@dataclass
class _Job:
    mutant: Mutant
    tests: list[int]
    anew: bool
    ends: float = 0
    folder: str = ""


class Runner:
    """A plugin of pytest that runs mutants instead of the tests.

    Args:
        mutants: the changes.
        tests: where the tests of each file are.
        processes: how many forks run at once.
        tell: called with each mutant, and whether it was noticed, or None where no test executes its lines.
    """

    def __init__(
        self,
        mutants: Sequence[Mutant],
        tests: dict[str, Tests],
        processes: int,
        tell: Callable[[Mutant, bool | None], None],
    ) -> None:
        self._mutants = mutants
        self._tests = tests
        self._processes = processes
        self._tell = tell
        self._text = {str(PACKAGE / name): (PACKAGE / name).read_bytes() for name in {each.file for each in mutants}}
        self._following = traced(self._text)
        self._imported: set[Line] = set()
        self._items: list[pytest.Item] = []
        self.wrong: list[str] = []
        """Tests that fail without any change."""

    def run(self) -> int:
        """Collect the tests and run the mutants; return what pytest ends with."""
        paths = sorted({test for each in self._mutants for test in self._tests[each.file].area})
        self._imported = self._following.__enter__()
        command = [*quick.OPTIONS, "--rootdir", str(ROOT), *(f"--ignore={ROOT / each}" for each in LEFT_OUT)]
        return pytest.main([*command, *(str(ROOT / each) for each in paths)], plugins=[self])

    def pytest_configure(self) -> None:
        quick.settings()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._following.__exit__(None, None, None)
        self._items = session.items
        if session.testsfailed:
            self.wrong = ["the tests cannot be collected"]
            return True
        known = self._measure(session)
        self.wrong = [session.items[test].nodeid for test in sorted(known.failed)]
        self._run(session, known)
        return True

    def _measure(self, session: pytest.Session) -> _Known:
        """Run every test once and learn what it executes."""
        known = _Known()
        gc.collect()  # once here: what is frozen below, no fork looks at
        for path in self._text:
            importlib.import_module(".".join(Path(path).relative_to(PACKAGE.parent).with_suffix("").parts))
        with tempfile.TemporaryDirectory() as folder:
            forks = [_fork(partial(self._trace, session, number, Path(folder))) for number in range(self._processes)]
            for fork in forks:
                os.waitpid(fork, 0)
            for number in range(self._processes):
                for test, seconds, waits, failed, lines in pickle.loads((Path(folder) / str(number)).read_bytes()):
                    known.seconds[test], known.waits[test] = seconds, waits
                    if failed:
                        known.failed.add(test)
                        continue
                    for line in lines:
                        known.tests[line].add(test)
        return known

    def _trace(self, session: pytest.Session, number: int, folder: Path) -> int:
        """Run each n-th test, and write down which lines it executes."""
        found = []
        _apart(str(folder / f"work-{number}"))
        mine = range(number, len(session.items), self._processes)
        probes = Probes(self._text)
        gc.freeze()
        for test, following in _with_following(mine):
            began, spent, failed = time.monotonic(), _spent(), session.testsfailed
            _run_test(session, test, following)
            waits = time.monotonic() - began
            found.append((test, _spent() - spent, waits, session.testsfailed > failed, probes.take()))
        (folder / str(number)).write_bytes(pickle.dumps(found))
        return 0

    def _job(self, mutant: Mutant, known: _Known) -> _Job:
        """Choose the tests of a mutant, the nearest and fastest first."""
        path = str(PACKAGE / mutant.file)
        lines = [(path, line) for line in mutant.lines]
        anew = not mutant.inside
        if anew:
            found = {test for line, tests in known.tests.items() if line[0] == path for test in tests}
        else:
            found = {test for line in lines for test in known.tests.get(line, ())}
        where = self._tests[mutant.file]
        if anew and not found:  # no function of the file has a statement
            found = {
                test for test in known.seconds if self._items[test].nodeid.startswith(f"{where.own}::")
            } - known.failed
        names = {test: self._items[test].nodeid.partition("::")[0] for test in found}
        before = known.noticed[mutant.function]
        ours = [test for test, name in names.items() if where.have(name)]
        ours.sort(key=lambda test: (test not in before, names[test] != where.own, known.seconds[test]))
        chosen: list[int] = []
        whole = 0.0
        for test in ours:
            whole += known.seconds[test]
            if whole <= MOST_S or not chosen:
                chosen.append(test)
        return _Job(mutant, chosen, anew)

    def _run(self, session: pytest.Session, known: _Known) -> None:
        """Run the mutants, several at once."""
        again: list[_Job] = []
        waiting = list(reversed(self._mutants))
        running: dict[int, _Job] = {}
        with tempfile.TemporaryDirectory() as folder:
            while waiting or again or running:
                while (waiting or again) and len(running) < self._processes:
                    job = again.pop() if again else self._job(waiting.pop(), known)
                    if not job.tests:
                        self._tell(job.mutant, None)
                        continue
                    job.ends = time.monotonic() + 60 + SLOWER * sum(known.waits[test] for test in job.tests)
                    job.folder = tempfile.mkdtemp(dir=folder)
                    running[_fork(partial(self._try, session, job, known))] = job
                for fork, status in _ended(running):
                    job = running.pop(fork)
                    killer = Path(job.folder) / KILLER
                    if killer.exists():
                        known.noticed[job.mutant.function].add(int(killer.read_text()))
                    shutil.rmtree(job.folder, ignore_errors=True)
                    if status == IMPORT_ANEW or (status == 0 and not job.anew and self._at_import(job.mutant)):
                        job.anew = True
                        again.append(job)
                    elif status == BROKEN or (job.anew and status in NO_TESTS):
                        raise RuntimeError(f"a fork ended with {status} for {job.mutant.key}")
                    else:
                        self._tell(job.mutant, status != 0)
                time.sleep(0.003)

    def _at_import(self, mutant: Mutant) -> bool:
        """Say whether a mutant also runs while its module is imported."""
        path = str(PACKAGE / mutant.file)
        return any((path, line) in self._imported for line in mutant.lines)

    def _try(self, session: pytest.Session, job: _Job, known: _Known) -> int:
        """Run the tests of one mutant; return what the fork ends with."""
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        _apart(job.folder)
        path = PACKAGE / job.mutant.file
        before = self._text[str(path)]
        after = job.mutant.apply(before)
        if job.anew:
            text = Path(job.folder) / "changed.py"
            text.write_bytes(after)
            seconds = int(60 + SLOWER * sum(known.seconds[test] for test in job.tests))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
            os.chdir(ROOT)
            command = [sys.executable, "-m", "pytest", "-p", "tests.mutants.planted", *quick.OPTIONS]
            # Without parameters: their names may show what the change makes of a constant.
            command += dict.fromkeys(self._items[test].nodeid.partition("[")[0] for test in job.tests)
            os.execve(sys.executable, command, {**os.environ, **planted.environment(job.mutant.file, text)})
        try:
            swap(str(path), before, after)
        except CannotSwap:
            return IMPORT_ANEW
        except SyntaxError:
            return FAILED
        gc.freeze()
        killer = Path(job.folder) / KILLER
        for test, following in _with_following(job.tests):
            killer.write_text(str(test))
            session.items[test].add_marker(pytest.mark.timeout(20 + SLOWER * known.waits[test]))
            signal.setitimer(signal.ITIMER_PROF, 3 + SLOWER * known.seconds[test])  # the signal ends the process
            _run_test(session, test, following)
            if session.testsfailed:
                return FAILED
        killer.unlink()
        return 0


def _with_following(tests: Sequence[int]) -> Iterator[tuple[int, int | None]]:
    """Return each test with the next: what they share is made once and kept between them."""
    return zip(tests, [*tests[1:], None], strict=True)


def _run_test(session: pytest.Session, test: int, following: int | None) -> None:
    items = session.items
    session.config.hook.pytest_runtest_protocol(
        item=items[test], nextitem=None if following is None else items[following]
    )


def _spent() -> float:
    """Return the seconds that this process, and those it has waited for, had of a core."""
    return sum(os.times()[:4])


def _apart(folder: str) -> None:
    """Keep what tests write in a folder, and what they print to themselves."""
    Path(folder).mkdir(exist_ok=True)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = folder
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def _fork(act: Callable[[], int]) -> int:
    """Run `act` in a process of its own, the first of its group, which ends with what `act` returns."""
    fork = os.fork()
    if fork:
        return fork
    status = BROKEN
    try:
        os.setsid()
        status = act()
    finally:
        os._exit(status)


def _ended(running: dict[int, _Job]) -> Iterator[tuple[int, int]]:
    """Yield the forks that have ended, with their status; end those whose time is over."""
    for fork, job in list(running.items()):
        late = time.monotonic() > job.ends
        ended, status = os.waitpid(fork, 0 if late and _kill(fork) else os.WNOHANG)
        if ended:
            _kill(fork)
            yield fork, os.waitstatus_to_exitcode(status)


def _kill(group: int) -> bool:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    return True
