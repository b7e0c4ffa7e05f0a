"""The page's routes: a photo on the table, hole, fill, look, style, result."""

import asyncio
import json
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.pictures_as_text import file_of, picture_of, text_of
from inlay.app.stream import Event, events
from inlay.app.work import WorkQueue
from inlay.finish.recipe import Watch
from inlay.painters.network import NetworkPainter
from inlay.repair.inpainter import Inpainter


@pytest.fixture
def table(client: TestClient, photo: Image.Image, hole: Image.Image) -> str:
    opened = client.post("/api/v1/session", content=file_of(photo)).json()
    assert (opened["width"], opened["height"]) == photo.size
    path = f"/api/v1/session/{opened['session']}"
    assert client.post(f"{path}/hole", content=file_of(hole)).status_code == 200
    return path


def test_a_patch_is_what_the_inpainter_fills(
    client: TestClient, table: str, inpainter: Inpainter, photo: Image.Image, hole: Image.Image
) -> None:
    answer = client.post(f"{table}/fill", json={}).json()
    patch = picture_of(answer["picture"])
    assert patch.mode == "RGBA"
    left, top = answer["left"], answer["top"]
    drawn = np.zeros(np.asarray(hole).shape, bool)
    drawn[top : top + patch.height, left : left + patch.width] = np.asarray(patch)[..., 3] > 0
    np.testing.assert_array_equal(drawn, np.asarray(hole) > 0)
    whole = photo.copy()
    whole.paste(patch, (left, top), patch)
    expected = np.asarray(inpainter(photo, hole).image)
    np.testing.assert_array_equal(np.asarray(whole), expected)
    quick = client.post(f"{table}/fill", json={"quick": True}).json()
    patch = picture_of(quick["picture"])
    whole.paste(patch, (quick["left"], quick["top"]), patch)
    assert np.abs(np.asarray(whole).astype(int) - expected).mean() < 4


