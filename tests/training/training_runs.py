"""Helpers of the training tests: change a config, read what a run left."""

import json
import multiprocessing
import os
import resource
import signal
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch

from inlay.checkpoint import load_state
from inlay.config import Config, parse_config
from inlay.errors import UserError
from inlay.training.loop import train

# Runs start from a small server process that has imported torch and computed nothing: a fork of the tests'
# own process, with all its threads, may hang.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["training_runs"])

PATIENCE = 180
"""Seconds after which a run that was started counts as hanging."""


def changed(config: Config, **sections: dict[str, Any]) -> Config:
    """The config with some values of some sections replaced, tables of a section as well."""
    return parse_config(_merged(config.model_dump(mode="json"), sections), "changed")


def _merged(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(settings)
    for key, value in changes.items():
        inner = settings.get(key)
        both = isinstance(value, dict) and isinstance(inner, dict)
        merged[key] = _merged(inner, value) if both else value
    return merged


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


def start(
    config: Config,
    data: Path,
    folder: Path,
    *,
    environment: dict[str, str] | None = None,
    limit: int | None = None,
) -> BaseProcess:
    """Begin a run in a process of its own, in `folder/run`; what it says goes to `folder/output.txt`.

    With a `limit` no file can grow beyond so many bytes, as on a full disk.
    """
    arguments = (config, data, folder, environment or {}, limit, torch.get_num_threads())
    child = SERVER.Process(target=_run, args=arguments)
    child.start()
    return child


def finish(child: BaseProcess, folder: Path) -> int:
    """The exit status of a run; one that does not end in time is killed, and what it said is shown."""
    child.join(PATIENCE)
    if child.exitcode is None:
        child.kill()
        pytest.fail(f"a run hangs after {PATIENCE} s; it said: {(folder / 'output.txt').read_text()}")
    return child.exitcode


def _run(
    config: Config,
    data: Path,
    folder: Path,
    environment: dict[str, str],
    limit: int | None,
    threads: int,
) -> None:
    with (folder / "output.txt").open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    os.environ.update(environment)
    # The run's loader forks its workers, as in `inlay train`: they end when the run is killed.
    multiprocessing.set_start_method("fork", force=True)
    torch.set_num_threads(int(environment.get("OMP_NUM_THREADS", threads)))
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        train(config, data=data, run=folder / "run", cache=folder)
    except UserError as error:
        print(f"error: {error}", flush=True)
        os._exit(2)
    os._exit(0)
