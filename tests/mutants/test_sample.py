"""Which mutants a sample takes: the draw looks at the key of a mutant, and not at the lines beside it."""

from __future__ import annotations

from tests.mutants.__main__ import choose
from tests.mutants.operators import Mutant, mutants

TEXT = "".join(f"def act_{n}(x):\n    return x + {n} if x > {n} else {n}\n\n" for n in range(60)).encode()
SHORT = b"def act(x):\n    return x + 1\n"


def taken(text: bytes, one_of: int, seed: int = 1) -> list[str]:
    """Return the keys of the sample of a text."""
    return [each.key for each in choose({"a.py": list(mutants("a.py", text))}, one_of, seed)]


def test_a_line_changed_elsewhere_takes_no_other_mutants() -> None:
    changed = TEXT.replace(b"def act_7(x):", b"def more(x):\n    return x - 1 or x * 2\n\ndef act_7(x):").replace(
        b"> 3 ", b"< 3 "
    )
    apart = {each.key for each in mutants("a.py", TEXT)} ^ {each.key for each in mutants("a.py", changed)}
    assert len(apart) > 5
    assert [key for key in taken(TEXT, 5) if key not in apart] == [key for key in taken(changed, 5) if key not in apart]


def test_a_sample_is_about_the_part_that_is_asked_for_and_another_seed_takes_another() -> None:
    every = len(taken(TEXT, 1))
    assert every == len(list(mutants("a.py", TEXT)))
    assert every / 8 < len(taken(TEXT, 5)) < every / 3
    assert taken(TEXT, 5, seed=2) != taken(TEXT, 5)


def test_a_sample_takes_at_least_one_mutant_of_each_file() -> None:
    files: dict[str, list[Mutant]] = {name: list(mutants(name, SHORT)) for name in ("a.py", "b.py", "c.py")}
    assert {each.file for each in choose(files, 1_000_000, 1)} == set(files)
