"""Models <-> configs, JSON and clones."""

import functools
import json
import operator

import torch

from keras_torch import ops
from keras_torch.base import custom_objects as custom
from keras_torch.base import tree
from keras_torch.base.checks import fail, nearest
from keras_torch.base.dtypes import dtype_name, torch_dtype
from keras_torch.base.names import to_snake_case
from keras_torch.base.serialization import (
    deserialize_keras_object,
    is_object_config,
    serialize_keras_object,
    serialize_value,
)
from keras_torch.base.shapes import is_shape
from keras_torch.base.third_party import get_overridable_functions
from keras_torch.layers.input_layer import InputLayer
from keras_torch.layers.layer import Layer
from keras_torch.models.graph_model import keras_history
from keras_torch.models.recipe import Recipe
from keras_torch.saving import keras_file
from keras_torch.saving.older_configs import completed
from keras_torch.symbolic.graph import FunctionCall, MaskCall, symbols_in
from keras_torch.symbolic.keras_tensor import OPERATORS, PROPERTIES, RECORDER, KerasTensor, ReadProperty

_NEVER_NAMED = {"backward", "storage", "untyped_storage", "data_ptr", "numpy", "tolist", "item",
                "register_hook",
                "register_post_accumulate_grad_hook", "module_load", "as_subclass"}


@functools.lru_cache(maxsize=1)
def _nameable_functions():
    """Name -> torch function, for those that a config may name: functions of tensors only."""
    table = {}
    for module, functions in get_overridable_functions().items():
        prefix = getattr(module, "__name__", str(module)).split(".")[-1]
        for function in functions if module is not torch.Tensor else ():
            table[f"{prefix}.{getattr(function, '__name__', '')}"] = function
    for name in dir(torch.Tensor):
        method = getattr(torch.Tensor, name)
        is_public = not name.startswith("_") and not name.endswith("_")
        if callable(method) and is_public and name not in _NEVER_NAMED:
            table[f"Tensor.{name}"] = method
    for name in OPERATORS:
        table[f"Tensor.__{name}__"] = getattr(torch.Tensor, f"__{name}__")
        plain = {"and": "and_", "or": "or_"}.get(name, name)
        if hasattr(operator, plain):
            table[f"operator.{name}"] = getattr(operator, plain)
    for name in PROPERTIES:
        table[f"property.{name}"] = ReadProperty(name)
    return table


@functools.lru_cache(maxsize=1)
def _function_names():
    names = {}
    for name, function in _nameable_functions().items():
        names.setdefault(function, name)
    return names


# ---------------------------------------------------------------------- functional models


def functional_config(model):
    """Keras 3's config of a functional model: layers with their inbound nodes, inputs and outputs.

    Errors:
        ValueError: a function or a constant that a config cannot name.
    """
    graph = model._graph
    histories = keras_history(graph)
    layers = []
    for operation in graph.operations:
        if isinstance(operation, MaskCall):
            continue
        entry = _operation_config(operation)
        nodes = [node for node in graph.nodes if node.operation is operation]
        entry["name"] = operation.name
        entry["inbound_nodes"] = [_node_config(node, histories) for node in nodes]
        layers.append(entry)
    where = functools.partial(tree.map_structure, lambda symbol: list(histories[id(symbol)]))
    return {"name": model.name, "trainable": model.trainable, "layers": layers,
            "input_layers": where(graph.inputs), "output_layers": where(graph.outputs)}


def _operation_config(operation):
    if isinstance(operation, Layer):
        entry = serialize_keras_object(operation)
        build_config = operation.get_build_config()
        has_graph = getattr(operation, "_graph", None) is not None
        if build_config and not has_graph and not isinstance(operation, InputLayer):
            entry["build_config"] = build_config
        return entry
    name = _function_names().get(operation.function)
    if name is None:
        raise ValueError(f"The function {operation.function!r} of the graph has no name that a config could "
                         f"give. "
                         "Put it into a Layer's call().")
    return {"module": "keras_torch.symbolic", "class_name": "FunctionCall", "registered_name": None,
            "config": {"function": name, "name": operation.name}}


