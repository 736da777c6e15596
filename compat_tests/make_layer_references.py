"""Asks real Keras (TensorFlow backend) for every layer row and writes tests/references/layers.npz and .json.

Run it with a Python that has Keras and TensorFlow: `python compat_tests/make_layer_references.py [out_name]`.
Keras computes in double precision where its kernels exist, so that the reference has no rounding of its own.

Rows avoid two things: `channels_first` convolutions with as many filters as the output is wide. There Keras
3.15 on TensorFlow adds the bias along the width. And `query_mask=` of MultiHeadAttention: Keras 3.15 replaces
it by the mask attached to the query, which the rows of mask_cases.py have.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import keras  # noqa: E402 - the backend is chosen above
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from cases import reference_files  # noqa: E402
from cases.layer_case import (  # noqa: E402
    LayerCase,
    arrange,
    as_list,
    call_values,
    cotangent,
    input_arrays,
    make_layer,
    weight_arrays,
)
from cases.layer_cases import LAYER_CASES  # noqa: E402


def to_tensor(array: np.ndarray, dtype: str) -> tf.Tensor:
    """A tensor; floating point arrays in the given dtype."""
    return tf.constant(array, dtype=dtype if array.dtype.kind == "f" else array.dtype)


def prepare(case: LayerCase, dtype: str) -> tuple:
    """The built layer with its weights, the last inputs, and the call arguments."""
    keras.config.set_dtype_policy(dtype)
    layer = make_layer(keras, case)
    call = call_values(case, lambda array, label: to_tensor(array, dtype))
    turns = [
        [to_tensor(array, dtype) for array in input_arrays(case, turn)] for turn in range(case.warm_up + 1)
    ]
    layer(*arrange(case, turns[0]), **call)
    layer.set_weights(weight_arrays(case, [weight.shape for weight in layer.weights]))
    if case.arguments.get("stateful"):
        layer.reset_states()
    for inputs in turns[:-1]:
        layer(*arrange(case, inputs), **call)
    return layer, turns[-1], call


def answer(case: LayerCase, dtype: str = "float64") -> dict[str, np.ndarray]:
    """Outputs, gradients and the state afterwards: part -> array."""
    layer, inputs, call = prepare(case, dtype)
    sources = [tensor for tensor in inputs if tensor.dtype.is_floating]
    places = [i for i, tensor in enumerate(inputs) if tensor.dtype.is_floating]
    trainable = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = as_list(layer(*arrange(case, inputs), **call))
        total = tf.add_n(
            [
                tf.reduce_sum(output * tf.cast(cotangent(case, i, output.shape), output.dtype))
                for i, output in enumerate(outputs)
            ]
        )
    gradients = tape.gradient(total, sources + trainable, unconnected_gradients="zero")
    gradients = [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]
    parts = {f"output{i}": output.numpy() for i, output in enumerate(outputs)}
    parts |= {f"input{i}": gradient for i, gradient in zip(places, gradients, strict=False)}
    by_weight = dict(zip(map(id, layer.trainable_weights), gradients[len(sources) :], strict=True))
    for i, weight in enumerate(layer.weights):
        if id(weight) in by_weight:
            parts[f"weight{i}:{weight.name}:gradient"] = by_weight[id(weight)]
        else:
            parts[f"weight{i}:{weight.name}:afterwards"] = weight.numpy()
    if case.layer in ("Embedding", "Masking"):
        mask = layer.compute_mask(inputs[0], None)
        if mask is not None:
            parts["mask"] = np.asarray(mask)
    return parts


def answer_as_precisely_as_possible(case: LayerCase) -> tuple[dict, str]:
    """The answer in double precision, or in single where a kernel is missing; and the dtype used."""
    try:
        return answer(case), "float64"
    except (tf.errors.OpError, ValueError, TypeError) as error:
        print(f"{case.name}: in float32, because {' '.join(str(error).split())[:160]}")
        return answer(case, "float32"), "float32"


def main() -> None:
    """Writes the file; a row that fails in both precisions is named, and left out."""
    cases, single = {}, []
    for case in LAYER_CASES:
        try:
            cases[case.name], dtype = answer_as_precisely_as_possible(case)
        except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
            print(f"FAILED {case.name}: {type(error).__name__}: {str(error)[:600]}")
            continue
        single += [case.name] if dtype == "float32" else []
    about = {
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "dtype": "float64",
        "computed in float32": single,
    }
    reference_files.write(sys.argv[1] if len(sys.argv) > 1 else "layers", cases, about)
    print(f"{len(cases)} of {len(LAYER_CASES)} rows written")


if __name__ == "__main__":
    main()
