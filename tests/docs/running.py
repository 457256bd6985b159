"""Run blocks of Python as they are printed, and say which of their lines were reached.

All blocks of a page run in their order, against one exchange and in one set of names, as the cells of a notebook do. A
block that is a program (it calls ``asyncio.run``) has names of its own. Most run in virtual time. What a page may take as
given is what its words say: ``client`` is connected, ``key`` is its key, ``exchange`` is the local exchange, the file
``key.pem`` holds a private key whose API key is ``your-api-key``, and the environment names the same.

`SpotClient.testnet`, `.demo` and `.production` lead to the local exchange here; nothing else of a block is changed.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import logging
import re
import zipfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from binance_wsapi import Ed25519Key, SpotClient, blocking
from binance_wsapi.simulator import Cut, LocalExchange
from tests.docs.blocks import Block, Page
from tests.simulation import loop as virtual

API_KEY = "your-api-key"
PORT = 9480
"""Where ``binance-wsapi exchange`` listens unless told otherwise."""
LONGEST = 120.0
"""Seconds of its event loop that a block may take."""


class Reached:
    """Collects the lines that blocks have reached: before each statement stands a call that says so."""

    def __init__(self) -> None:
        self.lines: dict[str, set[int]] = {}

    def compiled(self, block: Block, names: dict[str, Any]) -> CodeType:
        """Compile a block for these names, with the calls that say what it has reached."""
        lines = self.lines.setdefault(block.place, set())
        said = f"reached in {block.place}"  # no block has a name with blanks
        names[said] = lines.add
        return compiled(block, _Saying(said).visit(ast.parse(block.code, block.place)))

    def missed(self, block: Block) -> list[int]:
        """Return the lines of statements that were not reached; what follows ``except`` may be left out."""
        return [
            first for first, last in _statements(block.code) if not self.lines[block.place] & {*range(first, last + 1)}
        ]


class _Saying(ast.NodeTransformer):
    """Puts a call of a function, with the line, before each statement."""

    def __init__(self, name: str) -> None:
        self._name = name

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                setattr(node, name, self._saying(body))
        return node

    def _saying(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return statements with the calls; what must come first, a docstring and ``from __future__``, stays first."""
        found: list[ast.stmt] = []
        waiting: list[ast.stmt] = []
        for node in body:
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not text:
                line = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
                call = ast.Call(ast.Name(self._name, ast.Load()), [ast.Constant(line)], [])
                waiting.append(ast.copy_location(ast.Expr(call), node))
            if not text and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                found += waiting
                waiting = []
            found.append(node)
        return found + waiting


