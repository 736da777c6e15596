"""`Model`: a layer with a training engine, and usually a graph (`Model(inputs, outputs)`)."""

import threading

import torch

from keras_torch.base import tree
from keras_torch.base.checks import fail
from keras_torch.base.dtypes import torch_dtype
from keras_torch.base.names import to_snake_case, unique_name
from keras_torch.base.third_party import call_with_hooks, hook_tables
from keras_torch.base.variable import StateVariable
from keras_torch.dialects.translator import behaviour
from keras_torch.layers import calling
from keras_torch.layers.added_losses import clear_losses, loss_layers
from keras_torch.layers.added_metrics import added_mean, metrics_of
from keras_torch.layers.layer import Layer, map_shapes
from keras_torch.models import cloning, describing, side_values
from keras_torch.models.graph_model import ModelGraph
from keras_torch.models.recipe import Recipe
from keras_torch.saving import formats
from keras_torch.saving.compile_config import CompileFiles
from keras_torch.symbolic import native
from keras_torch.symbolic.keras_tensor import KerasTensor, any_symbolic
from keras_torch.training.trainer import Trainer

Tensor = torch.Tensor
_GRAPH_ARGUMENTS = {"inputs", "outputs", "input", "output"}


def _graph_arguments(args, kwargs):
    """(inputs, outputs, other arguments) of Model(...); inputs is None when no graph is given."""
    rest = {name: value for name, value in kwargs.items() if name not in _GRAPH_ARGUMENTS}
    given = dict(zip(("inputs", "outputs", "name"), args))
    if len(args) > 3:
        raise TypeError(f"Model() takes inputs, outputs and name by position; got {len(args)} arguments.")
    for name in _GRAPH_ARGUMENTS & kwargs.keys():
        given[name if name.endswith("s") else name + "s"] = kwargs[name]  # Keras 1: input=, output=
    if ("inputs" in given) != ("outputs" in given):
        missing = "outputs" if "inputs" in given else "inputs"
        raise TypeError(f"Model() needs both `inputs` and `outputs` for a graph; `{missing}` is missing. "
                        "For a subclassed model call super().__init__() without them.")
    if "name" in given:
        rest["name"] = given.pop("name")
    return given.get("inputs"), given.get("outputs"), rest


