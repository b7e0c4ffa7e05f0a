"""The commands of the README and of the pages for beginners run, block after block, as they stand.

A block that cannot be run is marked with its reason: `<!-- not run: it needs the network -->` right above it.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inlay.examples import example
from inlay.labels import CELEBAMASK_HQ, LabelSet

ROOT = Path(__file__).resolve().parents[1]
# The tutorial is one long program, which tests/training/test_tutorial.py runs.
PAGES = (
    *("README.md", "MODEL_CARD.md", "CONTRIBUTING.md"),
    *sorted(f"docs/{path.name}" for path in ROOT.glob("docs/*.md") if path.name != "tutorial.md"),
)
BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]*) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and why it is not run."""

    page: str
    kind: str
    text: str
    reason: str | None


def blocks(page: str) -> list[Block]:
    """All fenced blocks of a page."""
    found = BLOCK.finditer((ROOT / page).read_text(encoding="utf-8"))
    return [Block(page, match["kind"], match["text"], match["reason"]) for match in found]


def runnable() -> list[Block]:
    """The blocks of commands and programs."""
    return [
        block
        for page in PAGES
        for block in blocks(page)
        if block.kind in ("sh", "python") and not block.reason
    ]


def name(block: Block) -> str:
    """The page and the first command."""
    return f"{block.page}: {block.text.splitlines()[-1][:40]}"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A folder for each page, since a result that is there already is not replaced unasked."""
    return functools.cache(lambda page: lay(tmp_path_factory.mktemp("desk"), page))


def lay(folder: Path, page: str) -> Path:
    """What the pages take to be there: a photo, its hole, a data folder, the settings, the environment."""
    with Image.open(example("damaged" if page == "docs/old-photos.md" else "portrait")) as photo:
        photo.save(folder / "photo.jpg", quality=95)
    shutil.copy(example("hole-all"), folder / "hole.png")
    (folder / "configs").symlink_to(ROOT / "configs")
    (folder / ".venv").symlink_to(sys.prefix)
    draw_faces(folder / "faces", 6)
    return folder


def draw_faces(folder: Path, count: int) -> None:
    """A data folder of drawn faces: an ellipse of skin, hair above it, two eyes."""
    rng = np.random.default_rng(0)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    hair, skin, left, right = (CELEBAMASK_HQ.id_of(part) for part in ("hair", "skin", "l_eye", "r_eye"))
    for n in range(count):
        image, label = (
            Image.new("RGB", (128, 128), tuple(rng.integers(60, 200, 3))),
            Image.new("L", (128, 128)),
        )
        shapes = {
            hair: (20, 8, 108, 100),
            skin: (32, 30, 96, 120),
            right: (42, 56, 56, 64),
            left: (72, 56, 86, 64),
        }
        for part, box in shapes.items():
            ImageDraw.Draw(image).ellipse(box, fill=tuple(rng.integers(20, 235, 3)))
            ImageDraw.Draw(label).ellipse(box, fill=part)
        image.save(folder / "images" / f"{n}.png")
        label.save(folder / "labels" / f"{n}.png")
    (folder / "train.txt").write_text("".join(f"{n}\n" for n in range(count // 2)), encoding="utf-8")
    (folder / "val.txt").write_text("".join(f"{n}\n" for n in range(count // 2, count)), encoding="utf-8")


@pytest.mark.parametrize("block", runnable(), ids=name)
def test_block_runs(block: Block, desks: Callable[[str], Path]) -> None:
    desk = desks(block.page)
    here = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{here}:{os.environ['PATH']}", "INLAY_CACHE": str(desk / "cache")}
    if block.kind == "python":
        command, place = [sys.executable, "-c", block.text], desk
    else:
        scripts = "scripts/" in block.text
        if scripts and not (here == ROOT / ".venv" / "bin" and list(ROOT.glob(".venv/inlay-*"))):
            pytest.skip("this environment is not the scripts' own: scripts/test makes it")
        if not (here / "inlay").is_file():
            pytest.skip("inlay is not installed here: scripts/test installs it")
        command, place = ["bash", "-euo", "pipefail", "-c", block.text], ROOT if scripts else desk
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"


def test_each_block_says_its_kind() -> None:
    """Every block is run, or says why not, or is a drawing or settings."""
    strange = [
        f"{block.page}: {block.text[:60]}"
        for page in PAGES
        for block in blocks(page)
        if block.kind not in ("sh", "python", "toml", "")
    ]
    assert not strange


@pytest.mark.parametrize("page", [*PAGES, "src/inlay/examples/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    missing = [
        link for link in LINK.findall(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()
    ]
    assert not missing


def test_the_table_of_classes_is_right() -> None:
    rows = re.findall(
        r"^\| (\d+) \| (\w+)[^|]*\| (#\w{6}) \| (\w*) ?\| ([\w, ]*) \|$",
        (ROOT / "docs/labels.md").read_text(encoding="utf-8"),
        re.M,
    )
    assert [int(row[0]) for row in rows] == list(range(19))
    for item, (_, title, color, twin, roles) in zip(CELEBAMASK_HQ.classes, rows, strict=True):
        assert (item.name, "#{:02x}{:02x}{:02x}".format(*item.color), item.twin or "") == (title, color, twin)
        assert ", ".join(item.roles) == roles


def test_the_examples_of_classes_are_label_sets() -> None:
    birds, _, drawn = (block.text for block in blocks("docs/labels.md") if block.kind == "toml")
    assert LabelSet.from_dict(tomllib.loads(birds)).twins == (0, 1, 3, 2)
    assert LabelSet.from_dict(tomllib.loads(drawn)).with_role("eye", "left") == (1,)


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert not {page for page in pages if f"({page})" not in index}, "list these pages in docs/README.md"
