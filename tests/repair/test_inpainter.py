"""Fill photos with `Inpainter`: known pixels, sizes, layouts, seeds, faces, candidates."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.batch import Batch
from inlay.checkpoint import load_snapshot, save_snapshot
from inlay.errors import UserError
from inlay.finish.recipe import BARE, standard
from inlay.geometry.canvas_frame import CanvasFrame
from inlay.geometry.face_frame import FaceFrame
from inlay.labels import CELEBAMASK_HQ
from inlay.model import InpaintingModel
from inlay.painters.network import NetworkPainter
from inlay.painters.refine import CarefulRefinement
from inlay.painters.styles import StyleChange
from inlay.repair.inpainter import Inpainter
from inlay.repair.portrait import Portrait
from inlay.tensors import from_tensor, to_tensor

MODES = ("L", "LA", "RGB", "RGBA", "P", "CMYK", "I;16")


@pytest.fixture(scope="module")
def inpainter(tiny_model: Path) -> Inpainter:
    """A model whose last layer draws noise, so that fills are far from what they hide."""
    loaded = Inpainter.load(tiny_model, "cpu")
    head = network_of(loaded).generator.head[1]
    torch.nn.init.normal_(head.weight, std=1.0, generator=torch.Generator().manual_seed(1))
    return loaded


def painter_of(inpainter: Inpainter) -> NetworkPainter:
    painter = inpainter.tools.painters.of_size(inpainter.size)
    assert isinstance(painter, NetworkPainter)
    return painter


def network_of(inpainter: Inpainter) -> InpaintingModel:
    network = painter_of(inpainter).network
    assert isinstance(network, InpaintingModel)
    return network


def photo_of(seed: int, h: int, w: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    hole = rng.random((h, w)) < rng.choice([0.05, 0.3, 0.9])
    hole[rng.integers(h), rng.integers(w)] = False
    return rng.integers(0, 256, (h, w, 3), dtype=np.uint8), hole


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), h=st.integers(1, 90), w=st.integers(1, 90), mode=st.sampled_from(MODES))
def test_known_pixels_come_back_bit_for_bit(
    inpainter: Inpainter, seed: int, h: int, w: int, mode: str
) -> None:
    pixels, hole = photo_of(seed, h, w)
    assume(hole.any())
    deep = pixels[..., 0].astype(np.uint16) * 250 + pixels[..., 1]
    picture = Image.fromarray(deep) if mode == "I;16" else Image.fromarray(pixels).convert(mode)
    result = inpainter(picture, hole, faces="whole")
    kept = picture.convert("RGB") if mode in ("P", "CMYK") else picture
    assert result.image.mode == kept.mode
    assert np.array_equal(np.asarray(result.image)[~hole], np.asarray(kept)[~hole])
    assert result.layout.shape == (h, w)
    assert np.array_equal(result.hole, hole)
    assert result.hole_ratio == pytest.approx(hole.mean())


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 9999), h=st.integers(1, 70), w=st.integers(1, 70))
def test_what_lies_in_the_hole_changes_nothing(inpainter: Inpainter, seed: int, h: int, w: int) -> None:
    pixels, hole = photo_of(seed, h, w)
    assume(hole.any())
    other = np.where(hole[..., None], 255 - pixels, pixels)
    results = [np.asarray(inpainter(p, hole, faces="whole").image) for p in (pixels, other)]
    assert np.array_equal(*results)


def test_without_a_hole_there_is_no_result(inpainter: Inpainter) -> None:
    pixels, hole = photo_of(0, 40, 30)
    with pytest.raises(UserError, match="there is no hole: nothing is marked"):
        inpainter(pixels, hole & False)


@settings(max_examples=5, deadline=None)
@given(h=st.integers(1, 70), w=st.integers(1, 70))
def test_nothing_but_hole_is_refused(inpainter: Inpainter, h: int, w: int) -> None:
    with pytest.raises(UserError, match="the hole covers the whole photo"):
        inpainter(np.zeros((h, w, 3), dtype=np.uint8), np.ones((h, w), dtype=bool))


def test_a_photo_of_the_models_size_is_filled_as_it_is_evaluated(inpainter: Inpainter) -> None:
    """Protocol A: the plain composite, rounded, whatever lies in the hole, under any layout, bare."""
    pixels, hole = photo_of(3, 32, 32)
    holed = pixels * ~hole[..., None]
    painter, network = painter_of(inpainter), network_of(inpainter)
    assert painter.predictor is not None
    image, cells = to_tensor(holed)[None], torch.from_numpy(hole)[None, None].float()
    true = torch.from_numpy(pixels[..., 0].astype(np.int64) % 19)[None]
    bare = inpainter.with_recipe(BARE)
    with torch.inference_mode():
        under_truth = Batch(image, true, cells)
        predicted = painter.predictor.complete(under_truth)
        for batch, given_label in ((under_truth, true[0].numpy()), (predicted, None)):
            composite = from_tensor(network.compose(batch, network(batch)))[0]
            result = bare(pixels, hole, given_label, faces="whole")
            assert np.array_equal(np.asarray(result.image)[hole], composite[hole])
            assert np.array_equal(result.layout, batch.label[0].numpy())
            assert result.layout_source == ("predicted" if given_label is None else "given")


def test_the_level_at_the_rim_is_met(inpainter: Inpainter) -> None:
    """However wrong the model is on a flat photo, known pixels at the rim pull its fill towards them."""
    pixels = np.full((200, 200, 3), 120, dtype=np.uint8)
    hole = np.zeros((200, 200), dtype=bool)
    hole[100:103, 20:180] = True
    frame, network = CanvasFrame.around((200, 200), 32), network_of(inpainter)
    label = inpainter.predict_layout(frame.pixels(pixels), frame.hole(hole), faces="whole")
    batch = Batch(
        to_tensor(frame.pixels(pixels))[None],
        torch.from_numpy(label.astype(np.int64))[None],
        torch.from_numpy(frame.hole(hole))[None, None].float(),
    )
    with torch.inference_mode():
        plain = network.compose(batch, network(batch))[0]
    enlarged = frame.picture_back(((plain + 1) * 127.5).permute(1, 2, 0).numpy())
    filled = np.asarray(inpainter(pixels, hole, faces="whole").image).astype(float)
    assert np.abs(filled[hole] - 120).mean() < 0.5 * np.abs(enlarged[hole] - 120).mean()


def test_the_layout_goes_with_the_photo(inpainter: Inpainter) -> None:
    pixels, hole = photo_of(1, 50, 70)
    predicted = inpainter.predict_layout(pixels, hole, faces="whole")
    assert predicted.shape == (50, 70)
    plain = inpainter(pixels, hole, faces="whole")
    assert np.array_equal(predicted, plain.layout)
    assert inpainter.predict_layout(pixels).shape == (50, 70)
    one, other = (
        inpainter(pixels, hole, label, faces="whole") for label in (predicted, (predicted + 1) % 19)
    )
    assert not np.array_equal(np.asarray(other.image), np.asarray(one.image))


def test_the_attention_is_that_of_the_canvas(inpainter: Inpainter) -> None:
    pixels, hole = photo_of(2, 32, 32)
    attention = inpainter(pixels, hole, faces="whole").attention
    assert attention is not None
    assert attention.hole.shape == (1, 64)
    rows = attention.rows(torch.arange(64))
    assert torch.equal(rows[0].sum(dim=1) > 0.5, attention.asks[0] > 0) or not attention.seen.any()


def test_the_same_seed_gives_the_same_picture(inpainter: Inpainter) -> None:
    pixels, hole = photo_of(4, 40, 40)
    first, second = (inpainter(pixels, hole, faces="whole", seed=5) for _ in range(2))
    assert np.array_equal(np.asarray(first.image), np.asarray(second.image))


def test_a_model_without_layouts_asks_for_one(tiny_model: Path, tmp_path: Path) -> None:
    """Where its classes are not the package's own, whose predictor it would borrow."""
    snapshot, classes = load_snapshot(tiny_model), CELEBAMASK_HQ.classes
    other = replace(CELEBAMASK_HQ, name="other", classes=(*classes[:-1], replace(classes[-1], name="tie")))
    save_snapshot(tmp_path / "m", model=snapshot.model, layout=None, config=snapshot.config, labels=other)
    inpainter, (pixels, hole) = Inpainter.load(tmp_path / "m", "cpu"), photo_of(4, 40, 40)
    with pytest.raises(UserError, match="predicts no layouts; give one"):
        inpainter(pixels, hole, faces="whole")
    assert inpainter(pixels, hole, np.zeros((40, 40), dtype=np.uint8)).layout_source == "given"


