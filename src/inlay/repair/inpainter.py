"""Fill the holes of a photo: picture in, picture out."""

import copy
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, UInt8, UInt16
from PIL import Image

from inlay.errors import UserError
from inlay.files import sha256
from inlay.finish.recipe import STANDARD, Recipe, Watch, ignore
from inlay.labels import LabelSet
from inlay.notes import Note
from inlay.painters.onnx import OnnxPainter, is_exported
from inlay.painters.painter import PainterSet
from inlay.painters.styles import StyleChanges
from inlay.pixels.parallel import set_threads
from inlay.repair.beyond import choose_beyond
from inlay.repair.framing import Faces
from inlay.repair.inputs import Drawn
from inlay.repair.photo import Photo
from inlay.repair.session import Session, Tools
from inlay.repair.tones import full_range
from inlay.stored import NOWHERE, Origin

if TYPE_CHECKING:
    from inlay.painters.runtime import Runtime

__all__ = ["Inpainter", "Result"]


@dataclass(frozen=True)
class Result:
    """A filled photo and how it came about.

    `image` has the photo's size and, where that can hold a fill, its mode; outside `hole` it is the photo bit
    for bit. `layout` holds the class ids at the photo's size; `layout_source` is 'given', 'predicted', or
    'none' where `Inpainter.repair` found nothing.
    `attention` is the attention block's record (`inlay.batch.Attention`) where the photo is one portrait,
    None elsewhere. `notes` tell people what they should know. A photo of 16-bit colour
    has its result in `deep`, RGB or RGBA, which `image` shows in 8 bits. `origin` is set where the photo came
    from a file.
    """

    image: Image.Image
    layout: UInt8[np.ndarray, "h w"]
    attention: Any
    hole: Bool[np.ndarray, "h w"]
    layout_source: str
    seconds: float
    notes: tuple[Note, ...]
    deep: UInt16[np.ndarray, "h w c"] | None = None
    origin: Origin = NOWHERE

    @property
    def hole_ratio(self) -> float:
        """The share of the photo's pixels that was filled."""
        return float(self.hole.mean())

    def stretched(self) -> "Result":
        """The same with the levels of each channel stretched to the full range (`inlay.repair.tones`)."""
        image = Image.fromarray(full_range(np.asarray(self.image), ~self.hole))
        image.info.update(self.image.info)
        deep = None if self.deep is None else full_range(self.deep, ~self.hole)
        return replace(self, image=image, deep=deep)


