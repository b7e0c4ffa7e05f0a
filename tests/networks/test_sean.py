"""The paper's network at toy width: its parts against their slow forms, noise, sizes, gradients."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inlay.batch import Batch
from inlay.config import SeanModelConfig
from inlay.labels import CELEBAMASK_HQ
from inlay.model import InpaintingModel, build_model
from inlay.networks.generator import SeanGenerator
from inlay.networks.normalization import LayoutNormalization, SeanNormalization
from inlay.networks.patterns import find_patterns
from inlay.networks.regions import AllPooling, KnownPooling, nearest_known, one_hot
from inlay.networks.spectral import SpectralConv2d
from inlay.networks.style_encoder import MaskedStyleEncoder, SeanStyleEncoder

NARROW = {"width": 2, "layout_width": 4, "style_width": 2, "style_dim": 6}


def narrow_model(**changes: object) -> InpaintingModel:
    """The paper's model, narrow, with no weight near zero: its own start is small."""
    model = build_model(SeanModelConfig.model_validate(NARROW | changes), CELEBAMASK_HQ)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in model.parameters():
            value += 0.2 * torch.randn(value.shape, generator=generator)
    return model


def make_batch(size: tuple[int, int] = (32, 64), count: int = 2) -> Batch:
    """Pictures with a layout of 8 x 8 blocks and a rectangular hole."""
    blocks = torch.randint(0, 19, (count, size[0] // 8, size[1] // 8))
    hole = torch.zeros(count, 1, *size)
    hole[..., 4:20, 8:24] = 1
    label = blocks.repeat_interleave(8, dim=1).repeat_interleave(8, dim=2)
    return Batch(torch.rand(count, 3, *size) * 2 - 1, label, hole)


def spread(norm: SeanNormalization, onehot: Tensor, style: Tensor) -> Tensor:
    """SEAN's style map: each code through its class's layer, written over the class's region."""
    found = torch.zeros(len(onehot), style.shape[2], *onehot.shape[2:])
    for b in range(len(onehot)):
        for c in range(onehot.shape[1]):
            mu = F.relu(norm.code_weight[c] @ style[b, c] + norm.code_bias[c])
            found[b] += onehot[b, c] * mu[:, None, None]
    return found


def test_sean_normalization_equals_convolving_the_spread_styles() -> None:
    norm = SeanNormalization(3, classes=5, hidden=4, style_dim=6).eval()
    with torch.no_grad():
        for value in norm.parameters():
            nn.init.normal_(value)
        norm.norm.running_mean.normal_()  # type: ignore[union-attr]
        norm.norm.running_var.uniform_(1, 2)  # type: ignore[union-attr]
    x, style = torch.randn(2, 3, 6, 7), torch.randn(2, 5, 6)
    label = torch.randint(0, 5, (2, 6, 7))
    onehot, patterns = one_hot(label, 5), find_patterns(label, 5)
    kernel = norm.style_weight.view(6, 3, 3, 6).permute(0, 3, 1, 2)
    by_style = F.conv2d(spread(norm, onehot, style), kernel, norm.style_bias, padding=1)
    by_layout = norm.layout_out(F.relu(norm.layout_hidden(onehot)))
    share_scale, share_shift = torch.sigmoid(norm.blend)
    scale = share_scale * by_style[:, :3] + (1 - share_scale) * by_layout[:, :3]
    shift = share_shift * by_style[:, 3:] + (1 - share_shift) * by_layout[:, 3:]
    expected = norm.norm(x) * (1 + scale) + shift
    found = norm(x, norm.layout_rows(patterns), patterns, style, None)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_layout_normalization_knows_no_style() -> None:
    norm = LayoutNormalization(3, classes=5, hidden=4).eval()
    label = torch.randint(0, 5, (2, 6, 7))
    patterns, x, style = find_patterns(label, 5), torch.randn(2, 3, 6, 7), torch.randn(2, 5, 6)
    scale, shift = norm.layout_out(F.relu(norm.layout_hidden(one_hot(label, 5)))).chunk(2, dim=1)
    rows = norm.layout_rows(patterns)
    found = norm(x, rows, patterns, style, None)
    torch.testing.assert_close(found, norm.norm(x) * (1 + scale) + shift)
    assert torch.equal(found, norm(x, rows, patterns, style + 1, None))


def test_all_pooling_and_known_pooling_without_a_hole_are_one() -> None:
    batch = make_batch()
    whole = torch.zeros_like(batch.hole)
    features = torch.randn(2, 6, 16, 32)
    every = AllPooling(dim=6, classes=19)
    known = KnownPooling(dim=6, twins=tuple(range(19)), cells=nearest_known)
    torch.testing.assert_close(every(features, whole, batch.label), known(features, whole, batch.label))
    assert torch.equal(every(features, whole, batch.label), every(features, batch.hole, batch.label))
    absent = [c for c in range(19) if c not in batch.label[0]]
    assert (every(features, whole, batch.label)[0, absent] == 0).all()
    every.fallback += 3
    assert (every(features, whole, batch.label)[0, absent] == 3).all()


def test_known_pooling_takes_no_cell_that_the_hole_touches() -> None:
    label = torch.zeros(1, 8, 8, dtype=torch.int64)
    hole = torch.zeros(1, 1, 8, 8)
    hole[..., 1, :] = 1
    features = torch.zeros(1, 2, 4, 4)
    features[..., 0, :] = 9
    pooling = KnownPooling(dim=2, twins=(0, 1), cells=nearest_known)
    assert (pooling(features, hole, label)[0, 0] == 0).all()


@pytest.mark.parametrize("attention", ["none", "self", "masked", "contextual"])
@pytest.mark.parametrize("pooling", ["all", "known"])
@pytest.mark.parametrize("known_channel", [True, False])
def test_shapes(attention: str, pooling: str, known_channel: bool) -> None:
    batch = make_batch()
    model = narrow_model(attention=attention, pooling=pooling, known_channel=known_channel)
    output = model(batch)
    assert output.image.shape == batch.image.shape
    assert output.image.abs().max() <= 1
    assert output.style.shape == (2, 19, 6)
    assert (output.attention is None) == (attention == "none")
    assert type(model.style_encoder) is (MaskedStyleEncoder if known_channel else SeanStyleEncoder)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96)])
