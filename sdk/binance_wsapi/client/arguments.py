"""What a client is made with: each argument is of its kind, or the error names it.

No error repeats a value: a secret may have been handed in where something else belongs.
"""

from __future__ import annotations

from typing import Any

from binance_wsapi.environments import Environment
from binance_wsapi.errors import UsageError
from binance_wsapi.link.settings import Settings
from binance_wsapi.orders.fate.fence import FateOptions

__all__ = ["check_arguments"]


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
