"""The adversary finds what a missing repair does: each rule of docs/fence.md, and of reliability, is taken out in turn.

``python -m tests.adversary.bites [EXAMPLES [RULE]]`` takes a line of the client out, draws examples until an invariant fails, and
prints how many that took; it exits with 1 where the loss went unnoticed. What the drawn examples cannot meet is met by a scene
(`tests.adversary.scenes`), which is played once. `test_bites` does the same with the one plan, or scene, that is named here. A plan
counts only where the whole client comes through it.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType

from tests.adversary import scenes
from tests.adversary.hunt import first_violation
from tests.adversary.life import live
from tests.adversary.plan import Fate, Plan, Step, World

__all__ = ["BITES", "Bite", "without"]

MOST = 5_000


@dataclass(frozen=True)
class Bite:
    """One repair, and what the client is without it.

    Args:
        rule: F1 to F24.
        what: it does.
        module: where, below ``binance_wsapi``.
        before: what stands there.
        after: what stands there when it is taken out.
        plan: an example that ends badly then, or a scene that raises AssertionError.
    """

    rule: str
    what: str
    module: str
    before: str
    after: str
    plan: Plan | Callable[[], None]

    @property
    def name(self) -> str:
        """How it is called."""
        return f"{self.rule} {self.what}"

    def play(self) -> list[str]:
        """Play the plan, or the scene, and return what is wrong."""
        if isinstance(self.plan, Plan):
            return live(self.plan).violations
        try:
            self.plan()
        except AssertionError as error:
            return [f"{self.rule}: {error}"]
        return []


@contextmanager
def without(bite: Bite) -> Iterator[None]:
    """Take a repair out: the functions of its module get the code that the changed source has."""
    module = importlib.import_module(f"binance_wsapi.{bite.module}")
    source = inspect.getsource(module)
    if source.count(bite.before) != 1:
        raise ValueError(f"{bite.name}: {bite.module} has {source.count(bite.before)} of {bite.before!r}")
    changed = _functions(compile(source.replace(bite.before, bite.after), str(module.__file__), "exec"))
    replaced: list[tuple[FunctionType, CodeType]] = []
    for name, function in _defined(module):
        code = changed.get(name)
        if code is not None and code != function.__code__:
            replaced.append((function, function.__code__))
            function.__code__ = code
    if not replaced:
        raise ValueError(f"{bite.name}: nothing has changed")
    try:
        yield
    finally:
        for function, code in replaced:
            function.__code__ = code


def _functions(code: CodeType, around: str = "") -> dict[str, CodeType]:
    """Return the code of all functions of a module and its classes, by qualified name."""
    found = {}
    for each in code.co_consts:
        if isinstance(each, CodeType):
            name = f"{around}{each.co_name}"
            found[name] = each
            found |= _functions(each, f"{name}.")
    return found


def _defined(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """Yield the functions of a module and of its classes, by qualified name."""
    for owner in (module, *(each for each in vars(module).values() if isinstance(each, type))):
        if getattr(owner, "__module__", module.__name__) != module.__name__:
            continue
        for value in list(vars(owner).values()):
            function = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
            function = inspect.unwrap(function) if callable(function) else function
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield function.__qualname__, function


FATE = "orders.fate."
IDS = "orders.ids."

LAST_EXCHANGE = """\
            if self._running is not None:
                await self._exchange()  # the call that is under way, and then the last one: it may have a ban to tell
            if self._running is None and (self._away_since is None or self._untold()):
                await self._exchange(leaving=True)
            for _ in range(LAST_TRIES):
                if self._running is not None or not self._untold():
                    break
                await self._sleep(IDLE)
                await self._exchange(leaving=True)
            if self._running is None and self._untold():
                log.warning("a ban was not told to the shared limits before closing: other processes do not know of it")
        if self._thread is not None:
            if self._running is not None and self._untold():
                # It takes too long to wait for. What is told next waits behind it in its thread, and ends with it.
                self._thread.submit(self._store.exchange, self._holder.bans(self._now()))
