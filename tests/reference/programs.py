"""The paper's network and its attention written as the released program computes them, beside ours.

Each case is one thing that both can do, from the same weights and pictures: the slow obvious form, and ours
in fp32 and in bf16. `benchmarks/against_slow.py` measures them at the paper's size, the tests a small one.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inlay.batch import Batch
from inlay.convert import build_from_checkpoint, read_architecture
from inlay.data.holes import FreeForm, free_form_hole
from inlay.examples import example
from inlay.labels import CELEBAMASK_HQ
from inlay.losses.semantic_attention import semantic_absolute
from inlay.model import InpaintingModel
from inlay.networks.attention import ContextualAttention
from inlay.painters.refine import PaperRefinement
from inlay.painters.runtime import Runtime
from inlay.repair.inpainter import Inpainter
from inlay.tensors import to_tensor
from reference.attention import attention_map
from reference.sean import checkpoint_shapes, generate, made_up_state, style_codes

__all__ = ["PAPER", "Calls", "Paper", "attention_with_loss", "portraits"]

CLASSES = 19
PAPER = {"width": 64, "style_dim": 512, "encoder": 32, "hidden": 128}
"""Widths of the released program's checkpoint: 267 million parameters."""


@dataclass(frozen=True)
class Calls:
    """One thing, by the slow obvious form and by ours in two precisions; each call returns its answer."""

    slow: Callable[[], Tensor]
    fp32: Callable[[], Tensor]
    bf16: Callable[[], Tensor]


class Paper:
    """The paper's network of made-up weights, in both forms."""

    def __init__(self, batch: int, size: int, **widths: int) -> None:
        self.state = made_up_state(
            checkpoint_shapes(**{**PAPER, **widths}, classes=CLASSES, authors=True)  # type: ignore[arg-type]
        )
        for name, tensor in self.state.items():
            if name.endswith("noise_var"):
                tensor.zero_()  # noise is drawn anew in each form
        config, _ = read_architecture(self.state, "contextual")
        self.model = build_from_checkpoint(self.state, config, CELEBAMASK_HQ, name="made up")
        self.batch = portraits(batch, size)

    def placed(self, precision: str) -> InpaintingModel:
        """Our network as `Inpainter` would run it."""
        return Runtime("cpu", precision).place(copy.deepcopy(self.model))

    def forward(self) -> Calls:
        """The composites of the batch."""
        batch = self.batch

        @torch.inference_mode()
        def slow() -> Tensor:
            style = style_codes(self.state, batch.image, batch.known, batch.label, "contextual")
            image = generate(self.state, style, batch.label)
            return torch.where(batch.hole > 0, image, batch.image)

        def ours(model: InpaintingModel) -> Callable[[], Tensor]:
            @torch.inference_mode()
            def call() -> Tensor:
                return model.compose(batch, model(batch))

            return call

        return Calls(slow, ours(self.placed("fp32")), ours(self.placed("bf16")))

    def training(self) -> Calls:
        """The generator forward and backward; the answer is the gradient of the styles."""
        batch = self.batch
        style = 0.3 * torch.randn(
            len(batch), CLASSES, self.style_dim, generator=torch.Generator().manual_seed(1)
        )

        def gradient(image: Tensor, given: Tensor, weights: list[Tensor]) -> Tensor:
            # As training does: a gradient for each weight too.
            (found, *_) = torch.autograd.grad(
                (image - batch.image).abs().mean(), [given, *weights], allow_unused=True
            )
            return found

        def slow() -> Tensor:
            drawing = {n: t for n, t in self.state.items() if not n.startswith("Zencoder.")}
            free = ("running_mean", "running_var", "num_batches_tracked", "weight_u", "weight_v")
            learned = {n: t.detach().requires_grad_() for n, t in drawing.items() if not n.endswith(free)}
            given = style.clone().requires_grad_()
            return gradient(generate({**drawing, **learned}, given, batch.label), given, [*learned.values()])

        def ours(enabled: bool) -> Callable[[], Tensor]:
            generator = copy.deepcopy(self.model.generator).requires_grad_()
            generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

            def call() -> Tensor:
                given = style.clone().requires_grad_()
                # As the training loop: weights stay in fp32, sums are made in bf16.
                with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                    image = generator(given, batch.label)
                return gradient(image.float(), given, list(generator.parameters()))

            return call

        return Calls(slow, ours(False), ours(True))

    def refinement(self, steps: int) -> Calls:
        """Test-time optimisation of the styles by the known pixels' L1 term (eq. 8); answers the styles."""
        batch, paper = self.batch, PaperRefinement(steps=steps)

        def slow() -> Tensor:
            with torch.no_grad():
                style = style_codes(self.state, batch.image, batch.known, batch.label, "contextual")
            style.requires_grad_()
            optimizer = torch.optim.Adam([style], lr=paper.learning_rate, betas=paper.betas)
            for _ in range(steps):
                image = generate(self.state, style, batch.label)
                error = ((image - batch.image).abs() * batch.known).sum() / (3 * batch.known.sum())
                optimizer.zero_grad()
                (paper.pixel_weight * error).backward()
                optimizer.step()
            return style.detach()

        def ours(model: InpaintingModel) -> Callable[[], Tensor]:
            return lambda: paper(model, batch).output.style

        return Calls(slow, ours(self.placed("fp32")), ours(self.placed("bf16")))

    @property
    def style_dim(self) -> int:
        """The length of a style code."""
        return self.state["head_0.ace_0.fc_mu0.weight"].shape[0]


