"""The changes a mutant may have: each replaces one small piece of the source text of a file.

Theory of operation. The syntax tree says where a piece stands, the text there is replaced, and all else stays as it is. A
mutant is named by the function it stands in, the line of code and the change, never by a line number: the reviewed list of
survivors stays valid when lines move.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Mutant", "mutants"]

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "*",
}  # fmt: skip
OPPOSITE_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One changed piece of a file."""

    file: str
    """Path below the package."""
    start: int
    end: int
    after: str
    key: str
    """What the reviewed list calls it."""
    lines: range
    """The lines of its statement; of a compound statement those before its body."""
    inside: bool
    """Whether it stands in a function, where it can be swapped in a module that is imported."""

    @property
    def function(self) -> str:
        """The file and the function it stands in."""
        return " | ".join(self.key.split(" | ", 2)[:2])

    def apply(self, source: bytes) -> bytes:
        """Return the source with the change."""
        return source[: self.start] + self.after.encode() + source[self.end :]


class _Finder(ast.NodeVisitor):
    def __init__(self, source: bytes) -> None:
        self.source = source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.found: list[tuple[int, int, str, str, range, bool]] = []
        self.scope: list[str] = []
        self.functions = 0
        self.lines = range(0)

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, ast.expr | ast.stmt)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def text(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.source[start:end].decode()

    def replace(self, node: ast.AST, after: str) -> None:
        self._add(*self.span(node), after)

    def _add(self, start: int, end: int, after: str) -> None:
        self.found.append((start, end, after, ".".join(self.scope), self.lines, self.functions > 0))

    def visit(self, node: ast.AST) -> None:
        before = self.lines
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            assert node.end_lineno is not None
            self.lines = range(node.lineno, max(node.lineno + 1, body[0].lineno) if body else node.end_lineno + 1)
        super().visit(node)
        self.lines = before

    def between(self, left: ast.AST, right: ast.AST, after: str) -> None:
        """Replace the operator between two operands; parentheses around them stay."""
        start, end = self.span(left)[1], self.span(right)[0]
        middle = self.source[start:end].decode()
        core = middle.strip(" \n\t()\\")
        if core and "#" not in middle:
            at = middle.index(core)
            self._add(start + at, start + at + len(core), after)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.scope.append(node.name)
        for each in node.body:
            self.visit(each)
        self.scope.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.scope.append(node.name)
        self.functions += 1
        for each in node.body:
            self.visit(each)
        self.functions -= 1
        self.scope.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for index, operator in enumerate(node.ops):
            after = COMPARISONS.get(type(operator))
            if after:
                self.between(operands[index], operands[index + 1], after)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        after = "or" if isinstance(node.op, ast.And) else "and"
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.between(left, right, after)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.replace(node, f"({self.text(node.operand)})")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        after = ARITHMETIC.get(type(node.op))
        if after and not isinstance(node.left, ast.JoinedStr):
            self.between(node.left, node.right, after)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self._condition(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        if not isinstance(node.test, ast.Constant):
            self._condition(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            self.replace(test, f"(not {self.text(test)})")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self.replace(node.value, "None" if not isinstance(node.value, ast.Constant) else self._other(node.value))
        self.generic_visit(node)

    def _other(self, node: ast.Constant) -> str:
        return {True: "False", False: "True"}.get(node.value, "None") if isinstance(node.value, bool) else "None"

    def visit_Assign(self, node: ast.Assign) -> None:
        if self.scope and isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool):
            self.replace(node.value, self._other(node.value))
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.replace(node, "pass")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call | ast.Await) and self.scope:
            text = self.text(node)
            if text.startswith("log."):
                return
            if not text.startswith("super().__init__"):
                self.replace(node, "pass")
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Break(self, node: ast.Break) -> None:
        self.replace(node, "continue")

    def visit_Continue(self, node: ast.Continue) -> None:
        self.replace(node, "break")

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in OPPOSITE_CALLS:
            self.replace(node.func, OPPOSITE_CALLS[node.func.id])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if self.scope and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            self.replace(node, repr(node.value + 1))


def mutants(file: str, source: bytes) -> Iterator[Mutant]:
    """Yield the mutants of a file, in the order of its text."""
    finder = _Finder(source)
    finder.visit(ast.parse(source))
    seen: Counter[str] = Counter()
    for start, end, after, scope, lines, inside in sorted(finder.found, key=lambda each: each[:4]):
        line_start = source.rfind(b"\n", 0, start) + 1
        line_end = source.find(b"\n", start)
        line = source[line_start : line_end if line_end >= 0 else len(source)].decode().strip()
        before = " ".join(source[start:end].decode().split())
        key = f"{file} | {scope} | {line} | {before} -> {after}"
        seen[key] += 1
        yield Mutant(file, start, end, after, key if seen[key] == 1 else f"{key} #{seen[key]}", lines, inside)