def _statements(code: str) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of every statement that can be reached, bodies of ``except`` left out."""

    def inside(body: list[ast.stmt]) -> Iterator[tuple[int, int]]:
        for node in body:
            constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if constant or isinstance(node, ast.Global | ast.Nonlocal | ast.Pass):
                continue
            below = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
            last = below[0][0].lineno - 1 if below[0] else node.end_lineno or node.lineno
            if not isinstance(node, ast.Try):
                yield first, max(first, last)
            for each in below:
                yield from inside(each)

    yield from inside(ast.parse(code).body)


def is_program(block: Block) -> bool:
    return "asyncio.run(" in block.code


def compiled(block: Block, tree: ast.Module | None = None) -> CodeType:
    """Compile a block, or what was made of it; ``await`` may stand at its top, as in a notebook."""
    source: Any = block.code if tree is None else ast.fix_missing_locations(tree)
    code: CodeType = compile(source, block.place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return code


@contextmanager
def _as_printed(exchange: LocalExchange, folder: Path) -> Iterator[None]:
    """Make true what every page takes as given."""

    def there(key: Any = None, settings: Any = None, **options: Any) -> SpotClient:
        return SpotClient.local(key, settings, url=exchange.url, **options)

    def waiting(key: Any = None, settings: Any = None, **options: Any) -> blocking.SpotClient:
        return blocking.SpotClient.local(key, settings, url=exchange.url, **options)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("production", "testnet", "demo"):
            patch.setattr(SpotClient, name, staticmethod(there))
            patch.setattr(blocking.SpotClient, name, staticmethod(waiting))
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        patch.setenv("BINANCE_ENVIRONMENT", exchange.url)
        patch.setenv("BINANCE_API_KEY", API_KEY)
        patch.setenv("BINANCE_PRIVATE_KEY_FILE", "key.pem")
        with _logging_given_back():
            yield


@contextmanager
def _logging_given_back() -> Iterator[None]:
    """Undo what a page does to the logging of the process."""
    root, ours = logging.getLogger(), logging.getLogger("binance_wsapi")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(levels[0])
        ours.setLevel(levels[1])


async def _evaluate(code: CodeType, names: dict[str, Any]) -> None:
    """Run a block; hand what it gives to ``asyncio.run`` to the loop that runs already."""
    given: list[Coroutine[Any, Any, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "run", given.append)
        result = eval(code, names)
        if inspect.isawaitable(result):
            await result
    for coroutine in given:
        await coroutine


def _shape(text: str) -> str:
    """Return a text without its numbers: they depend on the market and on the clock."""
    return re.sub(r"[-+]?\d[\d.]*", "#", text.strip())


async def _run_one(
    block: Block, shown: Block | None, names: dict[str, Any], exchange: LocalExchange, reached: Reached
) -> None:
    for mark, executed in (("lose", True), ("drop", False)):
        if mark in block.marks:
            exchange.faults.next(Cut(after_execution=executed), block.marks[mark])
    code = reached.compiled(block, names)
    running: asyncio.Future[Any]
    said = io.StringIO()
    with redirect_stdout(said):
        if "thread" in block.marks:
            running = asyncio.ensure_future(asyncio.to_thread(exec, code, names))
        else:
            running = asyncio.ensure_future(_evaluate(code, names))
        seconds = float(block.marks.get("for", LONGEST))
        done, _ = await asyncio.wait([running], timeout=seconds)
        if not done:
            assert "for" in block.marks, f"{block.place}: it still runs after {seconds} seconds"
            running.cancel()
            await asyncio.wait([running])
            return
    error = running.exception()
    if "raises" in block.marks:
        assert type(error).__name__ == block.marks["raises"], f"{block.place}: {error!r}"
    elif error is not None:
        raise AssertionError(f"{block.place}: {type(error).__name__}: {error}") from error
    if shown is not None:
        assert _shape(said.getvalue()) == _shape(shown.code), f"{shown.place}: it prints\n{said.getvalue()}"


TAPE = "".join(
    f"{number},{60000 + number % 7}.00,0.001,60.0,{1736899200000 + 500 * number},True,True\n" for number in range(40)
)


def _furnish(exchange: LocalExchange, folder: Path) -> Ed25519Key:
    """Register the keys that pages speak of, and put the files where the pages expect them."""
    with zipfile.ZipFile(folder / "BTCUSDT-trades-2025-01-15.zip", "w") as archive:
        archive.writestr("BTCUSDT-trades-2025-01-15.csv", TAPE)
    for place, api_key in (("key.pem", API_KEY), (".binance-wsapi/local-exchange.pem", "local")):
        key = Ed25519Key.generate(api_key)
        exchange.register_key(api_key, "ed25519", public_pem=key.public_pem())
        path = folder / place
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        key.save(path, passphrase=None)
    secret = folder / "secret.txt"
    secret.touch(0o600)
    secret.write_text("0123456789abcdef" * 4)
    return Ed25519Key.from_file(folder / "key.pem", api_key=API_KEY)


async def _run_all(page: Page, blocks: list[Block], folder: Path, reached: Reached, port: int) -> None:
    market: Any = page.marks.get("market", "live")
    seed = int(page.marks.get("seed", "1"))
    async with LocalExchange(seed=seed, market=market, port=port, lag=(0.0, 0.0), past_days=400) as exchange:
        key = _furnish(exchange, folder)
        if market == "manual":
            exchange.quote("BTCUSDT", bids=[("59999", "5")], asks=[("60001", "5")])
        with _as_printed(exchange, folder):
            async with SpotClient.local(key, url=exchange.url) as client:
                given = {"client": client, "key": key, "exchange": exchange}
                names: dict[str, Any] = {"__name__": "__main__", **given}
                for block in blocks:
                    names.update(given)
                    own = {"__name__": "__main__"} if is_program(block) or "thread" in block.marks else names
                    await _run_one(block, page.shown_by(block), own, exchange, reached)


def run_page(page: Page, folder: Path) -> None:
    """Run every block of Python of a page that can run here.

    Raises:
        AssertionError: a block failed, did not end, or left lines unreached that its marker does not allow for.
    """
    blocks = [block for block in page.of("python") if not {"venue", "foreign", "pytest"} & block.marks.keys()]
    reached = Reached()
    real = [block for block in blocks if {"real", "thread"} & block.marks.keys()]
    rest = [block for block in blocks if block not in real]
    if rest:
        virtual.run(lambda _loop: _run_all(page, rest, folder, reached, PORT), seed=1)
    if real:
        asyncio.run(_run_all(page, real, folder, reached, 0))
    for block in blocks:
        missed = [] if {"partly", "raises"} & block.marks.keys() else reached.missed(block)
        lines = block.code.splitlines()
        assert not missed, f"{block.place}: not reached: " + "; ".join(lines[line - 1].strip() for line in missed)
