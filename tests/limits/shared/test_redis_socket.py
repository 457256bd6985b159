"""The whole answer of a Redis server comes in time, or is given up."""

from __future__ import annotations

import contextlib
import time

import pytest

from binance_wsapi.limits.shared.redis import RedisStore
from tests.limits.conftest import RedisServer
from tests.limits.shared.reports import now_ms, tell
from tests.limits.shared.test_redis_address import PASSWORD, asked, odd_server, tells
from tests.limits.test_cli import run


@pytest.mark.parametrize("what", ["exchange", "inspect", "change"])
@pytest.mark.parametrize(
    ("everything", "script"), [(b"x", b""), (b"$900000000\r\n", b""), (None, b"+x"), (None, b"*1\r\n")], ids=str
)
def test_an_answer_that_comes_byte_by_byte_is_given_up_after_the_timeout(
    what: str, everything: bytes | None, script: bytes
) -> None:
    if what != "exchange":
        everything = everything or script
    listener = odd_server(everything, script, endless=0.02)
    began = time.monotonic()
    with contextlib.closing(listener):
        error = asked(listener, "", what, timeout=0.3)
    assert 0.2 < time.monotonic() - began < 2.0
    assert "TimeoutError" in str(error)
    assert PASSWORD not in tells(error)


def test_what_is_bounded_is_each_exchange_and_not_the_connection(redis_server: RedisServer) -> None:
    store = RedisStore(redis_server.url, timeout=0.5)
    ticks = [0.0]
    store._deadline._clock = lambda: ticks[0]
    for _ in range(3):
        tell(store, now_ms())
        ticks[0] += 0.4
    store._deadline.begin(0.5)
    ticks[0] += 0.6
    with pytest.raises(TimeoutError, match="not whole within its time"):
        store._deadline.left()
    tell(store, now_ms())
    store.close()


@pytest.mark.parametrize("option", ["--once", "--json"])
def test_the_command_gives_a_dribbling_server_up_after_its_timeout(option: str) -> None:
    began = time.monotonic()
    with contextlib.closing(odd_server(b"x", endless=0.02)) as listener:
        result = run("--redis", f"redis://127.0.0.1:{listener.getsockname()[1]}", option, "--timeout", "0.3")
    assert time.monotonic() - began < 2.0
    assert result.exit_code == 1
    assert "cannot be read" in result.output + result.stderr
