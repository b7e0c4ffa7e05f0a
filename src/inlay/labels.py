"""Label vocabularies: the classes of a semantic layout, their colours, mirror twins and roles."""

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Integer, UInt8

from inlay.errors import UserError

__all__ = ["CELEBAMASK_HQ", "ROLES", "LabelClass", "LabelSet", "NeedsRoles"]

ROLES = ("skin", "nose", "glasses", "eye", "brow", "mouth", "lip", "hair", "beside", "left", "right")
"""What a class may be for the program, whatever its name. `beside` lies beside a face and belongs to none of
its parts; `left` and `right` are the pictured person's sides. `docs/labels.md` says what uses each role."""


@dataclass(frozen=True)
class LabelClass:
    """One class of a layout: its name, colour (RGB, 0..255), the name of its mirror twin, and its roles."""

    name: str
    color: tuple[int, int, int]
    twin: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class LabelSet:
    """The classes of a data set, in the order of their ids.

    >>> CELEBAMASK_HQ.names[4], CELEBAMASK_HQ.twins[4], CELEBAMASK_HQ.with_role("eye")
    ('l_eye', 5, (4, 5))
    """

    name: str
    classes: tuple[LabelClass, ...]

    def __post_init__(self) -> None:
        """Check that names are unique, that twins are mutual and that roles are known."""
        names = self.names
        if not 2 <= len(names) <= 256 or len(set(names)) != len(names):
            raise UserError(
                f"label set '{self.name}': expected 2 to 256 classes with different names, got {names}"
            )
        for item in self.classes:
            unknown = [role for role in item.roles if role not in ROLES]
            if unknown:
                raise UserError(
                    f"label set '{self.name}': '{item.name}' has the unknown role '{unknown[0]}'; expected "
                    f"one of {', '.join(ROLES)}"
                )
            if item.twin is None:
                continue
            mate = next((other for other in self.classes if other.name == item.twin), None)
            if mate is None or mate.twin != item.name:
                raise UserError(
                    f"label set '{self.name}': '{item.name}' names the twin '{item.twin}', "
                    f"which must exist and name '{item.name}' back"
                )

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def names(self) -> tuple[str, ...]:
        """Class names in the order of their ids."""
        return tuple(item.name for item in self.classes)

    @cached_property
    def twins(self) -> tuple[int, ...]:
        """For each class the id it becomes in a mirror image; a class without a twin stays itself."""
        return tuple(self.id_of(item.twin or item.name) for item in self.classes)

    @cached_property
    def palette(self) -> UInt8[np.ndarray, "classes 3"]:
        """Colours in the order of the ids."""
        return np.array([item.color for item in self.classes], dtype=np.uint8)

    @staticmethod
    def named(name: str) -> "LabelSet":
        """The set that people name: celebamask-hq, or the path of a TOML file.

        >>> LabelSet.named("celebamask-hq") == CELEBAMASK_HQ
        True
        """
        return CELEBAMASK_HQ if name == "celebamask-hq" else LabelSet.from_toml(Path(name))

    def id_of(self, name: str) -> int:
        """The id of a class name; a `UserError` names the known ones."""
        if name not in self.names:
            raise UserError(f"unknown class '{name}'; expected one of {', '.join(self.names)}")
        return self.names.index(name)

    def with_role(self, *roles: str) -> tuple[int, ...]:
        """The ids of the classes that have all of the roles; none where no class has.

        >>> CELEBAMASK_HQ.with_role("eye", "left")
        (4,)
        """
        assert set(roles) <= set(ROLES), roles
        return tuple(n for n, item in enumerate(self.classes) if set(roles) <= set(item.roles))

    def swap_twins(self, label: Integer[np.ndarray, "*shape"]) -> Integer[np.ndarray, "*shape"]:
        """The layout's ids after a mirror flip (left eye becomes right eye); the pixels are not moved."""
        return np.asarray(self.twins, dtype=label.dtype)[label]

    def colorize(self, label: Integer[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
        """The layout as an RGB picture in the palette's colours."""
        return self.palette[label]

    def check(self, label: Integer[np.ndarray, "*shape"], source: str) -> None:
        """Raise a `UserError` naming `source` if the layout has ids outside the vocabulary."""
        unknown = np.unique(label[(label < 0) | (label >= len(self))])
        if unknown.size:
            shown = ", ".join(str(i) for i in unknown[:5])
            raise UserError(
                f"{source}: layout ids {shown} are unknown; '{self.name}' has ids 0 to {len(self) - 1} "
                "(a grey picture whose values are the ids)"
            )

    def shares(self, label: UInt8[np.ndarray, "h w"]) -> dict[int, float]:
        """The part of a layout's pixels that each class takes, for the classes that are there.

        >>> CELEBAMASK_HQ.shares(np.array([[0, 0], [1, 0]], dtype=np.uint8))
        {0: 0.75, 1: 0.25}
        """
        counts = np.bincount(label.ravel(), minlength=len(self))
        return {int(i): float(counts[i] / label.size) for i in np.flatnonzero(counts)}

    @staticmethod
    def from_dict(data: dict[str, object], source: str = "labels") -> "LabelSet":
        """Read a vocabulary from parsed TOML or JSON: `name`, and `classes` of {name, color, twin?, roles?}.

        A set without roles that has the name and the class names of `CELEBAMASK_HQ` gets the roles of that
        set: files from before there were roles.
        """
        try:
            entries = data["classes"]
            assert isinstance(entries, list)
            classes = tuple(_class(entry) for entry in entries)
            read = LabelSet(str(data["name"]), classes)
        except (KeyError, TypeError, AttributeError, AssertionError) as error:
            raise UserError(
                f"{source}: not a label set ({error!r}); expected `name` and [[classes]] tables with "
                "`name`, `color` = '#rrggbb' or [r, g, b], and optionally `twin` and a list `roles`"
            ) from error
        is_old = (read.name, read.names) == (CELEBAMASK_HQ.name, CELEBAMASK_HQ.names)
        if not is_old or any(item.roles for item in classes):
            return read
        both = zip(classes, CELEBAMASK_HQ.classes, strict=True)
        return LabelSet(read.name, tuple(replace(item, roles=known.roles) for item, known in both))

    @staticmethod
    def from_toml(path: Path) -> "LabelSet":
        """Read a vocabulary from a TOML file (see `docs/labels.md`)."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise UserError(f"{path}: no such label file; expected a TOML file with [[classes]]") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise UserError(f"{path}: not readable as TOML: {error}") from error
        return LabelSet.from_dict(data, str(path))

    def to_dict(self) -> dict[str, object]:
        """The form that `from_dict` reads."""
        classes: list[dict[str, object]] = []
        for item in self.classes:
            entry: dict[str, object] = {"name": item.name, "color": list(item.color)}
            if item.twin:
                entry["twin"] = item.twin
            if item.roles:
                entry["roles"] = list(item.roles)
            classes.append(entry)
        return {"name": self.name, "classes": classes}


@runtime_checkable
class NeedsRoles(Protocol):
    """Something that works only with label sets that have classes of certain roles."""

    def missing(self, labels: LabelSet) -> str | None:
        """What a label set lacks, as a sentence for people; None where nothing is missing."""


def _class(entry: dict[str, object]) -> LabelClass:
    """A class from its table; `AssertionError` where `roles` is no list."""
    roles = entry.get("roles", [])
    assert isinstance(roles, list), "roles is no list"
    twin = str(entry["twin"]) if entry.get("twin") else None
    return LabelClass(str(entry["name"]), _color(entry["color"]), twin, tuple(str(role) for role in roles))


def _color(value: object) -> tuple[int, int, int]:
    if isinstance(value, str) and re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)
    if (
        isinstance(value, list)
        and len(value) == 3
        and all(isinstance(c, int) and 0 <= c <= 255 for c in value)
    ):
        return value[0], value[1], value[2]
    raise UserError(f"colour {value!r}: expected '#rrggbb' or three numbers from 0 to 255")


def _celebamask_hq() -> LabelSet:
    twins = {"l_eye": "r_eye", "l_brow": "r_brow", "l_ear": "r_ear"}
    twins |= {right: left for left, right in twins.items()}
    looks = {
        "background": ("#20242c", "beside"), "skin": ("#f0c8a8", "skin"), "nose": ("#d98c6a", "nose"),
        "eye_g": ("#7c5cff", "glasses"),
        "l_eye": ("#1fa2ff", "eye left"), "r_eye": ("#0b6fd6", "eye right"),
        "l_brow": ("#8a5a2b", "brow left"), "r_brow": ("#6b4219", "brow right"),
        "l_ear": ("#f5a15c", "beside left"), "r_ear": ("#d98238", "beside right"),
        "mouth": ("#7a1f2b", "mouth"), "u_lip": ("#e0485c", "mouth lip"), "l_lip": ("#ff7a8a", "mouth lip"),
        "hair": ("#5b3a1e", "hair beside"), "hat": ("#2e8b57", "beside"), "ear_r": ("#ffd84d", "beside"),
        "neck_l": ("#c9a400", "beside"), "neck": ("#e3b08c", "beside"), "cloth": ("#4f7f8f", "beside"),
    }  # fmt: skip
    classes = tuple(
        LabelClass(name, _color(color), twins.get(name), tuple(roles.split()))
        for name, (color, roles) in looks.items()
    )
    return LabelSet("celebamask-hq", classes)


CELEBAMASK_HQ = _celebamask_hq()
"""The 19 classes of CelebAMask-HQ; the `l_` parts lie on the viewer's right."""
