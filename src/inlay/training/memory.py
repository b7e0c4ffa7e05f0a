"""What the discriminator was shown lately, to be looked at again."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Exhibits", "Memory", "Shown"]


@dataclass(frozen=True)
class Shown:
    """Pictures, or windows of them, for the discriminator to judge.

    `image` is RGB in [-1, 1], with `loss.adversarial.twins` followed by the five channels of `reflected`.
    """

    image: Float[Tensor, "n channels h w"]
    label: Int[Tensor, "n h w"]
    hole: Float[Tensor, "n 1 h w"]

    def __len__(self) -> int:
        return len(self.image)

    def to(self, device: torch.device | str) -> "Shown":
        """The same on another device."""
        return Shown(self.image.to(device), self.label.to(device), self.hole.to(device))


Exhibits = list[tuple[Shown, Shown]]
"""What a step shows the discriminator: for each accumulated part the fakes and the photos."""


class Memory:
    """The fakes and photos of the last so many steps (Shrivastava et al. 2017, 2.3).

    A step brings the discriminator few hidden parts; it learns what tells them from real ones by looking
    more than once.
    """

    def __init__(self, steps: int, device: torch.device | str = "cpu") -> None:
        self.steps, self.device, self._kept = steps, device, list[Exhibits]()

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, shown: Exhibits) -> None:
        """Remember a step, and forget the one that is too long ago."""
        self._kept = [*self._kept, shown][-self.steps :] if self.steps else []

    def draw(self, count: int, random: torch.Generator) -> list[Exhibits]:
        """So many of the steps, any of them more than once; none while nothing is known."""
        if not self._kept:
            return []
        numbers = torch.randint(len(self._kept), (count,), generator=random, device=random.device)
        return [self._kept[n] for n in numbers.tolist()]

    def state_dict(self) -> dict[str, Any]:
        """Everything, for `load_state_dict`."""
        return {
            "kept": [[[(s.image, s.label, s.hole) for s in pair] for pair in shown] for shown in self._kept]
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._kept = [
            [(Shown(*fakes).to(self.device), Shown(*reals).to(self.device)) for fakes, reals in shown]
            for shown in state["kept"]
        ]
