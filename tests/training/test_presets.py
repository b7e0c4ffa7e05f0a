"""The paper's and the released preset take steps on real faces at reduced width."""

from pathlib import Path

import pytest
import torch
from training_runs import final_state, records

from inlay.config import load_config
from inlay.training.loop import train

SMALL = [
    "model.width=4", "model.layout_width=8", "model.style_width=4", "model.style_dim=8",
    "discriminator.width=8", "data.size=64", "data.stored_size=64", "schedule.batch_size=2",
    "training.log_faces=2", "training.workers=0", "training.val_count=2",
]  # fmt: skip
LOSSES = {
    "perceptual",
    "semantic_attention",
    "adversarial",
    "discriminator_fake",
    "discriminator_real",
    "total",
}
EXPECTED = {"paper": LOSSES | {"known_l1"}, "released": LOSSES | {"whole_l1", "feature_matching"}}


@pytest.fixture(scope="module")
def faces(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four real faces."""
    folder, real = tmp_path_factory.mktemp("faces"), shared / "data" / "celebamask"
    for name in ("images", "labels"):
        (folder / name).symlink_to(real / name)
    stems = (real / "train.txt").read_text().split()[:4]
    for split in ("train", "val"):
        (folder / f"{split}.txt").write_text("\n".join(stems) + "\n")
    return folder


@pytest.mark.parametrize("preset", ["paper", "released"])
def test_each_loss_is_finite_and_each_parameter_moves(
    preset: str, faces: Path, shared: Path, root: Path, tmp_path: Path
) -> None:
    vgg = shared / "weights" / "vgg19_normalised_to_conv3_1.pth"
    networks = (
        f'[{{network = "vgg19-normalised", path = "{vgg}", layers = {{relu1_1 = 1.0, relu3_1 = 1.0}}}}]'
    )
    config = load_config(
        root / "configs" / f"{preset}.toml", [*SMALL, f"loss.perceptual.networks={networks}"]
    )
    for name, stop in (("start", 2), ("later", 6)):
        train(config, data=faces, run=tmp_path / name, cache=tmp_path, stop_at=stop)
    steps = [record for record in records(tmp_path / "later") if "total" in record]
    assert len(steps) == 3
    for step in steps:
        assert EXPECTED[preset] <= step.keys()
        assert all(abs(value) < 1e4 for key, value in step.items() if key not in ("time", "faces"))
    before, after = final_state(tmp_path / "start"), final_state(tmp_path / "later")
    weights = [key for key in after if key.startswith(("/trainees/generator/", "/trainees/discriminator/"))]
    still = [key for key in weights if torch.equal(before[key], after[key])]
    print(len(weights), still)
    assert len(still) < 0.1 * len(weights), "layers of classes that are not in the pictures stay as they are"
