"""``binance-wsapi limits``: what it shows of a budget, and what it refuses."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner, Result

from binance_wsapi.cli.limits import left, limits
from binance_wsapi.limits.shared.records import ScopeState
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from tests.limits.conftest import RedisServer
from tests.limits.shared.test_stores import ask, tell
from tests.served import Served


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print on a wide terminal, not on that of the test run."""
    monkeypatch.setattr("binance_wsapi.cli.limits.out", Console(highlight=False, width=160))


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    app = typer.Typer()
    app.command()(limits)
    return CliRunner(env={"COLUMNS": "160", **(env or {})}).invoke(app, list(arguments))


@pytest.fixture
def budget(tmp_path: Path) -> Path:
    """A file that two processes share: one took 300 and holds 40, one waits for more, and the address is banned."""
    now = time.time_ns() // 1_000_000
    path = tmp_path / "limits.db"
    one = SqliteStore(path, environment="production", label="maker [red]\x1b[2J", timeout=5.0)
    two = SqliteStore(path, environment="production", label="taker", timeout=5.0)
    window = now // 86_400_000
    day = {"key": "ORDERS 86400000", "length": 86_400_000, "window": window, "limit": 1_000}
    tell(one, ask(**day, want=40, taken=300, count=310), now_ms=now)
    tell(two, ask(**day, want=900, taken=10), now_ms=now, bans={"ip": now + 90_000})
    one.close()
    two.close()
    return path


def test_without_a_shared_place_it_shows_what_the_venue_says(tmp_path: Path) -> None:
    served = Served(seed=1)
    try:
        environ = {"BINANCE_CONFIG": os.devnull, **served.environment(tmp_path)}
        with served.client() as client:
            client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC")
        shown = run(env=environ)
        assert shown.exit_code == 0, shown.output
        assert "REQUEST_WEIGHT 1 minute" in shown.output
        rows = json.loads(run("--json", env=environ).stdout)
        day = next(row for row in rows if (row["type"], row["interval"]) == ("ORDERS", "DAY"))
        assert day["used"] == 1
        assert run("--clear-bans", env=environ).exit_code == 2
        assert run("--timeout", "1", "--env", "ws://127.0.0.1:1/ws-api/v3", env=environ).exit_code == 3
    finally:
        served.close()


def test_it_shows_what_is_used_by_whom_and_the_ban(budget: Path) -> None:
    result = run("--file", str(budget), "--once")
    assert result.exit_code == 0
    assert "production · ip default" in result.output
    assert "ORDERS 1 d" in result.output
    assert "310" in result.output
    assert "taker" in result.output
    assert "banned (ip) for another" in result.output


def test_a_label_cannot_move_the_cursor_or_colour_the_text(budget: Path) -> None:
    result = run("--file", str(budget), "--once")
    assert "\x1b[2J" not in result.output
    assert "maker [red]" in result.output


def test_json_has_the_same_and_no_more(budget: Path) -> None:
    result = run("--file", str(budget), "--json")
    (scope,) = json.loads(result.output)
    assert (scope["environment"], scope["scope"], scope["name"]) == ("production", "ip", "default")
    assert list(scope["banned_until"]) == ["ip"]
    (limit,) = scope["limits"]
    assert (limit["type"], limit["seconds"], limit["limit"], limit["used"]) == ("ORDERS", 86_400, 1_000, 310)
    assert [(p["process"][:5], p["taken"], p["held"], p["waiting_for"]) for p in limit["processes"]] == [
        ("maker", 300, 40, 0),
        ("taker", 10, 650, 250),
    ]


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [(-5, "0 s"), (4_400, "4 s"), (119_000, "119 s"), (3_599_000, "1 h 0 min"), (81_004_000, "22 h 30 min")],
)
def test_how_long_it_lasts_is_told_as_people_say_it(milliseconds: int, told: str) -> None:
    assert left(milliseconds) == told


def test_it_takes_nothing_from_the_budget(budget: Path) -> None:
    first = run("--file", str(budget), "--json").output
    assert json.loads(run("--file", str(budget), "--json").output) == json.loads(first)


