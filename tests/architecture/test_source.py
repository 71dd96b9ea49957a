"""What a glance at the source must find true: short files and functions, no clock, no chance, no floats for
money.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source import functions, names_read, python_files, shown, tree_of

OURS = python_files("switchroom")
ALL = (*OURS, *python_files("tests", "bench"))

CLOCKS = {
    "date.today",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.time",
    "time.time_ns",
    "timezone.localdate",
    "timezone.localtime",
    "timezone.now",
}
CLOCK_ITSELF = "switchroom/plumbing/clock.py"

NOT_USED = {
    "DecimalField",
    "FloatField",
    "GenericForeignKey",
    "GenericRelation",
    "m2m_changed",
    "post_delete",
    "post_save",
    "pre_delete",
    "pre_save",
}
POOR_NAMES = {"services", "utils", "helpers", "managers", "common", "misc"}


@pytest.mark.parametrize("file", ALL, ids=shown)
def test_files_and_functions_are_short(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, (
        "it holds two things: find the second noun"
    )
    for function in functions(file):
        lines = (function.end_lineno or 0) - function.lineno + 1
        assert lines <= 60, f"{function.name} has {lines} lines"


@pytest.mark.parametrize("file", [file for file in OURS if shown(file) != CLOCK_ITSELF], ids=shown)
def test_only_one_file_reads_the_clock(file: Path) -> None:
    assert not CLOCKS & set(names_read(tree_of(file)))
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.keyword):
            assert node.arg not in ("auto_now", "auto_now_add"), "the database row would read the clock"


@pytest.mark.parametrize("file", OURS, ids=shown)
def test_each_file_says_what_it_is_about(file: Path) -> None:
    if file.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(tree_of(file))


@pytest.mark.parametrize("file", OURS, ids=shown)
def test_what_the_house_does_without_is_not_used(file: Path) -> None:
    assert file.stem not in POOR_NAMES
    names = {name.rpartition(".")[2] for name in names_read(tree_of(file))}
    used = NOT_USED & names
    assert not used
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.ClassDef) and any("Model" in ast.unparse(base) for base in node.bases):
            verbs = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            assert "save" not in verbs, f"{node.name}.save() is overridden"


MONEY = python_files(
    *(
        f"switchroom/{room}"
        for room in ["rules", "billing", "orders", "catalog", "subscriptions", "journeys", "replay"]
    )
)


@pytest.mark.parametrize("file", MONEY, ids=shown)
def test_money_is_never_a_float(file: Path) -> None:
    likeness = {id(node.value) for node in ast.walk(tree_of(file)) if isinstance(node, ast.keyword)}
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Constant) and id(node) not in likeness:
            assert not isinstance(node.value, float), f"line {node.lineno}: {node.value}"
        elif isinstance(node, ast.Name):
            assert node.id != "float", f"line {node.lineno}"


@pytest.mark.parametrize("file", python_files("switchroom/rules", "switchroom/billing"), ids=shown)
def test_what_is_divided_is_a_fraction(file: Path) -> None:
    tree = tree_of(file)
    shown_only = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    }
    divided = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp | ast.AugAssign) and id(node) not in shown_only
    ]
    if any(isinstance(node.op, ast.Div) for node in divided):
        assert "Fraction" in set(names_read(tree_of(file)))


@pytest.mark.parametrize("file", ALL, ids=shown)
def test_nothing_is_left_to_do(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
        assert word not in text
