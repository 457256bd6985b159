"""Swap the functions of a module that is imported for those of a changed source text."""

from __future__ import annotations

import ast
import gc
from collections.abc import Mapping
from types import CodeType, FunctionType

__all__ = ["CannotSwap", "put", "swap"]


class CannotSwap(Exception):
    """The change reaches what functions cannot show: the module must be imported anew."""


def swap(path: str, before: bytes, after: bytes) -> None:
    """Give every function made of the text `before` the code of the text `after`.

    Functions keep their identity, so that each name, decorator and bound method that holds one runs the new code.

    Args:
        path: where the module stands, as its code objects name it.
        before: the text the module was imported from.
        after: the same with a change inside a function.

    Raises:
        CannotSwap: no living function has the changed code, or it cannot take the new one.
    """
    if not put({path: (before, after)}):
        raise CannotSwap(f"no function of {path} has the changed code")


def put(texts: Mapping[str, tuple[bytes, bytes | ast.Module]]) -> int:
    """Give every function of several files the code of another text or tree, and return how many took it.

    Args:
        texts: by the path of each file the text it was imported from, and the other.

    Raises:
        CannotSwap: a function cannot take the new code.
    """
    changed: dict[str, dict[CodeType, CodeType]] = {}
    for path, pair in texts.items():
        old, new = (compile(text, path, "exec", dont_inherit=True) for text in pair)
        _pair(old, new, changed.setdefault(path, {}))
    done = 0
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__ in changed.get(each.__code__.co_filename, ()):
            try:
                each.__code__ = changed[each.__code__.co_filename][each.__code__]
            except ValueError as wrong:
                raise CannotSwap(str(wrong)) from wrong
            done += 1
    return done


def _pair(old: CodeType, new: CodeType, changed: dict[CodeType, CodeType]) -> None:
    """Find the code objects that differ, from the outside to the inside."""
    if old == new:
        return
    changed[old] = new
    inner = [each for each in old.co_consts if isinstance(each, CodeType)]
    others = [each for each in new.co_consts if isinstance(each, CodeType)]
    if len(inner) == len(others):
        for left, right in zip(inner, others, strict=True):
            _pair(left, right, changed)
