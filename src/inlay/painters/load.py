"""Open the painters of a model: a snapshot folder, or the bundled networks."""

from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import torch

from inlay.checkpoint import BOTH, BUNDLED, Snapshot, load_snapshot, snapshot_sha256
from inlay.networks.layout import LayoutPredictor
from inlay.painters.mirror import Mirrored, MirroredLayout
from inlay.painters.network import NetworkPainter
from inlay.painters.painter import PainterSet
from inlay.painters.protocols import Network, Predictor
from inlay.painters.runtime import Runtime
from inlay.painters.two_scales import TwoScaleLayout, TwoScales

__all__ = ["Models", "open_models"]


@dataclass(frozen=True)
class Models:
    """The painters of a model, and its layout predictor for finding faces, made for `size` pixels."""

    painters: PainterSet
    predictor: LayoutPredictor | TwoScaleLayout | None
    size: int
    device: torch.device


def open_models(
    model: Path | str | None = None,
    runtime: Runtime | None = None,
    *,
    mirror: bool = False,
) -> Models:
    """Open a model folder, or the networks that come with the package.

    Those are two, for portraits of 128 and of 256 pixels. One alone is asked for by its name, "bundled" or
    "bundled-256"; "bundled-both" takes both for small portraits too. A model without a layout predictor, as
    the paper's, borrows the package's where their classes agree. With `mirror` painters look twice.
    """
    runtime = runtime or Runtime()
    device = runtime.torch_device()
    is_both = str(model) == BOTH
    snapshot = load_snapshot(None if is_both else model)
    if snapshot.layout is None:
        lender = load_snapshot(None)
        if lender.labels == snapshot.labels:
            snapshot = replace(snapshot, layout=lender.layout)
    snapshot = _placed(snapshot, runtime)
    size, labels = snapshot.config.data.size, snapshot.labels

    def painter(network: Network, predictor: Predictor | None, size: int, quick: Network) -> NetworkPainter:
        if mirror:
            network = Mirrored(network, labels.twins)
            predictor = predictor and MirroredLayout(predictor, labels.twins)
        return NetworkPainter(network, predictor, size=size, labels=labels, device=device, quick=quick)

    if model is not None and not is_both:
        alone = partial(painter, snapshot.model, snapshot.layout, size, snapshot.model)
        return Models(PainterSet({size: alone}, labels, snapshot.sha256), snapshot.layout, size, device)

    @cache
    def joined() -> tuple[TwoScales, TwoScaleLayout]:
        # It may be opened in the midst of a fill, but a refinement will take gradients through it.
        with torch.inference_mode(mode=False):
            return _joined(_placed(load_snapshot(BUNDLED[1]), runtime), snapshot)

    def both() -> NetworkPainter:
        network, layout = joined()
        return painter(network, layout, 2 * size, network.coarse)

    sha256 = f"{snapshot.sha256}+{snapshot_sha256(BUNDLED[1])}"
    if is_both:
        return Models(PainterSet({2 * size: both}, labels, sha256), joined()[1], 2 * size, device)
    alone = partial(painter, snapshot.model, snapshot.layout, size, snapshot.model)
    painters = PainterSet({size: alone, 2 * size: both}, labels, sha256)
    return Models(painters, snapshot.layout, size, device)


def _joined(larger: Snapshot, smaller: Snapshot) -> tuple[TwoScales, TwoScaleLayout]:
    assert larger.layout is not None
    assert smaller.layout is not None
    layout = TwoScaleLayout(larger.layout, smaller.layout).eval().requires_grad_(False)
    return TwoScales(larger.model, smaller.model), layout


def _placed(snapshot: Snapshot, runtime: Runtime) -> Snapshot:
    for network in (snapshot.model, snapshot.layout):
        if network is not None:
            runtime.place(network)
    return snapshot
