"""The distance between faces' embeddings, with a network whose embedding is the face's own pixels."""

import json
from pathlib import Path

import numpy as np
import pytest

from inlay.errors import UserError
from inlay.evaluation.metrics.identity import PLACES, Embedding, Identity, face_crop
from inlay.labels import CELEBAMASK_HQ

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")

SIDE = 16


def write_network(path: Path, shape: list, kind: int) -> Path:
    """An ONNX file that flattens its input."""
    node = onnx.helper.make_node("Flatten", ["faces"], ["flat"])
    cast = onnx.helper.make_node("Cast", ["flat"], ["code"], to=onnx.TensorProto.FLOAT)
    taken = onnx.helper.make_tensor_value_info("faces", kind, shape)
    given = onnx.helper.make_tensor_value_info("code", onnx.TensorProto.FLOAT, None)
    graph = onnx.helper.make_graph([node, cast], "pixels", [taken], [given])
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


@pytest.fixture
def pixels(tmp_path: Path) -> Path:
    return write_network(tmp_path / "pixels.onnx", ["n", SIDE, SIDE, 3], onnx.TensorProto.FLOAT)


def face(angle: float = 0.0, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """A picture with an eye, another eye and a mouth in colours of their own, turned about its middle."""
    picture, label = np.full((96, 96, 3), 90, dtype=np.uint8), np.zeros((96, 96), dtype=np.uint8)
    rows, columns = np.mgrid[:96, :96] + 0.5
    places = {"r_eye": (-12, -4), "l_eye": (12, -4), "mouth": (0, 22)}
    for n, (name, (x, y)) in enumerate(places.items()):
        point = complex(x, y) * scale * np.exp(1j * angle) + complex(48, 48)
        near = np.hypot(columns - point.real, rows - point.imag) < 5 * scale
        picture[near], label[near] = (0, 80 + 60 * n, 255), CELEBAMASK_HQ.id_of(name)
    return picture, label


@pytest.mark.parametrize(("angle", "scale"), [(0.0, 1.0), (0.3, 1.0), (-0.2, 0.7)])
def test_eyes_and_mouth_are_put_at_their_places(angle: float, scale: float) -> None:
    crop = face_crop(*face(angle, scale), CELEBAMASK_HQ, 100)
    assert crop is not None
    for n, place in enumerate(PLACES.values()):
        blue = np.abs(crop.astype(int) - (0, 80 + 60 * n, 255)).sum(axis=-1) < 60
        rows, columns = np.nonzero(blue)
        found = complex(columns.mean() + 0.5, rows.mean() + 0.5) / 100
        assert abs(found - place) < 0.03


def test_a_face_without_an_eye_has_no_figure(pixels: Path) -> None:
    picture, label = face()
    label[label == CELEBAMASK_HQ.id_of("l_eye")] = 0
    assert face_crop(picture, label, CELEBAMASK_HQ, SIDE) is None
    identity, hole = Identity(Embedding(pixels), CELEBAMASK_HQ), np.ones((96, 96), dtype=np.uint8)
    assert np.isnan(identity(picture, picture, hole, label))
    assert np.isnan(identity(picture, picture, hole, None))
    assert identity.others() == {"median": None, "p5": None, "pairs": 0}


def test_the_distance_is_that_of_the_embeddings(pixels: Path) -> None:
    (picture, label), hole = face(), np.ones((96, 96), dtype=np.uint8)
    result = np.where(np.arange(96)[:, None, None] < 50, 255 - picture, picture)
    identity = Identity(Embedding(pixels), CELEBAMASK_HQ)
    ours, theirs = (
        face_crop(one, label, CELEBAMASK_HQ, SIDE).astype(float).ravel() for one in (picture, result)
    )
    assert identity(picture, result, hole, label) == pytest.approx(np.linalg.norm(ours - theirs), rel=1e-5)
    assert identity(picture, picture, hole, label) == 0
    assert np.isnan(identity(picture, result, 0 * hole, label))


def test_other_people_are_pairs_of_true_faces(pixels: Path) -> None:
    identity, hole = Identity(Embedding(pixels), CELEBAMASK_HQ), np.ones((96, 96), dtype=np.uint8)
    codes = []
    for n in range(4):
        picture, label = face()
        picture = picture // (n + 1)
        identity(picture, 255 - picture, hole, label)
        codes.append(face_crop(picture, label, CELEBAMASK_HQ, SIDE).astype(float).ravel())
    apart = [np.linalg.norm(codes[i] - codes[j]) for i in range(4) for j in range(i)]
    found = identity.others()
    assert found["pairs"] == 6
    assert found["median"] == pytest.approx(np.median(apart))
    assert found["p5"] == pytest.approx(np.percentile(apart, 5))


def test_either_order_of_axes_and_either_type(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    first = write_network(tmp_path / "a.onnx", [1, 3, SIDE, SIDE], onnx.TensorProto.FLOAT)
    last = write_network(tmp_path / "b.onnx", [1, SIDE, SIDE, 3], onnx.TensorProto.UINT8)
    np.testing.assert_array_equal(Embedding(first)(pixels), pixels.transpose(2, 0, 1).ravel())
    np.testing.assert_array_equal(Embedding(last)(pixels), pixels.ravel())


@pytest.mark.parametrize(
    ("shape", "kind", "said"),
    [
        (["n", 8, 8], 1, r"takes faces tensor\(float\).*expected one input of faces"),
        (["n", 8, 8, 4], 1, "expected one input of faces"),
        (["n", 8, 8, 3], 11, r"tensor\(double\)"),
        (["n", "h", "w", 3], 1, "faces of h x w; expected a square of a fixed size"),
        (["n", 3, 8, 9], 1, "faces of 8 x 9; expected a square"),
    ],
)
def test_networks_that_do_not_embed_faces(tmp_path: Path, shape: list, kind: int, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Embedding(write_network(tmp_path / "a.onnx", shape, kind))


def test_files_that_are_no_network(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; expected an ONNX file"):
        Embedding(tmp_path / "a.onnx")
    (tmp_path / "a.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match="not readable as an ONNX model"):
        Embedding(tmp_path / "a.onnx")


def test_the_command(inlay, faces: Path, pixels: Path, tmp_path: Path) -> None:
    """The layouts of these faces have no eyes, so no figure applies."""
    given = ("evaluate", "--holes", faces / "holes.npz", "--size", 32, "--baseline", "mean")
    given = (*given, "--identity", pixels, "--json", tmp_path / "a.json")
    status, _, complaint = inlay(*given, "--data", faces)
    assert status == 0, complaint
    found = json.loads((tmp_path / "a.json").read_text())
    assert (found["identity"], found["identity_other"]["pairs"]) == (None, 0)
    assert len(found["provenance"]["sha256"]["identity"]) == 64
    status, _, complaint = inlay(*given, "--images", faces / "images", "--stems", faces / "val.txt")
    assert status == 2
    assert "--identity: faces are aligned by their layouts" in complaint
