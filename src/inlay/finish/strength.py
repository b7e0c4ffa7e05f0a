"""Mix a fill with the smooth continuation of the known pixels."""

from dataclasses import dataclass

from inlay.errors import UserError
from inlay.finish.scene import Fill, Scene
from inlay.pixels.continuation import extend

__all__ = ["Strength"]


@dataclass(frozen=True)
class Strength:
    """Take `amount` of the fill, from 0 (the smooth continuation of the known pixels) to 1 (all of it)."""

    amount: float = 1.0

    name = "strength"

    def __post_init__(self) -> None:
        """Check the range."""
        if not 0 <= self.amount <= 1:
            raise UserError(f"strength {self.amount}: expected a number from 0 to 1")

    def wants(self, scene: Scene) -> bool:
        """Only below full strength."""
        return self.amount < 1 and not scene.hole.all()

    def __call__(self, scene: Scene, fill: Fill) -> Fill:
        """Mix both."""
        return self.amount * fill + (1 - self.amount) * extend(scene.photo, scene.hole)
