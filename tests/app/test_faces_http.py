"""Faces over HTTP: the words, boxes and frames of Python, and what was found."""

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.conftest import open_client
from app.pictures_as_text import file_of, picture_of, text_of
from inlay.app.factory import create_app
from inlay.app.settings import Access, Limits
from inlay.geometry.face_frame import FaceFrame
from inlay.repair.framing import Faces
from inlay.repair.inpainter import Inpainter

BOX = (14.0, 6.0, 24.0, 30.0)
TURNED = (*BOX, 20.0)


@pytest.fixture(scope="module")
def server(detecting: Inpainter) -> TestClient:
    """A server whose model detects faces: the photo of the tests shows none."""
    return open_client(create_app(detecting, Access(), Limits(pixels=1_000_000)))


@pytest.fixture
def table(server: TestClient, photo: Image.Image) -> str:
    return f"/api/v1/session/{server.post('/api/v1/session', content=file_of(photo)).json()['session']}"


@pytest.mark.parametrize(
    "faces", ["auto", "whole", "none", [], [BOX], [TURNED], [BOX, (30.0, 20.0, 12.0, 15.0)]]
)
def test_fill_equals_python(
    server: TestClient, detecting: Inpainter, photo: Image.Image, hole: Image.Image, faces: Faces
) -> None:
    body = {"image": text_of(photo), "hole": text_of(hole), "faces": faces}
    answer = server.post("/api/v1/fill", json=body).json()
    expected = detecting(photo, hole, faces=faces)
    np.testing.assert_array_equal(np.asarray(picture_of(answer["image"])), np.asarray(expected.image))
    np.testing.assert_array_equal(np.asarray(picture_of(answer["layout"])), expected.layout)
    assert [note["code"] for note in answer["notes"]] == [note.code for note in expected.notes]


