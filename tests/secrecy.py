"""What an error shows to a careless handler: for the tests that no secret is in it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator


def everything_of(failure: BaseException) -> Iterator[str]:
    """All that a careless handler could print of an exception: chain, attributes, and the variables of its frames."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [failure]
    while queue:
        each = queue.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        queue += [each.__cause__, each.__context__]
        yield from (str(each), repr(each), repr(vars(each)), repr(each.args))
        step = each.__traceback__
        while step is not None:
            if "/tests/" not in step.tb_frame.f_code.co_filename:
                for value in list(step.tb_frame.f_locals.values()):
                    yield from (str(value), repr(value))
            step = step.tb_next
    yield "".join(traceback.format_exception(failure))
