"""TensorBoard's files hold what they should, cost nothing between writes, and leave no thread behind."""

import json
import sys
import threading

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.graph import keras_util
from tensorboard.plugins.projector import ProjectorConfig

import keras_torch as keras
from keras_torch.callbacks import Callback, TensorBoard, logs
from keras_torch.callbacks.tensorboard import event_files
from keras_torch.callbacks.tensorboard.event_files import EventFiles
from keras_torch.callbacks.tensorboard.model_graph import module_nodes
from keras_torch.callbacks.tensorboard.pictures import picture
from keras_torch.callbacks.tensorboard.step_profile import batches_to_profile
from keras_torch.dialects import dialect

X, Y = np.linspace(-1, 1, 40, dtype="float32").reshape(10, 4), np.ones((10, 1), "float32")


@pytest.fixture
def model():
    """A small compiled model."""
    return compiled(keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(1, name="out")]))


def compiled(model):
    model.compile(keras.optimizers.SGD(0.25), "mse")
    return model


def fit(model, callback, x=X, **arguments):
    options = {"batch_size": 4, "epochs": 2, "verbose": 0, "shuffle": False, "callbacks": [callback]}
    return model.fit(x, Y, **{**options, **arguments}).history


def events(folder, part="train"):
    return EventAccumulator(str(folder / part)).Reload()


def values(folder, tag, part="train"):
    return [(event.step, event.value) for event in events(folder, part).Scalars(tag)]


def writing_threads():
    return [thread for thread in threading.enumerate() if "Event" in type(thread).__name__]


def test_values_are_those_of_the_history(model, tmp_path):
    history = fit(model, TensorBoard(tmp_path), validation_data=(X, Y))
    assert values(tmp_path, "epoch_loss") == list(enumerate(pytest.approx(v) for v in history["loss"]))
    assert values(tmp_path, "epoch_loss", "validation") == list(
        enumerate(map(pytest.approx, history["val_loss"]))
    )
    assert values(tmp_path, "epoch_learning_rate") == [(0, 0.25), (1, 0.25)]


def test_evaluation_is_written_against_the_steps_of_the_optimizer(model, tmp_path):
    callback = TensorBoard(tmp_path)
    fit(model, callback, epochs=1)
    loss = model.evaluate(X, Y, verbose=0, callbacks=[callback])
    assert values(tmp_path, "evaluation_loss_vs_iterations", "validation") == [(3, pytest.approx(loss))]
    assert not writing_threads()


def test_values_of_batches_at_their_pace(model, tmp_path):
    seen = []
    note = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    fit(model, [TensorBoard(tmp_path, update_freq=2), note])
    assert values(tmp_path, "batch_loss") == [
        (2, pytest.approx(seen[1])),
        (4, pytest.approx(seen[3])),
        (6, pytest.approx(seen[5])),
    ]


def test_steps_that_run_together_are_counted_each(model, tmp_path):
    model.compile("sgd", "mse", steps_per_execution=2)
    fit(model, TensorBoard(tmp_path, update_freq="batch"), epochs=1)
    assert [step for step, _ in values(tmp_path, "batch_loss")] == [2, 3]


def test_speed_is_written(model, tmp_path):
    fit(model, TensorBoard(tmp_path, write_steps_per_second=True, update_freq=1))
    for tag, count in (("epoch_steps_per_second", 2), ("batch_steps_per_second", 6)):
        assert len(values(tmp_path, tag)) == count and all(speed > 0 for _, speed in values(tmp_path, tag))


def test_update_freq_counts_samples_in_keras_2_2(model, tmp_path):
    with dialect("keras2.2"):
        fit(model, TensorBoard(tmp_path, update_freq=8), epochs=4)
    assert [step for step, _ in values(tmp_path, "batch_loss")] == [2, 4, 6, 8, 10, 12]


def test_values_of_more_than_one_number_are_written_one_by_one(tmp_path):
    files = EventFiles(str(tmp_path))
    files.scalar("train", "f1", np.array([0.5, 0.25]), 3)
    files.close()
    assert values(tmp_path, "f1_0") == [(3, 0.5)] and values(tmp_path, "f1_1") == [(3, 0.25)]


def test_a_restored_training_goes_on_counting_batches(model, tmp_path):
    callback = TensorBoard(tmp_path, update_freq=1)
    fit(model, callback, epochs=2)
    state = callback.state_dict()
    again = TensorBoard(tmp_path / "again", update_freq=1)
    restore = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: again.load_state_dict(state))
    fit(model, [again, restore], epochs=3, initial_epoch=2)
    assert [step for step, _ in values(tmp_path / "again", "batch_loss")] == [7, 8, 9]


# Cost.


