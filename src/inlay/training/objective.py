"""What is minimised: the losses of `inlay.losses`, put together as the settings say (paper, eq. 6 and 7)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from inlay.batch import Batch, Output
from inlay.config import LossConfig, PerceptualConfig
from inlay.data.parts import SMALLEST, part_classes
from inlay.errors import UserError
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
"""Each loss by its name in the settings, unweighted, and what else a step has to tell."""


@dataclass(frozen=True)
class Objective:
    """The weights of the losses and the fixed networks that they look through.

    `groups` are the classes that the Semantic Attention Loss counts as one, `parts` those that the
    discriminator sees, `twins` the classes' mirror twins where it sees those too; `favor` is what the
    layout's loss adds to the logits.
    """

    weights: LossConfig
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
        """The losses of the picture that need no discriminator, and the layout's; of what there is."""
        terms = Terms() if output is None else self._picture_terms(batch, output, random)
        if logits is not None:
            terms["layout"] = layout_cross_entropy(
                logits,
                batch.label,
                batch.hole,
                hole_weight=self.weights.layout_hole_weight,
                favor=self.favor,
            )
        return terms

    def _picture_terms(self, batch: Batch, output: Output, random: torch.Generator) -> Terms:
        weights, terms = self.weights, Terms()
        whole = torch.ones_like(batch.hole)
        for name, region in (("hole_l1", batch.hole), ("known_l1", batch.known), ("whole_l1", whole)):
            if getattr(weights, name):
                terms[name] = region_l1(output.image, batch.image, region)
        if weights.structural:
            terms["structural"] = structural(output.image, batch.image, batch.hole)
        classes = output.style.shape[1]
        if weights.class_color:
            terms["class_color"] = class_color(output.image, batch.image, batch.hole, batch.label, classes)
        if output.attention is not None and weights.semantic_attention:
            form = SEMANTIC_FORMS[weights.semantic_form]
            terms["semantic_attention"] = form(
                output.attention, classes, mu=weights.semantic_mu, groups=self.groups
            )
        if self.features:
            region = batch.known if weights.perceptual_region == "known" else whole
            ours, target = output.image * region, batch.image * region
            if weights.perceptual_window:
                size = weights.perceptual_window
                windows = windows_on_hole(batch.hole, size, random)
                ours, target = cut(ours, windows, size), cut(target, windows, size)
            terms["perceptual"] = torch.stack(
                [perceptual(network(ours), network(target), shares) for network, shares in self.features]
            ).sum()
        return terms

    def exhibits(
        self, batch: Batch, image: Float[Tensor, "b 3 h w"], random: torch.Generator
    ) -> tuple[Shown, Shown]:
        """What the discriminator is shown of drawn pictures and of photos, to tell them apart."""
        if not self.weights.adversarial_paired:
            return self.fakes(batch, image, random), self.reals(batch, random)
        state = random.get_state()
        fakes = self.fakes(batch, image, random)
        random.set_state(state)
        return fakes, self.reals(batch, random)

    def fakes(self, batch: Batch, image: Float[Tensor, "b 3 h w"], random: torch.Generator) -> Shown:
        """What the discriminator is shown of drawn pictures: the composite of eq. 9, or the G*M of eq. 3.

        Of settings with `adversarial_parts` a window a part that the hole hides, which may be none at all,
        with `adversarial_holes` one a picture around a random pixel of its hole.
        """
        if self.weights.adversarial_sees == "known":
            image = image * batch.known
        else:
            image = torch.where(batch.hole > 0, image, batch.image)
        return self._shown(batch, image, random, hidden=True)

    def reals(self, batch: Batch, random: torch.Generator) -> Shown:
        """What the discriminator is shown of photos, with `adversarial_paired` at the places of the fakes."""
        return self._shown(batch, batch.image, random, hidden=self.weights.adversarial_paired)

    def deceiving_terms(
        self,
        discriminator: MultiScaleDiscriminator,
        batch: Batch,
        image: Float[Tensor, "b 3 h w"],
        random: torch.Generator,
    ) -> Terms:
        """The generator's side of the adversarial loss, and feature matching."""
        state = random.get_state()
        shown = self.fakes(batch, image, random)
        fake = discriminator(shown.image, shown.label)
        form = ADVERSARIAL_FORMS[self.weights.adversarial_form]
        terms = {"adversarial": form.generator(fake.logits, self._patches(shown))}
        if self.weights.feature_matching:
            # The same windows again.
            random.set_state(state)
            with torch.no_grad():
                same = self._shown(batch, batch.image, random, hidden=True)
                real = discriminator(same.image, shown.label)
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
        form = ADVERSARIAL_FORMS[self.weights.adversarial_form]
        fakes, reals = shown
        drawn = self._patches(fakes)
        photos = self._patches(reals) if self.weights.adversarial_paired else None
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
        """Where a fake's patches count; `None`: everywhere."""
        return shown.hole if self.weights.adversarial_patches == "hole" else None

    def _shown(
        self, batch: Batch, image: Float[Tensor, "b 3 h w"], random: torch.Generator, *, hidden: bool
    ) -> Shown:
        """The windows that the discriminator sees: of parts hidden ones or all; or all of the batch."""
        if not self.parts and not self.weights.adversarial_holes:
            return Shown(image, batch.label, batch.hole)
        label, size = batch.label, self.weights.adversarial_window
        if self.twins is not None:
            image = torch.cat([image, reflected(batch.image, batch.hole, label, self.twins)], dim=1)
        windows = list[Window]()
        if self.parts:
            least = max(1, round(SMALLEST * label.shape[1] * label.shape[2]))
            hole = batch.hole if hidden else None
            windows += windows_on_parts(label, self.parts, size, least=least, hole=hole)
        if self.weights.adversarial_holes:
            windows += windows_on_hole(batch.hole, size, random)
        return Shown(*(cut(layer, windows, size) for layer in (image, label, batch.hole)))

    def generator_total(self, terms: Terms) -> Float[Tensor, ""]:
        """The weighted sum (eq. 6)."""
        return torch.stack([getattr(self.weights, name) * term for name, term in terms.items()]).sum()

    def discriminator_total(self, terms: Terms) -> Float[Tensor, ""]:
        """The discriminator's sum (eq. 7); the penalty stands for all the steps that go without it."""
        total = terms["discriminator_fake"] + terms["discriminator_real"]
        if "r1" in terms:
            total = total + self.weights.r1 * self.weights.r1_every * terms["r1"]
        return total


