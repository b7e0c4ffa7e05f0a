import math

import numpy as np
import pytest
import torch

from inlay.faces.landmarks import PARTS, fit_frame
from inlay.geometry.face_frame import FaceFrame
from inlay.labels import CELEBAMASK_HQ


def layout_seen_by(window: FaceFrame, true: FaceFrame, size: int = 128) -> torch.Tensor:
    """Discs of the right area at the parts' usual places in `true`, as a window sees them."""
    probability = torch.zeros(19, size, size)
    y, x = np.mgrid[:size, :size] + 0.5
    for roles, (u, v, _, area) in PARTS.items():
        if roles == ("glasses",):
            continue
        cx, cy = (size * p for p in window.place(*true.point(u, v)))
        radius = size * math.sqrt(area / math.pi) * true.side / window.side
        probability[CELEBAMASK_HQ.with_role(*roles)[0]] = torch.from_numpy(
            (x - cx) ** 2 + (y - cy) ** 2 < radius**2
        )
    return probability


@pytest.mark.parametrize(
    ("dx", "dy", "zoom", "angle"), [(0.0, 0.0, 1.0, 0.0), (6.0, -4.0, 1.04, 0.08), (-5.0, 4.0, 0.96, -0.08)]
)
def test_passes_find_the_frame_of_a_layout(dx: float, dy: float, zoom: float, angle: float) -> None:
    true = FaceFrame(300.0, 200.0, 180.0, 0.3)
    frame = FaceFrame(300.0 + dx, 200.0 + dy, 180.0 * zoom, 0.3 + angle)
    anchor = frame
    for _ in range(3):
        frame = fit_frame(layout_seen_by(frame, true), frame, CELEBAMASK_HQ, anchor)
    assert math.dist(frame.eyes[0], true.eyes[0]) < 0.02 * true.side
    assert math.dist(frame.eyes[1], true.eyes[1]) < 0.02 * true.side


def test_without_parts_the_frame_stays() -> None:
    frame = FaceFrame(10.0, 20.0, 30.0, 0.1)
    fitted = fit_frame(torch.zeros(19, 64, 64), frame, CELEBAMASK_HQ, frame)
    assert (fitted.x, fitted.y, fitted.side, fitted.angle) == pytest.approx((10, 20, 30, 0.1))
