"""Running the command line, in this process."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.command_line import Done, Run, drawn_hole
from inlay.cli.main import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, work: Path) -> Run:
    """Runs `inlay ARGUMENTS` in the folder `work`."""
    monkeypatch.chdir(work)

    def run(*arguments: object) -> Done:
        with pytest.raises(SystemExit) as stop:
            main([str(a) for a in arguments])
        assert isinstance(stop.value.code, int)
        return Done(stop.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a photo of 40 x 48 pixels, its hole and its layout."""
    folder = tmp_path / "work"
    folder.mkdir()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (48, 40, 3), dtype=np.uint8)).save(folder / "photo.png")
    Image.fromarray(drawn_hole().astype(np.uint8) * 255).save(folder / "hole.png")
    Image.fromarray(rng.integers(0, 19, (48, 40), dtype=np.uint8)).save(folder / "labels.png")
    return folder
