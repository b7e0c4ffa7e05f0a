"""Who may ask, how much at once, how long; and what browsers may do."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from PIL import Image

from app.pictures_as_text import text_of
from inlay.app.factory import create_app
from inlay.app.settings import Access, Limits, is_loopback
from inlay.errors import UserError
from inlay.repair.inpainter import Inpainter


def client_of(inpainter: Inpainter, access: Access | None = None, limits: Limits | None = None) -> TestClient:
    app = create_app(inpainter, access, limits)
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)


def test_a_strict_policy_on_every_answer(client: TestClient) -> None:
    for path in ("/", "/docs", "/static/js/main.js", "/api/v1/health", "/nothing"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_other_hosts_and_origins_are_refused(client: TestClient) -> None:
    assert client.get("/api/v1/health", headers={"Host": "evil.example:8000"}).status_code == 403
    assert client.get("/api/v1/health", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.get("/api/v1/health", headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200
    assert client.get("/api/v1/health", headers={"Host": "localhost:8000"}).status_code == 200


def test_the_token(inpainter: Inpainter) -> None:
    with client_of(inpainter, Access("0.0.0.0", 8000, "long-secret")) as client:
        assert client.get("/api/v1/health").status_code == 401
        assert client.get("/api/v1/health", headers={"Authorization": "Bearer wrong-one"}).status_code == 401
        assert (
            client.get("/api/v1/health", headers={"Authorization": "Bearer long-secret"}).status_code == 200
        )
        assert client.get("/").status_code == 200


def test_no_query_names_another_file(inpainter: Inpainter, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("what nobody is to read")
    with client_of(inpainter, Access("0.0.0.0", 8000, "long-secret")) as client:
        routes = [route.path for route in client.app.routes if isinstance(route, APIRoute)]  # type: ignore[attr-defined]
        for path in (*routes, "/static/js/main.js"):
            for name in ("path", "name", "file", "filename"):
                assert secret.read_text() not in client.get(path, params={name: str(secret)}).text, path
        assert client.get("/example/damaged.jpg").headers["content-type"] == "image/jpeg"


@pytest.mark.parametrize("route", ["/", "/docs", "/example/damaged.jpg"])
def test_files_are_served_without_any_parameter(inpainter: Inpainter, route: str) -> None:
    (served,) = [r for r in create_app(inpainter).routes if isinstance(r, APIRoute) and r.path == route]
    assert not served.dependant.query_params
    assert not served.dependant.body_params


def test_an_open_server_demands_a_token() -> None:
    with pytest.raises(UserError, match="--token"):
        Access("0.0.0.0")
    with pytest.raises(UserError, match="at least 8"):
        Access("0.0.0.0", token="short")


def test_loopback() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "example.org", "10.0.0.1", ""))


@pytest.mark.parametrize(
    "path",
    ["/static/../factory.py", "/static/%2e%2e/factory.py", "/static//etc/passwd", "/example/../README.md"],
)
def test_no_path_leads_out(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_too_large_a_body(inpainter: Inpainter) -> None:
    with client_of(inpainter, limits=Limits(body=1000)) as client:
        answer = client.post("/api/v1/fill", json={"image": "A" * 2000, "hole": ""})
        assert answer.status_code == 413
        chunks = (b"A" * 500 for _ in range(5))
        assert client.post("/api/v1/fill", content=chunks).status_code == 413


@pytest.fixture
def slow(inpainter: Inpainter, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Fills wait for the event."""
    go = threading.Event()

    def wait(*args: object, **named: object) -> object:
        go.wait(20)
        return plain(*args, **named)

    plain = Inpainter.predict_layout
    monkeypatch.setattr(Inpainter, "predict_layout", lambda self, *args, **named: wait(self, *args, **named))
    return go


def test_overflow_is_told_to_come_back(
    inpainter: Inpainter, photo: Image.Image, slow: threading.Event
) -> None:
    body = {"image": text_of(photo)}
    with client_of(inpainter, limits=Limits(waiting=3)) as client, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(client.post, "/api/v1/layout", json=body) for _ in range(8)]
        while sum(job.done() for job in asked) < 5:
            time.sleep(0.01)
        slow.set()
        answers = [job.result() for job in asked]
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [200] * 3 + [429] * 5
        assert all(a.headers["retry-after"] == "1" for a in answers if a.status_code == 429)
        assert client.get("/api/v1/health").json()["free_places"] == 3


def test_the_time_limit(inpainter: Inpainter, photo: Image.Image, slow: threading.Event) -> None:
    with client_of(inpainter, limits=Limits(seconds=0.1)) as client:
        answer = client.post("/api/v1/layout", json={"image": text_of(photo)})
        slow.set()
        assert answer.status_code == 503
        assert "retry-after" in answer.headers


def test_no_trace_of_an_unforeseen_failure(
    inpainter: Inpainter, photo: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Inpainter, *args: object, **named: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(Inpainter, "predict_layout", fail)
    with client_of(inpainter) as client:
        answer = client.post("/api/v1/layout", json={"image": text_of(photo)})
        assert answer.status_code == 500
        assert "secret" not in answer.text
