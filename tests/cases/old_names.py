"""How the names and arguments of real old Keras are compared with ours.

Lists of real Keras: references/names_keras*.json. A class is made three times, with what it needs, with all
arguments by name, and by position, each with the default of real Keras: the configs must be equal. Functions
and methods are compared by their signatures.
"""

from __future__ import annotations

import functools
import inspect
import json
from typing import Any

from cases.reference_files import FOLDER

from keras_torch import layers
from keras_torch.base.configurable import Configurable
from keras_torch.callbacks import Callback
from keras_torch.compat import modules
from keras_torch.dialects.table import OLD_VALUES

FILES = {"keras1": "names_keras1", "keras2.2": "names_keras22", "keras2.3": "names_keras23"}
REQUIRED = "*required*"
NEEDED = {  # a value for each argument that some constructor needs
    "units": 3, "output_dim": 3, "nb_filter": 2, "filters": 2, "nb_row": 2, "nb_col": 2, "kernel_dim1": 2,
    "kernel_dim2": 2, "kernel_dim3": 2, "filter_length": 2, "kernel_size": 2, "p": 0.5, "rate": 0.5,
    "sigma": 0.5, "stddev": 0.5, "n": 2, "dims": (2, 1), "target_shape": (3, 1), "function": abs,
    "input_dim": 7, "activation": "relu", "k": 0.5, "axes": 1, "output_shape": (None, 3, 3, 2),
    "cell": lambda: layers.LSTMCell(2), "cells": lambda: [layers.LSTMCell(2)],
    "layer": lambda: layers.LSTM(2, return_sequences=True), "thresholds": 0.5, "num_classes": 2,
    "specificity": 0.5, "sensitivity": 0.5, "fn": abs, "normalizer": 1.0, "filename": "log.csv",
    "filepath": "w.h5", "schedule": abs,
}
MADE = ("cell", "cells", "layer")


@functools.cache
def inventory(generation: str) -> dict[str, Any]:
    """What real Keras has: {"names": module -> name -> key, "objects": key -> description}."""
    return json.loads((FOLDER / f"{FILES[generation]}.json").read_text())


def find(generation: str, module: str, name: str) -> Any:
    """Our object of that name; raises AttributeError or ModuleNotFoundError when there is none."""
    full = f"keras.{module}".rstrip(".")
    if not modules.is_provided(full):
        raise ModuleNotFoundError(full)
    return getattr(modules.make_module(full), name)


def homes(generation: str) -> dict[str, tuple[str, str]]:
    """Key of an object -> the module and name under which scripts find it: the shortest."""
    found: dict[str, tuple[str, str]] = {}
    for module, names in inventory(generation)["names"].items():
        for name, key in names.items():
            if key not in found or len(module) < len(found[key][0]):
                found[key] = (module, name)
    return found


def _config(made: Any) -> Any:
    config = made.get_config() if hasattr(made, "get_config") else vars(made)
    config = {name: value for name, value in config.items()
              if name not in ("name", "seed") and not name.startswith("_")}
    return json.loads(json.dumps(config, default=lambda value: getattr(value, "__name__", str(value))))


def _given(arguments: dict[str, Any], needed: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, default in arguments.items():
        if name.startswith("*"):
            break
        if default == REQUIRED:
            found[name] = needed[name]() if name in MADE else needed[name]
        else:
            found[name] = tuple(default) if isinstance(default, list) else default
    return found


def constructor_differences(cls: Any, arguments: dict[str, Any], left_out: tuple = ()) -> list[str]:
    """What goes another way when a class is made with Keras's arguments, a sentence each."""
    arguments = {name: default for name, default in arguments.items() if name not in left_out}
    try:
        everything = _given(arguments, NEEDED)
    except KeyError as error:
        return [f"needs a value for {error}"]
    needed = {name: value for name, value in everything.items() if arguments[name] == REQUIRED}
    try:
        plain = _config(cls(**needed))
        by_name = _config(cls(**everything))
        by_place = _config(cls(*everything.values())) if not left_out else by_name
    except (TypeError, ValueError, AttributeError) as error:
        return [f"{type(error).__name__}: {error}"]
    return [f"{how}: {name} is {other.get(name)!r}, by default {plain[name]!r}"
            for how, other in (("by name", by_name), ("by position", by_place))
            for name in plain if other.get(name) != plain[name]]


_OLD_VALUES = {row.old: row.values for row in OLD_VALUES}


def signature_differences(ours: Any, arguments: dict[str, Any], method: bool = False) -> list[str]:
    """What a function lacks of Keras's arguments, or has in another place or with another default."""
    try:
        parameters = list(inspect.signature(ours).parameters.values())
    except (TypeError, ValueError):
        return ["has no signature"]
    if method:
        parameters = parameters[1:]
    accepted = getattr(ours, "older_names", {})
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    known = {p.name: p for p in parameters}
    several = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    open_ = any(p.kind is p.VAR_KEYWORD for p in parameters)
    sentences = []
    for place, (name, default) in enumerate(arguments.items()):
        if name.startswith("*"):
            continue
        today = accepted.get(name, name)
        if today is None:  # a hint that is left out
            continue
        if today not in known:
            if not open_:
                sentences.append(f"`{name}` is not known")
            continue
        if not several and (today not in names or names.index(today) != place):
            sentences.append(f"`{name}` is not number {place + 1}")
        ours_default = known[today].default
        if default != REQUIRED and ours_default is not inspect.Parameter.empty:
            if not _same(name, default, ours_default):
                sentences.append(f"`{name}` is {ours_default!r} by default, in Keras {default!r}")
        elif default != REQUIRED:
            sentences.append(f"`{name}` is needed, in Keras {default!r} by default")
    return sentences


def _same(name: str, default: Any, ours: Any) -> bool:
    ours = list(ours) if isinstance(ours, tuple) else ours
    ours = getattr(ours, "__name__", ours)
    values = _OLD_VALUES.get(name, {})
    return ours == default or (isinstance(default, str) and values.get(default, default) == ours)


def is_made(value: Any) -> bool:
    """Whether a class is compared by making it."""
    return inspect.isclass(value) and (issubclass(value, (Configurable, Callback)))
