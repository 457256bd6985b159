"""The tables of a journal's file, and an intent as a line of them.

Each line has two checksums: one of what was written and never changes, one of how far the intent got.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from zlib import crc32

import msgspec

from binance_wsapi.orders.fate.fence import Evidence, Outcome
from binance_wsapi.orders.journal.intent import Intent, IntentState, Settlement
from binance_wsapi.orders.journal.seal import BLANK

__all__ = ["COLUMNS", "FORMAT", "SCHEMA", "SELECT", "Statement", "delete", "insert", "read", "to_format_2", "update"]

Statement: TypeAlias = tuple[str, tuple[Any, ...]]

FORMAT: Final = 2
"""Of the tables; a file of a later one is refused rather than misread."""

SCHEMA: Final = (
    "CREATE TABLE journal (account TEXT NOT NULL, openings INTEGER NOT NULL)",
    """
    CREATE TABLE intent (
        line INTEGER PRIMARY KEY,
        intent_id TEXT NOT NULL,
        method TEXT NOT NULL,
        symbol TEXT NOT NULL,
        ids TEXT NOT NULL,
        params TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        recv_window_ms REAL NOT NULL,
        account TEXT NOT NULL,
        client_order_id TEXT,
        state TEXT NOT NULL,
        timestamp_ms INTEGER,
        evidence TEXT,
        at_ms INTEGER,
        order_id INTEGER,
        status TEXT,
        code INTEGER,
        sum INTEGER NOT NULL,
        fate_sum INTEGER NOT NULL
    )
    """,
    "CREATE TABLE seal (blank BLOB NOT NULL)",
)
COLUMNS: Final = (
    "line", "intent_id", "method", "symbol", "ids", "params", "created_ms", "recv_window_ms", "account", "client_order_id",
    "state", "timestamp_ms", "evidence", "at_ms", "order_id", "status", "code", "sum", "fate_sum",
)  # fmt: skip
_TO_FORMAT_2: Final = (
    "ALTER TABLE intent ADD COLUMN sum INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE intent ADD COLUMN fate_sum INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE seal (blank BLOB NOT NULL)",
)
_INSERT: Final = (
    "INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'RECORDED', NULL, NULL, NULL, NULL, NULL, NULL, ?, ?)"
)
_UPDATE: Final = (
    "UPDATE intent SET state = ?, timestamp_ms = ?, evidence = ?, at_ms = ?, order_id = ?, status = ?, code = ?, "
    "fate_sum = ? WHERE line = ? AND intent_id = ?"
)
_DELETE: Final = "DELETE FROM intent WHERE line = ?"
SELECT: Final = "SELECT * FROM intent ORDER BY line"

_NEVER_WRITTEN: Final = frozenset({"apiKey", "signature"})

_to_json = msgspec.json.Encoder().encode
_ids_of = msgspec.json.Decoder(tuple[str, ...]).decode
_params_of = msgspec.json.Decoder(dict[str, Any]).decode


def insert(intent: Intent) -> Statement:
    """Return what writes a new intent down."""
    params: Mapping[str, Any] = intent.params
    if not _NEVER_WRITTEN.isdisjoint(params) or None in params.values():
        params = {name: value for name, value in params.items() if value is not None and name not in _NEVER_WRITTEN}
    line, intent_id, method, symbol = intent.line, intent.intent_id, intent.method, intent.symbol
    ids, asked = _to_json(intent.ids).decode(), _to_json(params).decode()
    at, window = intent.created_ms, float(intent.recv_window_ms)
    account, name = intent.account, intent.client_order_id
    # What `_sum` makes of the row, in a third of the time.
    checked = f"{line}\n{intent_id}\n{method}\n{symbol}\n{ids}\n{asked}\n{at}\n{window}\n{account}\n{name}"
    row = line, intent_id, method, symbol, ids, asked, at, window, account, name
    return _INSERT, (*row, crc32(checked.encode()), crc32(_NO_FATE % line))


def update(intent: Intent) -> Statement:
    """Return what writes down how far an intent got."""
    known, line = intent.settlement, intent.line
    state, sent = intent.state._value_, intent.timestamp_ms  # `value` would be looked up in Python, for every order
    evidence: str | None
    at: int | None
    if known is None:
        evidence, at, number, code = None, None, intent.seen, None
        status = _HIDDEN if intent.hidden else None
    else:
        evidence, at, number = known.evidence._value_, known.at_ms, known.order_id
        status, code = known.status, known.code
    checked = f"{line}\n{state}\n{sent}\n{evidence}\n{at}\n{number}\n{status}\n{code}"  # as `_sum` makes it
    return _UPDATE, (state, sent, evidence, at, number, status, code, crc32(checked.encode()), line, intent.intent_id)


_HIDDEN: Final = "HIDDEN"
"""Stands for the status of an order whose fate is not known, and whose id a change may have taken."""

_NO_FATE: Final = b"%d\nRECORDED" + b"\nNone" * 6
"""What `_sum` sees of how far a new intent got."""


def _sum(values: tuple[Any, ...]) -> int:
    """Return a checksum of part of a row: a foreign byte in it is noticed also where SQLite finds nothing wrong."""
    return crc32("\n".join(map(str, values)).encode())


def delete(line: int) -> Statement:
    """Return what forgets an intent."""
    return _DELETE, (line,)


def read(row: tuple[Any, ...]) -> Intent:
    """Return the intent that a line holds.

    Raises:
        ValueError, KeyError, TypeError, msgspec.MsgspecError: it cannot be read, or is not as it was written.
    """
    (line, intent_id, method, symbol, ids, params, created, window, account, client_order_id,
     state, timestamp, evidence, at_ms, order_id, status, code, checked, fate_checked) = row  # fmt: skip
    if checked != _sum(row[:10]) or fate_checked != _sum((line, *row[10:17])):
        raise ValueError("the line is not as it was written")
    reached = IntentState(state)
    settlement = None
    if reached.is_final:
        settlement = Settlement(Outcome[reached.name], Evidence(evidence), at_ms, order_id, status, code)
    else:
        reached = IntentState.UNKNOWN  # its process died: after every last state a frame may be out
    return Intent(
        intent_id,
        method,
        symbol,
        _ids_of(ids),
        _params_of(params),
        created,
        window,
        account,
        client_order_id,
        reached,
        timestamp,
        settlement,
        recovered=True,
        line=line,
        seen=order_id,
        hidden=settlement is None and status == _HIDDEN,
    )


def to_format_2(db: sqlite3.Connection) -> None:
    """Give a file of the first format its checksums and its seal."""
    for each in _TO_FORMAT_2:
        db.execute(each)
    db.execute("INSERT INTO seal VALUES (?)", (BLANK,))
    for row in db.execute(SELECT).fetchall():
        sums = _sum(row[:10]), _sum((row[0], *row[10:17]))
        db.execute("UPDATE intent SET sum = ?, fate_sum = ? WHERE line = ?", (*sums, row[0]))
    db.execute(f"PRAGMA user_version = {FORMAT}")