def test_nothing_is_done_between_epochs(model, tmp_path, monkeypatch):
    reads = []
    numbers = logs.to_numbers
    monkeypatch.setattr(logs, "to_numbers", lambda values: reads.append(1) or numbers(values))
    callback = TensorBoard(tmp_path)
    assert {"on_train_batch_begin", "on_train_batch_end"} <= callback.idle_hooks
    fit(model, callback, batch_size=1, epochs=2)
    assert len(reads) == 2  # once for each epoch, shared with History


def test_batches_are_read_only_when_they_are_written(model, tmp_path, monkeypatch):
    reads = []
    numbers = logs.to_numbers
    monkeypatch.setattr(logs, "to_numbers", lambda values: reads.append(1) or numbers(values))
    fit(model, TensorBoard(tmp_path, update_freq=5), batch_size=1, epochs=1)
    assert len(reads) == 2 + 1  # batches 5 and 10, and the epoch


def test_hooks_of_subclasses_are_called(model, tmp_path):
    class Mine(TensorBoard):
        seen = 0

        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            self.seen += 1

    mine = Mine(tmp_path)
    fit(model, mine, epochs=1)
    assert mine.seen == 3


# Failures.


class Stop(Callback):
    """Raises in the second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise ZeroDivisionError("mine")


def test_files_are_closed_when_a_training_fails(model, tmp_path):
    with pytest.raises(ZeroDivisionError, match="mine"):
        fit(model, [TensorBoard(tmp_path, profile_batch=(4, 9)), Stop()])
    assert not writing_threads() and [step for step, _ in values(tmp_path, "epoch_loss")] == [0]


def test_one_callback_serves_several_trainings(model, tmp_path):
    callback = TensorBoard(tmp_path)
    for _ in range(2):
        fit(model, callback, epochs=1)
    assert not writing_threads() and len(list((tmp_path / "train").iterdir())) == 2


def test_a_folder_that_cannot_be_made_is_an_error_before_the_first_step(model, tmp_path):
    (tmp_path / "file").write_text("")
    before = model.get_weights()
    with pytest.raises(OSError, match="file"):
        fit(model, TensorBoard(tmp_path / "file" / "logs", write_graph=False))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match="'tensorboard' is needed for the callback TensorBoard"):
        EventFiles("x")


# The graph.


def test_a_functional_model_is_drawn_by_its_json(tmp_path):
    inputs = keras.Input((4,), name="x")
    outputs = keras.layers.Add(name="sum")(
        [keras.layers.Dense(1, name="left")(inputs), keras.layers.Dense(1, name="right")(inputs)]
    )
    fit(compiled(keras.Model(inputs, outputs, name="two")), TensorBoard(tmp_path))
    [written] = events(tmp_path).Tensors("keras")
    nodes = keras_util.keras_model_to_graph_def(json.loads(written.tensor_proto.string_val[0])).node
    assert {node.name: list(node.input) for node in nodes} == {
        "two/x": [],
        "two/left": ["two/x"],
        "two/right": ["two/x"],
        "two/sum": ["two/left", "two/right"],
    }


class Odd(keras.Model):
    """A model whose call is its only description."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1, name="dense")
        self.native = torch.nn.Linear(4, 4)

    def call(self, inputs):
        return self.dense(self.native(inputs))


def test_other_models_are_drawn_by_their_parts(tmp_path):
    model = compiled(Odd())
    fit(model, TensorBoard(tmp_path, histogram_freq=1))
    nodes = {node.name: node.op for node in parse_graph(tmp_path).node}
    assert nodes == {"Odd/dense": "Dense", "Odd/native": "Linear"}
    assert module_nodes(model)[0][3] == {"weights": "kernel (4, 1), bias (1,)"}
    assert "dense/kernel/histogram" in "".join(events(tmp_path).Tags()["histograms"])


def parse_graph(folder):
    return events(folder).Graph()


def test_a_model_without_json_warns_and_is_drawn_by_its_parts(tmp_path):
    class Secret(keras.layers.Layer):
        def __init__(self, number):
            super().__init__(name="secret")
            self.number = number

        def get_config(self):
            raise NotImplementedError("no config.")

        def call(self, inputs):
            return inputs

    inputs = keras.Input((4,))
    model = compiled(
        keras.Model(inputs, keras.layers.Dense(1, name="dense")(Secret(3)(inputs)), name="closed")
    )
    with pytest.warns(UserWarning, match="TensorBoard cannot draw the connections of 'closed', .*no config"):
        fit(model, TensorBoard(tmp_path))
    assert {node.op for node in parse_graph(tmp_path).node} >= {"Secret", "Dense"}


# Weights.


