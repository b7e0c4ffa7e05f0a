"""The API for programs: right answers, known pixels untouched, and clear refusals."""

import base64

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.pictures_as_text import picture_of, text_of
from inlay.repair.inpainter import Inpainter


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture)


def test_health_and_labels(client: TestClient, inpainter: Inpainter) -> None:
    health = client.get("/api/v1/health").json()
    assert health["status"] == "ok"
    assert health["free_places"] > 0
    classes = client.get("/api/v1/labels").json()["classes"]
    assert tuple(c["name"] for c in classes) == inpainter.labels.names
    assert classes[4]["title"] == "Left eye"
    assert classes[4]["twin"] == 5


def test_fill_equals_the_inpainter(
    client: TestClient, inpainter: Inpainter, photo: Image.Image, hole: Image.Image
) -> None:
    answer = client.post("/api/v1/fill", json={"image": text_of(photo), "hole": text_of(hole)})
    assert answer.status_code == 200
    body = answer.json()
    expected = inpainter(photo, hole)
    assert body["layout_source"] == "predicted"
    assert body["hole_ratio"] == pytest.approx(expected.hole_ratio)
    np.testing.assert_array_equal(pixels(picture_of(body["image"])), pixels(expected.image))
    np.testing.assert_array_equal(pixels(picture_of(body["layout"])), expected.layout)
    known = pixels(hole) == 0
    np.testing.assert_array_equal(pixels(picture_of(body["image"]))[known], pixels(photo)[known])


@pytest.mark.parametrize("widen", [True, False])
def test_a_hole_is_widened_only_where_that_is_asked_for(
    client: TestClient, inpainter: Inpainter, widen: bool
) -> None:
    spoilt, mask = np.full((160, 160, 3), (180, 140, 120), np.uint8), np.zeros((160, 160), np.uint8)
    spoilt[30:120, 60:70], mask[32:118, 62:68] = 255, 255
    request = {
        "image": text_of(Image.fromarray(spoilt)),
        "hole": text_of(Image.fromarray(mask)),
        "widen": widen,
    }
    body = client.post("/api/v1/fill", json=request).json()
    assert {note["code"] for note in body["notes"]} == {"widened" if widen else "damage-edge"}
    filled = pixels(picture_of(body["image"]))
    assert np.array_equal(filled[mask == 0], spoilt[mask == 0]) != widen


def test_fill_under_a_given_layout(client: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    layout = Image.new("L", photo.size, 13)
    request = {"image": text_of(photo), "hole": text_of(hole), "layout": text_of(layout)}
    body = client.post("/api/v1/fill", json=request).json()
    assert body["layout_source"] == "given"
    assert (pixels(picture_of(body["layout"])) == 13).all()


def test_layout_shares_sum_to_one(client: TestClient, photo: Image.Image) -> None:
    body = client.post("/api/v1/layout", json={"image": text_of(photo)}).json()
    assert sum(c["share"] for c in body["classes"]) == pytest.approx(1)
    assert picture_of(body["layout"]).size == photo.size


def test_attention_of_a_hole_pixel(client: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    request = {"image": text_of(photo), "hole": text_of(hole), "x": 20, "y": 18}
    body = client.post("/api/v1/attention", json=request).json()
    heat = picture_of(body["heat"])
    assert heat.size == photo.size
    assert pixels(heat).max() > 200
    assert 0 <= body["same_class"] <= 1


@pytest.mark.parametrize(("x", "y", "words"), [(0, 0, "known"), (500, 3, "outside")])
def test_attention_elsewhere_is_refused(
    client: TestClient, photo: Image.Image, hole: Image.Image, x: int, y: int, words: str
) -> None:
    request = {"image": text_of(photo), "hole": text_of(hole), "x": x, "y": y}
    answer = client.post("/api/v1/attention", json=request)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "image"),
        ({"image": "x", "hole": "x", "other": 1}, 422, "other"),
        ({"image": "not base64!", "hole": "x"}, 400, "base64"),
        ({"image": "", "hole": ""}, 400, "empty"),
        ({"image": "aGVsbG8gd29ybGQ=", "hole": "aGVsbG8="}, 400, "not a whole picture"),
    ],
)
def test_unusable_bodies(client: TestClient, body: dict[str, object], status: int, words: str) -> None:
    answer = client.post("/api/v1/fill", json=body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_grey_of_16_bits_comes_back_in_16_bits(client: TestClient, hole: Image.Image) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (hole.height, hole.width)).astype(np.uint16)
    request = {"image": text_of(Image.fromarray(deep)), "hole": text_of(hole)}
    filled = pixels(picture_of(client.post("/api/v1/fill", json=request).json()["image"]))
    known = pixels(hole) == 0
    assert filled.dtype == np.uint16
    np.testing.assert_array_equal(filled[known], deep[known])
    assert 256 < filled[~known].mean() < 65000


