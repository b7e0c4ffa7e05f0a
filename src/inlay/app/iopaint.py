"""IOPaint's own endpoint, so that programs written for IOPaint work here unchanged."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from inlay.app.api import PROBLEMS
from inlay.app.pictures import decode_base64, encode
from inlay.app.settings import Limits
from inlay.app.work import WorkQueue
from inlay.finish.recipe import Watch
from inlay.repair.inpainter import Inpainter

__all__ = ["InpaintRequest", "iopaint_router"]


class InpaintRequest(BaseModel):
    """The fields of IOPaint's request that matter here; all others are accepted and ignored."""

    model_config = ConfigDict(extra="allow")

    image: str = Field(description="a picture file as base64 text or data URL")
    mask: str = Field(description="a picture file as base64 text or data URL ; over 127 is to be filled")


def iopaint_router(inpainter: Inpainter, queue: WorkQueue, limits: Limits) -> APIRouter:
    """The route that IOPaint's clients use."""
    router = APIRouter(prefix="/api/v1", tags=["as IOPaint"], responses=PROBLEMS)

    @router.post(
        "/inpaint",
        response_class=Response,
        responses={200: {"description": "the picture, in the format that came", "content": {"image/*": {}}}},
    )
    async def inpaint(body: InpaintRequest, request: Request) -> Response:
        """Fill the white part of `mask`; the answer is the picture's bytes in the format that came."""
        data, media_type = await queue.run(request, lambda watch: _inpaint(inpainter, body, limits, watch))
        return Response(data, media_type=media_type)

    return router


def _inpaint(inpainter: Inpainter, body: InpaintRequest, limits: Limits, watch: Watch) -> tuple[bytes, str]:
    image = decode_base64(body.image, name="image", pixels=limits.pixels, keep_depth=True)
    mask = decode_base64(body.mask, name="mask", pixels=limits.pixels).picture
    result = inpainter(image.photo, mask, watch=watch)
    watch("writing")
    return encode(result.image, image, result.deep), image.media_type
