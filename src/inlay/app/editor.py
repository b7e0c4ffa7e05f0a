"""The page's own routes: a photo is put on the table once, and each stroke asks only for what it changed."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from inlay.app.api import PROBLEMS, read_layout
from inlay.app.editor_schemas import (
    HoleTaken,
    LookAnswer,
    LookRequest,
    Opened,
    PatchAnswer,
    PatchRequest,
    RefineRequest,
    ResultRequest,
    StyleTaken,
    StyleWish,
)
from inlay.app.face_schemas import MOST_FACES, FrameText, Word, face_answers, frames_of
from inlay.app.pictures import data_url, decode, decode_base64, encode, encode_png, grey, part_of_hole
from inlay.app.schemas import NoteAnswer, Problem
from inlay.app.settings import Limits
from inlay.app.stream import Event, events
from inlay.app.tables import Table, Tables
from inlay.app.work import WorkQueue
from inlay.errors import UserError
from inlay.finish.recipe import Watch
from inlay.images import eight_bit
from inlay.labels import LabelSet
from inlay.painters.refine import CarefulRefinement
from inlay.painters.styles import StyleChange
from inlay.repair.answers import Patch
from inlay.repair.framing import Faces
from inlay.repair.inpainter import Inpainter

__all__ = ["Desk", "editor_router"]

Responses = dict[int | str, dict[str, Any]]
GONE: Responses = {404: {"model": Problem, "description": "the photo is no longer on the table"}}
A_PICTURE = {
    "requestBody": {
        "required": True,
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
OWN = ("hole-read", "hole-upright")
"""Codes of notes that tell the page what it knows: it draws the hole itself, on the upright photo."""

EVENTS: Responses = {200: {"description": "server-sent events", "content": {"text/event-stream": {}}}}
PNG: Responses = {200: {"description": "a picture", "content": {"image/*": {}}}}


@dataclass(frozen=True)
class Desk:
    """What the routes work with."""

    inpainter: Inpainter
    queue: WorkQueue
    limits: Limits
    tables: Tables

    @property
    def labels(self) -> LabelSet:
        """The classes of layouts."""
        return self.inpainter.labels

    def opened(self, data: bytes) -> Opened:
        """Put a photo on the table."""
        received = decode(data, name="photo", pixels=self.limits.pixels, keep_depth=True)
        session = self.inpainter.session(received.photo)
        (h, w), (gh, gw) = session.photo.size, session.grid
        name = self.tables.open(Table(session, received.without_picture()))
        return Opened(
            session=name, width=w, height=h, grid_width=gw, grid_height=gh,
            format=received.answer_format, has_metadata=bool(received.exif),
        )  # fmt: skip

    def hole_taken(
        self, name: str, data: bytes, place: tuple[int, int] | None, faces: Faces, watch: Watch
    ) -> HoleTaken:
        """Draw the hole, at a `place` (column, row) a part of it, and predict the layout."""
        started = time.perf_counter()
        session = self.tables.get(name).session
        drawn = decode(data, name="hole", pixels=self.limits.pixels).picture
        hole = drawn if place is None else part_of_hole(drawn, place, session.photo.size)
        layout = session.draw_hole(hole, faces=faces, may_be_empty=True, watch=watch)
        return HoleTaken(
            layout=data_url(encode_png(grey(layout))),
            faces=face_answers(session),
            is_portrait=session.framed.is_whole,
            notes=[NoteAnswer(code=n.code, text=n.text) for n in session.notes if n.code not in OWN],
            seconds=time.perf_counter() - started,
        )

    def filled(self, name: str, body: PatchRequest, watch: Watch) -> PatchAnswer:
        """Fill under a layout."""
        started = time.perf_counter()
        table = self.tables.get(name)
        layout = None if body.layout is None else read_layout(body.layout, self.labels, self.limits)
        patch = table.session.fill(
            layout, seed=body.seed, styles=self.changes(table, body.styles), quick=body.quick, watch=watch
        )
        return self.patch_answer(table, patch, self.drawn(table, layout, body.seed), started)

    def drawn(self, table: Table, layout: np.ndarray | None, seed: int) -> str | None:
        """The layout that a seed has drawn, as it travels; none for the first seed, which draws nothing."""
        return data_url(encode_png(grey(table.session.layout_under(layout, seed)))) if seed else None

    def patch_answer(self, table: Table, patch: Patch, drawn: str | None, started: float) -> PatchAnswer:
        """A patch as it travels; it bears the photo's colour profile, so that both look alike."""
        data = encode_png(patch.shown(), table.session.photo.profile)
        return PatchAnswer(
            left=patch.left, top=patch.top, picture=data_url(data), layout=drawn,
            seconds=time.perf_counter() - started,
        )  # fmt: skip

    def changes(self, table: Table, wishes: list[StyleWish]) -> dict[int, StyleChange]:
        """The styles that are wished for."""
        for wish in wishes:
            if wish.label >= len(self.labels):
                raise UserError(
                    f"styles: there is no class {wish.label}; ids are 0 to {len(self.labels) - 1}"
                )
            if wish.reference not in table.styles:
                raise UserError("styles: that photo's style is no longer there; choose the photo again")
        return {wish.label: StyleChange(table.styles[wish.reference], wish.amount) for wish in wishes}

    def refined(self, name: str, body: RefineRequest, report: Callable[[Event], None], watch: Watch) -> Event:
        """Refine and fill; each step is reported."""
        started = time.perf_counter()
        table = self.tables.get(name)
        layout = None if body.layout is None else read_layout(body.layout, self.labels, self.limits)
        refinement = CarefulRefinement(
            steps=body.steps, watch=lambda step: report({"step": step, "steps": body.steps})
        )
        patch = table.session.fill(layout, seed=body.seed, refinement=refinement, watch=watch)
        course = table.session.refined()
        drawn = self.drawn(table, layout, body.seed)
        answer = self.patch_answer(table, patch, drawn, started).model_dump()
        return answer | {"kept": course.step, "before": course.before, "after": course.after}

    def looked(self, name: str, body: LookRequest, watch: Watch) -> LookAnswer:
        """Where the model looked."""
        layout = None if body.layout is None else read_layout(body.layout, self.labels, self.limits)
        watch("looking")
        heat = self.tables.get(name).session.look(body.x, body.y, layout, body.seed)
        return LookAnswer(
            heat=data_url(encode_png(heat.picture())), label=heat.label, same_class=heat.same_class
        )

    def style_taken(self, name: str, data: bytes, watch: Watch) -> StyleTaken:
        """Remember another photo's style."""
        table = self.tables.get(name)
        other = decode(data, name="style photo", pixels=self.limits.pixels, keep_depth=True).photo
        return StyleTaken(reference=table.keep_style(self.inpainter.session(other).styles(watch)))

    def result(self, name: str, body: ResultRequest, watch: Watch) -> tuple[bytes, str]:
        """The whole photo with its layers and a patch, as a file of the kind that came."""
        table = self.tables.get(name)
        piece = decode_base64(body.picture, name="picture", pixels=self.limits.pixels).picture
        session = table.session
        values = session.merged(session.paste(body.left, body.top, piece))
        whole, deep = session.photo.picture(values), session.photo.deep(values)
        watch("writing")
        return encode(whole, table.received, deep), table.received.media_type

    def photo(self, name: str) -> bytes:
        """The photo as a PNG."""
        table = self.tables.get(name)
        return encode_png(eight_bit(table.session.photo.copy()), table.session.photo.profile)


