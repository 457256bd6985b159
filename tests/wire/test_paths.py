"""A path that is none is refused where it is named, by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import FileJournal, HmacKey, Settings, UsageError
from binance_wsapi.limits import RedisStore, SqliteStore
from binance_wsapi.observability import WireRecorder
from binance_wsapi.simulator import LocalExchange, Replay
from binance_wsapi.simulator.faults.scenario import Scenario
from binance_wsapi.simulator.market.tape_market import Tape
from binance_wsapi.wire.caller import check_path

OURS: dict[str, Callable[[Any], object]] = {
    "path": SqliteStore,
    "path ": FileJournal,
    "path  ": WireRecorder,
    "ca_file": lambda path: Settings(ca_file=path),
    "the path": lambda path: HmacKey.from_file(path, "key"),
}
THE_EXCHANGE_S: dict[str, Callable[[Any], object]] = {
    "path": lambda path: LocalExchange(market="manual").write_transcript(path),
    "path ": Scenario.load,
    "path  ": lambda path: Tape(path, symbol="BTCUSDT"),
    "tls": lambda path: LocalExchange(market="manual", tls=path),
    "source": lambda path: Replay(Path(path)),
}
NO_PATHS = ["a\0b", "\0", "a\ud800b"]


@pytest.mark.parametrize("path", [*NO_PATHS, ""])
@pytest.mark.parametrize("name", OURS)
def test_what_no_path_can_be_is_refused_at_once_by_its_name(name: str, path: str) -> None:
    with pytest.raises(UsageError, match=f"^{name.strip()} "):
        OURS[name](path)


@pytest.mark.parametrize("path", NO_PATHS)
@pytest.mark.parametrize("name", THE_EXCHANGE_S)
def test_the_local_exchange_refuses_it_too(name: str, path: str) -> None:
    with pytest.raises(ValueError, match=f"^{name.strip()} must be a path"):
        THE_EXCHANGE_S[name](path)


@pytest.mark.parametrize("url", ["unix:///run/a%00b", "rediss://h?ssl_ca_certs=a%00b", "rediss://h?ssl_keyfile="])
def test_a_path_in_an_address_of_redis_is_refused_at_once(url: str) -> None:
    with pytest.raises(UsageError, match="url must have the path of a"):
        RedisStore(url)


@pytest.mark.parametrize("path", [5, None, b"x", ["x"]])
def test_what_is_no_text_is_no_path(path: object) -> None:
    with pytest.raises(UsageError, match=r'^path must be the path of a file, as "x\.db", got a '):
        check_path(path, "path", 'a file, as "x.db"')


def test_a_path_is_taken_as_it_is() -> None:
    assert check_path(Path("a") / "b", "path", "a file") == "a/b"
    assert check_path("\udcff", "path", "a file") == "\udcff", "bytes that are no text can be the name of a file"
