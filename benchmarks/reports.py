"""Make the reports in docs/reports/ again, and the tables of the docs from them.

    scripts/measure                # all measurements of benchmarks/reports.toml, then the tables
    scripts/measure NAME ...       # these measurements, or all that a table of this name needs
    scripts/measure --missing      # those that have no report yet
    scripts/measure --list         # their names, minutes and dates
    scripts/measure --tables       # the tables alone

INLAY_SHARED names the folder of the data (default: ../shared). A measurement is a shell command that writes
$REPORT; it may use $INLAY_SHARED and $SCRATCH, an empty folder. Its report is stamped with the command, the
commit, the date, the machine and the hashes of the files that it names.
"""

import argparse
import importlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import textwrap
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end -->)", re.S)
CELL = re.compile(r"\{([^{}:]+):([^{}]*)\}")
UNMARKED = re.compile(r"((?:^<!-- published: .+ -->\n)?)((?:^\|.*\n)+)", re.M)
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.M | re.S)

Report = dict[str, Any]
Plan = dict[str, Any]


def read_plan(root: Path = ROOT) -> Plan:
    """Read the list of measurements and tables."""
    return tomllib.loads((root / "benchmarks" / "reports.toml").read_text(encoding="utf-8"))


def read_reports(root: Path = ROOT) -> dict[str, Report]:
    """Read all reports by name."""
    paths = sorted((root / "docs/reports").glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def pages(root: Path = ROOT) -> list[Path]:
    """List the pages whose tables are held against the reports; docs/history is not among them."""
    return [root / "README.md", root / "MODEL_CARD.md", *sorted((root / "docs").glob("*.md"))]


# Measuring


def measure(name: str, command: str, root: Path = ROOT) -> None:
    """Run a measurement, stamp its report, and put it into docs/reports/."""
    shared = Path(os.environ.get("INLAY_SHARED", root.parent / "shared")).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / f"{name}.json"
        paths = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "INLAY_SHARED": str(shared)}
        environment = os.environ | paths | {"SCRATCH": scratch, "REPORT": str(report)}
        date, started = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
        subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=root, env=environment, check=True)
        found = json.loads(report.read_text())
        found["measured"] = {
            "command": " ".join(command.replace("\\\n", " ").split(" ")).strip(),
            "commit": commit(root),
            "date": date,
            "seconds": round(time.perf_counter() - started, 1),
            "machine": machine(),
            "sha256": hashes(command, shared, root),
        }
        text = json.dumps(found, indent=1).replace(str(shared), "$INLAY_SHARED")
        text = text.replace(str(report), "$REPORT").replace(scratch, "$SCRATCH").replace(f"{root}/", "")
    (root / "docs" / "reports" / f"{name}.json").write_text(text + "\n")


