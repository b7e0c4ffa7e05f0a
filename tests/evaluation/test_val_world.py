"""The list of `val_world`: who is in it, and what training leaves out."""

import csv
import importlib.util
import zipfile
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from inlay.errors import UserError


@pytest.fixture(scope="module")
def world(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("val_world", root / "benchmarks/val_world.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def portrait(file: str, born: str = "1850", size: int = 256, mono: int = 1) -> dict[str, str]:
    return {"file": file, "born": born, "size": str(size), "mono": str(mono), "yaw": "-0.15"}


def test_people_are_told_by_number_and_birth(world: ModuleType) -> None:
    assert world.person(portrait("w094891.webp", "1815")) == world.person(portrait("b004891.webp", "1815"))
    assert world.person(portrait("w094891.webp", "1815")) != world.person(portrait("b004891.webp", "1816"))
    assert world.person(portrait("w014891.webp")) != world.person(portrait("b004891.webp"))


def test_who_is_chosen_and_who_left_out(world: ModuleType) -> None:
    old = [portrait(f"w{n:06}.webp", str(1800 + n % 100)) for n in range(1000, 2000)]
    strange = [
        portrait("w000001.webp", "1910"),
        portrait("w000002.webp", ""),
        portrait("w000003.webp", size=199),
    ]
    again = [portrait(f"b09{row['file'][3:]}", row["born"]) for row in old]
    ffhq = [{"file": f"{n:05}.webp"} for n in range(1100)]
    chosen, left_out = world.choose(ffhq, [*strange, *old, *again])
    assert Counter(row["set"] for row in chosen) == {"ffhq256": 200, "historic": 200}
    assert len({row["stem"] for row in chosen}) == 400
    people = {row["stem"][-4:] for row in chosen if row["set"] == "historic"}
    assert len(people) == 200, "nobody is there twice"
    assert {row["stem"] for row in chosen} < {row["stem"] for row in left_out}
    out = [row["stem"][-4:] for row in left_out if row["set"] == "historic"]
    assert Counter(out) == dict.fromkeys(people, 2), "both portraits of each"
    with pytest.raises(UserError, match="199 pictures to choose 200 from"):
        world.choose(ffhq[:199], old)


def test_every_nth_is_evenly_spread(world: ModuleType) -> None:
    rows = [{"file": str(n)} for n in range(10)]
    assert [row["file"] for row in world.every_nth(rows, 5)] == ["1", "3", "5", "7", "9"]


def test_the_lists_that_are_kept(root: Path, shared: Path, world: ModuleType) -> None:
    """They are what `--choose` writes."""
    tables = (world.read_table(shared / f"data/faces/{name}.csv") for name in ("ffhq256", "historic"))
    kept = (world.read_table(root / "benchmarks/data" / name) for name in (world.LIST, world.LEFT_OUT))
    assert list(world.choose(*tables)) == list(kept)


def test_each_face_is_labelled_by_eye(root: Path, world: ModuleType) -> None:
    listed, labelled = (
        world.read_table(root / "benchmarks/data" / name) for name in (world.LIST, world.BY_EYE)
    )
    assert [row["stem"] for row in labelled] == [row["stem"] for row in listed]
    assert {value for row in labelled for key, value in row.items() if key != "stem"} == {"0", "1"}


def test_pictures_are_unpacked(world: ModuleType, tmp_path: Path) -> None:
    for name in ("a", "b"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}1.webp", name)
            archive.writestr("other.webp", "other")
    rows = [{"stem": "b1", "set": "b", "mono": "1"}, {"stem": "a1", "set": "a", "mono": ""}]
    world.unpack(tmp_path, rows, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out/images").iterdir()) == ["a1.webp", "b1.webp"]
    assert (tmp_path / "out/images/b1.webp").read_text() == "b"
    assert (tmp_path / "out/val.txt").read_text() == "b1\na1\n"
    with (tmp_path / "out/groups.csv").open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == rows
