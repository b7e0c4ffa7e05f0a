"""Fills one on the other over HTTP: a hole of the picture as it is, and a result with all of them."""

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.pictures_as_text import file_of, picture_of, text_of
from inlay.app import tables
from inlay.repair.inpainter import Inpainter

Path = str


@pytest.fixture
def table(client: TestClient, photo: Image.Image) -> Path:
    return f"/api/v1/session/{client.post('/api/v1/session', content=file_of(photo)).json()['session']}"


def part(rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray]:
    """A hole of the photo, and the part of it that a page sends."""
    whole = np.zeros((40, 48), np.uint8)
    whole[rows, columns] = 255
    return whole, whole[rows, columns]


def fill(client: TestClient, table: Path, rows: slice, columns: slice) -> dict[str, object]:
    _, sent = part(rows, columns)
    place = {"left": columns.start, "top": rows.start}
    assert (
        client.post(f"{table}/hole", params=place, content=file_of(Image.fromarray(sent))).status_code == 200
    )
    answer = client.post(f"{table}/fill", json={}).json()
    return {key: answer[key] for key in ("left", "top", "picture")}


FIRST, SECOND = (slice(5, 15), slice(8, 20)), (slice(12, 24), slice(15, 30))


def test_a_part_of_a_hole_is_that_hole(client: TestClient, table: Path, photo: Image.Image) -> None:
    whole, _ = part(*FIRST)
    patch = fill(client, table, *FIRST)
    client.post(f"{table}/hole", content=file_of(Image.fromarray(whole)))
    again = client.post(f"{table}/fill", json={}).json()
    assert {key: again[key] for key in patch} == patch
    place = {"left": 40, "top": 0}
    answer = client.post(f"{table}/hole", params=place, content=file_of(Image.new("L", (9, 9))))
    assert answer.status_code == 400
    assert "part of the hole" in answer.json()["detail"]


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "RGBA", "I;16"])
def test_a_fill_on_a_fill_is_the_inpainters(
    client: TestClient, inpainter: Inpainter, photo: Image.Image, mode: str
) -> None:
    if mode == "I;16":
        photo = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)
    else:
        photo = photo.convert(mode)
    table = f"/api/v1/session/{client.post('/api/v1/session', content=file_of(photo)).json()['session']}"
    first = fill(client, table, *FIRST)
    assert client.post(f"{table}/layers", json={"patches": [first]}).json() == {"layers": 1}
    second = fill(client, table, *SECOND)
    saved = picture_of(client.post(f"{table}/result", json=second).content)
    once = inpainter(photo, Image.fromarray(part(*FIRST)[0])).image
    if mode == "I;16":  # a patch has 8 bits
        once = Image.fromarray(np.where(part(*FIRST)[0] > 0, np.asarray(once) // 257 * 257, np.asarray(once)))
        apart = np.abs(
            np.asarray(saved).astype(int)
            - np.asarray(inpainter(once, Image.fromarray(part(*SECOND)[0])).image)
        )
        assert apart.max() <= 514
    else:
        twice = inpainter(once, Image.fromarray(part(*SECOND)[0])).image
        np.testing.assert_array_equal(np.asarray(saved), np.asarray(twice))
    known = (part(*FIRST)[0] == 0) & (part(*SECOND)[0] == 0)
    np.testing.assert_array_equal(np.asarray(saved)[known], np.asarray(photo)[known])


def test_layers_are_taken_off_again(client: TestClient, table: Path) -> None:
    first = fill(client, table, *FIRST)
    plain = fill(client, table, *SECOND)
    client.post(f"{table}/layers", json={"keep": 0, "patches": [first]})
    on_first = fill(client, table, *SECOND)
    assert on_first != plain
    client.post(f"{table}/layers", json={"keep": 1, "patches": [on_first]})
    assert client.post(f"{table}/layers", json={"keep": 1}).json() == {"layers": 1}
    assert fill(client, table, *SECOND) == on_first
    client.post(f"{table}/layers", json={"keep": 0})
    assert fill(client, table, *SECOND) == plain
    assert client.post(f"{table}/layers", json={"keep": 1}).status_code == 404


def test_layers_take_bounded_memory(
    client: TestClient, table: Path, photo: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MOST_PIXELS", 1)
    patches = [
        {"left": 0, "top": 0, "picture": text_of(Image.new("RGBA", photo.size, (shade, 0, 0, 255)))}
        for shade in (10, 20, 30)
    ]
    for count, patch in enumerate(patches):
        assert client.post(f"{table}/layers", json={"keep": count, "patches": [patch]}).json() == {
            "layers": count + 1
        }
    assert np.asarray(picture_of(client.get(f"{table}/picture").content))[0, 0, 0] == 30
    client.post(f"{table}/layers", json={"keep": 2})
    assert np.asarray(picture_of(client.get(f"{table}/picture").content))[0, 0, 0] == 20
    assert client.post(f"{table}/layers", json={"keep": 1}).status_code == 404


def test_damage_is_that_of_the_picture_as_it_is(client: TestClient) -> None:
    pixels = np.full((200, 240, 3), 110, np.uint8)
    pixels[60:62, 30:210] = 240
    data = file_of(Image.fromarray(pixels))
    table = f"/api/v1/session/{client.post('/api/v1/session', content=data).json()['session']}"
    assert client.post(f"{table}/damage", json={}).json()["pieces"] > 0
    patch = {"left": 20, "top": 50, "picture": text_of(Image.new("RGBA", (200, 20), (110, 110, 110, 255)))}
    client.post(f"{table}/layers", json={"patches": [patch]})
    assert client.post(f"{table}/damage", json={}).json()["pieces"] == 0


def test_a_patch_outside_the_photo_is_refused_and_nothing_changes(client: TestClient, table: Path) -> None:
    first = fill(client, table, *FIRST)
    outside = {"left": 40, "top": 0, "picture": text_of(Image.new("RGBA", (30, 30)))}
    assert client.post(f"{table}/layers", json={"patches": [first, outside]}).status_code == 400
    assert client.post(f"{table}/layers", json={"keep": 0, "patches": [first]}).json() == {"layers": 1}
