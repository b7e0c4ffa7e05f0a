"""What is minimised: the losses of `inlay.losses`, put together as the settings say (paper, eq. 6 and 7)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from inlay.batch import Batch, Output
from inlay.config import FeatureNetworkConfig, LossConfig
from inlay.data.parts import SMALLEST, part_classes
from inlay.labels import LabelSet
from inlay.losses.adversarial import ADVERSARIAL_FORMS, r1_penalty, share_right
from inlay.losses.class_color import class_color
from inlay.losses.feature_matching import feature_matching
from inlay.losses.layout import layout_cross_entropy
from inlay.losses.perceptual import perceptual
from inlay.losses.pixel import region_l1
from inlay.losses.semantic_attention import SEMANTIC_FORMS, semantic_groups
from inlay.losses.structural import structural
from inlay.losses.windows import Window, cut, windows_on_hole, windows_on_parts
from inlay.networks.discriminator import Judgement, MultiScaleDiscriminator
from inlay.networks.features import FEATURE_NETWORKS, FeatureNetwork, imagenet, unscaled
from inlay.networks.reflection import reflected
from inlay.training.memory import Shown
from inlay.weights import find, read_state

__all__ = ["Objective", "Terms", "build_objective"]

Terms = dict[str, Float[Tensor, ""]]
"""Each loss by its name in the log, unweighted, and what else a step logs."""


@dataclass(frozen=True)
class Objective:
    """The settings of the losses and the fixed networks that they look through.

    `groups` are the classes that the Semantic Attention Loss counts as one, `parts` those that the
    discriminator sees, `twins` the classes' mirror twins where it sees those too; `favor` is what the
    layout's loss adds to the logits.
    """

    loss: LossConfig
    groups: tuple[int, ...] | None
    parts: tuple[tuple[int, ...], ...]
    twins: Int[Tensor, " classes"] | None
    favor: Float[Tensor, " classes"]
    features: tuple[tuple[FeatureNetwork, tuple[float, ...]], ...]

    def generator_terms(
        self,
        batch: Batch,
        output: Output | None,
        logits: Float[Tensor, "b classes th tw"] | None,
        random: torch.Generator,
    ) -> Terms:
        """Compute the losses that need no discriminator: the picture's, if there is one, and the layout's."""
        terms = Terms() if output is None else self._picture_terms(batch, output, random)
        if logits is not None:
            terms["layout"] = layout_cross_entropy(
                logits, batch.label, batch.hole, hole_weight=self.loss.layout.hole_weight, favor=self.favor
            )
        return terms

    def _picture_terms(self, batch: Batch, output: Output, random: torch.Generator) -> Terms:
        loss, terms = self.loss, Terms()
        whole = torch.ones_like(batch.hole)
        for name, weight, region in (
            ("hole_l1", loss.pixel.hole, batch.hole),
            ("known_l1", loss.pixel.known, batch.known),
            ("whole_l1", loss.pixel.whole, whole),
        ):
            if weight:
                terms[name] = region_l1(output.image, batch.image, region)
        if loss.structural:
            terms["structural"] = structural(output.image, batch.image, batch.hole)
        classes = output.style.shape[1]
        if loss.class_color:
            terms["class_color"] = class_color(output.image, batch.image, batch.hole, batch.label, classes)
        if output.attention is not None and loss.semantic_attention.weight:
            form = SEMANTIC_FORMS[loss.semantic_attention.form]
            terms["semantic_attention"] = form(
                output.attention, classes, mu=loss.semantic_attention.mu, groups=self.groups
            )
        if self.features:
            region = batch.known if loss.perceptual.region == "known" else whole
            terms["perceptual"] = self._perceptual(
                output.image * region, batch.image * region, batch.hole, random
            )
        return terms

    def _perceptual(
        self,
        image: Float[Tensor, "b 3 h w"],
        target: Float[Tensor, "b 3 h w"],
        hole: Float[Tensor, "b 1 h w"],
        random: torch.Generator,
    ) -> Float[Tensor, ""]:
        size = self.loss.perceptual.window
        if size:
            windows = windows_on_hole(hole, size, random)
            image, target = cut(image, windows, size), cut(target, windows, size)
        return torch.stack(
            [perceptual(network(image), network(target), shares) for network, shares in self.features]
        ).sum()

    def exhibits(
        self, batch: Batch, image: Float[Tensor, "b 3 h w"], random: torch.Generator
    ) -> tuple[Shown, Shown]:
        """Cut what the discriminator sees: composites of generated pictures, and photos.

        Photos are shown at the places of the fakes if `paired`, else at all of their parts.
        """
        hidden = self._windows(batch, random, batch.hole)
        visible = hidden if self.loss.adversarial.paired else self._windows(batch, random, None)
        fakes = self._shown(batch, _composite(batch, image), hidden)
        return fakes, self._shown(batch, batch.image, visible)

    def deceiving_terms(
        self,
        discriminator: MultiScaleDiscriminator,
        batch: Batch,
        image: Float[Tensor, "b 3 h w"],
        random: torch.Generator,
    ) -> Terms:
        """Compute the generator's side of the adversarial loss, and feature matching."""
        windows = self._windows(batch, random, batch.hole)
        shown = self._shown(batch, _composite(batch, image), windows)
        fake = discriminator(shown.image, shown.label)
        form = ADVERSARIAL_FORMS[self.loss.adversarial.form]
        terms = {"adversarial": form.generator(fake.logits, self._patches(shown))}
        if self.loss.adversarial.feature_matching:
            with torch.no_grad():
                photos = self._shown(batch, batch.image, windows)
                real = discriminator(photos.image, photos.label)
            terms["feature_matching"] = feature_matching(fake.features, real.features)
        return terms

    def discriminator_terms(
        self,
        shown: tuple[Shown, Shown],
        fake: Judgement,
        real: Judgement,
        penalised: Float[Tensor, "n channels h w"] | None,
    ) -> Terms:
        """The discriminator's losses, how often it is right, and R1 of the pictures to be penalised.

        `shown` are the fakes and the photos.
        """
        form = ADVERSARIAL_FORMS[self.loss.adversarial.form]
        fakes, reals = shown
        drawn = self._patches(fakes)
        photos = self._patches(reals) if self.loss.adversarial.paired else None
        right = share_right(fake.logits, drawn, real=False) + share_right(real.logits, photos, real=True)
        terms = {
            "discriminator_fake": form.fake(fake.logits, drawn),
            "discriminator_real": form.real(real.logits, photos),
            "discriminator_accuracy": right / 2,
        }
        if penalised is not None:
            terms["r1"] = r1_penalty(real.logits, penalised)
        return terms

    def _patches(self, shown: Shown) -> Float[Tensor, "n 1 h w"] | None:
        """Say where a fake's patches count; `None`: everywhere."""
        return shown.hole if self.loss.adversarial.patches == "hole" else None

    def _windows(
        self, batch: Batch, random: torch.Generator, hole: Float[Tensor, "b 1 h w"] | None
    ) -> list[Window] | None:
        """Choose the windows that the discriminator sees; `None`: whole pictures.

        There is one for each part, with a `hole` only for those that it hides, and with `holes` one for each
        picture, around a random pixel of its hole.
        """
        settings, windows = self.loss.adversarial, list[Window]()
        if not self.parts and not settings.holes:
            return None
        if self.parts:
            least = max(1, round(SMALLEST * batch.label.shape[1] * batch.label.shape[2]))
            windows += windows_on_parts(batch.label, self.parts, settings.window, least=least, hole=hole)
        if settings.holes:
            windows += windows_on_hole(batch.hole, settings.window, random)
        return windows

    def _shown(self, batch: Batch, image: Float[Tensor, "b 3 h w"], windows: list[Window] | None) -> Shown:
        """Cut the windows out of a picture, its layout and its hole; `None`: all of it."""
        if windows is None:
            return Shown(image, batch.label, batch.hole)
        if self.twins is not None:
            image = torch.cat([image, reflected(batch.image, batch.hole, batch.label, self.twins)], dim=1)
        size = self.loss.adversarial.window
        return Shown(*(cut(layer, windows, size) for layer in (image, batch.label, batch.hole)))

    def generator_total(self, terms: Terms) -> Float[Tensor, ""]:
        """Add up the weighted terms (eq. 6)."""
        weights = _weights(self.loss)
        return torch.stack([weights[name] * term for name, term in terms.items()]).sum()

    def discriminator_total(self, terms: Terms) -> Float[Tensor, ""]:
        """The discriminator's sum (eq. 7); the penalty stands for all the steps that go without it."""
        total = terms["discriminator_fake"] + terms["discriminator_real"]
        if "r1" in terms:
            total = total + self.loss.adversarial.r1 * self.loss.adversarial.r1_every * terms["r1"]
        return total


