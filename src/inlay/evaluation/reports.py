"""Reports as files: JSON with everything, CSV with a line a picture."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from inlay.errors import UserError
from inlay.evaluation.cases import Cases
from inlay.evaluation.evaluate import Evaluation, Keep
from inlay.evaluation.fillers import Filled
from inlay.files import check_output, whole_file

__all__ = ["all_of", "check_outputs", "picture_writer", "write_csv", "write_json"]


def check_outputs(json: Path, csv: Path | None, pictures: Path | None) -> None:
    """Whether all outputs can be written; the folder of pictures is made if its parent is there."""
    check_output(json)
    if csv is not None:
        check_output(csv)
    if pictures is not None:
        if pictures.exists() and not pictures.is_dir():
            raise UserError(f"{pictures}: is a file; expected the folder to write pictures to")
        if not pictures.parent.is_dir():
            raise UserError(
                f"{pictures}: the folder {pictures.parent} is not there; make it, or name another"
            )


def picture_writer(folder: Path | None) -> Keep:
    """Writes each batch of results as STEM.png, or does nothing without a folder."""

    def write(cases: Cases, results: UInt8[np.ndarray, "n h w 3"], filled: Filled) -> None:
        if folder is None:
            return
        folder.mkdir(exist_ok=True)
        for stem, result in zip(cases.stems, results, strict=True):
            with whole_file(folder / f"{stem}.png") as unfinished:
                Image.fromarray(result).save(unfinished, format="PNG")

    return write


def all_of(*keeps: Keep) -> Keep:
    """Shows each batch to all of them."""

    def keep(cases: Cases, results: UInt8[np.ndarray, "n h w 3"], filled: Filled) -> None:
        for one in keeps:
            one(cases, results, filled)

    return keep


def write_json(path: Path, report: dict[str, Any]) -> None:
    """A report as JSON, in which nothing is infinite or not a number."""
    text = json.dumps(report, indent=1, allow_nan=False)
    with whole_file(path) as unfinished:
        unfinished.write_text(text + "\n", encoding="utf-8")


def write_csv(path: Path, evaluation: Evaluation) -> None:
    """A line a picture: stem, hole ratio, figures; empty where one does not apply, 'inf' where infinite."""
    with whole_file(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["stem", "hole_ratio", *evaluation.figures])
        columns = (evaluation.stems, evaluation.hole_ratio, *evaluation.figures.values())
        for stem, *figures in zip(*columns, strict=True):
            writer.writerow([stem, *("" if math.isnan(x) else f"{x:.6g}" for x in figures)])
