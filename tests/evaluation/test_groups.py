"""Figures by groups of pictures."""

from pathlib import Path

import numpy as np
import pytest

from inlay.errors import UserError
from inlay.evaluation.groups import by_group, read_groups, statistics


def test_a_table_is_read_in_the_order_of_the_stems(tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    table.write_text("set,stem,hat\none,a,1\none,b,\ntwo,c,0\n", encoding="utf-8")
    assert read_groups(table, ["c", "a", "b"]) == {"set": ["two", "one", "one"], "hat": ["0", "1", ""]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stem,hat\na,1\n", "no line for 1 of 2 stems: b; add them"),
        ("name,hat\na,1\n", "no groups there; expected a CSV with a column 'stem'"),
        ("stem\na\nb\n", "no groups there"),
        ("", "no groups there"),
        (None, "not readable as groups"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, text: str | None, said: str) -> None:
    table = tmp_path / "groups.csv"
    if text is not None:
        table.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_groups(table, ["a", "b"])


def test_a_group_has_the_statistics_of_its_pictures() -> None:
    figures = {"x": np.array([1.0, 2.0, np.inf, 4.0, 5.0])}
    found = by_group({"hat": ["1", "0", "1", "", "1"]}, figures, least=2)
    assert found["hat"]["0"] == {"count": 1}
    assert found["hat"]["1"] == {"count": 3, **statistics({"x": np.array([1.0, 5.0])})}
    assert found["hat"]["1"]["x"] == 3
    assert found["hat"].keys() == {"0", "1"}


def test_statistics_leave_out_what_is_not_finite() -> None:
    found = statistics({"x": np.array([1.0, 2.0, 9.0, np.nan]), "y": np.full(4, np.nan)})
    assert (found["x"], found["medians"]["x"]) == (4.0, 2.0)
    assert (found["y"], found["medians"]["y"], found["intervals"]["y"]) == (None, None, None)
