"""`docs/how-it-works.md` names the files that a photo passes; here it is held against the code.

So are the limits that keep the code readable: the size of folders and of functions.
"""

import ast
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from inlay.finish.recipe import STEPS

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "inlay"
PAGE = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")

MOST_FILES, MOST_WORDS = 12, 1200
MOST_IN_A_FOLDER = 20
MOST_LINES = 60
LONG_FOLDERS = {"cli"}  # one file a command
LONG_FUNCTIONS = {("training/loop.py", "train")}  # reads top-down


def section(title: str) -> str:
    """The text of a section of the page."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def passed() -> list[str]:
    """The files of the list, in order, below `src/inlay`."""
    return re.findall(r"^\d+\. `([\w/]+\.py)`", section("The files a photo passes"), re.M)


def imported(path: Path) -> set[str]:
    """All modules and names that a file imports, at any level of nesting: 'a.b' for `from a import b`."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def module(file: str) -> str:
    """The dotted name of a file below `src/inlay`."""
    return ".".join(("inlay", *Path(file).with_suffix("").parts))


def test_the_list_is_short_and_numbered() -> None:
    numbers = [int(n) for n in re.findall(r"^(\d+)\. ", section("The files a photo passes"), re.M)]
    assert numbers == list(range(1, len(passed()) + 1)), "each line of the list begins with a file"
    assert 2 <= len(numbers) <= MOST_FILES


def test_each_file_of_the_list_is_there() -> None:
    assert not [file for file in passed() if not (SOURCE / file).is_file()]


def test_each_file_is_imported_by_an_earlier_one() -> None:
    files = passed()
    reached = set[str]()
    missing = list[str]()
    for earlier, file in pairwise(files):
        reached |= imported(SOURCE / earlier)
        if module(file) not in reached:
            missing.append(file)
    assert not missing, f"imported by no earlier file of the list: {missing}"


def test_the_page_is_short() -> None:
    assert len(PAGE.split()) < MOST_WORDS


def test_each_file_that_the_page_names_is_there() -> None:
    """The table of stages names files and folders too."""
    named = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`", PAGE))
    assert not {path for path in named if not any((base / path).exists() for base in (SOURCE, ROOT))}


def test_the_table_of_steps_has_them_all() -> None:
    rows = re.findall(r"^\| (?:hole|crop|photo) \| `(\w+)` \|", section("The recipe"), re.M)
    assert set(rows) == STEPS


def test_no_folder_is_crowded() -> None:
    counts = Counter(path.parent.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))
    crowded = {
        folder: count
        for folder, count in counts.items()
        if count > MOST_IN_A_FOLDER and folder not in LONG_FOLDERS
    }
    assert not crowded, f"folders of more than {MOST_IN_A_FOLDER} Python files: {crowded}"


def test_no_function_is_long() -> None:
    long = list[str]()
    for path in sorted(SOURCE.rglob("*.py")):
        file = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = body_lines(node)
                if lines > MOST_LINES and (file, node.name) not in LONG_FUNCTIONS:
                    long.append(f"{file}:{node.lineno}: {node.name} has {lines} lines")
    assert not long, f"functions of more than {MOST_LINES} lines:\n" + "\n".join(long)


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's body, its docstring not counted."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
