"""The recipe: the steps that finish a fill, and their order."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

from inlay.errors import UserError
from inlay.finish.dering import Dering
from inlay.finish.detail import Detail
from inlay.finish.dilate import Dilate
from inlay.finish.grain import Grain
from inlay.finish.join import Join
from inlay.finish.masked import Masked
from inlay.finish.rim import Rim
from inlay.finish.scene import Fill, Scene
from inlay.finish.strength import Strength
from inlay.finish.tone import KeepTone
from inlay.finish.twins import Twins
from inlay.finish.widen import Distrust, Widen
from inlay.labels import LabelSet, NeedsRoles
from inlay.notes import Note

__all__ = ["BARE", "STANDARD", "STEPS", "HoleStep", "Recipe", "Step", "Watch", "ignore", "standard"]

Watch = Callable[[str], None]
"""Called with the name of what begins; it may raise to end the work."""


def ignore(name: str) -> None:
    """A watch that does nothing."""


@runtime_checkable
class HoleStep(Protocol):
    """A step before painting: a frozen dataclass of settings that changes the hole."""

    @property
    def name(self) -> str:
        """What `--without` takes."""

    def __call__(self, photo: UInt8[np.ndarray, "h w 3"], masked: Masked) -> Masked:
        """The changed hole; the given one is not modified."""


@runtime_checkable
class Step(Protocol):
    """A step of finishing: a frozen dataclass of settings that changes a fill, and nothing else.

    A step that needs classes of certain roles has a method `missing` too (`inlay.labels.NeedsRoles`).
    """

    @property
    def name(self) -> str:
        """What `--without` takes."""

    def wants(self, scene: Scene) -> bool:
        """Whether the step applies; it is not run where it does not."""

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """The changed fill; the given one is not modified."""


@dataclass(frozen=True)
class Recipe:
    """Three rows of steps: on the hole, before painting; on each crop; on the photo's own pixels."""

    hole: tuple[HoleStep, ...] = ()
    crop: tuple[Step, ...] = ()
    photo: tuple[Step, ...] = ()

    def prepared(self, photo: UInt8[np.ndarray, "h w 3"], masked: Masked) -> Masked:
        """Run the steps on the hole; raises `UserError` if they leave nothing known."""
        asked = masked.hole
        for step in self.hole:
            masked = step(photo, masked)
        if masked.unknown.all() and not asked.all():
            raise UserError(
                "the hole, grown, covers the whole photo, which leaves nothing to fill it from; grow it by "
                "less (--dilate), or do not widen it"
            )
        return masked

    def notes_on(self, labels: LabelSet) -> tuple[Note, ...]:
        """Which steps are off because a label set lacks the roles that they need."""
        steps = [step for step in (*self.crop, *self.photo) if isinstance(step, NeedsRoles)]
        reasons = [reason for step in steps if (reason := step.missing(labels)) is not None]
        return tuple(Note("step-off", reason) for reason in reasons)

    def without(self, names: Iterable[str]) -> "Recipe":
        """The recipe with some steps left out, by name.

        >>> [step.name for step in STANDARD.without(["twins"]).crop]
        ['detail', 'join']
        """
        out = set(names)
        unknown = sorted(out - STEPS)
        if unknown:
            raise UserError(f"--without {unknown[0]}: no such step; expected {', '.join(sorted(STEPS))}")
        return Recipe(
            tuple(step for step in self.hole if step.name not in out),
            tuple(step for step in self.crop if step.name not in out),
            tuple(step for step in self.photo if step.name not in out),
        )

    def as_json(self) -> list[Any]:
        """The steps' names and settings as plain values, in their order."""
        rows: tuple[tuple[Any, ...], ...] = (self.hole, self.crop, self.photo)
        return [[[step.name, asdict(step)] for step in row] for row in rows]

    @property
    def sha256(self) -> str:
        """The checksum of all steps and settings."""
        return hashlib.sha256(json.dumps(self.as_json()).encode()).hexdigest()


def run(steps: Iterable[Step], scene: Scene, fill: Fill, watch: Watch = ignore) -> Fill:
    """Run the steps that apply."""
    for step in steps:
        if step.wants(scene):
            watch(step.name)
            fill = step(scene, fill)
    return fill


def standard(
    *, widen: bool = False, dilate: int = 0, feather: float | int = 0.0, strength: float | int = 1.0
) -> Recipe:
    """The recipe of `inlay fill` with these options."""
    join = Join(float(feather))
    return Recipe(
        hole=(*((Dilate(dilate),) if dilate else ()), Widen() if widen else Distrust(), Dering()),
        crop=(Detail(), join, Twins()),
        photo=(join, Rim(), Grain(), Strength(float(strength)), KeepTone()),
    )


STANDARD = standard()

STEPS = {"dilate", "distrust", "widen", "dering", *(step.name for step in (*STANDARD.crop, *STANDARD.photo))}
"""All names that `Recipe.without` knows."""

BARE = Recipe()
"""The fill as it is painted: of a photo of the painter's size what `inlay evaluate` measures."""
