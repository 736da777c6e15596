"""`.weights.h5`: files of real Keras, our own, the optimizer's state, and what may go wrong."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from cases import reference_files
from cases.saving_cases import DATA, SAVING_CASES, answers, trained

import keras_torch as keras
from keras_torch import layers

TOLERANCE = 1e-5
every_row = reference_files.read
by_name = pytest.mark.parametrize("case", SAVING_CASES, ids=lambda case: case.name)


def small(units=2):
    return keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(units)])


def close(ours, theirs):
    return all(reference_files.distance(ours[key], theirs[key]) <= TOLERANCE for key in theirs)


@pytest.fixture(scope="module")
def references():
    return every_row("weight_files")


@by_name
def test_files_of_real_keras_load(case, references):
    model = case.build(keras)
    if case.compiled:
        model.compile(case.compiled(keras), "mse")
    model.load_weights(DATA / f"{case.name}.weights.h5")
    expected = {key: value for key, value in references[case.name].items() if "later" not in key}
    assert close(answers(model, case), expected)


@by_name
def test_training_goes_on_from_a_file_of_real_keras(case, references):
    if not case.compiled:
        pytest.skip("not compiled")
    model = case.build(keras)
    model.compile(case.compiled(keras), "mse")
    model.load_weights(DATA / f"{case.name}.weights.h5")
    model.train_on_batch(case.data(), np.zeros((len(case.data()), 2), "float32"))
    later = {key: value for key, value in references[case.name].items() if "later" in key}
    assert close({f"later {key}": value for key, value in answers(model, case).items()}, later)


@by_name
def test_architectures_written_by_real_keras_load(case, references):
    if not case.has_json:
        pytest.skip("a subclassed model has no JSON")
    model = keras.models.model_from_json((DATA / f"{case.name}.json").read_text())
    model.load_weights(DATA / f"{case.name}.weights.h5")
    expected = {key: value for key, value in references[case.name].items() if "later" not in key}
    assert close(answers(model, case), expected)


@by_name
def test_files_of_tf_keras_load(case):
    expected = every_row("weight_files_tf_keras")[case.name]
    model = case.build(keras)
    if case.compiled:
        model.compile(case.compiled(keras), "mse")
    model.load_weights(DATA / "tf_keras" / f"{case.name}.weights.h5")
    found = answers(model, case)
    if case.compiled:
        model.train_on_batch(case.data(), np.zeros((len(case.data()), 2), "float32"))
        found |= {f"later {key}": value for key, value in answers(model, case).items()}
    assert close(found, expected)


@by_name
def test_architectures_written_by_tf_keras_load(case):
    if not case.has_json:
        pytest.skip("a subclassed model has no JSON")
    expected = every_row("weight_files_tf_keras")[case.name]
    model = keras.models.model_from_json((DATA / "tf_keras" / f"{case.name}.json").read_text())
    model.load_weights(DATA / "tf_keras" / f"{case.name}.weights.h5")
    assert close(answers(model, case), {key: value for key, value in expected.items() if "later" not in key})


@by_name
def test_our_files_have_the_paths_and_shapes_of_real_keras(case, tmp_path):
    def contents(path):
        found = {}
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.__setitem__(name, item.shape)
                            if isinstance(item, h5py.Dataset) else None)
        return found

    trained(keras, case).save_weights(tmp_path / "ours.weights.h5")
    assert contents(tmp_path / "ours.weights.h5") == contents(DATA / f"{case.name}.weights.h5")


@by_name
def test_our_files_load_again(case, tmp_path):
    model = trained(keras, case)
    model.save_weights(tmp_path / "a.weights.h5")
    other = case.build(keras)
    other.load_weights(tmp_path / "a.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))


def test_the_optimizer_goes_on_from_our_file(tmp_path):
    data, targets = np.ones((3, 4), "float32"), np.zeros((3, 2), "float32")
    models = [small(), small()]
    for model in models:
        model.compile(keras.optimizers.Adam(0.1), "mse")
    models[0].fit(data, targets, epochs=3, verbose=0)
    models[0].save_weights(tmp_path / "a.weights.h5")
    models[1].load_weights(tmp_path / "a.weights.h5")
    histories = [model.fit(data, targets, epochs=2, verbose=0).history for model in models]
    assert histories[0] == histories[1] and int(models[1].optimizer.iterations) == 5


def test_another_optimizers_state_is_left_out_with_a_warning(tmp_path):
    data, targets = np.ones((3, 4), "float32"), np.zeros((3, 2), "float32")
    model, other = small(), small()
    model.compile("adam", "mse")
    model.fit(data, targets, verbose=0)
    model.save_weights(tmp_path / "a.weights.h5")
    other.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    with pytest.warns(UserWarning, match="The optimizer's state in .* does not fit and was left out"):
        other.load_weights(tmp_path / "a.weights.h5")
    assert np.array_equal(other.get_weights()[0], model.get_weights()[0])


def test_a_file_without_optimizer_state_loads_into_a_compiled_model(tmp_path):
    model, other = small(), small()
    model.save_weights(tmp_path / "a.weights.h5")
    other.compile("adam", "mse")
    other.load_weights(tmp_path / "a.weights.h5")
    assert np.array_equal(other.get_weights()[0], model.get_weights()[0])


def test_lists_inside_lists_have_groups_of_their_own(tmp_path):
    class Deep(keras.Model):
        def __init__(self):
            super().__init__()
            self.grid = [[layers.Dense(2)], [layers.Dense(2), layers.Dense(2)]]

        def call(self, inputs):
            for row in self.grid:
                for layer in row:
                    inputs = layer(inputs)
            return inputs

    model = Deep()
    model(torch.ones(1, 2))
    model.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5") as file:
        assert set(file["grid"]) == {"container",
                                     "container_1"} and set(file["grid/container_1"]) == {"dense", "dense_1"}


def test_native_modules_and_captured_parameters_are_stored(tmp_path):
    def make():
        x = keras.Input((4,))
        return keras.Model(x, torch.nn.Linear(4, 2)(x * torch.nn.Parameter(torch.rand(4))))

    model, other = make(), make()
    model.save_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5")
    assert torch.equal(model(torch.ones(1, 4)), other(torch.ones(1, 4)))


def saved(folder, model=None):
    path = str(folder / "a.weights.h5")
    (model or small()).save_weights(path)
    return path


def test_nothing_changes_when_one_weight_does_not_fit(tmp_path):
    path, other = saved(tmp_path, small(3)), small(2)
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"has shape \(3, 3\); the model's weight has \(3, 2\)"):
        other.load_weights(path)
    assert all(np.array_equal(old, new) for old, new in zip(before, other.get_weights(), strict=True))


def test_what_does_not_fit_is_left_out_on_request(tmp_path):
    model, other = small(3), small(2)
    path, before = saved(tmp_path, model), other.get_weights()
    with pytest.warns(UserWarning, match="left out: layers/dense_1"):
        other.load_weights(path, skip_mismatch=True)
    assert np.array_equal(other.get_weights()[0], model.get_weights()[0])
    assert np.array_equal(other.get_weights()[2], before[2])


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    model = small()
    path = saved(tmp_path, model)
    content = Path(path).read_bytes()

    def fail(store):
        raise OSError("disk full")

    monkeypatch.setattr(model.layers[1], "save_own_variables", fail)
    with pytest.raises(OSError, match="disk full"):
        model.save_weights(path)
    assert Path(path).read_bytes() == content and os.listdir(tmp_path) == ["a.weights.h5"]


def test_links_to_other_files_are_refused(tmp_path):
    path = saved(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "/secret")
    with pytest.raises(ValueError, match="is a link"):
        small().load_weights(path)


def test_data_in_other_files_is_refused(tmp_path):
    path = saved(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", shape=(4, 3), dtype="float32",
                            external=[("/etc/passwd", 0, 48)])
    with pytest.raises(ValueError, match="keeps its data in another file"):
        small().load_weights(path)


def test_an_existing_file_is_kept_on_request(tmp_path):
    path = saved(tmp_path)
    with pytest.raises(FileExistsError, match="exists already. Pass overwrite=True"):
        small().save_weights(path, overwrite=False)


ERRORS = {
    "ending": (ValueError, lambda folder: small().save_weights(folder / "a.bin"), "a name that ends in "
                                                                                  "'.weights.h5'"),
    "no file": (FileNotFoundError, lambda folder: small().load_weights(folder / "no.weights.h5"),
                "There is no file"),
    "no folder": (FileNotFoundError, lambda folder: small().save_weights(folder / "x" / "a.weights.h5"),
                  "the folder .* does not exist"),
    "not built": (ValueError, lambda folder: keras.Sequential([layers.Dense(2)]).load_weights(saved(folder)),
                  "is not built, so it has no weights to load into"),
    "another model": (ValueError, lambda folder: keras.Sequential(
        [keras.Input((4,)), layers.BatchNormalization()]
    ).load_weights(saved(folder)), "The file belongs to a model of another architecture"),
    "unknown argument": (TypeError, lambda folder: small().load_weights(saved(folder), by_nam=True),
                         "by_nam"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_what_does_not_fit_is_named(name, tmp_path):
    kind, action, sentence = ERRORS[name]
    with pytest.raises(kind, match=sentence):
        action(tmp_path)


def test_text_is_no_weights_file(tmp_path):
    (tmp_path / "a.weights.h5").write_text("no")
    with pytest.raises(ValueError, match="is not an HDF5 file"):
        small().load_weights(tmp_path / "a.weights.h5")
