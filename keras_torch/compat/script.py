"""Running a script as `python script.py` would, with the alias in force."""

import ast
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import types

from keras_torch.compat.assignments import NAME, OwnFinder, assign, compile_script, speaks_only_keras
from keras_torch.compat.guess import Guess, guess_dialect
from keras_torch.compat.install import install_as_keras
from keras_torch.compat.reading import let_numpy_read_tensors

SCRIPT_VARIABLE = "KERAS_TORCH_SCRIPT"
DIALECT_VARIABLE = "KERAS_TORCH_DIALECT"
_CHILD_MAIN = "keras_torch.compat.spawned"
_OUR_FOLDER = os.path.dirname(os.path.abspath(__file__))


def run_script(path, arguments=(), dialect=None):
    """Runs a Keras script as the main program of this process.

    Args:
        path: the script.
        arguments: what the script sees as `sys.argv[1:]`.
        dialect: the Keras generation; None takes the variable KERAS_TORCH_DIALECT, and without it guesses
            from the script and says so on stderr.

    Returns:
        int: exit code: 0, or 1 after an exception, whose traceback starts in the script, or 130 after Ctrl-C.

    Errors:
        SystemExit: the script called `sys.exit`.
        OSError: the script cannot be read.
        ValueError: an unknown dialect.

    Notes:
        `sys.argv`, `sys.path[0]` and the module `__main__` are the script's. Worker processes that
        multiprocessing starts afresh run the script under the alias too (see `spawned.py`).
    """
    path = os.path.abspath(path)
    content = pathlib.Path(path).read_bytes()
    install_as_keras(dialect or os.environ.get(DIALECT_VARIABLE) or _guess_aloud(path, content))
    os.environ[SCRIPT_VARIABLE] = path
    if dialect:
        os.environ[DIALECT_VARIABLE] = dialect
    sys.argv[:] = [path, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    _take_neighbours(path)
    _read_as_keras(content)
    return _execute(path, content)


def _read_as_keras(content):
    """Lets numpy read all tensors when the script does not speak torch itself."""
    try:
        only_keras = speaks_only_keras(ast.parse(content))
    except (SyntaxError, ValueError):  # running the script will say it better
        return
    if only_keras:
        let_numpy_read_tensors()


def _take_neighbours(path):
    """Lets the modules in the script's folder be compiled as the script is."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, OwnFinder)]
    sys.meta_path.insert(0, OwnFinder(os.path.dirname(path)))


def _guess_aloud(path, content):
    try:
        guess = guess_dialect(importlib.util.decode_source(content))
    except (UnicodeDecodeError, SyntaxError):  # running the script will say it better
        guess = Guess("keras3")
    because = f" (it uses {', '.join(guess.reasons[:3])})" if guess.reasons else ""
    print(
        f"keras_torch: running {os.path.basename(path)} as {guess.dialect}{because}; "
        "--dialect chooses another.",
        file=sys.stderr,
        flush=True,
    )
    os.environ[DIALECT_VARIABLE] = guess.dialect
    return guess.dialect


def _main_module(path):
    """A fresh `__main__`, put where pickle and multiprocessing look for it."""
    module = types.ModuleType("__main__")
    module.__file__ = path
    module.__package__ = ""  # as in a script: `from . import x` is an error
    module.__builtins__ = __builtins__
    module.__dict__[NAME] = assign
    module.__loader__ = importlib.machinery.SourceFileLoader("__main__", path)
    # multiprocessing starts its children from this name, see spawned.py.
    module.__spec__ = importlib.util.find_spec(_CHILD_MAIN)
    sys.modules["__main__"] = module
    return module


def _execute(path, content):
    module = _main_module(path)
    try:
        exec(compile_script(content, path), module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        error.__traceback__ = users_traceback(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def users_traceback(traceback):
    """The traceback without the frames of this folder and of imports: it starts in the user's script.

    >>> users_traceback(None) is None
    True
    """
    frames = []
    while traceback is not None:
        if not _is_machinery(traceback.tb_frame.f_code.co_filename):
            frames.append(traceback)
        traceback = traceback.tb_next
    kept = None
    for frame in reversed(frames):
        kept = types.TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return kept


def _is_machinery(filename):
    return (
        filename.startswith("<frozen importlib") or os.path.dirname(os.path.abspath(filename)) == _OUR_FOLDER
    )


def run_again_in_child(namespace):
    """Runs the parent's script in the main module of a spawned child process.

    Args:
        namespace: globals of that module.
    """
    path = os.environ[SCRIPT_VARIABLE]
    install_as_keras(os.environ.get(DIALECT_VARIABLE))
    _take_neighbours(path)
    namespace.update({"__file__": path, "__package__": "", NAME: assign})
    with io.open_code(path) as file:
        content = file.read()
    _read_as_keras(content)
    exec(compile_script(content, path), namespace)
