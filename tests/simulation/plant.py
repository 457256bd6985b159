"""Safeguards taken away one at a time: each loss must be noticed by the lives from seeds.

``python -m tests.simulation.plant`` copies the library, breaks one line of the copy, and lives until an invariant fails.
It prints how many lives that took, and exits with 1 when a broken client went unnoticed. A life counts only where the
unbroken client comes through it. Words after the command choose bugs by their names.

Safeguards of which no life notices the loss, as that an absence waits for our own renames, are taken out by `tests.adversary.bites`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parents[2]
MOST = int(os.environ.get("PLANT_SEEDS", "10000"))
CPU_S = 900
"""Seconds of CPU for the lives of one bug: other work beside it lets none escape."""


@dataclass(frozen=True)
class Bug:
    """One line of the library, and what it becomes."""

    name: str
    file: str
    before: str
    after: str
    crashes: bool = False
    """Whether the lives in which the process dies are to notice it."""


BUGS = [
    Bug("an order is sent again when the connection is lost", "session/session.py",
        "if not (endpoint.replay_safe and isinstance(gone, ConnectionLost)):", "if not isinstance(gone, ConnectionLost):"),
    Bug("an order is sent again when the venue says it does not know", "session/sender.py",
        "if isinstance(error, VenueFault) and endpoint.replay_safe:", "if isinstance(error, VenueFault):"),
    Bug("pending calls are not failed when the link is lost", "session/in_flight.py",
        "        for pending in self.drain():", "        for pending in ():"),
    Bug("a lost connection is called not sent", "session/connection.py",
        "fail_all(lambda: ConnectionLost(told,", "fail_all(lambda: NotConnected(told,"),
    Bug("a reply that timed out is called not sent", "session/in_flight.py",
        "errors import ReplyTimeout, WsapiError", "errors import NotConnected as ReplyTimeout, WsapiError"),
    Bug("a fault of the venue is taken for a refusal", "errors.py",
        "    if status >= 500 or code in _FAULT_CODES:", "    if False:"),
    Bug("no deadline timer", "session/in_flight.py",
        "        self._timer = self._loop.call_at(deadline, self._expire)", "        self._timer = None"),
    Bug("the deadline timer is not set again", "session/in_flight.py",
        "        if following is not None:\n            self.arm(following)", "        if following is None:\n            pass"),
    Bug("request ids are used again", "wire/ids.py", "self._count += 1", "self._count = 1"),
    Bug("replies are matched by order, not by id", "session/connection.py",
        "self._waiting.pop(envelope.id, None)", "self._waiting.popitem()[1] if self._waiting else None"),
    Bug("a stray reply kills the reader", "session/connection.py",
        "        if pending is None:\n            self._stray(envelope)\n            return", "        assert pending is not None"),
    Bug("an unreadable frame kills the reader", "session/connection.py",
        "        except ProtocolViolation as error:\n            self._unreadable(data, error)",
        "        except ZeroDivisionError as error:\n            self._unreadable(data, error)  # type: ignore"),
    Bug("a closing connection is picked again and again", "session/connection.py",
        '            self.abort("the link takes no more")', '            pass'),
    Bug("a cancelled call stays pending", "session/connection.py",
        "        self._pending.abandon(pending.request_id)\n        self._pending.settled()\n        if self.susp", "        self._pending.settled()\n        if self.susp"),
    Bug("no reconnect", "link/keeper.py", "            self._host.on_none()\n            if short", "            return\n            if short"),
    Bug("no logon on a new connection", "session/session.py",
        "        if key is not None:\n            if not await self._logon.new(",
        "        if key is None:\n            if not await self._logon.new("),
    Bug("a timestamp is never corrected", "session/sender.py", "isinstance(error, BadTimestamp) and not signed_anew", "False"),
    Bug("no fence", "orders/fate/fence.py", "return now.ms > self.fence_ms and now.at > self.fence_at", "return True"),
    Bug("a fence without the window", "orders/fate/fence.py", "self.recv_window_ms + self.options.venue_timeout_ms", "self.options.venue_timeout_ms"),
    Bug("a fence without the venue's timeout", "orders/fate/fence.py", " + self.options.venue_timeout_ms + self.options.lag_ms", " + self.options.lag_ms"),
    Bug("a fence without the lag of the views", "orders/fate/fence.py", "self.options.venue_timeout_ms + self.options.lag_ms", "self.options.venue_timeout_ms"),
    Bug("a fence that ignores the window of the request", "orders/tracked_caller.py",
        '_milliseconds(own) if own else self._usual_window', 'self._usual_window'),
    Bug("the timestamp of the frame is not kept", "orders/fate/unresolved.py",
        "        self.timestamp = timestamp\n", "        self.timestamp = 0\n"),
    Bug("not found once is enough", "orders/fate/fence.py",
        "        if reading is Reading.NOTHING or path is None or not self._counts(asked):",
        "        if reading is Reading.NO:\n            return self._settle(Outcome.NOT_PLACED, Evidence.FENCE, None, None, now.ms)\n"
        "        if reading is Reading.NOTHING or path is None:"),
    Bug("three not-founds, then not placed", "orders/fate/fence.py",
        "        if reading is Reading.NOTHING or path is None or not self._counts(asked):",
        "        if reading is Reading.NO and self._asked >= 2:\n"
        "            return self._settle(Outcome.NOT_PLACED, Evidence.FENCE, None, None, now.ms)\n"
        "        if reading is Reading.NOTHING or path is None or not self._counts(asked):"),
    Bug("a late refusal counts as accepted", "orders/fate/late_replies.py", "                doubt.refused(error, now)", "                doubt.seen(error, Evidence.REPLY, now)"),
    Bug("a question without an answer counts as not found", "orders/fate/resolver.py",
        "        if doubt.verdict is not None:\n            return  # something",
        "        if answer.reading is Reading.NOTHING:\n"
        "            doubt._settle(Outcome.NOT_PLACED, Evidence.FENCE, None, None, asked.ms)\n        if False:\n            return  # something"),
    Bug("the search stops when the caller is told", "orders/fate/resolver.py",
        "                await self._ask(intent, doubt)\n", "                await asyncio.sleep(3600)\n"),
    Bug("a late partial failure counts as a refusal of both halves", "orders/fate/reply.py",
        "    if isinstance(error, PartialFailure) and parts == 2:", "    if False:"),
    Bug("a duplicate is taken for a refusal", "orders/fate/reply.py",
        "    if not explained and says_duplicate(error):", "    if False:"),
    Bug("the client order id is not the caller's", "orders/ids/naming.py",
        '        if complete.get(name, "") == "":', "        if True:"),
    Bug("the API key is logged", "session/connections.py",
        'log.info("connection #%d is ready (kept %d)", connection.number, kept.number)',
        'log.info("connection #%d is ready (kept %s)", connection.number, getattr(connection.logged_on_as, "api_key", None))'),
    Bug("frames are logged", "session/connection.py",
        "        try:\n            self._link.write(encode_request(",
        "        log.debug('%s', encode_request(request_id, method, params))\n        try:\n            self._link.write(encode_request("),
    Bug("a call waits for a connection beyond its deadline", "session/connections.py",
        "            async with asyncio.timeout_at(deadline):\n                await waiter", "            async with asyncio.timeout_at(deadline + 5):\n                await waiter"),
    Bug("a ban is forgotten at once", "limits/limiter.py",
        "        if status == 429 or status == 418:\n            self._latch(status, error_code, retry_after, rate_limits, now)",
        "        if False:\n            self._latch(status, error_code, retry_after, rate_limits, now)"),
    Bug("a ban told to a caller who had gone is not heard", "session/connections.py",
        "            self._limiter.overheard(envelope.status, envelope.error.code, envelope.error.retry_after)", "            pass"),
    Bug("signed by a clock that was not compared", "session/session.py",
        "        if key is None or not self.clock.synced:", "        if key is None:"),
    Bug("a revoked key signs every request instead", "session/connection.py",
        "        self.refused = error\n        # The frame", "        # The frame"),
    Bug("a revoked key subscribes the account by its signature", "user_data/subscriptions.py",
        "            if own and connection.refused is not None:", "            if False:"),
    Bug("cancelled orders are looked for before the fence", "orders/fate/fence.py",
        "            self._next_at = max(self._next_at, self._passes_at(self.since))",
        "            self.sent_at, self.timestamp_ms = -1e9, -(10**15)"),
    Bug("orders that are still open do not count", "orders/fate/questions.py",
        "        made = [sight.made_ms for sight", "        made = [1e18 for sight"),
    Bug("tasks are left behind", "orders/tracked_caller.py", "        for task in tasks:\n            task.cancel()\n", "        tasks.clear()\n"),
    Bug("user data is not subscribed on a new connection", "user_data/subscriptions.py",
        "        while missing := [each for each in self._asked() if not (connection in each.on or each.pause or each in left)]:",
        "        while missing := []:"),
    Bug("a fault of the venue ends user data for good", "user_data/subscriptions.py",
        "        if subscription.may_be_made_later(error):", "        if False:"),
    Bug("a subscription the venue ended is not made again", "user_data/subscriptions.py",
        "            return\n        self._renew_soon(subscription)\n", "            return\n"),
    Bug("missed fills are not told", "user_data/spot/merge/fill_merge.py",
        "        return sorted(found, key=lambda trade: (trade.time.microseconds, trade.symbol, trade.id))", "        return []"),
    Bug("what was told is not remembered", "user_data/spot/merge/fill_merge.py",
        "            trades[symbol].add((event.trade_id, event.order_id))", "            pass"),
    Bug("the client tells a fill before an earlier fill that it missed", "user_data/spot/merge/account_merge.py",
        "        if order.held or before != order.executed:", "        if False:"),
    Bug("the end of an order is not found", "user_data/spot/merge/inquiry.py",
        "        return [order.key for order in orders if order.key not in there and order.heard < look.asked]", "        return []"),
    Bug("an old snapshot overwrites what is newer", "user_data/spot/account_view.py",
        "        return seen is None or changed > seen.changed or asked >= seen.heard + self._lag", "        return True"),
    Bug("a snapshot never counts against an event", "user_data/spot/account_view.py",
        "        return seen is None or changed > seen.changed or asked >= seen.heard + self._lag", "        return seen is None"),
    Bug("an old connection is closed before its last replies", "session/kept_connection.py",
        "async with asyncio.timeout(DRAIN_TIMEOUT):", "async with asyncio.timeout(0):"),
    Bug("no audit of an account", "user_data/repair.py",
        "*([now + self._audit] if self._audit is not None else [])", "*()"),
    Bug("a handle is told no verdict", "orders/trade/placing.py",
        "            verdict: Verdict = await error.resolve()", "            verdict: Verdict = await asyncio.Future()"),
    Bug("a handle does not hear of its order", "orders/trade/keeper.py",
        "                            self._hear(sighting)\n", "                            pass\n"),
    Bug("a handle does not ask for its fills", "orders/trade/audits.py",
        "                if not trade.state.complete:", "                if False:"),
    Bug("a handle goes back", "orders/trade/state.py",
        "        if now is not None and RANK[status] <= RANK[now]:", "        if False:"),
    Bug("what is to be cancelled is cancelled once at most", "orders/fate/on_unknown.py",
        "            tries += 1\n", "            return None\n"),
    Bug("a lost cancel is returned as a view that lags shows its order", "orders/fate/on_unknown.py",
        "        return token.act is Act.PLACE or state.status == CANCELED", "        return True"),
    Bug("an event of another list's order proves a list", "orders/ids/history.py",
        "        own = (token.client_id, *token.legs)\n", "        return False\n        own = (token.client_id, *token.legs)\n"),
    Bug("a quantity that an order had before passes for the work of an amendment", "orders/ids/identity.py",
        "    had_it = token.before is not None", "    had_it = False and token.before is not None"),
    Bug("what a caller left behind is not cancelled", "orders/tracked_caller.py",
        "                if on_unknown == \"cancel\" and endpoint.orders and not self._closed:\n                    gone", "                if False:\n                    gone"),
    Bug("a message in fragments kills the reader", "link/sockets/websockets.py",
        "                self._parts += event.data\n", "                self._parts.append(event.data)\n"),
    Bug("a pong that no ping asked for kills the reader", "link/liveness.py",
        "        self.heard = True\n        self.whole_at = self._loop.time()\n        self._pongs += 1\n",
        "        self.heard = True\n        self.whole_at = self._loop.time()\n        self._pongs += 1\n        assert self._pongs <= self._pings\n"),
    Bug("an outlawed frame kills the reader", "link/sockets/frames.py",
        "                    self._for_good = True\n                    self._on_other(data[at:])\n                    return\n",
        "                    raise ValueError('not a frame')\n"),
    Bug("a consumer that sleeps loses events, and is not told", "link/inbox.py",
        "        if len(self._items) >= self._limit:\n            self._items.popleft()\n            self._lost += 1\n",
        "        if len(self._items) >= 3:\n            self._items.popleft()\n"),
]  # fmt: skip

CRASH_BUGS = [
    Bug(
        "an order is written down after it was sent",
        "orders/recovery.py",
        "            waiting_for = journal.record(record)\n",
        "            waiting_for = None\n            asyncio.get_running_loop().call_later(0.001, journal.record, record)\n",
        True,
    ),
    Bug(
        "only the first id of a request is written down",
        "orders/recovery.py",
        "        ids = tuple(tokens) or",
        "        ids = tuple(tokens[:1]) or",
        True,
    ),
    Bug(
        "what was written down and not marked as sent is left alone",
        "orders/recovery.py",
        "        self._left = self._journal.open_intents()\n",
        "        self._left = [each for each in self._journal.open_intents() if each.timestamp_ms is not None]\n",
        True,
    ),
    Bug(
        "a recovery does not know when it may have been sent",
        "orders/recovery.py",
        "            sent.timestamp = record.latest_timestamp_ms(self._began_ms + TIMESTAMP_AHEAD_MS)\n",
        "            sent.timestamp = 0\n",
        True,
    ),
    Bug(
        "a recovery has no fence",
        "orders/fate/fence.py",
        "return now.ms > self.fence_ms and now.at > self.fence_at",
        "return True",
        True,
    ),
    Bug(
        "new orders do not wait for the recovery",
        "orders/recovery.py",
        "        if endpoint.orders and self._recovery is not None and not self._recovery.done():",
        "        if False:",
        True,
    ),
    Bug(
        "a verdict of the recovery is not written down",
        "orders/fate/resolver.py",
        "            self._journal.settle(intent.record, verdict)\n",
        "            pass\n",
        True,
    ),
]

_HUNT = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({CPU_S}, {CPU_S}))
from tests.simulation.__main__ import watched
from tests.simulation.crashes import crash
first, end, crashes = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True"
live = crash if crashes else watched
for seed in range(first, end):
    broken = live(seed).violations
    if broken:
        print(seed + 1, broken[0].splitlines()[0][:60])
        break
else:
    print("escaped")
"""