def test_histograms_count_all_weights_and_gradients(model, tmp_path):
    fit(model, TensorBoard(tmp_path, histogram_freq=1, write_grads=True), epochs=1)
    [kernel] = events(tmp_path).Histograms("out/kernel/histogram")
    [gradient] = events(tmp_path).Histograms("out/kernel/gradient")
    assert kernel.histogram_value.num == 4
    assert kernel.histogram_value.sum == pytest.approx(
        model.layers[-1].kernel.detach().sum().item(), rel=1e-5
    )
    assert gradient.histogram_value.sum == pytest.approx(model.layers[-1].kernel.grad.sum().item(), rel=1e-5)


def test_weights_that_are_not_finite_are_no_reason_to_stop(model, tmp_path):
    model.set_weights([np.array([[np.nan], [1.0], [2.0], [np.inf]]), np.array([np.nan])])
    fit(model, TensorBoard(tmp_path, histogram_freq=1, write_images=True), epochs=1)
    assert events(tmp_path).Tags()["images"] == []


def test_no_gradients_to_write_is_an_error(model, tmp_path):
    forget = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: model.optimizer.zero_grad())
    with pytest.raises(ValueError, match="`write_grads` must be False; got True. This model's training step"):
        fit(model, [forget, TensorBoard(tmp_path, histogram_freq=1, write_grads=True)])


@pytest.mark.parametrize(
    "shape, expected",
    [
        ((5,), (1, 5, 1)),
        ((2, 5), (2, 5, 1)),
        ((5, 2), (2, 5, 1)),
        ((3, 3, 5), (7, 11, 1)),
        ((3, 3, 1, 5), (7, 11, 1)),
        ((3, 3, 3, 4), (7, 7, 3)),
        ((3, 3, 8, 4), None),
        ((0, 3), None),
        ((2, 2, 2, 2, 2), None),
        ((1, 1), (1, 1, 1)),
    ],
)
def test_pictures_of_weights(shape, expected):
    found = picture(np.arange(np.prod(shape), dtype="float64").reshape(shape))
    assert (None if found is None else found.shape) == expected
    assert found is None or (found.dtype == "uint8" and found.min() == 0)


def test_a_picture_runs_from_black_to_white():
    assert picture(np.array([[-1.0, 0.0], [1.0, 3.0]]))[..., 0].tolist() == [[0, 63], [127, 255]]


def test_images_are_written(model, tmp_path):
    fit(model, TensorBoard(tmp_path, histogram_freq=1, write_images=True), epochs=1)
    [image] = events(tmp_path).Images("out/kernel/image")
    assert (image.width, image.height) == (4, 1)


# Embeddings.


@pytest.fixture
def words():
    """A model with two embeddings."""
    inputs = keras.Input((2,), dtype="int32")
    rows = keras.layers.Embedding(5, 3, name="words")(inputs)
    others = keras.layers.Embedding(5, 2, name="others")(inputs)
    flat = keras.layers.Flatten(name="flat")(keras.layers.Concatenate()([rows, others]))
    return compiled(keras.Model(inputs, keras.layers.Dense(1)(flat)))


def config_in(folder):
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
    return {entry.tensor_name: (entry.tensor_path, entry.metadata_path) for entry in config.embeddings}


NUMBERS = np.arange(20).reshape(10, 2) % 5


def test_embeddings_are_written_for_the_projector(words, tmp_path):
    fit(
        words,
        TensorBoard(tmp_path, embeddings_freq=2, embeddings_metadata={"words": "names.tsv"}),
        NUMBERS,
        epochs=3,
    )
    assert config_in(tmp_path) == {
        "words": ("embeddings/words-2.tsv", "names.tsv"),
        "others": ("embeddings/others-2.tsv", ""),
    }
    table = words.get_layer("words").embeddings.detach().numpy()
    assert np.loadtxt(tmp_path / "embeddings" / "words-2.tsv") == pytest.approx(table, abs=1e-5)
    assert sorted(path.name for path in (tmp_path / "embeddings").iterdir()) == [
        "others-0.tsv",
        "others-2.tsv",
        "words-0.tsv",
        "words-2.tsv",
    ]


def test_one_file_of_labels_serves_all_and_layers_can_be_chosen(words, tmp_path):
    callback = TensorBoard(
        tmp_path, embeddings_freq=1, embeddings_metadata="names.tsv", embeddings_layer_names=["words"]
    )
    fit(words, callback, NUMBERS, epochs=1)
    assert config_in(tmp_path) == {"words": ("embeddings/words-0.tsv", "names.tsv")}


