"""One step of the generator, one of the discriminator: forward, backward, and the optimiser's turn."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from inlay.batch import Batch
from inlay.training.machine import Machine
from inlay.training.memory import Exhibits
from inlay.training.objective import Objective, Terms
from inlay.training.trainees import Trainees

__all__ = ["Draws", "apply_gradient", "discriminator_step", "draw", "generator_step"]


@dataclass(frozen=True)
class Draws:
    """What a step draws at random: which samples see the predicted layout, and the generator's noise."""

    use_predicted: Bool[Tensor, " b"]
    noise: torch.Generator


def draw(seed: int, faces: int, batch_size: int, predicted_share: float, machine: Machine) -> Draws:
    """A step's draws, a pure function of (seed, faces seen, process); layers' own draws are seeded too.

    A share of the samples is filled under the predicted layout, as `inlay fill` will do. It is drawn for the
    whole step, so that the number of processes changes nothing.
    """
    whole = torch.Generator().manual_seed(_step_seed(seed, 2, faces))
    use_predicted = (torch.rand(batch_size, generator=whole) < predicted_share).chunk(machine.processes)
    torch.manual_seed(_step_seed(seed, 3, faces, machine.index))
    noise = torch.Generator(machine.device).manual_seed(_step_seed(seed, 4, faces, machine.index))
    return Draws(use_predicted[machine.index].to(machine.device), noise)


def _step_seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def generator_step(
    trainees: Trainees, objective: Objective, batch: Batch, draws: Draws
) -> tuple[bool, Terms, list[Float[Tensor, "b 3 h w"]]]:
    """Improve the generator (eq. 6); returns whether all was finite, the terms, and what it drew."""
    machine, network = trainees.machine, trainees.run_generator
    told, drawn = list[Terms](), list[Tensor]()
    if trainees.discriminator is not None:
        trainees.discriminator.requires_grad_(False)
    parts = _parts(batch, draws.use_predicted, trainees.config.training.accumulate)
    for part, marks, last in parts:
        with contextlib.nullcontext() if last else machine.without_averaging(network):
            output, logits = network(part, marks, draws.noise)
            with machine.autocast():
                terms = objective.generator_terms(part, output, logits, draws.noise)
                if trainees.discriminator is not None:
                    assert output is not None
                    drawn.append(output.image.detach())
                    terms |= objective.deceiving_terms(
                        trainees.discriminator, part, output.image, draws.noise
                    )
            terms["total"] = objective.generator_total(terms)
            machine.backward(terms["total"] / trainees.config.training.accumulate)
        told.append(_detached(terms))
    terms = _mean(told)
    finite, terms["grad_norm"] = apply_gradient(
        trainees.machine,
        trainees.generator,
        trainees.optimizer,
        terms["total"],
        trainees.config.schedule.clip,
    )
    return finite, terms, drawn


def discriminator_step(
    trainees: Trainees,
    objective: Objective,
    batch: Batch,
    drawn: list[Float[Tensor, "b 3 h w"]],
    draws: Draws,
    *,
    penalise: bool,
) -> tuple[bool, Terms]:
    """Improve the discriminator (eq. 7) on the very pictures that the generator's step has drawn.

    With `schedule.discriminator_replays` also on those of earlier steps; the terms are the first update's.
    """
    assert trainees.discriminator is not None
    assert trainees.memory is not None
    trainees.discriminator.requires_grad_(True)
    everyone = torch.ones(len(batch), dtype=torch.bool)
    shown: Exhibits = [
        objective.exhibits(part, image, draws.noise)
        for (part, _, _), image in zip(_parts(batch, everyone, len(drawn)), drawn, strict=True)
    ]
    finite, terms = _discriminator_update(trainees, objective, shown, penalise=penalise)
    for earlier in trainees.memory.draw(trainees.config.schedule.discriminator_replays, draws.noise):
        judged, _ = _discriminator_update(trainees, objective, earlier, penalise=False)
        finite = finite and judged
    if finite:
        trainees.memory.keep(shown)
    return finite, terms


def _discriminator_update(
    trainees: Trainees, objective: Objective, shown: Exhibits, *, penalise: bool
) -> tuple[bool, Terms]:
    machine, network = trainees.machine, trainees.run_discriminator
    assert trainees.discriminator is not None
    assert trainees.discriminator_optimizer is not None
    assert network is not None
    told = list[Terms]()
    for n, (fakes, reals) in enumerate(shown, start=1):
        real = reals.image.clone().requires_grad_(penalise)
        with contextlib.nullcontext() if n == len(shown) else machine.without_averaging(network):
            judged = network(torch.cat([fakes.image, real]), torch.cat([fakes.label, reals.label]))
            with machine.autocast():
                on_fake, on_real = judged.split(len(fakes))
                terms = objective.discriminator_terms(
                    (fakes, reals), on_fake, on_real, real if penalise else None
                )
            terms["discriminator_total"] = objective.discriminator_total(terms)
            machine.backward(terms["discriminator_total"] / len(shown))
        told.append(_detached(terms))
    terms = _mean(told)
    finite, terms["discriminator_grad_norm"] = apply_gradient(
        machine, trainees.discriminator, trainees.discriminator_optimizer, terms["discriminator_total"],
        trainees.config.schedule.clip,
    )  # fmt: skip
    return finite, terms


def apply_gradient(
    machine: Machine,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    total: Float[Tensor, ""],
    clip: float,
) -> tuple[bool, Float[Tensor, ""]]:
    """Let the optimiser step unless loss or gradient is not finite; returns whether they were, and the norm.

    With a gradient scaler (fp16) a gradient that is too large is no fault: the scaler skips the step by
    itself and scales less from then on.
    """
    machine.unscale(optimizer)
    norm = nn.utils.clip_grad_norm_(network.parameters(), clip or float("inf"))
    finite = bool(
        torch.isfinite(machine.mean(total)) and (machine.scaler is not None or torch.isfinite(norm))
    )
    if finite or machine.scaler is not None:
        optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return finite, norm


def _parts(
    batch: Batch, marks: Bool[Tensor, " b"], count: int
) -> Iterator[tuple[Batch, Bool[Tensor, " _"], bool]]:
    """Equal parts of a batch with their marks, and whether each is the last one."""
    pieces = [t.chunk(count) for t in (batch.image, batch.label, batch.hole, marks)]
    for n, (image, label, hole, part) in enumerate(zip(*pieces, strict=True), start=1):
        yield Batch(image, label, hole), part, n == count


def _detached(terms: Terms) -> Terms:
    return {name: term.detach() for name, term in terms.items()}


def _mean(told: list[Terms]) -> Terms:
    return {name: torch.stack([terms[name] for terms in told]).mean() for name in told[0]}