class Inpainter:
    """Fills holes of photos. It never changes: `with_recipe` gives another one.

    >>> inpainter = Inpainter.load(device="cpu")
    >>> photo, hole = Image.new("RGB", (160, 200), "tan"), np.zeros((200, 160), dtype=bool)
    >>> hole[90:110, 40:60] = True
    >>> result = inpainter(photo, hole)
    >>> result.image.size, result.layout.shape, result.layout_source
    ((160, 200), (200, 160), 'predicted')
    """

    def __init__(self, tools: Tools, refinement: Any = None) -> None:
        self._tools = replace(tools, beyond=choose_beyond(tools.beyond))
        self._refinement = refinement

    @staticmethod
    def load(
        model: Path | str | None = None,
        device: "str | Runtime" = "auto",
        *,
        precision: str = "auto",
        recipe: Recipe = STANDARD,
        beyond: str = "auto",
        mirror: bool = False,
        refinement: Any = None,
        threads: int | None = None,
    ) -> "Inpainter":
        """Open a model folder, the models that come with the package, or a file of `inlay export`.

        `device` is a name (cpu, cuda, mps, auto) or a `Runtime`; `precision` is fp32, bf16 or auto. `beyond`
        names what fills holes that lie on no face. With `mirror` the mirror image is painted too and the mean
        taken. `refinement` optimises the style codes of each portrait (`inlay.painters.refine`). `threads` is
        the number of CPU threads; None leaves it to PyTorch or ONNX Runtime.
        """
        from inlay.faces.find import FaceSearch

        if threads is not None:
            set_threads(threads)
        if model is not None and is_exported(model):
            if mirror or refinement is not None:
                raise UserError(
                    f"{model}: an exported model takes no --mirror and no --refine; take a folder"
                )
            if device not in ("auto", "cpu") or precision == "bf16":
                raise UserError(f"{model}: an exported model runs on the CPU in fp32; take a folder")
            painter = OnnxPainter.load(Path(model), threads)
            painters = PainterSet({painter.size: lambda: painter}, painter.labels, sha256(Path(model)))
            return Inpainter(Tools(painters, FaceSearch(), recipe, beyond))
        from inlay.faces.landmarks import LayoutFit
        from inlay.painters.load import open_models
        from inlay.painters.runtime import Runtime

        if mirror and refinement is not None:
            raise UserError("--mirror and --refine do not go together; leave one of them away")
        runtime = Runtime(device, precision, threads=threads) if isinstance(device, str) else device
        models = open_models(model, runtime, mirror=mirror)
        fit = LayoutFit.of(models.predictor, models.painters.labels, models.size)
        return Inpainter(Tools(models.painters, FaceSearch(fit), recipe, beyond), refinement)

    @property
    def tools(self) -> Tools:
        """What photos are repaired with."""
        return self._tools

    @property
    def size(self) -> int:
        """The height in pixels of the portraits that the model is made for; of two models the smaller."""
        return self._tools.painters.sizes[0]

    @property
    def sha256(self) -> str:
        """The SHA-256 of the weights, of two models joined by a plus sign."""
        return self._tools.painters.sha256

    @property
    def labels(self) -> LabelSet:
        """The classes of the model's layouts."""
        return self._tools.painters.labels

    @property
    def recipe(self) -> Recipe:
        """How fills are finished."""
        return self._tools.recipe

    def with_recipe(self, recipe: Recipe) -> "Inpainter":
        """The same with another recipe."""
        other = copy.copy(self)
        other._tools = replace(self._tools, recipe=recipe)
        return other

    def of_size(self, size: int) -> "Inpainter":
        """The same with the painter of one size alone, whatever the portrait."""
        other = copy.copy(self)
        other._tools = replace(self._tools, painters=self._tools.painters.only(size))
        return other

    def session(self, picture: Drawn | Photo) -> Session:
        """Put a photo on the table, to be filled under many layouts."""
        return Session(self._tools, picture)

    def __call__(
        self,
        image: Drawn | Photo,
        hole: Drawn,
        layout: Drawn | None = None,
        *,
        faces: Faces = "auto",
        seed: int = 0,
        styles: StyleChanges | None = None,
        fit: bool = False,
        watch: Watch = ignore,
    ) -> Result:
        """Fill the hole (white or true = to be filled), under a given layout or under the predicted one.

        `faces` is 'auto' (they are detected), 'whole' (the photo is one portrait), 'none', or a list of
        frames (`FaceFrame`, taken as they are) and of boxes, which are refined: x, y, width and height in
        pixels, forehead to chin and ear to ear, and where the face is turned an angle in degrees, clockwise.
        A layout is one of the whole photo. `styles` moves the style codes of some classes, by their ids.
        `fit` stretches a hole and a layout of another aspect than the photo's. `watch` is told what begins
        and may raise to end the work. The same inputs and seed give the same result.

        Photo, hole and layout are Pillow images, paths, arrays or tensors.
        """
        (result,) = self.candidates(
            image, hole, layout, faces=faces, seeds=(seed,), styles=styles, fit=fit, watch=watch
        )
        return result

    def candidates(
        self,
        image: Drawn | Photo,
        hole: Drawn,
        layout: Drawn | None = None,
        *,
        faces: Faces = "auto",
        seeds: Collection[int] = (0,),
        styles: StyleChanges | None = None,
        fit: bool = False,
        watch: Watch = ignore,
    ) -> Iterator[Result]:
        """The results of several seeds; faces are found and known pixels encoded once."""
        started = time.perf_counter()
        session = Session(self._tools, image, cells=None)
        shown = session.draw_hole(hole, layout=layout, faces=faces, fit=fit, watch=watch)
        given, photo = layout is not None, session.photo
        for seed in seeds:
            label = shown if given or not seed else session.layout_under(None, seed)
            work = session.composite(seed=seed, styles=styles, refinement=self._refinement, watch=watch)
            native, notes = work.native, (*session.notes, *session.painting_notes)
            attention = session.attention(seed)
            seconds = time.perf_counter() - started
            yield Result(
                photo.picture(native), label, attention, session.hole,
                "given" if given else "predicted", seconds, notes, photo.deep(native), photo.origin,
            )  # fmt: skip
            started = time.perf_counter()

    def repair(
        self, image: Drawn | Photo, sensitivity: float = 0.5, *, tones: bool = False, **options: Any
    ) -> Result:
        """Find the damage of a photo and fill it; a photo without any comes back as it is.

        A higher `sensitivity`, 0 to 1, finds more, also what is no damage. With `tones` the levels of each
        channel are stretched afterwards, known pixels and all, which takes fading and casts away. `options`
        are those of a call. The first note says what was found, and the result's `hole` is where.
        """
        result = self._repair(image, sensitivity, **options)
        return result.stretched() if tones else result

    def _repair(self, image: Drawn | Photo, sensitivity: float, **options: Any) -> Result:
        from inlay.repair.damaged import find_damage

        started, photo = time.perf_counter(), Photo.of(image)
        found = find_damage(photo, sensitivity)
        if found.pieces:
            result = self(photo, found.hole, **options)
            seconds = time.perf_counter() - started
            return replace(result, notes=(found.note, *result.notes), seconds=seconds)
        layout = np.zeros(photo.size, dtype=np.uint8)
        return Result(
            photo.copy(), layout, None, found.hole, "none", time.perf_counter() - started,
            (found.note, *photo.notes), photo.deep(photo.native), photo.origin,
        )  # fmt: skip

    def predict_layout(
        self,
        image: Drawn | Photo,
        hole: Drawn | None = None,
        *,
        faces: Faces = "auto",
        fit: bool = False,
        watch: Watch = ignore,
    ) -> UInt8[np.ndarray, "h w"]:
        """The layout of the photo's faces, the hole included; beyond their frames all is background.

        A photo in which no face is found is taken as one portrait.
        """
        return Session(self._tools, image, cells=None).predict_layout(hole, faces, watch, fit=fit)