def build_objective(
    weights: LossConfig, labels: LabelSet, shares: Float[np.ndarray, " classes"], device: torch.device
) -> Objective:
    """The objective of the settings, with the feature networks that it needs.

    `shares` are the classes' shares of the training layouts that show them, none of them 0.
    """
    if weights.adversarial_twins and not (weights.adversarial_parts or weights.adversarial_holes):
        raise UserError(
            "loss.adversarial_twins shows twins: name loss.adversarial_parts or set loss.adversarial_holes"
        )
    if weights.feature_matching and not weights.adversarial:
        raise UserError("loss.feature_matching needs a discriminator: give loss.adversarial a weight too")
    networks = weights.perceptual_networks if weights.perceptual else []
    return Objective(
        weights,
        semantic_groups(labels) if weights.semantic_group_twins else None,
        tuple(ids for part in weights.adversarial_parts for ids in part_classes(labels, part)),
        torch.tensor(labels.twins, device=device) if weights.adversarial_twins else None,
        weights.layout_balance * torch.from_numpy(np.log(shares)).float().to(device),
        tuple((_features(kind).to(device), tuple(kind.layers.values())) for kind in networks),
    )


def _features(config: PerceptualConfig) -> FeatureNetwork:
    state = read_state(find(config.network, Path(config.path) if config.path else None))
    taps = list(config.layers)
    if config.network == "vgg19":
        preprocessing = {"imagenet": imagenet, "unscaled": unscaled}[config.preprocessing]
        return FEATURE_NETWORKS["vgg19"].build(state, taps=taps, preprocessing=preprocessing)
    return FEATURE_NETWORKS[config.network].build(state, taps=taps)
