"""Helpers of the training tests: change a config, read what a run left."""

import json
from pathlib import Path
from typing import Any

import torch

from inlay.checkpoint import load_state
from inlay.config import Config, parse_config


def changed(config: Config, **sections: dict[str, Any]) -> Config:
    """The config with some values of some sections replaced."""
    data = config.model_dump(mode="json")
    for section, values in sections.items():
        data[section].update(values)
    return parse_config(data, "changed")


def records(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def final_state(run: Path) -> dict[str, torch.Tensor]:
    """Every tensor of the newest training state, by its path."""
    newest = sorted((run / "checkpoints").glob("*.pt"))[-1]
    return dict(_tensors(load_state(newest), ""))


def _tensors(value: Any, path: str) -> list[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        return [(path, value)]
    if isinstance(value, dict):
        return [item for key, part in value.items() for item in _tensors(part, f"{path}/{key}")]
    return []


def assert_same(one: Path, other: Path) -> None:
    """The two runs ended with the same state, bit for bit."""
    a, b = final_state(one), final_state(other)
    assert a.keys() == b.keys()
    assert a
    for key, value in a.items():
        assert torch.equal(value, b[key]), key
