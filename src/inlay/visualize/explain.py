"""Figures 2 and 3 of the paper, drawn from a real attention map of a real portrait."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from PIL import Image, ImageDraw, ImageFont

from inlay.labels import LabelSet
from inlay.visualize.attention import heat_colors
from inlay.visualize.grids import FAINT, GAP, INK, MARGIN, PAPER, SMALL, STRIPES, TEXT, legend, show_hole
from inlay.visualize.stages import Stage, token_order

__all__ = ["Scene", "explain_sheet"]

SIDE, BAR, HEAD, NOTE = 264, 12, 30, 24
NOTHING = (226, 226, 222)
"""The colour of what was set to 0."""
OPACITY = 0.62


@dataclass(frozen=True)
class Scene:
    """What the model saw: the picture on its canvas, the layout and hole of its tokens, and two of these.

    `hole_point` and `known_point` are (row, column) of the token grid, one in the hole and one outside.
    """

    picture: Image.Image
    hole: Bool[np.ndarray, "h w"]
    label: Int[np.ndarray, "th tw"]
    token_hole: Bool[np.ndarray, "th tw"]
    hole_point: tuple[int, int]
    known_point: tuple[int, int]

    @property
    def points(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Both, in the order of the sheet's rows."""
        return self.hole_point, self.known_point


def explain_sheet(scene: Scene, maps: tuple[Stage, ...], labels: LabelSet) -> Image.Image:
    """Four maps with their tokens in the order of regions; under them what two tokens see in each."""
    order = token_order(scene.label.ravel(), scene.token_hole.ravel())
    top = float(np.quantile(_pooled(maps[2].weights[np.ix_(order, order)]), 0.995))
    columns = [_scene_column(scene, labels)]
    most = {point: max(float(m.weights[_token(scene, point)].max()) for m in maps) for point in scene.points}
    columns += [_stage_column(scene, stage, order, labels, top, most) for stage in maps]
    width = sum(column.width for column in columns) + GAP * (len(columns) - 1) + 2 * MARGIN
    names = legend(labels, sorted({int(k) for k in np.unique(scene.label)}), width - 2 * MARGIN)
    height = columns[0].height + names.height + 3 * MARGIN
    sheet, left = Image.new("RGB", (width, height), PAPER), MARGIN
    for column in columns:
        sheet.paste(column, (left, MARGIN))
        left += column.width + GAP
    sheet.paste(names, (MARGIN, columns[0].height + 2 * MARGIN))
    return sheet


def _scene_column(scene: Scene, labels: LabelSet) -> Image.Image:
    """The picture with its hole, and the two tokens that are looked at below."""
    seen = show_hole(_sized(scene.picture), scene.hole)
    under = Image.new("RGB", (seen.width, seen.height + BAR + 4), PAPER)
    under.paste(seen, (0, BAR + 4))
    first = _framed("the picture and its hole", under, "")
    rows = [
        _framed("a token of the hole", _marked(seen, scene, scene.hole_point), _name(scene, True, labels)),
        _framed("a known token", _marked(seen, scene, scene.known_point), _name(scene, False, labels)),
    ]
    return _stacked([first, *rows], SIDE)


def _stage_column(
    scene: Scene,
    stage: Stage,
    order: Int[np.ndarray, " n"],
    labels: LabelSet,
    top: float,
    most: dict[tuple[int, int], float],
) -> Image.Image:
    whole = _framed(stage.title, _matrix(stage, scene, order, labels, top), "rows ask, columns are looked at")
    rows = []
    for point in scene.points:
        token = _token(scene, point)
        weights = stage.weights[token]
        heat = _heat(scene, stage, point, weights / max(most[point], 1e-12))
        rows.append(_framed("", heat, _told(scene, weights, token)))
    return _stacked([whole, *rows], SIDE + BAR + 4)


