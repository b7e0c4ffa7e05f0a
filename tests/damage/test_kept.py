"""Kept scores give the same pieces at every sensitivity, in less memory."""

import numpy as np

from inlay.damage.find import pieces_of
from inlay.damage.kept import KeptScores


def test_the_same_pieces_from_less_memory() -> None:
    rng = np.random.default_rng(0)
    scores = np.full((90, 121), -12.0, np.float32)
    scores[20:60, 30:100] = rng.normal(0, 4, (40, 70))
    kept = KeptScores.of(scores)
    assert kept.bits.nbytes + kept.values.nbytes < scores.nbytes / 3
    for sensitivity in (0.0, 0.25, 0.5, 0.8, 1.0):
        found, again = pieces_of(scores, sensitivity), pieces_of(kept.scores, sensitivity)
        np.testing.assert_array_equal(again.hole, found.hole)
        assert again.pieces == found.pieces
    assert pieces_of(scores, 1.0).pieces
