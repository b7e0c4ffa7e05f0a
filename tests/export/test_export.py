"""The exported file: equal to PyTorch, and filling where PyTorch cannot be imported."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnx_ir
import onnxruntime
import pytest
import torch
from PIL import Image

from inlay.batch import Batch
from inlay.checkpoint import load_snapshot, save_snapshot
from inlay.cli.main import main
from inlay.errors import UserError
from inlay.export.halves import store_halves
from inlay.export.pipeline import DenseAttention, build_pipeline
from inlay.export.quantize import calibration_cases
from inlay.export.write import TOLERANCE
from inlay.model import build_model
from inlay.networks.attention import ContextualAttention, MaskedSelfAttention, SelfAttention
from inlay.painters.onnx import OnnxPainter, run_session
from inlay.repair.inpainter import Inpainter
from inlay.tensors import from_tensor, to_tensor

RNG = np.random.default_rng(0)

# A process in which neither PyTorch nor what comes with training can be imported.
WITHOUT_TORCH = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "safetensors", "onnx", "onnxscript"} | set(sys.argv[1].split(",")):
            raise ImportError(name + " is not installed")
sys.meta_path.insert(0, Absent())
from inlay.cli.main import main
main(sys.argv[2:])
"""


def without_torch(folder: Path, *arguments: object, absent: str = "") -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", WITHOUT_TORCH, absent, *map(str, arguments)]
    return subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)


def written(path: Path, model: Path, *more: str) -> str:
    """Export in a process of its own, without this one's checks of types; what the command says."""
    program = "from inlay.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "export", str(path), "--model", str(model), *more],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def lively(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, reflecting, with no weight near zero: an untrained one draws almost nothing."""
    snapshot = load_snapshot(tiny_model)
    assert snapshot.layout is not None
    generator = torch.Generator().manual_seed(2)
    shape = snapshot.config.model.model_copy(update={"reflection": True})
    model = build_model(shape, snapshot.labels).requires_grad_(False)
    missing, _ = model.load_state_dict(snapshot.model.state_dict(), strict=False)
    assert len(missing) == 2
    for part in (model, snapshot.layout):
        for name, value in part.named_parameters():
            value += (0.01 if name in missing else 0.1) * torch.randn(value.shape, generator=generator)
    config = snapshot.config.model_copy(update={"model": shape})
    folder = tmp_path_factory.mktemp("lively") / "model"
    save_snapshot(folder, model=model, layout=snapshot.layout, config=config, labels=snapshot.labels)
    return folder


