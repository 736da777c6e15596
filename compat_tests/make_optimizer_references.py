"""Writes tests/references/optimizers.*: what real Keras does to the optimizer rows.

Run it with a Python that has Keras 3, tf_keras and tensorflow:
`KERAS_BACKEND=tensorflow python compat_tests/make_optimizer_references.py [name of another file]`.
"""

import os
import pathlib
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras  # noqa: E402 - the backend is chosen first
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from cases import optimizer_cases as cases  # noqa: E402 - needs the line above
from cases import reference_files  # noqa: E402 - needs the line above

LIBRARIES = {"keras": keras.optimizers, "tf_keras": tf_keras.optimizers,
             "tf_keras legacy": tf_keras.optimizers.legacy}


def variables_of(case):
    """The variables of a case, as its library has them."""
    found = []
    for name, value in cases.start_values(case).items():
        constraint = keras.constraints.NonNeg() if name in case.constrained else None
        if case.answered_by == "keras":
            variable = keras.Variable(value, name=name, dtype=case.dtype)
            variable.constraint = constraint
        else:
            variable = tf.Variable(value, name=name, constraint=constraint)
        found.append(variable)
    return found


def optimizer_of(case):
    """The optimizer of a case; schedules of the legacy optimizers are those of tf_keras."""
    module = LIBRARIES[case.answered_by]
    if case.answered_by == "tf_keras legacy":
        module.schedules = tf_keras.optimizers.schedules
    return cases.make_optimizer(module, case)


def as_array(value):
    """A variable or array as float32."""
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value).astype("float32")


def state_of(case, optimizer):
    """All state, in the order of the library."""
    if case.answered_by == "tf_keras":
        return []  # its order is that of no file that is read here
    return optimizer.get_weights() if case.answered_by == "tf_keras legacy" else optimizer.variables


def trajectory(case):
    """Weights after some steps, and all optimizer variables after the last."""
    variables, optimizer = variables_of(case), optimizer_of(case)
    if case.answered_by != "tf_keras legacy":
        optimizer.build(variables)
    parts = {}
    for step in range(cases.STEPS):
        grads = [None if grad is None else tf.convert_to_tensor(grad.astype("float32"), case.dtype)
                 for grad in cases.gradients(case, step)]
        optimizer.apply_gradients(list(zip(grads, variables)))
        if step + 1 in cases.LOOKS:
            parts.update({f"{name} {step + 1}": as_array(variable)
                          for name, variable in zip(cases.SHAPES, variables)})
    parts.update({f"state {place}": as_array(value) for place, value in enumerate(state_of(case, optimizer))})
    return parts


def schedule_values(schedule):
    """Learning rates at some steps."""
    made = cases.make_schedule(keras.optimizers, schedule)
    return {"rates": np.array([float(made(step)) for step in cases.SCHEDULE_STEPS], "float32")}


def main():
    """Runs all rows."""
    warnings.simplefilter("ignore")
    found = {}
    for case in cases.OPTIMIZER_CASES:
        try:
            found[case.name] = trajectory(case)
        except Exception as error:  # a row that cannot be run is reported; the others go on
            print("FAILED", case.name, type(error).__name__, str(error)[:300])
    found.update({f"schedule {name}": schedule_values(case) for name, case in cases.SCHEDULE_CASES.items()})
    target = sys.argv[1] if len(sys.argv) > 1 else "optimizers"
    reference_files.write(target, found, {"keras": keras.__version__, "tf_keras": tf_keras.__version__,
                                          "backend": keras.backend.backend()})
    print(len(found), "cases")


if __name__ == "__main__":
    main()