def test_a_large_photo(inpainter: Inpainter) -> None:
    """More pixels than fills are computed at."""
    pixels, hole = photo_of(5, 20, 25)
    large, drawn = (
        np.asarray(Image.fromarray(part).resize((1300, 1040), Image.Resampling.NEAREST))
        for part in (pixels, hole)
    )
    result = inpainter(large, drawn, faces="whole")
    assert np.array_equal(np.asarray(result.image)[~drawn], large[~drawn])
    assert result.layout.shape == (1040, 1300)


FACES = [FaceFrame(40.0, 35.0, 50.0, 0.4), FaceFrame(70.0, 30.0, 40.0)]


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 9999), mode=st.sampled_from(["L", "RGB", "RGBA", "I;16"]), turn=st.floats(-0.8, 0.8)
)
def test_faces_leave_known_pixels_bit_for_bit(
    inpainter: Inpainter, seed: int, mode: str, turn: float
) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (70, 110, 3), dtype=np.uint8)
    hole = rng.random((70, 110)) < 0.1
    deep = mode == "I;16"
    picture = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257 if deep else pixels)
    picture = picture if deep else picture.convert(mode)
    result = inpainter(picture, hole, faces=[replace(FACES[0], angle=turn), FACES[1]])
    assert result.image.mode == picture.mode
    assert np.array_equal(np.asarray(result.image)[~hole], np.asarray(picture)[~hole])
    assert result.layout.shape == (70, 110)
    assert "faces" in [note.code for note in result.notes]


