"""Many examples: draw plans with `hypothesis`, live them, and make what goes wrong small."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.adversary.life import live
from tests.adversary.plan import Fate, Plan, Step, World, plans

__all__ = ["first_violation", "hunt", "kind", "smaller"]


def kind(violation: str) -> str:
    """Return what a violation has in common with others of its kind."""
    text = re.sub(r"\((when all is told|a minute later|a day later)\)", "", violation)
    rule, _, rest = text.split("\n")[0].partition(": ")
    rest = re.sub(r"[0-9]+(\.[0-9]+)?", "N", rest).strip()
    return f"{rule}: {rest[:110]}"


def hunt(examples: int, start: int) -> tuple[dict[str, Plan], Counter[str], Counter[str]]:
    """Live that many examples; return the shortest plan of each kind of violation, how often it was met, and what was told."""
    worst: dict[str, Plan] = {}
    met: Counter[str] = Counter()
    told: Counter[str] = Counter()

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(plans())
    def each(plan: Plan) -> None:
        report = live(plan)
        told.update(report.told)
        for what in {kind(violation) for violation in report.violations}:
            met[what] += 1
            if what not in worst or len(repr(plan)) < len(repr(worst[what])):
                worst[what] = plan

    each()
    return worst, met, told


def first_violation(examples: int, start: int) -> tuple[int, str]:
    """Live examples until one ends badly; return how many that were, and what was violated; nothing where all ended well."""
    lived = 0
    found = ""

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(plans())
    def each(plan: Plan) -> None:
        nonlocal lived, found
        if not found:
            lived += 1
            found = next(iter(live(plan).violations), "")

    each()
    return lived, found.split("\n")[0]


def smaller(plan: Plan, what: str, tries: int = 400) -> Plan:
    """Return a plan as small as can be that still ends in this kind of violation."""
    while True:
        for candidate in _simpler(plan):
            tries -= 1
            if tries < 0:
                return plan
            if any(kind(violation) == what for violation in live(candidate).violations):
                plan = candidate
                break
        else:
            return plan


def _simpler(plan: Plan) -> Iterator[Plan]:
    """Yield what is one thing simpler, the most helpful first."""
    for index in range(len(plan.steps)):
        yield replace(plan, steps=plan.steps[:index] + plan.steps[index + 1 :])
    if plan.closes:
        yield replace(plan, closes=False)
    for changed in _plainer(plan.world, World()):
        yield replace(plan, world=changed)
    for index, step in enumerate(plan.steps):
        changed_steps: list[Any] = [replace(step, fate=fate) for fate in _plainer(step.fate, Fate())]
        changed_steps += [each for each in _plainer(step, Step()) if each.act == step.act]
        for each in changed_steps:
            yield replace(plan, steps=(*plan.steps[:index], each, *plan.steps[index + 1 :]))


def _plainer(value: Any, usual: Any) -> Iterator[Any]:
    for each in fields(value):
        if getattr(value, each.name) != getattr(usual, each.name) and each.name != "fate":
            yield replace(value, **{each.name: getattr(usual, each.name)})
