"""Logs: what callbacks are told of a batch or an epoch, read from the device only when somebody looks."""

import threading

import numpy as np
import torch

from keras_torch.dialects.translator import behaviour

NOT_METRICS = ("batch", "size", "num_steps")   # what batches of the older generations tell beside metrics
SAME_METRIC = (
    ("acc", "accuracy"),
    ("mae", "mean_absolute_error"),
    ("mse", "mean_squared_error"),
    ("mape", "mean_absolute_percentage_error"),
    ("msle", "mean_squared_logarithmic_error"),
    ("lr", "learning_rate"),
)


def other_name(name):
    """The name that another Keras generation gives to the same quantity, or None.

    Args:
        name: a key of logs, with or without a prefix such as 'val_' or the name of an output.

    Source: Keras 1 and 2.2 log 'acc' where later ones log 'accuracy'.

    >>> other_name("val_acc"), other_name("accuracy"), other_name("loss")
    ('val_accuracy', 'acc', None)
    """
    for short, long in SAME_METRIC:
        for old, new in ((short, long), (long, short)):
            if name == old or name.endswith("_" + old):
                return name[: len(name) - len(old)] + new
    return None


def find_name(name, logs):
    """The key under which `logs` holds the quantity `name`, or None when it is not there.

    >>> find_name("val_acc", {"val_accuracy": 0.5})
    'val_accuracy'
    """
    if name in logs:
        return name
    other = other_name(name)
    return other if other is not None and other in logs else None


def _stacked(values):
    """Scalars by device and dtype, as [(names, one tensor of all)], and the other tensors by name."""
    groups, others = {}, {}
    for name, tensor in values.items():
        tensor = tensor.detach()
        if tensor.numel() == 1 and tensor.dim() <= 1:
            groups.setdefault((tensor.device, tensor.dtype), {})[name] = tensor.reshape(())
        else:
            others[name] = tensor
    return [(list(group), torch.stack(list(group.values()))) for group in groups.values()], others


def to_numbers(values):
    """Tensors by name as Python floats, one transfer per device and dtype; larger ones become numpy arrays.

    Args:
        values: dict of name -> torch.Tensor.

    Returns:
        dict: the same names in the same order.

    >>> to_numbers({"loss": torch.tensor(0.5), "seen": torch.tensor(3)})
    {'loss': 0.5, 'seen': 3.0}
    """
    stacks, others = _stacked(values)
    numbers = dict.fromkeys(values)
    for names, stack in stacks:
        numbers.update(zip(names, map(float, stack.tolist())))
    for name, tensor in others.items():
        numbers[name] = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).cpu().numpy()
    return numbers


_WAITING = "(not computed yet)"   # C code such as json's takes an empty dict for empty without asking it