@pytest.fixture(scope="module")
def exported(lively: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of that model, written by the command in a process of its own."""
    path = tmp_path_factory.mktemp("onnx") / "tiny.onnx"
    told = written(path, lively)
    assert told.startswith("32 x 32, ")
    assert "on 4 pictures: at most " in told
    assert [item.name for item in path.parent.iterdir()] == ["tiny.onnx"]
    return path


@pytest.mark.parametrize("kind", [SelfAttention, MaskedSelfAttention, ContextualAttention])
@pytest.mark.parametrize("hidden", ["none", "some", "all"])
def test_dense_attention_equals_the_gathered(kind: type[SelfAttention], hidden: str) -> None:
    block = kind(channels=16, classes=5).double().requires_grad_(False)
    block.gamma.fill_(0.7)
    hole = torch.zeros(2, 1, 32, 24, dtype=torch.float64)
    if hidden != "none":
        hole[0, :, 5:20, 3:17] = 1
        hole[1] = float(hidden == "all")
    features, label = torch.randn(2, 16, 8, 6, dtype=torch.float64), torch.randint(0, 5, (2, 32, 24))
    gathered, dense = block(features, hole, label), DenseAttention(block)(features, hole, label)
    assert torch.allclose(dense.output, gathered.output, rtol=0, atol=1e-12)
    assert torch.allclose(dense.mass, gathered.mass.double(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_batch_equals_pytorch(exported: Path, lively: Path, count: int) -> None:
    snapshot = load_snapshot(lively)
    assert snapshot.layout is not None
    image = RNG.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    hole = RNG.random((count, 4, 4)).repeat(8, axis=1).repeat(8, axis=2) < 0.3
    composite, label = run_session(OnnxPainter.load(exported).session, image, hole)
    batch = Batch(to_tensor(image), torch.zeros(hole.shape).long(), torch.from_numpy(hole)[:, None].float())
    with torch.inference_mode():
        batch = snapshot.layout.complete(batch)
        expected = from_tensor(snapshot.model.compose(batch, snapshot.model(batch)))
    assert np.array_equal(composite[~hole], image[~hole])
    assert np.abs(composite.astype(int) - expected).max() <= 1
    assert (label == batch.label.numpy()).mean() > 0.999


@pytest.mark.parametrize(("size", "mode"), [((32, 32), "RGB"), ((70, 60), "RGBA"), ((41, 90), "L")])
def test_known_pixels_come_back_bit_for_bit(exported: Path, size: tuple[int, int], mode: str) -> None:
    photo = Image.fromarray(RNG.integers(0, 256, (*size, 3), dtype=np.uint8)).convert(mode)
    hole = np.zeros(size, dtype=bool)
    hole[9:25, 8:20] = True
    inpainter = Inpainter.load(exported, "cpu")
    result = inpainter(photo, hole)
    assert result.image.mode == mode
    assert np.array_equal(np.asarray(result.image)[~hole], np.asarray(photo)[~hole])
    assert not np.array_equal(np.asarray(result.image)[hole], np.asarray(photo)[hole])
    assert result.layout.shape == size
    with pytest.raises(UserError, match="there is no hole"):
        inpainter(photo, hole & False)


def test_a_photo_is_filled_as_by_the_model_folder(exported: Path, lively: Path) -> None:
    pixels = RNG.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    hole = np.zeros((32, 32), dtype=bool)
    hole[9:25, 8:20] = True
    ours, theirs = (
        Inpainter.load(model, "cpu", precision="fp32")(pixels, hole, faces="whole")
        for model in (exported, lively)
    )
    assert np.abs(np.asarray(ours.image).astype(int) - np.asarray(theirs.image)).max() <= 1
    assert (ours.layout == theirs.layout).mean() > 0.99


def test_a_network_that_sees_the_other_side_of_the_face(exported: Path) -> None:
    """The model reflects, and the command has compared the file with PyTorch."""
    assert "GridSample" in {node.op_type for node in onnx.load(exported).graph.node}


def test_weights_are_stored_in_half_where_nothing_is_lost(exported: Path) -> None:
    helper, numpy = onnx.helper, onnx.numpy_helper
    exact = RNG.standard_normal((40, 40)).astype(np.float16).astype(np.float32)
    weights = {
        "exact": exact,
        "rounded": exact + np.float32(1e-5),
        "huge": exact * np.float32(1e30),
        "few": exact[:1],
    }
    nodes, x = [], "x"
    for name in weights:
        nodes.append(helper.make_node("Sub" if name == "few" else "MatMul", [x, name], [f"{name}_out"]))
        x = f"{name}_out"
    graph = helper.make_graph(
        nodes, "chain",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2, 40])],
        [helper.make_tensor_value_info(x, onnx.TensorProto.FLOAT, [2, 40])],
        [numpy.from_array(value, name) for name, value in weights.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    halved = onnx_ir.from_proto(model)
    assert store_halves(halved) == 1
    after = onnx_ir.to_proto(halved)
    onnx.checker.check_model(after, full_check=True)
    kinds = {item.name: item.data_type for item in after.graph.initializer}
    assert [name for name, kind in kinds.items() if kind == onnx.TensorProto.FLOAT16] == ["exact.half"]
    given = {"x": RNG.standard_normal((2, 40)).astype(np.float32)}
    was, now = (
        onnxruntime.InferenceSession(proto.SerializeToString()).run(None, given)[0]
        for proto in (model, after)
    )
    np.testing.assert_array_equal(was, now)
    # A snapshot's weights are fp16, so that a model's file has hardly anything else.
    stored = onnx.load(exported).graph.initializer
    sizes = {kind: sum(int(np.prod(i.dims)) for i in stored if i.data_type == kind) for kind in (1, 10)}
    assert sizes[onnx.TensorProto.FLOAT16] > 0.8 * sum(sizes.values())


def test_convolutions_in_eight_bits(exported: Path, lively: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.fromarray(RNG.integers(0, 256, (48, 40, 3), dtype=np.uint8)).save(photos / "one.png")
    small = tmp_path / "small.onnx"
    assert "on 8 pictures: at most " in written(small, lively, "--int8", "--calibrate", str(photos))
    nodes = onnx.load(small).graph.node
    made = {output: node.op_type for node in nodes for output in node.output}
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    assert convolutions
    assert all(made[name] == "DequantizeLinear" for node in convolutions for name in node.input[:2])
    # It is a file like the exact one: its facts are there, any batch fits, known pixels are exact.
    ours, theirs = OnnxPainter.load(small), OnnxPainter.load(exported)
    assert (ours.size, ours.labels) == (theirs.size, theirs.labels)
    for count in (1, 3):
        image = RNG.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        hole = RNG.random((count, 4, 4)).repeat(8, axis=1).repeat(8, axis=2) < 0.3
        (composite, _), (expected, _) = (run_session(it.session, image, hole) for it in (ours, theirs))
        assert np.array_equal(composite[~hole], image[~hole])
        assert np.abs(composite.astype(int) - expected)[hole].mean() < 3


def test_calibration_varies_photos_and_holes(root: Path) -> None:
    photos = [root / "src/inlay/examples/portrait.png"]
    first, again, other = (calibration_cases(photos, 32, 6, seed) for seed in (0, 0, 1))
    assert all(image.shape == (1, 32, 32, 3) and hole.any() for image, hole in first)
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a[0], b[0]) for a, b in zip(first, other, strict=True))
    assert len({image.tobytes() for image, _ in first}) == 6


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--calibrate", "."], "--calibrate sets the ranges of 8 bits; give --int8 too"),
        (["--int8", "--calibrate", "nowhere"], "nowhere: no such folder"),
        (["--int8", "--calibrate", "."], "no pictures there"),
    ],
)
def test_what_eight_bits_need(
    more: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["export", "model.onnx", *more])
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_filling_without_pytorch(exported: Path, tmp_path: Path) -> None:
    photo = RNG.integers(0, 256, (48, 40, 3), dtype=np.uint8)
    hole = np.zeros((48, 40), dtype=np.uint8)
    hole[10:22, 4:24] = 255
    Image.fromarray(photo).save(tmp_path / "photo.png")
    Image.fromarray(hole).save(tmp_path / "hole.png")
    arguments = ("fill", "photo.png", "--hole", "hole.png", "--model", exported, "--face", "whole")
    done = without_torch(tmp_path, *arguments, "--sheet", "sheet.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("hole 12.5% of the photo, layout predicted, ")
    with Image.open(tmp_path / "photo.filled.png") as filled:
        assert np.array_equal(np.asarray(filled)[hole == 0], photo[hole == 0])
        assert not np.array_equal(np.asarray(filled)[hole > 0], photo[hole > 0])
    assert (tmp_path / "sheet.png").is_file()

    done = without_torch(tmp_path, *arguments, absent="onnxruntime")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pip install 'inlay[onnx]'" in done.stderr
    (tmp_path / "photos").mkdir()
    (tmp_path / "photo.png").rename(tmp_path / "photos" / "photo.png")
    many = ("fill", "photos", "--hole", "hole.png", "-o", "out", "--model", exported, "--face", "whole")
    for workers in ("1", "2"):
        done = without_torch(tmp_path, *many, "--workers", workers)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("1 done, 0 skipped, 0 failed")
        assert (tmp_path / "out" / "photo.png").read_bytes() == (tmp_path / "photo.filled.png").read_bytes()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--layout", "hole.png"), "paints under the layout that it predicts; leave --layout away"),
        (("--style-from", "photo.png"), "does not tell its styles; take a model folder"),
        (("--refine", "2"), "takes no --refine; take a folder"),
        (("--mirror",), "takes no --mirror and no --refine; take a folder"),
        (("--seed", "3"), "takes no seed other than 0, it has one answer"),
        (("--candidates", "2"), "takes no seed other than 0, it has one answer"),
        (("--device", "cuda"), "runs on the CPU in fp32"),
        (("--precision", "bf16"), "runs on the CPU in fp32"),
    ],
)
def test_what_an_exported_model_cannot_do(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], told: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Image.fromarray(RNG.integers(0, 256, (48, 40, 3), dtype=np.uint8)).save("photo.png")
    hole = np.zeros((48, 40), dtype=np.uint8)
    hole[10:22, 4:24] = 1 if "--layout" in options else 255
    Image.fromarray(hole).save("hole.png")
    Image.fromarray(np.where(hole > 0, 255, 0).astype(np.uint8)).save("drawn.png")
    with pytest.raises(SystemExit) as stopped:
        main(
            [
                "fill",
                "photo.png",
                "--hole",
                "drawn.png",
                "--model",
                str(exported),
                "--face",
                "whole",
                *options,
            ]
        )
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not (tmp_path / "photo.filled.png").exists()


def test_the_command_fills_alike_with_the_file_and_the_folder(
    exported: Path, lively: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all steps of finishing, which continue what the file's rounding changes."""
    monkeypatch.chdir(tmp_path)
    hole = np.zeros((48, 48), dtype=np.uint8)
    hole[10:22, 4:24] = 255
    Image.fromarray(hole).save("hole.png")
    Image.fromarray(RNG.integers(0, 256, (48, 48, 3), dtype=np.uint8)).save("photo.png")
    filled = list[np.ndarray]()
    for name, model in (("file", exported), ("folder", lively)):
        given = ("--hole", "hole.png", "--model", str(model), "--face", "whole", "--precision", "fp32")
        with pytest.raises(SystemExit) as stopped:
            main(["fill", "photo.png", *given, "-o", f"{name}.png"])
        assert stopped.value.code == 0
        with Image.open(f"{name}.png") as picture:
            filled.append(np.asarray(picture).astype(int))
    assert np.abs(filled[0] - filled[1]).max() <= TOLERANCE
    assert (filled[0] != filled[1]).mean() < 0.05


def test_a_session_of_an_exported_model(exported: Path) -> None:
    """What the editor asks for and a file cannot tell."""
    session = Inpainter.load(exported).session(RNG.integers(0, 256, (48, 40, 3), dtype=np.uint8))
    hole = np.zeros((48, 40), dtype=bool)
    hole[10:22, 4:24] = True
    layout = session.draw_hole(hole, faces="whole")
    assert np.array_equal(session.merged(session.fill(layout))[~hole], session.photo.native[~hole])
    with pytest.raises(UserError, match="takes no repainted layout"):
        session.fill((layout + 1) % 19)
    with pytest.raises(UserError, match="does not tell where it looked"):
        session.look(10, 15)


def test_faults(tmp_path: Path, exported: Path, lively: Path) -> None:
    with pytest.raises(UserError, match="no such file; expected a model that `inlay export` wrote"):
        OnnxPainter.load(tmp_path / "none.onnx")
    (tmp_path / "bad.onnx").write_text("a letter")
    with pytest.raises(UserError, match="not readable as an ONNX model"):
        OnnxPainter.load(tmp_path / "bad.onnx")
    import onnx

    foreign = onnx.load(exported)
    foreign.metadata_props.clear()
    onnx.save(foreign, tmp_path / "foreign.onnx")
    with pytest.raises(UserError, match="no model that this program exported"):
        OnnxPainter.load(tmp_path / "foreign.onnx")
    snapshot = load_snapshot(lively)
    from dataclasses import replace

    with pytest.raises(UserError, match="predicts no layouts"):
        build_pipeline(replace(snapshot, layout=None))


def test_what_the_file_tells_of_itself(exported: Path) -> None:
    facts = OnnxPainter.load(exported).session.get_modelmeta().custom_metadata_map
    assert (facts["kind"], facts["version"], facts["size"]) == ("inlay-pipeline", "1", "32")
    assert len(json.loads(facts["labels"])["classes"]) == 19


def test_a_photo_of_16_bits_stays_one_without_pytorch(exported: Path, tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    photo = RNG.integers(0, 65536, (48, 40, 3)).astype(np.uint16)
    hole = np.zeros((48, 40), dtype=np.uint8)
    hole[10:22, 4:24] = 255
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    Image.fromarray(hole).save(tmp_path / "hole.png")
    given = ("fill", "photo.png", "--hole", "hole.png", "--model", exported, "--face", "whole")
    done = without_torch(tmp_path, *given)
    assert (done.returncode, done.stderr) == (0, "")
    filled = cv2.imread(str(tmp_path / "photo.filled.png"), cv2.IMREAD_UNCHANGED)
    assert filled.dtype == np.uint16
    assert np.array_equal(filled[hole == 0], photo[hole == 0])
    assert not np.array_equal(filled[hole > 0], photo[hole > 0])
