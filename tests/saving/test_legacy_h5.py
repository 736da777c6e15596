"""HDF5 of Keras 2's layout: weights and whole models of real Keras, our own, and what may go wrong."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from cases import reference_files
from cases.legacy_h5_models import MODELS, STORED, answers, batches, train

import keras_torch
from keras_torch import layers, models
from keras_torch.base.files import open_h5_safely
from keras_torch.saving import legacy_h5

DATA = Path(__file__).parent / "data" / "legacy_h5"
names = pytest.mark.parametrize("name", MODELS)
stored = pytest.mark.parametrize("name", STORED)
kinds = pytest.mark.parametrize("kind", ["keras3", "tf_keras"])
TOLERANCE = 1e-5  # Keras computed in single precision


def small(first="one", second="two", units=2):
    """A model of two Dense layers with names."""
    return keras_torch.Sequential(
        [layers.Input((3,)), layers.Dense(4, name=first), layers.Dense(units, name=second)]
    )


def distance(model, name, expected, prefix=""):
    """The largest difference between a model's answers and those expected."""
    return max(reference_files.distance(value, expected[prefix + key])
               for key, value in answers(model, name).items())


def same_weights(one, other):
    """Whether two models have equal weights."""
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


@pytest.fixture
def saved(tmp_path):
    """A file of the weights of `small()`, and the model."""
    model = small()
    model.save_weights(tmp_path / "w.h5")
    return tmp_path / "w.h5", model


# ---------------------------------------------------------------------- files of real Keras


@kinds
@stored
def test_models_of_keras_answer_alike_and_train_on_alike(name, kind):
    expected = dict(np.load(DATA / kind / f"{name}.npz"))
    model = models.load_model(DATA / kind / f"{name}.h5")
    assert distance(model, name, expected) <= TOLERANCE
    assert int(model.optimizer.iterations) == 4
    train(model, name)
    assert distance(model, name, expected, "after_") <= 1e-4


@kinds
@stored
def test_weights_of_keras_go_into_a_model_made_in_python(name, kind):
    model = MODELS[name](keras_torch)
    model.load_weights(DATA / kind / (f"{name}.hdf5" if kind == "tf_keras" else f"{name}.h5"))
    assert distance(model, name, dict(np.load(DATA / kind / f"{name}.npz"))) <= TOLERANCE


@kinds
def test_metrics_are_restored_under_their_names(kind):
    model = models.load_model(DATA / kind / "metrics.h5")
    found = model.evaluate(*batches("metrics"), verbose=0, return_dict=True)
    assert {"loss", "accuracy", "mean_squared_error"} == found.keys()


# ---------------------------------------------------------------------- our own files


@names
def test_our_files_bring_back_weights_and_training(name, tmp_path):
    model = MODELS[name](keras_torch)
    train(model, name)
    model.save(tmp_path / "m.h5")
    model.save_weights(tmp_path / "w.hdf5")
    again, other = models.load_model(tmp_path / "m.h5"), MODELS[name](keras_torch)
    other.load_weights(tmp_path / "w.hdf5")
    assert same_weights(model, again) and same_weights(model, other)
    train(model, name)
    train(again, name)
    assert same_weights(model, again)


def attributes(group):
    """The lists of names in a file, by path."""
    found = {}

    def visit(path, item):
        if "weight_names" in item.attrs:
            found[path] = [np.asarray(name).astype(str).item().split("/", 1)[-1].split(":")[0]
                           for name in item.attrs["weight_names"]]
    group.visititems(visit)
    return found


def test_our_layout_is_that_of_keras(tmp_path):
    model = models.load_model(DATA / "keras3" / "branches.h5")
    model.save(tmp_path / "ours.h5")
    with h5py.File(tmp_path / "ours.h5") as ours, h5py.File(DATA / "keras3" / "branches.h5") as theirs:
        assert set(theirs.attrs) <= set(ours.attrs) and set(ours) == set(theirs)
        mine, yours = ours["model_weights"], theirs["model_weights"]
        assert set(mine) == set(yours) and set(mine.attrs) == set(yours.attrs)
        assert sorted(mine.attrs["layer_names"].astype(str)) == sorted(yours.attrs["layer_names"])
        for layer, found in attributes(yours).items():
            assert len(attributes(mine)[layer]) == len(found)
        for layer in ("inner", "words", "out"):
            assert [name.split("/")[-1] for name in attributes(mine)[layer]] == \
                [name.split("/")[-1] for name in attributes(yours)[layer]]
        assert len(ours["optimizer_weights"].attrs["weight_names"]) == \
            len(theirs["optimizer_weights"].attrs["weight_names"])


