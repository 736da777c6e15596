"""Files are downloaded once, verified before they are used, and unpacked without leaving their folder."""

import hashlib
import http.server
import io
import os
import pathlib
import tarfile
import threading
import zipfile

import pytest

from keras_torch.base import archives, download
from keras_torch.base.archives import extract_archive, load_npz
from keras_torch.base.download import dataset_file, get_file
from keras_torch.dialects import dialect

CONTENT = b"twelve bytes"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A fresh cache."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def origin(tmp_path):
    """Address of a file that holds CONTENT."""
    (tmp_path / "words.txt").write_bytes(CONTENT)
    return (tmp_path / "words.txt").as_uri()


@pytest.fixture
def server():
    """A server that promises more bytes than it sends, or knows nothing."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            known = self.path == "/short.txt"
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", "100" if known else "0")
            self.end_headers()
            self.wfile.write(CONTENT if known else b"")

        def log_message(self, *args):
            """Silence."""

    running = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def _content(path):
    return pathlib.Path(path).read_bytes()


def _tar(path, members, kind=tarfile.REGTYPE):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(content), kind, "/etc/hostname"
            archive.addfile(member, io.BytesIO(content))
    return path


def _zip(path, members, mode=0o100644):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            archive.writestr(member, content)
    return path


@pytest.mark.parametrize("given", [{}, {"file_hash": SHA256}, {"file_hash": MD5.upper()}, {"md5_hash": MD5},
                                   {"file_hash": SHA256, "hash_algorithm": "sha256"}])
def test_a_file_is_downloaded_once(origin, cache, given, tmp_path):
    path = get_file(origin=origin, **given)
    assert path == str(cache / "datasets" / "words.txt") and _content(path) == CONTENT
    (tmp_path / "words.txt").unlink()
    assert get_file(origin=origin, **given) == path   # from the cache


def test_names_and_folders(origin, tmp_path):
    path = get_file("mine.txt", origin, cache_subdir="texts", cache_dir=tmp_path / "other")
    assert path == str(tmp_path / "other" / "texts" / "mine.txt") and os.path.isfile(path)


def test_a_damaged_file_is_downloaded_again(origin, cache, capsys):
    path = pathlib.Path(get_file(origin=origin, file_hash=SHA256))
    path.write_text("damaged")
    assert _content(get_file(origin=origin, file_hash=SHA256)) == CONTENT
    assert "words.txt is incomplete or outdated" in capsys.readouterr().out
    path.write_text("unchecked")
    assert _content(get_file(origin=origin)) == b"unchecked"
    assert _content(get_file(origin=origin, force_download=True)) == CONTENT


def test_a_file_with_another_hash_is_not_kept(origin, cache):
    with pytest.raises(ValueError, match=f"has the sha256 {SHA256}, expected {'0' * 64}. It was not kept"):
        get_file(origin=origin, file_hash="0" * 64)
    assert os.listdir(cache / "datasets") == []


def test_a_failed_download_leaves_the_old_file(server, cache):
    (cache / "datasets").mkdir(parents=True)
    (cache / "datasets" / "short.txt").write_text("old")
    with pytest.raises(ConnectionError, match="only 12 of 100 bytes arrived. Check the network"):
        get_file(origin=f"{server}/short.txt", file_hash=SHA256)
    assert [path.read_text() for path in (cache / "datasets").iterdir()] == ["old"]


def test_what_cannot_be_reached_says_where_to_put_the_file(server, cache):
    with pytest.raises(ConnectionError, match="absent.txt could not be downloaded: Not Found."):
        get_file(origin=f"{server}/absent.txt")
    with pytest.raises(ConnectionError, match=rf"put the file \(sha256 {SHA256}\) at .*words.txt yourself"):
        get_file(origin="http://127.0.0.1:9/words.txt", file_hash=SHA256)


def test_a_folder_that_cannot_be_made(origin, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot be made: .* Set KERAS_HOME to a folder that you can write"):
        get_file(origin=origin, cache_dir=tmp_path / "file")


@pytest.mark.parametrize("arguments, message", [
    ({}, "`origin` must be the address to download from; got None"),
    ({"origin": "http://x/"}, "`origin` must be an address that ends in a file name"),
    ({"origin": "http://x/..", }, "`fname` must be a file name without folders; got '..'"),
    ({"origin": "http://x/a", "fname": "../a"}, "`fname` must be a file name without folders"),
    ({"origin": "http://x/a", "fname": "b\\a"}, "`fname` must be a file name without folders"),
    ({"origin": "http://x/a", "file_hash": "abc"}, "`file_hash` must be a sha256"),
    ({"origin": "http://x/a", "hash_algorithm": "crc"}, "`hash_algorithm` must be one of 'auto'"),
])
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        get_file(**arguments)


@pytest.mark.parametrize("generation, fname, options, archive, folder", [
    ("keras3", None, {"extract": True}, "pictures.tgz_archive", "pictures.tgz"),
    ("keras3", "mine", {"extract": True}, "mine_archive", "mine"),
    ("keras3", "mine.tar.gz", {"untar": True}, "mine.tar.gz", "mine_extracted"),
    ("keras2.3", "mine", {"untar": True}, "mine.tar.gz", "mine"),
])
def test_where_archives_are_unpacked(generation, fname, options, archive, folder, cache, tmp_path):
    origin = _tar(tmp_path / "pictures.tgz", {"mine/a.txt": b"a"}).as_uri()
    with dialect(generation):
        path = get_file(fname, origin, **options)
        again = get_file(fname, origin, **options)
    assert path == again == str(cache / "datasets" / folder) and (cache / "datasets" / archive).is_file()
    inner = "a.txt" if generation == "keras2.3" else "mine/a.txt"
    assert _content(os.path.join(path, inner)) == b"a"


def test_the_older_generations_name_the_archive(cache, tmp_path):
    origin = _zip(tmp_path / "a.zip", {"in/a.txt": b"a"}).as_uri()
    with dialect("tf.keras"):
        path = get_file("a.zip", origin, extract=True)
    assert path == str(cache / "datasets" / "a.zip") and (cache / "datasets" / "in" / "a.txt").is_file()


@pytest.mark.parametrize("make", [_tar, _zip])
@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "a/../../out.txt", "c:out.txt",
                                  "..\\out.txt"])
def test_members_that_leave_the_folder_are_refused(make, name, tmp_path):
    archive = make(tmp_path / "a", {"good.txt": b"", name: b"x"})
    with pytest.raises(ValueError, match="would be written outside of the folder. It was not unpacked"):
        extract_archive(archive, tmp_path / "in" / "folder")
    assert not (tmp_path / "in" / "folder").exists() and not (tmp_path / "out.txt").exists()
    assert os.listdir(tmp_path / "in") == []


@pytest.mark.parametrize("archive", [
    lambda path: _tar(path, {"link": b""}, tarfile.SYMTYPE),
    lambda path: _tar(path, {"link": b""}, tarfile.LNKTYPE),
    lambda path: _tar(path, {"device": b""}, tarfile.CHRTYPE),
    lambda path: _zip(path, {"link": b"/etc"}, 0o120777),
], ids=["symbolic", "hard", "device", "zip"])
def test_links_and_devices_are_refused(archive, tmp_path):
    with pytest.raises(ValueError, match="a link or a device. It was not unpacked"):
        extract_archive(archive(tmp_path / "a"), tmp_path / "folder")


def test_more_than_the_disk_holds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda folder: type("usage", (), {"free": 3}))
    with pytest.raises(ValueError, match="would unpack to 4 bytes; the disk has 3"):
        extract_archive(_zip(tmp_path / "a", {"a": b"1234"}), tmp_path / "folder")


def test_other_files_are_no_archives(tmp_path):
    (tmp_path / "a").write_text("hello")
    with pytest.raises(ValueError, match=r"is not an archive of the kinds asked for \(tar, zip\)"):
        extract_archive(tmp_path / "a", tmp_path / "folder")
    with pytest.raises(ValueError, match=r"asked for \(none\)"):
        extract_archive(tmp_path / "a", tmp_path / "folder", archive_format=None)
    with pytest.raises(ValueError, match="`archive_format` must be 'auto', 'tar', 'zip' or a list"):
        extract_archive(tmp_path / "a", tmp_path / "folder", archive_format="rar")


def test_a_file_that_the_user_names_is_never_replaced(origin, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("my own")
    with pytest.raises(ValueError, match="mine.txt is not the file of .* Name another path"):
        dataset_file(str(mine), origin, SHA256)
    assert mine.read_text() == "my own"
    new = str(tmp_path / "new.txt")
    assert dataset_file(new, origin, SHA256) == new
    assert dataset_file(new, "http://127.0.0.1:9/x", SHA256) == new


def test_numbers_of_numpy_files_are_read_without_pickle(tmp_path):
    np = pytest.importorskip("numpy")
    np.savez(tmp_path / "a.npz", x=np.arange(3.0), y=np.array([[1]]))
    arrays = load_npz(tmp_path / "a.npz")
    assert arrays["x"].tolist() == [0, 1, 2] and arrays["y"].shape == (1, 1)


def test_hashes(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    assert download.digest(tmp_path / "a") == SHA256 and download.digest(tmp_path / "a", "md5") == MD5
