"""`inlay fill --model FILE.onnx`: one portrait, with ONNX Runtime and without PyTorch."""

from pathlib import Path
from typing import TYPE_CHECKING

from inlay.cli.fill_told import sheet_of, tell
from inlay.errors import UserError

if TYPE_CHECKING:
    from inlay.inference.finish import Finish
    from inlay.stored import Saving

__all__ = ["fill_with_onnx"]


def fill_with_onnx(
    model: Path,
    image: Path,
    hole: Path,
    output: Path,
    finish: "Finish",
    sheet: Path | None,
    started: float,
    saving: "Saving",
) -> None:
    """Fill one photo and say what was done."""
    from inlay.export.filler import OnnxInpainter
    from inlay.images import write_picture
    from inlay.inference.photo import Photo
    from inlay.layers import read_hole
    from inlay.stored import open_photo, write_photo

    if image.is_dir():
        raise UserError(f"{image}: is a folder; {model.name} fills one photo at a time")
    inpainter = OnnxInpainter.load(model)
    stored, origin = open_photo(image)
    photo = Photo.of(stored)
    result = inpainter(photo, read_hole(hole), finish)
    write_photo(output, result.image, result.deep, origin, saving)
    if sheet is not None:
        write_picture(sheet, sheet_of(photo.copy(), result, inpainter.labels))
    tell(result, [output], sheet, started, saving.quality)