def _matrix(
    stage: Stage, scene: Scene, order: Int[np.ndarray, " n"], labels: LabelSet, top: float
) -> Image.Image:
    """The map with its tokens in order, the regions' colours along both sides."""
    shown = heat_colors(np.sqrt((_pooled(stage.weights[np.ix_(order, order)]) / top).clip(0, 1)))
    place = (np.arange(SIDE) * len(order)) // SIDE
    shown[stage.no_rows[order][place]] = NOTHING
    shown[:, stage.no_columns[order][place]] = NOTHING
    colors = np.array([labels.classes[k].color for k in scene.label.ravel()[order][place]], dtype=np.uint8)
    gone = scene.token_hole.ravel()[order][place]
    stripes = np.array(STRIPES, dtype=np.uint8)[(np.arange(SIDE) // 4) % 2]
    whole = np.full((SIDE + BAR + 4, SIDE + BAR + 4, 3), PAPER, dtype=np.uint8)
    whole[BAR + 4 :, BAR + 4 :] = shown
    half = BAR // 2
    for part, strip in ((np.s_[:half], colors), (np.s_[half:BAR], np.where(gone[:, None], stripes, PAPER))):
        whole[part, BAR + 4 :] = strip
        whole[BAR + 4 :, part] = strip[:, None]
    return Image.fromarray(whole)


def _pooled(weights: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "side side"]:
    """A map of tokens at the size that is shown: sums of neighbours where it is larger."""
    small = Image.fromarray(weights.astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small)


def _heat(
    scene: Scene, stage: Stage, point: tuple[int, int], weights: Float[np.ndarray, " n"]
) -> Image.Image:
    """What one token looks at, 1 the most, over the picture in grey; plain grey where it may not look."""
    h, w = scene.label.shape
    grey = np.asarray(_sized(scene.picture).convert("L").convert("RGB"), dtype=np.float32)
    size = (grey.shape[1], grey.shape[0])
    if not weights.any():
        shown = 0.25 * grey + 0.75 * np.array(NOTHING)
    else:
        heat = heat_colors(np.sqrt(weights.clip(0, 1)).reshape(h, w))
        spread = np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BILINEAR))
        shown = (1 - OPACITY) * grey + OPACITY * spread
        if stage.no_columns.any():
            away = Image.fromarray(stage.no_columns.reshape(h, w)).resize(size, Image.Resampling.NEAREST)
            shown = np.where(np.asarray(away)[..., None], NOTHING, shown)
    return _marked(Image.fromarray(np.rint(shown).astype(np.uint8)), scene, point)


def _marked(picture: Image.Image, scene: Scene, point: tuple[int, int]) -> Image.Image:
    """The picture with a token as a black diamond."""
    h, w = scene.label.shape
    y, x = (point[0] + 0.5) * picture.height / h, (point[1] + 0.5) * picture.width / w
    marked = picture.copy()
    draw = ImageDraw.Draw(marked)
    for radius, color in ((8, "white"), (6, "black")):
        draw.polygon([(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)], fill=color)
    return marked


def _told(scene: Scene, weights: Float[np.ndarray, " n"], token: int) -> str:
    """Where a row's attention goes, in shares."""
    total = float(weights.sum())
    if total == 0:
        return "no row: nothing is added to it"
    inside = float(weights[scene.token_hole.ravel()].sum())
    same = float(weights[scene.label.ravel() == scene.label.ravel()[token]].sum())
    return f"sum {total:.2f}, in the hole {inside:.2f}, own class {same:.2f}"


def _token(scene: Scene, point: tuple[int, int]) -> int:
    return point[0] * scene.label.shape[1] + point[1]


def _name(scene: Scene, in_hole: bool, labels: LabelSet) -> str:
    y, x = scene.hole_point if in_hole else scene.known_point
    return f"class {labels.names[int(scene.label[y, x])]}"


def _sized(picture: Image.Image) -> Image.Image:
    scale = SIDE / max(picture.size)
    size = round(picture.width * scale), round(picture.height * scale)
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _framed(title: str, picture: Image.Image, note: str) -> Image.Image:
    """A picture between a title and a note."""
    framed = Image.new("RGB", (picture.width, picture.height + HEAD + NOTE), PAPER)
    draw = ImageDraw.Draw(framed)
    draw.text((0, 4), title, fill=INK, font=ImageFont.load_default(TEXT))
    framed.paste(picture, (0, HEAD))
    draw.text((0, HEAD + picture.height + 3), note, fill=FAINT, font=ImageFont.load_default(SMALL))
    return framed


def _stacked(pictures: list[Image.Image], width: int) -> Image.Image:
    stack = Image.new("RGB", (width, sum(p.height for p in pictures)), PAPER)
    top = 0
    for picture in pictures:
        stack.paste(picture, (width - picture.width, top))
        top += picture.height
    return stack