def _node_config(node, histories):
    def describe(leaf):
        if isinstance(leaf, KerasTensor):
            if id(leaf) not in histories:
                raise ValueError(f"{node.operation.name}: a mask given by hand cannot be written into a "
                                 f"config.")
            return {"class_name": "__keras_tensor__", "config": {
                "shape": list(leaf.shape), "dtype": dtype_name(leaf.dtype),
                "keras_history": list(histories[id(leaf)])}}
        if isinstance(leaf, slice):
            return {"class_name": "__slice__", "config": {"start": describe(leaf.start),
                                                          "stop": describe(leaf.stop),
                                                          "step": describe(leaf.step)}}
        if leaf is Ellipsis:
            return {"class_name": "__ellipsis__", "config": {}}
        if isinstance(leaf, torch.dtype):
            return {"class_name": "__dtype__", "config": {"name": dtype_name(leaf)}}
        if isinstance(leaf, torch.device):
            return {"class_name": "__device__", "config": {"name": str(leaf)}}
        if isinstance(leaf, torch.Tensor):
            kind = {"trainable": leaf.requires_grad} if isinstance(leaf, torch.nn.Parameter) else {}
            return {"class_name": "__tensor__", "config": {"value": leaf.detach().cpu().tolist(),
                                                           "dtype": dtype_name(leaf.dtype), **kind}}
        return serialize_value(leaf)

    def structure(value):
        if type(value) is tuple:
            return {"class_name": "__tuple__", "items": [structure(item) for item in value]}
        if type(value) is list:
            return [structure(item) for item in value]
        if type(value) is dict:
            return {key: structure(item) for key, item in value.items()}
        return describe(value)

    return {"args": [structure(arg) for arg in node.args],
            "kwargs": {key: structure(value) for key, value in node.kwargs.items()}}


def functional_from_config(cls, config, custom_objects=None):
    """The functional model that `functional_config` described (Keras 2's node lists are understood too)."""
    with custom.CustomObjectScope(custom_objects):
        operations, waiting = {}, []
        for entry in config["layers"]:
            operation = _operation_from(entry)
            operations[entry.get("name") or operation.name] = operation
            waiting.append((operation, list(entry.get("inbound_nodes", []))))
        symbols = {name: [operation.symbol()] for name, operation in operations.items()
                   if isinstance(operation, InputLayer)}
        results = {(name, 0, 0): found[0] for name, found in symbols.items()}
        _call_all(operations, waiting, results, _first_nodes(config, operations))
        inputs = _from_histories(config["input_layers"], results)
        outputs = _from_histories(config["output_layers"], results)
        if _is_old(config):
            inputs, outputs = _single(inputs), _single(outputs)
        rest = {key: value for key, value in config.items() if key in ("name", "trainable")}
        model = cls(inputs, outputs, **rest)
        for entry in config["layers"]:
            operation = operations[entry.get("name") or entry["config"].get("name")]
            if isinstance(operation, Layer):
                operation.build_from_config(entry.get("build_config"))
        return model


_OPS_MODULES = ("keras.src.ops.", "keras.ops")


class OpsCall:
    """A function of `keras.ops` in a config of Keras 3, which names it by a class (`NotEqual`, `Softmax`).

    Args:
        class_name: the class.
        config: its arguments, and its name.
    """

    def __init__(self, class_name, config):
        self.function = getattr(ops, to_snake_case(class_name), None)
        if not callable(self.function):
            raise ValueError(f"The config names the operation {class_name!r}; keras_torch.ops has no such "
                             f"function. "
                             "Rebuild the model by code and load its weights.")
        self.name = config.get("name")
        self.arguments = {key: value for key, value in config.items()
                          if key not in ("name", "dtype", "trainable")}

    def __call__(self, *args, **kwargs):
        return self.function(*args, **self.arguments, **kwargs)


