"""Odd bodies and odd pictures: a clear refusal or a right answer, never a server fault, never a path."""

import base64
import io
import json
import random
import struct
import zlib

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.pictures_as_text import file_of, text_of

ROUTES = ("fill", "layout", "attention", "inpaint", "damage", "session")


def decent(answer: object, allowed: tuple[int, ...] = (200, 400, 422)) -> None:
    assert answer.status_code in allowed, (answer.status_code, answer.text[:300])
    if answer.status_code != 200:
        detail = answer.json()["detail"]
        assert isinstance(detail, str)
        assert "/work" not in detail
        assert "site-packages" not in detail
        assert "Traceback" not in detail


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe\x00",
        b"{}" * 50,
        b"[" * 20_000,
        b'{"image": 1e999}',
        b"\0" * 3000,
    ],
    ids=lambda body: body[:8].hex() or "empty",
)
def test_bodies_that_are_no_requests(client: TestClient, route: str, body: bytes) -> None:
    decent(client.post(f"/api/v1/{route}", content=body, headers={"Content-Type": "application/json"}))


def odd_pictures() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    rgb = Image.fromarray(rng.integers(0, 255, (24, 30, 3), dtype=np.uint8))
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    return {
        "one pixel": file_of(Image.new("RGB", (1, 1))),
        "a line": file_of(Image.new("RGB", (700, 1))),
        "a column": file_of(Image.new("L", (1, 700))),
        "palette": file_of(rgb.convert("P")),
        "bilevel": file_of(rgb.convert("1")),
        "grey alpha": file_of(rgb.convert("LA")),
        "cmyk": file_of(rgb.convert("CMYK"), "JPEG"),
        "16 bits": file_of(Image.fromarray(rng.integers(0, 65535, (24, 30), dtype=np.uint16))),
        "animated": file_of(rgb.convert("P"), "GIF", save_all=True, append_images=[rgb.convert("P")]),
        "bomb": b"\x89PNG\r\n\x1a\n" + chunk,
        "cut": file_of(rgb)[:150],
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    }


@pytest.mark.parametrize("kind", odd_pictures())
def test_odd_pictures(client: TestClient, kind: str) -> None:
    data = odd_pictures()[kind]
    hole = np.zeros((24, 30), np.uint8)
    hole[5:9, 5:9] = 255
    text = base64.b64encode(data).decode()
    decent(client.post("/api/v1/fill", json={"image": text, "hole": text_of(Image.fromarray(hole))}))
    decent(client.post("/api/v1/fill", json={"image": text_of(Image.fromarray(hole)), "hole": text}))
    decent(client.post("/api/v1/inpaint", json={"image": text, "mask": text_of(Image.fromarray(hole))}))
    decent(client.post("/api/v1/session", content=data))
    path = client.post("/api/v1/session", content=file_of(Image.fromarray(hole))).json()["session"]
    for route in ("hole", "style"):
        decent(client.post(f"/api/v1/session/{path}/{route}", content=data))
    decent(client.post("/api/v1/layout", json={"image": text}))
    decent(client.post("/api/v1/damage", json={"image": text}))
    decent(client.post("/api/v1/inpaint", json={"image": text, "mask": text_of(Image.fromarray(hole))}))
    decent(client.post("/api/v1/session", content=data))


def test_damaged_pictures(client: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    chance = random.Random(0)
    for form in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"):
        buffer = io.BytesIO()
        photo.save(buffer, format=form)
        for _ in range(4):
            data = bytearray(buffer.getvalue())
            for _ in range(8):
                data[chance.randrange(len(data))] = chance.randrange(256)
            body = {"image": base64.b64encode(data).decode(), "mask": text_of(hole)}
            decent(client.post("/api/v1/inpaint", content=json.dumps(body)))


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a/../../b", "x" * 3000, "\u202e", "'; drop", "%00"])
def test_odd_names_of_photos(client: TestClient, name: str) -> None:
    answer = client.post(f"/api/v1/session/{name}/fill", json={})
    assert answer.status_code in (403, 404, 405, 422)
