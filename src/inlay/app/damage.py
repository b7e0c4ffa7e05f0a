"""Routes that find damage: of a photo that is sent, and of one on the table, and follow a scratch there."""

from fastapi import APIRouter, Request

from inlay.app.api import PROBLEMS
from inlay.app.editor import GONE, Desk
from inlay.app.editor_schemas import FindRequest, PieceAnswer, ScratchRequest
from inlay.app.pictures import data_url, decode_base64, encode_png
from inlay.app.schemas import DamageAnswer, DamageRequest
from inlay.damage.find import Found
from inlay.damage.kept import KeptScores
from inlay.damage.scratch import follow_scratch
from inlay.errors import UserError
from inlay.finish.recipe import Watch
from inlay.repair.damaged import damage_at, damage_scores, find_damage, mask_picture

__all__ = ["damage_router"]


def damage_router(desk: Desk) -> APIRouter:
    """The routes for programs and for the page."""
    router = APIRouter(prefix="/api/v1", responses=PROBLEMS)
    run = desk.queue.run

    @router.post("/damage", tags=["pictures"])
    async def damage(body: DamageRequest, request: Request) -> DamageAnswer:
        """Find the damage of a photo; the answer's hole can be handed to a fill."""
        return await run(request, lambda watch: _found(desk, body, watch))

    @router.post("/session/{session}/damage", tags=["editor"], responses=GONE)
    async def damage_here(session: str, body: FindRequest, request: Request) -> DamageAnswer:
        """Find the damage of the photo on the table; another sensitivity costs little."""
        return await run(request, lambda watch: _found_here(desk, session, body, watch))

    @router.post("/session/{session}/scratch", tags=["editor"], responses=GONE)
    async def scratch(session: str, body: ScratchRequest, request: Request) -> PieceAnswer:
        """Follow the scratch at a point, both ways, as far as it is seen."""
        return await run(request, lambda watch: _scratch(desk, session, body, watch))

    return router


def _found(desk: Desk, body: DamageRequest, watch: Watch) -> DamageAnswer:
    image = decode_base64(body.image, name="image", pixels=desk.limits.pixels, keep_depth=True)
    return _answer(find_damage(image.photo, body.sensitivity, watch))


def _found_here(desk: Desk, name: str, body: FindRequest, watch: Watch) -> DamageAnswer:
    table = desk.tables.get(name)
    photo = table.session.photo
    if table.scores is None:
        table.scores = KeptScores.of(damage_scores(photo, watch))
    watch("finding pieces")
    return _answer(damage_at(photo, table.scores.scores, body.sensitivity))


def _answer(found: Found) -> DamageAnswer:
    hole = data_url(encode_png(mask_picture(found.hole)))
    return DamageAnswer(hole=hole, pieces=found.pieces, share=float(found.hole.mean()))


def _scratch(desk: Desk, name: str, body: ScratchRequest, watch: Watch) -> PieceAnswer:
    photo = desk.tables.get(name).session.photo
    h, w = photo.size
    if body.x >= w or body.y >= h:
        raise UserError(f"the point {body.x}, {body.y} lies outside the photo, which is {w} x {h} pixels")
    watch("following")
    found = follow_scratch(photo.pixels, body.x, body.y, body.reach)
    if found is None:
        return PieceAnswer(left=0, top=0, picture=None)
    picture = data_url(encode_png(mask_picture(found.hole)))
    return PieceAnswer(left=found.left, top=found.top, picture=picture)
