"""The style optimisations by name, as options and settings ask for them."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from inlay.errors import UserError
from inlay.inference.refine import CarefulRefinement, PaperRefinement, Refined
from inlay.inference.vgg_term import load_vgg_term

__all__ = ["NO_REFINEMENT", "PRESETS", "RefineSettings", "Refinement", "told"]

Refinement = PaperRefinement | CarefulRefinement
PRESETS = ("paper", "careful")


@dataclass(frozen=True)
class RefineSettings:
    """How many steps a photo, and by which preset; 0 steps are none. `vgg` is needed by the preset paper."""

    steps: int = 0
    preset: str = "careful"
    vgg: str | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without opening anything."""
        if self.preset not in PRESETS:
            raise UserError(f"unknown preset '{self.preset}'; expected {' or '.join(PRESETS)}")
        if self.steps and self.preset == "paper" and self.vgg is None:
            raise UserError(
                "--refine-preset paper minimises a VGG loss too (eq. 8): give --vgg, torchvision's VGG19 or "
                "a folder with vgg19_normalised_to_conv3_1.pth and vgg19_distilled_16x.pth"
            )

    def build(self, device: torch.device | str = "cpu") -> tuple[Refinement, dict[str, Any]] | None:
        """The refinement and its settings in full, for a report; None for no steps."""
        if not self.steps:
            return None
        if self.preset == "careful":
            careful = CarefulRefinement(steps=self.steps)
            settings = {k: v for k, v in asdict(careful).items() if k != "watch"}
            return careful, {"preset": self.preset, **settings}
        assert self.vgg is not None
        by_paper = PaperRefinement(steps=self.steps, perceptual=load_vgg_term(Path(self.vgg), device))
        settings = asdict(replace(by_paper, perceptual=None)) | {"perceptual": str(self.vgg)}
        return by_paper, {"preset": self.preset, **settings}


NO_REFINEMENT = RefineSettings()


def told(refined: Refined) -> str:
    """What a refinement of one photo came to, as a sentence for people."""
    best, steps = int(refined.best[0]), refined.fit.shape[1] - 1
    if torch.isnan(refined.check[0, best]):
        before, after = float(refined.fit[0, 0]), float(refined.fit[0, -1])
        change = 1 - after / before if before else 0.0
        return f"refined by {steps} steps: the error on known pixels fell by {change:.1%}"
    if best == 0 and float(refined.check[0, 0]) < CarefulRefinement.close:
        return (
            "refined: the plain fill is kept; it draws the known pixels as good as exactly, so that there is "
            "nothing to learn from them"
        )
    if best == 0:
        return f"refined: none of {steps} steps was better on the pixels kept aside; the plain fill is kept"
    before, after = float(refined.check[0, 0]), float(refined.check[0, best])
    return (
        f"refined: step {best} of {steps} is kept; the error on the pixels kept aside fell by "
        f"{1 - after / before:.1%}"
    )
