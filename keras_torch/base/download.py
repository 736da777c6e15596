"""Files of the cache: looked for under `$KERAS_HOME`, downloaded once, verified before they are opened."""

import hashlib
import os
import pathlib
import urllib.parse
import urllib.request

from keras_torch.base.archives import extract_archive
from keras_torch.base.checks import fail, one_of
from keras_torch.base.files import atomic_write
from keras_torch.base.settings import keras_home
from keras_torch.dialects import current_dialect

CHUNK = 1 << 20            # bytes read at a time
TIMEOUT_SECONDS = 60.0     # without a byte
_LENGTHS = {32: "md5", 64: "sha256"}


class _Silent:
    """A progress bar that shows nothing."""

    def __init__(self, total, unit_name):
        pass

    def add(self, count):
        """Counts nothing."""


_reporting = {"say": print, "bar": _Silent}


def report_with(say, bar):
    """Sets who tells the user about downloads; `callbacks.progress` does, when it is imported.

    Args:
        say: function of one line of text.
        bar: `(total, unit_name) -> object with add(count)`; total is the number of bytes, or None.

    >>> report_with(**_reporting)
    """
    _reporting.update(say=say, bar=bar)


def digest(path, algorithm="sha256"):
    """The hash of a file as hexadecimal text.

    Args:
        path: the file.
        algorithm: 'sha256' or 'md5'.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     digest(file.name, "md5")
    'd41d8cd98f00b204e9800998ecf8427e'
    """
    state = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            state.update(chunk)
    return state.hexdigest()


def _algorithm(file_hash, hash_algorithm):
    """Name of the algorithm; 'auto' tells it by the length of the hash."""
    one_of("auto", "sha256", "md5")("get_file()", "hash_algorithm", hash_algorithm)
    if file_hash is None:
        return None
    if not isinstance(file_hash, str) or len(file_hash) not in _LENGTHS:
        fail("get_file()", "file_hash", file_hash, "a sha256 (64 characters) or md5 (32 characters)")
    return _LENGTHS[len(file_hash)] if hash_algorithm == "auto" else hash_algorithm


def is_whole(path, file_hash, algorithm):
    """Whether a file is there and has the hash; without a hash, whether it is there.

    >>> is_whole("no such file", None, None)
    False
    """
    return os.path.isfile(path) and (file_hash is None or digest(path, algorithm) == file_hash.lower())


def download(origin, path, file_hash=None, algorithm=None):
    """Downloads to `path`, which changes only when everything has arrived and has the hash.

    Args:
        origin: address, http(s), ftp or file.
        path: where to put it; the folder is made.
        file_hash: expected hash, or None.
        algorithm: 'sha256' or 'md5'.

    Errors:
        ConnectionError: not reachable. ValueError: the hash differs; nothing is kept.
    """
    path = pathlib.Path(path)
    _make_folder(path.parent)
    _reporting["say"](f"Downloading data from {origin}")
    with atomic_write(path) as temporary:
        try:
            _transfer(origin, temporary)
        except OSError as error:   # URLError, timeouts and broken connections are OSErrors
            reason = getattr(error, "reason", None) or error
            wanted = f" ({algorithm} {file_hash})" if file_hash else ""
            raise ConnectionError(f"{origin} could not be downloaded: {reason}. Check the network, or put "
                                  f"the file{wanted} at {path} yourself.") from error
        if not is_whole(temporary, file_hash, algorithm):
            raise ValueError(f"The file downloaded from {origin} has the {algorithm} "
                             f"{digest(temporary, algorithm)}, expected {file_hash}. It was not kept; "
                             "try again, or ask where it came from.")
    return path


def _make_folder(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"The folder {folder} cannot be made: {error}. Set KERAS_HOME to a folder that you can "
                      "write.") from error


def _transfer(origin, path):
    with urllib.request.urlopen(origin, timeout=TIMEOUT_SECONDS) as source, open(path, "wb") as target:
        size = int(source.headers.get("Content-Length") or 0)
        progress = _reporting["bar"](size or None, unit_name="byte")
        while chunk := source.read(CHUNK):
            target.write(chunk)
            progress.add(len(chunk))
        if target.tell() < size:
            raise ConnectionError(f"only {target.tell()} of {size} bytes arrived")


