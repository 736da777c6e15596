"""DistributedCheckpoint: saves the state of a training with torch.distributed.checkpoint."""

import os
import shutil
import threading

import torch

from keras_torch.base.checks import boolean, fail, is_integer, positive_int
from keras_torch.callbacks import sharded_files
from keras_torch.callbacks.monitor import MonitorCallback
from keras_torch.callbacks.older_arguments import of_every_generation
from keras_torch.callbacks.progress import check_verbose, say


class DistributedCheckpoint(MonitorCallback):
    """Saves weights and optimizer state in shards, every epoch or every so many batches, in the background.

    Args:
        directory: folder that gets a folder for each checkpoint, named after the epoch (from 0), or after
            the number of batches seen when `save_freq` is a number.
        monitor: key of logs to watch with `save_best_only`.
        verbose: 1 says what is saved, 0 is silent.
        save_best_only: whether to save only when the watched value has improved.
        mode: 'min', 'max', or 'auto' (the metric knows).
        save_freq: 'epoch', or a number of batches between two saves.
        initial_value_threshold: value to beat before the first save with `save_best_only`.
        max_to_keep: checkpoints kept, the newest; None keeps all.
        save_on_background: whether a thread writes while training goes on; values are copied to the CPU
            before. A save waits for the one before.
        save_weights_only: whether the optimizer's state is left out.

    Errors:
        ValueError: an argument out of range. OSError: what the background thread met (no space, ...),
            raised at the next save or at the end of training.

    Notes:
        A checkpoint appears under its name when it is whole. `load` brings one back into the model. With
        several processes (torch.distributed initialised) each writes its own part; give all the same
        `directory`.

    Source: Keras `callbacks.OrbaxCheckpoint`; the name stays as an alias. The architecture is not stored.

    >>> DistributedCheckpoint("checkpoints", max_to_keep=3).max_to_keep
    3
    """

    stored_attributes = ("best", "_seen", "_seen_at_save", "_seen_before_epoch")

    @of_every_generation
    def __init__(self, directory, monitor="val_loss", verbose=0, save_best_only=False, mode="auto",
                 save_freq="epoch", initial_value_threshold=None, max_to_keep=1, save_on_background=True,
                 save_weights_only=False):
        super().__init__(monitor, mode, baseline=initial_value_threshold)
        owner = type(self).__name__
        for name, value in (("save_best_only", save_best_only), ("save_on_background", save_on_background),
                            ("save_weights_only", save_weights_only)):
            boolean(owner, name, value)
        if save_freq != "epoch" and not (is_integer(save_freq) and save_freq > 0):
            fail(owner, "save_freq", save_freq, "'epoch' or a positive number of batches")
        if max_to_keep is not None:
            positive_int(owner, "max_to_keep", max_to_keep)
        check_verbose(owner, "verbose", verbose)
        self.directory, self.verbose, self.save_freq = os.path.abspath(directory), verbose, save_freq
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.max_to_keep, self.save_on_background = max_to_keep, save_on_background
        self._seen = self._seen_at_save = self._seen_before_epoch = 0
        self._writing, self._failure, self._group = None, None, None

    @property
    def idle_hooks(self):
        """The batch hook, when saving waits for the end of the epoch."""
        return frozenset(["on_train_batch_end"] if self.save_freq == "epoch" else [])

    # When to save.

    def set_model(self, model):
        """Takes the model; batches are counted on from what its optimizer has made."""
        super().set_model(model)
        self._seen = int(getattr(getattr(model, "optimizer", None), "iterations", 0))
        self._seen_at_save = self._seen

    def on_train_begin(self, logs=None):
        os.makedirs(self.directory, exist_ok=True)
        if sharded_files.is_first_process():
            _remove_unfinished(self.directory)
        if self.save_on_background and sharded_files.is_shared_run() and self._group is None:
            # The thread has a group of its own: its messages must not meet those of the training.
            self._group = torch.distributed.new_group(backend="gloo")

    def on_epoch_begin(self, epoch, logs=None):
        self._seen_before_epoch = self._seen

    def on_train_batch_end(self, batch, logs=None):
        self._seen = self._seen_before_epoch + batch + 1   # several at once, with steps_per_execution
        if self._seen - self._seen_at_save >= self.save_freq:
            self._seen_at_save = self._seen
            self._save_if_due(self._seen, logs)

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save_if_due(epoch, logs)

    def _save_if_due(self, step, logs):
        if self.save_best_only:
            value = self.get_monitor_value(logs)
            if value is None or not self.improved(value):
                return
        if self.verbose:
            say(f"Saving checkpoint {step} to {self.directory}")
        self.save(step)

    def on_train_end(self, logs=None):
        self.wait_until_finished()

    def abandon(self):
        """Waits for the thread that writes when an exception ends training."""
        if self._writing is not None:
            self._writing.join()

    # Saving and loading.

    def save(self, step):
        """Saves the state of now under the number `step`.

        Errors:
            OSError: this save, or the one before in the background, could not be written.
        """
        self.wait_until_finished()
        tensors, values = _parted(_state_of(self.model, self.save_weights_only))
        if not self.save_on_background:
            self._write(step, tensors, values)
            return
        copies = {name: tensor.to("cpu", copy=True) for name, tensor in tensors.items()}
        self._writing = threading.Thread(target=self._write_and_tell, args=(step, copies, values))
        self._writing.start()

    def _write(self, step, tensors, values):
        os.makedirs(self.directory, exist_ok=True)
        sharded_files.write_folder(os.path.join(self.directory, str(step)), tensors, values, self._group)
        if self.max_to_keep is not None and sharded_files.is_first_process():
            for old in steps_in(self.directory)[:-self.max_to_keep]:
                shutil.rmtree(os.path.join(self.directory, str(old)))

    def _write_and_tell(self, *args):
        try:
            self._write(*args)
        except BaseException as error:   # a thread cannot raise: told to the training at its next save
            self._failure = error

    def wait_until_finished(self):
        """Waits for the checkpoint that is being written in the background.

        Errors:
            OSError: it could not be written.
        """
        self.abandon()
        failure, self._writing, self._failure = self._failure, None, None
        if failure is not None:
            raise failure

    def latest_step(self):
        """Number of the newest checkpoint, or None."""
        steps = steps_in(self.directory)
        return steps[-1] if steps else None

    def load(self, step=None):
        """Loads a checkpoint into the callback's model; see `load_distributed_checkpoint`."""
        self.wait_until_finished()
        return load_distributed_checkpoint(self.model, self.directory, step)

    def is_multihost_enabled(self):
        """Whether several processes train together."""
        return sharded_files.is_shared_run()

    def is_primary_host(self):
        """Whether this process is the first one."""
        return sharded_files.is_first_process()


