"""Test-time optimisation of the style codes on known pixels (paper, section III.C, eq. 8).

The picture is encoded once; only the decoder runs again. Works on any model that encodes and decodes.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from inlay.batch import Batch, Output
from inlay.model import Encoding
from inlay.networks.regions import one_hot
from inlay.painters.protocols import Network

__all__ = ["CarefulRefinement", "PaperRefinement", "Perceptual", "Refined", "Refinement", "told"]

CLOSE = 2 / 255
"""A mean error of one grey level: pixels that are drawn as good as exactly tell nothing."""

Perceptual = Callable[[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]], Float[Tensor, ""]]
"""(result, photo), both with black holes -> the VGG loss, mean over pictures (eq. 1)."""


@dataclass(frozen=True)
class Refined:
    """The refined answer, and how it came about, a picture.

    `fit` is the loss on the pixels that were optimised, `check` the error on those that were kept aside, each
    from the plain pass on; `best` is the step whose picture was kept.
    """

    output: Output
    fit: Float[Tensor, "b steps"]
    check: Float[Tensor, "b steps"]
    best: Int[Tensor, " b"]


@dataclass(frozen=True)
class PaperRefinement:
    """The paper's settings (section III, training details): Adam, 20 steps, the last one kept; fresh noise.

    Without a perceptual loss only the pixel term is minimised, which is not the paper's objective: say so.
    """

    steps: int = 20
    learning_rate: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    pixel_weight: float = 5e-3
    perceptual_weight: float = 5e-5
    perceptual: Perceptual | None = None
    seed: int = 0

    def __call__(self, model: Network, batch: Batch) -> Refined:
        """Refine the styles of a batch; pictures do not influence each other."""
        *_, last = self.course(model, batch)
        return last

    def course(self, model: Network, batch: Batch) -> Iterator[Refined]:
        """What would be answered after each number of steps, from none on."""
        with torch.no_grad():
            encoding, prepared = model.encode(batch), model.prepare(batch.label, batch.belief)
        noise = torch.Generator(batch.image.device).manual_seed(self.seed)
        style = encoding.style.detach().clone().requires_grad_()
        optimizer = torch.optim.Adam([style], lr=self.learning_rate, betas=self.betas)
        fit: list[Tensor] = []
        for step in range(self.steps + 1):
            image = model.decode(replace(encoding, style=style), batch.label, noise, prepared)
            pixels = self.pixel_weight * _region_l1(image, batch.image, batch.known)
            loss = pixels
            if self.perceptual is not None:
                known = self.perceptual(image * batch.known, batch.image * batch.known)
                loss = pixels + self.perceptual_weight * known
            fit.append(loss.detach())
            trace = torch.stack(fit, dim=1)
            best = torch.full((len(batch),), step, device=style.device)
            output = Output(image.detach(), style.detach().clone(), encoding.attention)
            yield Refined(output, trace, torch.full_like(trace, torch.nan), best)
            if step < self.steps:
                # Summed, not averaged: a picture's gradient is the same in any batch.
                (style.grad,) = torch.autograd.grad(loss.sum(), [style])
                optimizer.step()


@dataclass(frozen=True)
class CarefulRefinement:
    """Settings that do no harm.

    The noise is fixed; only codes of classes with fitted pixels move; a pull keeps them near the first codes;
    a share of the known pixels, in blocks, is kept aside to check on, and each picture keeps the step that is
    best there, the plain pass included. So on the check pixels it is never worse than no refinement. The
    plain pass is kept where it draws a picture's check pixels to within `close` (2 / 255 is a grey level): a
    network that sees them through its context copies them, and copies tell nothing about the hole.
    `watch` is told the number of each step that is done; an exception that it raises ends the refinement.
    """

    steps: int = 20
    learning_rate: float = 0.02
    betas: tuple[float, float] = (0.9, 0.999)
    pull: float = 0.1
    check_share: float = 0.25
    block: int = 8
    close: float = CLOSE
    seed: int = 0
    watch: Callable[[int], None] | None = None

    def __call__(self, model: Network, batch: Batch) -> Refined:
        """Refine the styles of a batch; pictures do not influence each other."""
        *_, last = self.course(model, batch)
        return last

    def course(self, model: Network, batch: Batch) -> Iterator[Refined]:
        """What would be answered after each number of steps, from none on."""
        with torch.no_grad():
            encoding, prepared = model.encode(batch), model.prepare(batch.label, batch.belief)
        check = batch.known * self.check_blocks(batch)
        fit = batch.known - check
        first = encoding.style.detach()
        movable = (
            (one_hot(batch.label, first.shape[1]) * fit).sum(dim=(2, 3))[..., None].gt(0).to(first.dtype)
        )
        change = torch.zeros_like(first, requires_grad=True)
        optimizer = torch.optim.Adam([change], lr=self.learning_rate, betas=self.betas)
        kept = _Best(len(batch), first.device, self.close)
        for step in range(self.steps + 1):
            if kept.is_settled:
                kept.repeat()
                if self.watch is not None:
                    self.watch(step)
                yield kept.refined(encoding)
                continue
            style = first + change * movable
            noise = torch.Generator(first.device).manual_seed(self.seed)
            image = model.decode(replace(encoding, style=style), batch.label, noise, prepared)
            pull = (style - first).square().mean(dim=(1, 2))
            loss = _region_l1(image, batch.image, fit) + self.pull * pull
            error = _region_l1(image, batch.image, check)
            kept.see(step, image.detach(), style.detach(), loss.detach(), error.detach())
            if self.watch is not None:
                self.watch(step)
            yield kept.refined(encoding)
            if step < self.steps:
                (change.grad,) = torch.autograd.grad(loss.sum(), [change])
                optimizer.step()

    def check_blocks(self, batch: Batch) -> Float[Tensor, "1 1 h w"]:
        """1 on the blocks kept aside; the same for each picture, whatever the batch."""
        h, w = batch.image.shape[-2:]
        grid = (-(-h // self.block), -(-w // self.block))
        drawn = torch.rand(1, 1, *grid, generator=torch.Generator().manual_seed(self.seed)) < self.check_share
        blocks = F.interpolate(drawn.float(), scale_factor=float(self.block))[..., :h, :w]
        return blocks.to(batch.image.device)


Refinement = PaperRefinement | CarefulRefinement


class _Best:
    """Keeps, a picture, the step with the least error on the check pixels."""

    image: Float[Tensor, "b 3 h w"]
    style: Float[Tensor, "b classes d"]

    def __init__(self, count: int, device: torch.device, close: float) -> None:
        self.close = close
        self.settled = torch.zeros(count, dtype=torch.bool, device=device)
        self.error = torch.full((count,), torch.inf, device=device)
        self.step = torch.zeros(count, dtype=torch.long, device=device)
        self.fits: list[Tensor] = []
        self.checks: list[Tensor] = []

    def see(self, step: int, image: Tensor, style: Tensor, fit: Tensor, check: Tensor) -> None:
        """One more step; on a tie the earlier one stays."""
        self.fits.append(fit)
        self.checks.append(check)
        if step == 0:
            self.image, self.style, self.error = image, style, check
            self.settled = check < self.close
            return
        better = (check < self.error) & ~self.settled
        self.error = torch.where(better, check, self.error)
        self.step = torch.where(better, torch.full_like(self.step, step), self.step)
        self.image = torch.where(better[:, None, None, None], image, self.image)
        self.style = torch.where(better[:, None, None], style, self.style)

    @property
    def is_settled(self) -> bool:
        """Whether all pictures keep their plain pass."""
        return bool(self.settled.all())

    def repeat(self) -> None:
        """A step that changes nothing."""
        self.fits.append(self.fits[-1])
        self.checks.append(self.checks[-1])

    def refined(self, encoding: Encoding) -> Refined:
        """The answer so far."""
        output = Output(self.image, self.style, encoding.attention)
        return Refined(output, torch.stack(self.fits, dim=1), torch.stack(self.checks, dim=1), self.step)


def _region_l1(
    image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"], region: Float[Tensor, "b 1 h w"]
) -> Float[Tensor, " b"]:
    """The mean absolute difference over a region, a picture (eq. 2); 0 where the region is empty."""
    difference = ((image - target).abs() * region).sum(dim=(1, 2, 3))
    return difference / (3 * region.sum(dim=(1, 2, 3))).clamp(min=1)


def told(refined: Refined) -> str:
    """What a refinement of one photo came to, as a sentence for people."""
    best, steps = int(refined.best[0]), refined.fit.shape[1] - 1
    if math.isnan(refined.check[0, best]):
        before, after = float(refined.fit[0, 0]), float(refined.fit[0, -1])
        change = 1 - after / before if before else 0.0
        return f"refined by {steps} steps: the error on known pixels fell by {change:.1%}"
    if best == 0 and float(refined.check[0, 0]) < CLOSE:
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
