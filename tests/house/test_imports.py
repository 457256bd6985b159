"""Who may import whom, and who may ask the machine for time, chance and sockets."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

import binance_wsapi

ROOT = Path(binance_wsapi.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]

# A layer, and what of ours it may import beside itself and `errors`. `client` and what stands beside it may all.
ALLOWED: dict[str, set[str]] = {
    "remedies": set(),
    "errors": {"remedies"},
    "private_files": set(),
    "environments": {"wire"},  # the border, at which errors leave
    "keys": set(),
    "models": set(),
    "wire": {"keys"},  # a call names its signer; both are pure
    "rules": {"wire", "models"},
    "limits": {"wire", "private_files"},
    "link": {"wire", "limits", "environments"},
    "session": {"wire", "keys", "limits", "link", "environments"},
    "rest": {"wire", "keys", "limits", "link", "environments"},
    "api": {"wire", "models", "keys"},
    "orders": {"wire", "keys", "models", "limits", "link", "session", "private_files"},
    "streams": {"wire", "models", "limits", "link", "session", "environments"},
    "user_data": {"wire", "keys", "models", "limits", "link", "session"},
    "history": {"models", "wire"},  # what it asks with is handed in
    "simulator": set(),
}

PURE = ("wire", "keys", "limits", "models", "api", "rules", "history", "errors", "environments", "private_files")
PURE_FILES = {
    # Files of other layers that decide and do not wait.
    "orders/fate/fence.py",
    "orders/fate/reply.py",
    "orders/ids/events.py",
    "orders/ids/identity.py",
    "orders/ids/naming.py",
    "orders/ids/token.py",
    "orders/journal/intent.py",
    "orders/trade/evidence.py",
    "orders/trade/state.py",
    "orders/trade/schedule.py",
    "orders/trade/types.py",
    "user_data/spot/account_view.py",
    "user_data/spot/merge/account_merge.py",
    "user_data/spot/merge/fill_merge.py",
    "user_data/spot/merge/inquiry.py",
    "user_data/spot/merge/list_merge.py",
    "user_data/spot/merge/orders.py",
    "user_data/spot/merge/settled.py",
    "user_data/spot/merge/snapshot.py",
    "user_data/symbols.py",
    "user_data/spot/merge/synthetic.py",
    "user_data/stream_state.py",
}
SHELLS = {
    # The only files of pure layers that wait: the rest decides, these carry it out.
    "limits/limiter.py",
    "limits/waiting.py",
    "limits/shared/sync.py",
    "limits/shared/lease.py",
    "limits/shared/sqlite.py",
    "limits/shared/redis.py",
    "limits/shared/memory.py",
    "rules/cache.py",
}


def layer_of(name: str) -> str:
    return name.split("/", maxsplit=1)[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return all that stands in a file: each file is read and walked once for all tests."""
    return tuple(ast.walk(tree_of(path)))


@cache
def imports(path: Path) -> frozenset[str]:
    """Return every module a file imports, at its head or inside a function."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = [node.module] if node.module else []
            if node.level:
                package = ("binance_wsapi", *path.relative_to(ROOT).parts[:-1])
                base = [*package[: len(package) - node.level + 1], *base]
            module = ".".join(base)
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def test_a_layer_imports_only_the_layers_below_it() -> None:
    wrong = []
    for path, name in zip(FILES, NAMES, strict=True):
        layer = layer_of(name)
        if layer not in ALLOWED:
            continue
        allowed = ALLOWED[layer] | {layer, *(() if layer == "simulator" else ("errors",))}
        for module in imports(path):
            inside = module.removeprefix("binance_wsapi.")
            if module == "binance_wsapi":
                wrong += [f"{name} imports the client's package"] if layer == "simulator" else []
            elif inside != module and not any(inside == each or inside.startswith(f"{each}.") for each in allowed):
                wrong.append(f"{name} imports {module}")
    assert wrong == []


def test_a_pure_layer_knows_no_event_loop_no_socket_and_no_file_but_a_key() -> None:
    wrong = []
    for path, name in zip(FILES, NAMES, strict=True):
        if (layer_of(name) not in PURE and name not in PURE_FILES) or name in SHELLS:
            continue
        for module in imports(path):
            if module.split(".")[0] in {"asyncio", "socket", "ssl", "websockets", "httpx", "threading"}:
                wrong.append(f"{name} imports {module}")
    assert wrong == []


def test_the_pure_files_are_there() -> None:
    assert set(NAMES) >= PURE_FILES | SHELLS


MUTUAL = {
    # Files whose objects hold each other: an order knows its market, and the book of a market holds its orders.
    "simulator/engine/model/",
    "limits/shared/",
}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rings(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules each of which imports, in the end, every other of its group."""
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        ahead = list(graph[start])
        while ahead:
            each = ahead.pop()
            if each not in seen:
                seen.add(each)
                ahead += graph.get(each, ())
        reached[start] = seen
    found = {
        tuple(sorted(other for other in graph if other in reached[each] and each in reached[other]))
        for each in graph
        if each in reached[each]
    }
    return [list(ring) for ring in sorted(found)]


