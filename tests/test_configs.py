"""Settings: every shipped config parses, and mistakes are named."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from inlay.config import CompactModelConfig, Config, SeanModelConfig, load_config, parse_config
from inlay.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted([*ROOT.glob("configs/*.toml"), *ROOT.glob("src/inlay/configs/*.toml")])


def test_configs_are_shipped() -> None:
    assert SHIPPED


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_config_parses_and_says_what_it_is_for(path: Path) -> None:
    config = load_config(path)
    assert config.description
    assert "\n" not in config.description
    assert config.data.size % 32 == 0
    assert parse_config(config.model_dump(mode="json"), "again") == config


def test_every_setting_is_described() -> None:
    def walk(model: type) -> list[str]:
        fields = getattr(model, "model_fields", {})
        return [
            f"{model.__name__}.{name}"
            for name, field in fields.items()
            if not field.description and not hasattr(field.annotation, "model_fields") and name != "kind"
        ] + [hole for field in fields.values() for hole in walk(field.annotation)]

    assert not walk(Config)


def test_overrides(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text("[schedule]\nfaces = 100\n", encoding="utf-8")
    config = load_config(path, ["schedule.faces=200", "training.precision=fp32", "data.size=64"])
    assert (config.schedule.faces, config.training.precision, config.data.size) == (200, "fp32", 64)


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("schedule.face=1", r"unknown key 'schedule\.face'; did you mean 'faces'\?"),
        ("shedule.faces=1", r"unknown key 'shedule'; did you mean 'schedule'\?"),
        ("schedule.faces=0", r"schedule\.faces: .*greater than or equal to 1"),
        ("training.precision=fp64", r"training\.precision: .*'fp32'"),
        ("schedule.faces", "expected KEY=VALUE"),
        ("description.faces=1", "'description' is a value, not a table"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, override: str, complaint: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text('description = "x"\n', encoding="utf-8")
    with pytest.raises(UserError, match=complaint):
        load_config(path, [override])


def test_files_that_are_no_config(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such config"):
        load_config(tmp_path / "absent.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("= 3", encoding="utf-8")
    with pytest.raises(UserError, match="not readable as TOML"):
        load_config(broken)
    with pytest.raises(UserError, match="not readable as TOML"):
        load_config(tmp_path)


def test_a_model_is_told_apart_by_its_kind() -> None:
    assert isinstance(parse_config({"model": {"kind": "sean"}}, "c").model, SeanModelConfig)
    assert isinstance(parse_config({"model": {"style_dim": 8}}, "c").model, CompactModelConfig)
    for model, complaint in (
        ({"kind": "seen"}, "model: no settings of a model; expected kind = 'compact' or 'sean'"),
        (3, "model: no settings of a model"),
        ({"kind": "sean", "widht": 3}, r"unknown key 'model\.widht'; did you mean 'width'\?"),
        ({"style_widht": 3}, r"unknown key 'model\.style_widht'; did you mean 'style_width'\?"),
        ({"kind": "sean", "width": 0}, r"c: model\.width: .*greater than or equal to 1"),
    ):
        with pytest.raises(UserError, match=complaint):
            parse_config({"model": model}, "c")


@pytest.mark.parametrize("model", [CompactModelConfig, SeanModelConfig])
def test_every_setting_of_a_model_is_described(model: type[BaseModel]) -> None:
    assert all(field.description for name, field in model.model_fields.items() if name != "kind")
