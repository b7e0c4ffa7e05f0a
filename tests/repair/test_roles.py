"""Label sets without roles: what needs them is off, and a session says so once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inlay.checkpoint import load_snapshot
from inlay.faces.landmarks import LayoutFit
from inlay.finish.recipe import STANDARD
from inlay.labels import CELEBAMASK_HQ, LabelSet
from inlay.painters.painter import PainterSet
from inlay.repair.inpainter import Inpainter
from inlay.repair.session import Session, Tools

PLAIN = LabelSet("plain", tuple(replace(item, roles=()) for item in CELEBAMASK_HQ.classes))


@pytest.fixture(scope="module")
def tools(tiny_model: Path) -> Tools:
    known = Inpainter.load(tiny_model, "cpu").tools
    painter = known.painters.of_size(32)
    return replace(known, painters=PainterSet({32: lambda: painter}, PLAIN, "x"), search=None)


def step_notes(tools: Tools) -> list[str]:
    hole = np.zeros((40, 40), dtype=bool)
    hole[10:20, 10:20] = True
    session = Session(tools, np.full((40, 40, 3), 90, dtype=np.uint8))
    for _ in range(2):
        session.draw_hole(hole)
    return [note.text for note in session.notes if note.code == "step-off"]


def test_a_step_without_its_roles_is_noted_once(tools: Tools) -> None:
    (text,) = step_notes(tools)
    assert text.startswith("no detail is copied from mirror twins: the label set 'plain' has no class")


def test_nothing_is_noted_where_nothing_is_missing(tools: Tools) -> None:
    assert step_notes(replace(tools, recipe=STANDARD.without(["twins"]))) == []
    painter = tools.painters.of_size(32)
    named = PainterSet({32: lambda: painter}, CELEBAMASK_HQ, "x")
    assert step_notes(replace(tools, painters=named)) == []


def test_frames_are_fitted_to_the_layout_only_with_its_roles() -> None:
    snapshot = load_snapshot()
    assert LayoutFit.of(snapshot.layout, CELEBAMASK_HQ, 128) is not None
    assert LayoutFit.of(snapshot.layout, PLAIN, 128) is None
    assert LayoutFit.of(None, CELEBAMASK_HQ, 128) is None
