"""The application: guard, admission, routes, page."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from inlay.app.admission import Admission, Places
from inlay.app.api import about_router, api_router, version
from inlay.app.damage import damage_router
from inlay.app.editor import Desk, editor_router
from inlay.app.guard import Guard
from inlay.app.iopaint import iopaint_router
from inlay.app.layers import layers_router
from inlay.app.problems import add_problem_answers
from inlay.app.settings import Access, Limits
from inlay.app.tables import Tables
from inlay.app.work import WorkQueue
from inlay.examples import example
from inlay.repair.inpainter import Inpainter

__all__ = ["create_app"]

STATIC = Path(__file__).parent / "static"
SWEEP_SECONDS = 60
ABOUT = "Repairs and edits portraits: holes are filled under a semantic layout. White = to be filled."


def create_app(inpainter: Inpainter, access: Access | None = None, limits: Limits | None = None) -> FastAPI:
    """The editor and its API around one model."""
    access, limits = access or Access(), limits or Limits()
    queue, tables = WorkQueue(limits.seconds), Tables(limits)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(tables))
        yield
        sweeper.cancel()
        with suppress(asyncio.CancelledError):
            await sweeper
        queue.close()

    # FastAPI's own documentation pages load scripts from another host; `/docs` here is a page of ours.
    app = FastAPI(
        title="inlay", version=version(), description=ABOUT, lifespan=lifespan,
        openapi_url="/openapi.json", docs_url=None, redoc_url=None, swagger_ui_oauth2_redirect_url=None,
    )  # fmt: skip
    add_problem_answers(app)
    places = Places(limits.waiting)
    app.include_router(api_router(inpainter, queue, limits))
    app.include_router(iopaint_router(inpainter, queue, limits))
    app.include_router(about_router(inpainter.labels, limits, lambda: places.free))
    desk = Desk(inpainter, queue, limits, tables)
    app.include_router(damage_router(desk))
    app.include_router(editor_router(desk))
    app.include_router(layers_router(desk))
    _add_pages(app)
    app.add_middleware(Admission, limits=limits, places=places)
    app.add_middleware(Guard, access=access)
    return app


async def _sweep(tables: Tables) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        tables.sweep()


def _add_pages(app: FastAPI) -> None:
    """The page itself, the API's page, the example: what is listed here or lies below static."""

    def answer(path: Path, media_type: str) -> Callable[[], FileResponse]:
        # Without any parameter: FastAPI would fill it from the query, and serve whatever file is asked for.
        return lambda: FileResponse(path, media_type=media_type)

    for route, name in (("/", "index.html"), ("/docs", "docs.html")):
        app.get(route, include_in_schema=False)(answer(STATIC / name, "text/html; charset=utf-8"))
    app.get("/example/damaged.jpg", include_in_schema=False)(answer(example("damaged"), "image/jpeg"))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
