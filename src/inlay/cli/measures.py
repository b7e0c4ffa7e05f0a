"""By which metrics `inlay evaluate` measures, as its options name them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inlay.evaluation.evaluate import Keep, Metric
    from inlay.evaluation.metrics.frechet import Fid
    from inlay.evaluation.metrics.identity import Identity
    from inlay.labels import LabelSet

__all__ = ["Measures", "open_measures", "open_metrics"]


@dataclass(frozen=True)
class Measures:
    """Metrics, the SHA-256 of their weights, what is skipped and why, and what measures all pictures."""

    metrics: "dict[str, Metric]"
    weights: dict[str, str]
    skipped: dict[str, str]
    identity: "Identity | None"
    fid: "Fid | None"

    @property
    def keeps(self) -> "list[Keep]":
        """What is to be shown each batch."""
        return [] if self.fid is None else [self.fid]

    def of_all(self) -> dict[str, Any]:
        """Return the report's entries that are no means over pictures, after all were measured."""
        found: dict[str, Any] = {"skipped": self.skipped}
        if self.fid is not None:
            found["fid"] = self.fid.value()
        if self.identity is not None:
            found["identity_other"] = self.identity.others()
        return found


def open_measures(
    labels: "LabelSet",
    device: str,
    *,
    lpips: Path | None,
    crop_lpips: bool,
    identity: Path | None,
    fid: Path | None,
    has_layouts: bool,
) -> Measures:
    """Open the metrics that options name; `lpips` is a folder, `identity` and `fid` are files of weights."""
    metrics, weights, skipped = open_metrics(lpips, crop_lpips=crop_lpips)
    person, identity_hash = open_identity(identity, labels, has_layouts=has_layouts)
    if person is not None:
        metrics["identity"] = person
    distance, fid_hash = open_fid(fid, device)
    if distance is None:
        skipped["fid"] = "no weights given (--fid FILE)"
    return Measures(metrics, weights | identity_hash | fid_hash, skipped, person, distance)


def open_metrics(
    lpips: Path | None, *, crop_lpips: bool = False
) -> "tuple[dict[str, Metric], dict[str, str], dict[str, str]]":
    """Open the metrics; also the SHA-256 of their weights, and what is skipped for what reason."""
    from inlay.errors import UserError
    from inlay.evaluation.evaluate import standard_metrics
    from inlay.evaluation.metrics.box import box_lpips
    from inlay.evaluation.metrics.perceptual import FEATURES, HEADS, Lpips, load_distance
    from inlay.files import sha256

    metrics = standard_metrics()
    if crop_lpips and lpips is None:
        raise UserError("--crop-lpips: LPIPS needs its weights; name their folder (--lpips DIR)")
    if lpips is None:
        return metrics, {}, {"lpips": "no weights given (--lpips DIR)"}
    distance = Lpips(load_distance(lpips))
    metrics["lpips"] = lambda truth, result, hole, label: distance(truth, result)
    if crop_lpips:
        metrics["crop_lpips"] = lambda truth, result, hole, label: box_lpips(distance, truth, result, hole)
    return metrics, {name: sha256(lpips / name) for name in (FEATURES, HEADS)}, {}


def open_fid(weights: Path | None, device: str) -> "tuple[Fid | None, dict[str, str]]":
    """FID with the SHA-256 of its weights, or nothing where none were given."""
    from inlay.evaluation.metrics.frechet import Fid, load_inception
    from inlay.files import sha256

    if weights is None:
        return None, {}
    return Fid(load_inception(weights, device), device), {"inception": sha256(weights)}


def open_identity(
    embedding: Path | None, labels: "LabelSet", *, has_layouts: bool
) -> "tuple[Identity | None, dict[str, str]]":
    """Open the distance between faces with the SHA-256 of its weights, or nothing where none were given."""
    from inlay.errors import UserError
    from inlay.evaluation.metrics.identity import Embedding, Identity
    from inlay.files import sha256

    if embedding is None:
        return None, {}
    if not has_layouts:
        raise UserError("--identity: faces are aligned by their layouts, of which there are none (--labels)")
    return Identity(Embedding(embedding), labels), {"identity": sha256(embedding)}
