"""From a public download to a data folder that `inlay train` takes: resumable, parallel, faults listed."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image

from inlay.data.celebamask import DUPLICATES, KNOWN_FAULTS, Face, find_faces, merge_parts, official_split
from inlay.data.parallel import in_order
from inlay.data.transforms import resize_pair
from inlay.errors import UserError
from inlay.files import whole_file
from inlay.images import write_picture

__all__ = ["Prepared", "prepare_celebamask"]

Progress = Callable[[int, int], None]


@dataclass
class Prepared:
    """What came out: faces by split, those left out with the reason, and remarks on those that were kept."""

    splits: dict[str, int] = field(default_factory=dict)
    split_rule: str = ""
    left_out: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, list[str]] = field(default_factory=dict)


def prepare_celebamask(
    source: Path,
    output: Path,
    size: int = 512,
    progress: Progress = lambda done, total: None,
) -> Prepared:
    """Merge the part masks of CelebAMask-HQ into `output`: images/, labels/, stems files, prepare.json.

    Left out are faces without a usable layout, the later one of each known pair of duplicates, and faces
    whose layout is known to be wrong. What an interrupted run has done is not done again.
    """
    faces = find_faces(source)
    splits, rule = official_split(source, faces)
    for name in ("images", "labels"):
        (output / name).mkdir(parents=True, exist_ok=True)
    journal = output / f".prepare-{size}.jsonl"
    others = [path.name for path in output.glob(".prepare-*.jsonl") if path != journal]
    if others:
        raise UserError(f"{output}: begun at another size ({others[0]}); name another folder or empty it")
    known = _read_journal(journal)
    result = Prepared(split_rule=rule)

    def prepare(face: Face) -> tuple[Face, list[str], str]:
        if face.stem in known and all(path.is_file() for path in _places(face, output)):
            return face, known[face.stem], ""
        return _prepare(face, output, size)

    with journal.open("a", encoding="utf-8") as done_file:
        for done, (face, remarks, fault) in enumerate(in_order(prepare, faces), start=1):
            if fault:
                result.left_out[face.stem] = fault
            elif face.stem not in known:
                done_file.write(json.dumps([face.stem, remarks]) + "\n")
            if remarks:
                result.remarks[face.stem] = remarks
            progress(done, len(faces))
    for split, members in splits.items():
        stems = [face.stem for face in members if face.stem not in result.left_out]
        if not stems and split != "test":
            raise UserError(f"{source}: no usable face for the split '{split}'")
        result.splits[split] = len(stems)
        _write(output / f"{split}.txt", "".join(f"{stem}\n" for stem in stems))
    _write(output / "prepare.json", json.dumps({"size": size, **asdict(result)}, indent=1) + "\n")
    return result


def _prepare(face: Face, output: Path, size: int) -> tuple[Face, list[str], str]:
    """Write one face; returns remarks, and why it was left out, if it was."""
    if face.number in DUPLICATES:
        return face, [], f"shows {DUPLICATES[face.number]:05d} once more"
    if face.number in KNOWN_FAULTS:
        return face, [], KNOWN_FAULTS[face.number]
    try:
        image, label, remarks = merge_parts(face)
        pixels, ids = resize_pair(image, Image.fromarray(label), (size, size))
        for path, picture in zip(_places(face, output), (pixels, ids), strict=True):
            write_picture(path, Image.fromarray(picture))
    except UserError as error:
        return face, [], str(error)
    return face, remarks, ""


def _places(face: Face, output: Path) -> tuple[Path, Path]:
    return output / "images" / f"{face.stem}.jpg", output / "labels" / f"{face.stem}.png"


def _read_journal(path: Path) -> dict[str, list[str]]:
    """Remarks on the faces that are done; a line that a kill cut short is passed over."""
    known: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            stem, remarks = json.loads(line)
        except ValueError:
            continue
        known[stem] = remarks
    return known


def _write(path: Path, text: str) -> None:
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
