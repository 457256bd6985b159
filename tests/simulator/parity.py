"""The table in docs/parity.md: what of the venue the local exchange does, and which test says so.

    python -m tests.simulator.parity            # write the table
    python -m tests.simulator.parity --check    # fail if it is not the one that would be written

A test claims a row with `@pytest.mark.parity("order type", "LIMIT_MAKER")`; with `shape=True` it claims no more than that
the answer looks as documented. The rows are those of the venue's own documentation (tests/simulator/conformance/facts.py),
so none can be forgotten, and a row without a test is only allowed with its reason in `ABSENT`.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.simulator.conformance.facts import ENGINE_MESSAGES, ENUMS, ERRORS, FILTERS, METHODS, STREAMS, USER_EVENTS

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "parity.md"
TESTS = ROOT / "tests" / "simulator"

BEHAVIOURS = (
    "price-time priority",
    "iceberg orders show a part at a time and queue anew",
    "stop orders wait for their side of the market",
    "trailing stops follow the extreme and trigger on the way back",
    "pegged orders take their price when they enter the book",
    "market orders short of liquidity expire with what is left",
    "market orders by quote quantity",
    "amend keeps the order's place",
    "a cancelled order takes a new client id",
    "a client order id is unique among open orders only",
    "cancel restrictions",
    "cancel-replace: both modes, all four outcomes, either half told",
    "cancel-replace over the order limit: DO_NOTHING and CANCEL_ONLY",
    "self-trade prevention in trade groups",
    "smart order routing fills by allocations and rests on its own book",
    "price range execution rule",
    "reference price: mean of buckets, or set from outside",
    "average price filters use the reference price",
    "archive of orders without a fill after 90 days",
    "commission: standard, special and tax rates of maker, taker, buyer and seller",
    "commission in BNB: the discount multiplies the standard part",
    "weight 0 on success of placing and cancelling",
    "unfilled order count and its decrement by the first fill",
    "429, then 418 with growing bans that disconnect",
    "300 connections in five minutes, each of weight 2",
    "matching engine answers at once, queries lag behind",
    "events come before or after the answer they belong to",
    "recvWindow is checked on arrival and in front of the engine",
    "a timestamp in milliseconds or microseconds",
    "logon, second logon, logout, explicit keys on a logged-on session",
    "signatures: Ed25519, HMAC and RSA",
    "permissions of keys",
    "a revoked key ends the session under id null",
    "subscriptions by logon and by signature, and their end",
    "1,000 active subscriptions and 65,535 ever on one connection",
    "request ids are echoed in their type",
    "method names with v3/ in front",
    "returnRateLimits in the URL and in a request",
    "timeUnit in the URL",
    "conditional fields of orders and reports",
    "every example request of the documentation",
    "broken JSON and wrong frames get an error and the connection lives",
    "symbol names in any script",
    "symbol status: HALT, BREAK, CANCEL_ONLY",
    "pings every 20 seconds, cut after a minute, closed after a day",
    "local order book from snapshot and diff stream",
    "stream control: SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, properties and errors",
    "five requests a second and 1024 streams on a stream connection",
    "serverShutdown in both forms",
    "REST reads: time, exchangeInfo, depth, order, openOrders, account",
    "REST orders: placed, amended, replaced and cancelled; parameters in query or body",
    "REST order lists and smart order routing",
    "faults over REST",
    "money is conserved, locks fit, the book is sound under any sequence of actions",
    "listen keys (userDataStream.start, .ping, .stop)",
    "SBE answers and streams",
    "FIX sessions",
)
LISTS = ("OCO", "OCO by the deprecated orderList.place", "OTO", "OTOCO", "OPO", "OPOCO")
CONTROL = ("<combined>!serverShutdown",)
FIX_CODES = (-1033, -1035, *range(-1191, -1184), -1184, *range(-1183, -1168))


def expected() -> dict[str, tuple[str, ...]]:
    """Return what the venue's documentation has, by kind: each of it is one row."""
    return {
        "method": tuple(METHODS),
        "order type": tuple(ENUMS["orderType"]),
        "time in force": tuple(ENUMS["timeInForce"]),
        "order list type": LISTS,
        "self-trade prevention mode": tuple(ENUMS["selfTradePreventionMode"]),
        "filter": tuple(FILTERS),
        "error code": tuple(str(code) for code in ERRORS),
        "engine message": tuple(ENGINE_MESSAGES),
        "user data event": tuple(USER_EVENTS),
        "execution type": tuple(ENUMS["executionType"]),
        "expiry reason": tuple(each for each in ENUMS["expiryReason"] if each != "NONE"),
        "market stream": tuple(name for each in STREAMS for name in each["names"]),
        "behaviour": BEHAVIOURS,
    }


