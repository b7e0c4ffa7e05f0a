"""A data folder in archives small enough to be carried to a lent GPU, and back into a data folder there.

    python scripts/pack_faces.py pack celebamask packed --size 320 --most 58
    python scripts/pack_faces.py unpack packed/*.zip --output faces

Pictures are resized by Lanczos and stored as WebP (quality 88: about 40 dB at 320 pixels, 44 dB at 128),
layouts by nearest neighbour as lossless WebP, which takes 60 % of PNG's size. Each archive holds whole faces
and the lists of stems; `unpack` of some of them gives a data folder of those faces, of all of them all of it.
"""

import argparse
import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image

from inlay.data.folder import Pair, list_pairs, read_stems
from inlay.data.store import load_pair
from inlay.labels import CELEBAMASK_HQ

LISTS = ("train.txt", "val.txt")
QUALITY = 88
ENTRY = 160
"""More bytes than a file of an archive takes beside its data and twice its name's stem."""


def main() -> None:
    """Pack or unpack, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    packing = verbs.add_parser("pack")
    packing.add_argument("data", type=Path)
    packing.add_argument("output", type=Path)
    packing.add_argument("--size", type=int, default=320)
    packing.add_argument("--most", type=float, default=60.0, help="megabytes an archive")
    unpacking = verbs.add_parser("unpack")
    unpacking.add_argument("archives", type=Path, nargs="+")
    unpacking.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    if given.verb == "pack":
        for archive in pack(given.data, given.output, given.size, int(given.most * 1e6)):
            print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")
    else:
        print(f"{given.output}: {unpack(given.archives, given.output)} faces")


def pack(data: Path, output: Path, size: int, most: int) -> Iterator[Path]:
    """Write archives of at most so many bytes, in the order of the lists, and name each as it is done."""
    output.mkdir(parents=True, exist_ok=True)
    stems = [stem for name in LISTS for stem in read_stems(data / name)]
    pairs = list_pairs(data / "images", data / "labels", stems)
    lists = {name: (data / name).read_bytes() for name in LISTS}
    done, faces, held = list[Path](), list[tuple[str, bytes, bytes]](), 0

    def write() -> Path:
        path = output / f"faces-{len(done) + 1:02}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name, text in lists.items():
                archive.writestr(name, text)
            for stem, image, label in faces:
                archive.writestr(f"images/{stem}.webp", image)
                archive.writestr(f"labels/{stem}.webp", label)
        done.append(path)
        return path

    most -= sum(map(len, lists.values())) + ENTRY * len(lists)
    with ProcessPoolExecutor() as pool:
        for face in pool.map(partial(_small, size=size), pairs, chunksize=16):
            stem, image, label = face
            more = len(image) + len(label) + 2 * (ENTRY + 2 * len(stem))
            if faces and held + more > most:
                yield write()
                faces, held = [], 0
            faces.append(face)
            held += more
    if faces:
        yield write()


def unpack(archives: list[Path], output: Path) -> int:
    """Write a data folder of the archives' faces; returns how many lie there now."""
    for name in ("images", "labels"):
        (output / name).mkdir(parents=True, exist_ok=True)
    listed = dict[str, list[str]]()
    for path in archives:
        with zipfile.ZipFile(path) as archive, ProcessPoolExecutor() as pool:
            members = ((name, archive.read(name)) for name in archive.namelist() if name not in LISTS)
            list(pool.map(partial(_write, output=output), members, chunksize=64))
            for name in LISTS:
                listed[name] = archive.read(name).decode().splitlines()
    there = {path.stem for path in (output / "labels").iterdir()}
    for name, stems in listed.items():
        kept = [stem for stem in stems if stem in there]
        (output / name).write_text("".join(f"{stem}\n" for stem in kept), encoding="utf-8")
    return len(there)


def _small(pair: Pair, *, size: int) -> tuple[str, bytes, bytes]:
    """A face's stem, its picture and its layout, as files."""
    image, label = io.BytesIO(), io.BytesIO()
    pixels, ids = load_pair(pair, (size, size), CELEBAMASK_HQ)
    Image.fromarray(pixels).save(image, "WEBP", quality=QUALITY, method=5)
    Image.fromarray(ids).convert("RGB").save(label, "WEBP", lossless=True, quality=60, method=3)
    return pair.stem, image.getvalue(), label.getvalue()


def _write(member: tuple[str, bytes], *, output: Path) -> None:
    """Pictures as they are, layouts as the grey PNG that a data folder has."""
    name, data = member
    folder, _, file = name.partition("/")
    target = output / folder / Path(file).name
    if folder == "images":
        target.write_bytes(data)
    else:
        Image.open(io.BytesIO(data)).convert("RGB").getchannel(0).save(target.with_suffix(".png"))


if __name__ == "__main__":
    main()