def _operation_from(entry):
    if entry["class_name"] == "FunctionCall":
        name = entry["config"]["function"]
        function = _nameable_functions().get(name)
        if function is None:
            raise ValueError(f"The config names the function {name!r}, which no config may name. "
                             f"{nearest(name, _nameable_functions())}")
        operation = FunctionCall(function, name.split(".")[-1])
        operation.name = entry["config"]["name"]
        return operation
    config = entry["config"]
    if entry["class_name"] in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"):
        raise ValueError(f"The config's entry {entry.get('name')!r} calls a function of TensorFlow, which is "
                         "unknown here. Write the model in Python and load its weights with load_weights().")
    if str(entry.get("module", "")).startswith(_OPS_MODULES):
        return OpsCall(entry["class_name"], config)
    layer = deserialize_keras_object(entry)
    if not isinstance(layer, Layer):
        raise ValueError(f"The config's entry {entry['class_name']!r} is no layer.")
    if "name" in entry and not (isinstance(config, dict) and "name" in config):
        layer.name = entry["name"]  # a user's get_config() need not tell it, Keras 1's Sequential does not
    return layer


def _first_nodes(config, operations):
    """id of each operation -> number of its first call: Keras 2 counts a model's own making as call 0."""
    if not _is_old(config):
        return {id(operation): 0 for operation in operations.values()}
    used = _histories_in([[entry.get("inbound_nodes", []) for entry in config["layers"]],
                          config["output_layers"]])
    numbers = {}
    for name, node, _ in used:
        numbers[name] = min(node, numbers.get(name, node))
    return {id(operation): numbers.get(name, 0) if getattr(operation, "_graph", None) is not None else 0
            for name, operation in operations.items()}


def _call_all(operations, waiting, results, first_nodes):
    """Calls each operation for each of its nodes as soon as its inputs exist."""
    done = dict(first_nodes)
    while waiting:
        left = []
        for operation, nodes in waiting:
            while nodes and _ready(nodes[0], results):
                _call_one(operation, nodes.pop(0), results, done)
            if nodes and not isinstance(operation, InputLayer):
                left.append((operation, nodes))
        if len(left) == len(waiting) and sum(len(n) for _, n in left) == sum(len(n) for _, n in waiting):
            names = ", ".join(repr(operation.name) for operation, _ in left)
            raise ValueError(f"The config's graph cannot be built: {names} wait for inputs that never come.")
        waiting = left


def _histories_in(value):
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [tuple(value["config"]["keras_history"])]
    if isinstance(value, dict):
        return [found for item in value.values() for found in _histories_in(item)]
    if isinstance(value, (list, tuple)):
        if _is_old_history(value):
            inner = [found for item in value[3:] for found in _histories_in(item)]
            return inner if value[0] == "_CONSTANT_VALUE" else [tuple(value[:3]), *inner]
        return [found for item in value for found in _histories_in(item)]
    return []


def _ready(node, results):
    return all(history in results for history in _histories_in(node))


def _call_one(operation, node, results, done):
    args, kwargs = _arguments_of(node, results)
    if isinstance(operation, FunctionCall):
        outputs = RECORDER.record(operation.function, args, kwargs, name=operation.function_name)
        made = symbols_in(outputs)[0].node
        made.operation.name = operation.name
    else:
        outputs = operation(*args, **kwargs)
    index = done[id(operation)]
    done[id(operation)] = index + 1
    for position, symbol in enumerate(symbols_in(outputs)):
        results[(operation.name, index, position)] = symbol


def _arguments_of(node, results):
    if isinstance(node, dict):  # Keras 3
        return tuple(_value_of(arg, results) for arg in node["args"]), \
            {key: _value_of(value, results) for key, value in node.get("kwargs", {}).items()}
    # Keras 1 and 2: [[name, node, tensor, kwargs], ...]
    values = [_old_value(item, results) for item in node]
    kwargs = node[0][3] if node and len(node[0]) > 3 else {}
    kwargs = {key: _old_value(value, results) for key, value in kwargs.items()}
    return (values[0] if len(values) == 1 else values,), kwargs