_FIX = "a code of FIX sessions alone; there is no FIX API here"
_SBE = "a code of SBE alone; no schema is served here, and -1155 (HTTP 400) says so at the handshake"
ABSENT: dict[tuple[str, str], str] = {
    **{("error code", str(code)): _FIX for code in FIX_CODES},
    **{("error code", str(code)): _SBE for code in (-1152, -1153, -1161, -1221)},
    ("error code", "-1002"): "the documentation names no situation of this API; a key without permission is -2015",
    ("error code", "-1010"): "the heading of the matching engine's messages, which come as -2010, -2011 and -2038",
    ("error code", "-1034"): "on this API too many connections fail the handshake with HTTP 429",
    ("error code", "-1103"): "on this API an unknown parameter is -1104 or -1101",
    ("error code", "-1112"): "the documentation names no situation; a market order without a book expires or is -2010",
    ("error code", "-1114"): "a time in force too many is -1106, which names the parameter",
    ("error code", "-1118"): "an empty client order id is -1105, which names the parameter",
    ("error code", "-1119"): "an empty client order id is -1105, which names the parameter",
    ("error code", "-1125"): "listen keys ended on 2026-02-20",
    ("error code", "-1224"): "a missing parameter of a working order is -1102, which names the parameter",
    ("error code", "-2016"): "the documentation names no situation of this API",
    ("engine message", "Cancel order is invalid. Check origClOrdId and orderId."):
        "on this API a cancel without an id is -1102 before it reaches the engine",
    ("engine message", "FIX API trading is not enabled."): "there is no FIX API here",
    ("user data event", "allocationReport"): "in the SBE schema alone; no page tells of it in JSON",
    ("behaviour", "listen keys (userDataStream.start, .ping, .stop)"): "the venue ended them on 2026-02-20",
    ("behaviour", "SBE answers and streams"): (
        "no schema is served, so it is answered as where SBE is not enabled (sbe_faq): over REST `Accept: application/sbe` "
        "alone is 406 and with `application/json` beside it JSON; `responseFormat=sbe` in the URL is HTTP 400, -1155"
    ),
    ("behaviour", "FIX sessions"): "another protocol",
}  # fmt: skip


@dataclass
class Claims:
    """Tests by what they claim; a pytest plugin that fills itself at collection."""

    behaves: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    shape: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def pytest_collection_modifyitems(self, items: Iterable[pytest.Item]) -> None:
        self.note(items)

    def note(self, items: Iterable[pytest.Item]) -> None:
        """Note what tests of the simulator claim, by their places in the files."""
        here = [item for item in items if item.path.is_relative_to(TESTS)]
        for item in sorted(here, key=lambda item: (item.path, item.location[1] or 0)):
            test = item.nodeid.partition("[")[0]
            for mark in item.iter_markers("parity"):
                kind, *names = mark.args
                claims = self.shape if mark.kwargs.get("shape") else self.behaves
                for name in names:
                    if test not in claims[kind, name]:
                        claims[kind, name].append(test)


