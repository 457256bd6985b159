"""A plugin of pytest that has one module of the library imported from a changed source text.

`environment` says what a process needs that is started with ``-p tests.mutants.planted``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from tests.mutants import quick
from tests.mutants.areas import PACKAGE

__all__ = ["environment"]

_MODULE, _TEXT = "MUTANT_MODULE", "MUTANT_TEXT"


def environment(file: str, text: Path) -> dict[str, str]:
    """Return the variables for a process that imports a file of the library from another text."""
    return {_MODULE: "binance_wsapi." + file.removesuffix(".py").replace("/", "."), _TEXT: str(text)}


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        return compile(Path(os.environ[_TEXT]).read_bytes(), self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != os.environ[_MODULE]:
            return None
        file = str(PACKAGE.parent / f"{name.replace('.', '/')}.py")
        return spec_from_file_location(name, file, loader=_Loader(name, file))


def pytest_configure() -> None:
    quick.settings()


if _MODULE in os.environ:
    sys.meta_path.insert(0, _Finder())
