"""Shape enforcement is on: without these, every other test would accept wrong shapes in silence."""

import pytest
import torch
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import TypeCheckError

from inlay.batch import Batch
from inlay.networks.layout import upsample_logits
from inlay.networks.regions import smooth_fill

Refused = (TypeCheckError, BeartypeCallHintViolation)


def test_a_hole_that_would_broadcast_is_refused() -> None:
    with pytest.raises(Refused):
        smooth_fill(torch.zeros(2, 3, 8, 8), torch.zeros(2, 1, 1, 1))


def test_a_missing_axis_is_refused() -> None:
    with pytest.raises(Refused):
        upsample_logits(torch.zeros(19, 8, 8))


def test_a_wrong_dtype_is_refused() -> None:
    with pytest.raises(Refused):
        Batch(torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 8), torch.zeros(1, 1, 8, 8))


def test_fields_of_a_record_must_agree() -> None:
    with pytest.raises(Refused):
        Batch(torch.zeros(1, 3, 8, 8), torch.zeros(1, 8, 4, dtype=torch.long), torch.zeros(1, 1, 8, 8))
