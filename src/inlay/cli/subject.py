"""What `inlay evaluate` measures, and by which metrics, as its options name them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inlay.cli.cases import Layout, open_model

if TYPE_CHECKING:
    from inlay.evaluation.fillers import Filler
    from inlay.labels import LabelSet
    from inlay.painters.refinement import RefineSettings

__all__ = ["BaselineName", "Subject", "open_subject"]


MODEL_ALONE, AS_PHOTOS = "model alone", "as photos"
"""How a model filled, as reports have it under `filled`."""


class BaselineName(StrEnum):
    """Fills without training."""

    MEAN = "mean"
    TELEA = "telea"
    NAVIER_STOKES = "navier-stokes"
    BIHARMONIC = "biharmonic"
    PATCHMATCH = "patchmatch"


@dataclass(frozen=True)
class Subject:
    """What is measured: its name, how it fills, its source, its vocabulary, the SHA-256 of its weights."""

    name: str
    filled: str
    source: str
    filler: "Filler"
    labels: "LabelSet"
    device: str = "cpu"
    weights: dict[str, str] = field(default_factory=dict)
    refine: dict[str, Any] | None = None


def open_subject(
    model: Path | None,
    baseline: BaselineName | None,
    pred: Path | None,
    layout: Layout,
    refine: "RefineSettings",
    size: int,
    device: str,
    *,
    mirror: bool = False,
    as_photos: bool | None = None,
    without: Sequence[str] = (),
    label_set: str = "celebamask-hq",
) -> Subject:
    """Open what a report is about: a model, a baseline or a folder of results.

    `as_photos` None fills as photos where `size` is larger than the model's own, and without `refine`.
    `without` names steps of finishing that are left out.
    """
    from inlay.errors import UserError
    from inlay.evaluation.baselines import BASELINES, Baseline
    from inlay.evaluation.fillers import (
        ModelFiller,
        plain_answer,
        predicted_layout,
        refined_answer,
        true_layout,
    )
    from inlay.evaluation.predictions import Predictions
    from inlay.files import sha256
    from inlay.labels import LabelSet
    from inlay.painters.mirror import Mirrored, MirroredLayout
    from inlay.painters.protocols import Network, Predictor

    if sum(given is not None for given in (model, baseline, pred)) > 1:
        raise UserError("--model, --baseline, --pred: give one of them; a report is about one fill")
    if refine.steps and (baseline is not None or pred is not None):
        raise UserError("--refine optimises a model's style codes; it goes with no --baseline and no --pred")
    if mirror and (baseline is not None or pred is not None):
        raise UserError("--mirror lets a model look twice; it goes with no --baseline and no --pred")
    if as_photos and (baseline is not None or pred is not None):
        raise UserError("--as-photos is how a model fills; it goes with no --baseline and no --pred")
    if as_photos is None:
        is_model = baseline is None and pred is None and not refine.steps
        as_photos = is_model and size > own_size(model)
    if without and not as_photos:
        raise UserError("--without goes with --as-photos; a model by itself has no steps of finishing")
    if label_set != "celebamask-hq" and baseline is None and pred is None:
        raise UserError("--label-set: goes with --baseline or --pred; a model knows its own classes")
    if baseline is not None:
        return Subject(
            str(baseline), "baseline", "baseline", Baseline(BASELINES[baseline]), LabelSet.named(label_set)
        )
    if pred is not None:
        return Subject(
            "pred", "results of another program", str(pred), Predictions(pred), LabelSet.named(label_set)
        )
    if as_photos:
        return _open_photo_fills(model, layout, refine, device, without, mirror=mirror)
    snapshot, folder, chosen = open_model(model, size, device)
    built = refine.build(chosen)
    answer = plain_answer if built is None else refined_answer(built[0])
    source = true_layout if layout is Layout.TRUE else predicted_layout
    network: Network = snapshot.model
    predictor: Predictor | None = snapshot.layout
    if mirror:
        twins = snapshot.labels.twins
        network, predictor = Mirrored(network, twins), predictor and MirroredLayout(predictor, twins)
    filler = ModelFiller(network, predictor, source=source, answer=answer, device=chosen)
    weights = {"model": sha256(folder / "weights.safetensors")}
    refined = built and built[1]
    return Subject("model", MODEL_ALONE, str(folder), filler, snapshot.labels, str(chosen), weights, refined)


def own_size(model: Path | None) -> int:
    """Return the height in pixels of the portraits that a model is made for; of no named model, ours."""
    from inlay.checkpoint import BOTH, load_snapshot, snapshot_folder

    if model is not None and str(model) == BOTH:
        return 2 * own_size(None)
    return load_snapshot(snapshot_folder(model)).config.data.size


def _open_photo_fills(
    model: Path | None,
    layout: Layout,
    refine: "RefineSettings",
    device: str,
    without: Sequence[str],
    *,
    mirror: bool,
) -> Subject:
    """The models as `inlay fill` runs them, but for the precision: fp32, as everything is measured in."""
    from inlay.errors import UserError
    from inlay.evaluation.fillers import PhotoFills
    from inlay.finish.recipe import STANDARD
    from inlay.painters.runtime import Runtime
    from inlay.repair.inpainter import Inpainter

    if refine.steps:
        raise UserError("--as-photos goes with no --refine; measure that at the model's own size")
    runtime = Runtime(device, "fp32")
    inpainter = Inpainter.load(
        None if model is None else str(model), runtime, recipe=STANDARD.without(without), mirror=mirror
    )
    filler = PhotoFills(inpainter, layout.value)
    name = "bundled or bundled-both, by size" if model is None else str(model)
    name += ", two looks" * mirror + "".join(f", without {step}" for step in without)
    weights = {"model": inpainter.sha256}
    device = str(runtime.torch_device())
    return Subject("model, as photos", AS_PHOTOS, name, filler, inpainter.labels, device, weights)
