"""Imports a text that a test wrote, so that its functions are changed as those of the library are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

__all__ = ["load"]


def load(path: Path, text: bytes) -> ModuleType:
    """Write a text to a file and import it from there, under the file's name."""
    path.write_bytes(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
