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
import ssl
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from binance_wsapi.errors import UsageError
from binance_wsapi.errors import shown as quoted
from binance_wsapi.limits.bans import LONGEST_BAN_MS
from binance_wsapi.limits.bucket import COUNT_TIMES
from binance_wsapi.limits.shared.division import (
    BURIAL_MS,
    FAR_MS,
    GREATEST_TOLD,
    MEMBER_TTL_MS,
    NEAR_MS,
    SILENCE_MS,
)
from binance_wsapi.limits.shared.records import (
    MOST_BANS,
    MOST_LIMITS,
    MOST_MEMBERS,
    MOST_OUTSIDERS,
    MOST_WINDOWS,
    UNREADABLE,
    ScopeState,
    sound,
)
from binance_wsapi.limits.shared.redis_address import refusal, shown, tls_files, tls_options, what_is_wrong
from binance_wsapi.limits.shared.redis_socket import Deadline, bounded_connection
from binance_wsapi.limits.shared.store import LONGEST_SECONDS, Reply, Report, StoreScope, StoreUnavailable, check_member
from binance_wsapi.limits.window import LOST_HOLD_MS
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import check_seconds

if TYPE_CHECKING:
    import redis

__all__ = ["RedisStore"]

_PREFIX: Final = "{binance-wsapi}:limits:1:"
_KEY_TTL_MS: Final = 172_800_000
_ASIDE: Final = b":broken"

T = TypeVar("T")


