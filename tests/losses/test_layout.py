"""The layout's loss: equal to its slow form, and least where it should be."""

import torch

from inlay.losses.layout import hole_cross_entropy, layout_cross_entropy


def test_equals_its_slow_form() -> None:
    logits, label = torch.randn(2, 3, 2, 3), torch.randint(0, 3, (2, 4, 6))
    hole = (torch.rand(2, 1, 4, 6) < 0.4).float()
    favor = torch.randn(3)
    pictures = []
    for b in range(2):
        total, weights = torch.zeros(()), torch.zeros(())
        for y in range(2):
            for x in range(3):
                cell = (slice(2 * y, 2 * y + 2), slice(2 * x, 2 * x + 2))
                weight = 1 + 3 * hole[b, 0][cell].mean()
                chances = (logits[b, :, y, x] + favor).log_softmax(dim=0)
                total += weight * -sum(chances[k] / 4 for k in label[b][cell].flatten().tolist())
                weights += weight
        pictures.append(total / weights)
    found = layout_cross_entropy(logits, label, hole, hole_weight=4.0, favor=favor)
    torch.testing.assert_close(found, torch.stack(pictures).mean())
    plain = layout_cross_entropy(logits, label, hole, hole_weight=4.0)
    torch.testing.assert_close(
        plain, layout_cross_entropy(logits - favor[:, None, None], label, hole, hole_weight=4.0, favor=favor)
    )


def test_what_is_favoured_in_the_loss_is_missing_in_the_prediction() -> None:
    """A cell, class 0 for three quarters, is told as class 1 where class 0 is nine times as frequent."""
    label = torch.tensor([[[0, 0], [0, 1]]])
    favor = torch.tensor([0.9, 0.1]).log()
    logits = (torch.tensor([0.75, 0.25]).log() - favor)[None, :, None, None].requires_grad_()
    layout_cross_entropy(logits, label, torch.zeros(1, 1, 2, 2), hole_weight=4.0, favor=favor).backward()
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6
    assert logits.argmax(dim=1).item() == 1


def test_the_entropy_of_the_hole_is_what_the_loss_tends_to_as_the_hole_weighs_more() -> None:
    logits, label = torch.randn(2, 3, 2, 3), torch.randint(0, 3, (2, 4, 6))
    hole = torch.zeros(2, 1, 4, 6)
    hole[0, :, :2, :3], hole[1, :, 1:, 4:] = 1, 1
    found = hole_cross_entropy(logits, label, hole)
    assert found.shape == (2,)
    heavy = layout_cross_entropy(logits, label, hole, hole_weight=1e7)
    torch.testing.assert_close(found.mean(), heavy, rtol=1e-4, atol=1e-4)