def test_redis_is_read_from_the_environment(redis_server: RedisServer) -> None:
    result = run("--once", env={"BINANCE_LIMITS_REDIS": redis_server.url})
    assert result.exit_code == 0
    assert "no process has used" in result.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--forget", "maker"], "--file or --redis"),
        (["--file", "limits.db", "--redis", "redis://127.0.0.1"], "--file or --redis"),
        (["--file", "nowhere.db"], "there is no file"),
        (["--redis", "redis://:CanaryOfStore9999@127.0.0.1:1"], "BINANCE_LIMITS_REDIS"),
        (["--redis", "http://127.0.0.1"], "redis://"),
    ],
    ids=["no place", "two places", "no file", "password", "no address"],
)
def test_what_it_refuses(arguments: list[str], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, "--once")
    assert result.exit_code == 2
    assert why in result.output
    assert "CanaryOfStore9999" not in result.output


def test_a_budget_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    path.write_bytes(b"no database at all, whatever its name may say about it" * 30)
    result = run("--file", str(path), "--once")
    assert result.exit_code == 1
    assert "cannot be read" in result.output


PROCESS = """
import asyncio, sys, time
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.records import ScopeState
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.ratelimit import RateLimit

async def main(path, label, calls):
    day = [RateLimit("REQUEST_WEIGHT", "DAY", 1, 6_000)]  # no window ends while the test looks
    store = SqliteStore(path, label=label, processes=2, timeout=5.0)
    limiter = RequestLimiter(store, now_ms=lambda: time.time_ns() // 1_000_000, limits=day)
    await limiter.open()
    for _ in range(int(calls)):
        limiter.settle(await limiter.admit(Endpoint("account.status", dict, weight=20), {}), 200)
    await limiter.lease()  # a whole exchange with the store
    print("spent", flush=True)
    await asyncio.to_thread(sys.stdin.read)

asyncio.run(main(*sys.argv[1:]))
"""


def test_it_shows_each_of_two_running_processes_with_its_share(tmp_path: Path) -> None:
    path = tmp_path / "limits.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(path), label, str(calls)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for label, calls in (("maker", 60), ("taker", 15))
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == b"spent\n"
        (scope,) = json.loads(run("--file", str(path), "--json").output)
        weight = next(limit for limit in scope["limits"] if limit["type"] == "REQUEST_WEIGHT")
        assert [(each["process"], each["taken"], each["share"]) for each in weight["processes"]] == [
            ("maker", 1_200, 0.2), ("taker", 300, 0.05),
        ]  # fmt: skip
        assert weight["used"] == 1_500
        shown = run("--file", str(path), "--once").output
        assert "maker" in shown
        assert "20%" in shown
    finally:
        for process in processes:
            process.communicate()


