"""What goes wrong, as answers: a status and one line that says how to mend it; never a path or a trace."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from inlay.app.work import ClientGoneError, TimeLimitError
from inlay.errors import UserError

__all__ = ["add_problem_answers"]


def add_problem_answers(app: FastAPI) -> None:
    """Answer each kind of failure in one form, `{"detail": "..."}`."""
    app.add_exception_handler(UserError, _unusable)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(TimeLimitError, _late)
    app.add_exception_handler(ClientGoneError, _gone)


def _unusable(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 400)


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "the body"
    # What was given is not repeated: it may be a picture's megabytes, or no text at all.
    return JSONResponse({"detail": f"{place}: {first['msg']}".encode("ascii", "replace").decode()}, 422)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"detail": str(error.detail)}, error.status_code, headers=error.headers)


def _late(request: Request, error: Exception) -> Response:
    busy = "the answer took longer than this server allows; try again, or with a smaller picture"
    return JSONResponse({"detail": busy}, 503, headers={"Retry-After": "5"})


def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=499)
