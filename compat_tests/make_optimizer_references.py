"""Writes tests/references/optimizers.*: what real Keras does to the optimizer rows.

Run it with a Python that has Keras 3 and tensorflow:
`KERAS_BACKEND=tensorflow python compat_tests/make_optimizer_references.py`.
"""

import pathlib
import sys
import warnings

import keras
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from cases import optimizer_cases as cases  # noqa: E402 - needs the line above
from cases import reference_files  # noqa: E402 - needs the line above


def trajectory(case):
    """Weights after some steps, and all optimizer variables after the last."""
    variables = [keras.Variable(value, name=name) for name, value in cases.start_values(case).items()]
    optimizer = cases.make_optimizer(keras, case)
    optimizer.build(variables)
    parts = {}
    for step in range(cases.STEPS):
        grads = [None if grad is None else keras.ops.convert_to_tensor(grad) for grad in
                 cases.gradients(case, step)]
        optimizer.apply(grads, variables)
        if step + 1 in cases.LOOKS:
            parts.update({f"{variable.name} {step + 1}": variable.numpy() for variable in variables})
    parts.update({f"state {place}": variable.numpy() for place, variable in enumerate(optimizer.variables)})
    return parts


def schedule_values(schedule):
    """Learning rates at some steps."""
    made = cases.make_schedule(keras, schedule)
    return {"rates": np.array([float(made(step)) for step in cases.SCHEDULE_STEPS], "float32")}


def main():
    """Runs all rows."""
    warnings.simplefilter("ignore")
    found = {case.name: trajectory(case) for case in cases.OPTIMIZER_CASES}
    found.update({f"schedule {name}": schedule_values(case) for name, case in cases.SCHEDULE_CASES.items()})
    reference_files.write("optimizers", found, {"keras": keras.__version__,
                                                "backend": keras.backend.backend()})
    print(len(found), "cases")


if __name__ == "__main__":
    main()
