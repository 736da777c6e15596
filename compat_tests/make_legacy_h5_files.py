"""Real Keras writes, or reads, HDF5 files of Keras 2's layout: whole models (`.h5`) and weights (`.hdf5`).

Run it with a Python that has Keras, tf_keras and TensorFlow:
    python compat_tests/make_legacy_h5_files.py write FOLDER    files of both and what their models answer
    python compat_tests/make_legacy_h5_files.py read FOLDER     what both answer with the files in the folder
    python compat_tests/make_legacy_h5_files.py stored FOLDER   the small files in tests/saving/data/legacy_h5
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
from cases.layer_cases import LAYER_CASES  # noqa: E402
from cases.legacy_h5_models import MODELS, STORED, answers, train  # noqa: E402
from make_keras_files import answer, inputs_of_row, model_of_row  # noqa: E402

LIBRARIES = {"keras3": keras, "tf_keras": tf_keras}


def write(folder: Path, names: tuple = tuple(MODELS)) -> None:
    """Each model after two epochs, its answers, and its answers after two more."""
    for kind, library in LIBRARIES.items():
        inner = folder / kind
        inner.mkdir(parents=True, exist_ok=True)
        for name in names:
            library.utils.set_random_seed(1)
            model = MODELS[name](library)
            train(model, name)
            model.save(inner / f"{name}.h5")
            if library is tf_keras:  # Keras 3 writes no weights in this layout
                model.save_weights(str(inner / f"{name}.hdf5"))
            before = answers(model, name)
            train(model, name)
            after = {f"after_{key}": value for key, value in answers(model, name).items()}
            np.savez(inner / f"{name}.npz", **before, **after)


def read(folder: Path) -> None:
    """What Keras 3 answers with the models, and both with the weights, in the folder."""
    for name in MODELS:
        attempt(folder / f"{name}.model", name, keras.models.load_model, folder / f"{name}.h5")
        for kind, library in LIBRARIES.items():
            attempt(folder / f"{name}.{kind}", name, loaded, library, name, folder)


def write_rows(folder: Path) -> None:
    """A file of Keras 3, and its answer, for every layer row."""
    folder.mkdir(exist_ok=True)
    for case in LAYER_CASES:
        model = model_of_row(case)
        model.save(folder / f"{case.name}.h5")
        np.savez(folder / f"{case.name}.npz", **answer(model, inputs_of_row(case)))


def read_rows(folder: Path) -> None:
    """What Keras 3 answers, or the error, for every file of a layer row."""
    for case in LAYER_CASES:
        try:
            model = keras.models.load_model(folder / f"{case.name}.h5")
            np.savez(folder / f"{case.name}.npz", **answer(model, inputs_of_row(case)))
        except Exception as error:  # noqa: BLE001 - every file is tried, failures are compared by the test
            (folder / f"{case.name}.error").write_text(f"{type(error).__name__}: {str(error)[:2000]}")


def loaded(library: object, name: str, folder: Path) -> object:
    """The model with the weights in the folder."""
    model = MODELS[name](library)
    model.load_weights(str(folder / f"{name}.hdf5"))
    return model


def attempt(target: Path, name: str, make: object, *args: object) -> None:
    """Stores the answers of a model, or the error."""
    try:
        model = make(*args)
        steps = np.asarray(int(model.optimizer.iterations.numpy()))
        np.savez(f"{target}.npz", steps=steps, **answers(model, name))
    except Exception as error:  # noqa: BLE001 - every file is tried, failures are compared by the test
        Path(f"{target}.error").write_text(f"{type(error).__name__}: {str(error)[:2000]}")


def main() -> None:
    """See the top of the file."""
    task, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if task == "write":
        write(folder)
        write_rows(folder / "rows")
    elif task == "read":
        read(folder)
        read_rows(folder / "rows")
    else:
        write(folder, STORED)


if __name__ == "__main__":
    main()
