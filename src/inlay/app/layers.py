"""The route that lays earlier fills on the photo, so that the next one starts from what is seen."""

from dataclasses import replace

from fastapi import APIRouter, Request

from inlay.app.api import PROBLEMS
from inlay.app.editor import GONE, Desk
from inlay.app.editor_schemas import LayersRequest, LayersTaken
from inlay.app.pictures import decode_base64
from inlay.finish.recipe import Watch
from inlay.repair.session import Session
from inlay.repair.steady import SteadySearch

__all__ = ["layers_router"]


def layers_router(desk: Desk) -> APIRouter:
    """The route of the page."""
    router = APIRouter(prefix="/api/v1/session", tags=["editor"], responses=PROBLEMS | GONE)

    @router.post("/{session}/layers")
    async def lay(session: str, body: LayersRequest, request: Request) -> LayersTaken:
        """Lay earlier fills on the photo: the next hole is one of the picture with them."""
        return await desk.queue.run(request, lambda watch: _laid(desk, session, body, watch))

    return router


def _laid(desk: Desk, name: str, body: LayersRequest, watch: Watch) -> LayersTaken:
    """Lay patches. The first fill searches for faces as all doors do, those on it as rarely as they may."""
    table, tools, pieces = desk.tables.get(name), desk.inpainter.tools, []
    for patch in body.patches:
        watch("reading layers")
        picture = decode_base64(patch.picture, name="picture", pixels=desk.limits.pixels).picture
        pieces.append((patch.left, patch.top, picture))
    if table.search is None and tools.search is not None:
        table.search = SteadySearch(tools.search)
    steady = replace(tools, search=table.search)
    table.lay(body.keep, pieces, lambda photo: Session(steady, photo))
    count = table.merged + len(table.layers)
    if not count:
        table.session = desk.inpainter.session(table.session.photo)
    return LayersTaken(layers=count)
