"""Structured logs: one line of JSON for each record, without secrets.

The library itself logs no key, signature or signed frame. Lines of a program around it may: all that the formatter of
this module prints has passed `without_secrets`.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

from binance_wsapi.wire.border import called

__all__ = ["HIDDEN", "JsonFormatter", "without_secrets"]

HIDDEN: Final = "***"

_NAMED: Final = re.compile(
    r"""(?ix)
    (["']?\b(?:api[_-]?key|api[_-]?secret|secret[_-]?key|secret|signature|passphrase|password|private[_-]?key|listen[_-]?token
     |x-mbx-apikey)\b["']?\s*[:=]\s*(?:b?(?=["']))?)
    ("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^\s,;&"'}\])]+)
    """
)
"""A name of a secret, and what stands behind it."""
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_USER_INFO: Final = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_KEY: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{64}(?![A-Za-z0-9])")
"""API keys and HMAC secrets of the venue are 64 letters and digits; so are signatures in hexadecimal."""

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@called
def without_secrets(text: str) -> str:
    """Return a text with what looks like a secret replaced by ``***``.

    Hidden are the values behind names of secrets (``apiKey``, ``secret``, ``signature``, ``passphrase``, …), private keys as
    PEM, user and password of URLs, and words of 64 letters and digits, as the venue's keys are.

    Args:
        text: of any length.

    Returns:
        The text; of the same length only where nothing was hidden.
    """
    text = _PEM.sub(HIDDEN, text)
    text = _NAMED.sub(lambda match: match[1] + _same_quotes(match[2]), text)
    text = _USER_INFO.sub(HIDDEN, text)
    return _KEY.sub(HIDDEN, text)


def _same_quotes(value: str) -> str:
    quote = value[0] if value[0] in "\"'" else ""
    return f"{quote}{HIDDEN}{quote}"


class JsonFormatter(logging.Formatter):
    """Formats log records as lines of JSON without secrets::

        handler = logging.StreamHandler()
        handler.setFormatter(JsonFormatter())
        logging.getLogger("binance_wsapi").addHandler(handler)

    Each line has ``time`` (UTC), ``level``, ``logger``, ``message``, what was given as ``extra=``, and ``error`` with the
    traceback where there is one.

    Args:
        fields: more names and values for every line: the host, the name of the bot.
    """

    def __init__(self, **fields: str) -> None:
        super().__init__()
        self._fields = fields

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        row: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._fields,
        }
        row |= {name: value for name, value in vars(record).items() if name not in _STANDARD and name not in row}
        if record.exc_info:
            row["error"] = self.formatException(record.exc_info)
        elif record.exc_text:
            row["error"] = record.exc_text
        if record.stack_info:
            row["stack"] = record.stack_info
        return json.dumps({name: _clean(name, value) for name, value in row.items()}, ensure_ascii=False, default=str)


def _clean(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): _clean(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(name, each) for each in value]
    text = str(value)
    named = without_secrets(f"{name}={text}" if " " not in text else text)
    return HIDDEN if named == f"{name}={HIDDEN}" else without_secrets(text)
