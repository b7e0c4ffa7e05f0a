"""What a run leaves behind for people: JSON lines, a progress line, sample grids."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console

from inlay.batch import Batch
from inlay.images import from_tensor
from inlay.labels import LabelSet

__all__ = ["RunLog", "save_grid"]


class RunLog:
    """Appends records to `log.jsonl` and prints them in short."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.path = folder / "log.jsonl"
        self.console = console

    def write(self, record: dict[str, Any]) -> None:
        """Append one record."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"time": round(time.time(), 1), **record}) + "\n")
        self.console.print("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in record.items()))


def save_grid(path: Path, batch: Batch, layout: np.ndarray, filled: np.ndarray, labels: LabelSet) -> None:
    """Rows of photo with its hole, layout, result, truth."""
    truth = from_tensor(batch.image)
    hole = batch.hole[:, 0].cpu().numpy() > 0
    holed = truth.copy()
    holed[hole] = 255
    rows = [
        np.concatenate([holed[i], labels.colorize(layout[i]), filled[i], truth[i]], axis=1) for i in range(len(truth))
    ]
    half = (len(rows) + 1) // 2
    if len(rows) % 2:
        rows.append(np.zeros_like(rows[0]))
    sheet = np.concatenate([np.concatenate(rows[:half]), np.concatenate(rows[half:])], axis=1)
    Image.fromarray(sheet).save(path)