def test_each_face_tells_what_its_refinement_came_to(tiny_model: Path) -> None:
    inpainter = Inpainter.load(tiny_model, "cpu", beyond="smooth", refinement=CarefulRefinement(steps=2))
    photo, hole = Image.effect_noise((220, 100), 40).convert("RGB"), np.zeros((100, 220), dtype=bool)
    hole[40:50, 45:60] = hole[40:50, 160:170] = True
    faces = [FaceFrame(50.0, 50.0, 60.0), FaceFrame(165.0, 50.0, 60.0)]
    told = [(note.code, note.text) for note in inpainter(photo, hole, faces=faces).notes]
    assert ("faces", "2 faces where the hole is, at 50, 50; 165, 50") in told
    refined = [text for code, text in told if code == "refined"]
    assert len(refined) == 2
    assert all(text.startswith("face at ") and ": refined: " in text for text in refined)


def test_a_hole_on_no_face_is_named(tiny_model: Path) -> None:
    photo, hole = Image.new("RGB", (200, 90), "tan"), np.zeros((90, 200), dtype=bool)
    hole[30:40, 150:170] = True
    result = Inpainter.load(tiny_model, "cpu", beyond="smooth")(photo, hole)
    (note,) = result.notes
    assert (note.code, note.text.split(";")[0]) == ("no-face", "no face was found: filled by smooth")
    (sure,) = Inpainter.load(tiny_model, "cpu", beyond="smooth")(photo, hole, faces="none").notes
    assert str(sure) == "filled without faces, by smooth"
    assert np.array_equal(np.asarray(result.image), np.asarray(photo))
    with pytest.raises(UserError, match="--face"):
        Inpainter.load(tiny_model, "cpu", beyond="refuse")(photo, hole)
    with pytest.raises(UserError, match="unknown method 'magic'"):
        Inpainter.load(tiny_model, "cpu", beyond="magic")


