"""The promise: outside the hole a lossless result is the photo, at its own depth. Inputs are not touched."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from inlay.data.manifest import Job
from inlay.errors import UserError
from inlay.finish.recipe import standard
from inlay.jobs.worker import FillSettings, Worker
from inlay.stored import Saving

cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed")

FORMATS = {
    "png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "RGB;16"),
    "tif": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "RGB;16"),
    "bmp": ("1", "L", "P", "RGB"),
    "gif": ("L", "P"),
    "webp": ("RGB", "RGBA"),
    "jpg": ("L", "RGB", "CMYK"),
    "ppm": ("RGB",),
    "pgm": ("L",),
}
"""Formats of photos with their modes; results go into each format that loses nothing."""

STEPS = ("detail", "twins", "rim", "join", "tone")


@dataclass(frozen=True)
class Case:
    """A photo file with its hole, and how it is filled."""

    form: str
    mode: str
    size: tuple[int, int]
    orientation: int
    profile: bool
    seed: int
    box: tuple[float, float, float, float]
    speckled: bool
    result: str
    dilate: int
    strength: float
    feather: int
    without: tuple[str, ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    form = draw(st.sampled_from(sorted(FORMATS)))
    return Case(
        form=form,
        mode=draw(st.sampled_from(FORMATS[form])),
        size=(draw(st.integers(24, 90)), draw(st.integers(24, 90))),
        orientation=draw(st.integers(1, 8)),
        profile=draw(st.booleans()),
        seed=draw(st.integers(0, 2**16)),
        box=draw(st.tuples(*[st.floats(0, 0.6)] * 2, *[st.floats(0.05, 0.35)] * 2)),
        speckled=draw(st.booleans()),
        result=draw(st.sampled_from(("png", "tif", "webp", "bmp"))),
        dilate=draw(st.integers(0, 3)),
        strength=draw(st.sampled_from((0.0, 0.4, 1.0))),
        feather=draw(st.sampled_from((0, 3))),
        without=tuple(draw(st.lists(st.sampled_from(STEPS), unique=True, max_size=3))),
    )


def write(case: Case, folder: Path) -> tuple[Path, Path]:
    """The photo's file and its hole's."""
    rng = np.random.default_rng(case.seed)
    width, height = case.size
    path = folder / f"photo.{case.form}"
    smooth = scipy.ndimage.gaussian_filter(rng.normal(128, 400, (height, width, 4)), (3, 3, 0))
    pixels = np.clip(smooth + rng.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = case.orientation
    exif[ExifTags.Base.Make] = "Maker"
    if case.mode == "RGB;16":
        deep = pixels[..., :3].astype(np.uint16) * 257 + rng.integers(0, 200, (height, width, 3)).astype(
            np.uint16
        )
        if case.form == "png":
            path.write_bytes(cv2.imencode(".png", deep)[1].tobytes())
        else:
            tifffile.imwrite(path, deep, photometric="rgb")
        upright = 1
    else:
        if case.mode == "I;16":
            picture = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257 + np.uint16(3))
        elif case.mode == "RGBA":
            picture = Image.fromarray(pixels)
        else:
            picture = Image.fromarray(pixels[..., :3]).convert(case.mode)
        options: dict[str, object] = {}
        if case.form in ("png", "tif", "webp", "jpg"):
            options["exif"] = exif
        if case.profile and case.form in ("png", "jpg", "webp"):
            from PIL import ImageCms

            options["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        if case.form == "webp":
            options |= {"lossless": True, "exact": True}
        if case.form == "png":
            options["pnginfo"] = text = PngImagePlugin.PngInfo()
            text.add_text("Title", "photo")
        picture.save(path, **options)  # type: ignore[arg-type]
        with Image.open(path) as stored:
            upright = stored.getexif().get(ExifTags.Base.Orientation, 1)
    turned = (height, width) if upright < 5 else (width, height)
    hole = np.zeros(turned, dtype=bool)
    y, x, h, w = (round(v * side) for v, side in zip(case.box, turned * 2, strict=True))
    hole[y : y + h + 1, x : x + w + 1] = True
    if case.speckled:
        hole |= rng.random(turned) < 0.02
    Image.fromarray(hole).save(folder / "hole.png")
    return path, folder / "hole.png"


def values(path: Path) -> np.ndarray:
    """The pixels of a file as any program sees them: upright, at their own depth, colours as RGB(A)."""
    data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    if path.suffix in (".png", ".tif"):
        deep = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if deep is not None and deep.dtype == np.uint16 and deep.ndim == 3:
            return np.asarray(deep[..., ::-1])
    with Image.open(io.BytesIO(data.tobytes())) as stored:
        picture = ImageOps.exif_transpose(stored)
        if picture.mode.startswith("I;16"):
            return np.asarray(picture)[..., None]
        transparent = picture.has_transparency_data
        return np.asarray(picture.convert("RGBA" if transparent else "RGB"))


def alike(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with as many channels: an opaque result of an opaque photo may be stored with or without alpha."""
    channels = max(before.shape[2], after.shape[2])

    def widened(pixels: np.ndarray) -> np.ndarray:
        if pixels.shape[2] == channels or channels != 4:
            return pixels
        return np.dstack([pixels, np.full(pixels.shape[:2], np.iinfo(pixels.dtype).max, dtype=pixels.dtype)])

    return widened(before), widened(after)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_outside_the_hole_nothing_changes(
    tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, case: Case
) -> None:
    folder = tmp_path_factory.mktemp("promise")
    photo, hole = write(case, folder)
    result = folder / f"result.{case.result}"
    before = {path: path.read_bytes() for path in (photo, hole)}
    recipe = standard(dilate=case.dilate, feather=float(case.feather), strength=case.strength).without(
        case.without
    )
    worker = Worker(
        FillSettings(model=str(tiny_model), device="cpu", faces="whole", recipe=recipe, saving=Saving())
    )
    try:
        worker(Job(photo, hole, result))
    except UserError as refused:  # a format that cannot hold the photo, or nothing known is left
        if not any(reason in str(refused) for reason in ("cannot hold", "covers the whole photo")):
            raise
        assert not result.exists()
        assert before == {path: path.read_bytes() for path in (photo, hole)}
        return
    assert before == {path: path.read_bytes() for path in (photo, hole)}
    assert sorted(path.name for path in folder.iterdir()) == sorted({photo.name, "hole.png", result.name})
    gone = np.asarray(Image.open(hole)) > 0
    if case.dilate:
        gone = scipy.ndimage.binary_dilation(gone, iterations=case.dilate)
    shown, filled = alike(values(photo), values(result))
    assert filled.dtype == shown.dtype
    assert filled.shape == shown.shape
    assert np.array_equal(filled[~gone], shown[~gone])
