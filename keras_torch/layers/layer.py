"""`Layer`: an `nn.Module` with Keras's manners."""

import torch

from keras_torch import regularizers
from keras_torch.base import settings, tree
from keras_torch.base.checks import Term, boolean, fail, string, unknown_argument
from keras_torch.base.configurable import Configurable, is_house_class, owner_label
from keras_torch.base.dtypes import as_policy, torch_dtype
from keras_torch.base.names import to_snake_case, unique_name
from keras_torch.base.scopes import phase
from keras_torch.base.shapes import as_shape, is_shape
from keras_torch.base.third_party import call_with_hooks
from keras_torch.base.tracking import has_members, track
from keras_torch.base.variable import StateVariable, Variable
from keras_torch.dialects.translator import behaviour
from keras_torch.layers import calling
from keras_torch.layers.added_losses import added_losses, is_function, note_loss, note_member
from keras_torch.layers.added_metrics import added_mean, metrics_of, note_metrics
from keras_torch.layers.connections import Connections
from keras_torch.layers.input_spec import check_inputs
from keras_torch.layers.rematerialization import note_scope
from keras_torch.layers.vocabulary import VOCABULARY
from keras_torch.layers.weights import LayerWeights
from keras_torch.metrics.metric import Metric
from keras_torch.symbolic.inference import hide_new_weights
from keras_torch.symbolic.keras_tensor import KerasTensor

Tensor = torch.Tensor
_OLD_ARGUMENTS = ("input_shape", "batch_input_shape", "batch_shape", "input_dim", "input_length",
                  "input_dtype", "batch_size", "weights")


_LONG = {"Conv1D": "Convolution1D", "Conv2D": "Convolution2D", "Conv3D": "Convolution3D",
         "Conv2DTranspose": "Deconvolution2D", "SeparableConv2D": "SeparableConvolution2D"}
_SPELLINGS = {
    "run together": lambda name: _LONG.get(name, name).lower(),
    "split at digits": lambda name: "conv_lst_m2d" if name == "ConvLSTM2D" else to_snake_case(name),
    "snake case": to_snake_case,
}


def _name(owner, argument, value):
    string(owner, argument, value)
    if "/" in value or ".." in value or "\x00" in value or not value:
        fail(owner, argument, value, "a name without '/' and '..'")


def _own_tuple(value):
    """Whether a value may be stored as it is (plain data, not layers)."""
    return not isinstance(value, (list, tuple, dict)) or not has_members(value)


def _named_rule(argument, value):
    """A regularizer or constraint as Keras 1 wrote it, {'name': 'MaxNorm', 'm': 2}, as a config of today."""
    if not argument.endswith(("_regularizer", "_constraint")) or not isinstance(value, dict) or \
            "name" not in value or "class_name" in value:
        return value
    rest = {name: inner for name, inner in value.items() if name != "name"}
    is_penalty = argument.endswith("_regularizer")
    penalty = value["name"] in ("L1L2Regularizer", "WeightRegularizer", "ActivityRegularizer")
    return {"module": "keras.regularizers" if is_penalty else "keras.constraints",
            "class_name": "L1L2" if penalty else value["name"], "config": rest}


def _wrapped_build(build):
    def wrapped(self, *args, **kwargs):
        if self._building:  # super().build(...) inside build
            return build(self, *args, **kwargs)
        shapes = args[0] if args else (kwargs.get("input_shape") if "input_shape" in kwargs else dict(kwargs))
        self.__dict__["_building"] = True
        try:
            with torch.device(self._build_device or settings.default_device()):
                result = build(self, *args, **kwargs)
        finally:
            self.__dict__["_building"] = False
        self._finish_build(shapes)
        return result

    wrapped.__name__, wrapped.__doc__, wrapped.plain = "build", build.__doc__, build
    return wrapped


def _is_pair(update):
    """Whether an update is (variable, new value)."""
    return isinstance(update, tuple) and len(update) == 2 and isinstance(update[0], Tensor)


