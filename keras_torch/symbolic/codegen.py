"""The recorded graph as straight-line Python: one line a node, compiled once, printable.

    def forward(self, inputs):
        dense, relu_1 = self._operations
        x0 = inputs
        x1 = call(dense, x0)
        return x1

# Note [masks in generated code]
Masks are values like any other: a MaskCall node writes `m1 = embedding.compute_mask(x0, None)` and layers
that take a mask get `mask=m1`. A mask nobody reads is no line. Only the masks of the model's own outputs are
attached to tensors (`_keras_mask`), because that is where eager code (losses, an outer model's layers) looks
for them.
"""

import keyword
import operator
import re

import torch

from keras_torch.base import tree
from keras_torch.base.scopes import phase
from keras_torch.base.third_party import call_with_hooks
from keras_torch.symbolic.graph import FunctionCall, MaskCall, nodes_between
from keras_torch.symbolic.keras_tensor import KerasTensor, ReadProperty

_INFIX = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
          "matmul": "@",
          "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>", "lt": "<", "le": "<=", "gt": ">",
          "ge": ">=", "ne": "!=", "eq": "=="}
_PREFIX = {"neg": "-", "pos": "+", "invert": "~"}
_OWN_NAMES = {"self", "inputs", "call", "phase", "torch", "F", "training", "operator"}


def _public_functions():
    """Function -> how source spells it, for functions that may appear in generated code by name."""
    names = {}
    for prefix, module in (("F", torch.nn.functional), ("torch", torch), ("operator", operator)):
        for name in dir(module):
            value = getattr(module, name, None)
            if callable(value) and not name.startswith("_") and not isinstance(value, type):
                try:
                    names[value] = f"{prefix}.{name}"
                except TypeError:  # unhashable callables have no name here
                    continue
    return names