def test_live_it_looks_again_and_again_until_it_is_interrupted(budget: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            store = SqliteStore(budget, label="a newcomer", timeout=5.0)
            now = time.time_ns() // 1_000_000
            day = {"key": "ORDERS 86400000", "length": 86_400_000, "window": now // 86_400_000, "limit": 1_000}
            tell(store, ask(**day, want=1), now_ms=now)
            store.close()
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("binance_wsapi.cli.limits.time.sleep", sleep)
    result = run("--file", str(budget), "--every", "0.2")
    assert result.exit_code == 0
    assert looks == [0.2, 0.2, 0.2]
    assert "a newcomer" in result.output


def test_a_ban_is_lifted_only_by_a_person_who_saw_it(budget: Path) -> None:
    told = run("--file", str(budget), "--clear-bans")
    assert told.exit_code == 2, "no answer is no"
    assert "banned (ip)" in told.output
    store = SqliteStore(budget, timeout=5.0)
    assert next(state.bans for state in store.inspect())
    assert run("--file", str(budget), "--clear-bans", "--yes").exit_code == 0
    assert [state.bans for state in store.inspect()] == [{}]
    assert "there is no ban" in run("--file", str(budget), "--clear-bans").output
    store.close()


def test_a_process_that_is_no_more_is_forgotten_by_its_name(budget: Path) -> None:
    assert run("--file", str(budget), "--forget", "stranger").exit_code == 2
    assert run("--file", str(budget), "--forget", "taker").exit_code == 2, "no answer is no"
    assert run("--file", str(budget), "--forget", "taker", "--yes").exit_code == 0
    store = SqliteStore(budget, timeout=5.0)
    (state,) = store.inspect()
    assert [member.label for member in state.members.values()] == ["maker [red]\x1b[2J"]
    store.close()


def test_a_program_hears_of_every_change_as_json(budget: Path) -> None:
    asked = ("--file", str(budget), "--json")
    unknown = run(*asked, "--forget", "absent\x1b[2J", "--clear-bans", "--yes")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert json.loads(unknown.stderr)["message"] == "no process is called absent\N{REPLACEMENT CHARACTER}[2J"
    unsaid = run(*asked, "--clear-bans")
    assert (unsaid.exit_code, unsaid.stdout, json.loads(unsaid.stderr)["exit"]) == (2, "", 2)
    done = run(*asked, "--clear-bans", "--forget", "taker", "--yes")
    told = json.loads(done.stdout)
    assert ([each["ban"] for each in told["lifted"]], told["forgotten"]) == (["ip"], "taker")
    assert "banned (ip)" in json.loads(done.stderr)["notes"][0]
    assert json.loads(run(*asked, "--clear-bans").stdout) == {"lifted": []}, "the one mistake before changed nothing"


NO_RECORDS = {
    "a text": ("production:ip:other", "not a record"),
    "bytes": ("production:ip:other", b"\xff\x00"),
    "a text that is none": ("production:ip:other", "CAST(x'ff80' AS TEXT)"),
    "a name that is none": (b"\xff\xfe", b"\x80"),
    "a number": (5, 7),
    "a scope without a kind": ("alone", msgspec.msgpack.encode(ScopeState("alone"))),
}


def put(path: Path, name: object, state: object) -> None:
    """Write a row as another program might."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        if isinstance(state, str) and state.startswith("CAST"):
            db.execute(f"INSERT INTO scope VALUES (?, {state})", (name,))
        else:
            db.execute("INSERT INTO scope VALUES (?, ?)", (name, state))


@pytest.mark.parametrize("kind", NO_RECORDS)
def test_a_record_that_cannot_be_read_hides_no_other_and_is_set_aside_with_the_bans(budget: Path, kind: str) -> None:
    put(budget, *NO_RECORDS[kind])
    shown = run("--file", str(budget), "--once")
    assert (shown.exit_code, "taker" in shown.output, "cannot be read" in shown.output) == (0, True, True)
    looked = run("--file", str(budget), "--json")
    assert [scope["name"] for scope in json.loads(looked.stdout)] == ["default"]
    assert "cannot be read" in json.loads(looked.stderr)["notes"][0]
    done = run("--file", str(budget), "--clear-bans", "--yes", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert ([each["ban"] for each in told["lifted"]], len(told["set_aside"])) == (["ip"], 1)
    with closing(SqliteStore(budget, timeout=5.0)) as store:
        assert ([state.bans for state in store.inspect()], store.unreadable) == ([{}], [])
    with closing(sqlite3.connect(budget)) as db:
        assert db.execute("SELECT count(*) FROM broken").fetchone() == (1,)


@pytest.mark.parametrize("who", ["taker", "stranger"])
def test_a_record_that_cannot_be_read_is_set_aside_when_a_process_is_forgotten(budget: Path, who: str) -> None:
    put(budget, *NO_RECORDS["bytes"])
    done = run("--file", str(budget), "--forget", who, "--yes", "--json")
    assert done.exit_code == (2 if who == "stranger" else 0)
    told = json.loads(done.stderr if who == "stranger" else done.stdout)
    assert told["set_aside"] == ["production:ip:other"]
    with closing(SqliteStore(budget, timeout=5.0)) as store:
        store.inspect()
        assert store.unreadable == []


@pytest.mark.parametrize("garbage", ["text", "list", "a name that is none"])
def test_a_record_of_redis_that_cannot_be_read_hides_no_other_and_is_set_aside(
    redis_server: RedisServer, garbage: str
) -> None:
    import redis

    now = time.time_ns() // 1_000_000
    with closing(RedisStore(redis_server.url, environment="production", timeout=5.0)) as store:
        tell(store, ask(), now_ms=now, bans={"ip": now + 90_000})
    bad = b"{binance-wsapi}:limits:1:" + (b"\xff\xfe" if garbage.startswith("a name") else b"production:ip:other")
    with closing(redis.Redis.from_url(redis_server.url)) as raw:
        if garbage == "list":
            raw.lpush(bad, "x")
        else:
            raw.set(bad, "{")
        environ = {"BINANCE_LIMITS_REDIS": redis_server.url}
        assert "cannot be read" in run("--once", env=environ).output
        told = json.loads(run("--clear-bans", "--yes", "--json", env=environ).stdout)
        assert ([each["ban"] for each in told["lifted"]], len(told["set_aside"])) == (["ip"], 1)
        assert not raw.exists(bad)
        assert raw.exists(bad + b":broken")
    assert json.loads(run("--json", env=environ).stdout)[0]["banned_until"] == {}
