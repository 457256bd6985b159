"""Stores to test against. The Redis tests need the real server; without it the run says what it did not test."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Store

NO_REDIS = "redis-server is not installed: the shared limits in Redis were not tested"
_not_run: list[str] = []

MakeStore = Callable[[str], Store]
"""Makes a store for one more process; all of them share one budget."""


class RedisServer:
    """A redis-server of our own on a free port, without files."""

    def __init__(self, binary: str, folder: Path) -> None:
        self._binary = binary
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        import redis

        self._process = subprocess.Popen(
            [self._binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        client = redis.Redis.from_url(self.url)
        for _ in range(500):
            try:
                client.ping()
                break
            except redis.exceptions.ConnectionError:
                time.sleep(0.01)
        else:
            raise RuntimeError("redis-server did not start")
        client.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def redis_binary() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


@pytest.fixture(scope="session")
def _running_redis(redis_binary: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer | None]:
    if redis_binary is None:
        yield None
        return
    server = RedisServer(redis_binary, tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(_running_redis: RedisServer | None, request: pytest.FixtureRequest) -> RedisServer:
    if _running_redis is None:
        _not_run.append(request.node.nodeid)
        pytest.skip(NO_REDIS)
    import redis

    client = redis.Redis.from_url(_running_redis.url)
    client.flushall()
    client.close()
    return _running_redis


@pytest.fixture
def forget_after() -> float:
    """Seconds of the server's clock after which Redis takes a silent process for dead; a test may say less."""
    return 30.0


@pytest.fixture(params=["memory", "sqlite", "redis"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path, forget_after: float) -> Iterator[MakeStore]:
    made: list[Store] = []
    make: MakeStore
    if request.param == "memory":
        root = MemoryStore(processes=4)
        make = root.join
    elif request.param == "sqlite":
        make = lambda label: SqliteStore(  # noqa: E731 - three one-liners side by side
            tmp_path / "limits.db",
            account="main",
            processes=4,
            label=label,
            timeout=5.0,
            far=1e9,  # tests jump through time
        )
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        make = lambda label: RedisStore(  # noqa: E731
            server.url, account="main", processes=4, label=label, timeout=5.0, forget_after=forget_after, far=1e9
        )

    def remember(label: str) -> Store:
        store = make(label)
        made.append(store)
        return store

    yield remember
    for store in made:
        store.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _not_run:
        terminalreporter.section("limits")
        terminalreporter.write_line(f"{NO_REDIS} ({len(_not_run)} tests did not run)")
