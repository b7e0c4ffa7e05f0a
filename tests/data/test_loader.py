"""The stream of training samples."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from inlay.data.folder import list_pairs
from inlay.data.hole_kinds import box, free_form, no_hole
from inlay.data.holes import FreeForm
from inlay.data.loader import SampleStream, training_batches
from inlay.data.parts import PARTS, part_classes, part_hole
from inlay.data.store import open_store
from inlay.data.transforms import Augmentation
from inlay.errors import UserError
from inlay.labels import CELEBAMASK_HQ


def make_stream(faces: Path, seed: int = 0, **changes: object) -> SampleStream:
    """A stream with every kind of hole."""
    store = open_store(
        list_pairs(faces / "images", faces / "labels"), (40, 40), CELEBAMASK_HQ, faces.parent / "cache"
    )
    settings: dict[str, object] = {
        "holes": [
            (0.4, partial(free_form, form=FreeForm())),
            (0.2, partial(free_form, form=FreeForm.released(0.01, 0.9))),
            (0.1, partial(box, low=0.05, high=0.3)),
            (0.1, partial(part_hole, parts=[part_classes(CELEBAMASK_HQ, part) for part in PARTS])),
            (0.2, no_hole),
        ],
        "augmentation": Augmentation(),
    }
    return SampleStream(store, (32, 32), CELEBAMASK_HQ, seed=seed, **(settings | changes))


@pytest.fixture
def stream(faces: Path) -> SampleStream:
    return make_stream(faces)


def same(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    """Two samples are equal."""
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(first, second, strict=True))


def test_a_sample_is_pure_in_seed_and_position(faces: Path, stream: SampleStream) -> None:
    other = make_stream(faces)
    # The second stream is asked in another order, and with other global randomness.
    torch.manual_seed(99)
    later = {position: other[position] for position in (30, 3, 17, 0)}
    for position in (0, 3, 17, 30):
        assert same(stream[position], later[position])
    assert not same(stream[3], make_stream(faces, seed=1)[3])
    assert not same(stream[3], stream[3 + 7])


def test_an_epoch_visits_each_face_once(stream: SampleStream) -> None:
    epochs = [[stream.face_at(epoch * 7 + place) for place in range(7)] for epoch in range(3)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert epochs[0] != epochs[1] or epochs[1] != epochs[2]


def test_a_sample_is_bytes(stream: SampleStream) -> None:
    image, label, hole = stream[5][:3]
    assert (image.shape, label.shape, hole.shape) == ((32, 32, 3), (32, 32), (32, 32))
    assert image.dtype == label.dtype == hole.dtype == np.uint8
    assert hole.max() <= 1


def test_the_kinds_of_holes_come_in_their_shares(stream: SampleStream) -> None:
    without = np.mean([not stream[position][2].any() for position in range(150)])
    assert without == pytest.approx(0.2, abs=0.1)


def read(
    stream: SampleStream, workers: int, start: int = 4, stop: int = 20
) -> list[tuple[torch.Tensor, ...]]:
    """All batches of a part of the stream."""
    loader = training_batches(stream, start=start, stop=stop, batch_size=4, workers=workers)
    batches = [samples.batch() for samples in loader]
    return [(batch.image, batch.label, batch.hole) for batch in batches]


def test_the_number_of_workers_changes_nothing(stream: SampleStream) -> None:
    alone = read(stream, workers=0)
    assert len(alone) == 4
    for workers in (1, 2):
        for first, second in zip(alone, read(stream, workers), strict=True):
            assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_fault_in_a_loader_process_is_one_line(faces: Path, workers: int) -> None:
    stream = make_stream(faces, holes=[(1.0, partial(box, low=0.3, high=0.2))])
    batches = training_batches(stream, start=0, stop=8, batch_size=4, workers=workers)
    with pytest.raises(UserError, match=r"^box ratio 0.3 to 0.2: expected [^\n]*$"):
        next(batches)
    assert not torch.multiprocessing.active_children()


def test_starting_later_gives_the_rest_of_the_stream(stream: SampleStream) -> None:
    whole, rest = read(stream, 0, start=0), read(stream, 0, start=8)
    for first, second in zip(whole[2:], rest, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_starting_a_loader_draws_nothing_from_the_global_generator(stream: SampleStream) -> None:
    before = torch.get_rng_state()
    read(stream, workers=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_processes_share_the_samples_of_a_step(stream: SampleStream) -> None:
    whole = [s.images for s in training_batches(stream, start=0, stop=8, batch_size=4, workers=0)]
    parts = [
        [s.images for s in training_batches(
            stream, start=0, stop=8, batch_size=4, workers=0, process=process, processes=2
        )]
        for process in range(2)
    ]  # fmt: skip
    for step, images in enumerate(whole):
        assert torch.equal(torch.cat([parts[0][step], parts[1][step]]), images)


def test_a_batch_has_the_words_ranges(stream: SampleStream) -> None:
    image, label, hole = read(stream, 0)[0]
    assert image.dtype == hole.dtype == torch.float32
    assert label.dtype == torch.int64
    assert -1 <= image.min() < image.max() <= 1
    assert set(hole.unique().tolist()) <= {0.0, 1.0}
    assert hole.shape == (4, 1, 32, 32)
