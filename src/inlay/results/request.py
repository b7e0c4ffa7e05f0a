"""What `inlay results` was asked for, and the commands that stand beside the figures."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path

from inlay.errors import UserError

__all__ = ["Request", "parse_preds", "parse_steps"]


@dataclass(frozen=True)
class Request:
    """Settings of the page; `runs` is the folder of `inlay ablate`, `work` where measurements are kept."""

    plan: Path
    data: Path
    holes: Path
    work: Path
    output: Path
    runs: Path
    train: bool = True
    model: Path | None = None
    preds: dict[str, Path] = field(default_factory=dict)
    count: int | None = None
    plan_count: int | None = None
    refine_count: int = 48
    steps: tuple[int, ...] = (1, 5, 20)
    lpips: Path | None = None
    vgg: Path | None = None
    cache: Path | None = None
    device: str = "cpu"

    def page_command(self) -> str:
        """The command that writes the page; of each path its last part."""
        words = ["inlay", "results", self._plan(), *self._on(self.count)]
        options: dict[str, object] = {
            "--model": self.model, "--lpips": self.lpips, "--vgg": self.vgg, "--plan-count": self.plan_count,
            "--refine-count": None if self.refine_count == Request.refine_count else self.refine_count,
            "--steps": None if self.steps == Request.steps else ",".join(str(step) for step in self.steps),
        }  # fmt: skip
        words += _options(options)
        for name, folder in self.preds.items():
            words += ["--pred", f"{name}={folder.name}"]
        return shlex.join([*words, "--work", self.work.name, "--output", f"docs/{self.output.name}"])

    def ablate_command(self) -> str:
        """The command of Table I alone."""
        on = self._on(self.plan_count or self.count)
        more = _options({"--lpips": self.lpips})
        return shlex.join(["inlay", "ablate", self._plan(), *on, *more, "--output", self.runs.name])

    def evaluate_commands(self, presets: list[str]) -> str:
        """The commands that measure single rows of Table II."""
        on = [*self._on(self.refine_count), *_options({"--model": self.model})]
        vgg = {"paper": _options({"--vgg": self.vgg}), "careful": []}
        return "\n".join(
            shlex.join(
                [
                    "inlay", "evaluate", *on, "--refine", str(max(self.steps)), "--refine-preset", preset,
                    *vgg[preset], "--json", f"{preset}.json",
                ]
            )
            for preset in presets
        )  # fmt: skip

    def fill_commands(self) -> str:
        """The commands that measure single rows of Table III."""
        on = [*self._on(self.count), *_options({"--lpips": self.lpips})]
        fills = [["--layout", layout, *_options({"--model": self.model})] for layout in ("predicted", "true")]
        fills.append(["--baseline", "biharmonic"])
        names = ("predicted", "true", "biharmonic")
        lines = [
            ["inlay", "evaluate", *on, *fill, "--json", f"{name}.json"]
            for fill, name in zip(fills, names, strict=True)
        ]
        return "\n".join(shlex.join(line) for line in lines)

    def _plan(self) -> str:
        return (
            f"configs/ablations/{self.plan.name}" if self.plan.parent.name == "ablations" else self.plan.name
        )

    def _on(self, count: int | None) -> list[str]:
        return ["--data", self.data.name, "--holes", self.holes.name, *_options({"--count": count})]


def parse_steps(text: str) -> tuple[int, ...]:
    """Numbers of steps, such as '1,5,20', which must rise from 1 or more."""
    try:
        steps = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(f"--steps {text}: expected whole numbers with commas, such as 1,5,20") from error
    if not steps or steps[0] < 1 or list(steps) != sorted(set(steps)):
        raise UserError(f"--steps {text}: expected rising numbers from 1 on, such as 1,5,20")
    return steps


def parse_preds(given: list[str]) -> dict[str, Path]:
    """Folders of results by name, from NAME=FOLDER each."""
    named: dict[str, Path] = {}
    for text in given:
        name, sign, folder = text.partition("=")
        if not (sign and folder and name.replace("-", "").replace("_", "").isalnum()):
            raise UserError(f"--pred {text}: expected NAME=FOLDER; a name of letters, digits, - and _")
        if name in named:
            raise UserError(f"--pred {text}: the name '{name}' was given twice")
        named[name] = Path(folder)
    return named


def _options(options: dict[str, object]) -> list[str]:
    """Those options that are given; of a path its last part."""
    words: list[str] = []
    for name, value in options.items():
        if value is not None:
            words += [name, value.name if isinstance(value, Path) else str(value)]
    return words
