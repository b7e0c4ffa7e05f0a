from pathlib import Path

import numpy as np
from PIL import Image

from cli.command_line import Run
from inlay.labels import CELEBAMASK_HQ
from inlay.layers import read_label


def test_a_layout_can_be_seen_and_given_back(run: Run, work: Path, tiny_model: Path) -> None:
    done = run("layout", "photo.png", "--model", tiny_model, "--output", "out.png")
    assert (done.status, done.err) == (0, "")
    assert done.out.endswith(" s: out.png\n")
    label = read_label(work / "out.png", CELEBAMASK_HQ)
    assert label.shape == (48, 40)
    assert all(CELEBAMASK_HQ.names[i] in done.out for i in np.unique(label))
    with Image.open(work / "out.png") as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), CELEBAMASK_HQ.colorize(label))
    done = run("fill", "photo.png", "--hole", "hole.png", "--layout", "out.png", "--model", tiny_model)
    assert done.status == 0
    assert "layout given" in done.out


def test_under_a_hole(run: Run, work: Path, tiny_model: Path) -> None:
    Image.open(work / "hole.png").resize((20, 24), Image.Resampling.NEAREST).save(work / "small.png")
    done = run("layout", "photo.png", "--hole", "small.png", "--model", tiny_model, "--output", "a.png")
    assert done.status == 0
    assert done.err.startswith("the hole is 20 x 24 pixels")
    run("layout", "photo.png", "--hole", "hole.png", "--model", tiny_model, "--output", "b.png")
    assert (work / "a.png").read_bytes() == (work / "b.png").read_bytes()


def test_a_layout_is_a_png(run: Run, work: Path, tiny_model: Path) -> None:
    done = run("layout", "photo.png", "--model", tiny_model, "--output", "out.jpg")
    assert done.status == 2
    assert done.err == (
        "error: out.jpg: a layout is written as .png, which keeps class ids and colours; name a .png\n"
    )
    done = run("layout", "photo.png", "--model", tiny_model, "--output", "no/out.png")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert "the output folder no is not there" in done.err
