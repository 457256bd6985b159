"""A blocking client of an exchange that runs in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from binance_wsapi.blocking import SpotClient
from tests.served import Served


@pytest.fixture
def client(served: Served) -> Iterator[SpotClient]:
    with served.client() as client:
        yield client
