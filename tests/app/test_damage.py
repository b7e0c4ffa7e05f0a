"""Finding damage over HTTP: what the command finds, once a photo; and scratches that are followed."""

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.pictures_as_text import file_of, picture_of, text_of
from inlay.damage.find import DamageFinder
from inlay.repair.damaged import find_damage
from inlay.repair.photo import Photo


@pytest.fixture
def scratched() -> Image.Image:
    levels = np.random.default_rng(0).normal(110, 3, (200, 240))
    for x in range(30, 210):
        levels[60 + x // 3 : 62 + x // 3, x] = 235
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).convert("RGB")


@pytest.fixture
def table(client: TestClient, scratched: Image.Image) -> str:
    return f"/api/v1/session/{client.post('/api/v1/session', content=file_of(scratched)).json()['session']}"


@pytest.mark.parametrize("sensitivity", [0.2, 0.5, 0.9])
def test_the_mask_is_the_commands(
    client: TestClient, table: str, scratched: Image.Image, sensitivity: float
) -> None:
    expected = find_damage(Photo.of(scratched), sensitivity)
    body = {"sensitivity": sensitivity}
    for path, more in (("/api/v1/damage", {"image": text_of(scratched)}), (f"{table}/damage", {})):
        answer = client.post(path, json=body | more).json()
        np.testing.assert_array_equal(np.asarray(picture_of(answer["hole"])), expected.hole * np.uint8(255))
        assert answer["pieces"] == expected.pieces
        assert answer["share"] == pytest.approx(expected.hole.mean())


def test_scores_are_computed_once_a_photo(
    client: TestClient, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, plain = list[int](), DamageFinder.scores

    def scores(self: DamageFinder, *given: object) -> np.ndarray:
        calls.append(1)
        return plain(self, *given)

    monkeypatch.setattr(DamageFinder, "scores", scores)
    shares = [client.post(f"{table}/damage", json={"sensitivity": s}).json()["share"] for s in (0, 0.5, 1)]
    assert shares == sorted(shares)
    assert calls == [1]


def test_no_damage(client: TestClient) -> None:
    answer = client.post("/api/v1/damage", json={"image": text_of(Image.new("RGB", (300, 260), "grey"))})
    assert (answer.json()["pieces"], answer.json()["share"]) == (0, 0)


def test_a_scratch_is_followed(client: TestClient, table: str, scratched: Image.Image) -> None:
    answer = client.post(f"{table}/scratch", json={"x": 100, "y": 95}).json()
    piece, hole = np.asarray(picture_of(answer["picture"])) > 0, np.zeros(scratched.size[::-1], bool)
    top, left = answer["top"], answer["left"]
    hole[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
    assert hole[np.asarray(scratched)[..., 0] > 200].mean() > 0.97
    assert client.post(f"{table}/scratch", json={"x": 20, "y": 180}).json()["picture"] is None
    outside = client.post(f"{table}/scratch", json={"x": 240, "y": 0})
    assert outside.status_code == 400
    assert "outside the photo" in outside.json()["detail"]


@pytest.mark.parametrize("route", ["damage", "scratch"])
def test_a_photo_that_is_gone(client: TestClient, route: str) -> None:
    assert client.post(f"/api/v1/session/nothing/{route}", json={"x": 0, "y": 0} if route == "scratch" else {}
                       ).status_code == 404  # fmt: skip
