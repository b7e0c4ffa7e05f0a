"""The import rule: rooms look down only, nothing in a circle, and the minimum imports everything."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "inlay"

# A room is a folder or a file right under src/inlay; these files share one.
VOCABULARY = {
    "batch", "deep", "errors", "examples", "extras", "files", "images", "labels", "layers", "notes", "places",
    "stored", "tensors", "version",
}  # fmt: skip

# Room: the rooms that it may import from. What is not listed here is an upward edge.
BELOW = {
    "vocabulary": set[str](),
    "config": {"vocabulary"},
    "weights": {"vocabulary"},
    "data": {"vocabulary"},
    "networks": {"vocabulary"},
    "losses": {"vocabulary", "networks"},
    "model": {"vocabulary", "config", "networks"},
    "visualize": {"vocabulary"},
}
BELOW["checkpoint"] = {*BELOW["model"], "model", "weights"}
BELOW["convert"] = {*BELOW["checkpoint"], "checkpoint"}
BELOW["mean_codes"] = {*BELOW["checkpoint"], "checkpoint", "data"}
BELOW["geometry"] = {"vocabulary"}
BELOW["pixels"] = {"vocabulary", "geometry"}
BELOW["finish"] = {"vocabulary", "pixels", "geometry"}
BELOW["faces"] = {"vocabulary", "pixels", "geometry", "networks"}
BELOW["damage"] = {"vocabulary", "geometry", "networks", "pixels"}
BELOW["painters"] = {*BELOW["checkpoint"], *BELOW["finish"], "checkpoint", "finish", "losses"}
BELOW["repair"] = {*BELOW["painters"], "painters", "faces", "damage", "visualize"}
BELOW["jobs"] = {*BELOW["repair"], "repair", "data"}
BELOW["evaluation"] = {*BELOW["jobs"], "jobs"}
BELOW["benchmark"] = {*BELOW["evaluation"], "evaluation"}
BELOW["export"] = {*BELOW["painters"], "painters", "data"}
BELOW["training"] = {*BELOW["evaluation"], "evaluation"}
BELOW["ablation"] = {*BELOW["training"], "training"}
BELOW["results"] = {*BELOW["ablation"], "ablation"}
BELOW["app"] = {*BELOW["evaluation"], "evaluation", "convert"}
BELOW["cli"] = {*BELOW["results"], "results", "app", "benchmark", "convert", "export", "mean_codes"}
BELOW["__main__"] = {"cli"}

# What a room never needs, because it is another room's work.
NEVER = {
    "data": {"typer", "rich", "pydantic"},
    "networks": {"typer", "rich", "pydantic", "PIL", "pathlib", "json", "tomllib"},
    "losses": {"typer", "rich", "pydantic", "PIL", "pathlib", "json", "tomllib"},
    "model": {"typer", "rich", "PIL", "pathlib", "json", "tomllib"},
    "pixels": {"torch", "typer", "rich", "pathlib", "json"},
    "geometry": {"torch", "typer", "rich", "pathlib", "json"},
    "finish": {"torch", "typer", "rich", "pathlib"},
    "damage": {"typer", "argparse", "fastapi"},
    "faces": {"typer", "argparse", "fastapi"},
    "painters": {"typer", "argparse", "fastapi"},
    "repair": {"torch", "typer", "argparse", "fastapi"},
    "jobs": {"typer", "argparse", "fastapi"},
    "evaluation": {"typer", "argparse", "fastapi"},
    "training": {"typer", "argparse", "fastapi"},
}

EXTRAS = {
    "accelerate", "beartype", "cv2", "fastapi", "hypothesis", "onnx", "onnxruntime", "patchmatch_cython",
    "fsspec", "psutil", "pytest", "ray", "skimage", "tensorboard", "tifffile",
    "torch_fidelity", "uvicorn",
}  # fmt: skip


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every name that a file imports, wherever in it, with its line: 'a.b' for `from a import b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import; write the whole name"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def owner(name: str, known: dict[str, Path]) -> str:
    """The module that an imported name belongs to: the longest part of it that is one."""
    while name not in known:
        name = name.rpartition(".")[0]
    return name


def room(module: str) -> str:
    """The room of a module below `inlay`."""
    name = module.split(".")[1]
    return "vocabulary" if name in VOCABULARY else name


def edges() -> Iterator[tuple[str, str, str]]:
    """Importing module, imported module of the package, and the place to name in a complaint."""
    known = modules()
    for module, path in known.items():
        for name, line in imports(path):
            if name.split(".")[0] == "inlay":
                yield module, owner(name, known), f"{path.relative_to(SOURCE.parent)}:{line}"


def test_each_module_has_a_room() -> None:
    homeless = {room(m) for m in modules() if m != "inlay"} - BELOW.keys()
    assert not homeless, f"give {homeless} a place in the table of rooms above"


def test_rooms_look_down_only() -> None:
    upward = [
        f"{place}: {room(source)} imports {target}"
        for source, target, place in edges()
        # The public face gathers from everywhere; inside, only the command line looks at it, for the version.
        if source != "inlay"
        and (source, target) != ("inlay.cli.main", "inlay")
        and (target == "inlay" or (room(target) != room(source) and room(target) not in BELOW[room(source)]))
    ]
    assert not upward, "upward imports:\n" + "\n".join(upward)


def test_no_circles() -> None:
    graph = {module: set[str]() for module in modules()}
    for source, target, _ in edges():
        if source != target:
            graph[source].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"an import circle: {' -> '.join(error.args[1])}")


def test_the_table_of_rooms_has_no_circle() -> None:
    TopologicalSorter(BELOW).prepare()


def test_rooms_leave_others_work_alone() -> None:
    strange = [
        f"{path.relative_to(SOURCE.parent)}:{line}: {name}"
        for module, path in modules().items()
        if module != "inlay"
        for name, line in imports(path)
        if name.split(".")[0] in NEVER.get(room(module), set())
    ]
    assert not strange, "imports that belong to another room:\n" + "\n".join(strange)


def test_no_torchvision() -> None:
    assert not [
        path
        for path in modules().values()
        for name, _ in imports(path)
        if name.split(".")[0] == "torchvision"
    ]


def test_no_deferred_annotations() -> None:
    """`from __future__ import annotations` would switch the shape checks off."""
    assert not [
        path for path in modules().values() for name, _ in imports(path) if name == "__future__.annotations"
    ]


def test_every_module_imports_with_the_minimum() -> None:
    """All but the server's: that room is one extra, and `inlay edit` asks for it before it goes in."""
    program = f"""
import importlib, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {EXTRAS!r}:
            raise ImportError(name + " is an extra")
sys.meta_path.insert(0, Absent())
for name in {sorted(name for name in modules() if not name.startswith("inlay.app."))!r}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", sorted(modules()))
def test_public_face(module: str) -> None:
    """Each module says what is public, and it is there."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{module} says not what it is for"
    if any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign) for node in tree.body):
        loaded = sys.modules.get(module) or __import__(module, fromlist=["_"])
        assert all(hasattr(loaded, name) for name in loaded.__all__)
