"""Settings: pydantic models, read from TOML. An unknown key names its nearest neighbour."""

from inlay.config.base import Part
from inlay.config.damage import DamageConfig, PicturesConfig
from inlay.config.holes import (
    BoxHoleConfig,
    HoleConfig,
    NoHoleConfig,
    PartHoleConfig,
    ReleasedHoleConfig,
    ScaledHoleConfig,
)
from inlay.config.losses import (
    AdversarialLossConfig,
    FeatureNetworkConfig,
    LayoutLossConfig,
    LossConfig,
    PerceptualLossConfig,
    PixelLossConfig,
    SemanticAttentionLossConfig,
)
from inlay.config.run import Schedule, Training
from inlay.config.schema import (
    AugmentationConfig,
    CompactModelConfig,
    Config,
    DataConfig,
    DiscriminatorConfig,
    LayoutConfig,
    ModelConfig,
    ScheduleConfig,
    SeanModelConfig,
    TrainingConfig,
    load_config,
    load_run_config,
    parse_config,
    parse_run_config,
)

__all__ = [
    "AdversarialLossConfig",
    "AugmentationConfig",
    "BoxHoleConfig",
    "CompactModelConfig",
    "Config",
    "DamageConfig",
    "DataConfig",
    "DiscriminatorConfig",
    "FeatureNetworkConfig",
    "HoleConfig",
    "LayoutConfig",
    "LayoutLossConfig",
    "LossConfig",
    "ModelConfig",
    "NoHoleConfig",
    "Part",
    "PartHoleConfig",
    "PerceptualLossConfig",
    "PicturesConfig",
    "PixelLossConfig",
    "ReleasedHoleConfig",
    "ScaledHoleConfig",
    "Schedule",
    "ScheduleConfig",
    "SeanModelConfig",
    "SemanticAttentionLossConfig",
    "Training",
    "TrainingConfig",
    "load_config",
    "load_run_config",
    "parse_config",
    "parse_run_config",
]
