"""IOPaint's endpoint, asked as IOPaint's clients ask it."""

import io

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.pictures_as_text import file_of, picture_of, text_of


def ask(client: TestClient, image: str, mask: str) -> tuple[int, str, bytes]:
    others = {"ldm_steps": 20, "hd_strategy": "Crop", "prompt": "", "sd_seed": 42, "enable_controlnet": False}
    answer = client.post("/api/v1/inpaint", json={"image": image, "mask": mask, **others})
    return answer.status_code, answer.headers["content-type"], answer.content


@pytest.mark.parametrize(
    ("form", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("JPEG", {})]
)
def test_answer_in_the_format_that_came(
    client: TestClient, photo: Image.Image, hole: Image.Image, form: str, options: dict[str, object]
) -> None:
    status, media_type, data = ask(client, text_of(photo, form, **options), text_of(hole))
    assert status == 200
    assert media_type == f"image/{form.lower()}"
    picture = picture_of(data)
    assert picture.format == form
    assert picture.size == photo.size
    if form != "JPEG":
        known = np.asarray(hole) == 0
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB"))[known], np.asarray(photo)[known])


def test_data_urls_and_alpha(client: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    alpha = np.asarray(photo)[..., 0]
    rgba = photo.copy()
    rgba.putalpha(Image.fromarray(alpha))
    url = f"data:image/png;base64,{text_of(rgba)}"
    status, _, data = ask(client, url, f"data:image/png;base64,{text_of(hole)}")
    assert status == 200
    picture = picture_of(data)
    assert picture.mode == "RGBA"
    known = np.asarray(hole) == 0
    np.testing.assert_array_equal(np.asarray(picture)[known], np.asarray(rgba)[known])


def test_over_127_is_hole(client: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    levels = np.where(np.asarray(hole) > 0, 128, 127).astype(np.uint8)
    _, _, soft = ask(client, text_of(photo), text_of(Image.fromarray(levels)))
    _, _, hard = ask(client, text_of(photo), text_of(hole))
    np.testing.assert_array_equal(np.asarray(picture_of(soft)), np.asarray(picture_of(hard)))


def test_other_size(client: TestClient, photo: Image.Image) -> None:
    answer = client.post(
        "/api/v1/inpaint", json={"image": text_of(photo), "mask": text_of(Image.new("L", (9, 30), 255))}
    )
    assert answer.status_code == 400
    assert "the hole is 9 x 30 pixels" in answer.json()["detail"]


def test_metadata_is_kept_and_the_photo_turned_upright(client: TestClient, photo: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a portrait"
    lying = photo.rotate(90, expand=True)
    upright = Image.new("L", photo.size, 0)
    upright.paste(255, (10, 10, 20, 20))
    status, _, data = ask(client, text_of(lying, "JPEG", exif=exif, quality=95), text_of(upright))
    assert status == 200
    picture = Image.open(io.BytesIO(data))
    assert picture.size == photo.size
    assert picture.getexif()[0x010E] == "a portrait"
    assert picture.getexif().get(0x0112, 1) == 1


def test_a_mask_as_stored_turns_with_its_photo(client: TestClient, photo: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    portrait = photo.crop((0, 0, photo.width // 2, photo.height))
    mask = Image.new("L", portrait.size, 0)
    mask.paste(255, (10, 10, 20, 20))
    lying = [picture.rotate(90, expand=True) for picture in (portrait, mask)]
    status, _, data = ask(client, text_of(lying[0], exif=exif), text_of(lying[1]))
    assert status == 200
    changed = (np.asarray(picture_of(data)) != np.asarray(portrait)).any(axis=2)
    assert changed.any()
    assert not changed[np.asarray(mask) == 0].any()


def test_file_helper_makes_files(photo: Image.Image) -> None:
    assert file_of(photo).startswith(b"\x89PNG")