class Program:
    """The generated forward function of a graph.

    Args:
        inputs: structure of symbols.
        outputs: structure of symbols (other leaves are returned as they are).
        constants: list of captured values that programs of one graph share; new ones are appended.

    Notes:
        `source` is the text; `modules` the operations it calls, in the order of the first line; `constants`
        the tensors and objects that were captured.
    """

    _spelled = None

    def __init__(self, inputs, outputs, constants=None):
        if Program._spelled is None:
            Program._spelled = _public_functions()
        self.inputs, self.outputs = inputs, outputs
        flat_outputs = [leaf for leaf in tree.flatten(outputs) if isinstance(leaf, KerasTensor)]
        masks = [leaf._keras_mask for leaf in flat_outputs if leaf._keras_mask is not None]
        flat_inputs = tree.flatten(inputs)
        self.nodes = nodes_between(flat_inputs, flat_outputs)
        self.mask_nodes = nodes_between(flat_inputs, flat_outputs + masks)
        self.modules, self.constants = [], [] if constants is None else constants
        self._uses_constants = False
        self._names, self._module_names, self._body, self._taken = {}, {}, [], set()
        self._uses_phase = False
        self.source = self._write(flat_inputs, flat_outputs)

    def compile(self):
        """The function (self, inputs) -> outputs; `self` must have `_operations` and `_constants`."""
        namespace = {"call": call_with_hooks, "phase": phase, "torch": torch, "F": torch.nn.functional,
                     "operator": operator}
        exec(compile(self.source, "<generated forward>", "exec"), namespace)  # our own text, never a file's
        return namespace["forward"]

    # ---------------------------------------------------------------------------------------------- writing

    def _write(self, flat_inputs, flat_outputs):
        for index, symbol in enumerate(flat_inputs):
            self._names[id(symbol)] = f"x{index}"
        self._count = len(flat_inputs)
        unpack = self._unpack(self.inputs, "inputs")
        for node in self.mask_nodes:
            self._line_of(node)
        for symbol in flat_outputs:
            if symbol._keras_mask is not None:
                self._body.append(f"{self._name(symbol)}._keras_mask = {self._name(symbol._keras_mask)}")
        head = ["def forward(self, inputs):"]
        if self.modules:
            names = ", ".join(self._module_names[id(module)] for module in self.modules)
            head.append(f"{names}{',' if len(self.modules) == 1 else ''} = self._operations")
        if self._uses_constants:
            names = ", ".join(f"c{index}" for index in range(len(self.constants)))
            head.append(f"{names}, *_ = self._captured()")
        if self._uses_phase:
            head.append("training = phase.training")
        body = head[1:] + unpack + self._body + [f"return {self._text(self.outputs)}"]
        return "\n".join([head[0], *("    " + line for line in body)]) + "\n"

    def _unpack(self, structure, source):
        """Lines that take the inputs out of their structure."""
        if isinstance(structure, KerasTensor):
            return [f"{self._names[id(structure)]} = {source}"]
        if isinstance(structure, dict):
            return [line for key in structure for line in self._unpack(structure[key], f"{source}[{key!r}]")]
        if structure and all(isinstance(item, KerasTensor) for item in structure):
            names = ", ".join(self._names[id(item)] for item in structure)
            return [f"{names}{',' if len(structure) == 1 else ''} = {source}"]
        return [line for index, item in enumerate(structure)
                for line in self._unpack(item, f"{source}[{index}]")]

    def _name(self, symbol):
        if id(symbol) not in self._names:
            self._names[id(symbol)] = f"x{self._count}"
            self._count += 1
        return self._names[id(symbol)]

    def _text(self, value):
        """Source text of an argument: symbols by name, plain values as literals, the rest as constants."""
        if isinstance(value, KerasTensor):
            return self._name(value)
        if value is None or value is Ellipsis or isinstance(value, (bool, int, str)):
            return repr(value)
        if isinstance(value, float):
            return repr(value) if value == value and abs(value) != float("inf") else f'float("{value}")'
        if isinstance(value, slice):
            return f"slice({self._text(value.start)}, {self._text(value.stop)}, {self._text(value.step)})"
        if isinstance(value, torch.dtype):
            return str(value)
        if type(value) is dict:
            return "{" + ", ".join(f"{key!r}: {self._text(item)}" for key, item in value.items()) + "}"
        if type(value) is list:
            return "[" + ", ".join(self._text(item) for item in value) + "]"
        if isinstance(value, tuple):
            items = ", ".join(self._text(item) for item in value)
            return f"({items},)" if len(value) == 1 else f"({items})"
        return self._constant(value)

    def _constant(self, value):
        """The name of a captured value; the same object has one name."""
        self._uses_constants = True
        for index, known in enumerate(self.constants):
            if known is value:
                return f"c{index}"
        self.constants.append(value)
        return f"c{len(self.constants) - 1}"

    def _arguments(self, node, extra=()):
        if not all(str(name).isidentifier() for name in node.kwargs):  # names may come from a file
            raise ValueError(f"{node.operation.name}: argument names must be identifiers; got "
                             f"{list(node.kwargs)}.")
        parts = [self._text(value) for value in node.args]
        parts += [f"{name}={self._text(value)}" for name, value in node.kwargs.items()]
        return ", ".join([*parts, *extra])

    def _line_of(self, node):
        operation = node.operation
        if isinstance(operation, FunctionCall):
            expression = self._function(node)
        elif isinstance(operation, MaskCall):
            expression = f"{self._module(operation.layer)}.compute_mask({self._arguments(node)})"
        else:
            expression = self._layer(node)
        self._assign(node, expression)

    def _assign(self, node, expression):
        structure = node.outputs_structure
        if isinstance(structure, KerasTensor):
            self._body.append(f"{self._name(structure)} = {expression}")
        elif isinstance(structure, (list, tuple)) and structure and \
                all(isinstance(item, KerasTensor) for item in structure):
            names = ", ".join(self._name(item) for item in structure)
            self._body.append(f"{names}{',' if len(structure) == 1 else ''} = {expression}")
        else:
            whole = f"y{self._count}"
            self._body.append(f"{whole} = {expression}")
            for symbol, access in _accesses(structure, whole):
                self._body.append(f"{self._name(symbol)} = {access}")

    def _function(self, node):
        operation = node.operation
        plain = operation.function_name.strip("_")
        args = [self._text(value) for value in node.args]
        if not node.kwargs and operation.function_name.startswith("__"):
            reflected = plain.startswith("r") and plain[1:] in _INFIX and plain not in _INFIX
            if plain in _INFIX:
                return f"{args[0]} {_INFIX[plain]} {args[1]}"
            if reflected:
                return f"{args[1]} {_INFIX[plain[1:]]} {args[0]}"
            if plain in _PREFIX:
                return f"{_PREFIX[plain]}{args[0]}"
            if plain == "getitem":
                return f"{args[0]}[{args[1]}]"
        if operation.function_name == getattr(operation.function, "__name__", None) and \
                getattr(torch.Tensor, operation.function_name, None) is operation.function:
            named = [f"{name}={self._text(value)}" for name, value in node.kwargs.items()]
            return f"{args[0]}.{operation.function_name}({', '.join([*args[1:], *named])})"
        if isinstance(operation.function, ReadProperty):
            return f"{args[0]}.{operation.function_name}"
        spelled = self._spelled.get(operation.function)
        return f"{spelled or self._text(operation.function)}({self._arguments(node)})"

    def _module(self, layer):
        if id(layer) not in self._module_names:
            base = "".join(c if c.isalnum() or c == "_" else "_" for c in layer.name)
            taken = keyword.iskeyword(base) or base in _OWN_NAMES or re.fullmatch(r"[cxy]\d+", base)
            base = base if base.isidentifier() and not taken else f"layer_{base}"
            name, count = base, 1
            while name in self._taken:
                name, count = f"{base}_{count}", count + 1
            self._taken.add(name)
            self._module_names[id(layer)] = name
            self.modules.append(layer)
        return self._module_names[id(layer)]

    def _layer(self, node):
        """A layer's call: straight to its hooks and `call` where that is all, else the full protocol."""
        layer, extra = node.operation, []
        name = self._module(layer)
        extra += [f"{key}={self._text(value)}" for key, value in node.call_extras.items()]
        if not layer._direct:
            return f"{name}({self._arguments(node, extra)})"
        args = [self._cast(layer, value) for value in node.args]
        args += [f"{key}={self._text(value)}" for key, value in node.kwargs.items() if key != "training"]
        if layer._signature.takes_training:
            args.append(self._training(name, node))
        return f"call({', '.join([name, *args, *extra])})"

    def _training(self, name, node):
        if node.kwargs.get("training") is not None:
            return f"training={bool(node.kwargs['training'])}"
        self._uses_phase = True
        return f"training={name}.training if training is None else training"

    def _cast(self, layer, value):
        """The argument's text, with a cast where the recorded dtype is not the layer's."""
        dtype = layer._input_dtype
        if isinstance(value, KerasTensor) and dtype is not None and value.dtype != dtype and \
                (value.is_floating_point() or (layer.math_input and not value.is_complex())):
            return f"{self._name(value)}.to({dtype})"
        if type(value) in (list, tuple):
            return ("[" if type(value) is list else "(") + ", ".join(self._cast(layer, v) for v in value) + \
                ("]" if type(value) is list else ",)" if len(value) == 1 else ")")
        return self._text(value)


def _accesses(structure, source):
    """(symbol, expression) for each symbol in a result of mixed structure."""
    if isinstance(structure, KerasTensor):
        return [(structure, source)]
    if not tree.is_nested(structure):
        return []
    items = structure.items() if isinstance(structure, dict) else enumerate(structure)
    return [pair for key, item in items for pair in _accesses(item, f"{source}[{key!r}]")]
