"""`inlay results`: one command, one page, whose figures are the reports' and whose words are the figures'."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.errors import UserError
from inlay.results.compare import Difference, difference, in_order, told_apart
from inlay.results.request import Request, parse_preds, parse_steps
from inlay.results.section import Table


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_page_and_resume(inlay, folder: Path, tiny_model: Path) -> None:
    (folder / "other").mkdir()
    for n in range(4, 8):
        Image.new("RGB", (32, 32), "gray").save(folder / f"other/f{n}.png")
    given = ("--model", tiny_model, "--pred", f"grey={folder / 'other'}")
    status, _, told = inlay(*given)
    assert status == 0, told
    page = (folder / "results.md").read_text()
    assert "training none-0" in told
    assert "measuring model-true" in told
    assert str(folder) not in page, "no path of this machine"
    for title in ("Table I:", "Table II:", "Table III:"):
        assert f"## {title}" in page
    for printed in ("29.42", "30.26", "0.950", "30.71", "0.947", "30.49", "33.56", "0.981"):
        assert printed in page
    report = json.loads((folder / "work/reports/model-true.json").read_text())
    assert f"| tiny, true layout | true | {report['psnr']:.2f} |" in page
    assert "| grey | unknown |" in page
    assert "The preset paper is left out" in page
    third = {row["fill"]: row for row in rows_of(folder / "work/table3.csv")}
    assert {"mean colour", "telea", "navier-stokes", "biharmonic"} <= third.keys()
    seeds = [json.loads((folder / f"work/table1/reports/self-{n}.json").read_text())["psnr"] for n in (0, 1)]
    first = {row["mechanism"]: row for row in rows_of(folder / "work/table1.csv")}
    assert first["self-attention"]["PSNR"] == f"{np.mean(seeds):.2f}"
    gains = [row for row in rows_of(folder / "work/table2.csv") if row["preset"] == "careful"]
    assert [row["steps"] for row in gains] == ["1", "2", "1", "2"], "the model and the paper's best row"
    before = {p: p.stat().st_mtime_ns for p in (folder / "work").rglob("*.json")}
    status, _, told = inlay(*given)
    assert (status, told) == (
        0,
        "reading\n"
        + "".join(f"measuring {r}, seed {s}\n" for r in ("none", "self", "again") for s in (0, 1)),
    )
    assert before == {p: p.stat().st_mtime_ns for p in (folder / "work").rglob("*.json")}
    assert (folder / "results.md").read_text() == page


def test_what_is_missing_is_said(inlay, folder: Path, tiny_model: Path) -> None:
    status, _, told = inlay("--model", tiny_model, "--no-train", "--count", 3, "--refine-count", 2)
    assert status == 0, told
    page = (folder / "results.md").read_text()
    assert "Not trained yet: without attention; self-attention; the same again." in page
    assert "| without attention | true | 29.42 | not trained | 0 |  |" in page
    assert "--count 3" in page
    assert not (folder / "work/table1").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--steps", "5,1"), "--steps 5,1: expected rising numbers"),
        (("--pred", "telea"), "--pred telea: expected NAME=FOLDER"),
        (("--pred", "a=x", "--pred", "a=y"), "the name 'a' was given twice"),
        (("--lpips", "nowhere"), "nowhere"),
        (("--vgg", "nowhere"), "nowhere: no such file"),
    ],
)
def test_faults(inlay, folder: Path, tiny_model: Path, more: tuple[str, ...], message: str) -> None:
    status, _, told = inlay("--no-train", "--model", tiny_model, *more)
    assert status == 2
    assert message in told
    assert not (folder / "results.md").exists()


def report(values: list[float | None], **more: int) -> dict:
    return {"each": {"psnr": values}, **more}


def test_difference_is_paired() -> None:
    a, b = report([1.0, 2.0, None, 4.0]), report([0.0, 1.5, 3.0, 3.0])
    found = difference([a], [b], "psnr")
    assert found is not None
    assert found.mean == pytest.approx((1 + 0.5 + 1) / 3)
    assert 0.5 <= found.low <= found.mean <= found.high <= 1
    ours = [report(a["each"]["psnr"], seed=n) for n in (1, 0, 2)]
    both = difference(ours, [report([2.0, 3.0, 3.0, 5.0], seed=0), b | {"seed": 1}], "psnr")
    assert both is not None
    assert both.by_seed == pytest.approx(((1 + 0.5 + 1) / 3, -1.0))
    assert difference([a], [b | {"seed": 1}], "psnr") is None, "no run of the same seed"
    assert difference([a], [report([None, None, None, 1.0])], "psnr") is None


@pytest.mark.parametrize(
    ("found", "sign"),
    [
        (Difference(0.3, 0.1, 0.5, (0.3,)), 1),
        (Difference(-0.3, -0.5, -0.1, (-0.2, -0.4)), -1),
        (Difference(0.3, -0.1, 0.5, (0.3,)), 0),
        (Difference(0.3, 0.1, 0.5, (0.7, -0.1)), 0),
    ],
)
def test_sign_needs_pictures_and_seeds(found: Difference, sign: int) -> None:
    assert found.sign == sign


def test_words() -> None:
    higher = Difference(0.3, 0.1, 0.5, (0.2, 0.4))
    assert told_apart(higher, 0.4).endswith("the same direction; the paper's lies within our interval")
    assert told_apart(higher, -0.4).endswith("the other direction; the paper's lies outside our interval")
    assert "not told apart" in told_apart(Difference(0.3, -0.1, 0.5, (0.3,)), 0.4)
    assert "by seed +0.20, +0.40" in higher.shown()
    assert in_order(["a", "b", "c"], [2.0, 1.0, 2.0]) == "b < a = c"


def test_commands_name_no_folders_of_this_machine() -> None:
    request = Request(
        Path("/x/configs/ablations/table1.toml"), Path("/x/faces"), Path("/x/holes.npz"), Path("/x/work"),
        Path("/x/docs/results.md"), Path("/x/runs"), lpips=Path("/x/weights"), preds={"lama": Path("/x/out")},
        vgg=Path("/x/weights"), count=9,
    )  # fmt: skip
    texts = [request.page_command(), request.ablate_command(), request.fill_commands()]
    texts.append(request.evaluate_commands(["careful", "paper"]))
    assert all("/x" not in text for text in texts)
    assert re.search(r"inlay results configs/ablations/table1.toml --data faces .*--pred lama=out", texts[0])
    assert texts[3].count("inlay evaluate") == 2
    assert "--vgg weights" in texts[3]


def test_steps_and_preds() -> None:
    assert parse_steps("1,5,20") == (1, 5, 20)
    assert parse_preds(["lama=a/b", "x_1=c"]) == {"lama": Path("a/b"), "x_1": Path("c")}
    for wrong in ("", "0,1", "1,1", "x"):
        with pytest.raises(UserError, match="--steps"):
            parse_steps(wrong)


def test_table_shows_bars_as_bars() -> None:
    table = Table(["row", "x"], [["|mass - mu C|", "1"]])
    assert table.as_markdown() == "| row | x |\n| --- | ---: |\n| \\|mass - mu C\\| | 1 |\n"
    assert table.as_csv() == "row,x\n|mass - mu C|,1\n"
