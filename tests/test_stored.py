"""Photos as they were stored, and results stored like them."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, features

from inlay.deep import eight_bits_of
from inlay.errors import UserError
from inlay.images import open_picture
from inlay.repair.photo import Photo
from inlay.stored import Origin, Saving, open_photo, write_photo

cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed")

RNG = np.random.default_rng(0)
DEEP = RNG.integers(0, 65536, (20, 30, 3)).astype(np.uint16)
SMOOTH = np.dstack([*np.meshgrid(np.arange(30) * 8, np.arange(20) * 12), np.full((20, 30), 90)])
PHOTO = Image.fromarray(SMOOTH.astype(np.uint8))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="r" tiff:Orientation="6"/></x:xmpmeta>'
Base, IFD = ExifTags.Base, ExifTags.IFD


def camera(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Orientation], exif[Base.Copyright] = "Maker", orientation, "me"
    exif[IFD.Exif] = {Base.FNumber: 2.8, Base.ExifImageWidth: 30, Base.ExifImageHeight: 20, 0x927C: b"note"}
    exif[IFD.GPSInfo] = {1: "N"}
    return exif


def told(path: Path) -> tuple[dict, dict, dict]:
    with Image.open(path) as picture:
        exif = picture.getexif()
        return dict(exif), exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)


def write_png(path: Path, values: np.ndarray, orientation: int = 1) -> None:
    order = [2, 1, 0, 3][: values.shape[2]]
    packets = [camera(orientation).tobytes()[6:], PROFILE]
    kinds = [cv2.IMAGE_METADATA_EXIF, cv2.IMAGE_METADATA_ICCP]
    done, data = cv2.imencodeWithMetadata(
        ".png", values[..., order].copy(), kinds, [np.frombuffer(p, np.uint8) for p in packets]
    )
    assert done
    path.write_bytes(data.tobytes())


def write_tif(path: Path, values: np.ndarray, orientation: int = 1, compression: str | None = "zlib") -> None:
    tags = [(274, 3, 1, orientation, True), (271, 2, 0, "Maker", True)]
    extra = {"extrasamples": ["unassalpha"]} if values.shape[2] == 4 else {}
    tifffile.imwrite(
        path, values, photometric="rgb", compression=compression, iccprofile=PROFILE, extratags=tags, **extra
    )


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("target", ["b.png", "b.tif"])
@pytest.mark.parametrize("source", ["a.png", "a.tif"])
def test_16_bit_colour_comes_back_bit_for_bit(
    tmp_path: Path, source: str, target: str, channels: int
) -> None:
    values = RNG.integers(0, 65536, (20, 30, channels)).astype(np.uint16)
    (write_png if source == "a.png" else write_tif)(tmp_path / source, values)
    photo, origin = open_photo(tmp_path / source)
    assert isinstance(photo, np.ndarray)
    assert np.array_equal(photo, values)
    write_photo(tmp_path / target, Image.new("RGB", (30, 20)), photo, origin)
    again, kept = open_photo(tmp_path / target)
    assert isinstance(again, np.ndarray)
    assert np.array_equal(again, values)
    assert kept.profile == PROFILE


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_16_bit_photos_come_upright(tmp_path: Path, orientation: int, compression: str | None) -> None:
    write_tif(tmp_path / "a.tif", DEEP, orientation, compression)
    write_png(tmp_path / "a.png", DEEP, orientation)
    for name in ("a.tif", "a.png"):
        photo, origin = open_photo(tmp_path / name)
        expected = np.asarray(open_picture(tmp_path / name).convert("RGB")).astype(int)
        assert isinstance(photo, np.ndarray)
        assert photo.shape == expected.shape
        assert np.abs(photo // 256 - expected).max() <= 1
        write_photo(tmp_path / "out.png", Image.new("RGB", (1, 1)), photo, origin)
        assert Base.Orientation not in told(tmp_path / "out.png")[0]


def test_16_bit_colour_is_rounded_to_8() -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, axis=2)
    assert np.array_equal(eight_bits_of(levels), np.rint(levels / 257).astype(np.uint8))


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".bmp"])
def test_formats_of_8_bits_refuse_16(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UserError, match=r"cannot hold 16 bits a channel; name a \.png or a \.tif"):
        write_photo(tmp_path / f"a{suffix}", PHOTO, DEEP, Origin())
    assert not list(tmp_path.iterdir())


def test_a_tiff_in_planes_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", DEEP.transpose(2, 0, 1).copy(), photometric="rgb", planarconfig="separate"
    )
    with pytest.raises(UserError, match="whose colours lie apart"):
        open_photo(tmp_path / "a.tif")


def test_a_jpeg_keeps_its_compression(tmp_path: Path) -> None:
    for quality, sampling in ((40, 2), (88, 1), (97, 0)):
        PHOTO.save(tmp_path / "a.jpg", quality=quality, subsampling=sampling)
        photo, origin = open_photo(tmp_path / "a.jpg")
        assert isinstance(photo, Image.Image)
        write_photo(tmp_path / "b.jpg", Image.fromarray(np.asarray(photo)), None, origin)
        with Image.open(tmp_path / "a.jpg") as a, Image.open(tmp_path / "b.jpg") as b:
            assert a.quantization == b.quantization
            assert a.layer == b.layer
            assert np.abs(np.asarray(a).astype(int) - np.asarray(b)).max() <= 6
    grey = PHOTO.convert("L")
    grey.save(tmp_path / "g.jpg", quality=30)
    photo, origin = open_photo(tmp_path / "g.jpg")
    write_photo(tmp_path / "h.jpg", grey, None, origin)
    with Image.open(tmp_path / "g.jpg") as a, Image.open(tmp_path / "h.jpg") as b:
        assert a.quantization == b.quantization


def test_a_quality_may_be_asked_for(tmp_path: Path) -> None:
    sizes = []
    for quality in (20, 95):
        for suffix in (".jpg", ".webp"):
            Saving(quality).check(tmp_path / f"a{suffix}")
            write_photo(tmp_path / f"a{suffix}", PHOTO, None, Origin(), Saving(quality))
            sizes.append((tmp_path / f"a{suffix}").stat().st_size)
    assert sizes[0] < sizes[2]
    assert sizes[1] < sizes[3]
    write_photo(tmp_path / "b.webp", PHOTO, None, Origin())
    assert np.array_equal(np.asarray(open_picture(tmp_path / "b.webp")), np.asarray(PHOTO))
    with pytest.raises(UserError, match="PNG loses nothing and has no quality"):
        Saving(50).check(tmp_path / "a.png")
    for faulty in ({"quality": 0}, {"quality": 101}, {"metadata": "some"}):
        with pytest.raises(UserError, match="expected"):
            Saving(**faulty)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_metadata_are_kept_or_stripped(tmp_path: Path, suffix: str, orientation: int) -> None:
    PHOTO.save(tmp_path / "a.jpg", exif=camera(orientation), xmp=XMP, icc_profile=PROFILE)
    photo, origin = open_photo(tmp_path / "a.jpg")
    assert isinstance(photo, Image.Image)
    size = (20, 30) if orientation == 6 else (30, 20)
    assert photo.size == size
    result = Image.fromarray(np.asarray(photo))
    result.info["icc_profile"] = PROFILE
    kept, bare = tmp_path / f"kept{suffix}", tmp_path / f"bare{suffix}"
    write_photo(kept, result, None, origin)
    write_photo(bare, result, None, origin, Saving(metadata="strip"))
    main, scene, place = told(kept)
    assert (main[Base.Make], main[Base.Copyright], main.get(Base.Orientation, 1)) == ("Maker", "me", 1)
    if suffix == ".tif":  # compressed TIFF files are written without folders of tags
        assert not scene
        scene, place = (
            {Base.ExifImageWidth: size[0], Base.ExifImageHeight: size[1], Base.FNumber: 2.8},
            {1: "N"},
        )
    assert place[1] == "N"
    assert (scene[Base.ExifImageWidth], scene[Base.ExifImageHeight]) == size
    assert float(scene[Base.FNumber]) == pytest.approx(2.8)
    main, scene, place = told(bare)
    assert Base.Make not in main
    assert not scene
    assert not place
    for path, there in ((kept, True), (bare, False)):
        again = open_photo(path)[1]
        assert again.profile == PROFILE
        assert (b"xmpmeta" in again.xmp) == there
        assert b'Orientation="6"' not in again.xmp


def test_metadata_of_16_bit_photos(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", DEEP)
    photo, origin = open_photo(tmp_path / "a.png")
    assert isinstance(photo, np.ndarray)
    for suffix, name in ((s, n) for s in ("png", "tif") for n in ("keep", "strip")):
        path = tmp_path / f"{name}.{suffix}"
        write_photo(path, PHOTO, photo, origin, Saving(metadata=name))
        assert (Base.Make in told(path)[0]) == (name == "keep")
        assert open_photo(path)[1].profile == PROFILE


def test_the_small_picture_of_the_old_photo_is_not_kept(tmp_path: Path) -> None:
    """A camera's thumbnail shows what somebody has just removed."""
    thumbnail = b"\xff\xd8 a small picture \xff\xd9"
    body = camera().tobytes()
    exif = Image.Exif()
    exif.load(body)
    exif[Base.Make] = "Maker"
    exif.get_ifd(IFD.IFD1).update({0x0201: 0, 0x0202: len(thumbnail)})
    PHOTO.save(tmp_path / "a.jpg", exif=exif.tobytes() + thumbnail)
    origin = open_photo(tmp_path / "a.jpg")[1]
    assert b"Maker" in origin.exif
    assert thumbnail not in origin.exif


