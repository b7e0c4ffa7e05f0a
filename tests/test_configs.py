"""Settings: every shipped config parses, and mistakes are named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from inlay.config import (
    AugmentationConfig,
    BoxHoleConfig,
    CompactModelConfig,
    Config,
    DamageConfig,
    FeatureNetworkConfig,
    NoHoleConfig,
    Part,
    PartHoleConfig,
    SeanModelConfig,
    load_config,
    load_run_config,
    parse_config,
    parse_run_config,
)
from inlay.data.parts import PARTS
from inlay.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = sorted([*ROOT.glob("configs/*.toml"), *ROOT.glob("src/inlay/configs/*.toml")])


def test_configs_are_shipped() -> None:
    assert SHIPPED


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_config_parses_and_says_what_it_is_for(path: Path) -> None:
    config = load_run_config(path)
    assert config.description
    assert "\n" not in config.description
    assert config.data.size % 32 == 0
    assert parse_run_config(config.model_dump(mode="json"), "again") == config


def tables(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model of settings in a type: itself, its fields', members of unions, items of lists."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from tables(field.annotation)
    for part in get_args(annotation):
        yield from tables(part)


def test_every_setting_is_described() -> None:
    found = {*tables(Config), *tables(DamageConfig)}
    assert {SeanModelConfig, PartHoleConfig, FeatureNetworkConfig, AugmentationConfig} <= found
    assert not [
        f"{table.__name__}.{name}"
        for table in found
        for name, field in table.model_fields.items()
        if not field.description and not list(tables(field.annotation)) and name != "kind"
    ]
    assert all(table.__doc__ for table in found)


def test_parts_of_the_face_are_those_of_the_data() -> None:
    assert list(get_args(Part)) == list(PARTS)


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
        ("data.holes.0.hihg=0.3", r"unknown key 'data\.holes\.0\.hihg'; did you mean 'high'\?"),
        ("data.holes.0.zzz=0.3", r"unknown key 'data\.holes\.0\.zzz'; known keys: kind, share, low, high"),
        ("data.holes.2.high=0.3", r"'data\.holes' is a list of 1; expected a number below that"),
        ("data.holes.one=3", r"'data\.holes' is a list of 1; expected a number below that"),
        ("data.holes=[{kind = 'prat'}]", r"data\.holes\.0: expected kind = 'scaled' or 'released' or 'box'"),
        ("data.holes=[{low = 0.1}]", r"data\.holes\.0: expected kind = 'scaled' or 'released' or 'box'"),
        ("data.holes=[{kind = 'part', low = 0.1}]", r"unknown key 'data\.holes\.0\.low'; known keys: kind, "),
        ("data.holes=[{kind = 'part', parts = ['chin']}]", r"data\.holes\.0\.parts\.0: .*'eye'"),
        ("data.holes=[{kind = 'box', low = 0}]", r"data\.holes\.0\.low: .*greater than 0"),
        ("data.holes.0.low=0.3", r"data\.holes\.0: low = 0\.3 is not below high = 0\.2; lower low"),
        (
            "loss.perceptual.networks.0.pathh=x",
            r"'loss\.perceptual\.networks\.0\.pathh'; did you mean 'path'",
        ),
        ("loss.adversarial.wieght=1", r"unknown key 'loss\.adversarial\.wieght'; did you mean 'weight'"),
        (
            "loss.semantic_attention=0.1",
            r"loss\.semantic_attention: expected a table with keys of weight, form",
        ),
        ("loss.hole_l1=1.0", r"unknown key 'loss\.hole_l1'; known keys: pixel"),
        ("model.channels.3=x", r"model\.channels\.3: .*integer"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, override: str, complaint: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text('description = "x"\n', encoding="utf-8")
    with pytest.raises(UserError, match=complaint):
        load_config(path, [override])


def test_overrides_reach_into_lists(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        "[[data.holes]]\nkind = 'box'\n[[data.holes]]\nkind = 'part'\nparts = ['eye']\n", encoding="utf-8"
    )
    config = load_config(
        path,
        ["data.holes.0.high=0.5", "data.holes.1.parts.0=nose", "loss.perceptual.networks.0.path=vgg.pth"],
    )
    assert config.data.holes == [BoxHoleConfig(high=0.5), PartHoleConfig(parts=["nose"])]
    assert [network.path for network in config.loss.perceptual.networks] == ["vgg.pth"]
    config = load_config(path, ["data.holes=[{kind = 'none'}]", "model.channels.0=32"])
    assert config.data.holes == [NoHoleConfig()]
    assert config.model.channels == (32, 128, 256, 192)
    assert load_config(path).model.channels == (64, 128, 256, 192), "defaults stay as they are"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            {"schedule": {"discriminator_replays": 1}},
            r"c: schedule\.discriminator_replays needs a discriminator: raise loss\.adversarial\.weight",
        ),
        (
            {"model": {"attention": "none"}},
            r"c: loss\.semantic_attention\.weight has no effect with model\.attention = 'none': set",
        ),
        (
            {"augmentation": {"grey": 0.6, "sepia": 0.5}},
            r"c: augmentation: grey = 0\.6 and sepia = 0\.5 are shares of the same samples; lower one",
        ),
        ({"loss": {"adversarial": {"r1": 1.0}}}, r"c: loss\.adversarial: r1 needs a discriminator: raise"),
        (
            {"loss": {"adversarial": {"feature_matching": 1.0}}},
            r"c: loss\.adversarial: feature_matching needs a discriminator: raise loss\.adversarial\.weight",
        ),
        (
            {"loss": {"adversarial": {"weight": 1.0, "twins": True}}},
            r"c: loss\.adversarial: twins are shown beside windows: name loss\.adversarial\.parts",
        ),
        (
            {"model": {"kind": "sean"}, "training": {"frozen": ["context_encoder"]}},
            r"c: training\.frozen: this network has no context_encoder; take it out of the list \(its parts: "
            r"style_encoder, generator, layout\)",
        ),
        (
            {"loss": {"layout": {"weight": 0.0}}, "training": {"frozen": ["layout"]}},
            r"c: training\.frozen: this network has no layout",
        ),
    ],
)
def test_what_has_no_effect_is_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        parse_config(settings, "c")


def test_settings_without_a_weight_may_stay() -> None:
    loss = {
        "perceptual": {"window": 80},
        "adversarial": {"parts": ["eye"]},
        "semantic_attention": {"weight": 0},
    }
    assert parse_config({"loss": loss, "model": {"attention": "none"}}, "c").loss.perceptual.window == 80


def test_a_preset_can_be_flipped_without_jitter() -> None:
    augmentation = load_config(ROOT / "configs" / "released.toml").augmentation
    assert (augmentation.flip, augmentation.warp, augmentation.jitter) == (0.5, 0.0, 0.0)


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