OrbaxCheckpoint = DistributedCheckpoint   # Keras's name


def load_distributed_checkpoint(model, directory, step=None):
    """Loads what `DistributedCheckpoint` saved; all or nothing.

    Args:
        model: built model of the same architecture; compiled, if the optimizer's state shall come back.
        directory: the callback's `directory`.
        step: number of the checkpoint; None takes the newest.

    Returns:
        int: number of the checkpoint.

    Errors:
        FileNotFoundError: there is no such checkpoint.
        ValueError: it belongs to another model, or its index is more than an index.

    >>> load_distributed_checkpoint(None, "nowhere")
    Traceback (most recent call last):
    ...
    FileNotFoundError: There is no checkpoint in 'nowhere'.
    """
    if step is None:
        step = next(reversed(steps_in(directory)), None)
    if step is None:
        raise FileNotFoundError(f"There is no checkpoint in {os.fspath(directory)!r}.")
    folder = os.path.join(directory, str(step))
    stored = sharded_files.read_values(folder)
    optimizer = getattr(model, "optimizer", None) if "optimizer" in stored else None
    if optimizer is not None and not optimizer.built:
        learning = [weight for weight in model.parameters() if weight.requires_grad]
        optimizer.build(getattr(model, "trainable_variables", learning))
    like = _parted(_state_of(model, optimizer is None))[0]
    wanted = [path for part in ("model", "optimizer") for path in _tensors_named(stored.get(part, []))]
    _check_weights(folder, stored, model)
    if optimizer is not None:
        like.update(_unborn(folder, set(wanted) - set(like), model))
    read = sharded_files.read_tensors(folder, like)
    model.load_state_dict(dict(zip(model.state_dict(), _put_together(stored["model"], read))))
    if optimizer is not None:
        optimizer.load_state_dict(_put_together(stored["optimizer"], read))
    return step


