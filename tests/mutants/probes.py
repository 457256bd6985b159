"""Which statements of imported modules run: each notes itself, in code swapped in for the time of a trace.

`sys.settrace` calls a function at every call of every module, which makes a test several times as long. Here only the files
that are changed pay, a few nanoseconds for a statement.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from typing import TypeVar

from tests.mutants.swap import put
from tests.mutants.trace import Line

__all__ = ["Probes"]

_NOTE = "__note_statement__"
_Node = TypeVar("_Node", bound=ast.AST)


class Probes:
    """Notes of the statements in functions that ran, by file and first line.

    Args:
        texts: what each file holds, by its whole path; each is imported.
    """

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self._seen: dict[str, set[int]] = {path: set() for path in texts}
        modules = {getattr(each, "__file__", None): each for each in list(sys.modules.values())}
        for path, seen in self._seen.items():
            vars(modules[path])[_NOTE] = seen.add
        put({path: (text, _with_notes(ast.parse(text))) for path, text in texts.items()})

    def take(self) -> Iterable[Line]:
        """Return the statements that ran since the last call."""
        found = [(path, line) for path, seen in self._seen.items() for line in seen]
        for seen in self._seen.values():
            seen.clear()
        return found


def _with_notes(tree: _Node) -> _Node:
    """Have each statement of each function note its first line before it runs."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for block in _blocks(function):
                is_text = [isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant) for each in block]
                block[:] = [
                    new
                    for each, alone in zip(block, is_text, strict=True)
                    for new in ([each] if alone else [_note(each), each])
                ]
    return tree


def _blocks(function: ast.AST) -> list[list[ast.stmt]]:
    """Return the lists of statements of a function, without those of functions and classes inside it."""
    found = []
    waiting = [function]
    while waiting:
        node = waiting.pop()
        found += [
            block for name in ("body", "orelse", "finalbody") if isinstance(block := getattr(node, name, None), list)
        ]
        waiting += [
            each
            for each in ast.iter_child_nodes(node)
            if not isinstance(each, ast.expr | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
    return found


def _note(statement: ast.stmt) -> ast.stmt:
    call = ast.Call(ast.Name(_NOTE, ast.Load()), [ast.Constant(statement.lineno)], [])
    note = ast.copy_location(ast.Expr(call), statement)
    return ast.fix_missing_locations(note)
