"""Checkpoints of torch.distributed.checkpoint: a folder of shards, written atomically and read as data.

# Note [shards are data]
The shards hold tensors only; numbers and text lie beside them as JSON. torch's index of a checkpoint,
'.metadata', is a pickle: it is read with an allow list of the classes an index consists of, and every entry
must be a tensor of the expected shape before torch reads a shard.
"""

import contextlib
import json
import os
import pickle
import shutil

import torch

from keras_torch.base.files import atomic_write
from keras_torch.base.third_party import need

VALUES = "state.json"
_INDEX = ".metadata"
_METADATA = "torch.distributed.checkpoint.metadata"
_INDEX_CLASSES = {   # exact names: a module as a whole would bring what it imports, such as `os`
    *((_METADATA, name) for name in (
        "Metadata", "TensorStorageMetadata", "BytesStorageMetadata", "StorageMeta", "TensorProperties",
        "ChunkStorageMetadata", "MetadataIndex", "_MEM_FORMAT_ENCODING")),
    ("torch.distributed.checkpoint.filesystem", "_StorageInfo"),
    ("torch", "Size"), ("torch.serialization", "_get_layout"),
    ("pathlib", "PosixPath"), ("pathlib", "WindowsPath"),
}


def _checkpoint():
    """The package, which takes a second to import and so is asked for when it is needed."""
    return need("torch.distributed.checkpoint", "to write and read sharded checkpoints")


def is_shared_run():
    """Whether several processes train together (torch.distributed has been initialised).

    >>> is_shared_run()
    False
    """
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def is_first_process():
    """Whether this process is the one that names and deletes folders.

    >>> is_first_process()
    True
    """
    return not is_shared_run() or torch.distributed.get_rank() == 0


def write_folder(folder, tensors, values, group=None):
    """Writes a checkpoint folder; it appears under its name when it is whole, in place of an older one.

    Args:
        folder: path; its parent must exist.
        tensors: dict of name -> tensor (or DTensor, of which each process writes its own part).
        values: what JSON can hold.
        group: process group of a run of several processes; every process calls this.

    >>> import tempfile
    >>> folder = os.path.join(tempfile.mkdtemp(), "0")
    >>> write_folder(folder, {"weight": torch.ones(2)}, {"step": 3})
    >>> read_values(folder), read_tensors(folder, {"weight": torch.zeros(2)}), shapes_in(folder)
    ({'step': 3}, {'weight': tensor([1., 1.])}, {'weight': ((2,), torch.float32)})
    """
    temporary = _beside(folder, "tmp")
    if is_first_process():
        shutil.rmtree(temporary, ignore_errors=True)
    _wait(group)
    if is_shared_run():
        _checkpoint().save(tensors, checkpoint_id=temporary, process_group=group)
    else:
        _write_alone(temporary, tensors)
    if is_first_process():
        with atomic_write(os.path.join(temporary, VALUES)) as path, open(path, "w", encoding="utf-8") as file:
            json.dump(values, file)
        _put_in_place(temporary, folder)
    _wait(group)


def _beside(folder, ending):
    parent, name = os.path.split(folder)
    return os.path.join(parent, f".{name}.{ending}")


def _put_in_place(temporary, folder):
    """Gives a whole folder its name; a kill leaves the older or the newer one."""
    older = _beside(folder, "old")
    shutil.rmtree(older, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        os.rename(folder, older)
    os.rename(temporary, folder)
    shutil.rmtree(older, ignore_errors=True)


def _wait(group):
    if is_shared_run():
        torch.distributed.barrier(group)


def _write_alone(folder, tensors):
    """What `torch.distributed.checkpoint.save` does in one process, which warns about being alone."""
    package = _checkpoint()
    planner, writer = package.DefaultSavePlanner(), package.FileSystemWriter(folder)
    planner.set_up_planner(tensors, writer.storage_meta(), True)
    writer.reset(folder)
    writer.set_up_storage_writer(True)
    plan = writer.prepare_local_plan(planner.create_local_plan())
    plans, index = planner.create_global_plan([plan])
    plan = planner.finish_plan(writer.prepare_global_plan(plans)[0])
    writer.finish(index, [writer.write_data(plan, planner).wait()])


def read_values(folder):
    """The JSON of a checkpoint folder.

    Errors:
        FileNotFoundError: the folder holds no checkpoint.
    """
    path = os.path.join(folder, VALUES)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no checkpoint in {os.fspath(folder)!r}: it has no {VALUES}.")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def read_tensors(folder, like):
    """The tensors of a checkpoint folder; nothing is allocated before all names and shapes are checked.

    Args:
        folder: path.
        like: dict of name -> tensor with the shape, dtype and device wanted (DTensors read their own part).

    Returns:
        dict: new tensors under the same names.

    Errors:
        ValueError: a tensor is missing or has another shape, or the index is no index.
    """
    package = _checkpoint()
    _check_index(os.fspath(folder), like)
    tensors = {name: torch.empty_like(tensor).detach() for name, tensor in like.items()}
    if is_shared_run():
        package.load(tensors, checkpoint_id=folder)
        return tensors
    planner, reader = package.DefaultLoadPlanner(), package.FileSystemReader(folder)
    index = reader.read_metadata()
    planner.set_up_planner(tensors, index, True)
    reader.set_up_storage_reader(index, True)
    plan = reader.prepare_local_plan(planner.create_local_plan())
    plan = reader.prepare_global_plan(planner.create_global_plan([plan]))[0]
    reader.read_data(planner.finish_plan(plan), planner).wait()
    return tensors


def shapes_in(folder):
    """Name -> (shape, dtype) of the tensors in a checkpoint folder, by its index.

    Errors:
        ValueError: the index is no index; see Note [shards are data].
    """
    kind = _checkpoint().TensorStorageMetadata
    with open(os.path.join(folder, _INDEX), "rb") as file:
        entries = _IndexReader(file).load().state_dict_metadata
    return {name: (tuple(entry.size), entry.properties.dtype) for name, entry in entries.items()
            if isinstance(entry, kind)}


def _check_index(folder, like):
    found = shapes_in(folder)
    for name, tensor in like.items():
        if name not in found:
            raise ValueError(f"The checkpoint {folder!r} holds no tensor {name!r}. It belongs to another "
                             "model, or to one compiled with another optimizer.")
        if found[name][0] != tuple(tensor.shape):
            raise ValueError(f"The checkpoint {folder!r} holds {name!r} with shape {found[name][0]}; here "
                             f"it has {tuple(tensor.shape)}. It belongs to another model.")


class _IndexReader(pickle.Unpickler):
    """Unpickles what an index consists of, and refuses everything else before it is imported."""

    def find_class(self, module, name):
        if (module, name) in _INDEX_CLASSES:
            return super().find_class(module, name)
        if module == "torch" and isinstance(getattr(torch, name, None), (torch.dtype, torch.layout)):
            return getattr(torch, name)
        raise ValueError(f"A checkpoint's index names {module}.{name}, which no index needs. "
                         "The file is refused: reading it could run code.")
