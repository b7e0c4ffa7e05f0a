"""Requests made up from the OpenAPI page: the answers are as it declares, never a server fault or a path."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.pictures_as_text import file_of, text_of
from inlay.app.factory import create_app
from inlay.app.settings import Access, Limits
from inlay.repair.inpainter import Inpainter

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from fastapi.testclient import TestClient
    from schemathesis import Case
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = [
    "POST /api/v1/fill", "POST /api/v1/layout", "POST /api/v1/attention", "POST /api/v1/inpaint",
    "GET /api/v1/labels", "GET /api/v1/health", "POST /api/v1/session",
    "GET /api/v1/session/{session}/picture", "POST /api/v1/session/{session}/hole",
    "POST /api/v1/session/{session}/fill", "POST /api/v1/session/{session}/refine",
    "POST /api/v1/session/{session}/attention", "POST /api/v1/session/{session}/style",
    "POST /api/v1/damage", "POST /api/v1/session/{session}/layers",
    "POST /api/v1/session/{session}/damage", "POST /api/v1/session/{session}/scratch",
    "POST /api/v1/session/{session}/result", "DELETE /api/v1/session/{session}",
]  # fmt: skip


@pytest.fixture(scope="module")
def served(inpainter: Inpainter) -> Iterator[tuple[Any, TestClient]]:
    """The schema, and a client of the application that it describes."""
    app = create_app(inpainter, Access(), Limits(pixels=20_000, body=200_000, seconds=20.0))
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield schemathesis.openapi.from_dict(client.get("/openapi.json").json()), client


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    """A photo and holes of its size and of another, and nothing at all."""
    rng = np.random.default_rng(0)
    photo = Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8))
    hole, small = np.zeros((40, 48), np.uint8), np.zeros((8, 8), np.uint8)
    hole[12:24, 10:30], small[2:4] = 255, 255
    return [photo, Image.fromarray(hole), Image.fromarray(small), Image.new("L", (48, 40))]


def test_every_operation_is_fuzzed(served: tuple[Any, TestClient]) -> None:
    schema, _ = served
    assert sorted(operation.ok().label for operation in schema.get_all_operations()) == sorted(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_answers_are_those_of_the_page(
    served: tuple[Any, TestClient], pictures: list[Image.Image], label: str
) -> None:
    schema, client = served
    method, path = label.split()
    operation = schema[path][method]
    texts, files = [text_of(p) for p in pictures], [file_of(p) for p in pictures]
    name = client.post("/api/v1/session", content=files[0]).json()["session"]

    @settings(
        max_examples=12, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(), data=st.data())
    def run(case: Case, data: st.DataObject) -> None:
        # Made-up text is hardly ever a picture, and no made-up name is that of a session.
        if "session" in (case.path_parameters or {}) and data.draw(st.booleans()):
            case.path_parameters["session"] = name
            client.post(f"/api/v1/session/{name}/hole", content=files[1])
        if isinstance(case.body, dict):
            for field in ("image", "hole", "mask", "layout", "picture"):
                if field in case.body and data.draw(st.booleans()):
                    case.body[field] = data.draw(st.sampled_from(texts))
        elif path.endswith(("session", "hole", "style")) and method == "POST":
            case.body = data.draw(st.sampled_from(files) | st.binary(max_size=64))
        arguments = case.as_transport_kwargs(base_url="http://127.0.0.1:8000")
        body = {"content": arguments["data"]} if "data" in arguments else {"json": arguments.get("json")}
        headers = {"Content-Type": case.media_type} if case.media_type else {}
        answer = client.request(method, arguments["url"], headers=headers, **body)
        for check in CHECKS:
            case.validate_response(answer, checks=[check])
        if answer.status_code != 200:
            for secret in ("site-packages", "Traceback", "/src/", "/home", "/root", "/work"):
                assert secret not in answer.text

    run()
