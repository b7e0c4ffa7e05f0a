"""docs/performance.md from one run: the bundled model, ours against the slow obvious forms, start-up, memory.

    python benchmarks/performance.py --folder /tmp/performance --data celebamask --holes val_holes_128.npz

What a figure was made from is kept in the folder; a second run measures only what is missing there. Run it on
an idle machine: about 25 minutes on two cores, half of them for 10,000 fills (`--fills`).
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))

import against_slow  # noqa: E402

from inlay.benchmark.model import write_table  # noqa: E402

HEADER = """# Performance

Made by `python benchmarks/performance.py --folder RUN --data celebamask --holes val_holes_128.npz`; do not
edit. Seconds depend on the machine, which was not always quiet; ratios were measured side by side in one run.
Needed figures are those of the project's issue 6, which were set for a machine with AMX (matrix units for
bf16).
"""


def main() -> None:
    """Measure what is missing, then write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the figures are kept")
    parser.add_argument("--fills", type=int, default=10_000)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md")
    parser.add_argument(
        "--data", type=Path, required=True, help="for the exported forms: CelebAMask-HQ's folder"
    )
    parser.add_argument("--holes", type=Path, required=True, help="and the holes of its val faces")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    model = measured(given.folder / "model.json", [*inlay("benchmark"), "--json"])
    slow = measured(given.folder / "against_slow.json", [*script("against_slow.py"), "--json"])
    fills = measured(
        given.folder / "fill_memory.json", [*script("fill_memory.py"), "--fills", str(given.fills), "--json"]
    )
    faces = ["--data", str(given.data), "--holes", str(given.holes)]
    forms = measured(given.folder / "onnx_forms.json", [*script("onnx_forms.py"), *faces, "--json"])
    sections = [HEADER, bundled(model), exported(forms), against(slow), others(fills)]
    given.output.write_text("\n".join(sections))


def inlay(command: str) -> list[str]:
    """The command line of a command of inlay."""
    return [sys.executable, "-c", "from inlay.cli.main import main; main()", command]


def script(name: str) -> list[str]:
    """The command line of a script in this folder."""
    return [sys.executable, str(HERE / name)]


def measured(path: Path, command: list[str]) -> dict[str, Any]:
    """The figures in a file, which the command makes where it is missing."""
    if not path.is_file():
        subprocess.run([*command, str(path)], check=True)
    return json.loads(path.read_text())


def bundled(found: dict[str, Any]) -> str:
    """The bundled model, by itself."""
    return f"""## The bundled model

`inlay benchmark`: layout, styles, attention, picture and composite of a batch, without reading and writing
files. "Of matmul" is the share of the speed of a large matrix product in the same precision on the same
threads: the roofline. "To fp32" is how near the composites are to those in fp32.

{write_table(found)}
"""


def exported(found: dict[str, Any]) -> str:
    """What `inlay export` writes, beside PyTorch."""
    forms = found["forms"]
    slow = forms["PyTorch, fp32"]
    lines = [
        f"""## Exported models

`python benchmarks/onnx_forms.py --data celebamask --holes val_holes_128.npz`, {found["threads"]} threads,
all forms in turns in one run, each in a process of its own, {found["date"]}: the bundled
model by PyTorch, and as `inlay export` writes it, also with `--int8`. "Apart" is how near the composites are
to PyTorch's in fp32; PSNR is of the first {found["count"]} val faces, protocol A, predicted layout.

| form | file | one face | faces/s in batches of 8 | times fp32 | apart | PSNR |
|---|---|---|---|---|---|---|"""
    ]
    for name, form in forms.items():
        size = f"{form['megabytes']:.0f} MB" if form["megabytes"] else ""
        apart = f"{form['apart']:.0f} dB" if form["apart"] else "equal"
        times = slow["seconds_8"] / form["seconds_8"]
        lines.append(
            f"| {name} | {size} | {form['seconds_1'] * 1000:.0f} ms | {8 / form['seconds_8']:.1f} "
            f"| {times:.1f} | {apart} | {form['psnr']:.2f} |"
        )
    return "\n".join(lines) + "\n"


def against(found: dict[str, Any]) -> str:
    """Ours against the slow obvious forms."""
    some = next(iter(found.values()))
    lines = [
        f"""## The paper's network, against the slow obvious form

`python benchmarks/against_slow.py`, {some["threads"]} threads. The slow form computes as the released program
does (`tests/reference`); both have the same made-up weights at the paper's widths, 267 million parameters,
and see the example portrait. Each cell: seconds, how many times as fast, memory that is added and its share
of the slow form's, nearness of the answers.

| | slow, fp32 | ours, fp32 | ours, bf16 |
|---|---|---|---|"""
    ]
    for case in found.values():
        cells = " | ".join(cell(case, form) for form in against_slow.FORMS)
        lines.append(f"| {case['what']} | {cells} |")
    return "\n".join(lines) + "\n"


def cell(case: dict[str, Any], form: str) -> str:
    """One form of one case."""
    slow, ours = case["slow"], case[form]
    parts = [f"{ours['seconds']:.2f} s"]
    if form != "slow":
        parts.append(f"**{slow['seconds'] / ours['seconds']:.1f} x**")
    if ours.get("memory"):
        parts.append(f"{ours['memory'] / 1e6:.0f} MB")
        if form != "slow":
            parts.append(f"{ours['memory'] / slow['memory']:.0%}")
    if form != "slow" and "psnr" in ours:
        parts.append("equal" if ours["psnr"] > 100 else f"{ours['psnr']:.0f} dB")
    return ", ".join(parts)


def others(fills: dict[str, Any]) -> str:
    """Start-up and memory over many fills."""
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run(inlay("--help"), check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return f"""## Start-up and memory

- `inlay --help`: {min(seconds):.2f} s, the least of 7.
- `python benchmarks/fill_memory.py --fills {fills["fills"]}`: from the second tenth of the fills to the last,
  what the process holds changes by {fills["growth_mb"]:+.1f} MB.
"""


if __name__ == "__main__":
    main()
