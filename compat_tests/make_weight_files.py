"""Asks real Keras (TensorFlow backend) for the files of every saving row: tests/saving/data and the answers.

Run it with a Python that has Keras and TensorFlow: `python compat_tests/make_weight_files.py [folder
[answers]]`. With `--read folder answers` it reads the files that keras_torch has written into `folder`
instead, and answers. With `--tf_keras` it is Keras 2 (the package tf_keras) that writes, into
tests/saving/data/tf_keras.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

if "--tf_keras" in sys.argv:
    import tf_keras as keras
else:
    import keras
import numpy as np  # noqa: E402 - the backend is chosen above
from cases import reference_files  # noqa: E402
from cases.saving_cases import DATA, SAVING_CASES, answers, trained  # noqa: E402


def written(case, folder: Path):
    """Writes the row's files; the model that did."""
    model = trained(keras, case)
    model.save_weights(str(folder / f"{case.name}.weights.h5"))
    if case.has_json:
        (folder / f"{case.name}.json").write_text(model.to_json())
    return model


def loaded(case, folder: Path):
    """A new model with the weights (and the optimizer's state) from a file of ours."""
    model = case.build(keras)
    if case.compiled:
        model.compile(case.compiled(keras), "mse")
        model.optimizer.build(model.trainable_variables)
    model.load_weights(folder / f"{case.name}.weights.h5")
    return model


def after_one_more_step(model, case):
    """The answers, and for compiled rows those after a further step, which the optimizer's state decides."""
    found = answers(model, case)
    if case.compiled:
        inputs = case.data()
        model.train_on_batch(inputs, np.zeros((len(inputs), 2), "float32"))
        found |= {f"later {key}": value for key, value in answers(model, case).items()}
    return found


def main() -> None:
    """Writes (or reads) all files; a row that fails is named and left out."""
    reading = "--read" in sys.argv
    tf_keras = "--tf_keras" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    folder = Path(arguments[0]) if arguments else DATA / "tf_keras" if tf_keras else DATA
    cases = {}
    for case in SAVING_CASES:
        try:
            model = loaded(case, folder) if reading else written(case, folder)
            cases[case.name] = after_one_more_step(model, case)
        except Exception as error:  # noqa: BLE001 - every row is tried, failures are printed
            print(f"FAILED {case.name}: {type(error).__name__}: {' '.join(str(error).split())[:900]}")
    about = {"keras": keras.__version__}
    reference_files.write(arguments[1] if len(arguments) > 1 else
                          "weight_files_tf_keras" if tf_keras else "weight_files", cases, about)
    print(f"{len(cases)} of {len(SAVING_CASES)} rows")


if __name__ == "__main__":
    main()
