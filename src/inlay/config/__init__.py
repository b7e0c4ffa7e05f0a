"""Settings: pydantic models, read from TOML. An unknown key names its nearest neighbour."""

from inlay.config.base import Part
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
    parse_config,
)

__all__ = [
    "AdversarialLossConfig",
    "AugmentationConfig",
    "BoxHoleConfig",
    "CompactModelConfig",
    "Config",
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
    "PixelLossConfig",
    "ReleasedHoleConfig",
    "ScaledHoleConfig",
    "ScheduleConfig",
    "SeanModelConfig",
    "SemanticAttentionLossConfig",
    "TrainingConfig",
    "load_config",
    "parse_config",
]
