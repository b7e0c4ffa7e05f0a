"""The drawing of fig. 2 and 3 from a real attention map."""

from pathlib import Path

import numpy as np
import pytest
import torch

from inlay.cli.main import main
from inlay.errors import UserError
from inlay.examples import example
from inlay.images import open_picture
from inlay.layers import read_hole
from inlay.repair.explain import explanation
from inlay.repair.inpainter import Inpainter
from inlay.visualize.stages import stages, token_order


@pytest.fixture(scope="module")
def inpainter() -> Inpainter:
    return Inpainter.load(device="cpu")


def test_the_papers_steps_lead_to_the_codes_own_map(inpainter: Inpainter) -> None:
    record = inpainter(
        open_picture(example("portrait")), read_hole(example("hole-all")), faces="whole"
    ).attention
    assert record is not None
    full, cut, rescaled, contextual = (stage.weights for stage in stages(record))
    hole = (record.hole[0] > 0).numpy()
    assert 0 < hole.mean() < 0.3
    np.testing.assert_allclose(full.sum(axis=1), 1, atol=1e-4)
    np.testing.assert_array_equal(cut, full * ~hole)
    np.testing.assert_allclose(rescaled.sum(axis=1), 1, atol=1e-4)
    assert (contextual[~hole] == 0).all()
    own = record.rows(torch.arange(len(hole)))[0].numpy()
    np.testing.assert_allclose(contextual, own, atol=2e-5)


def test_tokens_stand_by_region_the_known_ones_first() -> None:
    label, hole = np.array([2, 0, 2, 0, 1]), np.array([False, True, True, False, False])
    assert token_order(label, hole).tolist() == [3, 4, 0, 1, 2]


def test_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["attend", str(example("portrait")), "--hole", str(example("hole-all")), "--explain"]
    with pytest.raises(SystemExit) as end:
        main([*given, "--output", str(tmp_path / "map.png"), "--device", "cpu"])
    assert end.value.code == 0
    assert "sheet: " in capsys.readouterr().out
    with open_picture(tmp_path / "map.png") as sheet:
        assert sheet.width > 1200
        assert sheet.height > 800
    for more, message in ((["--at", "5,5"], "known part"), (["--at", "500,5"], "outside the photo")):
        with pytest.raises(SystemExit) as end:
            main([*given, *more, "--output", str(tmp_path / "no.png"), "--device", "cpu"])
        assert end.value.code == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "no.png").exists()


def test_without_a_hole_there_is_nothing_to_show(inpainter: Inpainter) -> None:
    photo = open_picture(example("portrait"))
    with pytest.raises(UserError, match="no hole"):
        explanation(inpainter, photo, np.zeros((photo.height, photo.width), dtype=bool))
