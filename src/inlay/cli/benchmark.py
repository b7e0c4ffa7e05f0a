"""`inlay benchmark`: how fast a model is on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from inlay.cli.options import DeviceOption, ModelOption, document_output, files_of_model
from inlay.errors import UserError
from inlay.files import check_output

__all__ = ["benchmark"]


def benchmark(
    model: ModelOption = None,
    device: DeviceOption = "auto",
    batches: Annotated[str, typer.Option(help="Batch sizes, separated by commas.")] = "1,8",
    precisions: Annotated[str, typer.Option(help="Of fp32 and bf16, separated by commas.")] = "fp32,bf16",
    seconds: Annotated[float, typer.Option(help="Time for each row.", min=0.1)] = 3.0,
    threads: Annotated[
        int | None, typer.Option(help="CPU threads (default: all).", min=1, show_default=False)
    ] = None,
    compile_networks: Annotated[
        bool, typer.Option("--compile", help="Hand the networks to torch.compile.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures there.", show_default=False)
    ] = None,
) -> None:
    """Measure faces a second, latency, memory and the share of the machine's speed that is reached."""
    import json

    from inlay.benchmark.model import benchmark_model, write_table
    from inlay.files import keep_inputs, whole_file
    from inlay.painters.runtime import Runtime

    if output is not None:
        keep_inputs({"the model": files_of_model(model)}, {"--json": output})
        document_output(output)
        check_output(output)
    found = benchmark_model(
        model, Runtime(device, compile=compile_networks, threads=threads),
        batches=_numbers(batches), precisions=_names(precisions), seconds=seconds,
    )  # fmt: skip
    if output is not None:
        with whole_file(output) as unfinished:
            unfinished.write_text(json.dumps(found, indent=1) + "\n")
    typer.echo(write_table(found))


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UserError(f"--batches {text}: expected whole numbers separated by commas, as 1,8") from error
    if min(numbers) < 1:
        raise UserError(f"--batches {text}: a batch holds at least 1 face")
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
