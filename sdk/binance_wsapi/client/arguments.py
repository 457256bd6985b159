"""What a client is made with, and what `call` is given: each argument is of its kind, or the error names it.

No error repeats a value: a secret may have been handed in where something else belongs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from binance_wsapi.environments import Environment
from binance_wsapi.errors import UsageError
from binance_wsapi.link.settings import Settings
from binance_wsapi.orders.fate.fence import FateOptions
from binance_wsapi.wire.endpoint import Security

__all__ = ["check_call", "check_arguments"]


def check_arguments(
    environment: Any, key: Any, settings: Any, *, fate: Any, journal: Any, around: Any, recorder: Any, hooks: Any
) -> None:
    """Refuse what is of another kind than `SpotClient` takes.

    Raises:
        UsageError: an argument is; the message says what to write.
    """
    if not isinstance(environment, Environment):
        raise _wrong(
            "environment", environment, "PRODUCTION, TESTNET or DEMO; SpotClient.local(key, url=...) makes one of a URL"
        )
    if key is not None and (isinstance(key, type) or not hasattr(key, "can_log_on")):
        wanted = "a signer: Ed25519Key.from_file(...), HmacKey(...), RsaKey.from_file(...) or one of your own"
        raise _wrong("key", key, wanted)
    if settings is not None and not isinstance(settings, Settings):
        raise _wrong("settings", settings, "a Settings(...)")
    if journal is not None and not hasattr(journal, "record"):
        raise _wrong("journal", journal, "a FileJournal(path), a MemoryJournal() or one of your own")
    if fate is not None and not isinstance(fate, FateOptions):
        raise _wrong("fate", fate, "a FateOptions(...)")
    if recorder is not None and not callable(getattr(recorder, "around", None)):
        raise _wrong("recorder", recorder, 'a WireRecorder("wire.jsonl")')
    if around is not None and not callable(around):
        raise _wrong("around", around, "a function that takes a caller and returns one, as Telemetry.around")
    for name, hook in hooks.items():
        if hook is not None and not callable(hook):
            raise _wrong(name, hook, "a function")


def _wrong(name: str, value: Any, wanted: str) -> UsageError:
    got = "a class" if isinstance(value, type) else f"a {type(value).__name__}"
    return UsageError(f"{name} must be {wanted}, got {got}")


def check_call(method: object, params: object, security: object) -> None:
    """Check the arguments of a call by its wire name.

    Raises:
        UsageError: one is of a wrong kind; the message names it.
    """
    if not isinstance(method, str):
        raise UsageError(f"method must be a wire name, as 'order.place', got a {type(method).__name__}")
    if params is not None and not (isinstance(params, Mapping) and all(isinstance(name, str) for name in params)):
        kind = type(params).__name__
        raise UsageError(f"params must be a mapping by wire names, as {{'symbol': 'BTCUSDT'}}, got a {kind}")
    if security is not None and security not in list(Security):
        raise UsageError(f"security must be one of {', '.join(Security)}, got a {type(security).__name__}")
