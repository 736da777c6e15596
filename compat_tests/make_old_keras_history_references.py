"""Trains the rows of history_cases_old.py with the real Keras of this environment, in its own words.

Writes tests/references/histories_keras1.* (or keras22, keras23). Run it with each Python that `old_keras.py`
tells of: `python compat_tests/make_old_keras_history_references.py [out_name]`.
"""

from __future__ import annotations

import collections.abc
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from cases import reference_files  # noqa: E402 - the path is set above
from cases.history_cases_old import FILES, ROWS  # noqa: E402
from cases.old_history_case import numbers  # noqa: E402
from old_keras import generation, import_keras  # noqa: E402


def write() -> None:
    """Writes the file; a row that fails is named and left out."""
    keras = import_keras()
    collections.Container = collections.abc.Container  # Keras 2.3 looks for it there
    dialect, cases = generation(keras), {}
    chosen = sys.argv[2:]  # names of rows, to try a few
    for name, row in ROWS[dialect].items():
        if chosen and name not in chosen:
            continue
        keras.backend.clear_session() if hasattr(keras.backend, "clear_session") else None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cases[name] = numbers(keras, row)
        except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
            print(f"FAILED {name}: {type(error).__name__}: {' '.join(str(error).split())[:600]}", flush=True)
    out = sys.argv[1] if len(sys.argv) > 1 else FILES[dialect]
    reference_files.write(out, cases, {"keras": keras.__version__, "backend": keras.backend.backend()})
    print(f"{len(cases)} of {len(ROWS[dialect])} rows written")


if __name__ == "__main__":
    write()
