"""What the page and the server say to each other about a photo on the table."""

from pydantic import BaseModel, ConfigDict, Field

from inlay.app.face_schemas import FaceAnswer
from inlay.app.schemas import DataUrl, Layout, NoteAnswer, Picture, Seed, Sensitivity

__all__ = ["FindRequest", "HoleTaken", "LayersRequest", "LayersTaken", "LookAnswer", "LookRequest", "Opened",
           "PatchAnswer", "PatchRequest", "PieceAnswer", "RefineRequest", "ResultRequest", "ScratchRequest",
           "StyleTaken", "StyleWish"]  # fmt: skip


MOST_LAYERS = 1000


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opened(BaseModel):
    """A photo lies on the table under the name `session`; layouts have the size of its grid."""

    session: str
    width: int
    height: int
    grid_width: int
    grid_height: int
    format: str
    has_metadata: bool


class HoleTaken(BaseModel):
    """The hole is drawn; `layout` is the predicted one, a grey PNG of class ids at the grid's size.

    `faces` are all that were found or named, none where the photo is one portrait.
    """

    layout: DataUrl
    faces: list[FaceAnswer]
    is_portrait: bool = Field(description="whether the whole photo is treated as one portrait")
    notes: list[NoteAnswer] = Field(description="what a person should know of how the hole will be filled")
    seconds: float


class StyleTaken(BaseModel):
    """The style of another photo, under a name for `StyleWish`."""

    reference: str


class StyleWish(_Request):
    """A class that is to take on another photo's style."""

    label: int = Field(ge=0, le=255)
    reference: str = Field(max_length=64)
    amount: float = Field(ge=0, le=1)


class PatchRequest(_Request):
    """Fill the hole: under the given layout or the predicted one."""

    layout: Layout | None = None
    seed: Seed = 0
    styles: list[StyleWish] = Field([], max_length=64)
    quick: bool = Field(False, description="leave out the known pixels' fine detail, while somebody paints")


class PatchAnswer(BaseModel):
    """The new pixels, on nothing, and where they go."""

    left: int
    top: int
    picture: DataUrl
    layout: DataUrl | None = Field(description="the layout that the seed drew, unless that is 0")
    seconds: float


class RefineRequest(_Request):
    """Adapt the styles to the photo's known pixels before filling, in so many steps."""

    steps: int = Field(20, ge=1, le=100)
    layout: Layout | None = None
    seed: Seed = 0


class LookRequest(_Request):
    """The question where the model looked for the pixel in column x and row y."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    layout: Layout | None = None
    seed: Seed = 0


class LookAnswer(BaseModel):
    """A grey picture over the photo, white where the model looked most."""

    heat: DataUrl
    label: int
    same_class: float


class PatchText(_Request):
    """A patch: its opaque pixels are new, from column `left` and row `top` on."""

    left: int = Field(ge=0)
    top: int = Field(ge=0)
    picture: Picture


class ResultRequest(PatchText):
    """The photo is to be written with all layers, and this patch on them."""


class LayersRequest(_Request):
    """Earlier fills on which further ones work: the lowest `keep` of those there, then these patches."""

    keep: int = Field(0, ge=0, le=MOST_LAYERS)
    patches: list[PatchText] = Field([], max_length=MOST_LAYERS)


class LayersTaken(BaseModel):
    """So many layers lie on the photo now; it has no hole."""

    layers: int


class FindRequest(_Request):
    """Find the damage of the photo; the first time takes longest."""

    sensitivity: Sensitivity = 0.5


class ScratchRequest(_Request):
    """Follow the scratch near the pixel in column x and row y, at most `reach` pixels away."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    reach: float = Field(6.0, ge=1, le=32)


class PieceAnswer(BaseModel):
    """A part of a hole, white on black, and where it goes; no picture where no scratch was seen."""

    left: int
    top: int
    picture: DataUrl | None
