"""The names of classes for people."""

__all__ = ["title_of"]

TITLES = {
    "eye_g": "Glasses",
    "l_eye": "Left eye",
    "r_eye": "Right eye",
    "l_brow": "Left brow",
    "r_brow": "Right brow",
    "l_ear": "Left ear",
    "r_ear": "Right ear",
    "u_lip": "Upper lip",
    "l_lip": "Lower lip",
    "ear_r": "Earring",
    "neck_l": "Necklace",
    "cloth": "Clothes",
}


def title_of(name: str) -> str:
    """The class's name as a page shows it; left and right are the sitter's own."""
    return TITLES.get(name, name.replace("_", " ").capitalize())
