"""DistributedCheckpoint saves when asked, whole or not at all, and brings the training back exactly."""

import json
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

import keras_torch as keras
from keras_torch.callbacks import (
    Callback,
    DistributedCheckpoint,
    OrbaxCheckpoint,
    distributed_checkpoint,
    load_distributed_checkpoint,
    sharded_files,
)
from keras_torch.callbacks.distributed_checkpoint import steps_in
from keras_torch.training.trainer import Trainer

X = np.linspace(-1, 1, 64, dtype="float32").reshape(16, 4)
Y = np.linspace(0, 1, 16, dtype="float32")[:, None]


def compiled(optimizer="adam", units=3):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer, "mse")
    return model


def fit(model, *callbacks, **arguments):
    options = {"batch_size": 4, "epochs": 3, "verbose": 0, "shuffle": False, "callbacks": list(callbacks)}
    return model.fit(X, Y, **{**options, **arguments})


def equal(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


OPTIMIZERS = {
    "adam": lambda: "adam",
    "schedule": lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)),
    "average": lambda: keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True),
    "loss scale": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.01)),
    "native": lambda: torch.optim.AdamW,
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("background", [True, False])
def test_a_loaded_training_goes_on_as_if_nothing_had_happened(optimizer, background, tmp_path):
    first, second = compiled(OPTIMIZERS[optimizer]()), compiled(OPTIMIZERS[optimizer]())
    fit(first, DistributedCheckpoint(tmp_path, save_on_background=background))
    assert [load_distributed_checkpoint(model, tmp_path) for model in (first, second)] == [2, 2]
    assert equal(first, second)
    fit(first), fit(second)
    assert equal(first, second)


def test_the_newest_are_kept_and_any_of_them_can_be_loaded(tmp_path):
    model, weights = compiled(), []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.append(model.get_weights())
    )
    callback = DistributedCheckpoint(tmp_path, max_to_keep=2)
    fit(model, callback, note, epochs=4)
    assert sorted(os.listdir(tmp_path)) == ["2", "3"] and callback.latest_step() == 3
    assert callback.load(2) == 2
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights[2]))


def test_everything_is_kept_when_asked(tmp_path):
    fit(compiled(), DistributedCheckpoint(tmp_path, max_to_keep=None))
    assert steps_in(tmp_path) == [0, 1, 2]


def test_batches_are_counted_over_epochs_and_trainings(tmp_path):
    model = compiled()
    for _ in range(2):
        fit(model, DistributedCheckpoint(tmp_path, save_freq=5, max_to_keep=None))  # 12 batches each
    assert steps_in(tmp_path) == [5, 10, 17, 22]


def test_a_save_by_batches_listens_and_one_by_epochs_does_not(tmp_path):
    assert DistributedCheckpoint(tmp_path).idle_hooks == {"on_train_batch_end"}
    assert DistributedCheckpoint(tmp_path, save_freq=2).idle_hooks == frozenset()


def test_only_the_best_is_saved(attach, model, tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(DistributedCheckpoint, "save", lambda self, step: saved.append(step))
    callback = attach(
        DistributedCheckpoint(tmp_path, "val_loss", save_best_only=True, initial_value_threshold=0.9)
    )
    for epoch, value in enumerate([1.0, 0.8, 0.85, 0.7]):
        callback.on_epoch_end(epoch, {"val_loss": value})
    with pytest.warns(UserWarning, match="DistributedCheckpoint watches `val_loss`, which is not available"):
        callback.on_epoch_end(4, {"loss": 0.1})
    assert saved == [1, 3]


def test_weights_alone(tmp_path):
    first, second = compiled(), compiled()
    fit(first, DistributedCheckpoint(tmp_path, save_weights_only=True))
    load_distributed_checkpoint(second, tmp_path)
    assert equal(first, second) and second.optimizer.iterations == 0


def test_a_model_that_is_not_compiled_takes_the_weights(tmp_path):
    first = compiled()
    fit(first, DistributedCheckpoint(tmp_path))
    second = keras.models.clone_model(first)
    load_distributed_checkpoint(second, tmp_path)
    assert equal(first, second)


def test_native_modules_with_the_training_engine(tmp_path):
    net = type("Net", (Trainer, torch.nn.Linear), {"label": "Net"})
    first, second = net(4, 1), net(4, 1)
    for model in (first, second):
        model.compile(torch.optim.Adam, "mse")
    fit(first, DistributedCheckpoint(tmp_path))
    load_distributed_checkpoint(second, tmp_path)
    assert torch.equal(first.weight, second.weight)
    fit(first), fit(second)
    assert torch.equal(first.weight, second.weight)


def test_message_and_old_name(tmp_path, capsys):
    fit(compiled(), OrbaxCheckpoint(tmp_path, verbose=1), epochs=1)
    assert capsys.readouterr().out == f"Saving checkpoint 0 to {tmp_path}\n"
    assert OrbaxCheckpoint is DistributedCheckpoint


def test_one_process_is_the_first_of_one(tmp_path):
    callback = DistributedCheckpoint(tmp_path)
    assert callback.is_primary_host() and not callback.is_multihost_enabled()


# Failures.


def test_values_are_those_of_the_moment_of_the_save(tmp_path, monkeypatch):
    may_write, write = threading.Event(), sharded_files.write_folder
    monkeypatch.setattr(sharded_files, "write_folder", lambda *args: may_write.wait(5) and write(*args))
    model = compiled()
    fit(model, epochs=1)
    before, callback = model.get_weights(), DistributedCheckpoint(tmp_path)
    callback.set_model(model)
    callback.save(7)
    model.set_weights([weight + 1 for weight in before])
    may_write.set()
    callback.load()
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before))