def hunt(bug: Bug) -> tuple[Bug, str]:
    """Plant a bug in a copy of the library and live until it is caught, in a life the whole library comes through."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "sdk", copy / "sdk", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "tests", copy / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / "sdk" / "binance_wsapi" / bug.file
        text = file.read_text()
        if text.count(bug.before) < 1:
            return bug, "the line to break is not there any more"
        file.write_text(text.replace(bug.before, bug.after, 1))
        found = _live(copy, 0, MOST, bug.crashes)
    if found[:1].isdigit():
        lives = int(found.partition(" ")[0])
        alone = _live(ROOT, lives - 1, lives, bug.crashes)
        if alone != "escaped":
            return bug, f"life {lives} breaks the whole library, too: {alone}"
    return bug, found


def _live(root: Path, first: int, end: int, crashes: bool) -> str:
    """Live until something breaks; return in which life, counted from 1, and what."""
    environment = {**os.environ, "PYTHONPATH": f"{root / 'sdk'}{os.pathsep}{root}"}
    done = subprocess.run(
        [sys.executable, "-c", _HUNT, str(first), str(end), str(crashes)],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode < 0:  # by the signal of its limit
        return "escaped (time)"
    return (done.stdout.strip().splitlines()[-1:] or [f"does not run: {done.stderr.strip()[-60:]}"])[0]


def main() -> int:
    """Hunt all of them, or those whose names contain one of the arguments, two at a time."""
    console = Console(highlight=False, soft_wrap=True)
    escaped = 0
    bugs = [
        each for each in (*BUGS, *CRASH_BUGS) if not sys.argv[1:] or any(part in each.name for part in sys.argv[1:])
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for bug, found in pool.map(hunt, bugs):
            caught = found[:1].isdigit()
            escaped += not caught
            lives, _, how = found.partition(" ")
            console.print(
                f"[green]caught[/] in {lives:>5} lives  {bug.name}  [dim]{how}[/]"
                if caught
                else f"[red]{found}[/]  {bug.name}"
            )
    console.print(f"{len(bugs) - escaped} of {len(bugs)} planted bugs caught")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