def test_outputs_for_given_data_are_the_points(words, tmp_path):
    callback = TensorBoard(
        tmp_path,
        embeddings_freq=1,
        embeddings_data=NUMBERS[:5],
        batch_size=2,
        embeddings_layer_names=["flat"],
    )
    fit(words, callback, NUMBERS, epochs=1)
    points = np.loadtxt(tmp_path / "embeddings" / "flat-0.tsv")
    middle = keras.Model(words.inputs, words.get_layer("flat").output)
    assert points == pytest.approx(middle.predict(NUMBERS[:5], verbose=0), abs=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"embeddings_metadata": {"wrods": "x"}},
            "`embeddings_metadata` names 'wrods'; .* are: words, others",
        ),
        ({"embeddings_layer_names": ["wrods"]}, "`embeddings_layer_names` names 'wrods'"),
        (
            {"embeddings_layer_names": ["flat"]},
            "names 'flat', which is no Embedding layer. Give `embeddings_data`",
        ),
    ],
)
def test_wrong_layers_are_refused_before_the_first_step(words, tmp_path, arguments, message):
    before = words.get_weights()
    with pytest.raises(ValueError, match=message):
        fit(words, TensorBoard(tmp_path, embeddings_freq=1, **arguments), NUMBERS)
    assert all(np.array_equal(a, b) for a, b in zip(before, words.get_weights())) and not writing_threads()


# Profile.


@pytest.mark.parametrize("batches", [2, (2, 3), "2,3"])
def test_a_profile_lies_where_tensorboard_looks(model, tmp_path, batches):
    fit(model, TensorBoard(tmp_path, profile_batch=batches))
    [trace] = (tmp_path / "train").glob("*.pt.trace.json")
    assert "aten::addmm" in trace.read_text()


def test_another_profiler_is_no_reason_to_stop(model, tmp_path, monkeypatch):
    class Busy:
        def __init__(self, **arguments):
            """Takes anything."""

        def start(self):
            raise RuntimeError("already running")

    monkeypatch.setattr(torch.profiler, "profile", Busy)
    with pytest.warns(UserWarning, match="cannot profile batch 2: already running. Training goes on"):
        fit(model, TensorBoard(tmp_path, profile_batch=2))


@pytest.mark.parametrize(
    "given, expected", [(0, None), ("0", None), (5, (5, 5)), ((0, 3), (1, 3)), ([4, 4], (4, 4))]
)
def test_batches_to_profile(given, expected):
    assert batches_to_profile(given) == expected


# Arguments.


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"histogram_freq": -1}, "`histogram_freq` must be an integer of at least 0"),
        ({"embeddings_freq": 0.5}, "`embeddings_freq` must be"),
        ({"write_graph": "x"}, "`write_graph` must be True or False"),
        ({"write_grads": "x"}, "`write_grads` must be True or False"),
        ({"update_freq": 0}, "`update_freq` must be 'epoch', 'batch' or a positive integer; got 0"),
        ({"update_freq": "step"}, "`update_freq` must be"),
        ({"batch_size": 0}, "`batch_size` must be"),
        ({"log_dir": 3}, "`log_dir` must be a path; got 3"),
        ({"profile_batch": -1}, "`profile_batch` must be 0, a number of a batch"),
        ({"profile_batch": (3, 2)}, "`profile_batch` must be"),
        ({"profile_batch": "a,b"}, "`profile_batch` must be"),
        ({"profile_batch": (1, 2, 3)}, "`profile_batch` must be"),
    ],
)
def test_wrong_arguments_are_refused_when_made(arguments, message):
    with pytest.raises(ValueError, match="TensorBoard: " + message):
        TensorBoard(**arguments)


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="TensorBoard has no argument `log_dri`. Nearest known: 'log_dir'"):
        TensorBoard(log_dri="x")


def test_positional_arguments_of_older_generations():
    with dialect("keras2.3"):
        older = TensorBoard("logs", 1, 16, False, True, True, 2, ["words"], "names.tsv", None, "batch")
    assert (older.batch_size, older.write_graph, older.write_grads, older.write_images) == (
        16,
        False,
        True,
        True,
    )
    assert (older.embeddings_freq, older.embeddings_layer_names, older.update_freq) == (2, ["words"], 1)
    with dialect("keras1"):
        oldest = TensorBoard("logs", 1, False, True, 3)
    assert (oldest.write_graph, oldest.write_images, oldest.embeddings_freq) == (False, True, 3)
    today = TensorBoard("logs", 1, False, True, True, "batch", 0, 3, "names.tsv")
    assert (today.write_steps_per_second, today.embeddings_freq, today.embeddings_metadata) == (
        True,
        3,
        "names.tsv",
    )


def test_the_histogram_has_thirty_bins(tmp_path):
    files = EventFiles(str(tmp_path))
    files.histogram("train", "weights", np.arange(100.0), 0)
    files.close()
    [written] = events(tmp_path).Histograms("weights")
    assert event_files._HISTOGRAM_BINS == 30 and len(written.histogram_value.bucket) in (30, 31)
