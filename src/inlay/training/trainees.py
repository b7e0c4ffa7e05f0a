"""What a run changes: networks, their moving average, optimisers. All that a result depends on is here."""

from typing import Any, TypeVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from inlay.batch import Batch, Output
from inlay.checkpoint import load_snapshot
from inlay.config import CompactModelConfig, Config, ModelConfig, TrainingConfig
from inlay.errors import UserError
from inlay.labels import LabelSet
from inlay.model import ADDITIONS, InpaintingModel, build_layout_predictor, build_model
from inlay.networks.checkered import keep_grid, without_grid
from inlay.networks.discriminator import MultiScaleDiscriminator
from inlay.networks.generator import CompactGenerator
from inlay.networks.layout import LayoutPredictor, most_likely
from inlay.networks.regions import area_one_hot
from inlay.training.ema import MovingAverage
from inlay.training.machine import Machine
from inlay.training.memory import Memory
from inlay.training.schedule import learning_rate

__all__ = ["Generator", "LayoutAlone", "Trainees"]

Network = TypeVar("Network", bound=nn.Module)


class Generator(nn.Module):
    """The inpainting model and the layout predictor under one roof: all that `inlay fill` needs."""

    def __init__(self, model: InpaintingModel, layout: LayoutPredictor | None) -> None:
        super().__init__()
        self.model = model
        self.layout = layout

    def forward(
        self, batch: Batch, use_predicted: Bool[Tensor, " b"], noise: torch.Generator
    ) -> tuple[Output | None, Float[Tensor, "b classes th tw"] | None]:
        """The model's answer and the layout's logits; marked samples are filled under their prediction."""
        if self.layout is None:
            return self.model(batch, noise), None
        logits = self.layout(batch.image, batch.hole)
        # The layout's own loss alone teaches the predictor.
        scores = logits.detach().float().log_softmax(dim=1)
        label = torch.where(use_predicted[:, None, None], most_likely(scores), batch.label)
        certain = area_one_hot(batch.label, scores.shape[1], (scores.shape[2], scores.shape[3]))
        belief = torch.where(use_predicted[:, None, None, None], scores.exp(), certain)
        return self.model(batch.with_label(label, belief), noise), logits


class LayoutAlone(Generator):
    """Train the layout predictor and nothing else: a step makes no picture, which would teach nothing."""

    def forward(
        self, batch: Batch, use_predicted: Bool[Tensor, " b"], noise: torch.Generator
    ) -> tuple[None, Float[Tensor, "b classes th tw"]]:
        """Return `None` for the picture, and the layout's logits."""
        assert self.layout is not None
        return None, self.layout(batch.image, batch.hole)