def test_names_are_bytes_that_old_readers_decode(saved):
    with h5py.File(saved[0]) as file:
        assert file.attrs["layer_names"].tolist() == [b"one", b"two"]
        assert file["one"].attrs["weight_names"].tolist() == [b"one/kernel", b"one/bias"]
        assert file["one/one/kernel"].shape == (3, 4)
        assert file["top_level_model_weights"].attrs["weight_names"].shape == (0,)
        assert file.attrs["keras_version"].decode() == "3.15.1"


def test_long_lists_of_names_are_cut_into_pieces(tmp_path):
    long = [f"layer_{number}_" + "x" * 300 for number in range(400)]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        legacy_h5.write_names(file, "layer_names", long)
        assert "layer_names" not in file.attrs and "layer_names1" in file.attrs
        assert all(value.nbytes <= 64512 for value in file.attrs.values())
    with open_h5_safely(tmp_path / "a.h5") as file:
        assert legacy_h5.read_names(file, "layer_names", 400) == long


def test_weights_outside_layers_are_kept(tmp_path):
    class Mixed(keras_torch.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.native = layers.Dense(3), torch.nn.Linear(3, 2)
            self.scale = self.add_weight((1,), name="scale")

        def call(self, inputs):
            return self.native(self.dense(inputs)) * self.scale

    one, other = Mixed(), Mixed()
    for model in (one, other):
        model(torch.zeros(1, 4))
    one.save_weights(tmp_path / "w.h5")
    other.load_weights(tmp_path / "w.h5")
    assert same_weights(one, other)


def test_half_precision_that_numpy_lacks_is_widened(tmp_path):
    model = keras_torch.Sequential([layers.Input((3,)), layers.Dense(2, dtype="bfloat16")])
    model.save_weights(tmp_path / "w.h5")
    before = [weight.clone() for weight in model.weights]
    for weight in model.weights:
        weight.data.zero_()
    model.load_weights(tmp_path / "w.h5")
    assert all(torch.equal(a, b) for a, b in zip(before, model.weights))


# ---------------------------------------------------------------------- matching


def test_layers_of_other_names_are_matched_by_position(saved):
    other = small("first", "second")
    other.load_weights(saved[0])
    assert same_weights(saved[1], other)


def test_layers_of_the_same_names_are_matched_by_name_in_any_order(tmp_path):
    def two(order):
        start = keras_torch.Input((3,))
        made = {name: layers.Dense(3, name=name)(start) for name in order}
        return keras_torch.Model(start, [made[name] for name in order])

    one, other = two(["a", "b"]), two(["b", "a"])
    one.save_weights(tmp_path / "w.h5")
    other.load_weights(tmp_path / "w.h5")
    assert np.array_equal(one.get_layer("a").get_weights()[0], other.get_layer("a").get_weights()[0])


def test_by_name_loads_the_layers_that_both_have(saved):
    other = small("one", "else")
    untouched = other.get_layer("else").get_weights()
    other.load_weights(saved[0], by_name=True)
    assert np.array_equal(other.get_layer("one").get_weights()[0], saved[1].get_layer("one").get_weights()[0])
    assert np.array_equal(other.get_layer("else").get_weights()[0], untouched[0])


def test_by_name_says_when_no_layer_has_a_name_of_the_file(saved):
    with pytest.warns(UserWarning, match="no layer with weights has a name of .*one, two.* first, second"):
        small("first", "second").load_weights(saved[0], by_name=True)


def test_skip_mismatch_leaves_out_what_does_not_fit_and_says_so(saved):
    other = small(units=5)
    with pytest.warns(UserWarning, match=r'left out: Dense "two".*two/kernel.*\(4, 5\).*\(4, 2\)'):
        other.load_weights(saved[0], skip_mismatch=True)
    assert np.array_equal(other.get_weights()[0], saved[1].get_weights()[0])


def test_by_name_with_skip_mismatch_leaves_out_layers_with_more_weights(saved):
    other = keras_torch.Sequential([layers.Input((3,)), layers.Dense(4, name="one", use_bias=False)])
    with pytest.raises(ValueError, match=r'holds 2 weight\(s\) for Dense "one", which has 1'):
        other.load_weights(saved[0], by_name=True)
    with pytest.warns(UserWarning, match=r'left out: .*holds 2 weight\(s\) for Dense "one", which has 1'):
        other.load_weights(saved[0], by_name=True, skip_mismatch=True)


# ---------------------------------------------------------------------- what does not fit


def test_another_shape_is_an_error_and_nothing_is_changed(saved):
    other = small(units=5)
    before = other.get_weights()
    with pytest.raises(ValueError, match=r'Dense "two": its weight .*\(4, 5\), that .*w.h5.*\(4, 2\)'):
        other.load_weights(saved[0])
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights()))


