"""Counting pieces of damage against marks made by eye (`benchmarks/damage_old.py`)."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest


@pytest.fixture(scope="module")
def script(root: Path) -> dict[str, Any]:
    return runpy.run_path(str(root / "benchmarks" / "damage_old.py"))


def test_pieces_found_missed_and_wrong(script: dict[str, Any]) -> None:
    marks = script["Marks"]([[(10, 10), (60, 10)], [(80, 80)]], [[(20, 40), (90, 70)]])
    hole = np.zeros((100, 120), dtype=bool)
    assert script["count"](hole, marks) == {"pieces": 2, "found": 0, "wrong": 0}
    hole[12, 10:40] = True  # most of the line
    hole[55, 30:50] = True  # what is intact
    hole[95, 110] = True  # nobody looked there
    assert script["count"](hole, marks) == {"pieces": 2, "found": 1, "wrong": 1}
    hole[12, 25:40] = False  # less than half of it
    hole[76, 80] = True
    assert script["count"](hole, marks) == {"pieces": 2, "found": 1, "wrong": 1}


def test_the_marks_can_be_read(script: dict[str, Any]) -> None:
    marks = script["read_marks"]()
    assert len(marks) == 8
    assert all(each.damage and each.intact for each in marks.values())
    assert all(len(box) == 2 for each in marks.values() for box in each.intact)
