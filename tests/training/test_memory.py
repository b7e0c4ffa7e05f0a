"""What the discriminator was shown lately is kept, drawn and handed on."""

import torch

from inlay.training.memory import Exhibits, Memory, Shown


def step(n: int) -> Exhibits:
    shown = Shown(
        torch.full((1, 3, 4, 4), float(n)), torch.zeros(1, 4, 4, dtype=torch.long), torch.ones(1, 1, 4, 4)
    )
    return [(shown, shown)]


def numbers(drawn: list[Exhibits]) -> set[float]:
    return {float(fakes.image.mean()) for shown in drawn for fakes, _ in shown}


def test_the_last_steps_are_drawn() -> None:
    memory, random = Memory(3), torch.Generator().manual_seed(0)
    assert memory.draw(2, random) == []
    for n in range(5):
        memory.keep(step(n))
        assert len(memory) == min(n + 1, 3)
    assert numbers(memory.draw(60, random)) == {2, 3, 4}
    assert len(memory.draw(7, random)) == 7


def test_a_memory_of_no_steps_keeps_nothing() -> None:
    memory = Memory(0)
    memory.keep(step(1))
    assert len(memory) == 0


def test_it_goes_on_where_it_computes() -> None:
    memory, other = Memory(2), Memory(2, "meta")
    memory.keep(step(1))
    other.load_state_dict(memory.state_dict())
    ((fakes, reals),) = other.draw(1, torch.Generator())[0]
    assert {part.device.type for part in (fakes.image, fakes.label, fakes.hole, reals.image)} == {"meta"}


def test_it_goes_on_from_its_state() -> None:
    memory, other = Memory(2), Memory(2)
    for n in range(3):
        memory.keep(step(n))
    other.load_state_dict(memory.state_dict())
    mine, theirs = (kept.draw(5, torch.Generator().manual_seed(1)) for kept in (memory, other))
    for ((fakes, _),), ((copy, _),) in zip(mine, theirs, strict=True):
        assert torch.equal(fakes.image, copy.image)
