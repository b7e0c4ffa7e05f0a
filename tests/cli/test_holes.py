from pathlib import Path

import numpy as np
import pytest

from cli.command_line import Run
from inlay.data.holes import FreeForm, frozen_holes, unpack_holes


def read(path: Path) -> np.ndarray:
    with np.load(path) as archive:
        return unpack_holes(dict(archive))


def test_holes_are_those_of_the_seed(run: Run, work: Path) -> None:
    done = run("holes", "--size", "36", "--count", 5, "--seed", 7, "--output", "a.npz")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("5 holes, ratio ")
    assert np.array_equal(read(work / "a.npz"), frozen_holes(7, 5, (36, 36), FreeForm()))
    run("holes", "--size", "36", "--count", 5, "--seed", 7, "--output", "b.npz")
    assert (work / "a.npz").read_bytes() == (work / "b.npz").read_bytes()


def test_other_sizes_ranges_and_brushes(run: Run, work: Path) -> None:
    run("holes", "--size", "40x100", "--count", 3, "--low", 0.3, "--high", 0.4, "--output", "a.npz")
    drawn = read(work / "a.npz")
    assert drawn.shape == (3, 40, 100)
    assert (drawn.mean(axis=(1, 2)) > 0.3).all()
    run("holes", "--size", "64", "--count", 3, "--variant", "released", "--output", "a.npz")
    assert np.array_equal(read(work / "a.npz"), frozen_holes(0, 3, (64, 64), FreeForm.released()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "0"], "--size 0: expected a number of pixels, or HEIGHTxWIDTH"),
        (["--size", "8x"], "--size 8x: expected a number of pixels, or HEIGHTxWIDTH"),
        (["--low", "0.5"], "hole range 0.5 to 0.2: expected 0 <= low < high <= 1"),
        (["--output", "a.txt"], "a.txt: holes are written as .npz; name an .npz"),
        (["--output", "no/a.npz"], "no/a.npz: the output folder no is not there"),
    ],
)
def test_faults(run: Run, work: Path, arguments: list[str], message: str) -> None:
    before = sorted(work.iterdir())
    done = run("holes", "--size", "16", "--count", 1, "--output", "a.npz", *arguments)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert message in done.err
    assert sorted(work.iterdir()) == before
