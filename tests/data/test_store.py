"""Faces decoded once and mapped into memory."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inlay.data.folder import list_pairs
from inlay.data.store import RAREST, FaceStore, open_store
from inlay.data.transforms import resize_pair
from inlay.errors import UserError
from inlay.labels import CELEBAMASK_HQ

SIZE = (32, 32)


def open_faces(faces: Path, size: tuple[int, int] = SIZE) -> FaceStore:
    """The store of the folder, in a cache beside it."""
    pairs = list_pairs(faces / "images", faces / "labels")
    return open_store(pairs, size, CELEBAMASK_HQ, faces.parent / "cache")


def picture(path: Path) -> Image.Image:
    """A picture file, decoded and closed."""
    with Image.open(path) as found:
        return found.copy()


def folders(faces: Path) -> list[str]:
    """What lies in the cache."""
    return sorted(path.name for path in (faces.parent / "cache").iterdir())


def test_holds_the_resized_pairs_in_order(faces: Path) -> None:
    store = open_faces(faces)
    assert len(store) == 7
    for n in range(7):
        image, label = (picture(faces / part / f"{n}.png") for part in ("images", "labels"))
        pixels, ids = resize_pair(image, label, SIZE)
        assert np.array_equal(store.images[n], pixels)
        assert np.array_equal(store.labels[n], ids)


def test_is_a_read_only_map_of_files(faces: Path) -> None:
    store = open_faces(faces)
    assert isinstance(store.images, np.memmap)
    assert isinstance(store.labels, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        store.images[0] = 0


def test_a_second_call_reuses_the_files(faces: Path) -> None:
    open_faces(faces)
    before = folders(faces)
    stamps = [p.stat().st_mtime_ns for p in sorted((faces.parent / "cache").rglob("*.npy"))]
    open_faces(faces)
    assert folders(faces) == before
    assert [p.stat().st_mtime_ns for p in sorted((faces.parent / "cache").rglob("*.npy"))] == stamps


def test_another_size_or_a_changed_file_is_another_store(faces: Path) -> None:
    first = open_faces(faces)
    assert open_faces(faces, (16, 24)).images.shape == (7, 16, 24, 3)
    picture = faces / "images" / "0.png"
    Image.new("RGB", (40, 40), "red").save(picture)
    os.utime(picture, ns=(1, 1))
    changed = open_faces(faces)
    assert (changed.images[0] == (255, 0, 0)).all()
    assert not np.array_equal(changed.images[0], first.images[0])
    assert len(folders(faces)) == 3


def test_travels_to_another_process_as_a_path(faces: Path) -> None:
    store = open_faces(faces)
    sent = pickle.dumps(store)
    assert len(sent) < 2000
    assert np.array_equal(pickle.loads(sent).images, store.images)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda faces: (faces / "images" / "3.png").write_bytes(b"no picture"), r"3\.png"),
        (lambda faces: (faces / "images" / "3.png").write_bytes(b""), r"3\.png"),
        (lambda faces: Image.new("L", (64, 64), 19).save(faces / "labels" / "3.png"), r"3\.png: .*ids 19"),
        (lambda faces: Image.new("L", (32, 64)).save(faces / "labels" / "3.png"), "they must have one size"),
    ],
)  # fmt: skip
def test_a_bad_file_is_named_and_nothing_is_left(faces: Path, damage: object, complaint: str) -> None:
    assert callable(damage)
    damage(faces)
    with pytest.raises(UserError, match=complaint):
        open_faces(faces)
    assert folders(faces) == []


def test_a_picture_that_is_cut_is_named(faces: Path) -> None:
    picture = faces / "images" / "3.png"
    picture.write_bytes(picture.read_bytes()[:3000])
    with pytest.raises(UserError, match=r"3\.png"):
        open_faces(faces)


def test_class_shares_are_those_of_the_layouts_that_show_them(faces: Path) -> None:
    store = open_faces(faces)
    shares = store.class_shares(len(CELEBAMASK_HQ))
    for k, share in enumerate(shares):
        showing = [layout for layout in store.labels if (layout == k).any()]
        expected = np.mean([(layout == k).mean() for layout in showing]) if showing else 0
        assert share == pytest.approx(max(expected, RAREST)), k