def _is_old_history(value):
    return isinstance(value, (list, tuple)) and len(value) in (3, 4) and isinstance(value[0], str) and \
        isinstance(value[1], int)


def _old_value(value, results):
    """An argument as Keras 2 writes it: [name, node, tensor], or ['_CONSTANT_VALUE', -1, constant]."""
    if _is_old_history(value):
        return value[2] if value[0] == "_CONSTANT_VALUE" else results[tuple(value[:3])]
    if isinstance(value, list):
        return [_old_value(item, results) for item in value]
    return _value_of(value, results)


def _value_of(value, results):
    if isinstance(value, dict) and "class_name" in value:
        name, config = value["class_name"], value.get("config", {})
        if name == "__keras_tensor__":
            return results[tuple(config["keras_history"])]
        if name == "__slice__":
            return slice(*(_value_of(config[key], results) for key in ("start", "stop", "step")))
        if name == "__ellipsis__":
            return Ellipsis
        if name == "__dtype__":
            return torch_dtype(config["name"])
        if name == "__device__":
            return torch.device(config["name"])
        if name == "__tensor__":
            value = torch.tensor(config["value"], dtype=torch_dtype(config["dtype"]))
            return torch.nn.Parameter(value, config["trainable"]) if "trainable" in config else value
        if name == "__tuple__":
            return tuple(_value_of(item, results) for item in value.get("items", config))
        return deserialize_keras_object(value)
    if isinstance(value, list):
        return [_value_of(item, results) for item in value]
    if isinstance(value, dict):
        return {key: _value_of(item, results) for key, item in value.items()}
    return value


def _is_old(config):
    """Whether Keras 1 or 2 wrote the config: nodes are lists, and one input stands in a list like several."""
    return any(isinstance(node, list) for entry in config["layers"]
               for node in entry.get("inbound_nodes", []))


def _single(symbols):
    return symbols[0] if isinstance(symbols, list) and len(symbols) == 1 else symbols


def _from_histories(structure, results):
    if isinstance(structure, dict):
        return {key: _from_histories(item, results) for key, item in structure.items()}
    if len(structure) == 3 and isinstance(structure[0], str):
        return results[tuple(structure)]
    return [_from_histories(item, results) for item in structure]


# ---------------------------------------------------------------------- sequential models


def sequential_config(model):
    """Keras 3's config of a Sequential: its layers, the input first when it is known."""
    first = [model._input_layer] if model._input_layer is not None else []
    return {"name": model.name, "trainable": model.trainable, "dtype": model.dtype_policy.name,
            "layers": [_operation_config(layer) for layer in first + model._stack]}


def sequential_from_config(cls, config, custom_objects=None):
    """The Sequential that a config describes; its layers are built when the input shape is known."""
    if isinstance(config, list):
        config = {"layers": config}
    with custom.CustomObjectScope(custom_objects):
        layers = [_operation_from(entry) for entry in config["layers"]]
    model = cls(layers, **{key: config[key] for key in ("name", "trainable") if key in config})
    shape = config.get("build_input_shape")
    if model._graph is None and is_shape(shape or ()) and shape:
        model.build(tuple(shape))
    return model


# ---------------------------------------------------------------------- JSON and clones


def to_json(model, **kwargs):
    """The model's config as JSON text; functions of your own stand in it by name."""
    return keras_file.as_json(model, serialize_keras_object(model), **kwargs)


