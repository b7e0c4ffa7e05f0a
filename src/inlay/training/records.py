"""Reading a run's `log.jsonl`."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inlay.errors import UserError

__all__ = ["Record", "RunRecords", "read_records", "series"]

Record = dict[str, Any]


@dataclass(frozen=True)
class RunRecords:
    """A run as it ended up: what was computed between a checkpoint and a kill, then again, counts once."""

    steps: list[Record] = field(default_factory=list)
    figures: list[Record] = field(default_factory=list)
    events: list[Record] = field(default_factory=list)

    @property
    def faces(self) -> int:
        """Faces seen at the last record."""
        return max((int(r["faces"]) for r in (*self.steps, *self.figures)), default=0)


def read_records(run: Path) -> RunRecords:
    """The records of a run folder; a line that a kill cut short is passed over."""
    path = run / "log.jsonl"
    if not path.is_file():
        raise UserError(f"{run}: no log.jsonl there; expected the run folder of `inlay train`")
    found = RunRecords()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if "event" in record:
            found.events.append(record)
            if record["event"] == "resumed":
                for kind in (found.steps, found.figures):
                    kind[:] = [r for r in kind if r["faces"] <= record["faces"]]
        elif any(name.startswith("val_") for name in record):
            found.figures.append(record)
        elif "faces_per_second" in record:
            found.steps.append(record)
    return found


def series(records: list[Record], name: str) -> list[tuple[float, float]]:
    """(faces, value) of one quantity, where it was recorded."""
    return [(float(r["faces"]), float(r[name])) for r in records if isinstance(r.get(name), int | float)]
