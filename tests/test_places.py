"""Paths and URLs, with fsspec's file systems in memory and on this machine."""

from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from inlay.data.manifest import jobs_of_folder, read_manifest
from inlay.errors import UserError
from inlay.jobs.batch import run_batch
from inlay.jobs.journal import Journal, Made, read_journals
from inlay.jobs.worker import FillSettings
from inlay.places import Url, delivered, fetched, place_of, state_of


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a/b.png", Path("a/b.png")),
        ("/a/b.png", Path("/a/b.png")),
        ("C:/a.png", Path("C:/a.png")),
        ("file:///a/b.png", Path("/a/b.png")),
        ("s3://bucket/a.png", Url("s3://bucket/a.png")),
        ("local:///tmp/a.png", Url("local:///tmp/a.png")),
        ("https://host/a.png?x=1", Url("https://host/a.png?x=1")),
    ],
)
def test_what_a_person_names(given: str, expected: object) -> None:
    assert place_of(given) == expected
    assert place_of(Path(given)) == expected  # pathlib leaves one slash of two


def test_the_parts_of_an_address() -> None:
    url = Url("https://host/photos/a.b.JPG?size=1")
    assert (url.name, url.stem, url.suffix) == ("a.b.JPG", "a.b", ".JPG")
    assert Url("s3://bucket/a/b.png").parent / "c.png" == Url("s3://bucket/a/c.png")


def test_there_and_back(tmp_path: Path) -> None:
    for root in ("memory://there", f"local://{tmp_path}/there"):
        folder = place_of(root)
        with delivered(folder / "a.txt") as path:
            path.write_text("one")
        url = folder / "a.txt"
        assert isinstance(url, Url)
        assert url.is_file()
        assert folder.is_dir()
        assert [u.name for u in folder.iterdir()] == ["a.txt"]
        before = state_of(url)
        assert before is not None
        assert before[1] == 3
        with fetched(url, None, tmp_path) as (copy, nothing, same):
            assert copy is not None
            assert copy.read_text() == "one"
            assert (nothing, same) == (None, tmp_path)
        assert not copy.exists()
        with delivered(url) as path:
            path.write_text("four")
        assert state_of(url) != before
        missing = folder / "b.txt"
        with pytest.raises(UserError, match=r"b\.txt: no such file"), fetched(missing):
            pass
        assert state_of(missing) == (str(missing), -1, "")
        with pytest.raises(UserError, match=f"^{url}: is bad$"), fetched(url) as (copy,):
            raise UserError(f"{copy}: is bad")


def test_unknown_schemes_are_named() -> None:
    with pytest.raises(UserError, match=r"nowhere://a\.png: cannot be opened"):
        Url("nowhere://a.png").is_file()


def test_a_failed_delivery_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with delivered(place_of(f"local://{tmp_path}/x.txt")) as path:
            path.write_text("half")
            raise UserError("no")

    with pytest.raises(UserError):
        fail()
    assert not list(tmp_path.iterdir())


def test_journals_elsewhere() -> None:
    folder = Url("memory://journal")
    journal = Journal()
    journal.note(folder / "a.png", Made("1", 5))
    assert read_journals({folder}) == {}
    journal.close()
    journal.note(folder / "b.png", Made("2", 6))
    journal.close()
    assert read_journals({folder}) == {
        "memory://journal/a.png": Made("1", 5),
        "memory://journal/b.png": Made("2", 6),
    }


def test_a_batch_whose_files_lie_elsewhere(tiny_model: Path, tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    rng = np.random.default_rng(0)
    hole = np.zeros((40, 48), dtype=np.uint8)
    hole[10:20, 12:24] = 255
    for name, array in (("photos/a", rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)), ("holes/a", hole)):
        with memory.open(f"/in/{name}.png", "wb") as file:
            Image.fromarray(array).save(file, format="PNG")
    memory.pipe_file("/in/photos/b.png", b"no picture")
    places = [place_of(f"memory://{name}") for name in ("in/photos", "in/holes", "out")]
    jobs = jobs_of_folder(*places)
    settings = FillSettings(model=str(tiny_model), device="cpu", faces="whole")
    good, bad = run_batch(jobs, settings)
    assert (good.state, bad.state) == ("done", "failed")
    assert bad.message.startswith("memory://in/holes/b.png: no such file")
    assert memory.cat_file("/out/a.png")[:4] == b"\x89PNG"
    assert [o.state for o in run_batch(jobs, settings, resume=True)] == ["skipped", "failed"]
    memory.pipe_file(
        "/in/list.csv", b"image,hole\nphotos/a.png,holes/a.png\nmemory://in/photos/b.png,/h.png\n"
    )
    listed = read_manifest(Url("memory://in/list.csv"), tmp_path)
    assert [str(job.image) for job in listed] == ["memory://in/photos/a.png", "memory://in/photos/b.png"]
    assert [job.hole for job in listed] == [Url("memory://in/holes/a.png"), Path("/h.png")]
    assert listed[0].output == tmp_path / "a.png"