class Layer(LayerWeights, Connections, Configurable, torch.nn.Module):
    """Base of all layers: `build` makes weights, `call` computes. It is an `nn.Module`.

    Args:
        activity_regularizer: penalty on the output, added to the loss.
        trainable: whether training changes the weights.
        dtype: number type or policy ('mixed_bfloat16', ...); None means the global policy.
        autocast: whether float inputs are cast to the compute dtype.
        name: name; default automatic (`dense`, `dense_1`).

    Errors:
        TypeError: unknown arguments; the nearest known ones are named.
        ValueError: inputs that do not fit the weights.

    Notes:
        Born in evaluation mode: a bare call is inference. `fit` switches to `train()`. `nn.Module.training`
        is the truth; an explicit `training=` argument overrides it for that call and everything inside.
        Constructor arguments of keras_torch's own layers are stored under their own names. In a subclass
        write `build`/`call` as in Keras, or `forward` as in torch.

    Source: Keras 3 `Layer`. In torch: `nn.Module`.

    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight(shape=(), initializer="ones", name="factor")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> Scale()(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """

    vocabulary = {
        **VOCABULARY,
        "name": Term(_name, doc="name of the layer; default automatic."),
        "trainable": Term(boolean, bool, doc="whether training changes the weights."),
        "activity_regularizer": Term(None, regularizers.get, doc="penalty on the output."),
        "autocast": Term(boolean, bool, doc="whether float inputs are cast to the compute dtype."),
    }
    self_managed = frozenset({"name", "trainable", "dtype", "autocast"})
    math_input = False  # True: integer inputs are cast to the compute dtype
    supports_masking = False
    stateful = False
    input_spec = None
    creates_masks = False  # True: compute_mask gives a mask though the inputs have none (Embedding, Masking)
    attaches_masks = False  # True: `call` itself attaches the masks of its outputs (models made of a graph)
    activity_regularizer = None

    def __new__(cls, *args, **kwargs):
        self = super().__new__(cls)
        torch.nn.Module.__init__(self)
        self.__dict__.update(
            training=False, built=False, _building=False, _fast=None, _inbound_nodes=[], _losses=[],
            _provisional=set(), _trainable=True, _build_device=None, _built_shapes=None,
            _warned_of_mask=False, _name=None, _initial_weights=None, _batch_input_shape=None,
            _input_dtype=None, _mixed_dtype=None, _autocast=True,
            _activity_per_sample=behaviour("activity regularizer") == "per sample")
        self._set_policy(as_policy(None))
        note_scope(self)
        return self

    def __init__(self, *, activity_regularizer=None, trainable=True, dtype=None, autocast=True, name=None,
                 **kwargs):
        unknown = [key for key in kwargs if key not in _OLD_ARGUMENTS]
        if unknown:
            unknown_argument(owner_label(type(self), name), unknown[0], self._known_arguments())
        self._name = name
        self.__dict__["_trainable"] = trainable
        self.__dict__["_autocast"] = autocast
        self._set_policy(as_policy(dtype))
        self._take_old_arguments(**kwargs)

    def _known_arguments(self):
        names = []
        for cls in type(self).__mro__:
            signature = getattr(cls.__dict__.get("__init__"), "house_signature", None)
            names.extend(signature.names if signature else ())
        return names + list(_OLD_ARGUMENTS)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "call" in cls.__dict__ and "forward" not in cls.__dict__:
            cls.forward = cls.__dict__["call"]  # torch's name for the same function: no frame in between
        elif "forward" in cls.__dict__ and "call" not in cls.__dict__:
            cls.call = cls.__dict__["forward"]
        if "build" in cls.__dict__:
            cls.build = _wrapped_build(cls.__dict__["build"])
        cls._signature = calling.CallSignature(cls.call)
        cls._overrides_masks = cls.compute_mask is not Layer.compute_mask
        cls._makes_masks = cls._overrides_masks and (cls.creates_masks or not is_house_class(cls))

    def _take_old_arguments(self, input_shape=None, batch_input_shape=None, batch_shape=None, input_dim=None,
                            input_length=None, input_dtype=None, batch_size=None, weights=None):
        """Keras 1 and 2 let any layer say what comes in; Sequential reads it from `_batch_input_shape`."""
        shape = batch_input_shape if batch_input_shape is not None else batch_shape
        if shape is None and input_shape is not None:
            shape = (batch_size, *as_shape(input_shape, self.label, "input_shape"))
        if shape is None and input_dim is not None:
            shape = (batch_size, input_dim) if input_length is None else (batch_size, input_length, input_dim)
        self._batch_input_shape = None if shape is None else as_shape(shape, self.label, "batch_input_shape")
        self._batch_input_dtype = input_dtype
        self._initial_weights = weights

    # ----------------------------------------------------------------------------------------- name and dtype

    @property
    def name(self):
        """The layer's name, unique in its model."""
        if self._name is None:
            self._name = self.default_name()
        return self._name

    @name.setter
    def name(self, value):
        self._name = value

    @property
    def label(self):
        """How errors call the layer: `Dense "head"`."""
        return owner_label(type(self), self._name)

    @property
    def path(self):
        """The layer's name."""
        return self.name

    def default_name(self):
        """An automatic name: `dense`, `dense_1`, ..., spelled as the generation in force did."""
        return unique_name(_SPELLINGS[behaviour("automatic names")](type(self).__name__))

    def _set_policy(self, policy):
        self.__dict__["dtype_policy"] = policy
        self.__dict__["_input_dtype"] = torch_dtype(policy.compute_dtype) if self._autocast and \
            policy.compute_dtype.startswith(("float", "bfloat")) else None
        self.__dict__["_mixed_dtype"] = torch_dtype(policy.compute_dtype) if policy.is_mixed else None
        self.__dict__["_fast"] = None
        if self.built:
            self._decide_path()

    @property
    def dtype(self):
        """Name of the weights' number type."""
        return self.dtype_policy.variable_dtype

    @property
    def variable_dtype(self):
        """Name of the weights' number type."""
        return self.dtype_policy.variable_dtype

    @property
    def compute_dtype(self):
        """Name of the number type in which the layer computes."""
        return self.dtype_policy.compute_dtype

    @property
    def autocast(self):
        """Whether float inputs are cast to the compute dtype."""
        return self._autocast

    def config_value(self, name):
        """Today's value of one constructor argument, ready for `get_config`."""
        if name == "dtype":
            return self.dtype_policy.name
        return super().config_value(name)

    def get_config(self):
        """Arguments that rebuild this layer (weights not included)."""
        config = super().get_config()
        config.pop("autocast", None)
        if config.get("activity_regularizer", 0) is None and type(self).__init__ is not Layer.__init__ and \
                "activity_regularizer" not in self._named_arguments():
            del config["activity_regularizer"]
        return config

    @classmethod
    def from_config(cls, config):
        """The layer that `get_config` described; nothing in the config is executed.

        Errors:
            TypeError: the constructor does not take one of the config's names.
            ValueError: a quantized layer: its weights are integers of another layout.
        """
        config = dict(config)
        for name in ("quantization_config", "quantization_mode"):
            if config.pop(name, None) is not None:  # Keras 3 writes None for all other layers
                raise ValueError(f'{cls.__name__} "{config.get("name")}" is quantized, which cannot be read. '
                                 "Save the model before quantize().")
        return super().from_config({name: _named_rule(name, value) for name, value in config.items()})

    def _named_arguments(self):
        init = type(self).__init__
        signature = getattr(init, "house_signature", None) or getattr(init, "user_signature", None)
        return signature.names if signature else ()

    # ------------------------------------------------------------------------------------------ calling

    def __call__(self, *args, **kwargs):
        if self._fast is not None and not kwargs and len(args) == 1 and self._is_plain_input(args[0]):
            try:
                if self._fast == "plain":
                    return call_with_hooks(self, args[0])
                override = phase.training
                training = self.training if override is None else override
                return call_with_hooks(self, args[0], training=training)
            except (RuntimeError, IndexError) as error:
                self._explain(args, error)
                raise
        return calling.general_call(self, args, kwargs)

    def _is_plain_input(self, inputs):
        """Whether an input (a tensor or a list of them) needs no conversion, cast or mask."""
        for tensor in inputs if type(inputs) is list else (inputs,):
            if type(tensor) is not Tensor or getattr(tensor, "_keras_mask", None) is not None or not (
                    tensor.dtype is self._input_dtype
                    or (self._takes_integers and not tensor.is_floating_point())):
                return False
        return True

    def call(self, *args, **kwargs):
        """The computation; subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} has neither call() nor forward(). Write one of "
                                  "them: it takes the inputs and returns the outputs.")

    forward = call

    def build(self, input_shape):
        """Makes the weights for an input shape; subclasses write it. The base has none to make."""
        self._finish_build(input_shape)

    def _build_for(self, shapes, device=None):
        """Builds for named shapes; `build` gets the first one, or those that its own arguments name."""
        self.__dict__["_build_device"] = device
        build = getattr(type(self).build, "plain", type(self).build)
        wanted = calling.CallSignature(build).positional
        if wanted and all(name.endswith("_shape") and name.removesuffix("_shape") in self._signature.names
                          for name in wanted) and wanted != ["inputs_shape"]:
            self.build(**{name: shapes.get(name.removesuffix("_shape")) for name in wanted
                          if name.removesuffix("_shape") in shapes})
        else:
            self.build(next(iter(shapes.values()), None))
        self.__dict__["_build_device"] = None

    def _finish_build(self, shapes):
        self.__dict__["_built_shapes"] = shapes
        self.__dict__["built"] = True
        if self._initial_weights is not None:
            self.set_weights(self._initial_weights)
            self._initial_weights = None
        self._decide_path()
        hide_new_weights(self)

    def _decide_path(self):
        """Whether a call with plain tensors may go straight to `call`, and whether it takes the phase."""
        short = self.activity_regularizer is None and self._mixed_dtype is None and not self._makes_masks \
            and self.input_spec is None
        self.__dict__["_fast"] = (
            ("training" if self._signature.takes_training else "plain") if short else None)
        self.__dict__["_takes_integers"] = not self.math_input

    @property
    def _direct(self):
        """Whether generated code may go straight to `call` (filling in masks, casts and the phase itself)."""
        return self._mixed_dtype is None and self.activity_regularizer is None and self.input_spec is None \
            and not self.attaches_masks

    def known_size(self, input_shape, axis):
        """The size of one axis, which must be known.

        Errors:
            ValueError: unknown size, or no such axis.
        """
        if not is_shape(input_shape) or not -len(input_shape) <= axis < len(input_shape):
            raise ValueError(f"{self.label} was given shape {input_shape}: it has no axis {axis}. "
                             "Check the number of axes of the input.")
        size = input_shape[axis]
        if size is None:
            which = "the last axis" if axis in (-1, len(input_shape) - 1) else f"axis {axis}"
            raise ValueError(f"{self.label} was given shape {tuple(input_shape)}: {which} needs a size to "
                             "make the weights. Give it in Input(shape=...), or call build() with the full "
                             "shape.")
        return size

    def _check_input_spec(self, args):
        if self.input_spec is not None and args:
            check_inputs(self.label, self.input_spec, args[0])

    def _explain(self, args, error):
        """Raises a sentence in the user's terms when the inputs do not fit what the layer was built for."""
        if not args or not is_shape(self._built_shapes or 0) or not hasattr(args[0], "shape"):
            return
        if getattr(args[0], "is_meta", False):
            return  # sizes made up for inference; the caller explains with the symbol's sizes
        built, given = self._built_shapes, tuple(args[0].shape)
        fits = len(built) == len(given) and all(
            a is None or b is None or a == b for a, b in zip(built[1:], given[1:]))
        if not fits:
            expected = (None, *built[1:])
            raise ValueError(f"{self.label} was built for inputs of shape {expected} and was given {given}. "
                             "Give it data of that shape (None is any size), or make a new layer.") from error

    def _data_device(self):
        """Where data must be for this layer: with its weights, else the default device."""
        for weight in self.parameters():
            return weight.device
        return settings.default_device()

    # --------------------------------------------------------------------------------------- shapes and masks

    def compute_output_shape(self, *args, **kwargs):
        """Output shape (or structure of shapes) for an input shape (or structure of shapes).

        Errors:
            Whatever the layer raises for such inputs.
        """
        def symbol(shape):
            return KerasTensor(shape, self.compute_dtype)

        inputs = [map_shapes(symbol, shape) for shape in args]
        named = {name.removesuffix("_shape"): map_shapes(symbol, shape) for name, shape in kwargs.items()
                 if name != "input_shape"}
        if "input_shape" in kwargs:
            inputs = [map_shapes(symbol, kwargs["input_shape"])]
        calling.ensure_built(self, inputs, named)
        outputs = calling.infer_outputs(self, inputs, named)
        return tree.map_structure(lambda leaf: tuple(leaf.shape), outputs)

    def compute_output_spec(self, *args, **kwargs):
        """The outputs as symbols, for symbolic inputs."""
        if type(self).compute_output_shape is Layer.compute_output_shape:
            try:
                return calling.infer_outputs(self, args, kwargs)
            except (RuntimeError, IndexError) as error:
                self._explain(args, error)
                given = tree.map_structure(calling._shape_of, args[0] if args else None)
                raise ValueError(f"{self.label} cannot take inputs of shape {given}: {error}") from error
        if not self.built or self._has_unbuilt_children():
            calling.infer_outputs(self, args, kwargs)
        shapes = self.compute_output_shape(tree.map_structure(calling._shape_of, args[0]))
        return map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype), shapes)

    def _has_unbuilt_children(self):
        return any(isinstance(child, Layer) and not child.built for child in self.modules())

    def compute_mask(self, inputs, mask=None):
        """The output's mask for the inputs' mask; passes it on unless a subclass says otherwise."""
        return mask if self.supports_masking else None

    # ------------------------------------------------------------------------------------------ losses

    def add_loss(self, loss, inputs=None):
        """Adds a scalar tensor (or a list of them, or a function of no arguments) to this step's loss.

        Args:
            loss: the value; it belongs to the step in which it is added. A function counts in every step.
            inputs: of Keras 1 and 2: what it depends on, which the computation itself tells here.
        """
        for value in loss if isinstance(loss, (list, tuple)) else [loss]:
            if not callable(value) and not isinstance(value, (Tensor, int, float, KerasTensor)):
                fail(self.label, "loss", value, "a scalar tensor, a number or a function", error=TypeError)
            self._losses.append(value)
        note_loss(self)

    def add_update(self, updates, inputs=None):
        """Changes variables in training, as layers of Keras 1 and 2 do from their `call`.

        Args:
            updates: what `K.update` and its kin returned, which have changed the variable already; a pair
                (variable, new value); or a list of either. A function without arguments is called.
            inputs: of Keras 1 and 2: what they depend on, which the computation itself tells here.

        Errors:
            TypeError: something else.

        Source: Keras 2 `Layer.add_update`. Today: `variable.assign(...)` where `training` is true.
        """
        for update in [updates] if _is_pair(updates) or not isinstance(updates, (list, tuple)) else updates:
            if _is_pair(update):
                self._make_update(*update)
            elif callable(update) and not isinstance(update, Tensor):
                update()
            elif update is not None and not isinstance(update, Tensor):
                fail(self.label, "updates", update, "what K.update() returned, or pairs (variable, value)",
                     error=TypeError)

    def _make_update(self, variable, value):
        measured = variable.device.type == "meta"  # while shapes are inferred
        if not measured and (self.training or getattr(self, "stateful", False)):
            variable.assign(value.detach() if isinstance(value, Tensor) else value)

    def add_metric(self, value, name=None, aggregation="mean"):
        """Shows the mean of a value in the logs, in history and in evaluate(), as tf.keras does.

        Args:
            value: tensor computed in this call; of several numbers the mean counts. It is averaged over the
                batches since the last reset, which is at the start of an epoch.
            name: what the logs call it. Without a name only where `value` is the result of a metric that the
                layer keeps as an attribute: such a metric is in the logs anyhow.
            aggregation: 'mean' or None, which mean the same.

        Errors:
            ValueError: no name, or another aggregation.
        """
        if name is None and self.__dict__.get("_metrics"):
            return
        mean = added_mean(self, name, aggregation)
        if not getattr(value, "is_meta", False):  # shapes are being inferred
            mean.update_state(value)

    @property
    def metrics(self):
        """The metrics that the layer and the layers in it keep as attributes or made by add_metric."""
        return metrics_of(self)

    def _add_activity_loss(self, outputs):
        for leaf in tree.flatten(outputs):
            if isinstance(leaf, Tensor) and leaf.is_floating_point():
                penalty = self.activity_regularizer(leaf)
                self.add_loss(penalty / leaf.shape[0] if self._activity_per_sample else penalty)

    @property
    def losses(self):
        """Scalar penalties of the last call: of add_loss and activities, then of regularized weights."""
        return added_losses(self) + [weight.regularizer(weight) for weight in self.trainable_weights
                        if getattr(weight, "regularizer", None) is not None]

    # ------------------------------------------------------------------------------------------ attributes

    def __setattr__(self, name, value):
        if name == "training":  # train() and eval() set it on every module around every predict
            self.__dict__["training"] = value
            return None
        attribute = getattr(type(self), name, None)
        if isinstance(attribute, property):
            if attribute.fset is None:
                raise AttributeError(f"{self.label}: `{name}` is computed and cannot be set. "
                                     "Use another name.")
            return object.__setattr__(self, name, value)
        if isinstance(value, (Variable, StateVariable)):
            self._forget_provisional(value)
            if isinstance(value, StateVariable):
                self.__dict__.pop(name, None)
                self._buffers[name] = value
                self._non_persistent_buffers_set.discard(name)
                return None
        elif not _own_tuple(value) or (
                type(value) in (list, dict) and not value and not is_house_class(type(self))):
            return self._set_tracked(name, value)
        elif isinstance(value, (Metric, list, tuple, dict)):
            note_metrics(self, tree.flatten(value))
        elif isinstance(value, torch.nn.Module):
            note_member()
            if not isinstance(value, Layer):
                value.train(self.training)
        if name in self._modules and not isinstance(value, torch.nn.Module):
            del self._modules[name]
        return super().__setattr__(name, value)

    def _set_tracked(self, name, value):
        for leaf in tree.flatten(value):
            if isinstance(leaf, (Variable, StateVariable)):
                self._forget_provisional(leaf)
        view, container = track(value)
        container.train(self.training)
        note_member()
        self._modules[name] = container
        self.__dict__[name] = view

    def __getattr__(self, name):
        own = self.__dict__
        if name in own.get("_parameters", ()):
            return own["_parameters"][name]
        if name in own.get("_buffers", ()):
            return own["_buffers"][name]
        if name in own.get("_modules", ()):
            return own["_modules"][name]
        attribute = getattr(type(self), name, None)
        if isinstance(attribute, property):  # it raised AttributeError: let its own sentence through
            return attribute.fget(self)
        raise AttributeError(f"{type(self).__name__} {own.get('_name') or ''!r} has no attribute {name!r}.")

    def __delattr__(self, name):
        self.__dict__.get("_modules", {}).pop(name, None) if name in self.__dict__ else None
        super().__delattr__(name)

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    # ------------------------------------------------------------------------------------------ rebuilding

    def get_build_config(self):
        """What `build_from_config` needs: the shapes that the layer was built for."""
        shapes = self._built_shapes
        if isinstance(shapes, dict) and shapes and all(str(name).endswith("_shape") for name in shapes):
            return {"shapes_dict": shapes}  # build(query_shape, value_shape): one shape for each argument
        return {"input_shape": shapes} if shapes is not None else None

    def build_from_config(self, config):
        """Builds the layer for the shapes that `get_build_config` told."""
        if config and config.get("input_shape") is not None and not self.built:
            self.build(map_shapes(tuple, config["input_shape"]))
        elif config and "shapes_dict" in config and not self.built:
            self.build(**{name: map_shapes(tuple, shape) for name, shape in config["shapes_dict"].items()})

    def __getstate__(self):
        state = dict(self.__dict__)
        state["_inbound_nodes"] = []  # graphs belong to the process; models rebuild their own
        state["_losses"] = [loss for loss in self._losses if is_function(loss)]
        state.pop("_loss_layers", None)
        state.pop("_layer_metrics", None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if self.built:
            self._decide_path()


Layer._signature = calling.CallSignature(Layer.call)
Layer._makes_masks = Layer._overrides_masks = False


def map_shapes(function, shapes):
    """Applies a function to each shape in a structure of shapes.

    >>> map_shapes(len, [(None, 3), (None, 4, 5)])
    [2, 3]
    """
    if is_shape(shapes):
        return function(tuple(shapes))
    if isinstance(shapes, dict):
        return {key: map_shapes(function, shape) for key, shape in shapes.items()}
    return type(shapes)(map_shapes(function, shape) for shape in shapes)