def fail_to_write(*args):
    raise OSError("No space left on device")


@pytest.mark.parametrize("background", [True, False])
def test_a_full_disk_ends_the_training_and_leaves_the_older_checkpoint(tmp_path, monkeypatch, background):
    model, threads = compiled(), threading.active_count()  # other tests' loaders may have left some
    fit(model, DistributedCheckpoint(tmp_path), epochs=1)
    monkeypatch.setattr(sharded_files, "_put_in_place", fail_to_write)
    with pytest.raises(OSError, match="No space left"):
        fit(model, DistributedCheckpoint(tmp_path, save_on_background=background), epochs=2)
    assert steps_in(tmp_path) == [0] and load_distributed_checkpoint(compiled(), tmp_path) == 0
    assert threading.active_count() <= threads


def test_a_failing_training_leaves_no_thread(tmp_path):
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise ZeroDivisionError

    threads = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        fit(compiled(), DistributedCheckpoint(tmp_path), Stop())
    assert threading.active_count() <= threads and steps_in(tmp_path) == [0]


def test_what_a_killed_run_left_is_removed(tmp_path):
    for name in (".3.tmp", ".2.old", "notes"):
        (tmp_path / name).mkdir()
    fit(compiled(), DistributedCheckpoint(tmp_path), epochs=1)
    assert sorted(os.listdir(tmp_path)) == ["0", "notes"]


def test_a_checkpoint_is_replaced_as_a_whole(tmp_path):
    model = compiled()
    for _ in range(2):
        fit(model, DistributedCheckpoint(tmp_path), epochs=1)
    second = compiled()
    load_distributed_checkpoint(second, tmp_path)
    assert equal(model, second) and second.optimizer.iterations == 8


def test_another_model_is_refused_and_nothing_changes(tmp_path):
    fit(compiled(), DistributedCheckpoint(tmp_path), epochs=1)
    wide, short = compiled(units=5), keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    before = wide.get_weights()
    with pytest.raises(ValueError, match=r"holds 'model/0' with shape \(4, 3\); here it has \(4, 5\)"):
        load_distributed_checkpoint(wide, tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(before, wide.get_weights()))
    with pytest.raises(ValueError, match="holds 8 weights; the model has 2"):
        load_distributed_checkpoint(short, tmp_path)


def test_another_optimizer_is_refused(tmp_path):
    fit(compiled("sgd"), DistributedCheckpoint(tmp_path), epochs=1)
    with pytest.raises(
        ValueError, match="holds no tensor 'optimizer/state/0/.*compiled with another optimizer"
    ):
        load_distributed_checkpoint(compiled("adam"), tmp_path)


def test_state_of_a_strange_shape_is_refused(tmp_path):
    fit(compiled(torch.optim.AdamW), DistributedCheckpoint(tmp_path), epochs=1)
    bigger = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, activation="tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1),
        ]
    )
    bigger.compile(torch.optim.AdamW, "mse")
    path = tmp_path / "0" / "state.json"
    path.write_text(path.read_text().replace('optimizer/state/0/exp_avg"', 'model/9"'))
    with pytest.raises((ValueError, KeyError)):
        load_distributed_checkpoint(bigger, tmp_path)


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("true",)


