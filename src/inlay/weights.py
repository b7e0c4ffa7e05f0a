"""The one door for pretrained files: by path, from the cache, or, when a person asks for it, by download.

Nothing is ever fetched unasked, and a file is read with `weights_only=True`, so that it can run no code.
"""

import http.client
import os
import pickle
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inlay.errors import UserError, is_out_of_memory
from inlay.files import sha256

__all__ = ["DOWNLOADS", "Download", "cache_folder", "download", "find", "read_state"]


@dataclass(frozen=True)
class Download:
    """A file that can be fetched: its SHA-256 or, where its makers publish no more, the head of it."""

    url: str
    sha256: str
    about: str

    @property
    def filename(self) -> str:
        """The file's name in the cache."""
        return self.url.rpartition("/")[2]


DOWNLOADS = {
    # torchvision puts the first eight digits of the SHA-256 into the file's name and publishes no others.
    "vgg19": Download(
        "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        "dcbb9e9d",
        "VGG19 trained on ImageNet, torchvision's IMAGENET1K_V1, 548 MB",
    )
}


def cache_folder() -> Path:
    """Where fetched files lie: `INLAY_CACHE`, else `inlay` in the user's cache folder."""
    given = os.environ.get("INLAY_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inlay"


def find(name: str, path: Path | None = None) -> Path:
    """The file of a pretrained network: the one given, else the cache's copy; it is not fetched."""
    if path is not None:
        if not path.is_file():
            raise UserError(f"{path}: no such weights file; expected the weights of '{name}'")
        return path
    if name not in DOWNLOADS:
        raise UserError(f"'{name}' cannot be downloaded: give the path of its weights file")
    cached = cache_folder() / DOWNLOADS[name].filename
    if not cached.is_file():
        raise UserError(
            f"the weights of '{name}' are not at {cached}: fetch them with `inlay download {name}` "
            f"(from {DOWNLOADS[name].url}), or give the path of the file"
        )
    return cached


def read_state(path: Path, *, sha256: str | None = None) -> dict[str, Tensor]:
    """The tensors of a checkpoint file: a plain state dict, or one under the key `model` or `state_dict`.

    The file must begin with the given SHA-256, if any.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected a checkpoint (.pth)")
    if sha256 is not None:
        _check(path, sha256)
    try:
        content: Any = torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        if is_out_of_memory(error):
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"{path}: not readable as a checkpoint of tensors ({reason}); expected a file of torch.save"
        ) from error
    for key in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if (
        not isinstance(content, dict)
        or not content
        or not all(isinstance(v, Tensor) for v in content.values())
    ):
        raise UserError(f"{path}: not a checkpoint of named tensors (a state dict)")
    return dict(content)


def download(name: str, progress: Callable[[int, int], None] = lambda done, total: None) -> Path:
    """Fetch a pretrained file into the cache and check its SHA-256; a good copy that is there stays.

    `progress` is called with the bytes that are there and those expected (0 = unknown).
    """
    if name not in DOWNLOADS:
        raise UserError(f"unknown file '{name}'; expected one of {', '.join(DOWNLOADS)}")
    wanted = DOWNLOADS[name]
    target = cache_folder() / wanted.filename
    if target.is_file():
        _check(target, wanted.sha256)
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(wanted.url, timeout=60) as answer:
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while block := answer.read(1 << 20):
                file.write(block)
                done += len(block)
                progress(done, total)
        _check(Path(unfinished), wanted.sha256)
        Path(unfinished).replace(target)
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise UserError(
            f"{wanted.url}: cannot be fetched ({error}); fetch it elsewhere and give its path"
        ) from error
    finally:
        Path(unfinished).unlink(missing_ok=True)
    return target


def _check(path: Path, expected: str) -> None:
    found = sha256(path)
    if not found.startswith(expected):
        raise UserError(
            f"{path}: damaged or another file: its SHA-256 is {found}, expected {expected}; delete it and "
            "retry"
        )
