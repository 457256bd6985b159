"""Stores of both kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from tests.limits.conftest import RedisServer
from tests.limits.shared.reports import Make


@pytest.fixture(params=["sqlite", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """A maker of stores that share one budget."""
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "limits.db", timeout=5.0)
    server: RedisServer = request.getfixturevalue("redis_server")
    return lambda: RedisStore(server.url, timeout=5.0)
