"""Asks real Keras for the rows of tests/cases/recurrent_cases.py and writes tests/references/recurrent.npz.

Run it with a Python that has Keras and TensorFlow: `python compat_tests/make_recurrent_references.py`.
"""

from __future__ import annotations

import sys

from make_layer_references import answer_as_precisely_as_possible, keras, reference_files, tf

# isort: split
from cases.recurrent_cases import RECURRENT_CASES  # the import above puts tests/ on the path


def main() -> None:
    """Writes the file; a row that real Keras cannot answer is named, and left out."""
    cases, single = {}, []
    for case in RECURRENT_CASES:
        try:
            cases[case.name], dtype = answer_as_precisely_as_possible(case)
        except (tf.errors.OpError, ValueError, TypeError, AttributeError, NotImplementedError) as error:
            print(f"FAILED {case.name}: {type(error).__name__}: {str(error)[:600]}")
            continue
        single += [case.name] if dtype == "float32" else []
    about = {"keras": keras.__version__, "tensorflow": tf.__version__, "computed in float32": single}
    reference_files.write(sys.argv[1] if len(sys.argv) > 1 else "recurrent", cases, about)
    print(f"{len(cases)} of {len(RECURRENT_CASES)} rows written")


if __name__ == "__main__":
    main()
