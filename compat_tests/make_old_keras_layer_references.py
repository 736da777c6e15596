"""Asks real Keras 1.2.2, 2.2.4 or 2.3.1 for every layer row of its generation.

Run it with the Python of each (see old_keras.py):
    python compat_tests/make_old_keras_layer_references.py [name of the files]
It writes tests/references/layers_keras1.npz and .json, layers_keras22, layers_keras23. Theano computes; rows
whose numbers TensorFlow gives otherwise say so.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import numpy as np  # noqa: E402 - the paths are set above
from cases import reference_files  # noqa: E402
from cases.old_keras_layer_case import REFERENCES, input_arrays, symbols, weight_arrays  # noqa: E402
from cases.old_keras_layer_cases import OLD_LAYER_CASES  # noqa: E402
from old_keras import generation, import_keras  # noqa: E402


def as_list(value: object) -> list:
    """A list of one or several."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def learned_first(keras: object, layer: object) -> list:
    """The layer's weights in the order of its files."""
    return list(layer.trainable_weights) + list(layer.non_trainable_weights)


def answer(keras: object, case: object) -> tuple[dict[str, np.ndarray], dict]:
    """Outputs, the shapes that are told, the weights' shapes, the states after a step; and the config."""
    backend = keras.backend
    inputs, outputs, layer = symbols(keras.layers, case)
    weights = learned_first(keras, layer)
    shapes = [backend.get_value(weight).shape for weight in weights]
    values = weight_arrays(case, shapes)
    for weight, value in zip(weights, values, strict=True):
        backend.set_value(weight, value)
    model = keras.models.Model(inputs, outputs)
    updates = model.updates if case.training else []
    function = backend.function([*inputs, backend.learning_phase()], as_list(outputs), updates=updates)
    found = function([*input_arrays(case), 1.0 if case.training else 0.0])
    parts = {f"output{i}": np.asarray(value, dtype="float32") for i, value in enumerate(found)}
    for i, told in enumerate(as_shapes(model.output_shape)):
        parts[f"shape{i}"] = np.array([-1 if size is None else size for size in told], dtype="float32")
    for i, shape in enumerate(shapes):
        parts[f"weight{i}"] = np.array(shape, dtype="float32")
    if case.training:
        after = [backend.get_value(weight) for weight in weights]
        parts |= {f"after{i}": value for i, value in enumerate(after) if not np.array_equal(value, values[i])}
    return parts, layer.get_config()


def as_shapes(value: object) -> list:
    """A list of shapes."""
    return list(value) if isinstance(value, list) else [value]


def plain(value: object) -> object:
    """A config as JSON has it."""
    return json.loads(json.dumps(value, default=lambda one: getattr(one, "tolist", lambda: repr(one))()))


def main() -> None:
    """Writes the file of this Keras; a row that fails is named, and left out."""
    keras = import_keras()
    warnings.simplefilter("ignore")
    own = generation(keras)
    cases, configs = {}, {}
    wanted = [case for case in OLD_LAYER_CASES if own in case.generations]
    for case in wanted:
        try:
            cases[case.name], config = answer(keras, case)
        except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
            print(f"FAILED {own} {case.name}: {type(error).__name__}: {str(error)[:600]}")
            continue
        if "default" in case.note or "config" in case.note:
            configs[case.name] = plain(config)
    about = {"keras": keras.__version__, "numpy": np.__version__, "configs": configs}
    reference_files.write(sys.argv[1] if len(sys.argv) > 1 else REFERENCES[own], cases, about)
    print(f"{len(cases)} of {len(wanted)} rows written")


if __name__ == "__main__":
    main()