def test_the_hole_of_a_result_is_the_one_that_was_asked_for(inpainter: Inpainter) -> None:
    """A damage's edge beside it is hidden from the fill, but neither filled nor counted as hole."""
    pixels = np.full((90, 90, 3), 120, dtype=np.uint8)
    pixels[28:62, 38:47] = 250
    hole = np.zeros((90, 90), dtype=bool)
    hole[30:60, 40:45] = True
    result = inpainter(pixels, hole, faces="whole")
    assert "damage-edge" in [note.code for note in result.notes]
    assert np.array_equal(result.hole, hole)
    assert np.array_equal(np.asarray(result.image)[~hole], pixels[~hole])
    wide = inpainter.with_recipe(standard(widen=True))(pixels, hole, faces="whole")
    assert "widened" in [note.code for note in wide.notes]
    assert wide.hole.sum() > hole.sum()
    assert not (hole & ~wide.hole).any()
    assert np.array_equal(np.asarray(wide.image)[~wide.hole], pixels[~wide.hole])


def test_candidates_read_and_look_once(inpainter: Inpainter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each seed paints anew; faces, layout and style codes are those of the first."""
    calls, painter, network = list[str](), painter_of(inpainter), network_of(inpainter)
    assert painter.predictor is not None
    search = inpainter.tools.search
    assert search is not None

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            calls.append(name)
            return function(*given, **named)

        return call

    monkeypatch.setattr(type(search), "__call__", counted("faces", type(search).__call__))
    monkeypatch.setattr(painter.predictor, "complete", counted("layout", painter.predictor.complete))
    monkeypatch.setattr(network, "encode", counted("codes", network.encode))
    monkeypatch.setattr(network, "decode", counted("picture", network.decode))
    pixels, hole = photo_of(6, 60, 60)
    faces = [(15.0, 15.0, 27.0, 34.0)]
    results = list(inpainter.candidates(pixels, hole, faces=faces, seeds=(0, 1, 2)))
    assert {name: calls.count(name) for name in ("faces", "layout", "codes", "picture")} == {
        "faces": 1, "layout": 1, "codes": 1, "picture": 3
    }  # fmt: skip
    monkeypatch.undo()
    for seed, result in enumerate(results):
        alone = inpainter(pixels, hole, faces=faces, seed=seed)
        assert np.array_equal(np.asarray(result.image), np.asarray(alone.image))
        assert np.array_equal(result.layout, alone.layout)


def test_a_watch_may_end_the_work(inpainter: Inpainter) -> None:
    begun, (pixels, hole) = list[str](), photo_of(7, 60, 60)
    inpainter(pixels, hole, faces=FACES[:1], watch=begun.append)
    assert begun[0] == "finding faces"
    assert "face 1 of 1: painting" in begun
    assert begun[-1] == "beyond faces"

    def until(stage: str) -> Callable[[str], None]:
        def watch(begun: str) -> None:
            if begun == stage:
                raise InterruptedError(begun)

        return watch

    for stage in begun:
        with pytest.raises(InterruptedError, match=stage):
            inpainter(pixels, hole, faces=FACES[:1], watch=until(stage))


def test_styles_go_with_no_refinement(tiny_model: Path) -> None:
    inpainter, (pixels, hole) = (
        Inpainter.load(tiny_model, "cpu", refinement=CarefulRefinement(2)),
        photo_of(8, 40, 40),
    )
    styles = {1: StyleChange(inpainter.session(pixels).styles())}
    with pytest.raises(UserError, match="goes with no style of another portrait"):
        inpainter(pixels, hole, faces="whole", styles=styles)


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_a_hole_across_a_frames_edge_meets_the_photo_evenly(
    inpainter: Inpainter, monkeypatch: pytest.MonkeyPatch, angle: float
) -> None:
    """A fill that is right stays right: what lies beyond the frame is no error to be carried inwards."""
    monkeypatch.setattr(Portrait, "finished", lambda self, *given: self.pixels.astype(np.float32))
    photo, hole = np.full((160, 200, 3), 160, dtype=np.uint8), np.zeros((160, 200), dtype=bool)
    hole[:, 96:102], hole[70:76] = True, True
    frame = FaceFrame(100.0, 80.0, 90.0, angle)
    result = inpainter(photo, hole, faces=[frame])
    assert np.abs(np.asarray(result.image).astype(int) - 160).max() <= 2
