"""The command line: `python -m keras_torch run script.py`."""

import argparse
import importlib
import sys

from keras_torch.compat.script import run_script
from keras_torch.dialects import DIALECTS


def parser():
    """The description of the command line.

    >>> parser().parse_args(["run", "--dialect", "keras1", "train.py", "--fast"]).arguments
    ['--fast']
    """
    top = argparse.ArgumentParser(
        prog="python -m keras_torch", description="The Keras API on native PyTorch."
    )
    top.add_argument("--version", action="version", version=_version())
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    run = commands.add_parser(
        "run",
        help="run a Keras script unmodified",
        description="Runs a Keras 1, Keras 2, tf.keras or Keras 3 script on PyTorch.",
    )
    run.add_argument(
        "--dialect", choices=DIALECTS, help="the Keras generation of the script (default: guessed)"
    )
    run.add_argument("script", help="the Python file")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script finds in sys.argv")
    return top


def _version():
    return f"keras_torch {importlib.import_module('keras_torch').__version__}"


def main(arguments=None):
    """Runs the command line.

    Args:
        arguments: list of words; None takes those of the process.

    Returns:
        int: exit code; 2 when the script cannot be read.
    """
    options = parser().parse_args(arguments)
    try:
        return run_script(options.script, options.arguments, options.dialect)
    except OSError as error:  # errors of the script itself end in its traceback, not here
        print(f"keras_torch: cannot open {options.script!r}: {error.strerror}", file=sys.stderr)
        return 2