def test_another_number_of_layers_names_both(saved):
    other = keras_torch.Sequential([layers.Input((3,)), layers.Dense(4, name="only")])
    with pytest.raises(ValueError, match=r"holds 2 layer\(s\) .*\(one, two\), where .* 1 \(only\)"):
        other.load_weights(saved[0])


def test_two_layers_of_one_name_cannot_be_stored(tmp_path):
    class Twins(keras_torch.Model):
        def __init__(self):
            super().__init__()
            self.one, self.other = layers.Dense(2, name="twin"), layers.Dense(2, name="twin")

        def call(self, inputs):
            return self.one(inputs) + self.other(inputs)

    model = Twins()
    model(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="stores layers by name: the name 'twin' is taken twice"):
        model.save_weights(tmp_path / "w.h5")
    assert not list(tmp_path.iterdir())


def changed(path, change):
    """The file after a change of its h5py.File."""
    with h5py.File(path, "a") as file:
        change(file)
    return path


def replaced(file, name, value):
    """Puts another dataset in the place of one."""
    del file[name]
    file[name] = value


def outside(file):
    """Puts a link to another file in the place of a weight."""
    del file["one/one/kernel"]
    file["one/one/kernel"] = h5py.ExternalLink("other.h5", "/x")


def renamed(value):
    """A change of the list of layers."""
    return lambda file: file.attrs.__setitem__("layer_names", value)


HOSTILE = {
    "too many names": (renamed([b"one"] * 2000), "refused.* 2000 names"),
    "names of numbers": (renamed([1, 2]), "holds int64 where text"),
    "one name": (renamed(b"one"), "is no list of names"),
    "missing group": (renamed([b"one", b"six"]), "damaged.*no child 'six'"),
    "missing weight": (lambda file: file.__delitem__("one/one/kernel"), "damaged.*no child 'kernel'"),
    "text": (lambda file: replaced(file, "one/one/bias", [b"a"] * 4), "holds object, where numbers belong"),
    "link": (outside, "is a link"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_damaged_and_hostile_files_are_refused_and_nothing_is_changed(what, saved):
    change, message = HOSTILE[what]
    other = small()
    before = other.get_weights()
    with pytest.raises(ValueError, match=message):
        other.load_weights(changed(saved[0], change))
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights()))


def old_file(path, arrays, name="one", **attributes):
    """A file of weights as Keras 1 (without attributes) or 2 wrote it: one layer, weight name -> array."""
    with h5py.File(path, "w") as file:
        file.attrs.update({key: np.bytes_(value) for key, value in attributes.items()})
        file.attrs["layer_names"] = [name.encode()]
        group = file.create_group(name)
        group.attrs["weight_names"] = [key.encode() for key in arrays]
        for key, array in arrays.items():
            group[key] = array
    return path


KERNEL = np.arange(12, dtype="float32").reshape(2, 3, 1, 2)


