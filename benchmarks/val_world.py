"""Unpack `val_world`: 200 faces of FFHQ and 200 historic portraits, a second validation set.

    python benchmarks/val_world.py --faces FACES --output val_world

FACES has `ffhq256.zip` and `historic.zip` with their tables (`ffhq256.csv`, `historic.csv`). Written are
`images/`, `val.txt` and `groups.csv`, which `inlay evaluate --images ... --groups ...` reads. The stems and
groups that tables tell stand in `benchmarks/data/val_world.csv`; groups labelled by eye are in
`val_world_by_eye.csv` (one labeller; over60 of old portraits is a guess). `val_world_left_out.csv` lists
every stem that training must leave out: the 400, and other portraits of the same people.

`--choose` writes both lists anew. Each set is sorted (FFHQ by number, portraits by mono and birth year) and
every n-th is taken. Portraits are of people born before 1910, at least 200 px wide. The number in a
portrait's name is its person's ICPSR id. Members who changed party have a second id: 9 and four digits of the
first. Portraits with the same four digits and birth year count as one person.
"""

import argparse
import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path

from inlay.errors import UserError

DATA = Path(__file__).resolve().parent / "data"
LIST, LEFT_OUT, BY_EYE = "val_world.csv", "val_world_left_out.csv", "val_world_by_eye.csv"
COUNT = 200
BORN_BEFORE = 1910
SMALLEST = 200  # px; below, a picture of 256 px is mostly interpolated
SWITCHED = 90000  # ICPSR ids from here on belong to members who changed party
YAW_BINS = ((0.1, "frontal"), (0.2, "turned"), (float("inf"), "turned far"))  # |yaw| below, of historic.csv

Row = dict[str, str]


def read_table(path: Path) -> list[Row]:
    """Read a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write rows of the same columns as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def person(row: Row) -> tuple[int, str]:
    """Return who a historic portrait shows: ICPSR number (of the first party) and birth year."""
    number = int(Path(row["file"]).stem[1:])
    return (number % 10000 if number >= SWITCHED else number), row["born"]


def every_nth(rows: Sequence[Row], count: int = COUNT) -> list[Row]:
    """Return `count` rows at even distances, the middle one of each stretch."""
    if len(rows) < count:
        raise UserError(f"{len(rows)} pictures to choose {count} from")
    return [rows[(2 * n + 1) * len(rows) // (2 * count)] for n in range(count)]


def yaw_bin(yaw: str) -> str:
    """Return the name of a yaw's bin."""
    return next(name for limit, name in YAW_BINS if abs(float(yaw)) < limit)


def choose(ffhq: Sequence[Row], historic: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the list of val_world and the list of what training leaves out."""
    old = [row for row in historic if row["born"] and int(row["born"]) < BORN_BEFORE]
    old = [row for row in old if int(row["size"]) >= SMALLEST]
    people = {person(row): row for row in sorted(old, key=lambda row: row["file"], reverse=True)}
    order = sorted(people.values(), key=lambda row: (row["mono"], row["born"], row["file"]))
    faces, portraits = every_nth(sorted(ffhq, key=lambda row: row["file"])), every_nth(order)
    chosen = [{"stem": Path(row["file"]).stem, "set": "ffhq256", "mono": "", "yaw": ""} for row in faces]
    chosen += [
        {"stem": Path(row["file"]).stem, "set": "historic", "mono": row["mono"], "yaw": yaw_bin(row["yaw"])}
        for row in portraits
    ]
    same = {person(row) for row in portraits}
    left_out = [{"set": "ffhq256", "stem": Path(row["file"]).stem} for row in faces]
    left_out += [
        {"set": "historic", "stem": Path(row["file"]).stem} for row in historic if person(row) in same
    ]
    return chosen, left_out


def unpack(faces: Path, rows: Sequence[Row], output: Path) -> None:
    """Write pictures, stems and groups to a data folder."""
    (output / "images").mkdir(parents=True)
    for name in sorted({row["set"] for row in rows}):
        with zipfile.ZipFile(faces / f"{name}.zip") as archive:
            for row in rows:
                if row["set"] == name:
                    file = f"{row['stem']}.webp"
                    (output / "images" / file).write_bytes(archive.read(file))
    (output / "val.txt").write_text("".join(f"{row['stem']}\n" for row in rows), encoding="utf-8")
    write_table(output / "groups.csv", rows)


def main() -> None:
    """Choose the faces, or unpack them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=Path, required=True, help="folder of the zips and their tables")
    parser.add_argument("--output", type=Path, help="data folder to write; must not be there yet")
    parser.add_argument("--choose", action="store_true", help="write the lists in benchmarks/data anew")
    given = parser.parse_args()
    if given.choose:
        tables = (read_table(given.faces / f"{name}.csv") for name in ("ffhq256", "historic"))
        for name, rows in zip((LIST, LEFT_OUT), choose(*tables), strict=True):
            write_table(DATA / name, rows)
    if given.output is not None:
        labelled = {row["stem"]: row for row in read_table(DATA / BY_EYE)}
        rows = [row | labelled[row["stem"]] for row in read_table(DATA / LIST)]
        unpack(given.faces, rows, given.output)
        print(f"{len(rows)} pictures: {given.output}")


if __name__ == "__main__":
    main()
