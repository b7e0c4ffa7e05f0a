"""What the HTTP API takes and answers, as it stands in the OpenAPI page."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from inlay.app.face_schemas import FacesWish

__all__ = [
    "AttentionAnswer",
    "AttentionRequest",
    "DamageAnswer",
    "DamageRequest",
    "FillAnswer",
    "FillRequest",
    "Health",
    "LabelsAnswer",
    "LayoutAnswer",
    "LayoutClass",
    "LayoutRequest",
    "NoteAnswer",
    "Problem",
    "Sensitivity",
    "Share",
]

Picture = Annotated[
    str,
    Field(description="a picture file (PNG, JPEG, WebP, TIFF, BMP or GIF) as base64 text or as a data URL"),
]
Hole = Annotated[
    str,
    Field(
        description="a picture file as base64 text or data URL: white on black, paint on transparency, or a "
        "painted or erased copy of the photo"
    ),
]
Layout = Annotated[
    str,
    Field(description="a picture file as base64 text or data URL; grey levels are class ids, or colours"),
]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, description="seed of the noise, for models that have any")]
Sensitivity = Annotated[
    float, Field(ge=0, le=1, description="0 finds only what is surely damage, 1 also what may be none")
]
Fit = Annotated[bool, Field(description="stretch a hole and a layout that are not in the photo's proportion")]
DataUrl = Annotated[str, Field(description="a picture file as data URL")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """Why a request was not carried out."""

    detail: str


class NoteAnswer(BaseModel):
    """A message about a result: programs compare the code, people read the text."""

    code: str
    text: str


class FillRequest(_Request):
    """A photo and its hole; the layout is predicted unless given."""

    image: Picture
    hole: Hole
    layout: Layout | None = None
    faces: FacesWish = "auto"
    seed: Seed = 0
    fit: Fit = False
    widen: bool = Field(False, description="also fill the damage's edge where the hole misses it")
    without: list[str] = Field([], max_length=16, description="steps of finishing to leave out, by name")


class FillAnswer(BaseModel):
    """The filled photo: size and, where it can be, format are those that came.

    Pixels outside the hole are never changed, unless it was to be widened.
    """

    image: DataUrl
    layout: DataUrl
    layout_source: str = Field(description="'given' or 'predicted'")
    hole_ratio: float = Field(ge=0, le=1, description="the part of the photo's pixels that was to be filled")
    notes: list[NoteAnswer] = Field(description="what a person should know, as how many faces were found")
    seconds: float = Field(ge=0)


class DamageRequest(_Request):
    """A photo whose scratches, cracks, dust, stains and torn parts are looked for."""

    image: Picture
    sensitivity: Sensitivity = 0.5


class DamageAnswer(BaseModel):
    """What is damaged, as a hole for a fill: a PNG of the photo's size, white on black."""

    hole: DataUrl
    pieces: int = Field(ge=0, description="connected parts; 0 where no damage was found")
    share: float = Field(ge=0, le=1, description="the part of the photo's pixels that is damaged")


class LayoutRequest(_Request):
    """A photo, with or without a hole."""

    image: Picture
    hole: Hole | None = None
    faces: FacesWish = "auto"
    fit: Fit = False


class Share(BaseModel):
    """A class of a layout and the part of the picture's pixels that bear it."""

    id: int
    name: str
    share: float


class LayoutAnswer(BaseModel):
    """The predicted layout of the whole photo, hole included: a palette PNG whose numbers are class ids."""

    layout: DataUrl
    classes: list[Share]


class AttentionRequest(FillRequest):
    """The question where the model looked when it filled one pixel."""

    x: int = Field(ge=0, description="column of a hole pixel, from the left")
    y: int = Field(ge=0, description="row of a hole pixel, from the top")


class AttentionAnswer(BaseModel):
    """Where the model looked: a grey picture over the photo, white where it looked most."""

    heat: DataUrl
    label: str = Field(description="the class of the asking pixel")
    same_class: float = Field(
        ge=0, le=1, description="the part of the attention that fell on the pixel's own class"
    )


class LayoutClass(BaseModel):
    """One class of a layout."""

    id: int
    name: str
    title: str = Field(description="the name for people")
    color: str = Field(description="#rrggbb")
    twin: int = Field(description="the id it becomes in a mirror image; its own where it has no mirror twin")


class LabelsAnswer(BaseModel):
    """The classes of the model's layouts, in the order of their ids."""

    name: str
    classes: list[LayoutClass]


class Health(BaseModel):
    """The server is up and has its model."""

    status: str
    version: str
    free_places: int = Field(description="requests that would be taken up now")
    most_pixels: int = Field(description="pixels that a picture may have")
