"""From files to files: what one `inlay fill` does to one photo, with all of its settings in one record."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from inlay.data.manifest import Job
from inlay.errors import UserError
from inlay.images import open_picture
from inlay.inference.finish import STANDARD, Finish
from inlay.inference.inpaint import Inpainter, Result
from inlay.inference.photo import Photo
from inlay.inference.refinement import NO_REFINEMENT, RefineSettings
from inlay.inference.runtime import Runtime
from inlay.inference.session import Session
from inlay.inference.similarity import Similarity
from inlay.inference.styles import StyleChange, StyleChanges
from inlay.inference.whole import PhotoFiller, frame_of_face
from inlay.layers import read_hole, read_label
from inlay.places import delivered, fetched
from inlay.stored import AS_STORED, Saving, open_photo, write_photo

__all__ = ["FillSettings", "Worker", "parse_face"]


@dataclass(frozen=True)
class FillSettings:
    """How photos are filled.

    `faces` is 'auto' (looked for), 'whole' (the photo is one portrait), or boxes 'x,y,width,height' joined by
    semicolons. `classes` are those whose style comes from another portrait, by name, and how much of it; none
    means all. A refinement goes with no other portrait's styles: it would pull them back to the photo's own.
    """

    model: str | None = None
    device: str = "auto"
    faces: str = "auto"
    beyond: str = "auto"
    finish: Finish = STANDARD
    classes: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    refine: RefineSettings = NO_REFINEMENT
    saving: Saving = AS_STORED
    precision: str = "auto"
    mirror: bool = False

    def as_json(self) -> dict[str, Any]:
        """The settings as plain values, for fingerprints and reports."""
        return asdict(self)


FARTHEST = 1e6
"""Pixels: no photo reaches as far, nor is infinity or what is no number less than that."""


def parse_face(text: str) -> Similarity:
    """The rough frame of 'x,y,width,height'.

    >>> parse_face("100,80,54,60").side
    100.0
    """
    expected = f"face '{text}': expected auto, whole, or x,y,width,height in pixels"
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(expected) from error
    if not all(abs(number) < FARTHEST for number in (x, y, width, height)):
        raise UserError(expected)
    return frame_of_face(x, y, width, height)


class Worker:
    """A model, loaded once, and what it does to a job."""

    def __init__(self, settings: FillSettings) -> None:
        self.settings = settings
        self.inpainter = Inpainter.load(settings.model, Runtime(settings.device, settings.precision))
        self.model = self.inpainter.sha256
        built = settings.refine.build(self.inpainter.device)
        self.inpainter.refinement = built and built[0]
        if settings.mirror and built:
            raise UserError("--mirror and --refine do not go together; leave one of them away")
        self.inpainter.looks_twice = settings.mirror
        self.filler = PhotoFiller(self.inpainter, beyond=settings.beyond, finish=settings.finish)
        faces = settings.faces
        self.faces = [] if faces in ("auto", "whole") else [parse_face(part) for part in faces.split(";")]
        for name in settings.classes:
            self.inpainter.labels.id_of(name)

    def fill(self, job: Job, seed: int | None = None) -> Result:
        """Read, fill, and hand the result back."""
        if job.style_from is not None and self.inpainter.refinement is not None:
            raise UserError(
                "--refine adapts the styles to the photo itself; it goes with no style of another portrait"
            )
        with fetched(job.image, job.hole, job.layout, job.style_from) as (image, hole, layout, style):
            assert image is not None
            assert hole is not None
            return self._fill(image, hole, layout, style, self.settings.seed if seed is None else seed)

    def _fill(self, image: Path, hole: Path, layout: Path | None, style: Path | None, seed: int) -> Result:
        stored, origin = open_photo(image)
        photo, drawn = Photo.of(stored), read_hole(hole)
        del stored  # a photo of 100 megapixels should not lie in memory twice
        styles = None if style is None else self.styles(style)
        given = None if layout is None else read_label(layout, self.inpainter.labels)
        if self.settings.faces == "whole":
            result = self.inpainter(photo, drawn, given, seed, self.settings.finish, styles)
        else:
            result = self.filler(photo, drawn, given, faces=self.faces, seed=seed, styles=styles)
        return replace(result, origin=origin)

    def write(self, path: Path, result: Result) -> None:
        """Write a result of `fill` as its photo was stored, or as the settings say."""
        write_photo(path, result.image, result.deep, result.origin, self.settings.saving)

    def __call__(self, job: Job) -> Result:
        """Read, fill and write."""
        with delivered(job.output) as path:
            self.settings.saving.check(path)
            result = self.fill(job)
            self.write(path, result)
        return replace(result, attention=None)

    def styles(self, path: Path) -> StyleChanges:
        """What another portrait changes: the chosen classes' styles, or those of all that it shows."""
        portrait = Session(self.filler, open_picture(path))
        style, labels, shown = portrait.styles(), self.inpainter.labels, portrait.classes()
        named = {labels.id_of(name): amount for name, amount in self.settings.classes.items()}
        chosen = named or dict.fromkeys(sorted(shown), 1.0)
        absent = [labels.names[label] for label in chosen if label not in shown]
        if absent:
            raise UserError(
                f"{path}: this portrait shows no {absent[0]}; choose other classes or another portrait"
            )
        return {label: StyleChange(style, amount) for label, amount in chosen.items()}