def _check_weights(folder, stored, model):
    held, known = len(stored["model"][1]), len(model.state_dict())
    if held != known:
        raise ValueError(f"The checkpoint {folder!r} holds {held} weights; the model has {known}. It belongs "
                         "to another model, or this one is not built yet.")


def _unborn(folder, paths, model):
    """Empty tensors for state that an optimizer makes at its first step, and so has none of yet."""
    shapes = {(), *(tuple(weight.shape) for weight in model.parameters())}
    found = sharded_files.shapes_in(folder)
    for path in paths:
        if found[path][0] not in shapes:
            raise ValueError(f"The checkpoint {folder!r} holds {path!r} with shape {found[path][0]}, which "
                             "no weight of this model has. It belongs to another model.")
    return {path: torch.empty(found[path][0], dtype=found[path][1]) for path in paths}


def steps_in(directory):
    """Numbers of the checkpoints in a folder, the newest last.

    >>> steps_in("nowhere")
    []
    """
    if not os.path.isdir(directory):
        return []
    steps = [int(name) for name in os.listdir(directory) if name.isdigit()
             and os.path.isfile(os.path.join(directory, name, sharded_files.VALUES))]
    written = {step: os.stat(os.path.join(directory, str(step), sharded_files.VALUES)).st_mtime_ns
               for step in steps}
    return sorted(steps, key=lambda step: (written[step], step))


def _remove_unfinished(directory):
    """Folders that a killed run left half written."""
    for name in os.listdir(directory):
        if name.startswith(".") and name.endswith((".tmp", ".old")):
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)


# The state as a tree of dicts and lists. Its tensors are known by paths such as 'optimizer/state/0/momentum';
# the rest is JSON: ["dict", [[key, child], ...]], ["list", [child, ...]], ["tensor", path], ["value", value].

def _state_of(model, weights_only):
    """Weights by place, since automatic names of layers differ between two models made by the same code."""
    weights = list(model.state_dict().values())
    if weights_only or getattr(model, "optimizer", None) is None:
        return {"model": weights}
    return {"model": weights, "optimizer": model.optimizer.state_dict()}


def _parted(state):
    """(tensors by path, JSON of the rest)."""
    tensors = {}
    return tensors, {part: _taken_apart(tree, part, tensors) for part, tree in state.items()}


def _taken_apart(tree, path, tensors):
    if isinstance(tree, torch.Tensor):
        tensors[path] = tree.detach()
        return ["tensor", path]
    if isinstance(tree, dict):
        return ["dict", [[key, _taken_apart(child, f"{path}/{key}", tensors)] for key, child in tree.items()]]
    if isinstance(tree, (list, tuple)):
        return ["list", [_taken_apart(child, f"{path}/{i}", tensors) for i, child in enumerate(tree)]]
    return ["value", tree]


def _put_together(node, tensors):
    kind, content = node
    if kind == "dict":
        return {key: _put_together(child, tensors) for key, child in content}
    if kind == "list":
        return [_put_together(child, tensors) for child in content]
    return tensors[content] if kind == "tensor" else content


def _tensors_named(node):
    """Paths of all tensors in a JSON tree."""
    if not node or node[0] == "value":
        return []
    kind, content = node
    if kind == "tensor":
        return [content]
    children = [child for _, child in content] if kind == "dict" else content
    return [path for child in children for path in _tensors_named(child)]
