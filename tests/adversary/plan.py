"""A plan: everything that is free in one example, drawn before it begins, so that it shrinks and prints as a script.

A `World` is how the venue and the client are for the whole example, a step is what happens next, and the `Fate` in a step
is what the venue, the network and the views make of that one request. The first value of everything is the harmless one:
`hypothesis` shrinks towards it, and what remains in a counter-example is what matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias

from hypothesis import strategies as st

__all__ = ["UNKNOWN_HALVES", "Act", "Fate", "Plan", "Step", "World", "plans", "script"]


class _Short:
    """Prints only what differs from the default."""

    def __repr__(self) -> str:
        told = []
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            usual = each.default_factory() if callable(each.default_factory) else each.default
            if value != usual:
                told.append(f"{each.name}={value!r}")
        return f"{type(self).__name__}({', '.join(told)})"


@dataclass(frozen=True, repr=False)
class Fate(_Short):
    """What becomes of one request that changes orders.

    Args:
        executes: whether the venue takes it; False with ``reply="ok"`` is a refusal in so many words.
        hold: seconds before the venue's second look at the timestamp.
        queue: seconds in front of the matching engine, after that look; the documented ten are its bound.
        reply: ``ok``, ``late`` (after the caller's time-out), ``lost``, ``cut`` (the connection ends instead), ``fault``
            (a status of the five hundreds, before anything is executed), ``twice``, ``odd`` (strange advisory parts), or
            ``double`` and ``double late`` ("Duplicate order sent." about what was just executed); ``unknown new``, ``unknown
            cancel`` and ``unknown both``, in time or ``late`` as well (of a half of a cancel-replace the venue says that its
            execution is unknown).
        event: ``ok``, ``late`` or ``lost``.
        view: seconds the queries lag for this change, beside what they always do.
    """

    executes: bool = True
    hold: float = 0.0
    queue: float = 0.0
    reply: str = "ok"
    event: str = "ok"
    view: float = 0.0


@dataclass(frozen=True, repr=False)
class Step(_Short):
    """What happens next.

    Args:
        act: what it is; see `Act`.
        pause: seconds before it.
        joins: whether the calls before it have to end first.
        target: which earlier order it is about: 0 the newest, 1 the one before.
        by: how the target is named: ``id`` it was placed with, ``now`` the id it has, ``number``, or ``leg``, the first order of
            a list; a cancel and an amendment by it name that order by the id it was placed with.
        name: the id it makes: ``auto``, ``own``, ``same`` (the one the target has), ``used`` (what the target was placed
            with) or ``again`` (the new id of the latest change that was sent, for every act).
        market: how much of a new order fills at once: 0, 4 or 10.
        amount: of a jump, the seconds; of a wait as well; of a connection that fails, after how many it is well again (0: never).
        path: where a fault happens: a node's number or a kind.
        fate: what becomes of the request.
    """

    act: str = "place"
    pause: float = 0.0
    joins: bool = True
    target: int = 0
    by: str = "id"
    name: str = "auto"
    market: int = 0
    amount: float = 0.0
    path: str = ""
    fate: Fate = field(default_factory=Fate)


Act: TypeAlias = str
CALLS = ("place", "cancel", "amend", "replace", "all", "oco", "unlist", "submit", "handle-cancel", "handle-amend")
"""Acts that are calls of the client which change orders."""


@dataclass(frozen=True, repr=False)
class World(_Short):
    """How the venue and the client are.

    Args:
        key: ``hmac`` or ``ed25519``, which logs on.
        timeout: seconds a call may take.
        window: ``recvWindow`` in milliseconds.
        connections: of the client: 1, 2 or ``split``.
        on_unknown: of the client.
        journal: whether there is one; only then does a process die.
        follows: whether the account is followed and user data is listened to.
        rest: whether there is a REST API.
        lags: seconds the views of the two gateways and of REST lag behind.
        offsets: milliseconds by which the clocks of the two gateways differ from the engine's.
        order: which gateway each new connection comes to.
        opens: what is wrong with each new connection, one after another, for half a minute: ``sick`` (it answers nothing but the
            time), ``shy`` (all but subscribing) or ``swallow`` (all but orders); nothing afterwards.
        questions: what becomes of private questions, one after another; ``ok`` afterwards.
        list_renamed: whether a cancelled list takes the new id; else its legs do.
        odd_rows: the rows of ``rateLimits`` in every reply.
        weight: request weight of a minute.
        rows: how an order that was there before is written: ``word`` (in new words), ``broken`` (it cannot be read).
    """

    key: str = "hmac"
    timeout: float = 3.0
    window: int = 5000
    connections: Any = 1
    on_unknown: str = "raise"
    journal: bool = False
    follows: bool = False
    rest: bool = False
    lags: tuple[float, float, float] = (0.0, 0.0, 0.0)
    offsets: tuple[int, int] = (0, 0)
    order: tuple[int, ...] = (0,)
    opens: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    list_renamed: bool = True
    odd_rows: str = ""
    weight: int = 6000
    rows: str = ""


@dataclass(frozen=True, repr=False)
class Plan(_Short):
    """One example."""

    world: World = field(default_factory=World)
    steps: tuple[Step, ...] = ()
    closes: bool = False
    """Whether the client is closed in the middle of it all, right after the last step."""
    seed: int = 0


def script(plan: Plan, violations: list[str]) -> str:
    """Return a script that plays the plan again."""
    steps = "".join(f"        {each!r},\n" for each in plan.steps)
    rest = "".join(f"    {name}={getattr(plan, name)!r},\n" for name in ("closes", "seed") if getattr(plan, name))
    return (
        '"""' + "\n".join(violations).replace("\\", "/") + '"""\n'
        "from tests.adversary.life import play\n"
        "from tests.adversary.plan import Fate, Plan, Step, World\n\n"
        f"play(Plan(\n    {plan.world!r},\n    (\n{steps}    ),\n{rest}))\n"
    )


# --------------------------------------------------------------------------- drawing

MOST = 6
"""Steps of a plan."""


def _any_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


UNKNOWN_HALVES = tuple(f"unknown {half}{late}" for half in ("new", "cancel", "both") for late in ("", " late"))
"""Replies that leave a half of a cancel-replace open; of every other request they say what is so."""

_FATE = {
    "executes": _any_of(True, True, False),
    "reply": _any_of(
        "ok", "lost", "cut", "late", "fault", "twice", "odd", "lost", "cut", "double", "double late", *UNKNOWN_HALVES
    ),
    "event": _any_of("ok", "lost", "lost", "late"),
    "hold": _any_of(0.0, 0.0, 0.0, 0.8, 4.5),
    "queue": _any_of(0.0, 0.0, 0.0, 1.0, 9.5),
    "view": _any_of(0.0, 0.0, 2.0, 5.5),
}
_CALL = {
    "pause": _any_of(0.0, 0.0, 0.05, 1.0, 5.0, 30.0),
    "joins": _any_of(True, False),
    "target": _any_of(0, 0, 0, 1, 2),
    "by": _any_of("id", "now", "number"),
    "leg": _any_of("id", "now", "number", "leg"),
    "name": _any_of("auto", "auto", "own", "same", "used", "again"),
    "market": _any_of(0, 0, 4, 10),
}
_NEEDS = {
    "place": ("name", "market"), "submit": ("name", "market"), "oco": ("leg", "name"), "all": (),
    "cancel": ("target", "leg", "name"), "amend": ("target", "leg", "name"), "unlist": ("target", "leg", "name", "market"),
    "replace": ("target", "by", "name", "market"), "handle-cancel": ("target",), "handle-amend": ("target",),
    "fill": ("target", "market"), "look": ("target", "by"),
}  # fmt: skip
"""What is free in each act, beside its pause, whether it joins, and, of a call, its fate."""

_OTHERS = {
    "fill": {}, "look": {}, "rotate": {}, "leave": {},
    "jump": {"path": _any_of("0", "01", "1", "engine", "all"), "amount": _any_of(1.5, -1.5, 25.0, -25.0, 3600.0, -600.0, 172_800.0)},
    "deaf": {"path": _any_of("cut", "mute", "swallow", "dumb", "half", "slow", "sick", "shy"), "amount": _any_of(0.0, 2.0, 30.0)},
    "stale": {"path": _any_of("ws", "rest")},
    "kill": {}, "reset": {}, "logon": {"path": _any_of("refused", "lost", "other", "own")}, "disk": {"path": _any_of("full", "back")},
}  # fmt: skip
_ACTS = _any_of(*("place",) * 6, *("cancel",) * 3, *("amend",) * 3, *("replace",) * 3, *("submit",) * 3, "all", "all", "oco", "oco", "unlist",
                "handle-cancel", "handle-cancel", "handle-amend", "handle-amend", *_OTHERS, "fill", "jump", "deaf", "kill")  # fmt: skip
_FIRST = _any_of("place", "place", "submit", "oco", "all", "cancel")
_SOME = _any_of(False, False, False, True)
_LAG = _any_of(0.0, 0.5, 5.9)
_OFFSET = _any_of(0, 300, -300, 25_000, -20_000)
_OPENS = st.lists(_any_of("", "sick", "shy", "swallow"), max_size=3)
_QUESTIONS = st.lists(_any_of("ok", "fault", "lost", "late", "cut", "blank"), max_size=4)
_WORLD = {
    "key": _any_of("hmac", "ed25519"),
    "timeout": _any_of(3.0, 1.0, 10.0),
    "window": _any_of(5000, 1000),
    "connections": _any_of(1, 1, 2, "split"),
    "on_unknown": _any_of("raise", "raise", "wait", "cancel"),
    "journal": _any_of(False, True),
    "follows": _any_of(False, True),
    "rest": _any_of(False, True),
    "list_renamed": _any_of(True, False),
    "odd_rows": _any_of(*("",) * 20, "null", "unknown"),
    "weight": _any_of(*(6000,) * 10, 400),
    "rows": _any_of(*("",) * 10, "word", "broken"),
}


_NEAR_WORLDS = _any_of(
    *(World(),) * 3, World(lags=(5.9, 5.9, 0.5)), World(follows=True), World(on_unknown="cancel"), World(on_unknown="wait"),
    World(journal=True), World(connections=2, follows=True), World(rest=True, lags=(0.0, 0.0, 5.9)),
    World(connections="split", order=(0, 1)), World(list_renamed=False, follows=True),
)  # fmt: skip
_NEAR = {
    "order": _any_of("cancel", "cancel", "amend", "replace", "replace", "place", "submit", "handle-cancel", "handle-amend", "all", "look"),
    "list": _any_of("unlist", "unlist", "oco", "cancel", "amend", "replace", "place", "all", "look"),
}  # fmt: skip
_NEAR_FATE = {
    "executes": _any_of(True, True, False),
    "reply": _any_of("ok", "lost", "lost", "late", "late", "fault", "cut", "double late", *UNKNOWN_HALVES),
    "event": _any_of("ok", "ok", "lost"),
    "queue": _any_of(0.0, 0.0, 1.0, 9.5),
}


def _near(draw: st.DrawFn) -> Plan:
    """Draw a plan of a few calls about one order, or one list, that name again what another of them named."""
    listed = draw(_SOME)
    first = Fate(**{name: draw(values) for name, values in _NEAR_FATE.items()}) if draw(_SOME) else Fate()
    steps = [Step(act="oco" if listed else "place", market=0 if listed else draw(_any_of(0, 0, 4)), fate=first)]
    for _ in range(draw(st.integers(2, 3))):
        act = draw(_NEAR["list" if listed else "order"])
        free = {name.replace("leg", "by"): draw(_CALL[name]) for name in ("joins", *_NEEDS[act])}
        if "name" in free:
            free["name"] = draw(_any_of("same", "same", "again", "used", "auto"))
        if listed and act in ("cancel", "amend"):
            free["by"] = "leg"
        if act != "look":
            free["fate"] = Fate(**{name: draw(values) for name, values in _NEAR_FATE.items()})
        steps.append(Step(act=act, pause=draw(_any_of(0.0, 0.0, 1.0, 5.0)), **free))
    return Plan(draw(_NEAR_WORLDS), tuple(steps))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan."""
    if draw(st.integers(0, 2)) == 2:  # what is told wrongly is often about an id that was named again
        return _near(draw)
    free: dict[str, Any] = {name: draw(values) for name, values in _WORLD.items()}
    if free["odd_rows"] == "null":
        free["weight"] = 6000  # a limit that no row tells cannot be kept
    if draw(_SOME):
        free["lags"] = tuple(draw(_LAG) for _ in range(3))
    if draw(_SOME):
        free["offsets"] = (draw(_OFFSET), draw(_OFFSET))
        free["order"] = draw(_any_of((0,), (0, 1), (1, 0)))
    if draw(_SOME):
        free["opens"] = tuple(draw(_OPENS))
    if draw(_SOME):
        questions = draw(_QUESTIONS)
        while (
            questions.count("blank") > 1
        ):  # a view that answers wrongly does so once: else no question can be believed
            questions.remove("blank")
        free["questions"] = tuple(questions)
    world = World(**free)
    if draw(st.integers(0, 40)) == 40:  # beyond what is assumed: it must not go unnoticed
        return Plan(
            replace(world, offsets=(0, 0), questions=()), (Step(fate=Fate(queue=60.0, reply="lost", event="lost")),)
        )
    steps = [_step(draw, world, _FIRST)]
    for _ in range(draw(st.integers(0, MOST - 1))):
        steps.append(_step(draw, world, _ACTS))
    return Plan(world, tuple(steps), draw(_SOME))


def _step(draw: st.DrawFn, world: World, acts: st.SearchStrategy[str]) -> Step:
    act = draw(acts)
    needs = {
        "kill": world.journal,
        "disk": world.journal,
        "stale": world.rest,
        "logon": world.key == "ed25519" and not world.journal,
    }
    if not needs.get(act, True):
        act = "place"  # there is nothing it could happen to
    free = {name.replace("leg", "by"): draw(_CALL[name]) for name in ("pause", "joins", *_NEEDS.get(act, ()))}
    if act in CALLS:
        free["fate"] = (
            Fate(**{name: draw(values) for name, values in _FATE.items()}) if draw(_any_of(True, False)) else Fate()
        )
    else:
        free |= {name: draw(values) for name, values in _OTHERS[act].items()}
    return Step(act=act, **free)
