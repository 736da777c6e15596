"""Real Keras writes, or reads, `.keras` files of every layer row and of small trained models.

Run it with a Python that has Keras and TensorFlow:
    python compat_tests/make_keras_files.py write FOLDER    files of Keras and what their models answer
    python compat_tests/make_keras_files.py read FOLDER     what Keras answers with the files in the folder
    python compat_tests/make_keras_files.py stored FOLDER   the small files in tests/saving/data/keras_files
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
import tf_keras  # noqa: E402
from cases.keras_file_models import MODELS, batches  # noqa: E402
from cases.layer_case import (  # noqa: E402
    LayerCase,
    arrange,
    as_list,
    call_values,
    input_arrays,
    make_layer,
    weight_arrays,
)
from cases.layer_cases import LAYER_CASES  # noqa: E402

STORED = ("schedule", "shared", "recurrent")  # small, and together they have most of what a file can hold


def model_of_row(case: LayerCase) -> keras.Model:
    """A functional model of one layer with the row's weights."""
    symbols = []

    def symbol(array: np.ndarray, label: str = "") -> keras.KerasTensor:
        symbols.append(keras.Input(batch_shape=array.shape, dtype=str(array.dtype)))
        return symbols[-1]

    layer = make_layer(keras, case)
    inputs = [symbol(array) for array in input_arrays(case)]
    outputs = layer(*arrange(case, inputs), **call_values(case, symbol))
    layer.set_weights(weight_arrays(case, [tuple(weight.shape) for weight in layer.weights]))
    return keras.Model(list(symbols), outputs)


def inputs_of_row(case: LayerCase) -> list[np.ndarray]:
    """The arrays that `model_of_row` takes."""
    extra = []
    call_values(case, lambda array, label: extra.append(array))
    return input_arrays(case, case.warm_up) + extra


def answer(model: keras.Model, inputs: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs by number."""
    outputs = as_list(model(inputs if len(inputs) > 1 else inputs[0]))
    return {f"output{i}": np.asarray(keras.ops.convert_to_numpy(one)) for i, one in enumerate(outputs)}


def write_rows(folder: Path) -> None:
    """A file and an answer for every row."""
    for case in LAYER_CASES:
        try:
            model = model_of_row(case)
            model.save(folder / f"{case.name}.keras")
            np.savez(folder / f"{case.name}.npz", **answer(model, inputs_of_row(case)))
        except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
            print(f"FAILED {case.name}: {type(error).__name__}: {str(error)[:600]}")


def read_rows(folder: Path) -> None:
    """An answer, or the error, for every file of a row in the folder."""
    for case in LAYER_CASES:
        path = folder / f"{case.name}.keras"
        if not path.exists():
            continue
        try:
            model = keras.models.load_model(path)
            np.savez(folder / f"{case.name}.npz", **answer(model, inputs_of_row(case)))
        except Exception as error:  # noqa: BLE001 - every file is tried, failures are compared by the test
            (folder / f"{case.name}.error").write_text(f"{type(error).__name__}: {str(error)[:2000]}")


def write_models(folder: Path, library: object, names: tuple = tuple(MODELS)) -> None:
    """The trained models; each with its answer before and after more training."""
    for name in names:
        library.utils.set_random_seed(1)
        model = MODELS[name](library)
        x, y = batches(name)
        model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
        model.save(folder / f"{name}.keras")
        before = np.asarray(model.predict(x, verbose=0))
        model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
        np.savez(folder / f"{name}.npz", before=before, after=np.asarray(model.predict(x, verbose=0)))


def read_models(folder: Path) -> None:
    """What Keras answers with the trained models, and after more training."""
    for name in MODELS:
        path = folder / f"{name}.keras"
        if not path.exists():
            continue
        try:
            model = keras.models.load_model(path)
            x, y = batches(name)
            before = np.asarray(model.predict(x, verbose=0))
            model.fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
            np.savez(folder / f"{name}.npz", before=before, after=np.asarray(model.predict(x, verbose=0)))
        except Exception as error:  # noqa: BLE001 - every file is tried, failures are compared by the test
            (folder / f"{name}.error").write_text(f"{type(error).__name__}: {str(error)[:2000]}")


def write_stored(folder: Path) -> None:
    """The files that the repository keeps: the trained models of Keras 3 and of tf_keras."""
    for library, kind in ((keras, "keras3"), (tf_keras, "tf_keras")):
        inner = folder / kind
        inner.mkdir(parents=True, exist_ok=True)
        write_models(inner, library, STORED)


def main() -> None:
    """See the top of the file."""
    task, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if task == "write":
        write_rows(folder)
        write_models(folder, keras)
    elif task == "read":
        read_rows(folder)
        read_models(folder)
    else:
        write_stored(folder)


if __name__ == "__main__":
    main()
