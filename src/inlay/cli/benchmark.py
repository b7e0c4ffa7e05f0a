"""`inlay benchmark`: speed beside other methods, a model's own speed, and real photos."""

from pathlib import Path
from typing import Annotated, Any

import typer

from inlay.cli.options import DeviceOption, ModelOption, document_output, files_of_model
from inlay.errors import UserError
from inlay.files import check_output

__all__ = ["app"]

app = typer.Typer(help="Measure speed, memory, and what is found in real photos.", no_args_is_help=True)

JsonOption = Annotated[
    Path | None, typer.Option("--json", help="Also write the figures there.", show_default=False)
]
ThreadsOption = Annotated[
    int | None, typer.Option(help="CPU threads (default: all).", min=1, show_default=False)
]


@app.command("speed")
def speed(
    sizes: Annotated[str, typer.Option(help="Sides of the portrait in pixels.")] = "256,512,1024,3000",
    rounds: Annotated[int, typer.Option(help="Fills that count, of each method and size.", min=1)] = 3,
    threads: ThreadsOption = None,
    cold: Annotated[bool, typer.Option(help="Also time fresh processes.")] = True,
    output: JsonOption = None,
) -> None:
    """Time fills of the example portrait beside biharmonic, Telea and PatchMatch; and cold starts."""
    from inlay.benchmark.speed import benchmark_speed, speed_lines

    _check_report(output)
    report = benchmark_speed(_numbers("--sizes", sizes, 16), rounds=rounds, threads=threads, cold=cold)
    _write_report(output, report)
    typer.echo("\n".join(speed_lines(report)))


@app.command("model")
def model_speed(
    model: ModelOption = None,
    device: DeviceOption = "auto",
    batches: Annotated[str, typer.Option(help="Batch sizes, separated by commas.")] = "1,8",
    precisions: Annotated[str, typer.Option(help="Of fp32 and bf16, separated by commas.")] = "fp32,bf16",
    seconds: Annotated[float, typer.Option(help="Time for each row.", min=0.1)] = 3.0,
    threads: ThreadsOption = None,
    compile_networks: Annotated[
        bool, typer.Option("--compile", help="Hand the networks to torch.compile.")
    ] = False,
    output: JsonOption = None,
) -> None:
    """Measure faces a second, latency, memory and the share of the machine's speed that is reached."""
    from inlay.benchmark.model import benchmark_model, write_table
    from inlay.files import keep_inputs
    from inlay.painters.runtime import Runtime

    keep_inputs({"the model": files_of_model(model)}, {"--json": output})
    _check_report(output)
    found = benchmark_model(
        model, Runtime(device, compile=compile_networks, threads=threads),
        batches=_numbers("--batches", batches, 1), precisions=_names(precisions), seconds=seconds,
    )  # fmt: skip
    _write_report(output, found)
    typer.echo(write_table(found))


@app.command("photos")
def photos(
    folder: Annotated[Path, typer.Argument(help="The photos; folders in it too.", show_default=False)],
    boxes: Annotated[
        Path,
        typer.Option(
            help="CSV of their faces: photo (its path in the folder), x, y, width, height in pixels, "
            "forehead to chin; ignore 1 for a face that counts neither way. A photo without a line has none.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder for report.json and the sheets.", show_default=False),
    ],
    kinds: Annotated[
        str, typer.Option(help="Kinds of holes, of none, lines and discs.")
    ] = "none,lines,discs",
    fill: Annotated[bool, typer.Option(help="Also fill each photo, with seconds and memory.")] = True,
    model: ModelOption = None,
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
) -> None:
    """Find the faces of real photos under holes, count them against boxes, and fill; a sheet a photo."""
    from rich.console import Console

    from inlay.benchmark.matching import read_boxes
    from inlay.benchmark.photos import draw_hole, measure_photo, photo_report
    from inlay.data.listing import list_folder
    from inlay.files import keep_inputs
    from inlay.repair.inpainter import Inpainter

    wanted = [kind.strip() for kind in kinds.split(",")]
    for kind in wanted:
        draw_hole(kind, "", (1, 1))
    there = list_folder(folder, recursive=True).pictures
    paths = {path.relative_to(folder).as_posix(): path for _, path in there if isinstance(path, Path)}
    known = read_boxes(boxes)
    if absent := known.keys() - paths.keys():
        raise UserError(
            f"{boxes}: {len(absent)} of its photos are not in {folder}: {', '.join(sorted(absent)[:3])}"
        )
    keep_inputs({"the photos": [folder, *paths.values()], "the boxes": boxes}, {"--output": output})
    inpainter = Inpainter.load(model, device, threads=threads)
    search = inpainter.tools.search
    assert search is not None
    output.mkdir(parents=True, exist_ok=True)
    records = []
    with Console(stderr=True).status("") as status:
        for number, (name, path) in enumerate(paths.items(), start=1):
            status.update(f"photo {number} of {len(paths)}: {name}")
            record, sheet = measure_photo(
                path, name, known.get(name, []), lambda pixels, hole: search(pixels, hole).visible,
                (lambda photo, hole: inpainter(photo, hole).image) if fill else None, wanted,
            )  # fmt: skip
            sheet.save(output / f"{name.replace('/', '__')}.sheet.png")
            records.append(record)
    report = photo_report(records, boxes, inpainter.sha256)
    _write_report(output / "report.json", report)
    for kind, row in report["kinds"].items():
        recall = (
            "no faces"
            if row["recall"] is None
            else f"{row['found']} of {row['faces']} faces ({row['recall']:.1%})"
        )
        typer.echo(
            f"{kind}: {recall}, {row['false_frames']} false frames in {row['photos_with_false']} photos"
        )


def _check_report(path: Path | None) -> None:
    if path is not None:
        document_output(path)
        check_output(path)


def _write_report(path: Path | None, report: dict[str, Any]) -> None:
    import json

    from inlay.files import whole_file

    if path is not None:
        with whole_file(path) as unfinished:
            unfinished.write_text(json.dumps(report, indent=1) + "\n")


def _numbers(option: str, text: str, least: int) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UserError(
            f"{option} {text}: expected whole numbers separated by commas, as {least},{8 * least}"
        ) from error
    if min(numbers) < least:
        raise UserError(f"{option} {text}: expected at least {least}")
    return numbers


def _names(text: str) -> list[str]:
    from inlay.painters.runtime import PRECISIONS

    names = [part.strip() for part in text.split(",")]
    for name in names:
        if name not in PRECISIONS:
            raise UserError(
                f"--precisions {text}: expected some of {', '.join(PRECISIONS)}, separated by commas"
            )
    return names