def build_objective(
    loss: LossConfig, labels: LabelSet, shares: Float[np.ndarray, " classes"], device: torch.device
) -> Objective:
    """Build the objective of the settings, with the feature networks that it needs.

    `shares` are the classes' shares of the training layouts that show them, none of them 0.
    """
    networks = loss.perceptual.networks if loss.perceptual.weight else []
    return Objective(
        loss,
        semantic_groups(labels) if loss.semantic_attention.group_twins else None,
        tuple(ids for part in loss.adversarial.parts for ids in part_classes(labels, part)),
        torch.tensor(labels.twins, device=device) if loss.adversarial.twins else None,
        loss.layout.balance * torch.from_numpy(np.log(shares)).float().to(device),
        tuple((_features(network).to(device), tuple(network.layers.values())) for network in networks),
    )


def _composite(batch: Batch, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Put the generated picture into the hole of the photo (eq. 9), not clipped."""
    return torch.where(batch.hole > 0, image, batch.image)


def _weights(loss: LossConfig) -> dict[str, float]:
    """Look up the weight of each term of the generator's objective, by its name in `Terms`."""
    return {
        "hole_l1": loss.pixel.hole,
        "known_l1": loss.pixel.known,
        "whole_l1": loss.pixel.whole,
        "structural": loss.structural,
        "class_color": loss.class_color,
        "semantic_attention": loss.semantic_attention.weight,
        "perceptual": loss.perceptual.weight,
        "layout": loss.layout.weight,
        "adversarial": loss.adversarial.weight,
        "feature_matching": loss.adversarial.feature_matching,
    }


def _features(config: FeatureNetworkConfig) -> FeatureNetwork:
    state = read_state(find(config.network, Path(config.path) if config.path else None))
    taps = list(config.layers)
    if config.network == "vgg19":
        preprocessing = {"imagenet": imagenet, "unscaled": unscaled}[config.preprocessing]
        return FEATURE_NETWORKS["vgg19"].build(state, taps=taps, preprocessing=preprocessing)
    return FEATURE_NETWORKS[config.network].build(state, taps=taps)
