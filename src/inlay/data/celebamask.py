"""CelebAMask-HQ's official download: a picture and a mask for each part of a face, merged into layouts.

CelebA-HQ-img/0.jpg                              1024 x 1024
CelebAMask-HQ-mask-anno/0/00000_l_eye.png        512 x 512, 2000 faces a folder
CelebA-HQ-to-CelebA-mapping.txt                  which picture of CelebA each one is
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from inlay.errors import UserError
from inlay.images import read_picture
from inlay.labels import CELEBAMASK_HQ
from inlay.layers import read_hole

__all__ = ["DUPLICATES", "KNOWN_FAULTS", "Face", "find_faces", "merge_parts", "official_split"]

IMAGES, PARTS, MAPPING = "CelebA-HQ-img", "CelebAMask-HQ-mask-anno", "CelebA-HQ-to-CelebA-mapping.txt"
SIDE = 512

DUPLICATES = {
    235: 234, 3330: 3329, 5163: 5162, 6771: 6770, 7385: 7384, 7562: 7561, 12445: 12444, 12886: 12885,
    13826: 13825, 15507: 15506, 19200: 19199, 20135: 20134, 24647: 24646,
}  # fmt: skip
"""A face and the earlier one that it shows once more (issue 84): duplicates leak across splits."""

KNOWN_FAULTS = {
    2110: "the masks do not lie on the face",
    404: "no mouth and no lips are marked, though they are seen",
}
"""Faces whose layouts are known to be wrong (issue 84)."""

# CelebA's own split, by the number in the file name: 000001 to 162770 train, to 182637 val, the others test.
LAST_TRAIN, LAST_VAL = 162_770, 182_637
# Where the mapping is missing: the paper's counts, by number.
TRAIN_COUNT = 28_000


@dataclass(frozen=True)
class Face:
    """A face of the download: its number, its picture, and the masks of its parts by class name."""

    number: int
    image: Path
    parts: dict[str, Path]

    @property
    def stem(self) -> str:
        """Its name in the data folder."""
        return f"{self.number:05d}"


def find_faces(source: Path) -> list[Face]:
    """The faces of a download by number; a folder that is not one is a `UserError`."""
    if not (source / IMAGES).is_dir() or not (source / PARTS).is_dir():
        raise UserError(
            f"{source}: no {IMAGES}/ and {PARTS}/ there; expected the unpacked CelebAMask-HQ download"
        )
    masks: dict[int, dict[str, Path]] = {}
    for path in sorted((source / PARTS).glob("*/*.png")):
        number, _, name = path.stem.partition("_")
        if not number.isdigit() or name not in CELEBAMASK_HQ.names:
            raise UserError(f"{path}: not the mask of a known part; expected names like 00000_l_eye.png")
        masks.setdefault(int(number), {})[name] = path
    images = [path for path in (source / IMAGES).glob("*.jpg") if path.stem.isdigit()]
    if not images:
        raise UserError(f"{source / IMAGES}: no pictures named like 0.jpg there")
    return [
        Face(int(p.stem), p, masks.get(int(p.stem), {})) for p in sorted(images, key=lambda p: int(p.stem))
    ]


def merge_parts(face: Face) -> tuple[Image.Image, UInt8[np.ndarray, "512 512"], list[str]]:
    """The picture, the layout at 512 x 512, and what is odd about it.

    Parts are painted in the order of the label set, later ones over earlier ones. A face without skin has no
    usable layout: a `UserError`.
    """
    label, remarks = np.zeros((SIDE, SIDE), dtype=np.uint8), list[str]()
    for name in CELEBAMASK_HQ.names:
        if name not in face.parts:
            continue
        part = read_hole(face.parts[name])
        if part.shape != (SIDE, SIDE):
            remarks.append(f"the mask of {name} is not {SIDE} x {SIDE}")
            part = np.asarray(Image.fromarray(part).resize((SIDE, SIDE), Image.Resampling.NEAREST))
        if not part.any():
            remarks.append(f"the mask of {name} is empty")
        label[part] = CELEBAMASK_HQ.id_of(name)
    skin = float((label == CELEBAMASK_HQ.id_of("skin")).mean())
    if skin < 0.01:
        raise UserError(f"{face.stem}: no skin is marked; its layout is of no use")
    missing = [name for name in ("nose", "l_lip", "u_lip") if name not in face.parts]
    if missing:
        remarks.append(f"without {', '.join(missing)}")
    if face.number in KNOWN_FAULTS:
        remarks.append(KNOWN_FAULTS[face.number])
    return read_picture(face.image), label, remarks


def official_split(source: Path, faces: list[Face]) -> tuple[dict[str, list[Face]], str]:
    """The faces by split, and by which rule: CelebA's own where the mapping is, else the paper's counts."""
    mapping = source / MAPPING
    if not mapping.is_file():
        parts = {"train": faces[:TRAIN_COUNT], "val": faces[TRAIN_COUNT:]}
        if not parts["val"]:
            cut = max(1, round(len(faces) * 14 / 15))
            parts = {"train": faces[:cut], "val": faces[cut:]}
        return parts, f"by number, since {MAPPING} is not there"
    originals: dict[int, int] = {}
    for line in mapping.read_text(encoding="utf-8").splitlines()[1:]:
        try:
            number, _, name = line.split()
            originals[int(number)] = int(name.removesuffix(".jpg"))
        except ValueError as error:
            raise UserError(f"{mapping}: the line '{line}' is not 'idx orig_idx orig_file'") from error
    parts = {"train": [], "val": [], "test": []}
    for face in faces:
        if face.number not in originals:
            raise UserError(f"{mapping}: no line for face {face.number}; expected one for each picture")
        original = originals[face.number]
        parts["train" if original <= LAST_TRAIN else "val" if original <= LAST_VAL else "test"].append(face)
    return parts, "CelebA's own"
