"""The paper's network, slowly and plainly, straight from a checkpoint's tensors by their published names.

Written from SEAN (Zhu et al. 2020), SPADE (Park et al. 2019) and the paper: styles are spread over a map of
`style_dim` channels, regions are visited one by one, attention is the whole N x N map.
"""

import zlib

import torch
import torch.nn.functional as F
from torch import Tensor

from reference.attention import attention_map

__all__ = ["checkpoint_shapes", "generate", "made_up_state", "style_codes"]

State = dict[str, Tensor]
BLOCKS = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3")


def checkpoint_shapes(
    *, width: int, style_dim: int, classes: int, encoder: int, hidden: int, authors: bool
) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a generator checkpoint: the authors' (known channel, attention) or SEAN's."""
    e, d = encoder, style_dim
    shapes: dict[str, tuple[int, ...]] = {}

    def layer(name: str, *weight: int, bias: int | None = None) -> None:
        shapes[f"{name}.weight"] = weight
        shapes[f"{name}.bias"] = (weight[0] if bias is None else bias,)

    if authors:
        shapes["Zencoder.attention.gamma"] = (1,)
        layer("Zencoder.attention.query_conv", e, 8 * e, 1, 1)
        layer("Zencoder.attention.key_conv", e, 8 * e, 1, 1)
        layer("Zencoder.attention.value_conv", 8 * e, 8 * e, 1, 1)
    layer("Zencoder.model.1", e, 4 if authors else 3, 3, 3)
    layer("Zencoder.model.4", 2 * e, e, 3, 3)
    layer("Zencoder.model.7", 4 * e, 2 * e, 3, 3)
    layer("Zencoder.model.10", 4 * e, 8 * e, 3, 3, bias=8 * e)
    layer("Zencoder.model_last.1" if authors else "Zencoder.model.14", d, 8 * e, 3, 3)
    layer("fc", 16 * width, classes, 3, 3)
    widths = [16, 16, 16, 16, 8, 4, 2, 1]
    for block, inputs, outputs in zip(BLOCKS, widths[:-1], widths[1:], strict=True):
        inputs, outputs = inputs * width, outputs * width
        convolutions = [("0", inputs, outputs, 3), ("1", outputs, outputs, 3)]
        if inputs != outputs:
            convolutions.append(("s", inputs, outputs, 1))
        for n, i, o, k in convolutions:
            shapes[f"{block}.conv_{n}.weight_orig"] = (o, i, k, k)
            shapes[f"{block}.conv_{n}.weight_u"] = (o,)
            shapes[f"{block}.conv_{n}.weight_v"] = (i * k * k,)
            if n != "s":
                shapes[f"{block}.conv_{n}.bias"] = (o,)
            ace = f"{block}.ace_{n}"
            for name in ("blending_gamma", "blending_beta"):
                shapes[f"{ace}.{name}"] = (1,)
            shapes[f"{ace}.noise_var"] = (i,)
            for norm in ("param_free_norm", "Spade.param_free_norm"):
                shapes |= {f"{ace}.{norm}.running_mean": (i,), f"{ace}.{norm}.running_var": (i,)}
                shapes[f"{ace}.{norm}.num_batches_tracked"] = ()
            layer(f"{ace}.Spade.mlp_shared.0", hidden, classes, 3, 3)
            layer(f"{ace}.Spade.mlp_gamma", i, hidden, 3, 3)
            layer(f"{ace}.Spade.mlp_beta", i, hidden, 3, 3)
            if block != "up_3":
                for c in range(classes):
                    layer(f"{ace}.fc_mu{c}", d, d)
                layer(f"{ace}.conv_gamma", i, d, 3, 3)
                layer(f"{ace}.conv_beta", i, d, 3, 3)
    layer("conv_img", 3, width, 3, 3)
    return shapes


def made_up_state(shapes: dict[str, tuple[int, ...]]) -> State:
    """Tensors of a checkpoint, each drawn from its name; spectral-norm vectors by power iteration."""
    state: State = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))
        if name.endswith("num_batches_tracked"):
            values = torch.zeros(shape, dtype=torch.int64)
        elif name.endswith("running_var"):
            values = 1 + 0.2 * values.abs()
        elif len(shape) >= 2:
            values = values * (2 / (values.numel() / shape[0])) ** 0.5
        else:
            values = 0.1 * values
        state[name] = values
    for name in shapes:
        if name.endswith("weight_u"):
            stem = name.removesuffix("weight_u")
            matrix, u = state[stem + "weight_orig"].flatten(1), state[name]
            for _ in range(10):
                v = F.normalize(u @ matrix, dim=0)
                u = F.normalize(matrix @ v, dim=0)
            state[stem + "weight_u"], state[stem + "weight_v"] = u, v
    return state


def style_codes(state: State, image: Tensor, known: Tensor, label: Tensor, kind: str) -> Tensor:
    """The style encoder: (b,3,h,w), (b,1,h,w), (b,h,w) to (b,classes,d)."""
    classes = state["fc.weight"].shape[1]
    x = image * known
    if state["Zencoder.model.1.weight"].shape[1] == 4:
        x = torch.cat([x, known], dim=1)
    x = _normal(_conv(state, "Zencoder.model.1", F.pad(x, (1, 1, 1, 1), mode="reflect"), padding=0))
    x = _normal(_conv(state, "Zencoder.model.4", x, stride=2))
    x = _normal(_conv(state, "Zencoder.model.7", x, stride=2))
    weight, bias = state["Zencoder.model.10.weight"], state["Zencoder.model.10.bias"]
    x = _normal(F.conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1))
    size = (x.shape[2], x.shape[3])
    last = "Zencoder.model.14"
    if kind != "none":
        last = "Zencoder.model_last.1"
        small = F.interpolate(known, size=size)
        parts = [
            _conv(state, f"Zencoder.attention.{n}_conv", x, padding=0) for n in ("query", "key", "value")
        ]
        for b in range(len(x)):
            query, key, value = (p[b].flatten(1).T for p in parts)
            attended = attention_map(query, key, small[b].flatten(), kind) @ value
            x[b] = x[b] + state["Zencoder.attention.gamma"] * attended.T.view_as(x[b])
    x = torch.tanh(_conv(state, last, F.pad(x, (1, 1, 1, 1), mode="reflect"), padding=0))
    small_label = F.interpolate(label[:, None].float(), size=size)[:, 0]
    codes = torch.zeros(len(x), classes, x.shape[1])
    for b in range(len(x)):
        for c in range(classes):
            region = small_label[b] == c
            if region.any():
                codes[b, c] = x[b][:, region].mean(dim=1)
    return codes


def generate(state: State, style: Tensor, label: Tensor) -> Tensor:
    """The generator without noise: (b,classes,d), (b,h,w) to (b,3,h,w)."""
    classes = state["fc.weight"].shape[1]
    onehot = F.one_hot(label, classes).movedim(-1, 1).float()
    h, w = label.shape[1:]
    x = _conv(state, "fc", F.interpolate(onehot, size=(h // 32, w // 32)))
    for block in BLOCKS:
        if block not in ("head_0", "G_middle_1"):
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        shortcut = x
        if f"{block}.conv_s.weight_orig" in state:
            shortcut = _spectral(state, f"{block}.conv_s", _ace(state, f"{block}.ace_s", x, style, onehot))
        x = _spectral(state, f"{block}.conv_0", _leaky(_ace(state, f"{block}.ace_0", x, style, onehot)))
        x = _spectral(state, f"{block}.conv_1", _leaky(_ace(state, f"{block}.ace_1", x, style, onehot)))
        x = shortcut + x
    return torch.tanh(_conv(state, "conv_img", _leaky(x)))


def _ace(state: State, name: str, x: Tensor, style: Tensor, onehot: Tensor) -> Tensor:
    mean, var = state[f"{name}.param_free_norm.running_mean"], state[f"{name}.param_free_norm.running_var"]
    normalized = (x - mean[:, None, None]) / torch.sqrt(var[:, None, None] + 1e-5)
    regions = F.interpolate(onehot, size=x.shape[2:])
    hidden = F.relu(_conv(state, f"{name}.Spade.mlp_shared.0", regions))
    scale = _conv(state, f"{name}.Spade.mlp_gamma", hidden)
    shift = _conv(state, f"{name}.Spade.mlp_beta", hidden)
    if f"{name}.conv_gamma.weight" in state:
        spread = torch.zeros(len(x), style.shape[2], *x.shape[2:])
        for b in range(len(x)):
            for c in range(onehot.shape[1]):
                weight, bias = state[f"{name}.fc_mu{c}.weight"], state[f"{name}.fc_mu{c}.bias"]
                mu = F.relu(F.linear(style[b, c], weight, bias))
                spread[b][:, regions[b, c] > 0] = mu[:, None]
        share_scale = torch.sigmoid(state[f"{name}.blending_gamma"])
        share_shift = torch.sigmoid(state[f"{name}.blending_beta"])
        scale = share_scale * _conv(state, f"{name}.conv_gamma", spread) + (1 - share_scale) * scale
        shift = share_shift * _conv(state, f"{name}.conv_beta", spread) + (1 - share_shift) * shift
    return normalized * (1 + scale) + shift


def _conv(state: State, name: str, x: Tensor, stride: int = 1, padding: int = 1) -> Tensor:
    return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], stride=stride, padding=padding)


def _spectral(state: State, name: str, x: Tensor) -> Tensor:
    weight = state[f"{name}.weight_orig"]
    sigma = state[f"{name}.weight_u"] @ weight.flatten(1) @ state[f"{name}.weight_v"]
    return F.conv2d(x, weight / sigma, state.get(f"{name}.bias"), padding=weight.shape[-1] // 2)


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


def _normal(x: Tensor) -> Tensor:
    mean, var = x.mean(dim=(2, 3), keepdim=True), x.var(dim=(2, 3), keepdim=True, unbiased=False)
    return _leaky((x - mean) / torch.sqrt(var + 1e-5))
