"""From files to files: what one `inlay fill` does to one photo, with all of its settings in one record."""

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from inlay.data.manifest import Job
from inlay.errors import UserError, enough_memory
from inlay.files import whole_file
from inlay.finish.recipe import STANDARD, Recipe, Watch, ignore
from inlay.geometry.face_frame import FaceBox, FaceFrame
from inlay.images import format_of, is_written, open_picture
from inlay.layers import read_label
from inlay.painters.onnx import is_exported
from inlay.painters.refinement import NO_REFINEMENT, RefineSettings
from inlay.painters.styles import StyleChange, StyleChanges
from inlay.places import Place, delivered, fetched
from inlay.repair.framing import WORDS, Faces
from inlay.repair.inpainter import Inpainter, Result
from inlay.repair.photo import Photo
from inlay.stored import AS_STORED, Saving, write_photo

__all__ = ["FillSettings", "Worker", "parse_face", "parse_faces"]


@dataclass(frozen=True)
class FillSettings:
    """How photos are filled.

    `faces` is 'auto', 'whole' (the photo is one portrait), 'none', or boxes 'x,y,width,height[,angle]' with
    semicolons. `threads` None takes all cores for a photo. `classes` are those whose style comes from another
    portrait, by name, and how much of it; none means all. A refinement goes with no other portrait's styles:
    it would pull them back to the photo's own. `fit` stretches holes and layouts of another aspect than their
    photo's. `sensitivity`, 0 to 1, is how much counts as damage where a job has no hole.
    """

    model: str | None = None
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    faces: str = "auto"
    beyond: str = "auto"
    recipe: Recipe = STANDARD
    classes: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    mirror: bool = False
    refine: RefineSettings = NO_REFINEMENT
    saving: Saving = AS_STORED
    fit: bool = False
    sensitivity: float = 0.5
    tones: bool = False

    @property
    def changes_all(self) -> bool:
        """Whether also a photo without damage is written anew."""
        return self.tones or self.saving != AS_STORED

    def as_json(self) -> dict[str, Any]:
        """The settings as plain values, for fingerprints and reports."""
        return asdict(replace(self, recipe=Recipe())) | {"recipe": self.recipe.as_json()}


FARTHEST = 1e6
"""Pixels: no photo reaches as far, nor is infinity or what is no number less than that."""


def parse_face(text: str) -> FaceBox:
    """Read the box 'x,y,width,height' or 'x,y,width,height,angle' of a face.

    >>> parse_face("100,80,54,60")
    (100.0, 80.0, 54.0, 60.0)
    """
    expected = (
        f"face '{text}': expected {', '.join(WORDS)}, or x,y,width,height[,angle] in pixels and degrees"
    )
    try:
        box = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(expected) from error
    if len(box) not in (4, 5) or not all(abs(number) < FARTHEST for number in box):
        raise UserError(expected)
    FaceFrame.of_box(*box)
    return box  # type: ignore[return-value]


def parse_faces(text: str) -> Faces:
    """Read 'auto', 'whole' or 'none', or boxes joined by semicolons."""
    return text if text in WORDS else [parse_face(part) for part in text.split(";")]


class Worker:
    """A model, loaded once, and what it does to a job. `threads` goes before the settings' own number."""

    def __init__(self, settings: FillSettings, threads: int | None = None) -> None:
        self.settings = settings
        if settings.model is not None and is_exported(settings.model) and settings.refine.steps:
            raise UserError(f"{settings.model}: an exported model takes no --refine; take a folder")
        refined = settings.refine.build(settings.device)
        with enough_memory("the model"):
            self.inpainter = Inpainter.load(
                settings.model,
                settings.device,
                precision=settings.precision,
                recipe=settings.recipe,
                beyond=settings.beyond,
                mirror=settings.mirror,
                refinement=refined and refined[0],
                threads=threads or settings.threads,
            )
        self.faces = parse_faces(settings.faces)
        for name in settings.classes:
            self.inpainter.labels.id_of(name)

    def weights(self, job: Job) -> str:
        """The hash of all weights that a job's result depends on."""
        if job.hole is not None:
            return self.inpainter.sha256
        # It needs PyTorch, which filling by an exported model does not.
        from inlay.repair.damaged import detector_sha256

        return f"{self.inpainter.sha256}+{detector_sha256()}"

    def fill(self, job: Job, watch: Watch = ignore) -> Result:
        """Read, fill, and hand the result back; a job without a hole has its damage found and filled."""
        if job.hole is None:
            with fetched(job.image, job.layout) as (image, layout):
                given = None if layout is None else read_label(layout, self.inpainter.labels)
                return self.inpainter.repair(
                    Photo.of(image), self.settings.sensitivity, tones=self.settings.tones, layout=given,
                    faces=self.faces, seed=self.settings.seed, fit=self.settings.fit, watch=watch,
                )  # fmt: skip
        (result,) = self.candidates(job, (self.settings.seed,), watch)
        return result

    def candidates(self, job: Job, seeds: Collection[int], watch: Watch = ignore) -> Iterator[Result]:
        """The results of several seeds, of a photo that is read once."""
        if job.style_from is not None and self.settings.refine.steps:
            raise UserError(
                "--refine adapts the styles to the photo itself; it goes with no style of another portrait"
            )
        with fetched(job.image, job.hole, job.layout, job.style_from) as (image, hole, layout, style):
            assert image is not None
            assert hole is not None
            photo, painted = Photo.of(image), open_picture(hole)
            styles = None if style is None else self.styles(style)
            given = None if layout is None else read_label(layout, self.inpainter.labels)
        yield from self.inpainter.candidates(
            photo, painted, given, faces=self.faces, seeds=seeds, styles=styles, fit=self.settings.fit,
            watch=watch,
        )  # fmt: skip

    def write(self, path: Path, result: Result, image: Place | None = None) -> None:
        """Write a result of `fill` as its photo was stored, or as the settings say.

        A photo without damage is copied from `image`, where it is to be stored alike.
        """
        alike = (
            image is not None and is_written(image.suffix) and format_of(path) == format_of(Path(image.name))
        )
        if image is None or not alike or result.hole.any() or self.settings.changes_all:
            write_photo(path, result.image, result.deep, result.origin, self.settings.saving)
            return
        with fetched(image) as (here,), whole_file(path) as unfinished:
            assert here is not None
            shutil.copyfile(here, unfinished)

    def __call__(self, job: Job) -> Result:
        """Read, fill and write."""
        with enough_memory(job.image), delivered(job.output) as path:
            self.settings.saving.check(path)
            result = self.fill(job)
            self.write(path, result, job.image)
        return replace(result, attention=None)

    def styles(self, path: Path) -> StyleChanges:
        """What another portrait changes: the chosen classes' styles, or those of all that it shows."""
        portrait = self.inpainter.session(open_picture(path))
        style, labels, shown = portrait.styles(), self.inpainter.labels, portrait.classes()
        named = {labels.id_of(name): amount for name, amount in self.settings.classes.items()}
        chosen = named or dict.fromkeys(sorted(shown), 1.0)
        absent = [labels.names[label] for label in chosen if label not in shown]
        if absent:
            raise UserError(
                f"{path}: this portrait shows no {absent[0]}; choose other classes or another portrait"
            )
        return {label: StyleChange(style, amount) for label, amount in chosen.items()}
