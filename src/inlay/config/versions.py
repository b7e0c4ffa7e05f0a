"""Bring settings of an older inlay (snapshots of version 1 and 2, their runs) into the present form."""

import copy
from typing import Any

__all__ = ["current_settings"]

LOSS_PLACES = {
    "hole_l1": ("pixel", "hole"),
    "known_l1": ("pixel", "known"),
    "whole_l1": ("pixel", "whole"),
    "semantic_attention": ("semantic_attention", "weight"),
    "semantic_form": ("semantic_attention", "form"),
    "semantic_mu": ("semantic_attention", "mu"),
    "semantic_group_twins": ("semantic_attention", "group_twins"),
    "perceptual": ("perceptual", "weight"),
    "perceptual_region": ("perceptual", "region"),
    "perceptual_window": ("perceptual", "window"),
    "perceptual_networks": ("perceptual", "networks"),
    "adversarial": ("adversarial", "weight"),
    "adversarial_form": ("adversarial", "form"),
    "adversarial_patches": ("adversarial", "patches"),
    "adversarial_parts": ("adversarial", "parts"),
    "adversarial_holes": ("adversarial", "holes"),
    "adversarial_window": ("adversarial", "window"),
    "adversarial_twins": ("adversarial", "twins"),
    "adversarial_paired": ("adversarial", "paired"),
    "feature_matching": ("adversarial", "feature_matching"),
    "r1": ("adversarial", "r1"),
    "r1_every": ("adversarial", "r1_every"),
    "layout": ("layout", "weight"),
    "layout_hole_weight": ("layout", "hole_weight"),
    "layout_balance": ("layout", "balance"),
}
"""Where the flat keys of the former `loss` table are now."""

HOLE_KEYS = {
    "scaled": ("low", "high"),
    "released": ("low", "high"),
    "box": ("low", "high"),
    "part": ("parts", "reach"),
    "none": (),
}
"""What each kind of hole uses; formerly each kind had all of these keys."""

MOVED_TO_AUGMENTATION = (
    "warp",
    "bend",
    "grey",
    "sepia",
    "jitter",
    "part_tint",
    "blur",
    "downscale",
    "grain",
    "jpeg",
)
"""Keys of `augmentation` that were keys of `data`; with 0 a sample is not varied."""

STRENGTH_NAMES = {
    "rotation": "max_rotation",
    "scale": "max_scale",
    "shift": "max_shift",
    "color": "max_jitter",
}
"""Keys of `augmentation` that were keys of `data` under other names."""


def current_settings(settings: Any) -> Any:
    """Bring the whole settings of an older inlay into the present form, without changing the argument.

    Settings in the present form, and values that are no settings, come back as they are. Unknown keys stay,
    so that `parse_config` names them. Settings without effect are switched off. Two keys that no longer exist
    are dropped, since they concern training alone: `training.layout_from_picture`, `loss.adversarial_sees`.
    """
    if not _is_flat(settings):
        return settings
    new = copy.deepcopy(settings)
    new["loss"] = _nested_loss(new["loss"])
    data = new["data"]
    data["holes"] = [_hole(hole) for hole in data.get("holes", [])]
    new["augmentation"] = _augmentation(data)
    new["training"].pop("layout_from_picture", None)
    if new["model"].get("attention") == "none":
        new["loss"]["semantic_attention"]["weight"] = 0.0
    if not new["loss"]["adversarial"].get("weight"):
        new["loss"]["adversarial"] |= {"r1": 0.0, "feature_matching": 0.0}
        new["schedule"]["discriminator_replays"] = 0
    return new


def _is_flat(settings: Any) -> bool:
    """Tell whether settings have the former form and all tables that a rewrite needs."""
    tables = ("model", "data", "loss", "schedule", "training")
    return (
        isinstance(settings, dict)
        and all(isinstance(settings.get(table), dict) for table in tables)
        and "hole_l1" in settings["loss"]
    )


def _nested_loss(flat: dict[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {table: {} for table, _ in LOSS_PLACES.values()}
    for key, value in flat.items():
        if key in LOSS_PLACES:
            table, name = LOSS_PLACES[key]
            nested[table][name] = value
        elif key != "adversarial_sees":
            nested[key] = value
    return nested


def _augmentation(data: dict[str, Any]) -> dict[str, Any]:
    """Take the keys of `augmentation` out of the former `data` table."""
    found = {key: data.pop(key) for key in MOVED_TO_AUGMENTATION if key in data}
    found |= {new: data.pop(old) for old, new in STRENGTH_NAMES.items() if old in data}
    if not data.pop("augment", True):
        found |= dict.fromkeys(("flip", *MOVED_TO_AUGMENTATION), 0.0)
    return found


def _hole(hole: Any) -> Any:
    """Drop the keys that a kind of hole does not use."""
    if not isinstance(hole, dict):
        return hole
    kind = hole.get("kind", "scaled")
    unused = {"low", "high", "parts", "reach"} - set(HOLE_KEYS.get(kind, ()))
    return {"kind": kind, **{key: value for key, value in hole.items() if key not in unused}}
