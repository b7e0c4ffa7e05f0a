"""Table II: what the style optimisation at test time gains, against the number of steps and the seconds."""

from dataclasses import dataclass
from typing import Any

from inlay.evaluation.kept import Report
from inlay.results.compare import difference
from inlay.results.origin import origin
from inlay.results.paper import TABLE_2
from inlay.results.section import Section, Table

__all__ = ["Course", "table_2"]

ABOUT = (
    "Eq. 8: the style codes of each picture are optimised on its known pixels. `paper` is as the paper has "
    "it (Adam, 0.01, pixel and VGG terms, fresh noise, the last step kept); `careful` moves only classes "
    "that are there, pulls them to where they were, and keeps the step that is best on known pixels kept "
    "aside. Gains are those over the plain pass of the same pictures; seconds are those of this measurement, "
    "on a machine that may have been busy."
)

VERDICTS = {
    1: "it helps, as the paper's text has it",
    -1: "it harms, as the table is printed",
    0: "neither help nor harm is told apart on so many pictures",
}
CLOSE = 1.0
"""Grey levels of 255 below which a picture of the known pixels is as good as a copy."""


@dataclass(frozen=True)
class Course:
    """A model under a preset; `answers` are reports with `steps`, the plain pass first."""

    model: str
    layout: str
    preset: str
    answers: list[dict[str, Any]]
    whole: Report


def table_2(courses: list[Course], command: str, notes: list[str]) -> Section:
    """The section, in the order of the courses."""
    head = [
        "model",
        "layout",
        "preset",
        "steps",
        "PSNR",
        "SSIM",
        "PSNR inside the hole",
        "gain inside the hole",
    ]
    head += ["gain's 95 %", "s a picture"]
    rows = [
        ["the paper, as printed", "true", p.name, "", f"{p.psnr:.2f}", f"{p.ssim:.3f}", "", "", "", ""]
        for p in TABLE_2
    ]
    for course in courses:
        # The plain pass is the same under each preset.
        rows += _rows(course) if course.model not in {row[0] for row in rows} else _rows(course)[1:]
    return Section(
        "Table II: style optimisation at test time",
        ABOUT,
        Table(head, rows, text_columns=3),
        _words(courses),
        command,
        origin([course.whole for course in courses]) if courses else "Nothing was measured yet.",
        notes,
    )


def _rows(course: Course) -> list[list[str]]:
    rows = []
    plain = course.answers[0]
    for answer in course.answers:
        gained = difference([answer], [plain], "hole_psnr") if answer["steps"] else None
        rows.append(
            [
                course.model, course.layout, course.preset if answer["steps"] else "none",
                str(answer["steps"]),
                f"{answer['psnr']:.2f}", f"{answer['ssim']:.4f}", f"{answer['hole_psnr']:.2f}",
                f"{gained.mean:+.3f}" if gained else "",
                f"{gained.low:+.3f} to {gained.high:+.3f}" if gained else "",
                f"{answer['seconds_per_image']:.2f}",
            ]
        )  # fmt: skip
    return rows


def _words(courses: list[Course]) -> list[str]:
    without, with_it = TABLE_2
    words = [
        f"As printed, optimisation costs the paper {without.psnr - with_it.psnr:.2f} dB and "
        f"{without.ssim - with_it.ssim:.3f} of SSIM, while its text says that both rise. Its Table I gives "
        f"{with_it.psnr:.2f} dB for the best model without optimisation and its Table III "
        f"{without.psnr:.2f} dB for its best result, so the two rows are probably swapped in print."
    ]
    for course in courses:
        last = course.answers[-1]
        found = difference([last], [course.answers[0]], "hole_psnr")
        whole = difference([last], [course.answers[0]], "psnr")
        if found is None or whole is None:
            continue
        words.append(
            f"{course.model}, {course.preset}, {last['steps']} steps: inside the hole "
            f"{found.shown(decimals=3)}, of the whole picture {whole.mean:+.3f} dB: {VERDICTS[found.sign]}."
        )
        if course is next(c for c in courses if c.model == course.model):
            words.append(_room(course))
    return words


def _room(course: Course) -> str:
    """How much the known pixels leave the style codes to learn."""
    known = course.answers[0]["known_l1"]
    drawn = f"{course.model}: its plain pass draws the known pixels to {known:.2f} grey levels of 255"
    if known < CLOSE:
        return f"{drawn}, as good as a copy, so that `careful` leaves it as it is."
    return f"{drawn}, so that there is something for the style codes to learn from them."