def test_a_photo_is_written_to_no_disk(client: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    written, watching = list[str](), True

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and any(letter in str(arguments[1]) for letter in "wax+"):
            written.append(str(arguments[0]))

    sys.addaudithook(note)
    opened = client.post("/api/v1/session", content=file_of(photo)).json()
    path = f"/api/v1/session/{opened['session']}"
    client.post(f"{path}/hole", content=file_of(hole))
    assert client.post(f"{path}/fill", json={}).status_code == 200
    client.delete(path)
    watching = False
    assert [name for name in written if not name.startswith("/dev/") and ".pyc" not in name] == []


def test_the_result_keeps_known_pixels_and_the_patch(
    client: TestClient, table: str, photo: Image.Image, hole: Image.Image
) -> None:
    patch = client.post(f"{table}/fill", json={}).json()
    sent = {key: patch[key] for key in ("left", "top", "picture")}
    answer = client.post(f"{table}/result", json=sent)
    assert answer.headers["content-type"] == "image/png"
    result = np.asarray(picture_of(answer.content))
    known = np.asarray(hole) == 0
    np.testing.assert_array_equal(result[known], np.asarray(photo)[known])
    expected = photo.copy()
    piece = picture_of(patch["picture"])
    expected.paste(piece, (patch["left"], patch["top"]), piece)
    np.testing.assert_array_equal(result, np.asarray(expected))


def test_a_painted_layout_changes_the_fill_and_nothing_is_encoded_again(
    client: TestClient,
    table: str,
    photo: Image.Image,
    hole: Image.Image,
    inpainter: Inpainter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = client.post(f"{table}/fill", json={}).json()
    predicted = np.asarray(
        picture_of(client.post(f"{table}/hole", content=file_of(hole)).json()["layout"])
    ).copy()
    client.post(f"{table}/fill", json={})
    calls: list[int] = []
    painter = inpainter.tools.painters.of_size(inpainter.size)
    assert isinstance(painter, NetworkPainter)
    encode = painter.network.encode
    monkeypatch.setattr(painter.network, "encode", lambda batch: calls.append(1) or encode(batch))
    predicted[14:22, 12:28] = (predicted[14:22, 12:28] + 7) % 19
    body = {"layout": text_of(Image.fromarray(predicted))}
    second = client.post(f"{table}/fill", json=body).json()
    assert second["picture"] != first["picture"]
    assert not calls


def test_looking(client: TestClient, table: str) -> None:
    answer = client.post(f"{table}/attention", json={"x": 20, "y": 18})
    assert answer.status_code == 200
    assert picture_of(answer.json()["heat"]).mode == "L"
    assert client.post(f"{table}/attention", json={"x": 0, "y": 0}).status_code == 400


def test_style_of_another_photo(client: TestClient, table: str, photo: Image.Image) -> None:
    plain = client.post(f"{table}/fill", json={}).json()["picture"]
    other = Image.new("RGB", (40, 40), (200, 30, 30))
    reference = client.post(f"{table}/style", content=file_of(other)).json()["reference"]

    def fill(amount: float) -> str:
        wishes = [{"label": i, "reference": reference, "amount": amount} for i in range(19)]
        return client.post(f"{table}/fill", json={"styles": wishes}).json()["picture"]

    assert fill(0) == plain
    assert fill(1) != plain
    wrong = {"styles": [{"label": 1, "reference": "nothing", "amount": 1}]}
    assert client.post(f"{table}/fill", json=wrong).status_code == 400


def test_a_closed_photo_is_gone(client: TestClient, table: str) -> None:
    assert client.delete(table).status_code == 204
    answer = client.post(f"{table}/fill", json={})
    assert answer.status_code == 404
    assert "send it again" in answer.json()["detail"]


def test_only_so_many_photos_are_kept(client: TestClient, table: str, photo: Image.Image) -> None:
    for _ in range(6):
        client.post("/api/v1/session", content=file_of(photo))
    assert client.post(f"{table}/fill", json={}).status_code == 404


def test_fill_without_a_hole(client: TestClient, photo: Image.Image) -> None:
    name = client.post("/api/v1/session", content=file_of(photo)).json()["session"]
    answer = client.post(f"/api/v1/session/{name}/fill", json={})
    assert answer.status_code == 400
    assert "hole" in answer.json()["detail"]


def test_a_patch_that_does_not_fit(client: TestClient, table: str) -> None:
    body = {"left": 40, "top": 0, "picture": text_of(Image.new("RGBA", (30, 30)))}
    assert client.post(f"{table}/result", json=body).status_code == 400


def test_the_photo_as_png(client: TestClient, table: str, photo: Image.Image) -> None:
    answer = client.get(f"{table}/picture")
    np.testing.assert_array_equal(np.asarray(picture_of(answer.content)), np.asarray(photo))


def test_refinement_reports_its_steps(client: TestClient, table: str) -> None:
    answer = client.post(f"{table}/refine", json={"steps": 3})
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(event.removeprefix("data: ")) for event in answer.text.strip().split("\n\n")]
    assert [event["step"] for event in told[:-1]] == [0, 1, 2, 3]
    assert told[-1]["after"] <= told[-1]["before"]
    assert picture_of(told[-1]["picture"]).mode == "RGBA"


def test_refinement_ends_when_the_client_leaves(inpainter: Inpainter) -> None:
    reached: list[int] = []

    def work(report: Callable[[Event], None], watch: Watch) -> Event:
        for step in range(1000):
            reached.append(step)
            report({"step": step})
            time.sleep(0.005)
        return {}

    async def leave_early() -> None:
        queue = WorkQueue(20.0)
        stream = events(queue, work)
        await anext(stream)
        await stream.aclose()
        await asyncio.sleep(0.1)
        queue.close()

    asyncio.run(leave_early())
    assert len(reached) < 100


def test_refinement_tells_what_is_wrong(client: TestClient, photo: Image.Image) -> None:
    name = client.post("/api/v1/session", content=file_of(photo)).json()["session"]
    answer = client.post(f"/api/v1/session/{name}/refine", json={"steps": 2})
    assert "problem" in answer.text
    assert client.post("/api/v1/session/nothing/refine", json={}).status_code == 404


def test_another_seed_draws_another_layout(client: TestClient, table: str, hole: Image.Image) -> None:
    first = client.post(f"{table}/fill", json={}).json()
    assert first["layout"] is None
    predicted = np.asarray(
        picture_of(client.post(f"{table}/hole", content=file_of(hole)).json()["layout"])
    ).copy()
    second = client.post(f"{table}/fill", json={"seed": 7}).json()
    drawn = np.asarray(picture_of(second["layout"]))
    assert drawn.shape == predicted.shape
    # What is painted stays under every seed.
    predicted[14:22, 12:28] = 3
    body = {"layout": text_of(Image.fromarray(predicted)), "seed": 7}
    painted = np.asarray(picture_of(client.post(f"{table}/fill", json=body).json()["layout"]))
    assert (painted[15:21, 13:27] == 3).all()


def test_a_photo_of_16_bit_colour_comes_back_in_16_bits(client: TestClient, hole: Image.Image) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    deep = np.random.default_rng(0).integers(0, 65536, (hole.height, hole.width, 3)).astype(np.uint16)
    _, data = cv2.imencode(".png", deep)
    name = client.post("/api/v1/session", content=data.tobytes()).json()["session"]
    path = f"/api/v1/session/{name}"
    client.post(f"{path}/hole", content=file_of(hole))
    patch = client.post(f"{path}/fill", json={}).json()
    sent = {key: patch[key] for key in ("left", "top", "picture")}
    answer = client.post(f"{path}/result", json=sent).content
    result = cv2.imdecode(np.frombuffer(answer, np.uint8), cv2.IMREAD_UNCHANGED)
    known = np.asarray(hole) == 0
    assert result.dtype == np.uint16
    np.testing.assert_array_equal(result[known], deep[known])
    levels = np.asarray(picture_of(patch["picture"]))
    filled = levels[levels[..., 3] > 0][:, 2::-1].astype(np.uint16) * 257
    np.testing.assert_array_equal(result[~known], filled)
    assert picture_of(client.get(f"{path}/picture").content).mode == "RGB"