@pytest.mark.parametrize(
    "names, attributes, turned",
    [(("one/kernel", "one/bias"), {"keras_version": "2.2.4", "backend": "theano"}, True),
     (("one/kernel:0", "one/bias:0"), {"keras_version": "2.2.4", "backend": "tensorflow"}, False),
     (("one_W", "one_b"), {}, True), (("one_W:0", "one_b:0"), {}, False)],
)  # fmt: skip
def test_kernels_of_theano_are_turned_back(names, attributes, turned, tmp_path):
    model = keras_torch.Sequential([layers.Input((4, 4, 1)), layers.Conv2D(2, (2, 3), name="one")])
    arrays = dict(zip(names, (KERNEL, np.ones(2, "float32"))))
    model.load_weights(old_file(tmp_path / "w.h5", arrays, **attributes))
    assert np.array_equal(model.get_weights()[0], KERNEL[::-1, ::-1] if turned else KERNEL)


def test_kernels_of_keras_1_of_an_unknown_backend_are_refused(tmp_path):
    model = keras_torch.Sequential([layers.Input((4, 4, 1)), layers.Conv2D(2, (2, 3), name="one")])
    path = old_file(tmp_path / "w.h5", {"param_0": KERNEL, "param_1": np.ones(2, "float32")})
    before = model.get_weights()
    with pytest.raises(ValueError, match="written by Keras 1 and does not tell its backend"):
        model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


def from_cudnn(kernel, gates):
    """A kernel as CuDNN keeps it."""
    return np.hstack([part.T.reshape(part.shape) for part in np.split(kernel, gates, axis=1)])


@pytest.mark.parametrize("cls, gates", [(layers.LSTM, 4), (layers.GRU, 3)])
def test_layers_of_cudnn_are_read(cls, gates, tmp_path):
    model = keras_torch.Sequential([layers.Input((5, 2)), cls(3, name="one")])
    rng = np.random.default_rng(0)
    kernel, recurrent, bias = (rng.normal(size=size).astype("float32")
                               for size in ((2, 3 * gates), (3, 3 * gates), (2, 3 * gates)))
    model.set_weights([kernel, recurrent, bias.sum(0) if gates == 4 else bias])
    x = rng.normal(size=(2, 5, 2)).astype("float32")
    expected = model.predict(x, verbose=0)
    parts = {"kernel": from_cudnn(kernel, gates), "bias": bias.reshape(-1),
             "recurrent": np.hstack([part.T for part in np.split(recurrent, gates, axis=1)])}
    arrays = {f"one/{name}:0": parts[name] for name in ("kernel", "recurrent", "bias")}
    model.set_weights([0 * weight for weight in model.get_weights()])
    path = old_file(tmp_path / "w.h5", arrays, keras_version="2.2.4", backend="tensorflow")
    model.load_weights(path)
    assert np.allclose(model.predict(x, verbose=0), expected, atol=1e-6)


def test_too_few_arrays_of_keras_1_are_told(tmp_path):
    model = keras_torch.Sequential([layers.Input((4, 2)), layers.LSTM(3, name="one")])
    arrays = {f"one_{number}": np.zeros((2, 3), "float32") for number in range(11)}
    with pytest.raises(ValueError, match="holds 11 weight.* for LSTM \"one\", which has 3"):
        model.load_weights(old_file(tmp_path / "w.h5", arrays))


def test_arrays_of_keras_1_that_are_too_large_are_not_read(tmp_path):
    model = keras_torch.Sequential([layers.Input((4, 2)), layers.LSTM(3, name="one")])
    path = old_file(tmp_path / "w.h5", {})
    with h5py.File(path, "a") as file:
        names = [f"one_{number}" for number in range(12)]
        file["one"].attrs["weight_names"] = [name.encode() for name in names]
        for name in names:  # declared, not written: it would need 4 TB
            file["one"].create_dataset(name, (10 ** 6, 10 ** 6), "float32", chunks=(1000, 1000))
    with pytest.raises(ValueError, match="holds 12 weight.* for LSTM \"one\", which has 3"):
        model.load_weights(path)
