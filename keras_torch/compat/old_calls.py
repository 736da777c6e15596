"""Functions that are still there, with the order of arguments that older generations had."""

from keras_torch import layers, utils
from keras_torch.base import custom_objects as custom
from keras_torch.compat.old_utils import has_arg


def input_of_keras1(shape=None, batch_shape=None, name=None, dtype=None, sparse=False, tensor=None):
    """`Input` with the order of arguments of Keras 1 and 2.

    >>> input_of_keras1((3,), None, "x").shape
    (None, 3)
    """
    return layers.Input(shape, dtype=dtype, sparse=sparse, batch_shape=batch_shape, name=name, tensor=tensor)


def input_of_tf_keras(shape=None, batch_size=None, name=None, dtype=None, sparse=None, tensor=None,
                      ragged=None, type_spec=None, **kwargs):
    """`Input` with the order of arguments of tf.keras.

    Errors:
        ValueError: a `type_spec`.

    >>> input_of_tf_keras((3,), 2, "x").shape
    (2, 3)
    """
    if type_spec is not None:
        raise ValueError("Input() takes no `type_spec`; give `shape` and `dtype`.")
    return layers.Input(shape, batch_size, dtype, sparse, name=name, tensor=tensor, ragged=ragged, **kwargs)


def plot_model(model, to_file="model.png", show_shapes=False, show_layer_names=True, rankdir="TB",
               expand_nested=False, dpi=96):
    """`utils.plot_model` with the order of arguments of Keras 2.

    Source: Keras 2 `utils.plot_model`.
    """
    return utils.plot_model(model, to_file, show_shapes, False, show_layer_names, rankdir, expand_nested, dpi)


def plot(model, to_file="model.png", show_shapes=False, show_layer_names=True):
    """`utils.plot_model`, by its name of Keras 1.

    Source: Keras 1 `utils.visualize_util.plot`.
    """
    return plot_model(model, to_file, show_shapes, show_layer_names)


def model_to_dot(model, show_shapes=False, show_layer_names=True, rankdir="TB", expand_nested=False, dpi=96,
                 subgraph=False):
    """`utils.model_to_dot` with the order of arguments of Keras 2.

    Source: Keras 2 `utils.model_to_dot`.
    """
    return utils.model_to_dot(model, show_shapes, False, show_layer_names, rankdir, expand_nested, dpi,
                              subgraph)


def deserialize_keras_object(identifier, module_objects=None, custom_objects=None,
                             printable_module_name="object"):
    """The object that a config or name describes, looked for in a module's names too.

    Args:
        identifier: `{"class_name": ..., "config": ...}`, or a name.
        module_objects: dictionary, name -> class or function: the `globals()` of a script.
        custom_objects: dictionary that comes first.
        printable_module_name: what the error calls it.

    Errors:
        ValueError: an unknown name.

    Source: Keras 2 `utils.generic_utils.deserialize_keras_object`.

    >>> deserialize_keras_object("here", {"here": abs}) is abs
    True
    """
    is_name = isinstance(identifier, str)
    name = identifier if is_name else identifier.get("class_name")
    found = custom.lookup(name, custom_objects) or (module_objects or {}).get(name)
    if found is None and is_name:
        raise ValueError(f"No {printable_module_name} is called {name!r}.")
    if is_name:
        return found
    if found is None:
        return utils.deserialize_keras_object(identifier, custom_objects)
    with custom.CustomObjectScope(custom_objects or {}):
        if not hasattr(found, "from_config"):
            return found(**identifier["config"])
        if has_arg(found.from_config, "custom_objects"):
            return found.from_config(identifier["config"], custom_objects=custom_objects)
        return found.from_config(identifier["config"])
