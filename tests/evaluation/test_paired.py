"""Two reports compared picture by picture: the rows, and the command."""

import json
from pathlib import Path

import numpy as np
import pytest

from inlay.errors import UserError
from inlay.evaluation.intervals import paired_difference
from inlay.evaluation.paired import compare, read_report

COUNT = 100


def report(seed: int, **more: object) -> dict:
    """A report of made-up figures; the last picture has no figure."""
    rng = np.random.default_rng(seed)
    each = {"stem": [str(n) for n in range(COUNT)], "hole_ratio": [0.1] * COUNT}
    each |= {name: [*rng.uniform(1, 2, COUNT - 1).tolist(), None] for name in ("psnr", "lpips")}
    sha256 = {"stems": "1", "images": "2", "holes": "3"}
    return {"each": each, "fill": "x", "provenance": {"sha256": sha256}} | more


def test_rows_are_paired_differences() -> None:
    a, b = report(0), report(1)
    rows = compare(a, b)
    assert [row.figure for row in rows] == ["psnr", "lpips"]
    ours, theirs = (np.array(one["each"]["psnr"][:-1]) for one in (a, b))
    assert rows[0].difference == paired_difference(theirs, ours)
    assert (rows[0].count, rows[0].a, rows[0].b) == (COUNT - 1, ours.mean(), theirs.mean())
    assert rows[0].ratio == theirs.mean() / ours.mean()


def test_a_shift_is_told_apart_and_noise_is_not() -> None:
    a = report(0)
    b = json.loads(json.dumps(a))
    b["each"]["psnr"] = [v and v + 0.1 for v in b["each"]["psnr"]]
    b["each"]["lpips"] = [v and v + (-1) ** n for n, v in enumerate(b["each"]["lpips"])]
    assert [row.is_told_apart for row in compare(a, b)] == [True, False]


def test_groups_of_either_report() -> None:
    kinds = ["eyes"] * 30 + ["brush"] * 70
    a = report(0, members={"kind": kinds})
    b = report(1, members={"hat": ["1"] * 39 + ["0"] * 50 + [""] * 11})
    places = [(row.column, row.group, row.count) for row in compare(a, b) if row.figure == "psnr"]
    assert places == [("", "", 99), ("kind", "brush", 69), ("kind", "eyes", 30), ("hat", "0", 50)]


@pytest.mark.parametrize(
    ("key", "said"), [("stems", "pictures by name"), ("images", "pictures"), ("holes", "holes")]
)
def test_other_pictures_or_holes_are_refused(key: str, said: str) -> None:
    other = report(1)
    other["provenance"]["sha256"][key] = "other"
    with pytest.raises(UserError, match=f"differ in their {said}; measure both with the same --data"):
        compare(report(0), other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "not readable as a report"),
        ("{", "not readable as a report"),
        ("[]", "no report; expected a report of `inlay evaluate`"),
        ('{"provenance": {"sha256": {}}}', "has no figures a picture; run `inlay evaluate` anew"),
    ],
)
def test_files_that_are_no_report(tmp_path: Path, text: str | None, said: str) -> None:
    place = tmp_path / "a.json"
    if text is not None:
        place.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        read_report(place)


def test_the_command(inlay, faces: Path, tmp_path: Path) -> None:
    given = ("evaluate", "--data", faces, "--holes", faces / "holes.npz", "--size", 32)
    for name in ("mean", "telea"):
        assert inlay(*given, "--baseline", name, "--json", tmp_path / f"{name}.json")[0] == 0
    out = tmp_path / "both.json"
    reports = (tmp_path / "mean.json", tmp_path / "telea.json")
    status, said, complaint = inlay("compare", *reports, "--json", out)
    assert status == 0, complaint
    assert "hole_psnr" in said
    mean, telea = (json.loads(path.read_text()) for path in reports)
    rows = {row["figure"]: row for row in json.loads(out.read_text())["rows"]}
    assert rows["hole_psnr"]["a"] == pytest.approx(mean["hole_psnr"], abs=1e-4)
    difference = telea["hole_psnr"] - mean["hole_psnr"]
    assert rows["hole_psnr"]["difference"] == pytest.approx(difference, abs=1e-4)
    status, _, complaint = inlay("compare", *reports, "--json", reports[0])
    assert status == 2
    assert json.loads(reports[0].read_text()) == mean
    few = tmp_path / "few.json"
    assert inlay(*given, "--baseline", "mean", "--count", 2, "--json", few)[0] == 0
    status, _, complaint = inlay("compare", reports[0], few)
    assert (status, complaint.count("\n")) == (2, 1)
    assert "differ in their pictures by name and pictures and holes" in complaint
