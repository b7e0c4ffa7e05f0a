"""The compact network and the layout predictor, as `build_model` builds them, at toy width."""

from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
from torch import nn

from inlay.batch import Batch
from inlay.config import CompactModelConfig, Config, LayoutConfig
from inlay.labels import CELEBAMASK_HQ
from inlay.model import ADDITIONS, InpaintingModel, build_layout_predictor, build_model
from inlay.networks.context_encoder import Context
from inlay.networks.generator import DetailHead
from inlay.networks.layout import TEMPERATURE, LayoutPredictor, most_likely
from inlay.networks.regions import area_one_hot

Network = TypeVar("Network", bound=nn.Module)

PLAIN = {"style_width": 8, "attention_channels": 16, "style_dim": 8, "channels": (8, 16, 16, 8)}
NARROW = PLAIN | {"depth": (1, 0, 2, 1), "detail_channels": 8, "reflection": True}


def narrow_model(**changes: object) -> InpaintingModel:
    """The compact model, narrow."""
    return stirred(build_model(CompactModelConfig.model_validate(NARROW | changes), CELEBAMASK_HQ))


def narrow_layout() -> LayoutPredictor:
    """The layout predictor, narrow."""
    return stirred(build_layout_predictor(Config(layout=LayoutConfig(width=8)), CELEBAMASK_HQ))


