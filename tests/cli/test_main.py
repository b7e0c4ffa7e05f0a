import subprocess
import sys
from pathlib import Path

import pytest
import typer

import inlay
from cli.command_line import Run
from inlay.cli import main as module
from inlay.cli.main import app

COMMANDS = [
    command.callback.__name__.replace("_", "-")
    for command in app.registered_commands
    if command.callback is not None
]


def test_help(run: Run) -> None:
    for arguments in ((), ("--help",)):
        done = run(*arguments)
        assert done.status == 0
        assert all(name in done.out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.status == 0
    assert "Usage: inlay" in done.out


def test_version(run: Run) -> None:
    assert run("--version").out == f"inlay {inlay.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense' (see: inlay --help)"),
        (["--nonsense"], "No such option: --nonsense (see: inlay --help)"),
        (["fill"], "(see: inlay fill --help)"),
        (["fill", "photo.png"], "a photo and its hole are needed"),
        (["holes", "--size", "8", "--count", "0", "--output", "a.npz"], "(see: inlay holes --help)"),
    ],
)
def test_faults_of_usage_are_one_line(run: Run, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(typer.Typer, "__call__", interrupt)
    assert run("fill") == (130, "", "error: interrupted\n")


def test_our_own_faults_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise AssertionError

    monkeypatch.setattr(typer.Typer, "__call__", fail)
    with pytest.raises(AssertionError):
        module.main(["fill"])


def test_help_needs_no_heavy_import(tmp_path: Path) -> None:
    program = """
import sys
from inlay.cli.main import main
try:
    main(["--help"])
except SystemExit:
    heavy = {"torch", "numpy", "PIL", "pydantic", "skimage", "accelerate"} & sys.modules.keys()
    assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_the_first_panel_of_fill_is_short() -> None:
    """What a person needs for one photo; all else stands in panels of its own."""
    command = typer.main.get_command(app)
    fill = getattr(command, "commands", {})["fill"]
    first = [o for o in fill.params if o.param_type_name == "option" and not o.rich_help_panel]
    assert len(first) <= 7
