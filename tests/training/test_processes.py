"""Two processes (gloo) compute what one process computes with twice the batch."""

import socket
from pathlib import Path
from typing import Any

import pytest
from training_runs import changed, final_state, finish, records, start

from inlay.config import Config
from inlay.training.loop import train


# With an adversarial loss one step is compared less: Adam turns rounding into whole steps, sign by sign.
@pytest.mark.parametrize(
    ("faces", "loss"),
    [(16, {}), (8, {"adversarial": {"weight": 1.0, "feature_matching": 10.0}}), (16, None)],
    ids=["plain", "adversarial", "without styles"],
)
def test_two_processes_equal_one(
    tiny: Config,
    disks: Path,
    tmp_path: Path,
    faces: int,
    loss: dict[str, Any] | None,
) -> None:
    model = {"pooling": "none"} if loss is None else {}
    config = changed(tiny, loss=loss or {}, model=model, schedule={"faces": faces}, training={"log_faces": 4})
    train(config, data=disks, run=tmp_path / "one", cache=tmp_path / "cache")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        told = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": "2",
                "LOCAL_WORLD_SIZE": "2", "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1",
                "GLOO_SOCKET_IFNAME": "lo"}  # fmt: skip
    (tmp_path / "two").mkdir()
    ranks = [{**told, "RANK": str(n), "LOCAL_RANK": str(n)} for n in range(2)]
    children = [start(config, disks, tmp_path / "two", environment=rank) for rank in ranks]
    try:
        for child in children:
            assert finish(child, tmp_path / "two") == 0, (tmp_path / "two" / "output.txt").read_text()
    finally:
        for child in children:
            child.kill()
    one, two = (records(tmp_path / name) for name in ("one", "two/run"))
    assert [r["faces"] for r in one] == [r["faces"] for r in two]
    for a, b in zip(one, two, strict=True):
        for key in a.keys() - {"time", "faces_per_second", "loader_wait"}:
            # Val figures are in dB of 8-bit pictures, where rounding may tip a pixel.
            within = 1e-2 if key.startswith("val_") else 1e-5
            assert b[key] == pytest.approx(a[key], abs=within), (a["faces"], key)
    ours, theirs = (final_state(tmp_path / name) for name in ("one", "two/run"))
    for key in (key for key in ours if "/average/" in key):
        assert (ours[key] - theirs[key]).abs().max() < 1e-4, key
