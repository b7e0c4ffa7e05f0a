"""The authors' and SEAN's generator checkpoints, as snapshots.

Their names and shapes are read as what they are: a published file format. Each of our tensors knows which of
theirs it is made of (`_Recipe`), so the recipes also say what a checkpoint must hold.
"""

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from inlay.checkpoint import save_snapshot
from inlay.config import Config, DataConfig, LossConfig, SeanModelConfig, SemanticAttentionLossConfig
from inlay.errors import UserError
from inlay.files import sha256
from inlay.labels import CELEBAMASK_HQ, LabelClass, LabelSet
from inlay.model import InpaintingModel, build_model
from inlay.weights import read_state

__all__ = ["AttentionKind", "build_from_checkpoint", "convert", "read_architecture"]

AttentionKind = Literal["self", "masked", "contextual"]

BLOCKS = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3")
# In their files too, but without any effect on the output.
UNUSED = re.compile(r".*\.Spade\.param_free_norm\..*|up_3\.ace_\w\.blending_(gamma|beta)")


@dataclass(frozen=True)
class _Recipe:
    """Which of their tensors make one of ours, and how."""

    sources: tuple[str, ...]
    join: Literal["same", "halves", "kernels", "classes"] = "same"

    def source_shape(self, ours: torch.Size, style_dim: int) -> tuple[int, ...]:
        """The shape of each source for our tensor's shape."""
        if self.join == "halves":
            return (ours[0] // 2, *ours[1:])
        if self.join == "kernels":
            return (ours[0] // 18, style_dim, 3, 3)
        return tuple(ours[1:]) if self.join == "classes" else tuple(ours)

    def make(self, state: Mapping[str, Tensor]) -> Tensor:
        """Our tensor."""
        tensors = [state[name] for name in self.sources]
        if self.join == "classes":
            return torch.stack(tensors)
        if self.join == "kernels":
            # Ours has the inputs last: a row for each output and neighbour.
            return torch.cat([t.permute(0, 2, 3, 1).flatten(0, 2) for t in tensors])
        return torch.cat(tensors) if self.join == "halves" else tensors[0]


def convert(
    path: Path, output: Path, *, attention: AttentionKind = "contextual", labels: LabelSet | None = None
) -> SeanModelConfig:
    """Write the snapshot of a generator checkpoint (`latest_net_G.pth`), in fp32; returns its settings.

    Width, style length and number of classes come from the shapes, and whether there is attention; of which
    kind cannot be seen. `labels` names the classes; 19 of them are CelebAMask-HQ's unless told otherwise.
    """
    state = read_state(path)
    config, classes = read_architecture(state, attention)
    labels = labels or _label_set(classes)
    if len(labels) != classes:
        raise UserError(f"label set '{labels.name}' has {len(labels)} classes, but {path} has {classes}")
    save_snapshot(
        output,
        model=build_from_checkpoint(state, config, labels, name=str(path)),
        layout=None,
        config=Config(
            description=f"converted from {path.name}",
            model=config,
            data=DataConfig(labels=labels.name),
            loss=LossConfig(semantic_attention=SemanticAttentionLossConfig(weight=0.0)),
        ),
        labels=labels,
        bits=32,
        info={"converted_from": path.name, "sha256": sha256(path)},
    )
    return config


def build_from_checkpoint(
    state: Mapping[str, Tensor], config: SeanModelConfig, labels: LabelSet, *, name: str
) -> InpaintingModel:
    """The model of a checkpoint's tensors, in eval mode; `name` stands in the faults that they may have."""
    classes = len(labels)
    with torch.device("meta"):
        model = build_model(config, labels)
    recipes = _recipes(model, classes, last=_last_convolution(state))
    _check(Path(name), state, model, recipes, config)
    tensors = {name: recipe.make(state) for name, recipe in recipes.items()}
    tensors["style_encoder.pooling.fallback"] = torch.zeros(classes, config.style_dim)
    model.load_state_dict(tensors, assign=True)
    return model.eval()


def read_architecture(
    state: Mapping[str, Tensor], attention: AttentionKind = "contextual"
) -> tuple[SeanModelConfig, int]:
    """The settings and the number of classes that the shapes tell; what is missing is taken as released."""

    def size(name: str, axis: int, released: int) -> int:
        tensor = state.get(name)
        return tensor.shape[axis] if tensor is not None and tensor.ndim > axis else released

    known_channel = size("Zencoder.model.1.weight", 1, 4) == 4
    config = SeanModelConfig(
        width=size("conv_img.weight", 1, 64),
        layout_width=size("head_0.ace_0.Spade.mlp_shared.0.weight", 0, 128),
        style_width=size("Zencoder.model.1.weight", 0, 32),
        style_dim=size(f"{_last_convolution(state)}.weight", 0, 512),
        known_channel=known_channel,
        attention=attention if any(name.startswith("Zencoder.attention.") for name in state) else "none",
        tokens="nearest",
        # SEAN has never seen a hole; without one, known cells are all cells.
        pooling="all" if known_channel else "known",
    )
    return config, size("fc.weight", 1, 19)


def _last_convolution(state: Mapping[str, Tensor]) -> str:
    """The style encoder's last convolution: the authors put the attention before it, and named it anew."""
    return "Zencoder.model.14" if "Zencoder.model.14.weight" in state else "Zencoder.model_last.1"


def _recipes(model: InpaintingModel, classes: int, last: str) -> dict[str, _Recipe]:
    """A recipe for each of our tensors, but the mean codes, which they do not have."""
    encoder = {"conv_1": "model.1", "conv_2": "model.4", "conv_4": "model.7", "up_2": "model.10"}
    prefixes = {f"style_encoder.{ours}": f"Zencoder.{theirs}" for ours, theirs in encoder.items()}
    prefixes |= {"style_encoder.head": last, "generator.first": "fc", "generator.head": "conv_img"}
    prefixes |= {
        f"style_encoder.attention.{n}": f"Zencoder.attention.{n}_conv" for n in ("query", "key", "value")
    }
    prefixes["style_encoder.attention"] = "Zencoder.attention"
    found = {}
    for key in model.state_dict():
        if key == "style_encoder.pooling.fallback":
            continue
        prefix, _, name = key.rpartition(".")
        block = re.fullmatch(r"generator\.blocks\.(\d)\.(.*)", key)
        if block:
            found[key] = _block_recipe(BLOCKS[int(block[1])], block[2], classes)
        else:
            found[key] = _Recipe((f"{prefixes[prefix]}.{name}",))
    return found


def _block_recipe(block: str, key: str, classes: int) -> _Recipe:
    part, _, name = key.partition(".")
    if part.startswith("conv"):
        theirs = {"weight": "weight_orig", "left": "weight_u", "right": "weight_v", "bias": "bias"}
        return _Recipe((f"{block}.{part}.{theirs[name]}",))
    ace = f"{block}.{part.replace('norm', 'ace')}"
    if name in ("code_weight", "code_bias"):
        kind = name.removeprefix("code_")
        return _Recipe(tuple(f"{ace}.fc_mu{n}.{kind}" for n in range(classes)), "classes")
    pairs = {
        "style_weight": ("conv_gamma.weight", "conv_beta.weight"),
        "style_bias": ("conv_gamma.bias", "conv_beta.bias"),
        "layout_out.weight": ("Spade.mlp_gamma.weight", "Spade.mlp_beta.weight"),
        "layout_out.bias": ("Spade.mlp_gamma.bias", "Spade.mlp_beta.bias"),
        "blend": ("blending_gamma", "blending_beta"),
    }
    if name in pairs:
        gamma, beta = pairs[name]
        return _Recipe((f"{ace}.{gamma}", f"{ace}.{beta}"), "kernels" if name == "style_weight" else "halves")
    single = {"noise_scale": "noise_var"}
    name = name.replace("layout_hidden", "Spade.mlp_shared.0")
    name = re.sub(r"^norm\.", "param_free_norm.", name)
    return _Recipe((f"{ace}.{single.get(name, name)}",))


def _check(
    path: Path,
    state: Mapping[str, Tensor],
    model: InpaintingModel,
    recipes: Mapping[str, _Recipe],
    config: SeanModelConfig,
) -> None:
    """Names and shapes must be those of a generator of these sizes, no more and no less."""
    ours = model.state_dict()
    expected = {
        source: recipe.source_shape(ours[key].shape, config.style_dim)
        for key, recipe in recipes.items()
        for source in recipe.sources
    }
    wrong = [f"{name} is missing" for name in expected if name not in state]
    wrong += [
        f"{name} has shape {tuple(state[name].shape)} instead of {shape}"
        for name, shape in expected.items()
        if name in state and tuple(state[name].shape) != shape
    ]
    wrong += [f"{name} is unknown" for name in state if name not in expected and not UNUSED.fullmatch(name)]
    if wrong:
        raise UserError(
            f"{path}: neither the authors' nor SEAN's generator checkpoint (latest_net_G.pth): "
            f"{len(wrong)} names or shapes differ: {'; '.join(wrong[:5])}"
        )


def _label_set(classes: int) -> LabelSet:
    """CelebAMask-HQ's vocabulary for 19 classes, numbered classes otherwise."""
    if classes == len(CELEBAMASK_HQ):
        return CELEBAMASK_HQ
    colours = [colorsys.hsv_to_rgb(n * 0.618034 % 1, 0.6, 0.9) for n in range(classes)]
    return LabelSet(
        f"{classes}-classes",
        tuple(
            LabelClass(f"class_{n}", (int(255 * r), int(255 * g), int(255 * b)))
            for n, (r, g, b) in enumerate(colours)
        ),
    )
