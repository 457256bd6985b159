"""The budget of processes on many machines, in Redis or Valkey.

The unfilled order count is kept per account, wherever its orders come from; so processes on several machines that trade
for one account share it here. Install with the extra ``redis``.

Theory of operation
-------------------
An exchange is one Lua script, ``division.lua``, so it is one at a time and whole or not at all. It does line by line
what `division.exchange` does; a test plays both against each other. Whether a member still lives is judged by the server's
clock; the windows are the venue's, by each process's picture of the venue's clock, as everywhere.

A key holds one scope: ``{binance-wsapi}:limits:1:production:ip:default``. The braces keep all scopes in one slot of a
cluster, since one exchange touches two. Keys expire after two days of silence.

No durability is needed. A server that forgets makes a new epoch, and the processes take care (`store`). A replica that
takes over with older state is the same to them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import msgspec

from binance_wsapi.errors import UsageError
from binance_wsapi.limits.shared.division import BURIAL_MS, MEMBER_TTL_MS, SILENCE_MS, ScopeState
from binance_wsapi.limits.shared.store import Grant, Reply, Report, StoreUnavailable, check_processes, scope_names
from binance_wsapi.limits.window import LOST_HOLD_MS

if TYPE_CHECKING:
    import redis

__all__ = ["RedisStore"]

_PREFIX: Final = "{binance-wsapi}:limits:1:"
_KEY_TTL_MS: Final = 172_800_000


class RedisStore:
    """Shares the budget between processes on any machines that reach one Redis.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://`` address of the server.
        ip: name of the address this machine is seen under; machines behind one address give the same.
        account: name of the account, so that its orders are shared; None when each process has its own. Not a key:
            it is written to the server.
        environment: ``production``, ``testnet`` and so on; they share nothing.
        processes: how many processes there will be at most. A process that cannot reach the server takes that part.
        label: what people call this process.
        timeout: seconds after which an exchange is given up.
        forget_after: seconds of silence after which a process counts as dead. Until then its part is kept for it; a
            process that is cut off for longer may find that others had it.
        token: makes the part of this process's name that no other has.

    Raises:
        UsageError: the package ``redis`` is not installed, or the address is none.
    """

    blocking = True

    def __init__(
        self,
        url: str,
        *,
        ip: str = "default",
        account: str | None = None,
        environment: str = "production",
        processes: int = 8,
        label: str | None = None,
        timeout: float = 0.25,
        forget_after: float = MEMBER_TTL_MS / 1_000,
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        try:
            import redis
        except ImportError as error:
            raise UsageError("the shared limits in Redis need the package: pip install binance-wsapi[redis]") from error
        check_processes(processes)
        self.ip, self.account = scope_names(environment, ip, account)
        self.processes = processes
        if forget_after <= 0:
            raise UsageError(f"forget_after is a number of seconds above 0, not {forget_after}")
        self.timeout = timeout
        forget_ms = forget_after * 1_000
        self._constants = [
            int(forget_ms),
            int(forget_ms * SILENCE_MS / MEMBER_TTL_MS),
            LOST_HOLD_MS,
            int(forget_ms * BURIAL_MS / MEMBER_TTL_MS),
            _KEY_TTL_MS,
        ]
        self.member = f"{os.getpid()}-{token(6)}"
        self.label = label or f"pid {os.getpid()}"
        self._errors = redis.exceptions
        self._lock = threading.Lock()
        try:
            self._client: redis.Redis = redis.Redis.from_url(
                url, socket_timeout=timeout, socket_connect_timeout=timeout, decode_responses=False
            )
        except ValueError as error:
            # The message of the package quotes the address, and that may hold a password.
            raise UsageError("the address of the Redis server is not one: redis://host:port") from error
        self._script = self._client.register_script(_script())

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        """Make the exchanges in one run of the script. See `Store.exchange`."""
        keys = [_PREFIX + report.scope for report in reports]
        arguments: list[Any] = list(self._constants)
        arguments += [_encode(report) for report in reports]
        with self._lock:
            try:
                answers = self._script(keys=keys, args=arguments)
            except self._errors.ResponseError as error:  # the script did not run, or wrote nothing
                raise StoreUnavailable(f"redis: {type(error).__name__}", maybe=False) from error
            except (self._errors.RedisError, OSError) as error:
                refused = isinstance(error.__cause__ or error.__context__, ConnectionRefusedError)
                raise StoreUnavailable(f"redis: {type(error).__name__}", maybe=not refused) from error
        return [_reply(each) for each in answers]

    def inspect(self) -> list[ScopeState]:
        """Return every scope the server knows."""
        with self._lock:
            try:
                keys = sorted(self._client.scan_iter(match=_PREFIX + "*", count=1_000))
                raws = [self._client.get(key) for key in keys]
            except (self._errors.RedisError, OSError) as error:
                raise StoreUnavailable(f"redis: {type(error).__name__}", maybe=False) from error
        return [_state(raw) for raw in raws if isinstance(raw, bytes)]

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(self._errors.RedisError, OSError):
            self._client.close()


def _script() -> str:
    return resources.files(__package__).joinpath("division.lua").read_text("utf-8")


def _encode(report: Report) -> bytes:
    # Lua has no defaults: every field is sent.
    fields = msgspec.structs.asdict(report)
    fields["asks"] = [msgspec.structs.asdict(ask) for ask in report.asks]
    return msgspec.json.encode(fields)


def _reply(answer: Any) -> Reply:
    epoch, version, members, bans, grants = answer
    return Reply(
        epoch.decode(),
        version,
        members,
        {bans[index].decode(): int(bans[index + 1]) for index in range(0, len(bans), 2)},
        [Grant(grants[index], grants[index + 1]) for index in range(0, len(grants), 2)],
    )


def _state(raw: bytes) -> ScopeState:
    """Read a state as Lua wrote it: an empty list looks like an empty object there."""
    fields = msgspec.json.decode(raw)
    for limit in fields["limits"].values():
        for window in limit["windows"].values():
            window["lost"] = window["lost"] or []
    return msgspec.convert(fields, ScopeState, str_keys=True)
