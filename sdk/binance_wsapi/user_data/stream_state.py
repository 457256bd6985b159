"""The states of the stream of an account, and what leads from one to the next.

| state | the stream | live events | a gap is to be told |
|---|---|---|---|
| whole | brings everything | delivered | no |
| lost | is interrupted | delivered, should an old connection still bring some | yes |
| held | is subscribed again on a connection that is not ready yet | held up | yes |
| repairing | brings everything again | held up, until what was missed is delivered before them | no: it is being repaired |

Steps, of `AccountSubscription`: it is `lost`; it may `hold` events up, where all of them are promised; it is `found`
whole again; what was held up is `released`. A step that the table does not have changes nothing.

Pure.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["NEXT", "Step", "StreamState", "after"]


class StreamState(Enum):
    """Where the stream of an account is."""

    WHOLE = "whole"
    LOST = "lost"
    HELD = "held"
    REPAIRING = "repairing"

    @property
    def holds(self) -> bool:
        """Whether live events are held up."""
        return self is _HELD or self is _REPAIRING  # an Enum is hashed in Python, for every event

    @property
    def interrupted(self) -> bool:
        """Whether events may be missing of which no consumer was told yet."""
        return self in _INTERRUPTED


class Step(Enum):
    """What happens to the stream."""

    LOST = "lost"
    HOLD = "hold"
    FOUND = "found"
    RELEASED = "released"


_HELD: Final = StreamState.HELD
_REPAIRING: Final = StreamState.REPAIRING
_INTERRUPTED: Final = frozenset({StreamState.LOST, StreamState.HELD})

NEXT: Final = {
    (StreamState.WHOLE, Step.LOST): StreamState.LOST,
    (StreamState.LOST, Step.HOLD): StreamState.HELD,
    (StreamState.LOST, Step.FOUND): StreamState.WHOLE,
    (StreamState.HELD, Step.FOUND): StreamState.REPAIRING,
    (StreamState.HELD, Step.RELEASED): StreamState.LOST,  # the account took too long to look at, or is left
    (StreamState.REPAIRING, Step.LOST): StreamState.HELD,  # interrupted anew: one repair covers both
    (StreamState.REPAIRING, Step.RELEASED): StreamState.WHOLE,
}


def after(state: StreamState, step: Step) -> StreamState:
    """Return the state that a step leads to."""
    return NEXT.get((state, step), state)
