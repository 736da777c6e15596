"""Writes tests/references/names_keras*.json: the public names of an old Keras, and the arguments they take.

Run it with a Python of each old generation (see old_keras.py): `python compat_tests/make_old_keras_names.py`.
With the name of another file as argument, that file is written.

A name counts when its object comes from Keras itself. `keras.backend` is read from the source of its
TensorFlow backend, which cannot be imported here: the functions of Theano's own are no promise.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
from old_keras import generation, import_keras

HERE = Path(__file__).resolve().parent
FILES = {"keras1": "names_keras1", "keras2.2": "names_keras22", "keras2.3": "names_keras23"}
HOUSES = ("keras", "keras_applications", "keras_preprocessing")
BACKENDS = ("theano_backend", "cntk_backend", "numpy_backend", "tensorflow_backend", "load_backend", "common")


def modules_of(keras: Any) -> dict[str, Any]:
    """Path within Keras -> module, for all that can be imported."""
    for name in ("pydot", "pydot_ng", "pydotplus"):  # asked for when the drawing module is imported
        stand_in = types.ModuleType(name)
        stand_in.find_graphviz = lambda: True
        sys.modules.setdefault(name, stand_in)
    found = {"": keras}
    for entry in pkgutil.walk_packages(keras.__path__, "keras."):
        if entry.name.split(".")[-1] in BACKENDS:
            continue
        try:
            found[entry.name.removeprefix("keras.")] = importlib.import_module(entry.name)
        except ImportError as error:
            print("left out", entry.name, error)
    return found


def is_own(value: Any) -> bool:
    """Whether a class or function comes from Keras."""
    return callable(value) and (getattr(value, "__module__", None) or "").split(".")[0] in HOUSES


def source_of(function: Any) -> Any:
    """The function whose arguments count: the one that a decorator of Keras 2 wraps."""
    inner = getattr(function, "_original_function", None) or getattr(function, "__wrapped__", None)
    if inner is not None:
        return source_of(inner)
    if getattr(function, "__closure__", None) and function.__code__.co_name == "wrapper":
        base = function.__closure__[function.__code__.co_freevars.index("base_fun")].cell_contents
        return getattr(importlib.import_module(base.__module__.replace("keras.", "keras_", 1)), base.__name__)
    return function


REQUIRED = "*required*"


def plain(value: Any) -> Any:
    """A default value as JSON has it: names for functions, lists for tuples."""
    if isinstance(value, (list, tuple)):
        return [plain(member) for member in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return float(value) if isinstance(value, np.floating) else getattr(value, "__name__", str(value))


def arguments_of(function: Any) -> dict[str, Any]:
    """Name -> default, in order; names of open ones start with stars."""
    try:
        parameters = list(inspect.signature(source_of(function)).parameters.values())
    except (TypeError, ValueError):
        return {}
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    if parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    return {marks.get(p.kind, "") + p.name: REQUIRED if p.default is p.empty else plain(p.default)
            for p in parameters}


def described(value: Any) -> dict[str, Any]:
    """What a name stands for: arguments of a function; arguments and own methods of a class."""
    if not inspect.isclass(value):
        return {"arguments": arguments_of(value)}
    own = {name: member for name, member in vars(value).items() if not name.startswith("_")}
    methods = {name: arguments_of(getattr(member, "__func__", member)) for name, member in own.items()
               if inspect.isfunction(member) or isinstance(member, (classmethod, staticmethod))}
    return {
        "arguments": arguments_of(value.__init__) if value.__init__ is not object.__init__ else {},
        "methods": dict(sorted(methods.items())),
        "properties": sorted(name for name, member in own.items() if isinstance(member, property)),
        "bases": [base.__name__ for base in value.__mro__[1:-1] if is_own(base)],
    }


def literal(node: ast.expr) -> Any:
    """The value of a default in the sources; its text where it is no plain value."""
    try:
        return plain(ast.literal_eval(node))
    except ValueError:
        return ast.unparse(node)


def backend_functions(folder: Path) -> dict[str, Any]:
    """The public functions of the TensorFlow backend, read from the sources."""
    found = {}
    for file in ("common", "tensorflow_backend", "__init__"):
        for node in ast.parse((folder / "backend" / f"{file}.py").read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            names = [argument.arg for argument in node.args.args]
            defaults = [REQUIRED] * (len(names) - len(node.args.defaults))
            arguments = dict(zip(names, defaults + [literal(default) for default in node.args.defaults]))
            arguments.update({f"*{node.args.vararg.arg}": REQUIRED} if node.args.vararg else {})
            arguments.update({f"**{node.args.kwarg.arg}": REQUIRED} if node.args.kwarg else {})
            found[node.name] = {"arguments": arguments}
    return found


def inventory(keras: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Module path -> name -> key of its description; key -> description."""
    names, objects = {}, {}
    for path, module in modules_of(keras).items():
        if path == "backend":
            functions = backend_functions(Path(keras.__file__).parent)
            objects.update({f"backend.{name}": value for name, value in functions.items()})
            names[path] = {name: f"backend.{name}" for name in sorted(functions)}
            continue
        shown = {name: value for name, value in vars(module).items() if not name.startswith("_")}
        names[path] = {}
        for name, value in sorted(shown.items()):
            if is_own(value) and not isinstance(value, types.ModuleType):
                own_name = getattr(value, "__name__", type(value).__name__)
                own_name = name if own_name == "wrapper" else own_name
                key = f"{value.__module__}.{own_name}".removeprefix("keras.")
                objects.setdefault(key, described(value))
                names[path][name] = key
    return names, objects


def write(file: str, keras: Any) -> None:
    """Writes the inventory, a line for each object and module."""
    names, objects = inventory(keras)
    parts = [f' "about": {json.dumps({"keras": keras.__version__})}']
    for title, entries in (("names", names), ("objects", dict(sorted(objects.items())))):
        lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in entries.items())
        parts.append(f' "{title}": {{\n{lines}\n }}')
    target = HERE.parent / "tests" / "references" / f"{file}.json"
    target.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    library = import_keras()
    write(sys.argv[1] if len(sys.argv) > 1 else FILES[generation(library)], library)
