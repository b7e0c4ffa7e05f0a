"""The run folder: who may write into it, its checkpoints, and the settings it was begun with.

config.json            the resolved settings
log.jsonl              one record a line
checkpoints/*.pt       the last two training states
snapshot/ best/        moving-average weights for users: the latest, and the best by val
grid-*.png             fixed val faces as they were filled
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from inlay.checkpoint import load_state, save_state
from inlay.config import Config, DamageConfig, parse_run_config
from inlay.config.versions import current_settings
from inlay.errors import UserError
from inlay.training.guard import BadSteps, explain_full_disk

__all__ = ["RunFolder", "differences"]

KEPT = 2


class RunFolder:
    """A folder that one run at a time writes into; what killed runs left half written is removed."""

    def __init__(self, path: Path, config: Config | DamageConfig, *, writes: bool = True) -> None:
        self.path, self.config, self.writes = path, config, writes
        self.checkpoints = path / "checkpoints"
        self._lock: TextIO | None = None
        if not writes:
            return
        with explain_full_disk(path):
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            self._lock = (path / ".lock").open("w")
        try:
            # Not flock: that would be inherited by loader processes, which outlive a killed run by seconds.
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UserError(
                f"{path}: another run writes into this folder; stop it or name another one"
            ) from error
        for left in (*path.glob(".*.part"), *self.checkpoints.glob(".*.part")):
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def __enter__(self) -> "RunFolder":
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    def write_config(self) -> list[str]:
        """Write the resolved settings; returns what differs from those the run was begun or resumed with.

        A difference in the networks' form is a `UserError`: the weights would not fit.
        """
        if not self.writes:
            return []
        place, resolved = self.path / "config.json", self.config.model_dump(mode="json")
        changes = list[str]()
        if place.is_file() and self._newest():
            begun = json.loads(place.read_text(encoding="utf-8"))
            if begun.get("kind") != "damage":
                begun = current_settings(begun)
            changes = differences(begun, resolved)
            if fixed := differences(_networks(parse_run_config(begun, str(place))), _networks(self.config)):
                raise UserError(
                    f"{self.path}: this run was begun with other networks ({fixed[0]}); "
                    "name another --run, or give the settings it was begun with"
                )
        unfinished = place.with_name(f".config.{os.getpid()}.part")
        with explain_full_disk(place):
            unfinished.write_text(json.dumps(resolved, indent=1) + "\n", encoding="utf-8")
            unfinished.replace(place)
        return changes

    def save_snapshot(self, name: str, write: Callable[[Path], None]) -> None:
        """Let weights be written in the form that users take."""
        with explain_full_disk(self.path / name):
            write(self.path / name)

    def save_state(self, faces: int, trainees: dict[str, Any], best: float, bad: BadSteps) -> None:
        """Keep a training state, and of the older ones only the last."""
        path = self.checkpoints / f"{faces:010d}.pt"
        state = {"faces": faces, "trainees": trainees, "best": best, "bad": bad.state}
        with explain_full_disk(path):
            save_state(path, state)
        for old in self._newest()[KEPT:]:
            old.unlink()

    def load_latest(self) -> dict[str, Any] | None:
        """The newest training state that can be read, or `None` in a new folder."""
        states = self._newest()
        for path in states:
            try:
                return load_state(path)
            except UserError:
                continue
        if states:
            raise UserError(
                f"{self.checkpoints}: none of {len(states)} checkpoints can be read; "
                "remove the folder to begin anew, or name another --run"
            )
        return None

    def _newest(self) -> list[Path]:
        return sorted(self.checkpoints.glob("[0-9]*.pt"), reverse=True)


def _networks(config: Config | DamageConfig) -> dict[str, Any]:
    """Collect the settings that say which networks a run trains, and of what form."""
    if isinstance(config, DamageConfig):
        return config.model_dump(mode="json", include={"kind", "detector"})
    loss = config.loss
    return {
        **config.model_dump(mode="json", include={"model", "layout", "discriminator"}),
        "loss.layout.weight above 0": loss.layout.weight > 0,
        "loss.adversarial.weight above 0": loss.adversarial.weight > 0,
        "loss.adversarial.twins": loss.adversarial.twins,
        "data.labels": config.data.labels,
    }


def differences(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[str]:
    """Lines 'a.b: old -> new' for each value that differs."""
    lines = list[str]()
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            lines += differences(before, after, f"{prefix}{key}.")
        elif before != after and key in old:
            lines.append(f"{prefix}{key}: {before} -> {after}")
    return lines
