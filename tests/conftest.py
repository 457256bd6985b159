"""What holds for the whole test run: no secret in any log at any level, nor in any exception of the library.

Every secret and API key that a test makes is noted as it is made. After each test, all that the library and its transport
logged meanwhile, and every error of ours that was raised, is searched for all of them.
"""

from __future__ import annotations

import gc
import logging
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.strategies import none

from binance_wsapi.errors import WsapiError
from binance_wsapi.keys.base import Key
from binance_wsapi.keys.secret import Secret
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.link.sockets.proxy import ProxyUrl
from tests.served import Served

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # a machine that does other work as well takes ten times as long for an example

LISTENED = ("binance_wsapi", "websockets.client", "httpx", "httpcore", "asyncio")
SIGNATURE = re.compile(r"""signature["']?\s*[:=]\s*["']?[A-Za-z0-9+/=%]{32,}""")
SHORTEST = 16
"""Characters: shorter values are words of the tests, and turn up in ordinary sentences."""

_secrets: set[str] = set()
_errors: deque[WsapiError] = deque(maxlen=20_000)
_logged: deque[str] = deque(maxlen=200_000)


class _Listener(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _logged.append(self.format(record))


def _note(value: Any) -> None:
    text = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | bytearray | memoryview) else str(value)
    if len(text) >= SHORTEST:
        _secrets.add(text)


def _note_password(url: str) -> None:
    """Note what stands before the last `@` of an address, whatever else is wrong with it: a refused one has a password too."""
    credentials = url.rpartition("@")[0].rpartition("//")[2]
    password = credentials.partition(":")[2]
    _note(password)


def _after(kind: type, act: Any) -> None:
    """Have `act` see every new object of a kind and what it was made of."""
    original: Any = kind.__init__  # type: ignore[misc]

    def watched(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            original(self, *args, **kwargs)
        finally:
            act(self, *args)

    setattr(kind, "__init__", watched)  # noqa: B010


_after(Secret, lambda _self, value: _note(value))
_after(Key, lambda _self, api_key: _note(api_key))
_after(ProxyUrl, lambda _self, url, *_: _note_password(url))
_after(RedisStore, lambda _self, url: _note_password(url))
_after(WsapiError, lambda self, *_: _errors.append(self))


@pytest.fixture(autouse=True, scope="session")
def _garbage_is_seldom_looked_for() -> Iterator[None]:
    """Look for garbage seldom, and never among what is there before the first test: modules and thousands of tests.

    Hypothesis asks the collector which object refers to its random generator, once, at the first example, and warns where
    none does. A frozen object does not count: so the first example is run here, before.
    """
    given(none())(settings(max_examples=1, database=None)(lambda _: None))()
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.fixture
def all_objects() -> Iterator[None]:
    """Let `gc.get_objects` show what was made before the tests, too."""
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def objects_of_the_test() -> None:
    """Let `gc.get_objects` show what the test makes, and nothing that other tests left."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _listen() -> Iterator[None]:
    listener = _Listener(logging.DEBUG)
    levels = {name: logging.getLogger(name).level for name in LISTENED}
    for name in LISTENED:
        logging.getLogger(name).addHandler(listener)
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield
    for name, level in levels.items():
        logging.getLogger(name).removeHandler(listener)
        logging.getLogger(name).setLevel(level)


@pytest.fixture(autouse=True)
def _no_secret_is_told() -> Iterator[None]:
    _errors.clear()
    _logged.clear()
    yield
    told = "\n".join([*_logged, *(f"{error!r} {error}" for error in _errors)])
    shown = [secret for secret in _secrets if secret in told]
    assert not shown, f"{len(shown)} secrets are in the log or in an exception"
    assert not SIGNATURE.search(told), "a signature is in the log or in an exception"


@pytest.fixture
def served() -> Iterator[Served]:
    """An exchange in a thread of its own, with one level on each side of BTCUSDT."""
    served = Served()
    served.quote("59000", "60000")
    yield served
    served.close()


@pytest.fixture
def no_log() -> Iterator[None]:
    """Log nothing: a life of thousands of frames takes several times as long when each is put into words."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
