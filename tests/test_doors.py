"""Each way to fill a photo gives the same pixels: command, Python, folder, Ray, HTTP, IOPaint, editor."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inlay.cli.main import main
from inlay.examples import example
from inlay.repair.inpainter import Inpainter


@dataclass(frozen=True)
class Case:
    """A photo and its hole, as files, and what `Inpainter` makes of them."""

    photo: Path
    hole: Path
    filled: np.ndarray


@pytest.fixture(scope="module")
def inpainter() -> Iterator[Inpainter]:
    """In as many threads as each worker of a folder has: more of them sum in another order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Inpainter.load(device="cpu", precision="fp32")
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def cases(inpainter: Inpainter, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """One portrait; and two faces, one of them turned, with a part of the hole on neither."""
    folder = tmp_path_factory.mktemp("doors")
    face = Image.open(example("portrait")).convert("RGB")
    two, hole = Image.new("RGB", (560, 300), (90, 120, 150)), np.zeros((300, 560), dtype=bool)
    two.paste(face.rotate(-15, Image.Resampling.BICUBIC, fillcolor=(90, 120, 150)), (40, 50))
    two.paste(face, (330, 60))
    hole[140:160, 120:150] = hole[150:180, 410:440] = hole[270:280, 250:270] = True
    pictures = {
        "one": (face, np.asarray(Image.open(example("hole-all")).convert("L")) > 0),
        "two": (two, hole),
    }
    made = dict[str, Case]()
    for name, (photo, drawn) in pictures.items():
        places = [folder / part / f"{name}.png" for part in ("photos", "holes")]
        for place, picture in zip(places, (photo, Image.fromarray(drawn)), strict=True):
            place.parent.mkdir(exist_ok=True)
            picture.save(place)
        result = inpainter(photo, drawn)
        assert len(result.notes) == (2 if name == "two" else 0)
        assert np.array_equal(np.asarray(result.image)[~drawn], np.asarray(photo)[~drawn])
        made[name] = Case(*places, np.asarray(result.image))
    return made


def pixels(data: Path | bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data) as picture:
        return np.asarray(picture)


def inlay(*arguments: object) -> None:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in arguments])
    assert end.value.code == 0


@pytest.mark.parametrize("name", ["one", "two"])
def test_the_command(cases: dict[str, Case], tmp_path: Path, name: str) -> None:
    case, out = cases[name], tmp_path / "out.png"
    inlay("fill", case.photo, "--hole", case.hole, "-o", out, "--device", "cpu", "--precision", "fp32")
    assert np.array_equal(pixels(out), case.filled)


def test_a_folder(cases: dict[str, Case], tmp_path: Path) -> None:
    photos, holes = cases["one"].photo.parent, cases["one"].hole.parent
    inlay(
        "fill", photos, "--hole", holes, "-o", tmp_path, "--workers", 2, "--device", "cpu",
        "--precision", "fp32",
    )  # fmt: skip
    for name, case in cases.items():
        assert np.array_equal(pixels(tmp_path / f"{name}.png"), case.filled)


@pytest.mark.filterwarnings("ignore")  # Ray's own, of its settings
def test_ray(cases: dict[str, Case], tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'inlay[ray]'")
    photos, holes = cases["one"].photo.parent, cases["one"].hole.parent
    inlay(
        "fill", photos, "--hole", holes, "-o", tmp_path, "--engine", "ray", "--device", "cpu",
        "--precision", "fp32",
    )  # fmt: skip
    for name, case in cases.items():
        assert np.array_equal(pixels(tmp_path / f"{name}.png"), case.filled)


Ask = Callable[[str, dict[str, object] | bytes], bytes]


@pytest.fixture(scope="module")
def ask(inpainter: Inpainter) -> Iterator[Ask]:
    """The body of a server's answer."""
    pytest.importorskip("fastapi", reason="the editor's extra is not installed")
    pytest.importorskip("httpx", reason="the test client needs httpx")
    from fastapi.testclient import TestClient

    from inlay.app.factory import create_app

    with TestClient(create_app(inpainter), base_url="http://127.0.0.1:8000") as client:

        def send(path: str, body: dict[str, object] | bytes) -> bytes:
            form = {"content": body} if isinstance(body, bytes) else {"json": body}
            answer = client.post(f"/api/v1/{path}", **form)
            assert answer.status_code == 200, answer.text
            return answer.content

        yield send


def text_of(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.mark.parametrize("name", ["one", "two"])
def test_http(cases: dict[str, Case], ask: Ask, name: str) -> None:
    case = cases[name]
    body = json.loads(ask("fill", {"image": text_of(case.photo), "hole": text_of(case.hole)}))
    assert np.array_equal(pixels(base64.b64decode(body["image"].partition(",")[2])), case.filled)
    picture = ask("inpaint", {"image": text_of(case.photo), "mask": text_of(case.hole)})
    assert np.array_equal(pixels(picture), case.filled)


@pytest.mark.parametrize("name", ["one", "two"])
def test_the_editor(cases: dict[str, Case], ask: Ask, name: str) -> None:
    case = cases[name]
    session = json.loads(ask("session", case.photo.read_bytes()))["session"]
    ask(f"session/{session}/hole", case.hole.read_bytes())
    patch = json.loads(ask(f"session/{session}/fill", {}))
    sent = {key: patch[key] for key in ("left", "top", "picture")}
    assert np.array_equal(pixels(ask(f"session/{session}/result", sent)), case.filled)


def test_another_seed(cases: dict[str, Case], inpainter: Inpainter, ask: Ask) -> None:
    case = cases["one"]
    expected = np.asarray(inpainter(Image.open(case.photo), Image.open(case.hole), seed=3).image)
    body = {"image": text_of(case.photo), "hole": text_of(case.hole), "seed": 3}
    answer = json.loads(ask("fill", body))["image"]
    assert np.array_equal(pixels(base64.b64decode(answer.partition(",")[2])), expected)
    assert not np.array_equal(expected, case.filled)
