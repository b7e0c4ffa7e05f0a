from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.command_line import Run
from inlay.examples import example


@pytest.mark.parametrize("hole", [np.s_[601:603, 200:1000], np.s_[601, 601]], ids=["scratch", "speck"])
def test_a_thin_hole_of_a_large_photo_has_points(run: Run, work: Path, hole: object) -> None:
    """The layout is shown at 512 cells at most, whose middles need not lie in the hole."""
    Image.open(example("portrait")).resize((1300, 1300)).save(work / "large.png")
    drawn = np.zeros((1300, 1300), dtype=np.uint8)
    drawn[hole] = 255  # type: ignore[index]
    Image.fromarray(drawn).save(work / "thin.png")
    done = run("attend", "large.png", "--hole", "thin.png", "--output", "sheet.png")
    assert (done.status, done.err) == (0, "")
    assert "(at 60" in done.out
    assert (work / "sheet.png").is_file()
