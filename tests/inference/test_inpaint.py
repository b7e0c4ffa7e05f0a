from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inlay.batch import Batch
from inlay.errors import UserError
from inlay.inference.finish import BARE, EXACT
from inlay.inference.frame import Frame
from inlay.inference.inpaint import Inpainter
from inlay.tensors import from_tensor, to_tensor

MODES = ("L", "LA", "RGB", "RGBA", "P", "CMYK", "I;16")


@pytest.fixture(scope="module")
def inpainter(tiny_model: Path) -> Inpainter:
    """A model whose last layer draws noise, so that fills are far from what they hide."""
    loaded = Inpainter.load(tiny_model, "cpu")
    head = loaded.snapshot.model.generator.head[1]
    torch.nn.init.normal_(head.weight, std=1.0, generator=torch.Generator().manual_seed(1))
    return loaded


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
    deep = pixels[..., 0].astype(np.uint16) * 250 + pixels[..., 1]
    picture = Image.fromarray(deep) if mode == "I;16" else Image.fromarray(pixels).convert(mode)
    result = inpainter(picture, hole, finish=EXACT)
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
    other = np.where(hole[..., None], 255 - pixels, pixels)
    results = [np.asarray(inpainter(p, hole).image) for p in (pixels, other)]
    assert np.array_equal(*results)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 9999), h=st.integers(1, 70), w=st.integers(1, 70))
def test_without_a_hole_the_result_is_a_copy(inpainter: Inpainter, seed: int, h: int, w: int) -> None:
    pixels, hole = photo_of(seed, h, w)
    result = inpainter(pixels, hole & False)
    assert np.array_equal(np.asarray(result.image), pixels)
    assert result.attention is None
    assert result.layout.shape == (h, w)
    assert result.notes[-1] == "the result is a copy"


@settings(max_examples=5, deadline=None)
@given(h=st.integers(1, 70), w=st.integers(1, 70))
def test_nothing_but_hole_is_refused(inpainter: Inpainter, h: int, w: int) -> None:
    with pytest.raises(UserError, match="the hole covers the whole photo"):
        inpainter(np.zeros((h, w, 3), dtype=np.uint8), np.ones((h, w), dtype=bool))


def test_a_photo_of_the_models_size_is_filled_as_it_is_evaluated(inpainter: Inpainter) -> None:
    """Protocol A: the plain composite, rounded, whatever lies in the hole, under any layout, bare."""
    pixels, hole = photo_of(3, 32, 32)
    holed = pixels * ~hole[..., None]
    snapshot = inpainter.snapshot
    assert snapshot.layout is not None
    image, cells = to_tensor(holed)[None], torch.from_numpy(hole)[None, None].float()
    true = torch.from_numpy(pixels[..., 0].astype(np.int64) % 19)[None]
    with torch.inference_mode():
        under_truth = Batch(image, true, cells)
        predicted = snapshot.layout.complete(under_truth)
        for batch, given_label in ((under_truth, true[0].numpy()), (predicted, None)):
            composite = from_tensor(snapshot.model.compose(batch, snapshot.model(batch)))[0]
            result = inpainter(pixels, hole, given_label, finish=BARE)
            assert np.array_equal(np.asarray(result.image)[hole], composite[hole])
            assert np.array_equal(result.layout, batch.label[0].numpy())
            assert result.layout_source == ("predicted" if given_label is None else "given")


def test_the_level_at_the_rim_is_met(inpainter: Inpainter) -> None:
    """However wrong the model is on a flat photo, known pixels at the rim pull its fill towards them."""
    pixels = np.full((200, 200, 3), 120, dtype=np.uint8)
    hole = np.zeros((200, 200), dtype=bool)
    hole[100:103, 20:180] = True
    frame = Frame.around((200, 200), 32)
    batch = Batch(
        to_tensor(frame.pixels(pixels))[None],
        torch.from_numpy(inpainter.predict_layout(frame.pixels(pixels), frame.hole(hole)).astype(np.int64))[
            None
        ],
        torch.from_numpy(frame.hole(hole))[None, None].float(),
    )
    with torch.inference_mode():
        plain = inpainter.snapshot.model.compose(batch, inpainter.snapshot.model(batch))[0]
    enlarged = np.stack([frame.back(((channel + 1) * 127.5).numpy()) for channel in plain], axis=-1)
    filled = np.asarray(inpainter(pixels, hole).image).astype(float)
    assert np.abs(filled[hole] - 120).mean() < 0.5 * np.abs(enlarged[hole] - 120).mean()


def test_the_layout_goes_with_the_photo(inpainter: Inpainter) -> None:
    pixels, hole = photo_of(1, 50, 70)
    predicted = inpainter.predict_layout(pixels, hole)
    assert predicted.shape == (50, 70)
    assert np.array_equal(predicted, inpainter(pixels, hole).layout)
    assert inpainter.predict_layout(pixels).shape == (50, 70)
    other = inpainter(pixels, hole, (predicted + 1) % 19)
    assert not np.array_equal(np.asarray(other.image), np.asarray(inpainter(pixels, hole, predicted).image))


def test_the_attention_is_that_of_the_canvas(inpainter: Inpainter) -> None:
    pixels, hole = photo_of(2, 32, 32)
    attention = inpainter(pixels, hole).attention
    assert attention is not None
    assert attention.hole.shape == (1, 64)
    rows = attention.rows(torch.arange(64))
    assert torch.equal(rows[0].sum(dim=1) > 0.5, attention.asks[0] > 0) or not attention.seen.any()


def test_the_same_seed_gives_the_same_picture(inpainter: Inpainter) -> None:
    pixels, hole = photo_of(4, 40, 40)
    first, second = (inpainter(pixels, hole, seed=5) for _ in range(2))
    assert np.array_equal(np.asarray(first.image), np.asarray(second.image))


def test_a_model_without_layouts_asks_for_one(inpainter: Inpainter) -> None:
    bare = Inpainter(replace(inpainter.snapshot, layout=None), inpainter.device)
    pixels, hole = photo_of(4, 40, 40)
    with pytest.raises(UserError, match="predicts no layouts; give one"):
        bare(pixels, hole)
    assert bare(pixels, hole, np.zeros((40, 40), dtype=np.uint8)).layout_source == "given"


def test_a_large_photo(inpainter: Inpainter) -> None:
    """More pixels than fills are computed at."""
    pixels, hole = photo_of(5, 20, 25)
    large, drawn = (
        np.asarray(Image.fromarray(part).resize((1300, 1040), Image.Resampling.NEAREST))
        for part in (pixels, hole)
    )
    result = inpainter(large, drawn)
    assert np.array_equal(np.asarray(result.image)[~drawn], large[~drawn])
    assert result.layout.shape == (1040, 1300)
