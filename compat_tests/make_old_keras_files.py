"""Real Keras 1.2.2, 2.2.4 or 2.3.1 writes files: whole models, weights, JSON and YAML, and what they answer.

Run it with the Python of each (see old_keras.py):
    python compat_tests/make_old_keras_files.py FOLDER           every model of this generation
    python compat_tests/make_old_keras_files.py FOLDER stored    the few that the repository keeps, in
                                                                 tests/references/old_keras_files
    python compat_tests/make_old_keras_files.py FOLDER dense     that one
A model `m` becomes m.h5, m_weights.h5, m.json, m.yaml, and m.npz with its predictions, and the loss and the
predictions after one more step on the same batch.
"""

from __future__ import annotations

import sys
import warnings
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import numpy as np  # noqa: E402 - the paths are set above
from cases.old_keras_file_models import FILE_MODELS, STORED, predictions, train  # noqa: E402
from old_keras import generation, import_keras  # noqa: E402


def write(keras: object, folder: Path, name: str, own: str) -> None:
    """The files of one model."""
    np.random.seed(3)
    file_model = FILE_MODELS[own][name]
    model = file_model.make(keras)
    train(model, name, file_model)
    model.reset_states()
    model.save(str(folder / f"{name}.h5"))
    model.save_weights(str(folder / f"{name}_weights.h5"))
    (folder / f"{name}.json").write_text(model.to_json())
    (folder / f"{name}.yaml").write_text(model.to_yaml())
    before = predictions(model, name, file_model)
    model.reset_states()
    [loss] = train(model, name, file_model, steps=1)
    model.reset_states()
    after = predictions(model, name, file_model)
    arrays = {f"before{i}": one for i, one in enumerate(before)} | {
        f"after{i}": one for i, one in enumerate(after)
    }
    np.savez(folder / f"{name}.npz", loss=np.float32(loss), **arrays)


def pack(folder: Path, own: str) -> None:
    """Puts the stored models of a generation into one zip file, in which HDF5 takes a tenth of its room."""
    target = HERE.parent / "tests" / "references" / "old_keras_files"
    target.mkdir(exist_ok=True)
    with zipfile.ZipFile(target / f"{own}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name in STORED[own]:
            for ending in (".h5", "_weights.h5", ".json", ".npz"):
                packed.write(folder / f"{name}{ending}", f"{name}{ending}")


def main() -> None:
    """See the top of the file; a model that fails is named, and left out."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    keras = import_keras()
    warnings.simplefilter("ignore")
    own = generation(keras)
    named = sys.argv[2:]
    for name in STORED[own] if named == ["stored"] else named or FILE_MODELS[own]:
        try:
            write(keras, folder, name, own)
        except Exception as error:  # noqa: BLE001 - every model is tried, failures are printed
            print(f"FAILED {own} {name}: {type(error).__name__}: {str(error)[:600]}")
    if named == ["stored"]:
        pack(folder, own)


if __name__ == "__main__":
    main()