def test_ways_of_choosing_differ(server: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    body = {"image": text_of(photo), "hole": text_of(hole)}
    answers = [
        server.post("/api/v1/fill", json=body | {"faces": faces}).json()["image"]
        for faces in ("none", "whole", [BOX], [TURNED])
    ]
    assert len(set(answers)) == 4
    assert server.post("/api/v1/fill", json=body).json()["image"] == answers[0]


def test_layout_and_attention_take_faces(
    server: TestClient, detecting: Inpainter, photo: Image.Image, hole: Image.Image
) -> None:
    body = {"image": text_of(photo), "hole": text_of(hole), "faces": [BOX]}
    layout = picture_of(server.post("/api/v1/layout", json=body).json()["layout"])
    np.testing.assert_array_equal(np.asarray(layout), detecting.predict_layout(photo, hole, faces=[BOX]))
    assert server.post("/api/v1/attention", json=body | {"x": 20, "y": 18}).status_code == 200
    refused = server.post("/api/v1/attention", json=body | {"x": 20, "y": 18, "faces": "none"})
    assert refused.status_code == 400
    assert "no face" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("faces", "status", "words"),
    [
        ("some", 422, '"auto", "whole", "none" or boxes'),
        (7, 422, '"auto", "whole", "none" or boxes'),
        (None, 422, '"auto", "whole", "none" or boxes'),
        ([[1, 2]], 422, "at least 4 items"),
        ([[1, 2, 30, 40, 5, 6]], 422, "at most 5 items"),
        ([["a", 2, 30, 40]], 422, "valid number"),
        ([[1e9, 2, 30, 40]], 422, "less than or equal to"),
        ([[1, 2, 30, 40]] * 65, 422, "at most 64 items"),
        ([[0.1, 0.1, 0.5, 0.5]], 400, "in pixels, not as shares"),
        ([[900, 900, 30, 40]], 400, "outside the photo, which is 48 x 40 pixels"),
    ],
)
def test_unusable_faces(
    server: TestClient, photo: Image.Image, hole: Image.Image, faces: object, status: int, words: str
) -> None:
    body = {"image": text_of(photo), "hole": text_of(hole), "faces": faces}
    answer = server.post("/api/v1/fill", json=body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert "face" in answer.json()["detail"]


def test_numbers_that_are_none(server: TestClient, photo: Image.Image, hole: Image.Image) -> None:
    """JSON as Python writes it has NaN and Infinity."""
    for number in ("NaN", "Infinity", "1e999"):
        text = f'{{"image": "{text_of(photo)}", "hole": "{text_of(hole)}", "faces": [[1, 2, 30, {number}]]}}'
        answer = server.post("/api/v1/fill", content=text, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422


def text_of_frame(frame: FaceFrame) -> str:
    return f"{frame.x!r},{frame.y!r},{frame.side!r},{frame.angle!r}"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.lists(
        st.builds(FaceFrame, st.floats(0, 48), st.floats(0, 40), st.floats(8, 120), st.floats(-3.2, 3.2)),
        min_size=1,
        max_size=3,
        unique=True,
    )
)
def test_frames_are_taken_as_they_are(
    server: TestClient,
    detecting: Inpainter,
    table: str,
    photo: Image.Image,
    hole: Image.Image,
    frames: list[FaceFrame],
) -> None:
    taken = server.post(
        f"{table}/hole", params={"face": [text_of_frame(f) for f in frames]}, content=file_of(hole)
    ).json()
    assert [FaceFrame(f["x"], f["y"], f["side"], f["angle"]) for f in taken["faces"]] == frames
    assert not taken["is_portrait"]
    patch = server.post(f"{table}/fill", json={}).json()
    piece, whole = picture_of(patch["picture"]), photo.copy()
    whole.paste(piece, (patch["left"], patch["top"]), piece)
    expected = np.asarray(detecting(photo, hole, faces=frames).image)
    np.testing.assert_array_equal(np.asarray(whole), expected)
    known = np.asarray(hole) == 0
    np.testing.assert_array_equal(expected[known], np.asarray(photo)[known])


def test_what_becomes_of_each_face(server: TestClient, table: str, hole: Image.Image) -> None:
    """The hole lies at 10 to 30, 12 to 24; the second frame is apart from it."""
    texts = ["20,18,30,0.5", "44,36,6,0"]
    taken = server.post(f"{table}/hole", params={"face": texts}, content=file_of(hole)).json()
    assert [face["state"] for face in taken["faces"]] == ["filled", "apart"]
    assert "faces" in {note["code"] for note in taken["notes"]}
    nothing = Image.new("L", hole.size)
    taken = server.post(f"{table}/hole", params={"face": texts}, content=file_of(nothing)).json()
    assert [face["state"] for face in taken["faces"]] == ["apart", "apart"]


def test_a_photo_without_faces(server: TestClient, table: str, hole: Image.Image) -> None:
    def taken(faces: str | None) -> tuple[bool, set[str]]:
        params = {} if faces is None else {"faces": faces}
        answer = server.post(f"{table}/hole", params=params, content=file_of(hole)).json()
        assert answer["faces"] == []
        return answer["is_portrait"], {note["code"] for note in answer["notes"]}

    assert taken(None) == (False, {"no-face"})
    assert taken("auto") == (False, {"no-face"})
    assert taken("none") == (False, {"beyond-faces"})
    assert taken("whole") == (True, set())


def test_a_hidden_face_is_told(server: TestClient, root: Path) -> None:
    """The lower half of the face is hidden; named, the face is filled."""
    photo, hole = Image.new("RGB", (384, 384), (120, 130, 140)), Image.new("L", (384, 384))
    photo.paste(Image.open(root / "src/inlay/examples/portrait.png").convert("RGB"), (96, 96))
    hole.paste(255, (136, 186, 246, 266))
    path = f"/api/v1/session/{server.post('/api/v1/session', content=file_of(photo)).json()['session']}"
    taken = server.post(f"{path}/hole", content=file_of(hole)).json()
    (face,) = taken["faces"]
    assert face["state"] == "hidden"
    assert {note["code"] for note in taken["notes"]} == {"hidden-face", "no-face"}
    named = f"{face['x']},{face['y']},{face['side']},{face['angle']}"
    taken = server.post(f"{path}/hole", params={"face": named}, content=file_of(hole)).json()
    assert [each["state"] for each in taken["faces"]] == ["filled"]


@pytest.mark.parametrize(
    ("face", "words"),
    [
        ("here", "expected X,Y,SIDE,ANGLE"),
        ("1,2,3", "expected X,Y,SIDE,ANGLE"),
        ("1,2,nan,0", "the side at least 4"),
        ("inf,2,30,0", "no number over 1e+06"),
        ("20,20,3,0", "the side at least 4"),
        ("900,900,30,0", "outside the photo, which is 48 x 40 pixels"),
    ],
)
def test_unusable_frames(server: TestClient, table: str, hole: Image.Image, face: str, words: str) -> None:
    answer = server.post(f"{table}/hole", params={"face": face}, content=file_of(hole))
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert server.post(f"{table}/hole", params={"faces": "some"}, content=file_of(hole)).status_code == 422
