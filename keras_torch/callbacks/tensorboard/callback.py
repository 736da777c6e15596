"""TensorBoard: writes what happens in training for the program of that name."""

import os
import time

from keras_torch.base.checks import boolean, fail, is_integer, nonnegative_int, positive_int
from keras_torch.callbacks.callback import Callback
from keras_torch.callbacks.logs import NOT_METRICS
from keras_torch.callbacks.older_arguments import of_every_generation
from keras_torch.callbacks.tensorboard.event_files import EventFiles
from keras_torch.callbacks.tensorboard.model_graph import write_graph
from keras_torch.callbacks.tensorboard.pictures import picture
from keras_torch.callbacks.tensorboard.projector import Projector
from keras_torch.callbacks.tensorboard.step_profile import StepProfile, batches_to_profile
from keras_torch.dialects import current_dialect

_SAMPLE_COUNTING = ("keras1", "keras2.2")


class TensorBoard(Callback):
    """Writes losses, metrics, weights, the graph, embeddings and a profile for TensorBoard.

    Args:
        log_dir: folder of this run; no other run should write there.
        histogram_freq: epochs between two histograms of all weights; 0 for none.
        write_graph: whether the model's graph is written when training begins.
        write_images: whether weights are also written as pictures, with the histograms.
        write_steps_per_second: whether the speed is written, per epoch and (see `update_freq`) per batch.
        update_freq: 'epoch', 'batch', or a number of batches between two writes of batch values (of samples
            in Keras 2.2).
        profile_batch: a batch (counted from 1 over all epochs) or a pair (first, last), also as text
            '10,20', to run under torch.profiler; 0 for none.
        embeddings_freq: epochs between two writes of embeddings; 0 for none.
        embeddings_metadata: file with labels of the points, or a dict layer name -> file.
        batch_size: samples of `embeddings_data` given to the model at a time (Keras 2).
        write_grads: whether histograms of the last batch's gradients are written too (Keras 2).
        embeddings_layer_names: layers whose embeddings are written; None: all `Embedding` layers (Keras 2).
        embeddings_data: inputs; the outputs of those layers are written in place of the tables (Keras 2).

    Errors:
        ValueError: an argument out of range, an unknown layer, or gradients wanted where there are none.
        ImportError: the package tensorboard is not installed (when training or evaluation begins).
        OSError: the folder cannot be made (when training begins).

    Notes:
        Folder 'train': 'epoch_<metric>', 'epoch_learning_rate' by epoch (from 0), 'batch_<metric>' by batch
        (from 1 over all epochs), '<weight's path>/histogram', '.../image', '.../gradient', the graph
        and the profile. Folder 'validation': 'epoch_<metric>' by epoch and
        'evaluation_<metric>_vs_iterations' by the optimizer's count. With `update_freq='epoch'` nothing is
        done or read back between epochs.

    Source: Keras `callbacks.TensorBoard`. Keras 3 with a number as `update_freq` leaves out values of
        epochs and evaluations that do not end on a multiple of it; here, as in tf.keras, none is missing.
        Graphs of models without JSON are their parts; pictures are scaled from smallest to largest value.

    >>> TensorBoard("logs", update_freq="batch").update_freq
    1
    """

    stored_attributes = ("_batches", "_epoch_start")

    @of_every_generation
    def __init__(self, log_dir="logs", histogram_freq=0, write_graph=True, write_images=False,
                 write_steps_per_second=False, update_freq="epoch", profile_batch=0, embeddings_freq=0,
                 embeddings_metadata=None, *, batch_size=None, write_grads=False,
                 embeddings_layer_names=None, embeddings_data=None):
        super().__init__()
        self.log_dir, self.histogram_freq, self.embeddings_freq = log_dir, histogram_freq, embeddings_freq
        self.write_graph, self.write_images, self.write_grads = write_graph, write_images, write_grads
        self.write_steps_per_second, self.batch_size = write_steps_per_second, batch_size
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_metadata, self.embeddings_data = embeddings_metadata, embeddings_data
        self.embeddings_layer_names = embeddings_layer_names
        self.profile_batch = batches_to_profile(profile_batch)
        self._check()
        self.log_dir = os.fspath(log_dir)
        self._files = self._projector = self._profile = None
        self._in_fit, self._graph_of = False, None
        self._batches = self._epoch_start = 0   # batches of this training, and those before this epoch

    def _check(self):
        for name in ("histogram_freq", "embeddings_freq"):
            nonnegative_int("TensorBoard", name, getattr(self, name))
        for name in ("write_graph", "write_images", "write_grads", "write_steps_per_second"):
            boolean("TensorBoard", name, getattr(self, name))
        if self.batch_size is not None:
            positive_int("TensorBoard", "batch_size", self.batch_size)
        if self.update_freq != "epoch" and not (is_integer(self.update_freq) and self.update_freq > 0):
            fail("TensorBoard", "update_freq", self.update_freq, "'epoch', 'batch' or a positive integer")
        if not isinstance(self.log_dir, (str, os.PathLike)):
            fail("TensorBoard", "log_dir", self.log_dir, "a path")

    @property
    def idle_hooks(self):
        """Batch hooks that would do nothing as configured."""
        if self.profile_batch:
            return frozenset()
        if self.update_freq == "epoch":
            return frozenset(["on_train_batch_begin", "on_train_batch_end"])
        return frozenset() if self.write_steps_per_second else frozenset(["on_train_batch_begin"])

    # Training.

    def on_train_begin(self, logs=None):
        self.abandon()
        os.makedirs(self.log_dir, exist_ok=True)   # a folder that cannot be made is an error now
        self._files = self._files or EventFiles(self.log_dir)
        self._in_fit, self._batches, self._epoch_start = True, 0, 0
        self._every = self._batches_between_writes()
        if self.write_graph and self._graph_of is not self.model:
            write_graph(self.model, self._files)
            self._graph_of = self.model
        if self.embeddings_freq:
            self._projector = Projector(self.model, self.log_dir, self.embeddings_layer_names,
                                        self.embeddings_metadata, self.embeddings_data, self.batch_size)
        if self.profile_batch:
            self._profile = StepProfile(*self.profile_batch, self._files.folder("train"))

    def _batches_between_writes(self):
        if self.update_freq == "epoch" or current_dialect() not in _SAMPLE_COUNTING:
            return self.update_freq
        return max(1, self.update_freq // ((self.params or {}).get("batch_size") or 32))

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_start = self._batches
        if self.write_steps_per_second:
            self._iterations_before, self._epoch_time = self._iterations(), time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        if self._profile is not None:
            self._profile.before(self._epoch_start + batch + 1)
        self._batch_time = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        before, self._batches = self._batches, self._epoch_start + batch + 1
        if self._profile is not None:
            self._profile.after(self._batches)
        if self._every == "epoch" or self._batches // self._every == before // self._every:
            return
        if self.write_steps_per_second:
            speed = (self._batches - before) / (time.perf_counter() - self._batch_time)
            self._files.scalar("train", "batch_steps_per_second", speed, self._batches)
        for name, value in (logs or {}).items():
            if name not in NOT_METRICS:
                self._files.scalar("train", f"batch_{name}", value, self._batches)

    def on_epoch_end(self, epoch, logs=None):
        self._write_epoch(epoch, logs or {})
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self._projector is not None and epoch % self.embeddings_freq == 0:
            self._projector.write(epoch)
        self._files.flush()

    def _write_epoch(self, epoch, logs):
        learned = {name: value for name, value in logs.items() if not name.startswith("val_")}
        rate = getattr(self.model.optimizer, "learning_rate", None)
        if learned and rate is not None:
            learned["learning_rate"] = float(rate)
        if learned and self.write_steps_per_second:
            steps = self._iterations() - self._iterations_before
            learned["steps_per_second"] = steps / (time.perf_counter() - self._epoch_time)
        for name, value in learned.items():
            self._files.scalar("train", f"epoch_{name}", value, epoch)
        for name, value in logs.items():
            if name.startswith("val_"):
                self._files.scalar("validation", f"epoch_{name.removeprefix('val_')}", value, epoch)

    def _write_weights(self, epoch):
        if self.write_grads and all(weight.grad is None for weight in self.model.parameters()):
            fail("TensorBoard", "write_grads", True, "False",
                 "This model's training step keeps no gradients until the end of the epoch.")
        for path, weight in _weights_by_path(self.model):
            values = _array(weight)
            self._files.histogram("train", f"{path}/histogram", values, epoch)
            if self.write_grads and weight.grad is not None:
                self._files.histogram("train", f"{path}/gradient", _array(weight.grad), epoch)
            shown = picture(values) if self.write_images else None
            if shown is not None:
                self._files.image("train", f"{path}/image", shown, epoch)

    def on_train_end(self, logs=None):
        self.abandon()

    # Evaluation.

    def on_test_begin(self, logs=None):
        self._files = self._files or EventFiles(self.log_dir)

    def on_test_end(self, logs=None):
        iterations = self._iterations()
        if iterations is not None:
            for name, value in (logs or {}).items():
                self._files.scalar("validation", f"evaluation_{name}_vs_iterations", value, iterations)
        if not self._in_fit:
            self.abandon()

    def abandon(self):
        """Closes the files and ends their threads, as at the end of training."""
        profile, self._profile, self._in_fit = self._profile, None, False
        if profile is not None:
            profile.end()
        if self._files is not None:
            self._files.close()

    def _iterations(self):
        """Steps the optimizer has made; None without an optimizer that counts."""
        count = getattr(getattr(self.model, "optimizer", None), "iterations", None)
        return None if count is None else int(count)


def _array(weight):
    return weight.detach().float().cpu().numpy()


def _weights_by_path(model):
    """(path, weight) of all layers, each weight once; of modules without layers torch's names."""
    if not hasattr(model, "layers"):
        return [(name.replace(".", "/"), weight) for name, weight in model.named_parameters()]
    found = {id(weight): (getattr(weight, "path", None) or f"{layer.name}/{weight_number}", weight)
             for layer in model.layers for weight_number, weight in enumerate(layer.weights)}
    return list(found.values())
