"""Measurements that are kept, and refinements measured step by step."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inlay.checkpoint import load_snapshot
from inlay.evaluation.cases import Cases
from inlay.evaluation.course import measure_course
from inlay.evaluation.evaluate import evaluate, standard_metrics
from inlay.evaluation.fillers import ModelFiller, refined_answer, true_layout
from inlay.evaluation.kept import digest_of, kept_report, measure
from inlay.labels import CELEBAMASK_HQ
from inlay.painters.refine import CarefulRefinement


def test_the_same_is_not_measured_again(tmp_path: Path) -> None:
    made = []

    def make() -> dict:
        made.append(1)
        return {"psnr": float(len(made))}

    place = tmp_path / "a" / "report.json"
    first = kept_report(place, {"weights": "x", "steps": (1, 2)}, make)
    assert kept_report(place, {"weights": "x", "steps": (1, 2)}, make) == first | {
        "measured": {"weights": "x", "steps": [1, 2]}
    }
    assert kept_report(place, {"weights": "y"}, make)["psnr"] == 2
    assert kept_report(place, {"weights": "y"}, make)["psnr"] == 2
    assert len(made) == 2


def test_a_digest_changes_with_anything_that_figures_depend_on(cases: Cases) -> None:
    others = [
        Cases([*cases.stems[:-1], "other"], cases.images, cases.labels, cases.holes),
        Cases(cases.stems, cases.images ^ 1, cases.labels, cases.holes),
        Cases(cases.stems, cases.images, cases.labels ^ 1, cases.holes),
        Cases(cases.stems, cases.images, cases.labels, 1 - cases.holes),
        cases.part(0, 3),
    ]
    assert len({digest_of(one) for one in (cases, *others)}) == 6
    assert digest_of(cases.part(0, len(cases))) == digest_of(cases)


@pytest.fixture
def filler(untrained: Path) -> ModelFiller:
    torch.set_num_threads(1)
    snapshot = load_snapshot(untrained)
    return ModelFiller(snapshot.model, snapshot.layout, source=true_layout)


def test_a_report_holds_the_figures_a_picture(cases: Cases, filler: ModelFiller) -> None:
    report = measure(cases, filler, standard_metrics(), CELEBAMASK_HQ, sources={}, weights={})
    assert report["each"]["psnr"][-1] is None, "the last picture has no hole: its PSNR is infinite"
    finite = [value for value in report["each"]["psnr"] if value is not None]
    assert np.mean(finite) == pytest.approx(report["psnr"])


def test_a_course_is_what_each_number_of_steps_gives(cases: Cases, filler: ModelFiller) -> None:
    told = list[int]()
    course = measure_course(cases, filler, CarefulRefinement(steps=3), [0, 1, 3], told.append)
    assert [answer["steps"] for answer in course] == [0, 1, 3]
    assert told[-1] == len(cases)
    seconds = [answer["seconds_per_image"] for answer in course]
    assert seconds == sorted(seconds)
    for answer in course:
        filler.answer = refined_answer(CarefulRefinement(steps=answer["steps"]))
        alone = evaluate(cases, filler, standard_metrics(), classes=len(CELEBAMASK_HQ), batch_size=4)
        for name in ("psnr", "hole_psnr", "known_l1"):
            expected = [v if np.isfinite(v) else None for v in alone.figures[name]]
            assert answer["each"][name] == pytest.approx(expected, abs=1e-6)
