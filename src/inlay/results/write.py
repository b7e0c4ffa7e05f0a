"""From a request to the page."""

from collections.abc import Callable

from inlay.ablation.plan import Plan, load_plan
from inlay.ablation.study import carry_out, collect
from inlay.ablation.tables import as_latex, lines_of
from inlay.checkpoint import snapshot_folder
from inlay.evaluation.cases import find_pairs, load_cases
from inlay.evaluation.evaluate import Metric
from inlay.evaluation.hole_sets import read_holes
from inlay.evaluation.kept import Report
from inlay.files import check_output, whole_file
from inlay.painters.runtime import Runtime
from inlay.results.make import (
    Bench,
    Contender,
    baselines_of,
    best_of_plan,
    courses_of,
    models_of,
    preds_of,
)
from inlay.results.page import page
from inlay.results.request import Request
from inlay.results.section import Section
from inlay.results.table_1 import table_1
from inlay.results.table_2 import table_2
from inlay.results.table_3 import table_3
from inlay.training.setup import label_set
from inlay.weights import cache_folder

__all__ = ["write_results"]


def write_results(request: Request, metrics: dict[str, Metric], tell: Callable[[str], None]) -> None:
    """Measure what is not measured yet and write the page, the tables as CSV, and Table I as LaTeX."""
    plan = load_plan(request.plan)
    check_output(request.output)
    config = plan.config(plan.rows[0], plan.seeds[0])
    labels, side = label_set(config), config.data.size
    pairs = find_pairs(data=request.data)
    stems = [pair.stem for pair in pairs]
    frozen = read_holes(request.holes, stems=stems, size=(side, side))[: request.count]
    request.work.mkdir(parents=True, exist_ok=True)
    tell("reading")
    cases = load_cases(pairs[: request.count], frozen, labels)
    device = Runtime(request.device).torch_device()
    bench = Bench(cases, metrics, labels, request.work / "reports", tell, device)
    third = _third(bench, request)
    reports = _reports(bench, plan, request)
    first = table_1(plan, reports, request.ablate_command())
    second = _second(bench, plan, request)
    sections = (first, second, third)
    for number, section in enumerate(sections, start=1):
        _write(request, f"table{number}.csv", section.table.as_csv())
    _write(request, "table1.tex", as_latex(lines_of(plan, reports), plan.title))
    with whole_file(request.output) as unfinished:
        unfinished.write_text(page(sections, request.page_command()), encoding="utf-8")


def _reports(bench: Bench, plan: Plan, request: Request) -> list[Report]:
    cases = bench.cases.part(0, request.plan_count or len(bench.cases))
    if not request.train:
        return collect(plan, cases, bench.metrics, output=request.runs, labels=bench.labels, tell=bench.tell)
    return carry_out(
        plan, cases, bench.metrics, data=request.data, output=request.runs,
        cache=request.cache or cache_folder(), labels=bench.labels, tell=bench.tell,
    )  # fmt: skip


def _second(bench: Bench, plan: Plan, request: Request) -> Section:
    """Table II: the model, and the network like the paper's where it is trained."""
    paper_like = best_of_plan(plan, request.runs)
    contenders = [_own(request), *([paper_like] if paper_like else [])]
    count = min(request.refine_count, len(bench.cases))
    courses, notes = courses_of(bench, contenders, request.steps, request.vgg, count)
    presets = list(dict.fromkeys(course.preset for course in courses))
    return table_2(courses, request.evaluate_commands(presets), notes)


def _third(bench: Bench, request: Request) -> Section:
    """Table III: the model, baselines, and other programs' results."""
    entries = models_of(bench, _own(request))
    baselines, notes = baselines_of(bench)
    entries += preds_of(bench, request.preds)
    return table_3([*entries, *baselines], request.fill_commands(), notes)


def _own(request: Request) -> Contender:
    name = "the bundled model" if request.model is None else request.model.name
    return Contender(name, snapshot_folder(request.model), ("predicted", "true"))


def _write(request: Request, name: str, text: str) -> None:
    with whole_file(request.work / name) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