def test_colour_of_16_bits_comes_back_in_16_bits(client: TestClient, hole: Image.Image) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    deep = np.random.default_rng(0).integers(0, 65536, (hole.height, hole.width, 3)).astype(np.uint16)
    _, data = cv2.imencode(".png", deep)
    request = {"image": base64.b64encode(data.tobytes()).decode(), "hole": text_of(hole)}
    answer = client.post("/api/v1/fill", json=request).json()["image"]
    sent = np.frombuffer(base64.b64decode(answer.partition(",")[2]), np.uint8)
    filled = cv2.imdecode(sent, cv2.IMREAD_UNCHANGED)
    known = pixels(hole) == 0
    assert filled.dtype == np.uint16
    np.testing.assert_array_equal(filled[known], deep[known])
    inpainted = client.post("/api/v1/inpaint", json={"image": request["image"], "mask": request["hole"]})
    other = cv2.imdecode(np.frombuffer(inpainted.content, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(other, filled)


def test_cmyk_comes_back_as_rgb_without_its_profile(
    client: TestClient, photo: Image.Image, hole: Image.Image
) -> None:
    for mode, kept in (("CMYK", None), ("RGB", b"a profile")):
        image = text_of(photo.convert(mode), "JPEG", icc_profile=b"a profile")
        answer = client.post("/api/v1/fill", json={"image": image, "hole": text_of(hole)}).json()["image"]
        filled = picture_of(answer)
        assert (filled.mode, filled.format, filled.info.get("icc_profile")) == ("RGB", "JPEG", kept)


def test_damaged_exif_does_not_cost_the_photo(
    client: TestClient, photo: Image.Image, hole: Image.Image
) -> None:
    for form, options in (("JPEG", {}), ("JPEG", {"dpi": (72, 72)}), ("PNG", {}), ("WEBP", {})):
        image = text_of(photo, form, exif=b"Exif\0\0garbage-not-tiff", **options)
        assert client.post("/api/v1/fill", json={"image": image, "hole": text_of(hole)}).status_code == 200


def test_a_jpeg_with_further_pictures_is_answered_as_jpeg(
    client: TestClient, photo: Image.Image, hole: Image.Image
) -> None:
    image = text_of(photo, "MPO", save_all=True, append_images=[photo])
    answer = client.post("/api/v1/inpaint", json={"image": image, "mask": text_of(hole)})
    assert answer.headers["content-type"] == "image/jpeg"


def test_a_cut_picture(client: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    cut = text_of(photo)[:2000]
    answer = client.post("/api/v1/fill", json={"image": cut, "hole": text_of(hole)})
    assert answer.status_code == 400
    assert "not a whole picture" in answer.json()["detail"]


def test_a_bomb_is_refused_before_it_is_decoded(client: TestClient, hole: Image.Image) -> None:
    bomb = text_of(Image.new("1", (20_000, 20_000)))
    answer = client.post("/api/v1/fill", json={"image": bomb, "hole": text_of(hole)})
    assert answer.status_code == 400


def test_all_hole_and_unknown_ids(client: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    whole = Image.new("L", photo.size, 255)
    answer = client.post("/api/v1/fill", json={"image": text_of(photo), "hole": text_of(whole)})
    assert answer.status_code == 400
    assert "whole photo" in answer.json()["detail"]
    request = {
        "image": text_of(photo),
        "hole": text_of(hole),
        "layout": text_of(Image.new("L", photo.size, 99)),
    }
    answer = client.post("/api/v1/fill", json=request)
    assert answer.status_code == 400
    assert "99" in answer.json()["detail"]


def test_openapi_describes_every_route_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    spec = client.get("/openapi.json").json()
    wanted = {"fill", "layout", "attention", "labels", "health", "inpaint"}
    assert {f"/api/v1/{name}" for name in wanted} <= spec["paths"].keys()
    for path in ("/", "/docs"):
        page = client.get(path)
        assert page.status_code == 200
        assert "http://" not in page.text
        assert "https://" not in page.text