def stirred(network: Network) -> Network:
    """The network with no weight at zero: residual branches and attention start there, and hide the rest."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in network.parameters():
            value += 0.05 * torch.randn(value.shape, generator=generator)
    return network


def make_batch(
    hole: Callable[[torch.Tensor], torch.Tensor] | None = None, size: tuple[int, int] = (32, 64)
) -> Batch:
    """Two pictures with a layout of 8 x 8 blocks and a rectangular hole, or the given one."""
    generator = torch.Generator().manual_seed(0)
    blocks = torch.randint(0, 19, (2, size[0] // 8, size[1] // 8), generator=generator)
    label = blocks.repeat_interleave(8, dim=1).repeat_interleave(8, dim=2)
    holes = torch.zeros(2, 1, *size)
    if hole is None:
        holes[..., 4:20, 8:24] = 1
    else:
        holes = hole(holes)
    return Batch(torch.rand(2, 3, *size, generator=generator) * 2 - 1, label, holes)


@pytest.mark.parametrize("attention", ["none", "self", "masked", "contextual"])
@pytest.mark.parametrize("context", [True, False])
def test_shapes(attention: str, context: bool) -> None:
    batch = make_batch()
    output = narrow_model(attention=attention, context=context)(batch)
    assert output.image.shape == batch.image.shape
    assert output.style.shape == (2, 19, 8)
    assert torch.isfinite(output.image).all()
    if attention == "none":
        assert output.attention is None
    else:
        assert output.attention is not None
        assert output.attention.output.shape == (2, 16, 8, 16)


def test_features_enlarged_smoothly_are_repeated_and_smoothed() -> None:
    """Each level's features, repeated, and then the mean of neighbours by halves, along rows and columns."""
    batch = make_batch()
    smooth, plain = narrow_model(upsampling="bilinear"), narrow_model()
    plain.load_state_dict(smooth.state_dict())
    expected, encoding = smooth(batch).image, plain.encode(batch)
    assert not torch.allclose(expected, plain.decode(encoding, batch.label))

    def slow(x: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        for axis, length in ((2, size[0]), (3, size[1])):
            x = x.repeat_interleave(length // x.shape[axis], dim=axis)
            at = torch.arange(length)
            before, after = (at - 1).clamp(min=0), (at + 1).clamp(max=length - 1)
            x = (x.index_select(axis, before) + 2 * x + x.index_select(axis, after)) / 4
        return x

    plain.generator.upsample = slow
    assert torch.allclose(plain.decode(encoding, batch.label), expected, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (48, 16), (32, 80)])
def test_any_size_that_is_a_multiple_of_16(height: int, width: int) -> None:
    batch = make_batch(size=(height, width))
    assert narrow_model()(batch).image.shape == (2, 3, height, width)


@pytest.mark.parametrize("hole", [torch.zeros_like, torch.ones_like], ids=["no hole", "all hole"])
def test_no_hole_and_all_hole_are_finite_with_their_gradients(
    hole: Callable[[torch.Tensor], torch.Tensor],
) -> None:
    batch, model, layout = make_batch(hole), narrow_model(), narrow_layout()
    output, logits = model(batch), layout(batch.image, batch.hole)
    assert torch.isfinite(output.image).all()
    assert torch.isfinite(output.style).all()
    assert torch.isfinite(logits).all()
    assert output.attention is not None
    assert torch.isfinite(output.attention.mass).all()
    (output.image.square().mean() + output.attention.mass.mean() + logits.square().mean()).backward()
    for network in (model, layout):
        for name, value in network.named_parameters():
            assert value.grad is None or torch.isfinite(value.grad).all(), name


def test_each_parameter_of_the_model_gets_a_gradient() -> None:
    model = narrow_model()
    batch = make_batch()
    model(batch).image.square().mean().backward()
    missing = [name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    assert not missing


def test_each_parameter_of_the_layout_predictor_gets_a_gradient() -> None:
    layout, batch = narrow_layout(), make_batch()
    layout(batch.image, batch.hole).square().mean().backward()
    missing = [
        name for name, value in layout.named_parameters() if value.grad is None or not value.grad.any()
    ]
    assert not missing


def test_what_lies_in_the_hole_changes_nothing() -> None:
    batch, model, layout = make_batch(), narrow_model(), narrow_layout()
    other = Batch(
        torch.where(batch.hole > 0, torch.full_like(batch.image, 0.7), batch.image), batch.label, batch.hole
    )
    assert torch.equal(model(batch).image, model(other).image)
    assert torch.equal(layout(batch.image, batch.hole), layout(other.image, other.hole))


def test_pictures_of_a_batch_do_not_meet() -> None:
    """Also where their holes differ, so that attention gathers different numbers of tokens."""

    def uneven(hole: torch.Tensor) -> torch.Tensor:
        hole[0, :, :12, :12] = 1
        hole[1, :, 5:9, 30:60] = 1
        return hole

    batch, model = make_batch(uneven), narrow_model().eval()
    together = model(batch).image
    for n in range(2):
        alone = Batch(batch.image[n : n + 1], batch.label[n : n + 1], batch.hole[n : n + 1])
        assert torch.allclose(model(alone).image, together[n : n + 1], atol=1e-5)


def test_encode_once_decode_under_another_layout() -> None:
    batch, model = make_batch(), narrow_model()
    encoding = model.encode(batch)
    assert torch.equal(model.decode(encoding, batch.label), model(batch).image)
    other = torch.full_like(batch.label, 13)
    assert not torch.equal(model.decode(encoding, other), model(batch).image)
    assert torch.equal(
        model.decode(encoding, other, prepared=model.prepare(other)), model.decode(encoding, other)
    )


def test_compose_keeps_known_pixels_and_clips_the_fill() -> None:
    batch, model = make_batch(), narrow_model()
    output = model(batch)
    composite = model.compose(batch, output)
    hole = (batch.hole > 0).expand_as(composite)
    assert torch.equal(composite[~hole], batch.image[~hole])
    assert torch.equal(composite[hole], output.image.clamp(-1, 1)[hole])


def test_a_new_network_starts_at_the_smooth_fill() -> None:
    """With a context the output is added to the smooth fill, and starts close to it."""
    model = build_model(CompactModelConfig.model_validate(NARROW), CELEBAMASK_HQ)
    batch = make_batch(torch.zeros_like)
    assert (model(batch).image - batch.image).abs().mean() < 0.2


def test_added_blocks_change_nothing_at_first() -> None:
    """So that a network may get them after it was trained."""
    plain, deeper = (
        build_model(CompactModelConfig.model_validate(c), CELEBAMASK_HQ) for c in (PLAIN, NARROW)
    )
    stirred(plain).eval()
    missing, unknown = deeper.eval().load_state_dict(plain.state_dict(), strict=False)
    assert missing
    assert all(key.startswith(ADDITIONS) for key in missing)
    assert not unknown
    batch = make_batch()
    torch.testing.assert_close(deeper(batch).image, plain(batch).image)


def test_the_detail_head_sees_the_rim_of_the_hole() -> None:
    """A hole pixel's detail depends on the known pixel beside it, and on none that is far away."""
    torch.manual_seed(1)
    head, hole = stirred(DetailHead(4, 8)), torch.zeros(1, 1, 32, 32)
    hole[..., 16:] = 1
    base = torch.rand(1, 3, 32, 32, requires_grad=True)
    x, draft = torch.rand(1, 4, 16, 16), torch.rand(1, 3, 32, 32)
    head(x, draft, Context((), base, hole))[0, :, 10, 17].sum().backward()
    assert base.grad is not None
    seen = base.grad.abs().sum(dim=(0, 1)) > 0
    assert seen[10, 15]
    assert not seen[:, 16:].any()
    assert not seen[:, :10].any()


def test_without_context_the_picture_comes_from_styles_and_layout_alone() -> None:
    batch, model = make_batch(), narrow_model(context=False)
    encoding = model.encode(batch)
    assert encoding.context is None
    assert model.context_encoder is None
    assert model.decode(encoding, batch.label).shape == batch.image.shape


def test_layout_predictor_shapes_and_ids() -> None:
    layout, batch = narrow_layout(), make_batch()
    logits = layout(batch.image, batch.hole)
    assert logits.shape == (2, 19, 16, 32)
    label = layout.predict(batch.image, batch.hole)
    assert label.shape == batch.label.shape
    assert label.dtype == torch.int64
    assert torch.equal(label, most_likely(logits.log_softmax(dim=1)))


def test_a_completed_batch_bears_the_prediction_and_how_sure_it_is() -> None:
    layout, batch = narrow_layout(), make_batch()
    completed = layout.complete(batch)
    assert completed.belief is not None
    assert torch.equal(completed.label, layout.predict(batch.image, batch.hole))
    told = layout(batch.image, batch.hole).softmax(dim=1) ** (1 / TEMPERATURE)
    assert torch.allclose(completed.belief, told / told.sum(dim=1, keepdim=True))
    assert completed.image is batch.image


def test_a_certain_belief_is_the_layout_itself() -> None:
    batch, model = make_batch(), narrow_model()
    h, w = batch.label.shape[1:]
    certain = area_one_hot(batch.label, 19, (h // 2, w // 2))
    unsure = torch.full_like(certain, 1 / 19)
    with torch.no_grad():
        plain = model(batch).image
        assert torch.equal(model(batch.with_label(batch.label, certain)).image, plain)
        assert not torch.equal(model(batch.with_label(batch.label, unsure)).image, plain)


def test_dropout_is_for_training_alone_and_has_no_weights() -> None:
    plain, batch = narrow_layout(), make_batch()
    dropping = LayoutPredictor(classes=19, width=8, dropout=0.5)
    dropping.load_state_dict(plain.state_dict())
    told = plain(batch.image, batch.hole)
    assert not torch.equal(dropping(batch.image, batch.hole), told)
    assert torch.equal(dropping.eval()(batch.image, batch.hole), told)