def commit(root: Path = ROOT) -> str:
    """Return the commit that is checked out, with a plus sign where tracked files outside the docs differ."""
    changes = ["status", "--porcelain", "-uno", "--", ".", ":!docs", ":!*.md"]
    try:
        run = [
            subprocess.run(["git", *given], cwd=root, capture_output=True, text=True, check=True).stdout
            for given in (["rev-parse", "HEAD"], changes)
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return run[0].strip() + "+" * bool(run[1].strip())


def machine() -> str:
    """Name the processor, the cores, and the threads that the environment asks for."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, OMP_NUM_THREADS {threads}"


def hashes(command: str, shared: Path, root: Path) -> dict[str, str]:
    """Return the SHA-256 of the shared files that a command names, and of the bundled weights."""
    from inlay.files import sha256

    named = {part: shared / part for part in re.findall(r"\$INLAY_SHARED/([\w./-]+)", command)}
    weights = sorted((root / "src/inlay/weights").rglob("*.safetensors"))
    files = {f"$INLAY_SHARED/{part}": path for part, path in named.items() if path.is_file()}
    files |= {str(path.relative_to(root / "src/inlay")): path for path in weights}
    return {name: sha256(path) for name, path in files.items()}


# Tables


def needed(table: Plan) -> list[str]:
    """Name the reports that a table is made of, in the order of its cells."""
    if "report" in table:
        return [table["report"]]
    cells = [cell.replace("@", key) for key in table["rows"].values() for cell in table["columns"].values()]
    return list(dict.fromkeys(path.split(".")[0] for cell in cells for path, _ in CELL.findall(cell)))


def render(name: str, plan: Plan, reports: dict[str, Report]) -> str:
    """Write a table as Markdown, with its caption; rows whose reports are missing are left out and named."""
    table, names = plan["table"][name], needed(plan["table"][name])
    absent = [one for one in names if one not in reports]
    lines = list[str]()
    if len(absent) < len(names):
        lines = list(rows(table, reports))
        lines += ["", caption(name, table, [reports[one] for one in names if one in reports])]
    if absent:
        text = f"Not measured yet: {', '.join(f'`{one}`' for one in absent)} (`scripts/measure {name}`)."
        lines += [""] * bool(lines) + [textwrap.fill(text, 100, break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def rows(table: Plan, reports: dict[str, Report]) -> Iterator[str]:
    """Yield the table's lines: by the report's own script, or a cell a row and column."""
    if "script" in table:
        sys.path.insert(0, str(HERE))
        module, _, function = table["script"].partition(":")
        yield from getattr(importlib.import_module(module), function)(reports[table["report"]])
        return
    yield f"| {' | '.join([table['first'], *table['columns']])} |"
    yield "|---" * (table["first"].count("|") + 1 + len(table["columns"])) + "|"
    for label, key in table["rows"].items():
        cells = [cell.replace("@", key) for cell in table["columns"].values()]
        paths = [path for cell in cells for path, _ in CELL.findall(cell)]
        if all(path.split(".")[0] in reports for path in paths):
            filled = [CELL.sub(lambda found: figure(reports, found[1], found[2]), cell) for cell in cells]
            yield f"| {' | '.join([label, *filled])} |"


def figure(reports: dict[str, Report], path: str, form: str) -> str:
    """Write one figure of a report, `REPORT.key.key`, in a format.

    A dash stands for None, and for a last key with a question mark that the report lacks. Another missing key
    is a `KeyError`.
    """
    found: Any = reports
    rest = path
    while rest:
        if isinstance(found, list):
            key, _, rest = rest.partition(".")
            found = found[int(key)]
            continue
        # A key may hold points itself, as the group "set.historic".
        known = [one for one in found if f"{rest}.".replace("?.", ".").startswith(f"{one}.")]
        if not known:
            key = rest.split(".")[0]
            if rest.endswith("?") and "." not in rest:
                return "-"
            raise KeyError(f"docs/reports: no figure {path} (no '{key}' among {', '.join(found)})")
        key = max(known, key=len)
        found, rest = found[key], rest[len(key) :].lstrip("?").removeprefix(".")
    return "-" if found is None else format(found, form)


def caption(name: str, table: Plan, reports: list[Report]) -> str:
    """Say what a table shows, and by which command it was measured, when, and at which commit."""
    stamps = [report.get("measured", report) for report in reports]
    dates = sorted({stamp["date"][:10] for stamp in stamps})
    commits = sorted({stamp["commit"][:8] + "+" * stamp["commit"].endswith("+") for stamp in stamps})
    days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    machines = sorted({stamp.get("machine", "") for stamp in stamps}) if table.get("machine") else []
    on = "".join(f"{one}. " for one in machines)
    text = f"{table['caption'].strip()} {on}`scripts/measure {name}`, {days}, commit {', '.join(commits)}."
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def fill_tables(text: str, plan: Plan, reports: dict[str, Report]) -> str:
    """Return a page with its marked tables made anew from the reports."""
    return BLOCK.sub(lambda found: found[1] + render(found[2], plan, reports) + found[4], text)


def loose_tables(text: str) -> list[str]:
    """Return the first lines of the tables with decimal figures that no marker holds to a report.

    A table under `<!-- published: SOURCE -->` is another's and is left out.
    """
    bare = BLOCK.sub("", text)
    return [
        found[2].splitlines()[0]
        for found in UNMARKED.finditer(bare + "\n")
        if not found[1] and re.search(r"(?<!v)\d\.\d|\s\.\d", CODE.sub("", found[2]))
    ]


# The command


def chosen(names: list[str], plan: Plan) -> list[str]:
    """Return the measurements of these names; a table's name stands for all that it needs."""
    found = list[str]()
    for name in names or list(plan["measure"]):
        if name not in plan["measure"] and name not in plan["table"]:
            raise SystemExit(f"no measurement and no table '{name}'; scripts/measure --list names all")
        found += [name] if name in plan["measure"] else needed(plan["table"][name])
    return list(dict.fromkeys(found))


def main() -> None:
    """Measure what is asked for, and make the tables anew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="measurements or tables (default: all)")
    parser.add_argument("--missing", action="store_true", help="only those without a report")
    parser.add_argument("--list", action="store_true", help="name them and stop")
    parser.add_argument("--tables", action="store_true", help="make the tables anew, measure nothing")
    given = parser.parse_args()
    plan, reports = read_plan(), read_reports()
    names = chosen(given.names, plan)
    if given.missing:
        names = [name for name in names if name not in reports]
    if given.list:
        for name in names:
            date = reports[name].get("measured", reports[name])["date"][:10] if name in reports else "-"
            print(f"{name:32} {plan['measure'][name]['minutes']:3} min  {date}")
        return
    for name in [] if given.tables else names:
        print(f"{name}: about {plan['measure'][name]['minutes']} minutes", file=sys.stderr, flush=True)
        measure(name, plan["measure"][name]["run"])
    reports = read_reports()
    for path in pages():
        text = path.read_text(encoding="utf-8")
        if (made := fill_tables(text, plan, reports)) != text:
            path.write_text(made, encoding="utf-8")
            print(f"tables made anew: {path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
