"""Items on their way from a worker process: arrays and tensors travel beside the pickle, not in it."""

import io
import os
import pickle

import numpy as np
import torch


class _Packer(pickle.Pickler):
    """Pickles tensors as numpy arrays, whose memory goes out of band."""

    def reducer_override(self, value):
        """How a plain tensor is rebuilt; anything else as always."""
        if type(value) is not torch.Tensor or value.layout != torch.strided or value.device.type != "cpu":
            return NotImplemented
        value = value.detach().contiguous()
        flat = value.reshape(-1).view(torch.uint8).numpy()  # numpy does not know all of torch's dtypes
        return _unpacked, (flat, value.dtype, tuple(value.shape))


def _unpacked(flat, dtype, shape):
    return torch.from_numpy(flat).view(dtype).reshape(shape)


def packed(item):
    """(pickle, buffers) of an item.

    >>> head, buffers = packed({"x": torch.zeros(3)})
    >>> [len(buffer) for buffer in buffers]
    [12]
    """
    buffers, head = [], io.BytesIO()
    _Packer(head, protocol=5, buffer_callback=buffers.append).dump(item)
    return head.getvalue(), [buffer.raw() for buffer in buffers]


def send(line, answer):
    """Sends (error, item) through a line; what cannot be pickled becomes an error that says so."""
    try:
        head, buffers = packed(answer)
        if answer[0] is not None:
            pickle.loads(head)  # some exceptions can be pickled and not rebuilt
    except Exception as error:
        head, buffers = packed((_described(answer, error), None))
    line.send((head, [len(buffer) for buffer in buffers]))
    for buffer in buffers:
        _write(line, buffer)


def _described(answer, problem):
    """An error that can travel, in place of one, or of an item, that cannot."""
    if answer[0] is None:
        return TypeError(
            f"A batch made by a worker process cannot be sent to the training process: {problem}. Return "
            "arrays, or leave use_multiprocessing=False."
        )
    error = RuntimeError(f"{type(answer[0]).__name__}: {answer[0]}")
    for note in getattr(answer[0], "__notes__", ()):
        error.add_note(note)
    return error


def receive(line):
    """(error, item) that `send` sent; arrays own fresh memory that may be written to."""
    head, sizes = line.recv()
    buffers = [np.empty(size, "uint8") for size in sizes]
    for buffer in buffers:
        _read(line, memoryview(buffer))
    return pickle.loads(head, buffers=buffers)


# Connection.recv_bytes_into collects what it reads in pieces and copies it twice; on POSIX the bytes are read
# to their place instead.
_DIRECT = hasattr(os, "readv")


def _write(line, buffer):
    if not _DIRECT:
        line.send_bytes(buffer)
        return
    while buffer:
        buffer = buffer[os.write(line.fileno(), buffer):]


def _read(line, buffer):
    if not _DIRECT:
        line.recv_bytes_into(buffer)
        return
    while buffer:
        count = os.readv(line.fileno(), [buffer])
        if not count:
            raise EOFError("the line ended in the middle of an array")
        buffer = buffer[count:]