def test_any_size_that_is_a_multiple_of_32(height: int, width: int) -> None:
    batch = make_batch((height, width))
    assert narrow_model()(batch).image.shape == (2, 3, height, width)


def test_other_sizes_are_named() -> None:
    generator = SeanGenerator(classes=3, width=1, style_dim=2, layout_width=2)
    with pytest.raises(ValueError, match="multiples of 32, got 32 x 48"):
        generator(torch.zeros(1, 3, 2), torch.zeros(1, 32, 48, dtype=torch.int64))


def test_hole_pixels_may_hold_anything() -> None:
    batch, model = make_batch(), narrow_model().eval()
    other = Batch(torch.where(batch.hole > 0, 7.0, batch.image), batch.label, batch.hole)
    assert torch.equal(model(batch).image, model(other).image)


def test_noise_is_off_fixed_or_fresh() -> None:
    batch, model = make_batch(), narrow_model().eval()
    plain = model(batch).image
    assert torch.equal(plain, model(batch).image)
    noise = torch.Generator().manual_seed(3)
    first, fresh = model(batch, noise).image, model(batch, noise).image
    fixed = model(batch, torch.Generator().manual_seed(3)).image
    assert torch.equal(first, fixed)
    assert not torch.equal(first, fresh)
    assert not torch.equal(first, plain)


def test_a_prepared_layout_gives_the_same_picture_for_any_style() -> None:
    batch, model = make_batch(), narrow_model().eval()
    encoding, prepared = model.encode(batch), model.prepare(batch.label)
    assert torch.equal(model.decode(encoding, batch.label, prepared=prepared), model(batch).image)


def test_pictures_of_a_batch_do_not_touch_each_other() -> None:
    batch, model = make_batch(count=3), narrow_model().eval()
    alone = Batch(batch.image[1:2], batch.label[1:2], batch.hole[1:2])
    torch.testing.assert_close(model(batch).image[1:2], model(alone).image, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("attention", ["none", "contextual"])
@pytest.mark.parametrize("pooling", ["all", "known"])
def test_each_parameter_gets_a_gradient(attention: str, pooling: str) -> None:
    batch = make_batch()
    # One class wholly hidden: its code is the learned fallback.
    batch.label[0, 4:20, 8:24] = 18
    batch.label[0][batch.hole[0, 0] == 0] %= 18
    model = narrow_model(attention=attention, pooling=pooling)
    output = model(batch, torch.Generator().manual_seed(0))
    output.image.square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize("hidden", [0.0, 1.0], ids=["no hole", "all hole"])
def test_no_hole_and_all_hole_are_finite(hidden: float) -> None:
    batch, model = make_batch(), narrow_model(attention="masked")
    batch = Batch(batch.image, batch.label, torch.full_like(batch.hole, hidden))
    output = model(batch, torch.Generator().manual_seed(0))
    output.image.square().sum().backward()
    assert output.image.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


def test_batch_norm_can_be_synchronised() -> None:
    model = narrow_model().eval()
    batch = make_batch()
    expected = model(batch).image
    count = sum(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    synchronised = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert sum(isinstance(m, nn.SyncBatchNorm) for m in synchronised.modules()) == count > 0
    assert torch.equal(synchronised(batch).image, expected)


def test_spectral_norm_finds_the_largest_singular_value_and_keeps_it_in_eval() -> None:
    conv = SpectralConv2d(3, 5, 3, padding=1)
    for _ in range(200):
        weight = conv.normalized_weight()
    torch.testing.assert_close(torch.linalg.matrix_norm(weight.flatten(1), ord=2), torch.tensor(1.0))
    conv.eval()
    before = {name: value.clone() for name, value in conv.state_dict().items()}
    x = torch.randn(2, 3, 4, 4)
    sigma = torch.linalg.matrix_norm(conv.weight.flatten(1), ord=2)
    torch.testing.assert_close(conv(x), F.conv2d(x, conv.weight / sigma, conv.bias, padding=1))
    for name, value in conv.state_dict().items():
        assert torch.equal(value, before[name])


def test_spectral_norm_under_autocast_is_as_exact() -> None:
    conv = SpectralConv2d(3, 5, 3).eval()
    exact = conv.normalized_weight()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(conv.normalized_weight(), exact)


def test_spectral_norms_gradient_goes_through_the_norm() -> None:
    conv = SpectralConv2d(2, 3, 1).double().eval()
    left, right = conv.left, conv.right

    def papers(weight: Tensor) -> Tensor:
        return weight / (left @ weight.flatten(1) @ right)

    upstream = torch.randn(3, 2, 1, 1, dtype=torch.float64)
    (found,) = torch.autograd.grad((conv.normalized_weight() * upstream).sum(), conv.weight)
    weight = conv.weight.detach().requires_grad_()
    (expected,) = torch.autograd.grad((papers(weight) * upstream).sum(), weight)
    torch.testing.assert_close(found, expected)