@pytest.mark.parametrize(
    "index",
    [pickle.dumps(Evil()), b"\x80\x04\x8c'torch.distributed.checkpoint.filesystem\x8c\x09os.system\x93."],
)
def test_an_index_that_could_run_code_is_refused(tmp_path, index):
    fit(compiled(), DistributedCheckpoint(tmp_path), epochs=1)
    (tmp_path / "0" / ".metadata").write_bytes(index)
    with pytest.raises(ValueError, match="which no index needs. The file is refused"):
        load_distributed_checkpoint(compiled(), tmp_path)


def test_tensors_that_are_pickles_are_never_read(tmp_path):
    folder = str(tmp_path / "0")
    sharded_files.write_folder(folder, {"a": torch.ones(2), "b": {"some": "object"}}, {})
    with pytest.raises(ValueError, match="holds no tensor 'b'"):
        sharded_files.read_tensors(folder, {"b": torch.ones(2)})


def test_no_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no checkpoint in"):
        load_distributed_checkpoint(compiled(), tmp_path)
    with pytest.raises(FileNotFoundError, match="it has no state.json"):
        load_distributed_checkpoint(compiled(), tmp_path, step=4)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"save_freq": 0}, "`save_freq` must be 'epoch' or a positive number of batches; got 0"),
        ({"max_to_keep": 0}, "`max_to_keep` must be"),
        ({"save_best_only": "x"}, "`save_best_only` must be True or False"),
        ({"save_on_background": "x"}, "`save_on_background` must be True or False"),
        ({"save_weights_only": "x"}, "`save_weights_only` must be True or False"),
        ({"verbose": 5}, "`verbose` must be"),
    ],
)
def test_wrong_arguments_are_refused_when_made(arguments, message):
    with pytest.raises(ValueError, match="DistributedCheckpoint: " + message):
        DistributedCheckpoint("x", **arguments)


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="DistributedCheckpoint has no argument `keep`"):
        DistributedCheckpoint("x", keep=3)


# Several processes.

TWO = """
import sys, json, torch, numpy as np
import torch.distributed as dist
rank, port, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor
from keras_torch.callbacks import DistributedCheckpoint, load_distributed_checkpoint
mesh = init_device_mesh("cpu", (2,))

class Net(torch.nn.Module):
    optimizer = None
    def __init__(self, start):
        super().__init__()
        self.weight = torch.nn.Parameter(distribute_tensor(torch.arange(8.) * start, mesh, [Shard(0)]))

for background in (True, False):
    callback = DistributedCheckpoint(folder, max_to_keep=1, save_on_background=background)
    callback.set_model(Net(1.0))
    callback.on_train_begin()
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {})
    callback.on_train_end()
    other = Net(0.0)
    assert load_distributed_checkpoint(other, folder) == 1
    assert other.weight.to_local().tolist() == list(range(4 * rank, 4 * rank + 4)), other.weight
    assert callback.is_multihost_enabled() and callback.is_primary_host() == (rank == 0)
dist.destroy_process_group()
"""


@pytest.mark.slow
def test_two_processes_write_their_parts(tmp_path, free_port):
    script = tmp_path / "two.py"
    script.write_text(TWO)
    folder = str(tmp_path / "checkpoints")
    runs = [
        subprocess.Popen(
            [sys.executable, str(script), str(rank), str(free_port), folder],
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        for rank in range(2)
    ]
    for run in runs:
        _, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors[-2000:]
    assert os.listdir(folder) == ["1"] and len(list((tmp_path / "checkpoints" / "1").glob("*.distcp"))) == 2


def environment():
    home = os.path.dirname(os.path.dirname(keras.__file__))
    return {**os.environ, "PYTHONPATH": home, "OMP_NUM_THREADS": "1"}


def test_the_values_beside_the_shards_are_json(tmp_path):
    fit(compiled(), DistributedCheckpoint(tmp_path), epochs=1)
    stored = json.loads((tmp_path / "0" / "state.json").read_text())
    assert set(stored) == {"model", "optimizer"}
    assert distributed_checkpoint._tensors_named(stored["model"]) == [f"model/{place}" for place in range(8)]
