"""The evaluation: fill, compose, measure, sum up."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from inlay.batch import Batch
from inlay.checkpoint import load_snapshot
from inlay.errors import UserError
from inlay.evaluation.baselines import Baseline, mean_color
from inlay.evaluation.bins import by_hole_ratio, parse_edges
from inlay.evaluation.cases import Cases
from inlay.evaluation.evaluate import evaluate, standard_metrics
from inlay.evaluation.fillers import Filled, ModelFiller, predicted_layout, true_layout
from inlay.evaluation.intervals import bootstrap_interval, mean_of
from inlay.evaluation.metrics.pixels import psnr
from inlay.evaluation.provenance import provenance
from inlay.evaluation.reports import write_csv, write_json
from inlay.evaluation.summary import protocol_name, summarize
from inlay.labels import CELEBAMASK_HQ
from inlay.tensors import from_tensor, to_tensor


class White:
    """Paints everything white, known pixels too, and notes what it was given."""

    layout = "none"

    def __init__(self) -> None:
        self.seen: list[Cases] = []

    def __call__(self, cases: Cases) -> Filled:
        self.seen.append(cases)
        return Filled(np.full_like(cases.images, 255), np.zeros_like(cases.labels))


def test_known_pixels_are_put_back_and_nothing_leaks(cases: Cases) -> None:
    filler, kept = White(), []
    found = evaluate(
        cases,
        filler,
        standard_metrics(),
        classes=19,
        batch_size=2,
        keep=lambda part, results, filled: kept.append(results),
    )
    results = np.concatenate(kept)
    inside = cases.holes > 0
    assert (results[inside] == 255).all()
    np.testing.assert_array_equal(results[~inside], cases.images[~inside])
    assert all((part.images[part.holes > 0] == 0).all() for part in filler.seen)
    assert [len(part) for part in filler.seen] == [2, 2, 1]
    assert found.figures["psnr"] == [psnr(t, r) for t, r in zip(cases.images, results, strict=True)]
    assert min(found.figures["known_l1"]) > 0
    assert found.layout_hole.sum() == inside.sum()
    assert found.layout_known.sum() == (~inside).sum()


def test_batch_size_changes_nothing(cases: Cases, untrained: Path) -> None:
    snapshot = load_snapshot(untrained)
    filler = ModelFiller(snapshot.model, snapshot.layout, source=predicted_layout)
    one, all_ = (evaluate(cases, filler, standard_metrics(), classes=19, batch_size=n) for n in (1, 5))
    for name, values in one.figures.items():
        np.testing.assert_allclose(values, all_.figures[name], rtol=1e-2, err_msg=name)


def test_model_filler_is_the_model(cases: Cases, untrained: Path) -> None:
    snapshot = load_snapshot(untrained)
    batch = Batch(
        to_tensor(cases.images),
        torch.from_numpy(cases.labels).long(),
        torch.from_numpy(cases.holes)[:, None].float(),
    )
    with torch.no_grad():
        predicted = snapshot.layout.complete(batch)
        for source, given in ((true_layout, batch), (predicted_layout, predicted)):
            filler = ModelFiller(snapshot.model, snapshot.layout, source=source)
            filled = filler(cases)
            expected = from_tensor(snapshot.model(given).image)
            np.testing.assert_array_equal(filled.images, expected)
            np.testing.assert_array_equal(filled.layouts, predicted.label)
            assert filler.layout == source.__name__.removesuffix("_layout")


def test_a_model_without_predictor_says_so(cases: Cases, untrained: Path) -> None:
    filler = ModelFiller(load_snapshot(untrained).model, None, source=predicted_layout)
    with pytest.raises(UserError, match="--layout true"):
        filler(cases)


def test_summary(cases: Cases) -> None:
    """The last picture has no hole: it is identical, and figures of the hole do not apply to it."""
    found = evaluate(cases, Baseline(mean_color), standard_metrics(), classes=19)
    report = summarize(found, CELEBAMASK_HQ, layout="none", size=(32, 32), bin_edges=(0.0, 50.0, 60.0))
    assert report["count"] == 5
    assert report["identical"] == 1
    assert report["psnr"] == pytest.approx(np.mean(found.figures["psnr"][:4]))
    assert report["ssim"] == pytest.approx(np.mean(found.figures["ssim"]))
    assert report["hole_psnr"] == pytest.approx(np.mean(found.figures["hole_psnr"][:4]))
    assert report["layout"] == "none"
    assert report["protocol"] == "A at 32 x 32"
    assert "predicted_layout" not in report
    low, high = report["intervals"]["psnr"]
    assert low < report["psnr"] < high
    assert [row["count"] for row in report["bins"]] == [5, 0]
    assert report["bins"][0]["psnr"] == report["psnr"]
    assert report["bins"][1]["psnr"] is None
    json.dumps(report, allow_nan=False)


def test_protocol_names() -> None:
    assert protocol_name((128, 128)) == "A"
    assert protocol_name((256, 256)) == "A at 256 x 256"


def test_bins_hold_their_lower_edge() -> None:
    ratio, figures = np.array([0.05, 0.1, 0.0999, 0.7]), {"x": np.array([1.0, 2.0, 3.0, 4.0])}
    rows = by_hole_ratio(ratio, figures, (5.0, 10.0, 15.0))
    assert [(row["from"], row["to"], row["count"], row["x"]) for row in rows] == [
        (5, 10, 2, 2.0),
        (10, 15, 1, 2.0),
    ]


@pytest.mark.parametrize("text", ["", "5", "a,b", "10,5", "0,101", "-1,5"])
def test_edges_that_are_none(text: str) -> None:
    with pytest.raises(UserError, match="--bin-edges"):
        parse_edges(text)


def test_interval_is_the_normal_one_for_many_values() -> None:
    values = np.random.default_rng(1).normal(3, 2, 2000)
    low, high = bootstrap_interval(values)
    half = 1.96 * 2 / np.sqrt(2000)
    assert low == pytest.approx(values.mean() - half, abs=0.02)
    assert high == pytest.approx(values.mean() + half, abs=0.02)
    assert bootstrap_interval(values) == (low, high)
    assert bootstrap_interval(np.array([1.0, np.inf])) is None


def test_mean_leaves_out_what_does_not_apply() -> None:
    assert mean_of(np.array([1.0, np.nan, 3.0, np.inf])) == 2.0
    assert mean_of(np.array([np.nan])) is None


def test_reports_on_disk(cases: Cases, tmp_path: Path) -> None:
    found = evaluate(cases, Baseline(mean_color), standard_metrics(), classes=19)
    write_csv(tmp_path / "a.csv", found)
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["stem"] for row in rows] == cases.stems
    assert float(rows[0]["psnr"]) == pytest.approx(found.figures["psnr"][0], rel=1e-5)
    assert rows[-1]["psnr"] == "inf"
    assert rows[-1]["hole_psnr"] == ""
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"psnr": float("nan")})
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_provenance_tells_other_data_apart(cases: Cases) -> None:
    def hashes(of: Cases) -> dict[str, str]:
        return provenance(of, device="cpu", sources={}, weights={"model": "1"})["sha256"]

    mirrored = Cases(cases.stems, cases.images, cases.labels, cases.holes[:, ::-1].copy())
    ours, theirs = hashes(cases), hashes(mirrored)
    assert ours == hashes(cases)
    assert {name for name in ours if ours[name] != theirs[name]} == {"holes"}