class Logs(dict):
    """A dict whose tensors turn into Python floats when somebody reads a value: one transfer for all.

    Args:
        values: dict (or pairs) of name -> number or tensor, or a function without arguments that returns one;
            the function runs when somebody looks, at the latest when `settle` is called.

    Notes:
        A callback that never looks costs nothing: no computation, no read-back from the device.
        A look after the hook has returned sees the value of that time only after `freeze`, which the list
        of callbacks calls when a callback has kept the logs. Metrics that are reset while logs are shown
        settle them before (`settle_shown`).
        It is a `dict`: `**logs`, `dict(logs)`, `json.dumps(logs)`, `pickle` and `copy` see plain floats.

    Source: Keras hands a plain dict of floats, which costs a read-back per batch.

    >>> logs = Logs({"loss": torch.tensor(0.25)})
    >>> logs["loss"], isinstance(logs, dict)
    (0.25, True)
    """

    __slots__ = ("_values", "_unread")
    __hash__ = None

    def __init__(self, values=()):
        self._values = values if callable(values) else None
        self._unread = True
        super().__init__({_WAITING: None} if callable(values) else values)

    def settle(self):
        """Runs a waiting function, so that what is read later is the value of now. Reads nothing back.

        >>> Logs(lambda: {"loss": 1.0}).settle()
        """
        if self._values is not None:
            values, self._values = self._values, None
            super().pop(_WAITING)
            given = dict(super().items())  # what a callback wrote before anybody looked wins
            super().update(values())
            super().update(given)

    def fresh(self):
        """The same logs once more, whose function runs when somebody looks at those.

        >>> counter = torch.tensor(1.0)
        >>> again = Logs(lambda: {"seen": counter}).fresh()
        >>> _ = counter.add_(1)
        >>> again["seen"]
        2.0
        """
        again = Logs()
        dict.update(again, super().items())
        again._values = self._values
        return again

    def freeze(self):
        """Copies what is still on the device, so that later steps cannot change it. Reads nothing back.

        >>> logs = Logs({"seen": (counter := torch.tensor(1.0))})
        >>> logs.freeze()
        >>> _ = counter.add_(1)
        >>> logs["seen"]
        1.0
        """
        self.settle()
        if not self._unread:
            return
        stacks, others = _stacked({name: value for name, value in super().items() if torch.is_tensor(value)})
        for names, stack in stacks:
            super().update(zip(names, stack.unbind()))
        super().update({name: tensor.clone() for name, tensor in others.items()})

    def _read(self):
        """Numbers in place of tensors, for all names at once."""
        if not self._unread:
            return
        self.settle()
        self._unread = False
        tensors = {name: value for name, value in super().items() if isinstance(value, torch.Tensor)}
        if tensors:
            super().update(to_numbers(tensors))
        scalars = {name: value for name, value in super().items() if isinstance(value, np.generic)}
        super().update((name, value.item()) for name, value in scalars.items())

    # Looking at names: a waiting function must run first.

    def __contains__(self, name):
        self.settle()
        return super().__contains__(name)

    def __iter__(self):  # also makes C code (`**logs`, `dict(logs)`) come here and not to the unread storage
        self.settle()
        return super().__iter__()

    def __len__(self):
        self.settle()
        return super().__len__()

    def __bool__(self):
        return len(self) > 0

    def __reversed__(self):
        self.settle()
        return super().__reversed__()

    def keys(self):
        """Names of the values."""
        self.settle()
        return super().keys()

    # Looking at values: everything is read at once.

    def __getitem__(self, name):
        self._read()
        return super().__getitem__(name)

    def get(self, name, default=None):
        """The value of `name` as a float, or `default`."""
        self._read()
        return super().get(name, default)

    def items(self):
        """Pairs of name and float."""
        self._read()
        return super().items()

    def values(self):
        """The values as floats."""
        self._read()
        return super().values()

    def pop(self, *args):
        """Takes a value out, as `dict.pop`."""
        self._read()
        return super().pop(*args)

    def popitem(self):
        """Takes the last pair out, as `dict.popitem`."""
        self._read()
        return super().popitem()

    def copy(self):
        """A plain dict with the same values."""
        return dict(self.items())

    def __eq__(self, other):
        return dict(self.items()) == other

    def __ne__(self, other):
        return not self == other

    def __or__(self, other):
        return dict(self.items()) | dict(other)

    def __ror__(self, other):
        return dict(other) | dict(self.items())

    def __repr__(self):
        return repr(dict(self.items()))

    def __reduce__(self):
        return dict, (dict(self.items()),)

    # Writing: a callback may add values, tensors too.

    def __setitem__(self, name, value):
        self._unread = True
        super().__setitem__(name, value)

    def setdefault(self, name, default=None):
        """The value of `name`, set to `default` when missing."""
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, *args, **kwargs):
        """Sets several values, as `dict.update`."""
        self.settle()
        self._unread = True
        super().update(*args, **kwargs)

    def __ior__(self, other):
        self.update(other)
        return self

    def __delitem__(self, name):
        self.settle()
        super().__delitem__(name)

    def clear(self):
        """Removes everything, unread."""
        self._values = None
        super().clear()


class _Shown(threading.local):
    """`logs`: those that callbacks of this thread are being shown, the innermost last."""

    def __init__(self):
        self.logs = []


SHOWN = _Shown()


def settle_shown():
    """Settles the logs that callbacks are being shown; called before metrics change behind their back.

    Notes:
        A callback may evaluate the model, or try a batch, before the next callback looks at its logs.

    >>> settle_shown()
    """
    for logs in SHOWN.logs:
        logs.settle()


def as_logs(logs):
    """What callbacks get: `logs` itself when it is a `Logs`, `{}` for None, else a `Logs` around the dict.

    Notes:
        Dicts in the dict are opened; the names are sorted where the generation sorts them.

    Source: Keras's `pythonify_logs`.

    >>> as_logs(None), as_logs({"loss": torch.tensor(1.0), "by_class": {"a": 2, "b": 3}})
    ({}, {'a': 2, 'b': 3, 'loss': 1.0})
    """
    if logs is None:
        return {}
    if isinstance(logs, Logs) or not isinstance(logs, dict):
        return logs
    return Logs(_opened(logs, behaviour("history order") == "sorted"))


def _opened(logs, in_order):
    opened = {}
    for name in sorted(logs) if in_order else logs:
        if isinstance(logs[name], dict):
            opened.update(_opened(logs[name], in_order))
        else:
            opened[name] = logs[name]
    return opened
