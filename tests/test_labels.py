"""Label vocabularies."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlay.checkpoint import BUNDLED, load_snapshot
from inlay.errors import UserError
from inlay.labels import CELEBAMASK_HQ, ROLES, LabelClass, LabelSet

TOML = """
name = "fruit"

[[classes]]
name = "ground"
color = "#000000"

[[classes]]
name = "left_leaf"
color = [0, 255, 0]
twin = "right_leaf"

[[classes]]
name = "right_leaf"
color = [0, 128, 0]
twin = "left_leaf"
roles = ["eye", "right"]
"""


@pytest.fixture
def fruit(tmp_path: Path) -> Path:
    path = tmp_path / "fruit.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def test_celebamask_hq() -> None:
    expected = (
        "background skin nose eye_g l_eye r_eye l_brow r_brow l_ear r_ear "
        "mouth u_lip l_lip hair hat ear_r neck_l neck cloth"
    )
    assert CELEBAMASK_HQ.names == tuple(expected.split())
    pairs = {
        (n, CELEBAMASK_HQ.names[t]) for n, t in zip(CELEBAMASK_HQ.names, CELEBAMASK_HQ.twins, strict=True)
    }
    swapped = {(a, b) for a, b in pairs if a != b}
    assert swapped == {
        (f"{a}_{part}", f"{b}_{part}") for part in ("eye", "brow", "ear") for a, b in ("lr", "rl")
    }
    assert len({tuple(color) for color in CELEBAMASK_HQ.palette}) == 19


def test_toml_is_read(fruit: Path) -> None:
    labels = LabelSet.from_toml(fruit)
    assert labels.names == ("ground", "left_leaf", "right_leaf")
    assert labels.twins == (0, 2, 1)
    assert labels.palette.tolist() == [[0, 0, 0], [0, 255, 0], [0, 128, 0]]
    assert labels.id_of("right_leaf") == 2
    assert [item.roles for item in labels.classes] == [(), (), ("eye", "right")]


def test_dict_and_back(fruit: Path) -> None:
    for labels in (LabelSet.from_toml(fruit), CELEBAMASK_HQ):
        assert LabelSet.from_dict(labels.to_dict()) == labels


def test_classes_are_found_by_role() -> None:
    names = CELEBAMASK_HQ.names
    assert [names[one] for one in CELEBAMASK_HQ.with_role("mouth")] == ["mouth", "u_lip", "l_lip"]
    assert [names[one] for one in CELEBAMASK_HQ.with_role("brow", "right")] == ["r_brow"]
    assert CELEBAMASK_HQ.with_role("brow", "nose") == ()
    assert {role for item in CELEBAMASK_HQ.classes for role in item.roles} == set(ROLES)


def test_files_from_before_there_were_roles_get_them() -> None:
    """By the set's name and its classes' names; another set of these classes goes without."""
    old = CELEBAMASK_HQ.to_dict()
    old["classes"] = [{k: v for k, v in entry.items() if k != "roles"} for entry in old["classes"]]  # type: ignore[attr-defined]
    assert LabelSet.from_dict(old) == CELEBAMASK_HQ
    other = LabelSet.from_dict({**old, "name": "mine"})
    assert not any(item.roles for item in other.classes)
    assert LabelSet.from_dict(other.to_dict()) == other


def test_a_set_with_some_roles_keeps_these() -> None:
    some = CELEBAMASK_HQ.to_dict()
    for entry in some["classes"][:-1]:  # type: ignore[index]
        entry.pop("roles", None)
    read = LabelSet.from_dict(some)
    assert [n for n, item in enumerate(read.classes) if item.roles] == [18]


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_models_have_roles(name: str) -> None:
    assert load_snapshot(name).labels == CELEBAMASK_HQ


def test_the_page_tells_each_role(root: Path) -> None:
    page = (root / "docs" / "labels.md").read_text(encoding="utf-8").split("## Roles")[1]
    first = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {role.strip(" `") for cell in first for role in cell.split(",")} == set(ROLES)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 18), min_size=1, max_size=30))
def test_swapping_twins_twice_changes_nothing(ids: list[int]) -> None:
    label = np.array([ids], dtype=np.uint8)
    once = CELEBAMASK_HQ.swap_twins(label)
    assert once.dtype == label.dtype
    assert np.array_equal(CELEBAMASK_HQ.swap_twins(once), label)


def test_colorize() -> None:
    picture = CELEBAMASK_HQ.colorize(np.array([[0, 13]]))
    assert picture.tolist() == [[[0x20, 0x24, 0x2C], [0x5B, 0x3A, 0x1E]]]


def test_unknown_ids_are_named() -> None:
    CELEBAMASK_HQ.check(np.array([[0, 18]]), "face.png")
    with pytest.raises(
        UserError, match=r"face\.png: layout ids 19, 255 are unknown; 'celebamask-hq' has ids 0 to 18"
    ):
        CELEBAMASK_HQ.check(np.array([[255, 19, 3]]), "face.png")


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="unknown class 'eye'; expected one of background, skin"):
        CELEBAMASK_HQ.id_of("eye")


@pytest.mark.parametrize(
    ("classes", "complaint"),
    [
        ([("a", None)], "2 to 256 classes"),
        ([("a", None), ("a", None)], "different names"),
        ([("a", "b"), ("b", None)], "must exist and name 'a' back"),
        ([("a", "c"), ("b", None)], "'a' names the twin 'c'"),
    ],
)
def test_bad_vocabularies(classes: list[tuple[str, str | None]], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        LabelSet("bad", tuple(LabelClass(name, (0, 0, 0), twin) for name, twin in classes))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "not readable as TOML"),
        ("name = 'x'", r"not a label set .* \[\[classes\]\]"),
        ("name = 'x'\nclasses = 'none'", "not a label set"),
        ("name = 'x'\nclasses = [{name = 'a'}, {name = 'b'}]", "not a label set"),
        ("name = 'x'\nclasses = [{name = 'a', color = '#000000', roles = 'eye'}]", "roles is no list"),
        (
            "name = 'x'\nclasses = [{name = 'a', color = '#000000', roles = ['eyes']}, "
            "{name = 'b', color = '#000000'}]",
            "'a' has the unknown role 'eyes'; expected one of skin, nose",
        ),
        ("name = 'x'\nclasses = [{name = 'a', color = 'red'}]", "colour 'red': expected '#rrggbb'"),
        ("name = 'x'\nclasses = [{name = 'a', color = [1, 2, 256]}]", "three numbers from 0 to 255"),
    ],
)
def test_bad_toml(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "labels.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=complaint):
        LabelSet.from_toml(path)


def test_missing_toml(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such label file"):
        LabelSet.from_toml(tmp_path / "absent.toml")
