"""Write the blocking counterparts of the asynchronous classes: same methods, types and docstrings.

``python -m tests.blocking.generate`` writes ``sdk/binance_wsapi/blocking/generated``; with ``--check`` it writes nothing and
fails when a file is not what it would write. `test_generated` runs the check.

A property, or a plain method, is read on the client's loop; a coroutine is run on it. What returns a live object returns
its blocking counterpart. Where that needs saying, `CLASSES` says it.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import binance_wsapi
from binance_wsapi.api.spot import SpotMethods

PACKAGE = Path(binance_wsapi.__file__).parent
TARGET = PACKAGE / "blocking" / "generated"
HEAD = '"""{doc}\n\nWritten by ``python -m tests.blocking.generate``: do not edit.\n"""\n\nfrom __future__ import annotations\n\n'

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
WORDS = (
    (r"\basync (with|for)\b", r"\1"),
    (r"\bawait (?=\w+[.(])", ""),
    (r"Cancelling the await", "Interrupting the call"),
    (r"\b(an?) async (iterator|context manager)", r"a \2"),
    (r"whose value is a iterator", "whose value is an iterator"),
    (r"\ba iterator", "an iterator"),
    (r"\basync (iterator|context manager)", r"\1"),
)
"""What docstrings say of ``await``, and what they say without it."""

WAIT_ARGUMENT = "timeout: seconds to wait at most; None waits for as long as it takes."
WAIT_ERROR = "TimeoutError: it did not happen in time. That changes nothing."


@dataclass(frozen=True)
class Source:
    """A class of which a blocking counterpart is written.

    Args:
        where: module and name of the class.
        file: file to write into, from the folder of all, without its suffix.
        doc: docstring of that file.
        name: name of the written class.
        skip: methods and properties written by hand, or of no use to a thread.
        waits: coroutines without a deadline of their own, which take a ``timeout`` here.
        returns: for what is returned, by the name in its annotation: the annotation here, and the expression that makes it.
        inner: module and name of the class whose object stands behind this one, where it is a subclass.
        passes: for arguments that are live objects: the expression that is passed instead.
    """

    where: str
    file: str
    doc: str
    name: str
    inner: str = ""
    skip: frozenset[str] = frozenset()
    waits: frozenset[str] = frozenset()
    returns: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    passes: dict[str, str] = field(default_factory=dict)

    @property
    def module(self) -> str:
        return self.where.rpartition(".")[0]

    @property
    def kind(self) -> type:
        found: type = getattr(importlib.import_module(self.module), self.where.rpartition(".")[2])
        return found


ITERATOR = ("Iterator[{}]", "iterate(self._thread, {})", "binance_wsapi.blocking.events.iterate")
HANDLES = "binance_wsapi.blocking.handles"
CLIENT = "binance_wsapi.client.spot.SpotClient"
STREAMS = "binance_wsapi.streams.market.MarketStreams"

CLASSES = [
    *(
        Source(
            f"{group.__module__}.{group.__name__}",
            f"spot/{group.__module__.rpartition('.')[2]}",
            (inspect.getdoc(inspect.getmodule(group)) or "").partition("\n")[0],
            group.__name__,
            CLIENT,
        )
        for group in SpotMethods.__mro__[1:]
        if group.__module__.startswith("binance_wsapi.api.")
        and group.__name__ not in ("MethodGroup", "SpotGroup", "OrderMethods")
    ),
    Source(
        CLIENT,
        "client",
        "What a client does beside the venue's methods.",
        "ClientMethods",
        skip=frozenset({"production", "testnet", "demo", "local", "from_env", "start", "close"}),
        returns={
            "MarketStreams": ("MarketStreams", "MarketStreams(self._thread, {})", f"{HANDLES}.MarketStreams"),
            "OrderBook": ("OrderBook", "OrderBook(self._thread, {})", f"{HANDLES}.OrderBook"),
            "UserDataEvents": ("UserDataEvents", "UserDataEvents(self._thread, {})", "binance_wsapi.blocking.subscription.UserDataEvents"),
            "SpotHistory": ("History", "History(self._thread, {})", f"{HANDLES}.History"),
            "OpenOrders": ("OpenOrders", "{}.copy()", "binance_wsapi.user_data.spot.account_view.OpenOrders"),
            "Balances": ("Balances", "{}.copy()", "binance_wsapi.user_data.spot.account_view.Balances"),
        },
        passes={"streams": "streams.asynchronous if isinstance(streams, MarketStreams) else streams"},
    ),
    Source(
        "binance_wsapi.client.submit.SubmitMethods",
        "submit",
        "Orders and lists that come with a live handle.",
        "SubmitMethods",
        CLIENT,
        returns={
            "OrderHandle": ("OrderHandle", "OrderHandle(self._thread, {})", f"{HANDLES}.OrderHandle"),
            "OrderListHandle": ("OrderListHandle", "OrderListHandle(self._thread, {})", f"{HANDLES}.OrderListHandle"),
        },
    ),
    Source(
        "binance_wsapi.streams.factory.StreamFactory",
        "factory",
        "One method for each documented stream.",
        "StreamFactory",
        STREAMS,
        returns={
            "Subscription": (
                "Subscription[{}]",
                "self._subscription({}, options)",
                "binance_wsapi.blocking.subscription.Subscription",
            )
        },
    ),
    Source(
        STREAMS,
        "streams",
        "What market streams do beside subscribing by kind.",
        "StreamMethods",
        skip=frozenset(
            {"start", "close", "subscribe", "attach", "detach", "check_symbols", "next_number", "now_ms", "before_connect", "not_now",
             "wants_messages", "on_open", "on_connect_failed", "on_dead", "on_refused", "on_message", "on_shutdown",
             "on_nonsense", "on_closed", "unreadable"}
        ),
    ),
    Source(
        "binance_wsapi.streams.book.OrderBook",
        "book",
        "An order book that is kept true.",
        "BookMethods",
        skip=frozenset({"close", "bids", "asks"}),
        waits=frozenset({"updated"}),
    ),
    Source(
        "binance_wsapi.orders.trade.handle.OrderHandle",
        "order_handle",
        "The live handle of an order.",
        "HandleMethods",
        waits=frozenset({"accepted", "filled", "done"}),
    ),
    Source(
        "binance_wsapi.orders.trade.list_handle.OrderListHandle",
        "order_list_handle",
        "The live handle of an order list.",
        "ListHandleMethods",
        skip=frozenset({"legs"}),
        waits=frozenset({"accepted", "done"}),
    ),
    Source(
        "binance_wsapi.client.spot_history.SpotHistory",
        "history",
        "What happened between two times.",
        "HistoryMethods",
        returns={"HistoryRows": ("HistoryRows[{}]", "HistoryRows(self._thread, {})", "binance_wsapi.blocking.rows.HistoryRows")},
    ),
]  # fmt: skip


class Writer:
    """Writes one class.

    Attributes:
        needed: names that are used, and what they are: ``module.name``.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        path = inspect.getsourcefile(source.kind)
        assert path is not None
        self.text = Path(path).read_text()
        self.tree = ast.parse(self.text)
        self.needed: dict[str, str] = {}
        self.overloaded: set[str] = set()
        self._imported = self._find_imports()

    def _find_imports(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        for node in self.tree.body:
            names = [node.name] if isinstance(node, ast.ClassDef) else []
            if isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [each.id for each in targets if isinstance(each, ast.Name)]
            found |= {name: f"{self.source.module}.{name}" for name in names}
        return found

    def write(self) -> str:
        """Return the text of the class."""
        name = self.source.kind.__name__
        node = next(each for each in self.tree.body if isinstance(each, ast.ClassDef) and each.name == name)
        ours = [each for each in node.body if isinstance(each, FUNCTION) and self._is_ours(each)]
        self.overloaded = {each.name for each in ours if _has(each, "overload")}
        methods = [self._method(each) for each in ours]
        doc = (ast.get_docstring(node) or "").partition("\n")[0]
        where = self.source.inner or self.source.where
        inner = f"Asynchronous{where.rpartition('.')[2]}"
        self.needed[inner] = where
        return (
            f'@calls_at_border\nclass {self.source.name}:\n    """{_translate(doc)}"""\n\n    __slots__ = ()\n    _thread: LoopThread\n'
            f"    _inner: {inner}\n\n" + "\n\n".join(methods)
        )

    def _is_ours(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        return not node.name.startswith("_") and node.name not in self.source.skip

    def _method(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        is_overload = _has(node, "overload")
        is_property = _has(node, "property")
        waits = node.name in self.source.waits and not is_overload
        returned, made = self._returned(node)
        self._note(*[each.annotation for each in _arguments(node.args)], *node.args.defaults, *node.args.kw_defaults)
        arguments = ast.unparse(node.args)
        if waits:
            arguments += ", timeout: float | None = None"
        taken = [each for each in node.decorator_list if isinstance(each, ast.Call)]
        self._note(*taken)
        head = "".join(f"    @{ast.unparse(each)}\n" for each in taken)
        head += f"    def {node.name}({arguments}) -> {returned}:"
        if is_overload:
            self.needed["overload"] = "typing.overload"
            return f"    @overload\n{head} ..."
        call = f"self._inner.{node.name}"
        if node.name in self.overloaded:  # whose arguments are those of all overloads: their types are checked above
            call = f"inner.{node.name}"
            self.needed["Any"] = "typing.Any"
        if waits:
            passed = self._passed(node.args)
            call = f"self._thread.run(within(timeout, {call}{passed and ', '}{passed}))"
            self.needed["within"] = "binance_wsapi.blocking.events.within"
        elif not is_property:
            call += f"({self._passed(node.args)})"
        if isinstance(node, ast.AsyncFunctionDef) and not waits and not made.startswith("iterate("):
            call = f"self._thread.run({call})"
        elif not waits and not made.startswith("iterate(") and not made.startswith("UserDataEvents("):
            call = f"self._thread.read(lambda: {made.format(call) if '.copy' in made else call})"
            made = "{}" if ".copy" in made else made
        body = f"        {call}\n        return self" if returned == "Self" else f"        return {made.format(call)}"
        if node.name in self.overloaded:
            body = f"        inner: Any = self._inner\n        result: {returned} = {call}\n        return result"
        if returned == "None":
            body = f"        {call}"
        decorated = "    @property\n" if is_property else ""
        return f"{decorated}{head}\n{self._docstring(node, waits)}\n{body}"

    def _returned(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, str]:
        """Return the annotation of what is returned, and the expression that makes it of what the other returns."""
        assert node.returns is not None, node.name
        annotation = node.returns
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name):
            outer = annotation.value.id
            if outer == "AsyncIterator":
                self.needed |= {"Iterator": "collections.abc.Iterator", "iterate": ITERATOR[2]}
                return ITERATOR[0].format(self._annotation(annotation.slice)), ITERATOR[1]
            if outer == "AbstractAsyncContextManager":
                annotation = annotation.slice
            elif outer in self.source.returns:
                name, made, where = self.source.returns[outer]
                self.needed[outer] = where
                return name.format(self._annotation(annotation.slice)), made
        if isinstance(annotation, ast.Name) and annotation.id in self.source.returns:
            name, made, where = self.source.returns[annotation.id]
            self.needed[name] = where
            return name, made
        return self._annotation(annotation), "{}"

    def _annotation(self, node: ast.expr) -> str:
        """Return an annotation as text, and note what it needs."""
        self._note(node)
        return ast.unparse(node)

    def _note(self, *nodes: ast.expr | None) -> None:
        for node in nodes:
            for each in ast.walk(node) if node is not None else ():
                if isinstance(each, ast.Name) and each.id in self._imported:
                    live = self.source.returns.get(each.id)
                    self.needed[each.id] = live[2] if live else self._imported[each.id]

    def _passed(self, arguments: ast.arguments) -> str:
        passed = [each.arg for each in arguments.args[1:]]
        if arguments.vararg is not None:
            passed.append(f"*{arguments.vararg.arg}")
        passed += [f"{each.arg}={self.source.passes.get(each.arg, each.arg)}" for each in arguments.kwonlyargs]
        if arguments.kwarg is not None:
            passed.append(f"**{arguments.kwarg.arg}")
        return ", ".join(passed)

    def _docstring(self, node: ast.FunctionDef | ast.AsyncFunctionDef, waits: bool) -> str:
        first = node.body[0]
        assert isinstance(first, ast.Expr), f"{node.name} has no docstring"
        text = ast.get_source_segment(self.text, first)
        assert text is not None
        text = _translate(text)
        if waits:
            text = _with_line(text, "Args", WAIT_ARGUMENT)
            text = _with_line(text, "Raises", WAIT_ERROR)
        return f"        {text}"


def _has(node: ast.FunctionDef | ast.AsyncFunctionDef, decorator: str) -> bool:
    return any(ast.unparse(each) == decorator for each in node.decorator_list)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [each for each in found if each is not None and each.annotation is not None]


def _translate(text: str) -> str:
    for pattern, words in WORDS:
        text = re.sub(pattern, words, text)
    return text


def _with_line(text: str, section: str, line: str) -> str:
    """Return a docstring with one more line at the end of a section, which is made if need be."""
    blocks = text.removesuffix('"""').rstrip().split("\n\n")
    for index, block in enumerate(blocks):
        if block.lstrip().startswith(f"{section}:"):
            blocks[index] = f"{block}\n            {line}"
            break
    else:
        after = 1 if section == "Args" else len(blocks)
        blocks.insert(after, f"        {section}:\n            {line}")
    return "\n\n".join(blocks) + '\n        """'


def _imports(needed: dict[str, str]) -> str:
    lines = []
    for name, where in needed.items():
        module, _, original = where.rpartition(".")
        lines.append(f"from {module} import {original}" + (f" as {name}" if name != original else ""))
    return "\n".join(lines)


def files() -> dict[str, str]:
    """Return every file by its name, as it should be."""
    written = {}
    for source in CLASSES:
        writer = Writer(source)
        body = writer.write()
        needed = {
            "LoopThread": "binance_wsapi.blocking.loop.LoopThread",
            "calls_at_border": "binance_wsapi.wire.border.calls_at_border",
            **writer.needed,
        }
        if "_subscription(" in body:
            body += (
                "\n\n    def _subscription(self, inner: Any, options: Options) -> Subscription[Any]:\n"
                '        """Make the blocking counterpart of a subscription."""\n        raise NotImplementedError'
            )
            needed["Any"] = "typing.Any"
        text = HEAD.format(doc=source.doc) + _imports(needed)
        written[f"{source.file}.py"] = f'{text}\n\n__all__ = ["{source.name}"]\n\n{body}\n'
    groups = [source for source in CLASSES if source.module.startswith("binance_wsapi.api.")]
    imports = {
        each.name: f"binance_wsapi.blocking.generated.{each.file.replace('/', '.')}.{each.name}" for each in groups
    }
    imports["AsynchronousSpotClient"] = CLIENT
    written["__init__.py"] = f"{HEAD.format(doc='What is written by the generator of the blocking client.')}"
    written["spot/__init__.py"] = (
        f"{HEAD.format(doc='All methods of the Spot API, for a thread that waits.')}{_imports(imports)}\n\n"
        f'__all__ = ["SpotMethods"]\n\nclass SpotMethods({", ".join(each.name for each in groups)}):\n'
        '    """All methods of the Spot API."""\n\n    _inner: AsynchronousSpotClient\n'
    )
    return {name: _formatted(text, name) for name, text in written.items()}


def _formatted(text: str, name: str) -> str:
    path = str(TARGET / name)
    for command in (
        ["check", "--select", "I", "--fix-only", "--quiet", "--stdin-filename", path, "-"],
        ["format", "--quiet", "--stdin-filename", path, "-"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command], input=text, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr}\n{text}")
        text = done.stdout
    return text


def differences() -> list[str]:
    """Return the files that are not what they should be."""
    wanted = files()
    there = {str(path.relative_to(TARGET)) for path in TARGET.rglob("*.py")}
    return sorted(
        name
        for name in there | wanted.keys()
        if name not in wanted or name not in there or (TARGET / name).read_text() != wanted[name]
    )


def main() -> None:
    if "--check" in sys.argv[1:]:
        wrong = differences()
        if wrong:
            sys.exit(f"not what python -m tests.blocking.generate writes: {', '.join(wrong)}")
        return
    TARGET.mkdir(exist_ok=True)
    for name, text in files().items():
        (TARGET / name).write_text(text)


if __name__ == "__main__":
    main()