@pytest.mark.filterwarnings("ignore")
def test_damaged_exif_data_are_left_out(tmp_path: Path) -> None:
    whole = camera().tobytes()
    for seed in range(20):
        body = bytearray(whole)
        for place in np.random.default_rng(seed).integers(6, len(body), 6):
            body[place] ^= 0xFF
        PHOTO.save(tmp_path / "a.jpg", exif=bytes(body))
        photo, origin = open_photo(tmp_path / "a.jpg")
        assert isinstance(photo, Image.Image)
        write_photo(tmp_path / "b.jpg", Image.fromarray(np.asarray(photo)), None, origin)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_resolution_and_gamma_are_kept(tmp_path: Path, suffix: str) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"gAMA", (100_000).to_bytes(4, "big"))
    PHOTO.save(tmp_path / f"a{suffix}", dpi=(300, 150), **({"pnginfo": chunks} if suffix == ".png" else {}))
    photo, origin = open_photo(tmp_path / f"a{suffix}")
    assert isinstance(photo, Image.Image)
    bare = Image.fromarray(np.asarray(photo))
    write_photo(tmp_path / f"b{suffix}", bare, None, origin)
    with Image.open(tmp_path / f"b{suffix}") as result:
        assert [round(float(value)) for value in result.info["dpi"]] == [300, 150]
        assert result.info.get("gamma") == (1.0 if suffix == ".png" else None)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_resolution_and_gamma_of_16_bit_photos(tmp_path: Path, suffix: str) -> None:
    origin = Origin(dpi=(300.0, 150.0), gamma=0.45455)
    write_photo(tmp_path / f"b{suffix}", PHOTO, DEEP, origin)
    values, again = open_photo(tmp_path / f"b{suffix}")
    assert np.array_equal(values, DEEP)
    assert again.dpi == pytest.approx((300, 150), abs=0.02)
    assert again.gamma == (pytest.approx(0.45455) if suffix == ".png" else None)


