"""What the discriminator is shown of a batch."""

import numpy as np
import torch

from inlay.batch import Batch
from inlay.config import LossConfig
from inlay.labels import CELEBAMASK_HQ
from inlay.networks.reflection import reflected
from inlay.training.objective import build_objective

LEFT, RIGHT = (CELEBAMASK_HQ.id_of(name) for name in ("l_eye", "r_eye"))


def face() -> Batch:
    """A picture with two eyes at one height, whose left half is hidden."""
    label = torch.zeros(1, 32, 32, dtype=torch.long)
    label[0, 14:18, 6:10], label[0, 14:18, 22:26] = LEFT, RIGHT
    hole = torch.zeros(1, 1, 32, 32)
    hole[..., :16] = 1.0
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return Batch(image, label, hole)


def test_a_hidden_eye_is_shown_beside_the_seen_one() -> None:
    loss = LossConfig(
        adversarial=1.0,
        adversarial_parts=["eye"],
        adversarial_window=8,
        adversarial_twins=True,
        perceptual=0.0,
    )
    shares = np.full(len(CELEBAMASK_HQ), 0.1)
    objective = build_objective(loss, CELEBAMASK_HQ, shares, torch.device("cpu"))
    batch, drawn = face(), torch.zeros(1, 3, 32, 32)
    fakes, reals = objective.fakes(batch, drawn), objective.reals(batch)
    assert fakes.image.shape == (1, 8, 8, 8)
    assert reals.image.shape == (2, 8, 8, 8)
    # The hidden eye's window is drawn; beside it lies the seen eye, its columns in reverse.
    assert torch.equal(fakes.image[0, :3], drawn[0, :, 12:20, 4:12])
    seen = batch.image[0, :, 12:20, 20:28].flip(2)
    torch.testing.assert_close(fakes.image[0, 3:6], seen, atol=1e-4, rtol=0)
    assert (fakes.image[0, 6:] > 0.999).all()
    # Of a photo both eyes are shown, the one whose twin is hidden beside nothing.
    assert torch.equal(reals.image[0, :3], batch.image[0, :, 12:20, 4:12])
    torch.testing.assert_close(reals.image[0, 3:6], seen, atol=1e-4, rtol=0)
    torch.testing.assert_close(reals.image[1, 3:], torch.zeros(5, 8, 8), atol=1e-4, rtol=0)


def test_what_lies_beside_teaches_the_generator_nothing() -> None:
    loss = LossConfig(
        adversarial=1.0, adversarial_parts=["eye"], adversarial_window=8, adversarial_twins=True
    )
    shares = np.full(len(CELEBAMASK_HQ), 0.1)
    batch, drawn = face(), torch.zeros(1, 3, 32, 32, requires_grad=True)
    objective = build_objective(
        loss.model_copy(update={"perceptual": 0.0}), CELEBAMASK_HQ, shares, drawn.device
    )
    (gradient,) = torch.autograd.grad(objective.fakes(batch, drawn).image.sum(), drawn)
    expected = torch.zeros(1, 3, 32, 32)
    expected[..., 12:20, 4:12] = 1.0
    assert torch.equal(gradient, expected)


def test_reflected_pixels_do_not_depend_on_the_hole() -> None:
    batch = face()
    other = torch.where(batch.hole > 0, torch.rand_like(batch.image), batch.image)
    twins = torch.tensor(CELEBAMASK_HQ.twins)
    told, same = (reflected(image, batch.hole, batch.label, twins) for image in (batch.image, other))
    assert torch.equal(told, same)