@made_at_border
class RedisStore(StoreScope):
    """Shares the budget between processes on any machines that reach one Redis.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://`` address of the server.
        ip: name of the address this machine is seen under; machines behind one address give the same.
        account: name of the account, so that its orders are shared; None when each process has its own. Not a key:
            it is written to the server.
        environment: ``production``, ``testnet`` and so on; they share nothing. None takes that of the client.
        processes: how many processes there will be at most. A process that cannot reach the server takes that part.
        label: what people call this process.
        timeout: seconds after which an exchange, or a look, is given up, however much of the answer has come.
        forget_after: seconds of silence after which a process counts as dead. Until then its part is kept for it; a
            process that is cut off for longer may find that others had it.
        far: seconds by which the venue's time may differ between two processes. A report that differs more is refused: one
            of the two has a wrong clock, or asked a node of the venue that has.
        token: makes the part of this process's name that no other has.

    Attributes:
        unreadable: names of the records that `inspect` could not read, until `change` sets them aside.

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
        environment: str | None = None,
        processes: int = 8,
        label: str | None = None,
        timeout: float = 0.25,
        forget_after: float = MEMBER_TTL_MS / 1_000,
        far: float = FAR_MS / 1_000,
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        try:
            import redis
        except ImportError as error:
            raise UsageError("the shared limits in Redis need the package: pip install binance-wsapi[redis]") from error
        super().__init__(environment, ip, account, processes)
        for name, seconds in (("timeout", timeout), ("forget_after", forget_after), ("far", far)):
            check_seconds(seconds, name, LONGEST_SECONDS)
        check_member(label, token)
        problem = what_is_wrong(url) or next(filter(None, map(_unreadable, tls_files(url))), "")
        if problem:
            raise UsageError(problem)
        self.timeout = timeout
        forget_ms = forget_after * 1_000
        self._constants = [
            int(forget_ms),
            int(forget_ms * SILENCE_MS / MEMBER_TTL_MS),
            LOST_HOLD_MS,
            int(forget_ms * BURIAL_MS / MEMBER_TTL_MS),
            _KEY_TTL_MS,
            int(far * 1_000),
            LONGEST_BAN_MS,
            NEAR_MS,
            MOST_OUTSIDERS,
            COUNT_TIMES,
            GREATEST_TOLD,
            MOST_MEMBERS,
            MOST_LIMITS,
            MOST_WINDOWS,
            MOST_BANS,
        ]
        self.member = f"{os.getpid()}-{token(6)}"
        self.label = label or f"pid {os.getpid()}"
        self._errors = redis.exceptions
        self.unreadable: list[str] = []
        self._lock = threading.Lock()
        self._deadline = Deadline()
        client: redis.Redis | None = None
        with contextlib.suppress(
            Exception
        ):  # of any class: its message may quote the address, its frames hold the password
            client = redis.Redis.from_url(
                url,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                decode_responses=False,
                connection_class=bounded_connection(url, self._deadline),
                **tls_options(url),
            )
        if client is None:
            raise UsageError("url must be the address of a Redis server: redis://host:port")
        self._client = client
        self._name = shown(url)
        self._script = self._client.register_script(_script())

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        """Make the exchanges in one run of the script. See `Store.exchange`."""
        keys = [_PREFIX + report.scope for report in reports]
        arguments: list[Any] = list(self._constants)
        arguments += [_encode(report) for report in reports]
        replies: list[Reply] = []
        failed: StoreUnavailable | None = None
        with self._lock:
            self._deadline.begin(self.timeout)
            try:
                answers = self._script(keys=keys, args=arguments)
                replies = [_reply(report, answer) for report, answer in zip(reports, answers, strict=True)]
            except self._errors.ResponseError as error:  # the script did not run, or wrote nothing
                failed = self._unavailable(error, maybe=False)
            except (self._errors.RedisError, OSError) as error:
                refused = isinstance(error.__cause__ or error.__context__, ConnectionRefusedError)
                failed = self._unavailable(error, maybe=not refused)
            except Exception as error:  # noqa: BLE001 - the package fails in any way at an answer that is none of Redis
                self._drop()
                failed = StoreUnavailable(
                    f"{self._name}: an answer that cannot be read ({type(error).__name__})", maybe=True
                )
        if failed is not None:  # outside ``except``: the frames of the package hold the password
            raise failed
        return replies

    def inspect(self) -> list[ScopeState]:
        """Return every scope of the server that can be read; `unreadable` names the others."""
        states, broken = self._ask(self._readable)
        self.unreadable = list(map(_scope_of, broken))
        return states

    def change(self, change: Callable[[ScopeState], bool]) -> int:
        """Change every scope as a person says, and return how many were changed. What cannot be read is set aside."""
        changed = self._ask(partial(self._change_each, change))
        self.unreadable = []
        return changed

    def _ask(self, work: Callable[[], T]) -> T:
        """Return what the server answers to a person's question.

        Raises:
            StoreUnavailable: it does not answer, or what it answers is none of Redis.
        """
        with self._lock:
            self._deadline.begin(self.timeout)
            try:
                return work()
            except (self._errors.RedisError, OSError) as error:
                failed = _told(error)
            except Exception as error:  # noqa: BLE001 - the package fails in any way at an answer that is none of Redis
                self._drop()
                failed = f"an answer that cannot be read ({type(error).__name__})"
        # Outside ``except``: the frames of the package hold the password.
        raise StoreUnavailable(f"{self._name}: {failed}", maybe=False)

    def _change_each(self, change: Callable[[ScopeState], bool]) -> int:
        states, broken = self._readable()
        for key in broken:
            self._client.rename(key, key + _ASIDE)
            self._client.pexpire(key + _ASIDE, _KEY_TTL_MS)
        transaction: Any = self._client.transaction
        keys = [(_PREFIX + state.scope).encode() for state in states]
        return sum(int(transaction(partial(_change_one, key, change), key, value_from_callable=True)) for key in keys)

    def _readable(self) -> tuple[list[ScopeState], list[bytes]]:
        """Return the states of all scopes that can be read, and the keys of the others."""
        states, broken = [], []
        for key in self._keys():
            try:
                raw = self._client.get(key)
                if raw is not None:  # it ran out since its name was read
                    states.append(_state(key, raw))
            except (*UNREADABLE, self._errors.ResponseError) as error:
                if refusal(error):
                    raise
                broken.append(key)
        return states, broken

    def _unavailable(self, error: BaseException, *, maybe: bool) -> StoreUnavailable:
        problem = refusal(error)
        if problem:
            return StoreUnavailable(f"{self._name}: {problem}", maybe=False, hopeless=True)
        return StoreUnavailable(f"{self._name}: {_told(error)}", maybe=maybe)

    def _drop(self) -> None:
        """Close the connection after an answer that could not be read: what is left of it answers nothing else."""
        with contextlib.suppress(self._errors.RedisError, OSError):
            self._client.connection_pool.disconnect()

    def _keys(self) -> list[bytes]:
        keys = self._client.scan_iter(match=_PREFIX + "*", count=10_000)
        return sorted(key for key in keys if not key.endswith(_ASIDE))

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


def _reply(report: Report, answer: Any) -> Reply:
    """Read an answer of the script.

    Raises:
        Exception: of any class: it is none.
    """
    epoch, version, members, bans, grants, lifted, refused, trouble, outsiders = answer
    fields = {
        "epoch": epoch.decode(),
        "version": version,
        "members": members,
        "bans": _ends(bans),
        "grants": [{"granted": granted, "room": room} for granted, room in _pairs(grants)],
        "lifted": _ends(lifted),
        "refused": refused.decode(),
        "trouble": trouble.decode(),
        "outsiders": outsiders,
    }
    reply = msgspec.convert(fields, Reply)
    if len(reply.grants) != len(report.asks):
        raise ValueError("the answer is to another question")
    return reply


def _pairs(flat: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(flat[::2], flat[1::2], strict=True))


def _ends(flat: list[Any]) -> dict[str, int]:
    return {name.decode(): int(till) for name, till in _pairs(flat)}


def _told(error: BaseException) -> str:
    """Return what went wrong with TLS in words, and of anything else the name: texts of the package may quote."""
    problem = refusal(error)
    if problem:
        return problem
    if type(error).__name__ == "ReadOnlyError":
        return "the server is a read-only replica (ReadOnlyError): give the address of its primary"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of the server is not valid: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


def _unreadable(option: tuple[str, str]) -> str:
    """Return what keeps a file of TLS from being used; empty when nothing does."""
    name, path = option
    try:
        if name == "ssl_ca_path":
            next(Path(path).iterdir(), None)  # the error is what is looked for
        elif name == "ssl_ca_certs":
            ssl.create_default_context(cafile=path)
        else:
            with Path(path).open("rb") as file:
                file.read(1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no certificate in PEM"
        return f"url must have a file that can be read as {name}, got {quoted(path)}: {reason}"
    return ""


def _change_one(key: bytes, change: Callable[[ScopeState], bool], pipe: Any) -> int:
    state = _state(key, pipe.get(key))
    if not change(state):
        return 0
    left = max(int(pipe.pttl(key)), 1)
    pipe.multi()
    pipe.set(key, msgspec.json.encode(_as_lua(state)), px=left)
    return 1


def _scope_of(key: bytes) -> str:
    return key.decode("utf-8", "backslashreplace").removeprefix(_PREFIX)


def _as_lua(state: ScopeState) -> dict[str, Any]:
    """Return a state as Lua reads it: it has no defaults, and no null that is false."""
    fields: dict[str, Any] = msgspec.to_builtins(state, str_keys=True)
    if fields["skew_ms"] is None:
        del fields["skew_ms"]
    return fields


def _number(text: str) -> int | float:
    """Read a number as Lua wrote it: whole ones beyond 14 digits have an exponent there."""
    number = float(text)
    return int(number) if number.is_integer() else number


_decode: Final = msgspec.json.Decoder(float_hook=_number).decode


def _state(key: bytes, raw: Any) -> ScopeState:
    """Read a state as Lua wrote it: an empty list looks like an empty object there."""
    fields = _decode(raw)
    for limit in fields["limits"].values():
        for window in limit["windows"].values():
            window["lost"] = window["lost"] or []
    return sound(msgspec.convert(fields, ScopeState, str_keys=True), key.decode().removeprefix(_PREFIX))
