"""The list of reviewed survivors follows the lines of the library."""

from __future__ import annotations

from tests.mutants.__main__ import reviewed
from tests.mutants.areas import PACKAGE, files
from tests.mutants.operators import mutants


def test_every_reviewed_survivor_is_a_mutant_of_the_library_as_it_is() -> None:
    made = {mutant.key for name in files() for mutant in mutants(name, (PACKAGE / name).read_bytes())}
    assert sorted(reviewed().keys() - made) == []
    assert [key for key, reason in reviewed().items() if not reason] == []
