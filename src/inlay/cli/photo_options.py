"""Options of the commands that repair photos: `inlay fill` and `inlay repair`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inlay.cli.fill_many import Batch, EngineName, FormatName, Sources, fill_many
from inlay.cli.options import document_output, refuse
from inlay.data.manifest import reads_of
from inlay.errors import UserError
from inlay.files import Named, keep_inputs
from inlay.places import Place, place_of

if TYPE_CHECKING:
    from inlay.jobs.worker import FillSettings

__all__ = [
    "LOOKS",
    "MANY",
    "AddressOption",
    "EngineOption",
    "FaceOption",
    "FormatOption",
    "ManyOptions",
    "MetadataName",
    "MetadataOption",
    "PhotoArgument",
    "PhotoModelOption",
    "QualityOption",
    "RecursiveOption",
    "ReportOption",
    "ResumeOption",
    "SheetOption",
    "ThreadsOption",
    "WorkersOption",
    "face_words",
    "option",
    "place",
]

LOOKS, FILES, MANY, MACHINE = "How it looks", "Files", "Many photos", "Machine"
"""Panels of the help."""


class MetadataName(StrEnum):
    """What becomes of EXIF and XMP data."""

    KEEP = "keep"
    STRIP = "strip"


def option(text: str, *names: str, panel: str | None = None, **limits: int | float) -> Any:
    """An option without a shown default."""
    return typer.Option(
        *names,
        help=text,
        show_default=False,
        rich_help_panel=panel,
        **limits,  # type: ignore[arg-type]
    )


PhotoArgument = Annotated[
    Path | None, typer.Argument(help="The photo, of any size, or a folder of photos.", show_default=False)
]
FaceOption = Annotated[
    list[str] | None,
    option(
        "A face as X,Y,WIDTH,HEIGHT[,ANGLE]; or auto (detect faces), whole (the photo is one portrait), "
        "none (it shows no face)."
    ),
]
FormatOption = Annotated[
    FormatName,
    typer.Option(
        "--format", help="Of results that inlay names; same: as the photo's.", rich_help_panel=FILES
    ),
]
SheetOption = Annotated[
    Path | None, option("Also write photo with its hole, layout and result as one picture.", panel=FILES)
]
QualityOption = Annotated[
    int | None,
    option("Of JPEG and WebP results (default: the JPEG photo's own).", panel=FILES, min=1, max=100),
]
MetadataOption = Annotated[
    MetadataName,
    typer.Option(help="Keep the photo's EXIF and XMP data, or strip them.", rich_help_panel=FILES),
]
RecursiveOption = Annotated[
    bool,
    typer.Option("--recursive", help="Also take the photos of subfolders.", rich_help_panel=MANY),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Skip results of an earlier, equal run.", rich_help_panel=MANY)
]
ReportOption = Annotated[Path | None, option("Write what became of each file as JSON.", panel=MANY)]
WorkersOption = Annotated[
    int, typer.Option(help="Processes that work on a folder or a manifest.", min=1, rich_help_panel=MANY)
]
EngineOption = Annotated[
    EngineName,
    typer.Option(help="What runs them: processes of this machine, or Ray's actors.", rich_help_panel=MANY),
]
AddressOption = Annotated[
    str | None,
    option("A Ray cluster, as auto or ray://HOST:10001 (default: Ray is started here).", panel=MANY),
]
PhotoModelOption = Annotated[
    Path | None,
    option(
        "Model folder, a file of `inlay export`, or bundled, bundled-256, bundled-both (default: the "
        "first for small portraits, the last for large ones).",
        panel=MACHINE,
    ),
]
ThreadsOption = Annotated[
    int | None,
    option(
        "CPU threads for a photo (default: all cores). Equal numbers give equal bytes; --workers take 1.",
        panel=MACHINE,
        min=1,
    ),
]


def place(path: Path | None) -> Place | None:
    """The place that a path or a URL names."""
    return None if path is None else place_of(path)


def face_words(given: list[str] | None) -> str:
    """The value of `FillSettings.faces` for what `--face` was given."""
    words = given or ["auto"]
    if len(words) > 1 and any(word in words for word in ("auto", "whole", "none")):
        raise UserError(f"--face {' --face '.join(words)}: auto, whole and none stand alone")
    return ";".join(words)


@dataclass(frozen=True)
class ManyOptions:
    """What goes with a folder or a manifest, and not with one photo."""

    recursive: bool
    resume: bool
    report: Path | None
    workers: int
    engine: EngineName
    address: str | None

    def refuse(self) -> None:
        """Raise a `UserError` if any was given; for one photo."""
        given = {
            "--recursive": self.recursive, "--report": self.report, "--resume": self.resume,
            "--workers": self.workers > 1, "--engine": self.engine != EngineName.PROCESSES,
            "--address": self.address,
        }  # fmt: skip
        refuse(given, "goes with a folder or a manifest, not with one photo")

    def run(
        self,
        sources: Sources,
        settings: "FillSettings",
        form: FormatName,
        started: float,
        *,
        others: Named,
        single: Mapping[str, object],
        overwrite: bool,
    ) -> None:
        """Do a folder or a manifest. `others` are read too; `single` are options of one photo."""
        refuse(single, "goes with one photo, not with a folder or a manifest")
        document_output(self.report)
        jobs = sources.jobs(form)
        writes: Named = {"--output": [job.output for job in jobs], "--report": self.report}
        keep_inputs({**reads_of(jobs), **others}, writes)
        batch = Batch(self.engine.build(self.workers, self.address), self.resume, overwrite, self.report)
        fill_many(jobs, settings, batch, sources.left_out(), started)
