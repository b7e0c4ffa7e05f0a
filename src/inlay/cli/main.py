"""The table of commands, and how faults are told: one line on stderr, status 2."""

import sys
import warnings
from typing import Annotated

import typer

from inlay import __version__
from inlay.cli.ablate import ablate
from inlay.cli.attend import attend
from inlay.cli.benchmark import app as benchmark
from inlay.cli.compare import compare
from inlay.cli.convert import convert
from inlay.cli.damage import damage
from inlay.cli.download import download
from inlay.cli.edit import edit
from inlay.cli.evaluate import evaluate
from inlay.cli.export import export
from inlay.cli.fill import fill
from inlay.cli.gallery import gallery
from inlay.cli.holes import holes
from inlay.cli.layout import layout
from inlay.cli.mean_codes import mean_codes
from inlay.cli.prepare import app as prepare
from inlay.cli.repair import repair
from inlay.cli.report import report
from inlay.cli.results import results
from inlay.cli.train import train
from inlay.errors import UserError, is_out_of_memory

__all__ = ["app", "main"]

app = typer.Typer(name="inlay", add_completion=False, pretty_exceptions_enable=False)

for command in (
    fill,
    repair,
    damage,
    layout,
    edit,
    train,
    report,
    evaluate,
    compare,
    ablate,
    results,
    attend,
    gallery,
    holes,
    convert,
    export,
    mean_codes,
    download,
):
    app.command()(command)
app.add_typer(prepare, name="prepare")
app.add_typer(benchmark, name="benchmark")


def _show_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"inlay {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def inlay(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and stop.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Repair and edit portraits: fill holes from what is known, guided by a layout of named regions."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command and exit: 0 when it is done, 2 for a fault of what was given, 130 when interrupted."""
    given = sys.argv[1:] if arguments is None else arguments
    # Pillow warns of odd metadata and of large pictures on the way; both are read all the same.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        status = app(given or ["--help"], prog_name="inlay", standalone_mode=False)
    except UserError as error:
        status = _tell(str(error))
    except (KeyboardInterrupt, typer.Abort):
        status = _tell("interrupted", status=130)
    except OSError as error:  # a full disk, a folder of another user, a name that is too long
        place = f"{error.filename}: " if error.filename else ""
        status = _tell(f"{place}{error.strerror or error}")
    except Exception as error:
        if is_out_of_memory(error):
            sys.exit(_tell("not enough memory; close other programs, or take a smaller picture"))
        # A fault of usage. Typer lies on click, of its own or installed, so its class has no one name.
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "inlay"
        message = error.format_message().rstrip(".")
        hint = "; the picture of what is to be filled is given with --hole" if _names_mask(error) else ""
        status = _tell(f"{message}{hint} (see: {path} --help)")
    sys.exit(status if isinstance(status, int) else 0)


def _names_mask(error: Exception) -> bool:
    """Whether an unknown option is what other programs call the hole."""
    return getattr(error, "option_name", "") in ("--mask", "--masks", "--mask-image")


def _tell(message: str, status: int = 2) -> int:
    """One line, whatever the message holds."""
    typer.echo(f"error: {' '.join(message.split())}", err=True)
    return status
