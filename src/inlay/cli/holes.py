"""`inlay holes`: draw frozen holes for an evaluation."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inlay.cli.cases import LabelSetOption
from inlay.cli.options import files_of_data

if TYPE_CHECKING:
    import numpy as np

    from inlay.data.folder import Pair

__all__ = ["holes"]


class Kind(StrEnum):
    """What a hole is."""

    FREE_FORM = "free-form"
    BOX = "box"
    PART = "part"
    PEERS = "peers"


class Variant(StrEnum):
    """Brushes whose width follows the size of the picture, or the released program's."""

    SCALED = "scaled"
    RELEASED = "released"


class Part(StrEnum):
    """Parts of a face."""

    EYE = "eye"
    EYES = "eyes"
    BROW = "brow"
    NOSE = "nose"
    MOUTH = "mouth"
    HAIR = "hair"


def holes(
    size: Annotated[
        str, typer.Option(help="Height and width in pixels: 128, or 96x160.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The holes, an .npz.", show_default=False)],
    count: Annotated[
        int | None,
        typer.Option(help="How many holes; for parts and peers, one a portrait.", min=1, show_default=False),
    ] = None,
    kind: Annotated[
        Kind,
        typer.Option(
            help="Strokes and rectangles, one rectangle, one whole part of a face, or in turn a brush, both "
            "eyes and the mouth, as other models were measured."
        ),
    ] = Kind.FREE_FORM,
    seed: Annotated[int, typer.Option(help="The n-th hole depends on this and on n alone.", min=0)] = 0,
    variant: Annotated[
        Variant, typer.Option(help="Brush width: scaled with the size, or 12 to 48 pixels as released.")
    ] = Variant.SCALED,
    low: Annotated[float, typer.Option(help="Smallest hole ratio, of strokes and boxes.")] = 0.01,
    high: Annotated[float, typer.Option(help="Largest hole ratio, of strokes and boxes.")] = 0.2,
    data: Annotated[
        Path | None,
        typer.Option(
            help="For parts and peers: folder with images/, labels/, perhaps val.txt.", show_default=False
        ),
    ] = None,
    stems: Annotated[
        Path | None,
        typer.Option(
            help="For parts and peers: the portraits (default: val.txt, else all).", show_default=False
        ),
    ] = None,
    part: Annotated[
        list[Part] | None,
        typer.Option(
            help="Part to hide; repeat it for a choice (default: any but both eyes).", show_default=False
        ),
    ] = None,
    reach: Annotated[
        float | None,
        typer.Option(
            help="How far a hole reaches beyond its part, as a share of the size (default: 0.025).",
            min=0,
            max=0.5,
            show_default=False,
        ),
    ] = None,
    in_turn: Annotated[
        bool, typer.Option("--in-turn", help="Hide the parts in turn, so that figures are told by part.")
    ] = False,
    label_set: LabelSetOption = "celebamask-hq",
) -> None:
    """Draw holes and write them packed, eight pixels a byte."""
    import numpy as np

    from inlay.data.boxes import frozen_boxes
    from inlay.data.holes import FreeForm, frozen_holes, pack_holes
    from inlay.errors import UserError
    from inlay.files import Named, check_output, keep_inputs, whole_file

    if output.suffix.lower() != ".npz":
        raise UserError(f"{output}: holes are written as .npz; name an .npz")
    check_output(output)
    reads: Named = {
        "the data": [*files_of_data(data), *([stems] if stems else [])],
        "--label-set": Path(label_set),
    }
    keep_inputs(reads, {"--output": output})
    sides = _height_and_width(size)
    kinds: list[str] | None = None
    if (part or in_turn or reach is not None) and kind is not Kind.PART:
        raise UserError(f"--part, --in-turn and --reach go with --kind part, not with {kind}")
    if kind in (Kind.PART, Kind.PEERS):
        drawn, kinds = _of_faces(
            kind, seed, count, sides, data, stems, part, label_set, in_turn=in_turn, reach=reach
        )
    elif data or stems:
        raise UserError(f"--data and --stems go with --kind part or peers, not with {kind}")
    elif count is None:
        raise UserError("--count is missing; say how many holes to draw")
    elif kind is Kind.BOX:
        drawn = frozen_boxes(seed, count, sides, low=low, high=high)
    else:
        form = {Variant.SCALED: FreeForm, Variant.RELEASED: FreeForm.released}[variant](low, high)
        drawn = frozen_holes(seed, count, sides, form)
    with whole_file(output) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **pack_holes(drawn, kinds))  # type: ignore[arg-type]
    ratio = drawn.mean(axis=(1, 2))
    spread = f"ratio {ratio.min():.1%} to {ratio.max():.1%}, mean {ratio.mean():.1%}"
    typer.echo(f"{len(drawn)} holes, {spread}: {output}")


def _of_faces(
    kind: Kind,
    seed: int,
    count: int | None,
    size: tuple[int, int],
    data: Path | None,
    stems: Path | None,
    part: list[Part] | None,
    label_set: str,
    *,
    in_turn: bool,
    reach: float | None,
) -> "tuple[np.ndarray, list[str] | None]":
    """Draw holes that follow the portraits' layouts; their kinds, where those come in turn."""
    from inlay.data.parts import PARTS, REACH, frozen_parts
    from inlay.data.peers import frozen_peers
    from inlay.errors import UserError
    from inlay.evaluation.cases import find_pairs
    from inlay.labels import LabelSet

    if data is None:
        raise UserError(f"--kind {kind} hides parts of given portraits: name their folder (--data DIR)")
    pairs: "list[Pair]" = find_pairs(data=data, stems=stems)[:count]
    labels, parts = LabelSet.named(label_set), [str(one) for one in part or PARTS]
    kinds: list[str] | None = None
    if kind is Kind.PEERS:
        drawn, kinds = frozen_peers(seed, pairs, size, labels)
    else:
        reach = REACH if reach is None else reach
        drawn = frozen_parts(seed, pairs, size, labels, parts=parts, reach=reach, in_turn=in_turn)
        kinds = [parts[n % len(parts)] for n in range(len(pairs))] if in_turn else None
    without = [pair.stem for pair, hole in zip(pairs, drawn, strict=True) if not hole.any()]
    if without:
        shown = ", ".join(without[:5])
        typer.echo(f"{len(without)} portraits have no such part and get no hole: {shown}", err=True)
    return drawn, kinds


def _height_and_width(text: str) -> tuple[int, int]:
    from inlay.errors import UserError

    found = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text)
    if found is None or 0 in (sides := [int(side) for side in found.groups() if side]):
        raise UserError(
            f"--size {text}: expected a number of pixels, or HEIGHTxWIDTH, for example 128 or 96x160"
        )
    return sides[0], sides[-1]
