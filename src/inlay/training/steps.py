"""One training step: what is given, what is computed, what is minimised."""

import contextlib
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from inlay.batch import Batch, Output
from inlay.config import LossConfig
from inlay.losses.layout import layout_cross_entropy
from inlay.losses.pixel import region_l1
from inlay.losses.semantic_attention import semantic_likelihood
from inlay.training.machine import Machine
from inlay.training.trainees import Trainees

__all__ = ["Terms", "apply_gradients", "draw_predicted", "generator_step", "step_seed"]

Terms = dict[str, Float[Tensor, ""]]
"""Each loss by name, unweighted, and what else a step has to tell."""


def step_seed(seed: int, faces: int, process: int = 0) -> int:
    """The seed of a step's own draws: a pure function of (seed, faces seen, process)."""
    return int(np.random.SeedSequence((seed, 2, faces, process)).generate_state(1)[0])


def draw_predicted(
    share: float, seed: int, batch_size: int, process: int, processes: int
) -> Bool[Tensor, " b"]:
    """Which of this process's samples are filled under the predicted layout, as `inlay fill` will do.

    Drawn for the whole step, so that the number of processes changes nothing.
    """
    drawn = torch.rand(batch_size, generator=torch.Generator().manual_seed(seed)) < share
    return drawn.chunk(processes)[process]


def generator_step(
    trainees: Trainees, batch: Batch, use_predicted: Bool[Tensor, " b"], noise: torch.Generator
) -> Terms:
    """Add the gradient of the generator's objective (eq. 6, and the layout's); returns terms and total."""
    machine, weights, parts = trainees.machine, trainees.config.loss, trainees.config.training.accumulate
    told: list[Terms] = []
    for last, part, marks in _parts(batch, use_predicted, parts):
        with contextlib.nullcontext() if last else machine.without_averaging(trainees.run_generator):
            output, logits = trainees.run_generator(part, marks, noise)
            terms = _objective(part, output, logits, weights)
            total = sum((getattr(weights, name) * term for name, term in terms.items()), torch.zeros(()))
            machine.backward(total / parts)
        told.append({name: term.detach() for name, term in {**terms, "total": total}.items()})
    return {name: torch.stack([terms[name] for terms in told]).mean() for name in told[0]}


def _objective(
    batch: Batch, output: Output, logits: Float[Tensor, "b classes th tw"] | None, weights: LossConfig
) -> Terms:
    terms = {
        "hole_l1": region_l1(output.image, batch.image, batch.hole),
        "known_l1": region_l1(output.image, batch.image, batch.known),
    }
    if logits is not None:
        terms["layout"] = layout_cross_entropy(
            logits, batch.label, batch.hole, hole_weight=weights.layout_hole_weight
        )
    if output.attention is not None:
        terms["semantic_attention"] = semantic_likelihood(output.attention, output.style.shape[1])
    return terms


def apply_gradients(
    machine: Machine, network: nn.Module, optimizer: torch.optim.Optimizer, total: Tensor, clip: float
) -> tuple[bool, Tensor]:
    """Let the optimiser step unless loss or gradient is not finite; returns whether they were, and the norm.

    With a gradient scaler (fp16) a gradient that is too large is no fault: the scaler skips the step by
    itself and scales less from then on.
    """
    machine.unscale(optimizer)
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip or float("inf"))
    finite = bool(torch.isfinite(machine.mean(total)) & (torch.isfinite(norm) | (machine.scaler is not None)))
    if finite or machine.scaler is not None:
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return finite, norm


def _parts(
    batch: Batch, use_predicted: Bool[Tensor, " b"], count: int
) -> Iterator[tuple[bool, Batch, Bool[Tensor, " c"]]]:
    """Equal parts of a batch, each with whether it is the last one."""
    pieces = zip(
        *(t.chunk(count) for t in (batch.image, batch.label, batch.hole, use_predicted)), strict=True
    )
    for n, (image, label, hole, marks) in enumerate(pieces, start=1):
        yield n == count, Batch(image, label, hole), marks
