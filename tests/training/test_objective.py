"""What the discriminator is shown of a batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inlay.batch import Batch, Output
from inlay.config import AdversarialLossConfig, LossConfig, load_config
from inlay.labels import CELEBAMASK_HQ
from inlay.losses.windows import windows_on_hole
from inlay.networks.discriminator import Judgement, MultiScaleDiscriminator
from inlay.networks.reflection import reflected
from inlay.training.memory import Shown
from inlay.training.objective import Objective, build_objective

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


def objective_of(**adversarial: Any) -> Objective:
    """An objective with an adversarial loss."""
    loss = LossConfig(adversarial=AdversarialLossConfig(weight=1.0, **adversarial))
    return build_objective(loss, CELEBAMASK_HQ, np.full(len(CELEBAMASK_HQ), 0.1), torch.device("cpu"))


def test_a_hidden_eye_is_shown_beside_the_visible_one() -> None:
    objective = objective_of(parts=["eye"], window=8, twins=True)
    batch, drawn = face(), torch.zeros(1, 3, 32, 32)
    fakes, reals = objective.exhibits(batch, drawn, RANDOM)
    assert fakes.image.shape == (1, 8, 8, 8)
    assert reals.image.shape == (2, 8, 8, 8)
    # The hidden eye's window is drawn; beside it lies the visible eye, its columns in reverse.
    assert torch.equal(fakes.image[0, :3], drawn[0, :, 12:20, 4:12])
    seen = batch.image[0, :, 12:20, 20:28].flip(2)
    torch.testing.assert_close(fakes.image[0, 3:6], seen, atol=1e-4, rtol=0)
    assert (fakes.image[0, 6:] > 0.999).all()
    # Of a photo both eyes are shown, the one whose twin is hidden beside nothing.
    assert torch.equal(reals.image[0, :3], batch.image[0, :, 12:20, 4:12])
    torch.testing.assert_close(reals.image[0, 3:6], seen, atol=1e-4, rtol=0)
    torch.testing.assert_close(reals.image[1, 3:], torch.zeros(5, 8, 8), atol=1e-4, rtol=0)


def test_what_lies_beside_teaches_the_generator_nothing() -> None:
    batch, drawn = face(), torch.zeros(1, 3, 32, 32, requires_grad=True)
    objective = objective_of(parts=["eye"], window=8, twins=True)
    fakes, _ = objective.exhibits(batch, drawn, RANDOM)
    (gradient,) = torch.autograd.grad(fakes.image.sum(), drawn)
    expected = torch.zeros(1, 3, 32, 32)
    expected[..., 12:20, 4:12] = 1.0
    assert torch.equal(gradient, expected)


def test_windows_of_holes_and_photos_at_the_same_places() -> None:
    objective = objective_of(parts=["eye"], window=8, holes=True, paired=True, patches="hole")
    batch, drawn = face(), torch.zeros(1, 3, 32, 32)
    for seed in range(20):
        fakes, reals = objective.exhibits(batch, drawn, torch.Generator().manual_seed(seed))
        # The hidden eye and a window that sees the hole, none of the eye that is visible.
        assert len(fakes) == len(reals) == 2
        assert torch.equal(fakes.hole, reals.hole)
        assert torch.equal(fakes.label, reals.label)
        assert (fakes.hole.sum(dim=(1, 2, 3)) > 0).all()
        assert torch.equal(fakes.image, torch.where(fakes.hole > 0, 0.0, reals.image))
        assert torch.equal(reals.image[0], batch.image[0, :, 12:20, 4:12])


def test_windows_are_drawn_once_a_step() -> None:
    """Fakes and the photos beside them are cut with the same draw, also where features are matched."""
    batch = face()
    for settings in ({"paired": True}, {"feature_matching": 1.0}):
        objective = objective_of(window=8, holes=True, **settings)
        random, once = (torch.Generator().manual_seed(3) for _ in range(2))
        if "paired" in settings:
            objective.exhibits(batch, batch.image, random)
        else:
            judge = MultiScaleDiscriminator(classes=19, channels=3, width=4, layers=2, scales=1, gain=1.0)
            terms = objective.deceiving_terms(judge, batch, batch.image, random)
            assert terms["feature_matching"] < 1e-3, "the fakes are the photos"
        windows_on_hole(batch.hole, 8, once)
        assert torch.equal(random.get_state(), once.get_state())


def test_patches_of_photos_count_as_those_of_fakes_do() -> None:
    for paired, expected in ((True, 3.0), (False, 1.5)):
        objective = objective_of(holes=True, paired=paired, patches="hole")
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


@pytest.mark.parametrize("preset", ["paper", "released", "release-128"])
def test_every_preset_teaches_inside_the_hole(preset: str, root: Path) -> None:
    """The objective depends on the output picture inside the hole, and fakes look like photos if perfect."""
    # Perceptual losses need weights that are not in the repository; they are not to be the only teachers.
    config = load_config(root / "configs" / f"{preset}.toml", ["loss.perceptual.weight=0"])
    shares = np.full(len(CELEBAMASK_HQ), 0.1)
    objective = build_objective(config.loss, CELEBAMASK_HQ, shares, torch.device("cpu"))
    batch = face()
    drawn = torch.zeros_like(batch.image).requires_grad_()
    output = Output(drawn, torch.zeros(1, len(CELEBAMASK_HQ), 4), None)
    terms = objective.generator_terms(batch, output, None, RANDOM)
    if config.loss.adversarial.weight:
        judge = MultiScaleDiscriminator(classes=19, channels=3, width=4, layers=2, scales=1, gain=1.0)
        terms |= objective.deceiving_terms(judge, batch, drawn, RANDOM)
        fakes, reals = objective.exhibits(batch, batch.image, RANDOM)
        assert torch.equal(fakes.image, reals.image)
        assert torch.equal(fakes.label, reals.label)
    (gradient,) = torch.autograd.grad(objective.generator_total(terms), drawn)
    assert (gradient * batch.hole).abs().sum() > 0


def test_reflected_pixels_do_not_depend_on_the_hole() -> None:
    batch = face()
    other = torch.where(batch.hole > 0, torch.rand_like(batch.image), batch.image)
    twins = torch.tensor(CELEBAMASK_HQ.twins)
    told, same = (reflected(image, batch.hole, batch.label, twins) for image in (batch.image, other))
    assert torch.equal(told, same)
