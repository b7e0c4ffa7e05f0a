"""The HTTP API for programs: fill, layout, attention, labels and health; nothing is kept between requests."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from PIL import Image

from inlay.app.face_schemas import faces_of
from inlay.app.pictures import data_url, decode_base64, encode, encode_png
from inlay.app.schemas import (
    AttentionAnswer,
    AttentionRequest,
    FillAnswer,
    FillRequest,
    Health,
    LabelsAnswer,
    LayoutAnswer,
    LayoutClass,
    LayoutRequest,
    NoteAnswer,
    Problem,
    Share,
)
from inlay.app.settings import Limits
from inlay.app.titles import title_of
from inlay.app.work import WorkQueue
from inlay.finish.recipe import Watch, standard
from inlay.labels import LabelSet
from inlay.layers import label_of, label_picture
from inlay.repair.inpainter import Inpainter
from inlay.repair.inputs import fit_label

__all__ = ["PROBLEMS", "about_router", "api_router", "labels_answer", "read_layout", "version"]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {
        "model": Problem,
        "description": "something that was sent is not usable; `detail` says how to mend it",
    },
    401: {"model": Problem, "description": "the server asks for a token"},
    403: {"model": Problem, "description": "asked under another host's name, or by another site's page"},
    408: {"model": Problem, "description": "the request's body came too slowly"},
    413: {"model": Problem, "description": "the request's body is too large"},
    422: {"model": Problem, "description": "the request has not the form described here"},
    429: {
        "model": Problem,
        "description": "too many requests wait; `Retry-After` says in how many seconds to ask again",
    },
    503: {"model": Problem, "description": "the answer took longer than this server allows"},
}


def api_router(inpainter: Inpainter, queue: WorkQueue, limits: Limits) -> APIRouter:
    """The routes for programs."""
    router = APIRouter(prefix="/api/v1", tags=["pictures"], responses=PROBLEMS)

    @router.post("/fill")
    async def fill(body: FillRequest, request: Request) -> FillAnswer:
        """Fill the hole of a photo."""
        return await queue.run(request, lambda watch: _fill(inpainter, body, limits, watch))

    @router.post("/layout")
    async def layout(body: LayoutRequest, request: Request) -> LayoutAnswer:
        """Predict the layout of a photo, what its hole hides included."""
        return await queue.run(request, lambda watch: _layout(inpainter, body, limits, watch))

    @router.post("/attention")
    async def attention(body: AttentionRequest, request: Request) -> AttentionAnswer:
        """Show where the model looked when it filled one pixel."""
        return await queue.run(request, lambda watch: _attention(inpainter, body, limits, watch))

    return router


def about_router(labels: LabelSet, limits: Limits, free_places: Callable[[], int]) -> APIRouter:
    """The routes that tell about the server; they never wait for the model."""
    router = APIRouter(prefix="/api/v1", tags=["server"], responses={k: PROBLEMS[k] for k in (401, 403)})

    @router.get("/labels")
    async def classes() -> LabelsAnswer:
        """The classes of layouts."""
        return labels_answer(labels)

    @router.get("/health")
    async def health() -> Health:
        """Whether the server is up."""
        return Health(status="ok", version=version(), free_places=free_places(), most_pixels=limits.pixels)

    return router


def version() -> str:
    """The installed version of the package."""
    try:
        return version_of("inlay")
    except PackageNotFoundError:
        return "unknown"


def labels_answer(labels: LabelSet) -> LabelsAnswer:
    """The vocabulary as an answer."""
    return LabelsAnswer(
        name=labels.name,
        classes=[
            LayoutClass(
                id=i,
                name=c.name,
                title=title_of(c.name),
                color="#{:02x}{:02x}{:02x}".format(*c.color),
                twin=labels.twins[i],
            )
            for i, c in enumerate(labels.classes)
        ],
    )


def read_layout(text: str, labels: LabelSet, limits: Limits) -> np.ndarray:
    """The class ids of a layout that came as text."""
    return label_of(decode_base64(text, name="layout", pixels=limits.pixels).picture, labels)


def _fill(inpainter: Inpainter, body: FillRequest, limits: Limits, watch: Watch) -> FillAnswer:
    image = decode_base64(body.image, name="image", pixels=limits.pixels, keep_depth=True)
    hole = decode_base64(body.hole, name="hole", pixels=limits.pixels).picture
    labels = inpainter.labels
    given = None if body.layout is None else read_layout(body.layout, labels, limits)
    recipe = standard(widen=body.widen).without(body.without)
    result = inpainter.with_recipe(recipe)(
        image.photo, hole, given, faces=faces_of(body.faces), seed=body.seed, fit=body.fit, watch=watch
    )  # fmt: skip
    watch("writing")
    return FillAnswer(
        image=data_url(encode(result.image, image, result.deep), image.media_type),
        layout=data_url(encode_png(label_picture(result.layout, labels))),
        layout_source=result.layout_source,
        hole_ratio=result.hole_ratio,
        notes=[NoteAnswer(code=note.code, text=note.text) for note in result.notes],
        seconds=result.seconds,
    )


def _layout(inpainter: Inpainter, body: LayoutRequest, limits: Limits, watch: Watch) -> LayoutAnswer:
    image = decode_base64(body.image, name="image", pixels=limits.pixels, keep_depth=True).photo
    hole = None if body.hole is None else decode_base64(body.hole, name="hole", pixels=limits.pixels).picture
    faces, labels = faces_of(body.faces), inpainter.labels
    label = inpainter.predict_layout(image, hole, faces=faces, fit=body.fit, watch=watch)
    shares = labels.shares(label)
    return LayoutAnswer(
        layout=data_url(encode_png(label_picture(label, labels))),
        classes=[Share(id=i, name=labels.names[i], share=share) for i, share in shares.items()],
    )


def _attention(inpainter: Inpainter, body: AttentionRequest, limits: Limits, watch: Watch) -> AttentionAnswer:
    image = decode_base64(body.image, name="image", pixels=limits.pixels, keep_depth=True)
    hole = decode_base64(body.hole, name="hole", pixels=limits.pixels).picture
    recipe = standard(widen=body.widen).without(body.without)
    session = inpainter.with_recipe(recipe).session(image.photo)
    session.draw_hole(hole, faces=faces_of(body.faces), fit=body.fit, watch=watch)
    labels, given = inpainter.labels, None
    if body.layout is not None:
        drawn = read_layout(body.layout, labels, limits)
        given = session.to_grid(fit_label(drawn, session.photo, labels, fit=body.fit)[0])
    watch("looking")
    heat = session.look(body.x, body.y, given, body.seed)
    picture = heat.picture().resize(session.photo.size[::-1], Image.Resampling.BILINEAR)
    return AttentionAnswer(
        heat=data_url(encode_png(picture)),
        label=labels.names[heat.label],
        same_class=heat.same_class,
    )