def attention_with_loss(side: int, *, channels: int = 256, share: float = 0.2) -> Calls:
    """Contextual attention over side x side tokens and the loss of eq. 4, forward and backward.

    The answer is the gradient of the feature map. One picture, a free-form hole of about `share`.
    """
    torch.manual_seed(0)
    block = ContextualAttention(channels=channels, classes=CLASSES)
    block.gamma.data.fill_(0.5)
    features, batch = torch.randn(1, channels, side, side), portraits(1, side, share=share)
    hole, label, known = batch.hole, batch.label, 1 - batch.hole.flatten()

    def slow() -> Tensor:
        x = features.clone().requires_grad_()
        query, key, value = (conv(x)[0].flatten(1).T for conv in (block.query, block.key, block.value))
        weights = attention_map(query, key, known, "contextual")
        output = x + block.gamma * (weights @ value).T.reshape(x.shape)
        same = (label.flatten()[:, None] == label.flatten()[None]).float()
        mass, count = (weights * same).sum(dim=1), same.sum(dim=1)
        loss = (mass - 1e-3 * count * (1 - known)).abs().sum() / (1 - known).sum()
        (found,) = torch.autograd.grad(output.square().mean() + loss, [x])
        return found

    def ours(enabled: bool) -> Callable[[], Tensor]:
        def call() -> Tensor:
            x = features.clone().requires_grad_()
            with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
                attention = block(x, hole, label)
                loss = semantic_absolute(attention, CLASSES, mu=1e-3)
            (found,) = torch.autograd.grad(attention.output.float().square().mean() + loss, [x])
            return found

        return call

    return Calls(slow, ours(False), ours(True))


def portraits(count: int, size: int, *, share: float = 0.1) -> Batch:
    """The example portrait under its predicted layout, shifted about, with free-form holes of `share`."""
    rng = np.random.default_rng(0)
    photo = Image.open(example("portrait")).convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    layout = Inpainter.load(device=Runtime("cpu", "fp32")).predict_layout(photo)
    shifts = [rng.integers(-size // 8, size // 8 + 1, 2) for _ in range(count)]
    pixels = np.stack([np.roll(np.asarray(photo), shift, axis=(0, 1)) for shift in shifts])
    label = np.stack([np.roll(layout, shift, axis=(0, 1)) for shift in shifts]).astype(np.int64)
    form = FreeForm(max(0.0, share - 0.03), share + 0.03)
    holes = np.stack([free_form_hole(rng, (size, size), form) for _ in range(count)])
    return Batch(to_tensor(pixels), torch.from_numpy(label), torch.from_numpy(holes)[:, None].float())
