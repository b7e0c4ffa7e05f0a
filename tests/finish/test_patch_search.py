"""The search of known tokens."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.finish.patch_search import PatchSearch

SEARCH = PatchSearch()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_matches_are_usable_tokens_of_the_class(seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3, (12, 14))
    asks = rng.random((12, 14)) < 0.3
    usable = ~asks & (rng.random((12, 14)) < 0.8)
    tokens, sources = SEARCH.find(rng.normal(size=(12, 14, 2)), classes, asks, usable)
    counts = np.bincount(classes[usable], minlength=3)
    assert set(tokens) == set(np.flatnonzero(asks & (counts[classes] >= SEARCH.fewest)))
    assert usable.ravel()[sources].all()
    assert (classes.ravel()[sources] == classes.ravel()[tokens]).all()


def test_matches_are_nearly_the_best_and_hang_together() -> None:
    """Of a place that occurs twice the first copy is found for the second one, in one piece."""
    rng = np.random.default_rng(3)
    features = rng.normal(0, 3, (24, 40, 3))
    features[6:18, 24:36] = features[6:18, 4:16]
    asks = np.zeros((24, 40), dtype=bool)
    asks[6:18, 24:36] = True
    usable = np.zeros((24, 40), dtype=bool)
    usable[:, :20] = True
    tokens, sources = SEARCH.find(features, np.zeros((24, 40), dtype=int), asks, usable)
    assert (tokens - sources == 20).mean() > 0.95


def test_a_search_is_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    features, classes = rng.normal(size=(10, 10, 2)), np.zeros((10, 10), dtype=int)
    asks = rng.random((10, 10)) < 0.4
    one, other = (SEARCH.find(features, classes, asks, ~asks) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
