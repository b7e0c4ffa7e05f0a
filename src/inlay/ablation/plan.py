"""The plan of an ablation: a base config, shared changes, seeds, and a row for each variant."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inlay.config import Config, load_config
from inlay.errors import UserError

__all__ = ["Plan", "Row", "load_plan"]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Settings):
    """One variant."""

    key: str = Field(pattern=r"^[a-z0-9-]+$", description="name of the row's run folders")
    name: str = Field(min_length=1, description="what stands in the table")
    like: str = Field("", description="key of an earlier row whose runs this row measures again")
    set: dict[str, Any] = Field({}, description="what the row changes, as {'model.attention' = 'self'}")
    layout: str = Field("true", pattern="^(true|predicted)$", description="under which layout it is measured")
    paper_psnr: float | None = Field(None, description="the paper's figure in dB, where it has one")


class Plan(_Settings):
    """All rows, trained at one budget with the same seeds."""

    title: str = Field(min_length=1, description="the table's title")
    base: str = Field(min_length=1, description="config to start from, beside this file")
    seeds: list[int] = Field(min_length=1, description="a run a row each")
    set: dict[str, Any] = Field({}, description="what all rows change")
    rows: list[Row] = Field(min_length=1)
    folder: Path = Field(exclude=True)

    def config(self, row: Row, seed: int) -> Config:
        """The settings of one run."""
        changes = {**self.set, **self.trained_as(row).set, "training.seed": seed}
        return load_config(self.folder / self.base, [f"{key}={_toml(v)}" for key, v in changes.items()])

    def trained_as(self, row: Row) -> Row:
        """The row whose runs a row measures: its own, or those of the row it is like."""
        return next(other for other in self.rows if other.key == (row.like or row.key))


def load_plan(path: Path) -> Plan:
    """Read a plan and check each run's settings, so that a mistake shows before hours of training."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        plan = Plan(**data, folder=path.parent)
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such ablation; the shipped ones lie in configs/ablations/") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: not readable as TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: {place}: {first['msg']}") from error
    keys = [row.key for row in plan.rows]
    for n, row in enumerate(plan.rows):
        if keys.count(row.key) > 1:
            raise UserError(f"{path}: two rows have the key '{row.key}'; each needs one of its own")
        if row.like and (row.like not in keys[:n] or row.set):
            raise UserError(
                f"{path}: row '{row.key}' is like '{row.like}'; expected the key of an earlier row, and no "
                "settings of its own"
            )
        plan.config(row, plan.seeds[0])
    return plan


def _toml(value: Any) -> str:
    """A value of a plan as TOML again."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(part) for part in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + "}"
    return repr(value)