def model_from_json(json_string, custom_objects=None):
    """The model whose architecture `to_json` wrote; its weights are new.

    Args:
        json_string: the text.
        custom_objects: dict, name -> class or function of your own.

    Errors:
        ValueError: not JSON, or a class that is not known.

    Source: Keras `models.model_from_json`. Nothing in the text is executed.
    """
    try:
        config = json.loads(json_string)
    except (TypeError, ValueError) as error:
        raise ValueError(f"model_from_json(): the text is not JSON: {error}. Give what model.to_json() "
                         "returned.") from error
    return model_from_config(config, custom_objects)


def model_from_config(config, custom_objects=None):
    """The model that `{"class_name": ..., "config": ...}` describes.

    Errors:
        ValueError: a config that describes no model, or a class that is not known.
    """
    if not is_object_config(config):
        raise ValueError(f"A model's config is a dictionary with 'class_name' and 'config'; got "
                         f"{str(config)[:80]}. "
                         "Give what model.to_json() returned.")
    with custom.CustomObjectScope(custom_objects):
        model = deserialize_keras_object(completed(config, "The config"))
    if not isinstance(model, Layer):
        raise ValueError(f"The config describes {config['class_name']!r}, which is no model or layer. "
                         "Give what model.to_json() returned.")
    return model


def clone_model(model, input_tensors=None, clone_function=None, call_function=None, recursive=False):
    """A model with the same layers anew: same configs, new weights.

    Args:
        model: functional or Sequential model.
        input_tensors: symbols to build the clone on; default new inputs.
        clone_function: function layer -> layer to use instead (the layer itself to share it); default a copy
            made from the config.
        call_function: kept for Keras 3; None is the only value.
        recursive: whether inner models are cloned layer by layer with `clone_function` too.

    Errors:
        ValueError: a subclassed model, whose call cannot be cloned, or `call_function`.

    Source: Keras `models.clone_model`.
    """
    if call_function is not None:
        fail("clone_model()", "call_function", call_function, "None",
             "Give a clone_function that returns the layer to be called.")
    clonable = getattr(model, "_graph", None) is not None or hasattr(model, "_stack")
    if not isinstance(model, Layer) or not clonable:
        raise ValueError("clone_model() clones functional and Sequential models; "
                         f"got {type(model).__name__}. Rebuild a subclassed model by its class: "
                         "type(model).from_config(model.get_config()).")
    copy = functools.partial(_copied, clone_function, recursive)
    if hasattr(model, "_stack"):
        first = _start_symbols(model, input_tensors) if input_tensors is not None else \
            [_copy_of(model._input_layer)] if model._input_layer is not None else []
        return type(model)([*first, *(copy(layer) for layer in model._stack)], name=model.name)
    return _cloned_functional(model, input_tensors, copy)


def _start_symbols(model, input_tensors):
    symbols, wanted = tree.flatten(input_tensors), len(model.inputs or [None])
    if len(symbols) != wanted or not all(isinstance(symbol, KerasTensor) for symbol in symbols):
        fail("clone_model()", "input_tensors", [type(symbol).__name__ for symbol in symbols],
             f"{wanted} symbolic tensor(s), one for each input of {model.label}", "Make them with Input().")
    return symbols


def _copied(clone_function, recursive, layer):
    if recursive and getattr(layer, "_graph", None) is not None:
        return clone_model(layer, clone_function=clone_function, recursive=True)
    if clone_function is None or isinstance(layer, InputLayer):
        return _copy_of(layer)
    copy = clone_function(layer)
    if not isinstance(copy, Layer):
        raise TypeError(f"clone_model(): `clone_function` must return a layer; for {layer.label} it returned "
                        f"{type(copy).__name__}. Return the layer itself to share it.")
    return copy


def _copy_of(layer):
    return type(layer).from_config(layer.get_config())


def _cloned_functional(model, input_tensors, copy):
    made = {}

    def replace(layer):
        if id(layer) not in made:
            made[id(layer)] = copy(layer)
        return made[id(layer)]

    start = None if input_tensors is None else _start_symbols(model, input_tensors)
    inputs, outputs = Recipe.of(model._graph).perform(replace, start)
    return type(model)(inputs, outputs, name=model.name)