def test_further_pages_are_counted(tmp_path: Path) -> None:
    for name in ("a.tif", "a.gif", "a.webp"):
        frames = [
            PHOTO.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
            PHOTO.transpose(Image.Transpose.ROTATE_180),
        ]
        PHOTO.save(tmp_path / name, save_all=True, append_images=frames)
        assert open_photo(tmp_path / name)[1].frames == 3
        (note,) = Photo.of(tmp_path / name).notes
        assert note.text == "the photo is the first of 3 pages or frames; the others are left out"


def test_floating_point_color_is_refused_by_its_reason(tmp_path: Path) -> None:
    for kind, what in ((np.float32, "floating point"), (np.uint32, "unsigned integers")):
        tifffile.imwrite(tmp_path / "a.tif", SMOOTH.astype(kind), photometric="rgb")
        with pytest.raises(UserError, match=rf"a TIFF of 3 x 32 bits of {what} a pixel, which is not read"):
            open_photo(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "big.tif", DEEP, bigtiff=True, photometric="rgb")
    with contextlib.suppress(UserError):
        open_photo(tmp_path / "big.tif")
    Image.fromarray(SMOOTH[..., 0].astype(np.float32)).save(tmp_path / "f.tif")
    (note,) = Photo.of(tmp_path / "f.tif").notes
    assert "floating-point levels become 8-bit grey" in note.text


@pytest.mark.skipif(not features.check("avif"), reason="Pillow reads no AVIF here")
def test_avif_is_read(tmp_path: Path) -> None:
    PHOTO.save(tmp_path / "a.avif", quality=100)
    assert Photo.of(str(tmp_path / "a.avif")).size == (20, 30)
