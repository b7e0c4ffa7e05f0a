"""The door for pretrained files: paths, the cache, asked downloads, damaged files."""

import hashlib
from pathlib import Path

import pytest
import torch

from inlay import weights
from inlay.cli.main import main
from inlay.errors import UserError
from inlay.weights import Download, cache_folder, download, find, read_state


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INLAY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that can be downloaded from this very disk under the name 'toy'."""
    path = tmp_path / "toy-net.pth"
    torch.save({"w": torch.ones(2)}, path)
    head = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    monkeypatch.setitem(weights.DOWNLOADS, "toy", Download(path.as_uri(), head, "a toy"))
    return path


def test_state_dicts_plain_and_nested(tmp_path: Path) -> None:
    for content in ({"w": torch.ones(2)}, {"epoch": 3, "model": {"w": torch.ones(2)}}):
        torch.save(content, tmp_path / "net.pth")
        assert torch.equal(read_state(tmp_path / "net.pth")["w"], torch.ones(2))


def test_files_that_are_no_state_dict(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    with pytest.raises(UserError, match="no such file"):
        read_state(path)
    for content in ([1, 2], {}, {"w": 3}):
        torch.save(content, path)
        with pytest.raises(UserError, match="not a checkpoint of named tensors"):
            read_state(path)
    # A pickle that would run code is refused, not run.
    torch.save({"w": Path()}, path)
    with pytest.raises(UserError, match="not readable as a checkpoint"):
        read_state(path)
    path.write_bytes(b"")
    with pytest.raises(UserError, match="not readable as a checkpoint"):
        read_state(path)


def test_sha256_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save({"w": torch.ones(2)}, path)
    read_state(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(UserError, match=r"its SHA-256 is [0-9a-f]{64}, expected 0000"):
        read_state(path, sha256="0000")


def test_find_takes_the_path_then_the_cache_and_never_the_network(
    served: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **settings: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(weights.urllib.request, "urlopen", refuse)
    assert find("toy", served) == served
    with pytest.raises(UserError, match=r"not at .*toy-net\.pth: fetch them with `inlay download toy`"):
        find("toy")
    with pytest.raises(UserError, match="no such weights file"):
        find("toy", cache / "absent.pth")
    with pytest.raises(UserError, match="'other' cannot be downloaded"):
        find("other")
    cache.mkdir()
    (cache / "toy-net.pth").write_bytes(served.read_bytes())
    assert find("toy") == cache / "toy-net.pth"


def test_download(served: Path, cache: Path) -> None:
    seen = list[tuple[int, int]]()
    path = download("toy", lambda done, total: seen.append((done, total)))
    assert path == cache / "toy-net.pth"
    assert path.read_bytes() == served.read_bytes()
    assert seen[-1] == (len(served.read_bytes()),) * 2
    served.unlink()
    assert download("toy") == path, "a good copy stays"
    assert [p.name for p in cache.iterdir()] == ["toy-net.pth"]


def test_a_damaged_download_leaves_nothing(served: Path, cache: Path) -> None:
    served.write_bytes(b"something else")
    with pytest.raises(UserError, match="its SHA-256 is"):
        download("toy")
    assert list(cache.iterdir()) == []
    served.unlink()
    with pytest.raises(UserError, match="cannot be fetched"):
        download("toy")
    with pytest.raises(UserError, match="unknown file 'none'; expected one of vgg19"):
        download("none")


def test_the_command(served: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["download", "toy"])
    assert done.value.code == 0
    assert capsys.readouterr().out.split() == [str(cache / "toy-net.pth")]


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("INLAY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "inlay"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "inlay"
