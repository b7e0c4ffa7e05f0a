"""Where a table's figures come from, in one paragraph."""

from collections.abc import Sequence

from inlay.evaluation.kept import Report

__all__ = ["DEFAULT_METRICS", "origin"]

DEFAULT_METRICS = ("psnr", "ssim", "hole_psnr", "lpips")
SHORT = 12
"""Digits shown of a SHA-256."""


def origin(reports: Sequence[Report]) -> str:
    """Data, protocol, dates, versions and weights of the reports; what differs among them is all named."""
    first = reports[0]
    hashes = [report["provenance"]["sha256"] for report in reports]
    days = sorted({report["provenance"]["time"][:10] for report in reports})
    counts = sorted({report["count"] for report in reports})
    weights = list(dict.fromkeys(h["model"][:SHORT] for h in hashes if "model" in h))
    versions = first["provenance"]["versions"]
    parts = [
        f"Protocol {_all(r['protocol'] for r in reports)} of [evaluation.md](evaluation.md)",
        f"{' or '.join(str(count) for count in counts)} portraits "
        f"(SHA-256 of their stems `{_all(h['stems'][:SHORT] for h in hashes)}`, of the holes "
        f"`{_all(h['holes'][:SHORT] for h in hashes)}`)",
        f"hole ratio {first['hole_ratio']:.1%} on average",
        f"measured on {' to '.join((days[0], days[-1]) if len(days) > 1 else days)} "
        f"on {_all(r['provenance']['device'] for r in reports)}",
        f"inlay {versions.get('inlay', '?')}, torch {versions['torch']}, "
        f"scikit-image {versions.get('scikit-image', '?')}",
    ]
    if weights:
        parts.append("weights " + ", ".join(f"`{one}`" for one in weights))
    return "; ".join(parts) + "."


def _all(values: object) -> str:
    assert hasattr(values, "__iter__")
    return ", ".join(dict.fromkeys(str(value) for value in values))
