"""Keys of nested settings: where an override writes, and what a validation error names."""

import copy
import difflib
import tomllib
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from inlay.errors import UserError

__all__ = ["explain", "override"]


def explain(settings: type[BaseModel], error: ValidationError) -> str:
    """Say the first mistake in one line: its key and what is wrong, or the key nearest to an unknown one."""
    first = error.errors()[0]
    path, table, value = _locate(settings, first["loc"])
    key, message = ".".join(path), first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = list(table.model_fields)
        near = difflib.get_close_matches(path[-1], known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key '{key}'; {hint}"
    if first["type"].startswith("union_tag"):
        message = f"expected kind = {' or '.join(map(repr, _kinds(value)))}"
    if first["type"] == "model_type" and _is_settings(value):
        message = f"expected a table with keys of {', '.join(value.model_fields)}"
    return f"{key}: {message}" if key else message


def override(data: dict[str, Any], text: str, defaults: dict[str, Any]) -> None:
    """Write 'a.b.0.c=value' into parsed settings; the value is TOML, and a bare word is a string.

    A number is a place in a list. A list that the settings lack is copied from `defaults` first.
    """
    key, equals, written = text.partition("=")
    if not equals or not key:
        raise UserError(f"--set {text}: expected KEY=VALUE, for example schedule.faces=20000")
    try:
        value = tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        value = written
    *tables, last = key.split(".")
    here: Any = data
    default: Any = defaults
    for depth, part in enumerate(tables):
        place = _place(here, part, tables[:depth], text)
        default = default.get(part) if isinstance(default, dict) else None
        if isinstance(here, dict) and place not in here:
            here[place] = copy.deepcopy(default) if isinstance(default, list) else {}
        here = here[place]
    here[_place(here, last, tables, text)] = value


def _place(here: Any, part: str, above: list[str], text: str) -> str | int:
    """Find what a part of an override's key means: a key of a table, or an index of a list."""
    if isinstance(here, dict):
        return part
    name = ".".join(above)
    if not isinstance(here, list):
        raise UserError(f"--set {text}: '{name}' is a value, not a table")
    if not part.isdecimal() or int(part) >= len(here):
        raise UserError(f"--set {text}: '{name}' is a list of {len(here)}; expected a number below that")
    return int(part)


def _locate(settings: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[list[str], Any, Any]:
    """Find the keys of an error's place, the type of the table with the last one, and its value's type.

    pydantic also puts the kinds of tagged unions into a place; they are not keys.
    """
    path = list[str]()
    table: Any = settings
    here: Any = settings
    for part in loc:
        kinds = _kinds(here)
        if kinds:
            here = kinds.get(str(part))
        else:
            path.append(str(part))
            table, here = here, _inside(here, part)
    return path, table, here


def _inside(annotation: Any, part: int | str) -> Any:
    """Find the type of the value of a key in a table, or of an item of a list."""
    if _is_settings(annotation):
        field = annotation.model_fields.get(part)
        return None if field is None else _plain(field.annotation)
    items = get_args(annotation)
    return _plain(items[-1]) if items else None


def _kinds(annotation: Any) -> dict[str, type[BaseModel]]:
    """List the members of a tagged union of settings by their `kind`; none for any other type."""
    if get_origin(annotation) not in (Union, UnionType):
        return {}
    members = [_plain(member) for member in get_args(annotation)]
    return {member.model_fields["kind"].default: member for member in members if _is_settings(member)}


def _plain(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _is_settings(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
