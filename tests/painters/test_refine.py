"""Style optimisation at test time."""

from dataclasses import replace

import pytest
import torch

from inlay.batch import Batch
from inlay.config import parse_config
from inlay.labels import CELEBAMASK_HQ
from inlay.model import InpaintingModel, build_model
from inlay.painters.refine import CarefulRefinement, PaperRefinement
from inlay.painters.vgg_term import load_vgg_term

CLASSES = 3
COMPACT = {"style_width": 8, "attention_channels": 8, "style_dim": 4, "channels": [8, 8, 8, 8]}


@pytest.fixture(params=[True, False], ids=["context", "styles alone"])
def model(request: pytest.FixtureRequest) -> InpaintingModel:
    settings = {"model": COMPACT | {"context": request.param}}
    built = build_model(parse_config(settings, "tests").model, CELEBAMASK_HQ)
    for name, parameter in built.named_parameters():
        # Before training the modulated blocks end in zeros, so that the style codes have no say.
        if name.endswith(("generator.head.1.weight", ".style.weight", ".conv_1.weight")):
            torch.nn.init.normal_(parameter, std=0.3)
    return built.eval().requires_grad_(False)


@pytest.fixture
def batch() -> Batch:
    hole = torch.zeros(2, 1, 32, 32)
    hole[:, :, 8:20, 10:22] = 1
    label = torch.randint(0, CLASSES, (2, 4, 4)).repeat_interleave(8, 1).repeat_interleave(8, 2)
    return Batch(torch.rand(2, 3, 32, 32) * 2 - 1, label, hole)


def error_on(batch: Batch, image: torch.Tensor, region: torch.Tensor) -> torch.Tensor:
    return ((image - batch.image).abs() * region).sum(dim=(1, 2, 3)) / (3 * region.sum(dim=(1, 2, 3)))


def test_no_steps_is_the_plain_pass(model: InpaintingModel, batch: Batch) -> None:
    plain = model(batch)
    for refinement in (PaperRefinement(steps=0), CarefulRefinement(steps=0)):
        refined = refinement(model, batch)
        torch.testing.assert_close(refined.output.image, plain.image)
        torch.testing.assert_close(refined.output.style, plain.style)


def test_paper_lowers_the_known_error(model: InpaintingModel, batch: Batch) -> None:
    refined = PaperRefinement(steps=8, learning_rate=0.03)(model, batch)
    assert refined.fit.shape == (2, 9)
    assert (refined.fit[:, -1] < refined.fit[:, 0]).all()
    before, after = (
        error_on(batch, image, batch.known) for image in (model(batch).image, refined.output.image)
    )
    assert (after < before).all()
    torch.testing.assert_close(refined.fit[:, -1], 5e-3 * after)


def test_careful_is_never_worse_on_the_check_pixels(model: InpaintingModel, batch: Batch) -> None:
    careful = CarefulRefinement(steps=6, learning_rate=0.3)
    refined = careful(model, batch)
    check = batch.known * careful.check_blocks(batch)
    before, after = (error_on(batch, image, check) for image in (model(batch).image, refined.output.image))
    assert (after <= before + 1e-7).all()
    torch.testing.assert_close(after, refined.check.min(dim=1).values)
    torch.testing.assert_close(refined.check.argmin(dim=1), refined.best)
    torch.testing.assert_close(refined.check[:, 0], before)


def test_careful_keeps_the_plain_pass_where_each_step_is_worse(model: InpaintingModel, batch: Batch) -> None:
    """A photo that the plain pass already draws cannot be drawn better."""
    with torch.no_grad():
        perfect = replace(batch, image=batch.image)
        for _ in range(30):
            perfect = replace(perfect, image=torch.where(batch.hole > 0, perfect.image, model(perfect).image))
    refined = CarefulRefinement(steps=2, learning_rate=5.0, pull=0.0)(model, perfect)
    worse = (refined.check[:, 1:] >= refined.check[:, :1]).all(dim=1)
    assert (refined.best[worse] == 0).all()
    torch.testing.assert_close(refined.output.image[worse], model(perfect).image[worse])


def test_careful_moves_only_classes_that_are_there(model: InpaintingModel, batch: Batch) -> None:
    refined = CarefulRefinement(steps=3, learning_rate=0.1)(model, batch)
    moved = (refined.output.style - model(batch).style).abs().sum(dim=-1)
    assert (moved[:, CLASSES:] == 0).all()


def test_pictures_do_not_influence_each_other(model: InpaintingModel, batch: Batch) -> None:
    one = Batch(batch.image[:1], batch.label[:1], batch.hole[:1])
    for refinement in (PaperRefinement(steps=3), CarefulRefinement(steps=3)):
        alone, among = refinement(model, one).output.image, refinement(model, batch).output.image[:1]
        torch.testing.assert_close(alone, among, atol=2e-3, rtol=0)


def test_the_model_keeps_its_weights(model: InpaintingModel, batch: Batch) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    CarefulRefinement(steps=2)(model, batch)
    PaperRefinement(steps=2)(model, batch)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(p.grad is None for p in model.parameters())


def test_the_perceptual_term_sees_known_pixels_only(model: InpaintingModel, batch: Batch) -> None:
    seen: list[torch.Tensor] = []

    def term(image: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        seen.extend((image, target))
        return (image - target).square().mean()

    PaperRefinement(steps=2, perceptual=term)(model, batch)
    assert len(seen) == 6
    assert all((x * batch.hole == 0).all() for x in seen)


def test_vgg_term_from_the_small_networks(shared, batch: Batch) -> None:
    term = load_vgg_term(shared / "weights")
    image = batch.image.clone().requires_grad_()
    assert term(image, batch.image).item() == 0
    value = term(image, batch.image.flip(-1))
    value.backward()
    assert value > 0
    assert image.grad is not None
    assert image.grad.abs().sum() > 0


def test_a_course_holds_the_answer_after_each_number_of_steps(model: InpaintingModel, batch: Batch) -> None:
    for long, short in (
        (PaperRefinement(steps=4, learning_rate=0.03), PaperRefinement(steps=2, learning_rate=0.03)),
        (CarefulRefinement(steps=4, learning_rate=0.1), CarefulRefinement(steps=2, learning_rate=0.1)),
    ):
        answers = list(long.course(model, batch))
        assert [answer.fit.shape[1] for answer in answers] == [1, 2, 3, 4, 5]
        torch.testing.assert_close(answers[2].output.image, short(model, batch).output.image)
        torch.testing.assert_close(answers[2].output.style, short(model, batch).output.style)
        assert torch.equal(answers[2].best, short(model, batch).best)


def test_a_picture_whose_known_pixels_are_copied_keeps_its_plain_pass(
    model: InpaintingModel, batch: Batch
) -> None:
    told = list[int]()
    plain = model(batch).image
    refined = CarefulRefinement(steps=3, close=10.0, watch=told.append)(model, batch)
    torch.testing.assert_close(refined.output.image, plain)
    assert (refined.best == 0).all()
    assert refined.check.shape == (2, 4)
    assert told == [0, 1, 2, 3]
    errors = CarefulRefinement(steps=0)(model, batch).check[:, 0]
    between = CarefulRefinement(steps=6, learning_rate=0.3, close=float(errors.mean()))(model, batch)
    settled = errors < errors.mean()
    assert settled.any()
    assert not settled.all()
    torch.testing.assert_close(between.output.image[settled], plain[settled])
    assert (between.best[~settled] > 0).all()
