"""Two reports of the same pictures and holes, compared picture by picture."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from inlay.errors import UserError
from inlay.evaluation.groups import LEAST
from inlay.evaluation.intervals import Difference, paired_difference

__all__ = ["Row", "as_json", "compare", "read_report"]

ALIKE = {"stems": "pictures by name", "images": "pictures", "holes": "holes"}
"""What two reports must have alike, by the key of its SHA-256."""

ALL = ("", "")


@dataclass(frozen=True)
class Row:
    """One figure of a group: means of A and B over the pictures that have it in both, and B - A.

    `column` and `group` are empty for all pictures.
    """

    column: str
    group: str
    figure: str
    count: int
    a: float
    b: float
    difference: Difference

    @property
    def ratio(self) -> float | None:
        """B as a share of A; None where A is not above 0."""
        return self.b / self.a if self.a > 0 else None

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval of the difference excludes 0."""
        return self.difference.is_positive or self.difference.is_negative


def read_report(path: Path) -> dict[str, Any]:
    """Read a report of `inlay evaluate` that has figures a picture."""
    wanted = "expected a report of `inlay evaluate`"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not readable as a report ({error}); {wanted}") from error
    if not isinstance(report, dict) or "sha256" not in report.get("provenance", {}):
        raise UserError(f"{path}: no report; {wanted}")
    if "stem" not in report.get("each", {}):
        raise UserError(f"{path}: has no figures a picture; run `inlay evaluate` anew")
    return report


def compare(a: dict[str, Any], b: dict[str, Any]) -> list[Row]:
    """Compare two reports, of all pictures and by the groups of either.

    Left out are figures that only one has, and groups of fewer than `LEAST` pictures; kinds of holes may be
    smaller. Other stems, pictures or holes are a `UserError`.
    """
    hashes = [report["provenance"]["sha256"] for report in (a, b)]
    other = [what for key, what in ALIKE.items() if hashes[0].get(key) != hashes[1].get(key)]
    if other:
        raise UserError(
            f"the reports differ in their {' and '.join(other)}; measure both with the same --data, --holes, "
            "--size and --count"
        )
    members: dict[str, list[str]] = a.get("members", {}) | b.get("members", {})
    places = {ALL: np.ones(len(a["each"]["stem"]), dtype=bool)}
    for column, groups in members.items():
        for group in sorted(set(groups) - {""}):
            inside = np.array(groups) == group
            if column == "kind" or inside.sum() >= LEAST:
                places[column, group] = inside
    figures = [name for name in a["each"] if name in b["each"] and name not in ("stem", "hole_ratio")]
    rows = [_row(a, b, place, figure, inside) for place, inside in places.items() for figure in figures]
    return [row for row in rows if row is not None]


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    """Rows as JSON has them."""
    return [
        {
            "column": row.column, "group": row.group, "figure": row.figure, "count": row.count,
            "a": row.a, "b": row.b, "difference": row.difference.mean, "ratio": row.ratio,
            "interval": [row.difference.low, row.difference.high], "told_apart": row.is_told_apart,
        }
        for row in rows
    ]  # fmt: skip


def _row(
    a: dict[str, Any], b: dict[str, Any], place: tuple[str, str], figure: str, inside: Bool[np.ndarray, " n"]
) -> Row | None:
    ours, theirs = (_values(report, figure)[inside] for report in (a, b))
    difference = paired_difference(theirs, ours)
    if difference is None:
        return None
    both = np.isfinite(ours) & np.isfinite(theirs)
    means = float(ours[both].mean()), float(theirs[both].mean())
    return Row(*place, figure, int(both.sum()), *means, difference)


def _values(report: dict[str, Any], figure: str) -> Float[np.ndarray, " n"]:
    return np.array([np.nan if v is None else v for v in report["each"][figure]], dtype=float)