def get_file(fname=None, origin=None, untar=False, md5_hash=None, file_hash=None, cache_subdir="datasets",
             hash_algorithm="auto", extract=False, archive_format="auto", cache_dir=None,
             force_download=False):
    """A file of the cache, downloaded when it is not there or not whole.

    Args:
        fname: its name in the cache, without folders; None takes that of `origin`.
        origin: address to download from.
        untar: older form of `extract`, for tar files.
        md5_hash: older form of `file_hash`.
        file_hash: expected sha256 or md5, or None for no check.
        cache_subdir: folder inside the cache, or an absolute one.
        hash_algorithm: 'sha256', 'md5', or 'auto': by the length of the hash.
        extract: whether to unpack the archive.
        archive_format: 'tar', 'zip', a list of these, or 'auto' for both.
        cache_dir: the cache; None is `$KERAS_HOME`, else `~/.keras`.
        force_download: whether to download in any case.

    Returns:
        str: path of the file; with `extract` that of the unpacked folder: in Keras 3 a folder around what
            the archive holds, in the older generations the folder of the cache into which it was unpacked,
            plus `fname`.

    Errors:
        ValueError: no origin, a name with folders, another hash, or an unsafe archive. ConnectionError: not
            reachable.

    Source: Keras `utils.get_file`.

    >>> get_file("words.txt")
    Traceback (most recent call last):
    ...
    ValueError: get_file(): `origin` must be the address to download from; got None.
    """
    if origin is None:
        fail("get_file()", "origin", origin, "the address to download from")
    file_hash = md5_hash if file_hash is None else file_hash
    algorithm = _algorithm(file_hash, hash_algorithm)
    folder = pathlib.Path(keras_home() if cache_dir is None else os.path.expanduser(cache_dir)) / cache_subdir
    name = _plain_name(fname, origin)
    unpacks = extract or untar
    path, unpacked = _places(folder, name, fname, untar) if unpacks else (folder / name, None)
    if force_download or not is_whole(path, file_hash, algorithm):
        if path.is_file() and not force_download:
            _reporting["say"](f"{path} is incomplete or outdated: its {algorithm} is not {file_hash}. "
                "Downloading it again.")
        download(origin, path, file_hash, algorithm)
    if not unpacks:
        return str(path)
    older = current_dialect() != "keras3"
    extract_archive(path, folder if older else unpacked, "tar" if untar else archive_format)
    return str(unpacked if not older or untar else path)


def _plain_name(fname, origin):
    name = os.path.basename(urllib.parse.urlsplit(origin).path) if fname is None else os.fspath(fname)
    if not name:
        fail("get_file()", "origin", origin, "an address that ends in a file name", "Or give `fname`.")
    if name in (".", "..") or any(mark in name for mark in ("/", "\\", "\0")):
        fail("get_file()", "fname", name, "a file name without folders", "Give the folder as `cache_subdir`.")
    return name


def _places(folder, name, fname, untar):
    """(archive, unpacked folder) in the cache, as the generation in force lays them out."""
    if current_dialect() != "keras3":
        return (folder / f"{name}.tar.gz", folder / name) if untar else (folder / name, folder / name)
    if fname is not None and "." in name:
        return folder / name, folder / f"{name[:name.find('.')]}_extracted"
    return folder / f"{name}_archive", folder / name


def dataset_file(path, origin, file_hash, cache_dir=None):
    """A file of a data set: from the cache, or at an absolute path that the user names.

    Args:
        path: name in the cache's folder 'datasets', or an absolute path.
        origin: address to download from.
        file_hash: expected sha256 or md5.
        cache_dir: the cache, or None.

    Errors:
        ValueError: the file at an absolute path is another one; it is left as it is.
    """
    path = os.path.expanduser(path)
    if not os.path.isabs(path):
        return get_file(path, origin, file_hash=file_hash, cache_dir=cache_dir)
    algorithm = _algorithm(file_hash, "auto")
    if not os.path.exists(path):
        return str(download(origin, path, file_hash, algorithm))
    if not is_whole(path, file_hash, algorithm):
        raise ValueError(f"{path} is not the file of {origin}: its {algorithm} is {digest(path, algorithm)}, "
                         f"expected {file_hash}. Name another path, or remove the file to have it loaded.")
    return path
