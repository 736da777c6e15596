"""`import keras_torch` against `import torch`, in new processes. Run: `python -m benchmarks.import_time`."""

from __future__ import annotations

import functools
import importlib.util
import os
import subprocess
import sys

from benchmarks.measure import KERAS, OURS, Contest, options, run


def start(statement: str) -> None:
    """Runs a statement in a new interpreter that may keep bytecode, as installed packages have theirs."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-c", statement], check=True, env=kept)


def contest() -> Contest:
    """Imports of torch, keras_torch and, where installed, Keras 3."""
    contestants = {"torch": functools.partial(start, "import torch"),
                   OURS: functools.partial(start, "import keras_torch")}
    if importlib.util.find_spec("keras") is not None:
        statement = "import os; os.environ['KERAS_BACKEND'] = 'torch'; import keras"
        contestants[KERAS] = functools.partial(start, statement)
    return Contest("import", contestants)


def main() -> None:
    """Measures the imports."""
    run("Import", [contest], options(__doc__))


if __name__ == "__main__":
    main()
