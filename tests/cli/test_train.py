from pathlib import Path

import pytest

from cli.command_line import Run
from inlay.config import Config
from inlay.training import loop


def test_options_reach_the_loop(run: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, object] = {}

    def train(config: Config, **folders: Path) -> None:
        told.update(folders, faces=config.schedule.faces, size=config.data.size)

    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setenv("INLAY_CACHE", "kept")
    (work / "a.toml").write_text("[data]\nsize = 64\n")
    done = run("train", "a.toml", "--data", "faces", "--run", "run", "--set", "schedule.faces=96")
    assert (done.status, done.err) == (0, "")
    assert told == {"data": Path("faces"), "run": Path("run"), "cache": Path("kept"), "faces": 96, "size": 64}
    run("train", "a.toml", "--data", "faces", "--run", "run", "--cache", "there")
    assert told["cache"] == Path("there")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.toml"], "none.toml: no such config"),
        (["hole.png"], "hole.png: not readable as TOML"),
        (["a.toml", "--set", "schedule.face=1"], "did you mean 'faces'?"),
        (["a.toml", "--set", "nonsense"], "--set nonsense: expected KEY=VALUE"),
        (["a.toml"], "faces/train.txt: no such stems file"),
    ],
)
def test_faults(run: Run, work: Path, arguments: list[str], message: str) -> None:
    (work / "a.toml").touch()
    done = run("train", *arguments, "--data", "faces", "--run", "run", "--cache", "cache")
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert message in done.err
