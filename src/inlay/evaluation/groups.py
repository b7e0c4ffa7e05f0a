"""Figures by groups of pictures: kinds of holes, or what a table tells about the pictures."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from inlay.errors import UserError
from inlay.evaluation.intervals import bootstrap_interval, mean_of

__all__ = ["LEAST", "Members", "by_group", "read_groups", "statistics"]

LEAST = 40
"""Pictures from which on a table's group is reported; smaller ones are only counted."""

Members = Mapping[str, Sequence[str]]
"""By column: each picture's group, empty where it is not known."""


def read_groups(path: Path, stems: Sequence[str]) -> dict[str, list[str]]:
    """Read a CSV with a column `stem`; each other column tells groups, empty where not known.

    Columns are returned in the order of `stems`. A missing file, column or stem is a `UserError`.
    """
    wanted = "expected a CSV with a column 'stem' and a column for each kind of group"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = {row.get("stem"): row for row in reader}
            columns = [name for name in reader.fieldnames or () if name != "stem"]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not readable as groups ({error}); {wanted}") from error
    if None in rows or not rows or not columns:
        raise UserError(f"{path}: no groups there; {wanted}")
    missing = [stem for stem in stems if stem not in rows]
    if missing:
        raise UserError(
            f"{path}: no line for {len(missing)} of {len(stems)} stems: {', '.join(missing[:3])}; "
            "add them, or choose the pictures with --stems"
        )
    return {name: [(rows[stem][name] or "").strip() for stem in stems] for name in columns}


def statistics(figures: Mapping[str, Float[np.ndarray, " n"]]) -> dict[str, Any]:
    """Compute means by figure, and under `intervals` their 95 % intervals, under `medians` medians.

    Values that are infinite or not a number are left out; None where none is left.
    """
    found: dict[str, Any] = {name: mean_of(values) for name, values in figures.items()}
    found["intervals"] = {name: bootstrap_interval(values) for name, values in figures.items()}
    finite = {name: values[np.isfinite(values)] for name, values in figures.items()}
    found["medians"] = {
        name: float(np.median(values)) if values.size else None for name, values in finite.items()
    }
    return found


def by_group(
    members: Members, figures: Mapping[str, Float[np.ndarray, " n"]], *, least: int = LEAST
) -> dict[str, dict[str, dict[str, Any]]]:
    """Compute statistics by column and group; a group of fewer than `least` pictures has its `count` alone.

    >>> by_group({"kind": ["a", "b", "a"]}, {"x": np.array([1.0, 5.0, 3.0])}, least=2)["kind"]["b"]
    {'count': 1}
    """
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    for column, groups in members.items():
        told = np.array(groups)
        tables[column] = {}
        for group in sorted(set(groups) - {""}):
            inside = told == group
            row: dict[str, Any] = {"count": int(inside.sum())}
            if row["count"] >= least:
                row |= statistics({name: values[inside] for name, values in figures.items()})
            tables[column][group] = row
    return tables
