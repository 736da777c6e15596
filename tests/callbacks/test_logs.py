"""Logs are read back once, when somebody looks, and then behave like a dict of floats."""

import copy
import json
import pickle

import numpy as np
import pytest
import torch

from keras_torch.callbacks import logs as logs_module
from keras_torch.callbacks.logs import Logs, as_logs, find_name, other_name, to_numbers

LOOKS = {
    "getitem": lambda logs: logs["loss"],
    "get": lambda logs: logs.get("loss"),
    "items": lambda logs: dict(logs.items())["loss"],
    "values": lambda logs: list(logs.values())[0],
    "dict": lambda logs: dict(logs)["loss"],
    "stars": lambda logs: (lambda **names: names["loss"])(**logs),
    "merge": lambda logs: {**logs}["loss"],
    "update": lambda logs: _updated(logs)["loss"],
    "copy": lambda logs: logs.copy()["loss"],
    "copy.copy": lambda logs: copy.copy(logs)["loss"],
    "deepcopy": lambda logs: copy.deepcopy(logs)["loss"],
    "pickle": lambda logs: pickle.loads(pickle.dumps(logs))["loss"],
    "json": lambda logs: json.loads(json.dumps(logs))["loss"],
    "pop": lambda logs: logs.pop("loss"),
    "popitem": lambda logs: Logs({"loss": logs.popitem()[1] - 0.5})["loss"],
    "setdefault": lambda logs: logs.setdefault("loss", 9.0),
    "or": lambda logs: (logs | {"x": 1})["loss"],
    "ror": lambda logs: ({"x": 1} | logs)["loss"],
    "format": lambda logs: float("{loss}".format(**logs)),
}


def _updated(logs):
    plain = {}
    plain.update(logs)
    return plain


def _pair():
    return {"loss": torch.tensor(0.25), "accuracy": torch.tensor(0.75)}


@pytest.mark.parametrize("waiting", [False, True], ids=["tensors", "function"])
@pytest.mark.parametrize("look", LOOKS)
def test_every_way_of_looking_gives_a_float(look, waiting):
    logs = Logs(_pair) if waiting else Logs(_pair())
    if look == "json":
        logs.settle()   # json asks C for the size first; CallbackList settles logs for callbacks of others
    value = LOOKS[look](logs)
    assert type(value) is float
    assert value == 0.25


def test_values_are_read_back_in_one_transfer(monkeypatch):
    calls = []

    def counted(values):
        calls.append(list(values))
        return to_numbers(values)

    monkeypatch.setattr(logs_module, "to_numbers", counted)
    logs = Logs(_pair())
    assert "loss" in logs and len(logs) == 2 and list(logs) == ["loss", "accuracy"] and logs.keys()
    assert calls == []
    assert (logs["loss"], logs["accuracy"], dict(logs)) == (0.25, 0.75, {"loss": 0.25, "accuracy": 0.75})
    assert calls == [["loss", "accuracy"]]


def test_a_function_runs_only_when_somebody_looks():
    ran = []
    logs = Logs(lambda: ran.append(1) or {"loss": torch.tensor(1.0)})
    assert ran == [] and isinstance(logs, dict)
    assert "loss" in logs and logs["loss"] == 1.0 and len(logs) == 1
    assert ran == [1]


def test_settle_fixes_the_value_of_now():
    state = [1.0]
    logs = Logs(lambda: {"loss": torch.tensor(state[0])})
    logs.settle()
    state[0] = 2.0
    assert logs["loss"] == 1.0


def test_a_value_written_by_a_callback_is_kept_and_read():
    logs = Logs(_pair)
    logs["learning_rate"] = torch.tensor(0.125)
    logs["loss"] = 3.0
    assert dict(logs) == {"learning_rate": 0.125, "loss": 3.0, "accuracy": 0.75}
    logs["later"] = torch.tensor(2.0)
    logs.update(more=torch.tensor(4.0))
    assert (logs["later"], logs["more"]) == (2.0, 4.0)


def test_deleting_and_clearing():
    logs = Logs(_pair)
    del logs["loss"]
    assert dict(logs) == {"accuracy": 0.75}
    logs = Logs(_pair)
    logs.clear()
    assert not logs and logs == {}


def test_equality_and_text_show_numbers():
    logs = Logs(_pair())
    assert logs == {"loss": 0.25, "accuracy": 0.75} and not logs != {"loss": 0.25, "accuracy": 0.75}
    assert repr(Logs(_pair)) == "{'loss': 0.25, 'accuracy': 0.75}"
    assert list(reversed(Logs(_pair))) == ["accuracy", "loss"]
    logs |= {"x": 1}
    assert logs["x"] == 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64,
                                   torch.bool])
def test_numbers_of_every_dtype_become_floats(dtype):
    number = to_numbers({"x": torch.tensor(1, dtype=dtype), "y": torch.tensor(2.0)})["x"]
    assert type(number) is float and number == 1.0


def test_large_integers_are_not_rounded_by_their_neighbours():
    assert to_numbers({"seen": torch.tensor(2**24 + 1), "loss": torch.tensor(0.5)})["seen"] == 2**24 + 1


def test_tensors_with_axes_become_arrays():
    numbers = to_numbers({"per_class": torch.tensor([0.5, 1.0]), "half": torch.ones(2, dtype=torch.bfloat16)})
    np.testing.assert_array_equal(numbers["per_class"], np.array([0.5, 1.0], "float32"))
    assert isinstance(numbers["half"], np.ndarray)


def test_numpy_scalars_become_python_numbers():
    assert type(Logs({"loss": np.float32(0.5)})["loss"]) is float


def test_gradients_do_not_hinder_reading():
    assert Logs({"loss": torch.tensor(1.0, requires_grad=True) * 2})["loss"] == 2.0


def test_as_logs_keeps_logs_and_wraps_dicts():
    logs = Logs({})
    assert as_logs(logs) is logs and as_logs(None) == {}
    assert as_logs({"loss": torch.tensor(1.0)})["loss"] == 1.0


@pytest.mark.parametrize("name, other", [("val_acc", "val_accuracy"), ("head_accuracy", "head_acc"), ("mae",
                         "mean_absolute_error"), ("lr", "learning_rate"), ("loss", None), ("vacc", None)])
def test_other_name(name, other):
    assert other_name(name) == other


def test_find_name_prefers_the_exact_name():
    assert find_name("acc", {"acc": 1, "accuracy": 2}) == "acc"
    assert find_name("acc", {"accuracy": 2}) == "accuracy"
    assert find_name("auc", {"accuracy": 2}) is None
