"""The learning rate, the run's length, the moving average: values against their definitions."""

import math

import pytest
import torch
from torch import nn

from inlay.config import ScheduleConfig
from inlay.training.ema import MovingAverage
from inlay.training.schedule import crossed, learning_rate, run_length


def rates(schedule: ScheduleConfig, at: list[int]) -> list[float]:
    return [learning_rate(schedule, faces, 1.0) for faces in at]


def test_constant_then_linear_as_released() -> None:
    schedule = ScheduleConfig(faces=1000, batch_size=10, warmup_faces=0, decay_share=0.5, decay="linear")
    assert rates(schedule, [0, 490, 500, 750, 900, 1000]) == pytest.approx([1, 1, 1, 0.5, 0.2, 0])


def test_cosine_with_warm_up() -> None:
    schedule = ScheduleConfig(faces=1000, batch_size=10, warmup_faces=100, decay_share=1.0, decay="cosine")
    half = [0.5 + 0.5 * math.cos(math.pi * faces / 1000) for faces in (0, 40, 200, 500, 1000)]
    assert rates(schedule, [0, 40, 200, 500, 1000]) == pytest.approx(
        [0.1 * half[0], 0.5 * half[1], *half[2:]]
    )


def test_warm_up_constant_and_half_a_cosine() -> None:
    schedule = ScheduleConfig(faces=1000, batch_size=10, warmup_faces=100, decay_share=0.4)
    assert rates(schedule, [0, 90, 300, 600, 800, 1000]) == pytest.approx([0.1, 1, 1, 1, 0.5, 0])


def test_a_schedule_without_decay_stays() -> None:
    schedule = ScheduleConfig(faces=1000, batch_size=10, warmup_faces=0, decay_share=0.0)
    assert rates(schedule, [0, 990]) == [1, 1]


@pytest.mark.parametrize(
    ("faces", "stop_at", "length"), [(50, None, 56), (48, None, 48), (50, 20, 24), (50, 90, 56)]
)
def test_a_run_ends_with_a_whole_step(faces: int, stop_at: int | None, length: int) -> None:
    assert run_length(ScheduleConfig(faces=faces, batch_size=8), stop_at) == length


def test_what_is_due() -> None:
    assert crossed(8, 16, 16)
    assert not crossed(16, 24, 16)
    assert crossed(8, 48, 16)


def test_parameters_are_averaged_and_buffers_copied() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    average = MovingAverage(network, 0.9)
    start = network[0].weight.detach().clone()
    with torch.no_grad():
        network[0].weight += 1
        network[1].running_mean += 5
    average.update(network, step=1000)
    assert torch.allclose(average.network[0].weight, start + 0.1)
    assert torch.equal(average.network[1].running_mean, torch.full((2,), 5.0))
    assert not average.network.training
    assert not any(parameter.requires_grad for parameter in average.network.parameters())
    average.update(network, step=0)
    assert torch.allclose(average.network[0].weight, start + 0.1 + 0.9 * 0.9), "at first it follows closely"
