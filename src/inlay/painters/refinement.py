"""The style optimisations by name, as options and settings ask for them."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inlay.errors import UserError

if TYPE_CHECKING:
    from inlay.painters.refine import Refinement

__all__ = ["NO_REFINEMENT", "PRESETS", "RefineSettings"]

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

    def build(self, device: Any = "cpu") -> "tuple[Refinement, dict[str, Any]] | None":
        """The refinement and its settings in full, for a report; None for no steps."""
        if not self.steps:
            return None
        # With them comes PyTorch, without which an exported model fills.
        from inlay.painters.refine import CarefulRefinement, PaperRefinement
        from inlay.painters.vgg_term import load_vgg_term

        if self.preset == "careful":
            careful = CarefulRefinement(steps=self.steps)
            settings = {k: v for k, v in asdict(careful).items() if k != "watch"}
            return careful, {"preset": self.preset, **settings}
        assert self.vgg is not None
        by_paper = PaperRefinement(steps=self.steps, perceptual=load_vgg_term(Path(self.vgg), device))
        settings = asdict(replace(by_paper, perceptual=None)) | {"perceptual": str(self.vgg)}
        return by_paper, {"preset": self.preset, **settings}


NO_REFINEMENT = RefineSettings()