class Trainees:
    """The generator, trained and as a moving average, the discriminator, if any, and their optimisers."""

    def __init__(self, config: Config, labels: LabelSet, machine: Machine) -> None:
        self.config, self.labels, self.machine = config, labels, machine
        settings, schedule = config.training, config.schedule
        # Not with a gradient scaler, which asks more of it than older runs' states have.
        fused = machine.device.type == "cuda" and machine.scaler is None
        torch.manual_seed(settings.seed)
        layout = build_layout_predictor(config, labels) if config.loss.layout.weight else None
        model = build_model(config.model, labels, grid_filter=keep_grid)
        _freeze(settings, model, layout)
        self.layout_alone = not _learns(model)
        if self.layout_alone and config.loss.adversarial.weight:
            raise UserError(
                "training.frozen leaves the layout predictor alone, which no discriminator judges; "
                "set loss.adversarial.weight = 0"
            )
        self.generator = self._placed((LayoutAlone if self.layout_alone else Generator)(model, layout))
        self.average: MovingAverage[Generator] = MovingAverage(self.generator, settings.ema)
        _filter_grid(self.average.network)
        self.run_generator = machine.prepare_network(self.generator, compiled=settings.compile)
        self.optimizer = machine.prepare_optimizer(
            torch.optim.AdamW(  # Adam, where nothing decays
                self.generator.parameters(),
                lr=schedule.learning_rate,
                betas=schedule.betas,
                weight_decay=schedule.weight_decay,
                fused=fused,
            )
        )
        self.discriminator: MultiScaleDiscriminator | None = None
        self.run_discriminator: nn.Module | None = None
        self.discriminator_optimizer: torch.optim.Optimizer | None = None
        self.memory: Memory | None = None
        if config.loss.adversarial.weight:
            shape = config.discriminator
            self.discriminator = self._placed(
                MultiScaleDiscriminator(
                    classes=len(labels) if shape.layout else 0,
                    channels=8 if config.loss.adversarial.twins else 3,
                    width=shape.width,
                    layers=shape.layers,
                    scales=shape.scales,
                    gain=shape.gain,
                )
            )
            steps = schedule.discriminator_memory if schedule.discriminator_replays else 0
            self.memory = Memory(steps, machine.device)
            self.run_discriminator = machine.prepare_network(self.discriminator, compiled=settings.compile)
            self.discriminator_optimizer = machine.prepare_optimizer(
                torch.optim.Adam(
                    self.discriminator.parameters(),
                    lr=schedule.discriminator_learning_rate,
                    betas=schedule.discriminator_betas,
                    fused=fused,
                )
            )

    def start_from(self, snapshot: str) -> None:
        """Take over the weights of a snapshot folder, or of the bundled one, for networks like these."""
        start = load_snapshot(snapshot)
        if (start.labels.names, start.labels.twins) != (self.labels.names, self.labels.twins):
            raise UserError(
                f"training.start_from = '{snapshot}': it was trained for other classes "
                f"({', '.join(start.labels.names)}) than data.labels has ({', '.join(self.labels.names)})"
            )
        ours, theirs = ([_without_additions(c.model), c.layout.width] for c in (self.config, start.config))
        if ours != theirs:
            raise UserError(
                f"training.start_from = '{snapshot}': its networks have other settings than this run's "
                "([model], [layout]); copy those of its snapshot.json, or start from random weights"
            )
        own, given = self.generator.model.state_dict(), start.model.state_dict()
        added = own.keys() - given.keys()
        if not all(key in own and own[key].shape == value.shape for key, value in given.items()):
            raise UserError(
                f"training.start_from = '{snapshot}': it has parts that this run's network lacks or has in "
                "another width (model.depth, detail_channels, reflection); copy those of its "
                "snapshot.json: a network can be made deeper, not shallower"
            )
        assert all(key.startswith(ADDITIONS) for key in added)
        for network in (self.generator, self.average.network):
            network.model.load_state_dict(given, strict=False)
            if network.layout is not None and start.layout is not None:
                network.layout.load_state_dict(start.layout.state_dict())

    def set_rates(self, faces: int) -> float:
        """Set the learning rates of a step and return the generator's."""
        schedule = self.config.schedule
        rate = learning_rate(schedule, faces, schedule.learning_rate)
        self.optimizer.param_groups[0]["lr"] = rate
        if self.discriminator_optimizer is not None:
            peak = schedule.discriminator_learning_rate
            self.discriminator_optimizer.param_groups[0]["lr"] = learning_rate(schedule, faces, peak)
        return rate

    def state_dict(self) -> dict[str, Any]:
        """Everything, for `load_state_dict`."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        for name, part in self._parts().items():
            if name != "scaler" or name in state:  # a run may go on in fp16, whose scaler begins anew
                part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "generator": self.generator,
            "average": self.average.network,
            "optimizer": self.optimizer,
            "discriminator": self.discriminator,
            "discriminator_optimizer": self.discriminator_optimizer,
            "memory": self.memory,
            "scaler": self.machine.scaler,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def _placed(self, network: Network) -> Network:
        network = network.to(self.machine.device)
        if self.config.training.channels_last:
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network


def _filter_grid(network: Generator) -> None:
    """Let a network that is only measured and kept draw as `load_snapshot` builds it, without the grid."""
    if isinstance(network.model.generator, CompactGenerator):
        network.model.generator.grid_filter = without_grid


def _freeze(settings: TrainingConfig, model: InpaintingModel, layout: LayoutPredictor | None) -> None:
    """Keep the parts that the settings name out of training."""
    if settings.frozen and not settings.start_from:
        raise UserError("training.frozen keeps the weights of training.start_from: name those too")
    for name in settings.frozen:
        part = layout if name == "layout" else getattr(model, name)
        assert part is not None
        part.requires_grad_(False)
    if not _learns(model) and (layout is None or not _learns(layout)):
        raise UserError(f"training.frozen: with {', '.join(settings.frozen)} nothing is left to train")


def _learns(network: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in network.parameters())


def _without_additions(config: ModelConfig) -> ModelConfig:
    """The settings of the network that a snapshot without added blocks has.

    How features are enlarged has no weights, so that a network may change to the other way too.
    """
    if not isinstance(config, CompactModelConfig):
        return config
    plain = {"depth": (0, 0, 0, 0), "detail_channels": 0, "reflection": False, "upsampling": "nearest"}
    return config.model_copy(update=plain)