Frames = Annotated[
    list[FrameText],
    Query(
        max_length=MOST_FACES,
        description="Frames of the faces that are filled, taken as they are; `faces` has no meaning then.",
    ),
]
Place = Annotated[
    int | None,
    Query(
        ge=0,
        le=1_000_000,
        description="Where in the photo the picture lies, if it is a part of the hole; the rest is none.",
    ),
]


def editor_router(desk: Desk) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(prefix="/api/v1/session", tags=["editor"], responses=PROBLEMS | GONE)
    run = desk.queue.run

    @router.post("", openapi_extra=A_PICTURE)
    async def open_photo(request: Request) -> Opened:
        """Put a photo on the table: the body is the picture file."""
        data = await request.body()
        return await run(request, lambda watch: desk.opened(data))

    @router.delete("/{session}", status_code=204)
    async def close_photo(session: str) -> None:
        """Forget a photo and all that was made of it."""
        desk.tables.close(session)

    @router.get("/{session}/picture", response_class=Response, responses=PNG)
    async def photo(session: str, request: Request) -> Response:
        """The photo as a PNG, for browsers that cannot read its format."""
        return Response(await run(request, lambda watch: desk.photo(session)), media_type="image/png")

    @router.post("/{session}/hole", openapi_extra=A_PICTURE)
    async def draw_hole(
        session: str, request: Request, faces: Word = "auto", face: Frames = [],  # noqa: B006 - copied
        left: Place = None, top: Place = None,
    ) -> HoleTaken:  # fmt: skip
        """Take a new hole (the body is a picture, white = to be filled) and predict the layout."""
        data, chosen = await request.body(), frames_of(face) or faces
        place = None if left is None and top is None else (left or 0, top or 0)
        return await run(request, lambda watch: desk.hole_taken(session, data, place, chosen, watch))

    @router.post("/{session}/fill")
    async def fill(session: str, body: PatchRequest, request: Request) -> PatchAnswer:
        """Fill the hole; only what the layout changes is computed anew."""
        return await run(request, lambda watch: desk.filled(session, body, watch))

    @router.post("/{session}/refine", response_class=StreamingResponse, responses=EVENTS)
    async def refine(session: str, body: RefineRequest) -> StreamingResponse:
        """Adapt the styles to the photo, step by step; leaving ends it."""
        desk.tables.get(session)
        stream = events(desk.queue, lambda report, watch: desk.refined(session, body, report, watch))
        return StreamingResponse(stream, media_type="text/event-stream")

    @router.post("/{session}/attention")
    async def look(session: str, body: LookRequest, request: Request) -> LookAnswer:
        """Where the model looked for one pixel of the hole."""
        return await run(request, lambda watch: desk.looked(session, body, watch))

    @router.post("/{session}/style", openapi_extra=A_PICTURE)
    async def take_style(session: str, request: Request) -> StyleTaken:
        """Learn the classes' styles from another photo: the body is the picture file."""
        data = await request.body()
        return await run(request, lambda watch: desk.style_taken(session, data, watch))

    @router.post("/{session}/result", response_class=Response, responses=PNG)
    async def result(session: str, body: ResultRequest, request: Request) -> Response:
        """The photo with its layers and a patch: size, format, colour profile and metadata as it came."""
        data, media_type = await run(request, lambda watch: desk.result(session, body, watch))
        return Response(data, media_type=media_type)

    return router