class Model(CompileFiles, Trainer, Layer):
    """Layers put together, with `fit`, `evaluate`, `predict` and files.

    Args:
        inputs: symbol, or list / dict / nested structure of symbols; leave out in a subclass with its own
            `call`.
        outputs: symbol or structure of symbols computed from them.
        name: name; default automatic.
        trainable, dtype: as in Layer.

    Errors:
        ValueError: outputs that do not come from the inputs, or two layers of one name.

    Notes:
        `Model(inputs, outputs)` is a functional model: its graph becomes straight-line code (`model.code`).
        A subclass writes `call` (Keras) or `forward` (torch), or gives inputs and outputs to
        super().__init__.

    Source: Keras Model. It is an `nn.Module`; `Model.compile` is Keras's, torch's is
        `compile(jit_compile=True)`.

    >>> from keras_torch.layers import Dense, Input
    >>> x = Input((3,))
    >>> model = Model(x, Dense(2)(x))
    >>> model(torch.zeros(5, 3)).shape
    torch.Size([5, 2])
    """

    def __new__(cls, *args, **kwargs):
        if cls is Model and (args or _GRAPH_ARGUMENTS & kwargs.keys()):
            cls = Functional
        self = super().__new__(cls)
        self.__dict__.update(_graph=None, _forward=None, _operations=(), _runners={}, _side=None)
        return self

    def __init__(self, *args, **kwargs):
        inputs, outputs, rest = _graph_arguments(args, kwargs)
        super().__init__(**rest)
        if inputs is not None:
            self._adopt(ModelGraph(inputs, outputs, self.label))

    def default_name(self):
        """An automatic name; models made of a graph have their generation's word for it."""
        if type(self) is Functional:
            return unique_name(behaviour("functional name"))
        return unique_name(to_snake_case(type(self).__name__))

    # ------------------------------------------------------------------------------------------ the graph

    def _adopt(self, graph):
        """Makes the graph this model's computation and its layers the model's children."""
        self.__dict__["_graph"] = graph
        for layer in graph.layers:
            self._modules[layer.name.replace(".", "_")] = layer
        self.__dict__["attaches_masks"] = True
        self.__dict__["_makes_masks"] = graph.has_output_masks
        self.__dict__.update(_forward=None, _runners={})
        for module in self.modules():
            module.training = self.training
        if not self._trainable:
            self.trainable = False  # what is put into a frozen model is frozen with it
        self._finish_build(map_shapes(tuple, tree.map_structure(lambda s: s.shape, graph.inputs)))
        graph.program("plain")  # finds the captured constants
        self._register_captured(graph.constants)
        self._generate()  # now, so that torch.compile and torch.export never meet the generator

    def _register_captured(self, constants):
        """Tensors that the code refers to move with the model: parameters train, others are buffers."""
        self.__dict__["_captured_names"] = []
        for index, value in enumerate(constants):
            name = f"captured_{index}"
            if isinstance(value, torch.nn.Parameter):
                self._parameters[name] = value
            elif isinstance(value, Tensor):
                self._buffers[name] = value
                if not isinstance(value, StateVariable):  # a constant belongs to the code, not to the weights
                    self._non_persistent_buffers_set.add(name)
            else:
                name = None
            self._captured_names.append(name)

    def _captured(self):
        """The captured values, in the order of the generated code."""
        return [value if name is None else getattr(self, name)
                for name, value in zip(self._captured_names, self._graph.constants)]

    def _decide_path(self):
        """One plain tensor of the right dtype for a model with one plain input goes straight to the code."""
        graph = self._graph
        plain = graph is not None and type(self).call is Model.call and not tree.is_nested(graph.inputs)
        self.__dict__["_plain_rank"] = len(graph.inputs.shape) if plain else None
        self.__dict__["_plain_dtype"] = self._dtype_of_inputs(graph.inputs.dtype) if plain else None

    def _dtype_of_inputs(self, drawn):
        """That of the graph, or the one that double(), half() and the like have given the model since."""
        policy = self.dtype_policy
        first = self.__dict__.setdefault("_policy_of_graph", policy)
        moved = policy.name != first.name and drawn.is_floating_point
        return torch_dtype(policy.compute_dtype) if moved else drawn

    def __call__(self, *args, **kwargs):
        inputs = args[0] if len(args) == 1 and not kwargs else None
        if type(inputs) is Tensor and inputs.dtype is self.__dict__.get("_plain_dtype") and \
                inputs.dim() == self._plain_rank and getattr(inputs, "_keras_mask", None) is None and \
                not loss_layers(self):
            try:
                return call_with_hooks(self, args[0])
            except (RuntimeError, IndexError) as error:
                self._explain(args, error)
                raise
        return self._outermost_call(args, kwargs)

    def _shortest_call(self):
        """A function like `self(inputs)` that goes straight to the graph's code while no hook is there.

        Notes:
            It is made for one pass over the data; hooks and losses that come up meanwhile are honoured.
        """
        if self.__dict__.get("_plain_dtype") is None or self._side is not None or \
                type(self).__call__ is not Model.__call__:
            return self
        code, dtype, rank, hooks = self._forward, self._plain_dtype, self._plain_rank, hook_tables(self)

        def call(inputs):
            if type(inputs) is not Tensor or inputs.dtype is not dtype or inputs.dim() != rank or \
                    getattr(inputs, "_keras_mask", None) is not None or any(hooks) or loss_layers(self):
                return self(inputs)
            try:
                return code(self, inputs)
            except (RuntimeError, IndexError) as error:
                self._explain((inputs,), error)
                raise

        return call

    def _outermost_call(self, args, kwargs):
        """The full protocol; the losses of the last call are forgotten when no other call is under way."""
        runs_graph = self._graph is not None and type(self).call is Model.call
        if runs_graph and args and not any_symbolic(args, kwargs):
            args = (self._graph.matched(calling.as_tensors(self, args[0]), self.label), *args[1:])
        if not _DEPTH.depth:
            clear_losses(self)
        _DEPTH.depth += 1
        try:
            return calling.general_call(self, args, kwargs)
        finally:
            _DEPTH.depth -= 1

    def call(self, inputs, training=None, mask=None):
        """Runs the graph; subclasses write their own."""
        if self._graph is None:
            raise NotImplementedError(f"{self.label} has neither a graph nor call() nor forward(). Write "
                                      f"call(self, "
                                      "inputs), or make it with Model(inputs, outputs).")
        if mask is not None and any(m is not None for m in tree.flatten(mask)):
            return self._run_program("masked", [inputs, self._full_masks(inputs, mask)])
        if self._side is not None:
            return self._side.run(self, inputs)
        return self._forward(self, inputs)

    forward = call

    def add_loss(self, loss, inputs=None):
        """Adds to the loss: a tensor of this step or, as tf.keras may, a symbol of the model's graph."""
        losses = list(loss) if isinstance(loss, (list, tuple)) else [loss]
        symbols = [value for value in losses if isinstance(value, KerasTensor)]
        if symbols:
            self._need_graph("add_loss(symbol)")
            self._side_values().add(symbols, as_losses=True)
        super().add_loss([value for value in losses if not isinstance(value, KerasTensor)], inputs)

    def add_metric(self, value, name=None, aggregation="mean"):
        """Shows the mean of a value in the logs; see `Layer.add_metric`. It may be a symbol of the graph."""
        if not isinstance(value, KerasTensor):
            super().add_metric(value, name, aggregation)
            return
        self._need_graph("add_metric(symbol)")
        self._side_values().add([value], mean=added_mean(self, name, aggregation))

    def _side_values(self):
        if self._side is None:
            self.__dict__["_side"] = side_values.SideValues(self._larger, self._graph)
        return self._side

    def _larger(self, inputs, outputs):
        """A model of this one's graph with more outputs; its layers are this one's too."""
        model = Functional(inputs, outputs, name=f"{self.name}_with_losses")
        for layer in model.layers:
            self._modules.setdefault(layer.name.replace(".", "_"), layer)
        return model

    def _bound_to_graph(self, specs):
        return specs if self._graph is None else side_values.bound(specs, self._side_values)

    def _generate(self):
        program = self._graph.program("plain")
        self.__dict__["_operations"] = tuple(program.modules)
        self.__dict__["_forward"] = program.compile()

    def compute_mask(self, inputs, mask=None):
        """The masks of the outputs, for symbolic use of this model inside another."""
        if self._graph is None:
            return super().compute_mask(inputs, mask)
        masked = mask is not None and any(m is not None for m in tree.flatten(mask))
        if masked:
            return self._run_program("masked masks", [inputs, self._full_masks(inputs, mask)])
        return self._run_program("masks", inputs) if self._makes_masks else None

    def _run_program(self, kind, inputs):
        """Runs one of the graph's other programs, which is generated at its first use."""
        if kind not in self._runners:
            self._runners[kind] = _Runner(self, self._graph.program(kind))
        runner = self._runners[kind]
        return runner.function(runner, inputs)

    def _full_masks(self, inputs, mask):
        """A mask for each input, in the structure of the inputs; all True where none came."""
        given = tree.flatten(mask) if tree.is_nested(mask) else [mask]
        masks = [m if m is not None else torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
                 for x, m in zip(tree.flatten(inputs), given)]
        return tree.pack(self._graph.inputs, masks)

    @property
    def code(self):
        """The generated forward function as text.

        Errors:
            ValueError: the model has no graph (a subclassed model's `call` is its code).
        """
        self._need_graph("code")
        return self._graph.program("plain").source

    def _need_graph(self, what):
        if self._graph is None:
            raise ValueError(f"{self.label} has no graph yet, so it has no `{what}`. A subclassed model has "
                             f"none; "
                             "a Sequential gets one from its first input shape.")

    @property
    def inputs(self):
        """Symbols of the inputs, flat, or None for a model without a graph."""
        native.intercept()
        return None if self._graph is None else list(self._graph.flat_inputs)

    @property
    def outputs(self):
        """Symbols of the outputs, flat, or None for a model without a graph."""
        native.intercept()
        return None if self._graph is None else list(self._graph.flat_outputs)

    @property
    def input(self):
        """The input symbol, or the structure of them."""
        self._need_graph("input")
        native.intercept()
        return self._graph.inputs

    @property
    def output(self):
        """The output symbol, or the structure of them."""
        self._need_graph("output")
        native.intercept()
        return self._graph.outputs

    @property
    def input_shape(self):
        """Shape of the input, or structure of shapes."""
        self._need_graph("input_shape")
        return tree.map_structure(lambda symbol: tuple(symbol.shape), self._graph.inputs)

    @property
    def output_shape(self):
        """Shape of the output, or structure of shapes."""
        self._need_graph("output_shape")
        return tree.map_structure(lambda symbol: tuple(symbol.shape), self._graph.outputs)

    @property
    def input_names(self):
        """Names of the inputs, flat."""
        self._need_graph("input_names")
        return [layer.name for layer in self._graph.input_layers]

    @property
    def output_names(self):
        """Names of the outputs: the layers (or functions) that made them, numbered when one made several."""
        self._need_graph("output_names")
        names, counts = [], {}
        for symbol in self._graph.flat_outputs:
            name = symbol.node.operation.name
            counts[name] = counts.get(name, 0) + 1
            names.append(name if counts[name] == 1 else f"{name}_{counts[name] - 1}")
        return names

    # ------------------------------------------------------------------------------------------ layers

    @property
    def layers(self):
        """The layers of the model, in Keras's order; of a subclassed model those assigned to attributes."""
        if self._graph is not None:
            return list(self._graph.layers)
        return _child_layers(self)

    @property
    def operations(self):
        """Layers and functions of the graph."""
        return list(self._graph.operations) if self._graph is not None else self.layers

    def get_layer(self, name=None, index=None):
        """The layer of that name, or at that position in `layers`.

        Errors:
            ValueError: no such layer, or neither (or both) of name and index.
        """
        if (name is None) == (index is None):
            fail("get_layer()", "name, index", (name, index), "one name or one index")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"{self.label} has {len(self.layers)} layers; there is none at index "
                                 f"{index}.")
            return self.layers[index]
        for layer in self.operations:
            if layer.name == name:
                return layer
        raise ValueError(f"{self.label} has no layer {name!r}. Its layers: "
                         f"{', '.join(repr(layer.name) for layer in self.layers)}.")

    def _weight_sources(self):
        """Children in the order of `layers`, then the rest (metrics' and native modules are children too)."""
        layers = self.layers if self._graph is not None else []
        listed = {id(layer) for layer in layers}
        return layers + [child for child in self._modules.values() if id(child) not in listed]

    @property
    def metrics(self):
        """The metrics of this model: compiled ones, then those that it and its layers keep."""
        return [*super().metrics, *metrics_of(self)]

    def build(self, input_shape=None):
        """Makes the weights of a model without a graph, by running `call` on symbols of these shapes.

        Errors:
            ValueError: the model has no `call` that takes such inputs.
        """
        if self._graph is not None:
            return
        if input_shape is None:
            fail(f"{self.label}.build()", "input_shape", None, "a shape or a structure of shapes")
        self.compute_output_shape_by_running(input_shape)
        self._finish_build(input_shape)

    def compute_output_shape_by_running(self, input_shape):
        """Output shape, found by running `call` on meta tensors (which builds inner layers)."""
        self.__dict__["built"] = True  # the model itself has nothing to build: its layers build when called
        return super().compute_output_shape(input_shape)

    # ------------------------------------------------------------------ looking and rebuilding

    def summary(self, line_length=None, positions=None, print_fn=None, expand_nested=False,
                show_trainable=False,
                layer_range=None):
        """Prints a table of the layers, their output shapes and numbers of weights.

        Args:
            line_length: width in characters.
            positions: where the columns end, as fractions of the width or characters.
            print_fn: function that takes the text; default print.
            expand_nested: whether inner models are listed layer by layer.
            show_trainable: whether a column tells which layers train.
            layer_range: (first, last) layer names, regular expressions; only these rows are shown.
        """
        describing.print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable,
                                 layer_range)

    def get_config(self):
        """What `from_config` rebuilds the model from (weights not included).

        Errors:
            NotImplementedError: a subclassed model whose constructor cannot be written down.
        """
        if self._graph is None or type(self).__init__ is not Model.__init__:
            return super().get_config()
        return cloning.functional_config(self)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The model that `get_config` described."""
        if cls is Functional and not {"layers", "input_layers", "output_layers"} <= config.keys():
            raise ValueError("A functional model's config needs 'layers', 'input_layers' and "
                             "'output_layers'; got "
                             f"{sorted(config)}. Give what model.get_config() returned.")
        if "layers" in config and "input_layers" in config:
            return cloning.functional_from_config(cls, config, custom_objects)
        return super().from_config(config)

    def to_json(self, **kwargs):
        """The architecture as JSON text; `model_from_json` reads it.

        Args:
            kwargs: passed to json.dumps, such as indent=2.
        """
        return cloning.to_json(self, **kwargs)

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Writes the whole model to a file: architecture, weights, compile() and optimizer.

        Args:
            filepath: name that ends in '.keras', or in '.h5' or '.hdf5' for HDF5 of Keras 2.
            overwrite: whether an existing file is replaced; False raises when there is one.
            zipped: None or True: a .keras file is one zip archive.
            kwargs: `include_optimizer=False` leaves compile() and the optimizer's state out;
                `save_format` may be 'keras' or 'h5'.

        Errors:
            ValueError: another ending (which the dialects keras1 and keras2.x take for HDF5).
            FileExistsError: the file exists and `overwrite` is False.
        """
        formats.save_model(self, filepath, overwrite, zipped, **kwargs)

    def save_weights(self, filepath, overwrite=True, save_format=None, options=None):
        """Writes all weights to a file, atomically.

        Args:
            filepath: name that ends in '.weights.h5', or in '.h5' or '.hdf5' for the layout of Keras 2.
            overwrite: whether an existing file is replaced; False raises when there is one.
            save_format: 'h5' stands for HDF5 whatever the name, as in tf.keras.
            options: None; they belong to TensorFlow's files.

        Errors:
            ValueError: another ending (which the dialects keras1 and keras2.x take for HDF5), or a model
                that is not built.
            FileExistsError: the file exists and `overwrite` is False.
        """
        formats.save_weights(self, filepath, overwrite, save_format, options)

    def load_weights(self, filepath, *flags, **options):
        """Reads all weights from a file of weights or of a whole model: either every weight is set, or none.

        Args:
            filepath: the file; its content tells the format. An architecture in it is not looked at.
            flags: `skip_mismatch`, `by_name` by position; the other way round in the dialects keras1 and
                keras2.x.
            options: `skip_mismatch=True` leaves out what does not fit (a warning names it); `by_name=True`
                loads the layers whose names an HDF5 file of Keras 2 has, and leaves others alone.

        Errors:
            ValueError: the file does not fit the model.
            TypeError: an unknown argument.
            FileNotFoundError: no such file.
        """
        formats.load_weights(self, filepath, **formats.load_options(flags, options))

    def reset_states(self):
        """Forgets the states of all stateful recurrent layers."""
        for layer in self.modules():
            if layer is not self and isinstance(layer, Layer) and hasattr(layer, "reset_states"):
                layer.reset_states()

    reset_state = reset_states

    @property
    def stateful(self):
        """Whether any layer keeps states between batches."""
        return any(getattr(layer, "stateful", False) for layer in self.modules() if layer is not self)

    def __getstate__(self):
        state = super().__getstate__()
        state["_forward"], state["_operations"], state["_runners"] = None, (), {}
        if self._graph is not None:
            state["_graph"] = Recipe.of(self._graph, self._captured())
        return state

    def __setstate__(self, state):
        detached = state.get("_graph")
        if detached is not None:
            state = {**state, "_graph": None}
        super().__setstate__(state)
        if detached is not None:
            self._adopt(ModelGraph(*detached.perform(), self.label))

    def _has_custom_call(self):
        return type(self).call is not Model.call


class Functional(Model):
    """What `Model(inputs, outputs)` makes: a model of a graph.

    >>> from keras_torch.layers import Dense, Input
    >>> x = Input((3,))
    >>> isinstance(Model(x, Dense(2)(x)), Functional)
    True
    """


class _Runner:
    """Holds what a generated function needs of `self` when it is not the model's main one."""

    def __init__(self, model, program):
        self._operations = program.modules
        self._captured = model._captured
        self.function = program.compile()


class _Depth(threading.local):
    """How many model calls this thread is inside of."""

    depth = 0


_DEPTH = _Depth()


def _child_layers(module):
    """Keras layers among a module's children; containers of lists and dicts are looked into."""
    found = []
    for child in module._modules.values():
        if isinstance(child, Layer):
            found.append(child)
        elif child is not None:
            found.extend(_child_layers(child) if type(child).__name__ == "Container" else [])
    return found
