"""The docs' figures are those of the reports in docs/reports/ (benchmarks/reports.py)."""

import hashlib
import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

PAGE = "# Page\n\n<!-- table: kinds -->\n<!-- end -->\n\nMore.\n"
PLAN = {
    "measure": {"one": {"minutes": 1, "run": "echo"}, "two": {"minutes": 1, "run": "echo"}},
    "table": {
        "kinds": {
            "first": "fill",
            "caption": "Two fills.",
            "rows": {"the first": "one", "the second": "two"},
            "columns": {"PSNR": "{@.psnr:.2f} [{@.intervals.psnr.0:.1f}]", "faces": "{@.count:d}"},
        }
    },
}
STAMP = {"commit": "0123456789abcdef+", "date": "2026-11-30T10:00:00+00:00"}
ONE = {"psnr": 31.456, "intervals": {"psnr": [30.01, 32.0]}, "count": 3, "measured": STAMP}


def load(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("reports", root / "benchmarks/reports.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reports = load(ROOT)


# What the docs hold


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    return reports.read_plan()


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return reports.read_reports()


@pytest.mark.parametrize("page", reports.pages(), ids=lambda path: path.name)
def test_marked_tables_are_the_reports(page: Path, plan: dict[str, Any], found: dict[str, Any]) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == reports.fill_tables(text, plan, found), "run scripts/measure --tables"
    assert text.count("<!-- table:") == len(reports.BLOCK.findall(text)), "a marker without its end"


def test_other_tables_hold_no_figures(plan: dict[str, Any]) -> None:
    """The list of old tables shrinks: a table that is gone leaves it."""
    loose = [
        f"{page.relative_to(ROOT)} {row}"
        for page in reports.pages()
        for row in reports.loose_tables(page.read_text(encoding="utf-8"))
    ]
    old = plan["old"]
    new = [row for row in loose if not any(row.startswith(known) for known in old)]
    assert not new, "make these tables from a report (benchmarks/reports.toml), or name their source"
    gone = [known for known in old if not any(row.startswith(known) for row in loose)]
    assert not gone, "these old tables are gone: take them off the list"


def test_each_table_has_a_place_and_its_measurements(plan: dict[str, Any]) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in reports.pages())
    assert sorted(plan["table"]) == sorted(match[1] for match in reports.BLOCK.findall(text))
    for name, table in plan["table"].items():
        assert set(reports.needed(table)) <= set(plan["measure"]), name


def test_each_measurement_is_used_and_each_report_is_measured(
    plan: dict[str, Any], found: dict[str, Any]
) -> None:
    used = {name for table in plan["table"].values() for name in reports.needed(table)}
    assert used == set(plan["measure"])
    assert set(found) <= set(plan["measure"])
    for name, measurement in plan["measure"].items():
        assert "$REPORT" in measurement["run"], name


# How tables are made


def test_a_table_has_cells_and_caption() -> None:
    two = ONE | {"psnr": None, "measured": STAMP | {"date": "2026-12-01T00:00:00+00:00"}}
    made = reports.fill_tables(PAGE, PLAN, {"one": ONE, "two": two})
    assert made == (
        "# Page\n\n<!-- table: kinds -->\n"
        "| fill | PSNR | faces |\n|---|---|---|\n"
        "| the first | 31.46 [30.0] | 3 |\n| the second | - [30.0] | 3 |\n\n"
        "Two fills. `scripts/measure kinds`, 2026-11-30 to 2026-12-01, commit 01234567+.\n"
        "<!-- end -->\n\nMore.\n"
    )
    assert reports.fill_tables(made, PLAN, {"one": ONE, "two": two}) == made
    assert reports.fill_tables(made.replace("31.46", "31.96"), PLAN, {"one": ONE, "two": two}) == made


def test_rows_without_a_report_are_named() -> None:
    made = reports.render("kinds", PLAN, {"one": ONE})
    assert "the first" in made
    assert "the second" not in made
    assert made.endswith("Not measured yet: `two` (`scripts/measure kinds`).\n")
    assert reports.render("kinds", PLAN, {}).startswith("Not measured yet: `one`, `two`")


def test_a_figure_that_a_report_lacks_is_named() -> None:
    with pytest.raises(KeyError, match=r"no figure one.intervals.ssim .*psnr"):
        reports.figure({"one": ONE}, "one.intervals.ssim", ".2f")
    assert reports.figure({"one": ONE}, "one.intervals.ssim?", ".2f") == "-"
    assert reports.figure({"one": ONE}, "one.psnr?", ".2f") == "31.46"
    assert reports.figure({"one": {"set.old": {"40": 3}, "set": {"new": 1}}}, "one.set.old.40", "d") == "3"


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("| a | b |\n|---|---|\n| c | 1.5 |\n", ["| a | b |"]),
        ("| a | b |\n|---|---|\n| c | `1.5` |\n", []),
        ("| a | b |\n|---|---|\n| c | 15 |\n", []),
        ("| a | b |\n|---|---|\n| c | .05 |\n", ["| a | b |"]),
        ("<!-- published: Lee et al. 2020 -->\n| a | b |\n|---|---|\n| c | 1.5 |\n", []),
        ("<!-- table: kinds -->\n| a | b |\n|---|---|\n| c | 1.5 |\n<!-- end -->\n", []),
        ("| a |\n|---|\n| 1 |\n\n| d |\n|---|\n| 0.5 |", ["| d |"]),
    ],
)
def test_loose_tables(text: str, loose: list[str]) -> None:
    assert reports.loose_tables(text) == loose


def test_names_of_tables_stand_for_their_measurements() -> None:
    assert reports.chosen([], PLAN) == reports.chosen(["kinds"], PLAN) == ["one", "two"]
    assert reports.chosen(["two", "kinds"], PLAN) == ["two", "one"]
    with pytest.raises(SystemExit, match="no measurement and no table 'three'"):
        reports.chosen(["three"], PLAN)


# How reports are made


def test_a_measurement_is_stamped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, shared = tmp_path / "repository", tmp_path / "shared"
    for folder in (shared / "data", root / "docs/reports", root / "src/inlay/weights"):
        folder.mkdir(parents=True)
    (shared / "data/holes.npz").write_bytes(b"holes")
    (root / "code.py").write_text("1\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], cwd=root, check=True)
    monkeypatch.setenv("INLAY_SHARED", str(shared))
    run = 'echo "{\\"read\\": \\"$INLAY_SHARED/data/holes.npz\\", \\"made\\": \\"$SCRATCH/a\\"}" > $REPORT'
    reports.measure("one", run, root)
    made = json.loads((root / "docs/reports/one.json").read_text())
    assert (made["read"], made["made"]) == ("$INLAY_SHARED/data/holes.npz", "$SCRATCH/a")
    stamp = made["measured"]
    assert stamp["sha256"] == {"$INLAY_SHARED/data/holes.npz": hashlib.sha256(b"holes").hexdigest()}
    assert (stamp["command"], stamp["date"][:2]) == (run, "20")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
    assert stamp["commit"] == head.stdout.strip()
    (root / "code.py").write_text("2\n")
    assert reports.commit(root) == f"{head.stdout.strip()}+"


def test_a_measurement_that_fails_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "docs/reports").mkdir(parents=True)
    with pytest.raises(subprocess.CalledProcessError):
        reports.measure("one", "echo {} > $REPORT; false", tmp_path)
    assert not list((tmp_path / "docs/reports").iterdir())
