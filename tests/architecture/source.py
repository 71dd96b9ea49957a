"""Our own source code, as the tests of the house read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "switchroom"


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """This function will return all Python files below folders of the repository, but migrations."""
    found = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return tuple(sorted(file for file in found if "migrations" not in file.parts))


@cache
def tree_of(file: Path) -> ast.Module:
    """This function will return the syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def shown(file: Path) -> str:
    """This function will return a file's path as a reader knows it."""
    return str(file.relative_to(ROOT))


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """This function will give every function of a file, also those within others."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def names_read(tree: ast.AST) -> Iterator[str]:
    """This function will give every name and dotted name that is used, for example ``datetime.now``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield ast.unparse(node)
