"""What user data brings beside the venue's events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from binance_wsapi.wire.forms import Form, in_form

__all__ = ["Gap", "Repaired", "item_in_form"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Part of what happened to the account is missing, and could not be found.

    Args:
        since: milliseconds of the venue's clock from which events may be missing.
        until: milliseconds of the venue's clock at which the stream was whole again.
        why: what stood in the way of a repair.
        reset: whether the venue was reset, and counts its orders and trades anew: those of before are gone.
    """

    since: int
    until: int
    why: str = ""
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Repaired:
    """The stream was interrupted, and what was missed came right before this.

    What the venue's views do not show yet comes when they do, within the lag they are known to have.

    Args:
        since: milliseconds of the venue's clock at which it was interrupted, or last known not to be.
        until: milliseconds of the venue's clock at which it was repaired.
        recovered: events that were found.
    """

    since: int
    until: int
    recovered: int


def item_in_form(item: Any, form: Form) -> Any:
    """Return an event as a consumer asked for it; what the venue did not send stays an object."""
    data = getattr(item, "raw_json", None)
    return item if data is None else in_form(data, form)
