import pytest
import torch

from inlay.errors import UserError
from inlay.inference.device import choose_device


@pytest.mark.parametrize(
    ("name", "there", "kind"),
    [("cpu", True, "cpu"), ("auto", True, "cuda"), ("auto", False, "cpu"), ("cuda", True, "cuda")],
)
def test_devices(monkeypatch: pytest.MonkeyPatch, name: str, there: bool, kind: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert choose_device(name).type == kind


def test_devices_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"device 'cuda' is not there: .* name cpu or auto"):
        choose_device("cuda")
    with pytest.raises(UserError, match="unknown device 'tpu'; expected one of auto, cpu, cuda"):
        choose_device("tpu")