def test_no_imports_form_a_ring_and_those_for_type_checkers_count() -> None:
    known = {module_of(path): path for path in FILES}
    graph = {}
    for name, path in known.items():
        if str(path.relative_to(ROOT)).startswith(tuple(MUTUAL)):
            continue
        found = imports(path)
        # `from package import module` names the module; the package itself only where it has the name in its face.
        deep = {module for module in found if module in known and known[module].name != "__init__.py"}
        faces = {
            module
            for module in found
            if module in known
            and known[module].name == "__init__.py"
            and not any(each.startswith(f"{module}.") and each in known for each in found)
        }
        graph[name] = (deep | faces) - {name}
    assert rings(graph) == []


def test_a_planted_ring_is_found() -> None:
    assert rings({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == [["a", "b", "c"]]


SEAM = {
    "link/runtime.py",  # where they are made
    "simulator/clock.py",  # the exchange's own
}
FORBIDDEN = {
    "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.sleep",
    "asyncio.sleep", "asyncio.open_connection", "socket.socket", "socket.create_connection",
    "uuid.uuid4", "uuid.uuid1", "os.urandom", "secrets.token_hex", "secrets.token_bytes", "secrets.choice",
    "datetime.now", "datetime.utcnow", "datetime.datetime.now", "datetime.datetime.utcnow",
}  # fmt: skip


def dotted(node: ast.expr) -> str:
    """Return a name and its attributes as written, or nothing where it is no such thing."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def calls_to_the_machine(source: Iterable[ast.AST], layer: str) -> list[str]:
    """Return the calls in a file that ask the machine for time, chance, sleep or a socket, with their lines.

    The exchange sleeps by its event loop's clock, and its chance comes from a seed: ``asyncio.sleep`` and
    ``random.Random(seed)`` are allowed in it.
    """
    found = []
    for node in source:
        if not isinstance(node, ast.Call):
            continue
        called = dotted(node.func)
        if layer == "simulator" and (called == "asyncio.sleep" or (called == "random.Random" and node.args)):
            continue
        if called in FORBIDDEN or called.startswith("random."):
            found.append(f"{node.lineno} calls {called}")
    return found


def test_time_chance_and_sockets_come_through_the_runtime_or_the_exchange_s_clock() -> None:
    wrong = [
        f"{name}: {call}"
        for path, name in zip(FILES, NAMES, strict=True)
        if name not in SEAM and layer_of(name) not in {"cli", "testing"}
        for call in calls_to_the_machine(nodes(path), layer_of(name))
    ]
    assert wrong == []


@pytest.mark.parametrize("layer", ["simulator", "session"])
@pytest.mark.parametrize(
    "planted", ["time.time()", "time.monotonic()", "random.random()", "random.Random()", "os.urandom(8)"]
)
def test_a_planted_call_to_the_machine_is_found(layer: str, planted: str) -> None:
    source = ast.walk(ast.parse(f"def now():\n    return {planted}\n"))
    assert calls_to_the_machine(source, layer) == [f"2 calls {planted.partition('(')[0]}"]
    sleeps = ast.walk(ast.parse("await asyncio.sleep(1)"))
    assert bool(calls_to_the_machine(sleeps, layer)) is (layer == "session")


def test_a_constructor_takes_at_most_six_arguments_by_place() -> None:
    long = [
        f"{name}: {each.name}"
        for path, name in zip(FILES, NAMES, strict=True)
        if layer_of(name) != "simulator"
        for each in nodes(path)
        if isinstance(each, ast.ClassDef)
        for method in each.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__" and len(method.args.args) > 1 + 6
    ]
    assert long == [], "name them: Thing(first, second, third=...)"