def collect() -> Claims:
    """Collect the tests of the simulator and return what they claim.

    Raises:
        RuntimeError: they cannot be collected.
    """
    claims = Claims()
    said = io.StringIO()
    arguments = [
        "--collect-only",
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        str(TESTS),
    ]
    with contextlib.redirect_stdout(said):
        code = pytest.main(arguments, plugins=[claims])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(f"the tests cannot be collected:\n{said.getvalue()[-2000:]}")
    return claims


def problems(claims: Claims) -> list[str]:
    """Return what is wrong with the claims: rows that no test claims, or that are no rows."""
    rows = {(kind, name) for kind, names in expected().items() for name in names}
    found = [
        f"{kind} {name}: listed twice" for kind, names in expected().items() for name in names if names.count(name) > 1
    ]
    claimed = claims.behaves.keys() | claims.shape.keys()
    found += [
        f"{kind} {name}: claimed by {claims.behaves.get((kind, name))}, but it is no row"
        for kind, name in claimed - rows
    ]
    found += [f"{kind} {name}: absent with a reason, but it is no row" for kind, name in ABSENT.keys() - rows]
    found += [f"{kind} {name}: absent, and claimed by a test" for kind, name in ABSENT.keys() & claimed]
    found += [f"{kind} {name}: no test and no reason" for kind, name in rows - claimed - ABSENT.keys()]
    return sorted(found)


def render(claims: Claims) -> str:
    """Return the table."""
    lines = [
        "# What the local exchange does of what the venue documents",
        "",
        "Every method, error, filter, event and rule of the venue's documentation, and whether the local exchange has it.",
        "",
        "Written by `python -m tests.simulator.parity` from the marks of the tests; a test fails when it is out of date.",
        "*behaves*: the test named does it and looks at what happens. *shape only*: it looks as documented, field by field,",
        "but comes only when a fault asks for it. *absent*: it is not there, for the reason given.",
        "The documentation is that of 2026-07-21.",
        "",
    ]
    totals: dict[str, int] = defaultdict(int)
    body: list[str] = []
    for kind, names in expected().items():
        body += [f"## {kind[0].upper()}{kind[1:]}", "", f"| {kind} | | by |", "|---|---|---|"]
        for name in names:
            state, proof = _row(claims, kind, name)
            totals[state] += 1
            body.append(f"| {_cell(kind, name)} | {state} | {proof} |")
        body.append("")
    lines += [
        f"{totals['behaves']} rows behave, {totals['shape only']} have the shape only, {totals['absent']} are absent.",
        "",
    ]
    return "\n".join(lines + body).rstrip() + "\n"


def _cell(kind: str, name: str) -> str:
    if kind == "error code":
        title = ERRORS[int(name)]["name"]
        return f"{name} {title}" if title else name
    return name if kind in ("behaviour", "engine message", "order list type") else f"`{name}`"


def _row(claims: Claims, kind: str, name: str) -> tuple[str, str]:
    tests = claims.behaves.get((kind, name), [])
    if tests:
        return "behaves", _proof(tests)
    tests = claims.shape.get((kind, name), [])
    if tests:
        return "shape only", _proof(tests)
    return "absent", ABSENT[kind, name]


def _proof(tests: list[str]) -> str:
    """Name the first test by file and function, and say how many more there are."""
    path, _, test = tests[0].partition("::")
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    return f"`{path.removeprefix('tests/simulator/')}` {test.removesuffix('::runTest')}{more}"


def check(claims: Claims) -> list[str]:
    """Return what is wrong with the claims, or with the table."""
    wrong = problems(claims)
    if not wrong and (not TABLE.exists() or TABLE.read_text() != render(claims)):
        wrong = [f"{TABLE.relative_to(ROOT)} is out of date: python -m tests.simulator.parity"]
    return wrong


def main(arguments: list[str]) -> int:
    """Write the table, or check it."""
    claims = collect()
    wrong = check(claims) if "--check" in arguments else problems(claims)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    if "--check" not in arguments:
        TABLE.write_text(render(claims))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
