import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import inlay
from inlay.batch import Batch
from inlay.checkpoint import load_model
from inlay.errors import UserError
from inlay.repair.inpainter import Inpainter, Result


def test_the_public_names() -> None:
    assert set(inlay.__all__) == {"Batch", "Inpainter", "Result", "UserError", "__version__", "load_model"}
    assert inlay.Batch is Batch
    assert inlay.Inpainter is Inpainter
    assert inlay.Result is Result
    assert inlay.UserError is UserError
    assert inlay.load_model is load_model
    assert set(inlay.__all__) <= set(dir(inlay))


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'inlay' has no attribute 'nonsense'"):
        inlay.nonsense  # noqa: B018


def test_the_version_is_the_packages(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "inlay.version.__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", inlay.__version__)


def test_the_import_is_light() -> None:
    program = (
        "import sys, inlay; heavy = {'torch', 'numpy', 'PIL'} & sys.modules.keys(); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
