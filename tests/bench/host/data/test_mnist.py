"""MNIST against the facts published about it, and against every way its files can be wrong."""

import gzip
import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import trustme

from bench.errors import DataError
from bench.host.data import mnist
from bench.host.data.mnist import PUBLICATION, TEST_LABELS, read_idx, read_mnist
from bench.host.data.preparation import measure_channels
from bench.host.data.published import PublishedFile

CONTENT = bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1])
PACKED = gzip.compress(CONTENT, mtime=0)
LABELS = PublishedFile("labels.gz", hashlib.sha256(PACKED).hexdigest())


def test_mnist_is_what_is_published(real_data: Path) -> None:
    train, test = read_mnist()
    published = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(train.labels).tolist() == published
    published = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(test.labels).tolist() == published
    mean, deviation = measure_channels(train.inputs)
    assert mean[0] / 255 == pytest.approx(0.1307, abs=5e-5)
    assert deviation[0] / 255 == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PACKED[:-4], "damaged gzip file.*not the published"),
        (gzip.compress(b"\0\0\x09\1" + CONTENT[4:]), "magic number 0x00000901.*not the published"),
        (gzip.compress(CONTENT[:-1] + b"\5"), "has the SHA-256 .*; expected "),
    ],
    ids=["truncated", "magic", "digest"],
)
def test_wrong_bytes_are_refused_with_what_is_wrong(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        PUBLICATION.check(path, LABELS, lambda path: read_idx(path, 1))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_right_bytes_pass(tmp_path: Path) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(PACKED)
    PUBLICATION.check(path, LABELS, lambda path: pytest.fail("inspected"))


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *arguments: object) -> None:
        pass


def offer(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    """Let MNIST be published elsewhere or otherwise."""
    monkeypatch.setattr(mnist, "PUBLICATION", replace(mnist.PUBLICATION, **changes))  # type: ignore


def secured(
    handler: Callable[..., SimpleHTTPRequestHandler],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ThreadingHTTPServer:
    """A server with a certificate that this process trusts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    return server


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Path]:
    """A folder that a server on this machine offers as MNIST's only mirror."""
    monkeypatch.delenv("SAMESTEP_DATA", raising=False)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "mirror"
    folder.mkdir()
    server = secured(partial(Quiet, directory=str(folder)), tmp_path, monkeypatch)
    offer(monkeypatch, mirrors=(f"https://127.0.0.1:{server.server_port}/",))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder
    server.shutdown()
    server.server_close()


def test_a_missing_file_is_downloaded_once(mirror: Path) -> None:
    (mirror / "labels.gz").write_bytes(PACKED)
    assert mnist._read(LABELS, 1).tolist() == [7, 2, 1]
    (mirror / "labels.gz").unlink()
    assert mnist._read(LABELS, 1).tolist() == [7, 2, 1]


@pytest.mark.parametrize("content", [None, b"tampered", PACKED[:-1]])
def test_a_download_with_other_bytes_never_reaches_the_cache(
    mirror: Path, cache: Path, content: bytes | None
) -> None:
    if content is not None:
        (mirror / "labels.gz").write_bytes(content)
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        mnist._read(LABELS, 1)
    assert "SAMESTEP_DATA" in str(caught.value)
    assert "\n" not in str(caught.value)
    left = [path.name for path in (cache / "downloads" / "mnist").iterdir()]
    assert left == ["labels.gz.lock"]


def test_what_a_killed_download_left_is_removed(mirror: Path, cache: Path) -> None:
    (mirror / "labels.gz").write_bytes(PACKED)
    left = cache / "downloads" / "mnist" / "labels.gz.4711.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(PACKED[:9])
    assert mnist._read(LABELS, 1).tolist() == [7, 2, 1]
    assert not left.exists()


class Elsewhere(Quiet):
    """Sends everybody to another address."""

    target = ""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.target)
        self.end_headers()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://127.0.0.1:9/labels.gz", "unknown url type: http"),
        ("file:///etc/passwd", "not allowed"),
        ("ftp://127.0.0.1/labels.gz", "unknown url type: ftp"),
    ],
)
def test_no_redirection_leads_away_from_https(
    mirror: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    words: str,
) -> None:
    server = secured(type("There", (Elsewhere,), {"target": target}), tmp_path, monkeypatch)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    offer(monkeypatch, mirrors=(f"https://127.0.0.1:{server.server_port}/",))
    try:
        with pytest.raises(DataError, match=words):
            mnist._read(LABELS, 1)
    finally:
        server.shutdown()
        server.server_close()


def test_a_server_without_a_trusted_certificate_is_refused(
    mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mirror / "labels.gz").write_bytes(PACKED)
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DataError, match="certificate verify failed"):
        mnist._read(LABELS, 1)


@pytest.mark.parametrize("scheme", ["http", "ftp", "file"])
def test_only_https_is_spoken(cache: Path, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.delenv("SAMESTEP_DATA", raising=False)
    offer(monkeypatch, mirrors=(f"{scheme}://127.0.0.1:9/",))
    with pytest.raises(DataError, match=f"unknown url type: {scheme}"):
        mnist._read(LABELS, 1)


def test_an_oversized_download_is_refused(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, most_bytes=10)
    (mirror / "labels.gz").write_bytes(PACKED)
    with pytest.raises(DataError, match="more than 10 bytes"):
        mnist._read(LABELS, 1)


def test_without_network_one_line_names_both_ways(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMESTEP_DATA", raising=False)
    offer(monkeypatch, mirrors=("https://127.0.0.1:9/",))
    with pytest.raises(DataError) as caught:
        mnist._read(TEST_LABELS, 1)
    for word in (TEST_LABELS.name, "SAMESTEP_DATA", "network"):
        assert word in str(caught.value)


def test_a_data_folder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMESTEP_DATA", str(tmp_path / "typo"))
    with pytest.raises(DataError, match=r"SAMESTEP_DATA names '.*typo', which is no folder"):
        read_mnist()


def test_a_data_folder_without_the_file_is_named(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMESTEP_DATA", str(tmp_path))
    offer(monkeypatch, mirrors=("https://127.0.0.1:9/",))
    with pytest.raises(DataError, match=f"'{tmp_path}' has no mnist/{TEST_LABELS.name}"):
        mnist._read(TEST_LABELS, 1)


def test_the_users_folder_comes_first(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "labels.gz").write_bytes(PACKED)
    monkeypatch.setenv("SAMESTEP_DATA", str(tmp_path))
    assert mnist.PUBLICATION.find(LABELS) == tmp_path / "mnist" / "labels.gz"