"""

BITES = (
    Bite("F1", "an order that bore the id before is another", IDS + "identity",
        "    if sight.number in token.others:\n        return Reading.NO\n    if sight.amendment:  #",
        "    if not sight.amendment:\n        return Reading.YES\n    if sight.amendment:  #",
        Plan(World(), (Step(), Step(name="used", fate=Fate(reply="lost"))))),
    Bite("F1", "a cancel that keeps the id is read by the order's status", IDS + "identity",
        "    if token.surely_its_own and bears:\n        meant = ", "    if bears:\n        meant = ",
        Plan(World(), (Step(), Step(act="cancel", name="same", fate=Fate(executes=False, reply="lost"))))),
    Bite("F1", "an amendment that keeps the id is read by the quantity", IDS + "identity",
        "    if token.surely_its_own and token.client_id in (sight.id, sight.former, *sight.legs):", "    if token.client_id in (sight.id, sight.former, *sight.legs):",
        Plan(World(), (Step(), Step(act="amend", name="same", fate=Fate(executes=False, reply="lost"))))),
    Bite("F1", "of two changes that keep one id it proves neither", FATE + "contests",
        "            if doubt.token.act is not Act.PLACE or not keeps:", "            if not keeps:",
        Plan(World(follows=True), (Step(), Step(act="cancel", name="same", fate=Fate(executes=False, reply="lost")),
                                   Step(act="cancel", name="again", fate=Fate(reply="late"))))),
    Bite("F1", "both halves of a cancel-replace that name one id are told apart", FATE + "contests",
        "            live = call.live_ids[at]  #", "            pass  #",
        Plan(World(follows=True), (Step(), Step(act="replace", name="used", fate=Fate(queue=9.5)), Step(act="cancel", joins=False, name="used")))),
    Bite("F1", "an order that has ended takes the id from none that is open", IDS + "history",
        "            if number != last and (earlier or ended_before):", "            if False:",
        Plan(World(follows=True), (Step(), Step(act="replace", name="used", fate=Fate(reply="late")),
                                   Step(act="cancel", name="used", fate=Fate(reply="fault"))))),
    Bite("F1", "an amended order that was renamed since is asked about by its number", FATE + "questions",
        "            for candidate in candidates:  # renamed by now", "            for candidate in ():",
        Plan(World(on_unknown="cancel"), (Step(), Step(act="replace", fate=Fate(reply="late")),
                                          Step(act="amend", joins=False, name="same", fate=Fate(reply="lost"))))),
    Bite("F17", "a list that keeps its id does not tell which of two changes ended it", IDS + "renames",
        "                each.rivalled = True", "                pass",
        Plan(World(), (Step(act="oco"), Step(act="unlist", name="same", fate=Fate(queue=9.5)), Step(act="all")))),
    Bite("F1", "a younger order under the id may hide this one", FATE + "questions",
        "        if answer.reading is Reading.NO and hides(token, answer.sight):", "        if False:",
        Plan(World(), (Step(market=10, fate=Fate(reply="lost", event="lost", view=2.0)), Step(name="used")))),
    Bite("F1", "a handle does not take another order for its own", "orders.trade.state",
        "        return self._fresh and self._request in {HandleStatus.SENT, HandleStatus.IN_DOUBT}", "        return True",
        Plan(World(), (Step(act="deaf", path="half"), Step(act="submit"), Step(name="same")))),
    Bite("F2", "the fence goes by the monotonic clock, too", FATE + "fence",
        "return now.ms > self.fence_ms and now.at > self.fence_at", "return now.ms > self.fence_ms",
        Plan(World(offsets=(0, 25000), order=(0, 1)), (Step(fate=Fate(queue=9.5, reply="cut", event="lost", view=5.5)),))),
    Bite("F2", "no absence counts before the fence", FATE + "fence",
        "return now.ms > self.fence_ms and now.at > self.fence_at", "return True",
        Plan(World(), (Step(fate=Fate(queue=9.5, reply="cut", event="lost", view=5.5)),))),
    Bite("F3", "the second answer comes by another way", FATE + "unresolved",
        'other = "rest" if first is not None and first[0] == "socket" else "socket"', 'other = "socket"',
        Plan(World(rest=True), (Step(act="stale", path="ws"), Step(fate=Fate(reply="lost", event="lost"))))),
    Bite("F3", "an empty list is asked for twice", FATE + "fence",
        "        if self._first is None:\n            self._confirm(reading, path, asked, now)\n            return None\n        before, other, at = self._first",
        "        before, other, at = self._first or (reading, None, 0.0)",
        Plan(World(questions=("blank",)), (Step(), Step(act="all", fate=Fate(executes=False, reply="lost"))))),
    Bite("F4", "a half of which the venue knows nothing is in doubt", FATE + "reply",
        "    return Said(Outcome.REJECTED) if result == _NOT_ATTEMPTED and response is None else _NOTHING",
        "    return Said(Outcome.REJECTED)",
        Plan(World(), (Step(), Step("replace", fate=Fate(reply="unknown new"))))),
    Bite("F4", "a duplicate may be what the request made", FATE + "reply",
        "    if not explained and says_duplicate(error):", "    if False:",
        Plan(World(), (Step(fate=Fate(reply="double late", event="lost", view=5.5)),))),
    Bite("F5", "a request that stays unanswered makes its connection suspect", "session.connection",
        "        self.suspicion.unanswered(pending, self._loop.time())\n", "        self.suspicion.answered(pending.endpoint, 0.0)\n",
        Plan(World(), (Step(act="deaf", path="mute"), Step(), Step()))),
    Bite("F5", "a new connection carries one order at a time until it has answered one", "session.trust.suspicion",
        "        return not (self.probation and changing and endpoint.changes_orders)", "        return True",
        Plan(World(opens=("swallow",)), (Step(act="deaf", path="swallow"), Step(), Step(pause=0.1), Step(joins=False)))),
    Bite("F6", "what is left open is fixed when the journal is opened", "orders.recovery",
        "        begun, self._taken_up = self._taken_up, []", "        begun = [(each, self._open(each)) for each in self._journal.open_intents()]",
        Plan(World(journal=True), (Step(act="all"), Step()))),
    Bite("F7", "an unrecorded change is noted beside the journal", "orders.recovery",
        "        self._hidden = self._journal.unrecorded", "        self._hidden = False",
        Plan(World(journal=True), (Step(fate=Fate(reply="lost", event="lost")), Step(act="disk", path="full"), Step(act="cancel", by="number"), Step(act="kill")))),
    Bite("F8", "an absence waits for our changes", IDS + "renames",
        "            if change is not own and self._may_rename(change, token)", "            if False",
        scenes.a_change_in_doubt),
    Bite("F8", "a change that is undecided hides what it may have renamed", IDS + "renames",
        "            told = shown or (bool(orders)", "            told = shown or (True",
        Plan(World(timeout=1.0), (Step(fate=Fate(reply="cut", event="lost")),
                                  Step(act="cancel", name="own", pause=0.05, joins=False, fate=Fate(reply="cut", event="lost")),
                                  Step(name="again", pause=0.05, joins=False)))),
    Bite("F1", "a change by id is about the order that had it when it was sent", IDS + "renames",
        "        if token.act is Act.PLACE:\n            return token", "        if True:\n            return token",
        Plan(World(), (Step(name="own"), Step(act="cancel", name="own", joins=False, fate=Fate(reply="fault", event="lost")),
                       Step(name="again", pause=0.05), Step(name="used", target=1, market=10)))),
    Bite("F9", "what was called not placed is asked for once more", FATE + "resolver",
        "        await self._wait(self._options.again_ms / 1000)", "        await self._wait(1e9)",
        Plan(World(), (Step(fate=Fate(queue=60.0, reply="lost", event="lost")),))),
    Bite("F11", "no doubt is taken up while the client is closed", "orders.tracked_caller",
        "        self._closed = self._resolver.closed = True", "        pass",
        Plan(World(), (Step(),), closes=True)),
    Bite("F12", "numbers that run backwards end what is remembered", "user_data.subscription",
        "        since_us = self.merge.latest_us + 1\n", "        return\n        since_us = self.merge.latest_us + 1\n",
        Plan(World(follows=True), (Step(market=10), Step(act="reset"), Step(market=10)))),
    Bite("F12", "a younger order with a lower number shows that they do", "user_data.spot.merge.orders",
        "            return key[1] <= highest and", "            return False and key[1] <= highest and",
        Plan(World(follows=True), (Step(market=10), Step(act="reset"), Step(market=10, fate=Fate(event="lost"))))),
    Bite("F4", "an order that a later request made is not what a duplicate was told of", IDS + "identity",
        "        return sight.number in token.others - token.younger", "        return sight.number in token.others",
        Plan(World(), (Step(market=10, fate=Fate(reply="double late")), Step(name="used")))),
    Bite("I5", "no clock of the venue's settles a fill before the lag has passed on ours", "user_data.spot.merge.settled",
        "int(min(look.asked_us, passed) - self._lag * 1e6) - ENGINE_BEHIND_US", "int(look.asked_us - self._lag * 1e6)",
        Plan(World(follows=True), (Step(market=10, fate=Fate(event="lost", view=5.5)), Step(act="jump", amount=25.0, path="01"), Step(market=10)))),
    Bite("F13", "a row that cannot be read hides no other", "user_data.spot.questions",
        "            if not error.rows and not error.unread:", "            if True:",
        Plan(World(follows=True, rows="broken"), (Step(market=4, fate=Fate(event="lost")),))),
    Bite("F17", "a change that does not tell what it renamed hides it", IDS + "renames",
        "            hidden.at >= since\n", "            False\n",
        Plan(World(), (Step(fate=Fate(reply="lost", event="lost")), Step(act="all", joins=False, fate=Fate(reply="lost", event="lost"))))),
    Bite("F19", "a refused logon leaves the key that worked", "session.logon",
        "        await self._connections.ready(endpoint, deadline)\n        first: Envelope | None = None\n", "        await self._connections.ready(endpoint, deadline)\n        self._credentials.use(key)\n        first: Envelope | None = None\n",
        Plan(World(key="ed25519"), (Step(), Step(act="logon", path="refused"), Step(act="rotate"), Step(act="cancel", pause=5.0)))),
    Bite("F19", "a key that worked and is refused for a moment is tried again", "session.logon",
        "LOGON_AGAIN if self._credentials.accepted is key else ()", "()",
        Plan(World(key="ed25519", timeout=1.0), (Step(act="oco", fate=Fate(queue=1.0)), Step(act="logon", path="refused"),
                                                 Step(act="cancel", pause=5.0)))),
    Bite("F20", "a handle speaks with the key that signed its order", "orders.trade.keeper",
        "return CallOptions(key=None if trade.key is self._session.credentials.key else trade.key)", "return CallOptions(key=None)",
        Plan(World(key="ed25519"), (Step(act="submit"), Step(act="logon", path="other"), Step(act="handle-cancel")))),
    Bite("F21", "a verdict holds what a cancel of everything renamed", FATE + "resolver",
        "            self._id_watch.changed(change, sights)\n        elif", "            self._id_watch.renames.end(change)\n        elif",
        Plan(World(), (Step(fate=Fate(reply="lost", event="lost")), Step(act="all", joins=False, fate=Fate(reply="lost", event="lost"))))),
    Bite("F21", "the number of what a change may rename is in the journal", FATE + "id_watch",
        "                if live.record is not None and self.renames.under_way:", "                if False:",
        Plan(World(journal=True, timeout=10.0), (Step(joins=False, fate=Fate(reply="lost", event="lost")), Step(act="cancel", pause=1.0, joins=False, by="number", fate=Fate(event="lost")), Step(act="kill", pause=1.0, joins=False)))),
    Bite("F22", "advisory parts of a reply are taken as they come", "wire.codec",
        '    rows = _lenient(_advice(parts.rateLimits), list[Raw]) or []\n', '    rows = _lenient(_advice(parts.rateLimits), list[Raw])\n    assert rows is not None\n',
        Plan(World(odd_rows="null"), (Step(),))),
    Bite("F10", "questions about fate wait for their turn", FATE + "turns",
        "                wait = self._book(allowance, weight)\n                if wait > 0:\n                    await self._sleep(wait)\n            while needed() and self._is_full(weight):\n                await self._sleep(FULL_PAUSE_S)\n", "                pass\n",
        scenes.a_crowd_in_doubt),
    Bite("F14", "a snapshot counts when an event, or a second one, has met it", "streams.book_state",
        "        if not kept and not confirms:", "        if False:",
        scenes.stale_snapshot),
    Bite("F15", "no ban is believed beyond the venue's longest", "limits.bans",
        "        until = min(until, now + LONGEST_BAN_MS)\n", "",
        scenes.a_ban_without_end),
    Bite("F15", "a ban whose end has passed lasts as long as the shortest", "limits.ledger",
        "            until = None  # no time to come back at: it passed before the reply came, by one clock or the other\n", "            pass\n",
        scenes.a_ban_in_the_past),
    Bite("F15", "a limit under which nothing has room is not believed", "limits.rows",
        "        and least <= row.limit <= GREATEST_LIMIT\n", "",
        scenes.a_limit_of_nothing),
    Bite("F15", "a clock far from the others' is refused", "limits.shared.division",
        "    if _is_far(state, now, own_ms, far_ms):", "    if False:",
        scenes.a_wrong_clock),
    Bite("F16", "the last exchange is made behind the one under way", "limits.shared.sync",
        LAST_EXCHANGE, "        if self._thread is not None:\n",
        scenes.a_ban_reaches_the_store),
    Bite("F16", "a ban is told behind an exchange that takes too long", "limits.shared.sync",
        "            if self._running is not None and self._untold():", "            if False:",
        scenes.a_ban_reaches_a_slow_store),
    Bite("F18", "questions about fate end with the client", "orders.tracked_caller",
        "        tasks = [*self._resolver.tasks, *self._waits.tasks]\n", "        tasks = [*self._waits.tasks]\n",
        Plan(World(timeout=1.0), (Step(fate=Fate(executes=False, reply="lost")), Step(act="look", pause=2.0)), closes=True)),
    Bite("F18", "a handle ends with the client", "client.spot",
        "            steps.push_async_callback(self._trades.close)\n", "",
        Plan(World(timeout=1.0), (Step(act="submit"), Step(act="look", pause=1.0)), closes=True)),
    Bite("F23", "a member makes its file anew when it was taken away", "limits.shared.sqlite",
        "                if (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino):\n                    refuse_strange_folder(self._members)\n                    return\n            os.close(self._alive)", "                if (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino):\n                    return\n            return\n            os.close(self._alive)",
        scenes.files_taken_away),
    Bite("F23", "a file that is gone says nothing of its member", "limits.shared.sqlite",
        "        except OSError:\n            return False\n        try:", "        except OSError:\n            return True\n        try:",
        scenes.files_taken_away),
    Bite("F24", "executions that were heard are forgotten in the end", "user_data.spot.merge.account_merge",
        "        if len(self._executions) > EXECUTIONS_KEPT:", "        if False:",
        scenes.ended_orders),
    Bite("F24", "orders that ended are forgotten in the end", "user_data.spot.merge.orders",
        "        if len(self._done) > FINAL_KEPT:", "        if False:",
        scenes.ended_orders),
    Bite("F24", "what had an id is forgotten in the end", IDS + "history",
        "        if len(bearers) > REMEMBERED + _FORGOTTEN_AT_ONCE:", "        if False:",
        scenes.ended_orders),
)  # fmt: skip


def _hunt(index: int, most: int) -> tuple[int, str]:
    bite = BITES[index]
    with without(bite):
        if isinstance(bite.plan, Plan):
            return first_violation(most, 1)
        return 1, "; ".join(bite.play())


def main() -> int:
    """Run, print, and return the exit code."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else MOST
    wanted = [index for index, bite in enumerate(BITES) if len(sys.argv) < 3 or bite.rule in sys.argv[2:]]
    missed = 0
    for bite in (BITES[index] for index in wanted):
        if wrong := bite.play():
            print(f"{bite.name}: the plan ends badly without a bite: {wrong}")
            missed += 1
    begun = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for index, (examples, what) in zip(wanted, pool.map(_hunt, wanted, [most] * len(wanted)), strict=True):
            missed += not what
            print(
                f"{BITES[index].name:75} {f'found after {examples}: {what}' if what else 'NOT FOUND'}"[:200], flush=True
            )
    print(f"{len(wanted)} repairs taken out, {missed} unnoticed, {time.perf_counter() - begun:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
