"""What the discriminator is shown of a batch."""

import numpy as np
import torch

from inlay.batch import Batch
from inlay.config import LossConfig
from inlay.labels import CELEBAMASK_HQ
from inlay.networks.discriminator import Judgement
from inlay.networks.reflection import reflected
from inlay.training.memory import Shown
from inlay.training.objective import build_objective

RANDOM = torch.Generator().manual_seed(0)
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
    fakes, reals = objective.fakes(batch, drawn, RANDOM), objective.reals(batch, RANDOM)
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
    (gradient,) = torch.autograd.grad(objective.fakes(batch, drawn, RANDOM).image.sum(), drawn)
    expected = torch.zeros(1, 3, 32, 32)
    expected[..., 12:20, 4:12] = 1.0
    assert torch.equal(gradient, expected)


def test_windows_of_holes_and_photos_at_the_same_places() -> None:
    loss = LossConfig(
        adversarial=1.0,
        adversarial_parts=["eye"],
        adversarial_window=8,
        adversarial_holes=True,
        adversarial_paired=True,
        adversarial_patches="hole",
        perceptual=0.0,
    )
    shares = np.full(len(CELEBAMASK_HQ), 0.1)
    objective = build_objective(loss, CELEBAMASK_HQ, shares, torch.device("cpu"))
    batch, drawn = face(), torch.zeros(1, 3, 32, 32)
    for seed in range(20):
        fakes, reals = objective.exhibits(batch, drawn, torch.Generator().manual_seed(seed))
        # The hidden eye and a window that sees the hole, none of the eye that is seen.
        assert len(fakes) == len(reals) == 2
        assert torch.equal(fakes.hole, reals.hole)
        assert torch.equal(fakes.label, reals.label)
        assert (fakes.hole.sum(dim=(1, 2, 3)) > 0).all()
        assert torch.equal(fakes.image, torch.where(fakes.hole > 0, 0.0, reals.image))
        assert torch.equal(reals.image[0], batch.image[0, :, 12:20, 4:12])


def test_patches_of_photos_count_as_those_of_fakes_do() -> None:
    loss = LossConfig(
        adversarial=1.0, adversarial_holes=True, adversarial_paired=True, adversarial_patches="hole"
    )
    shares = np.full(len(CELEBAMASK_HQ), 0.1)
    for paired, expected in ((True, 3.0), (False, 1.5)):
        weights = loss.model_copy(update={"perceptual": 0.0, "adversarial_paired": paired})
        objective = build_objective(weights, CELEBAMASK_HQ, shares, torch.device("cpu"))
        batch = face()
        shown = Shown(batch.image, batch.label, batch.hole)
        # Certain of the known half, wrong about the hidden one.
        logits = torch.ones(1, 1, 2, 2)
        logits[..., 0] = -2.0
        judged = Judgement((logits,), ())
        terms = objective.discriminator_terms((shown, shown), judged, judged, None)
        assert terms["discriminator_real"] == expected
        assert terms["discriminator_fake"] == 0
        assert terms["discriminator_accuracy"] == (0.5 if paired else 0.75)


def test_reflected_pixels_do_not_depend_on_the_hole() -> None:
    batch = face()
    other = torch.where(batch.hole > 0, torch.rand_like(batch.image), batch.image)
    twins = torch.tensor(CELEBAMASK_HQ.twins)
    told, same = (reflected(image, batch.hole, batch.label, twins) for image in (batch.image, other))
    assert torch.equal(told, same)
