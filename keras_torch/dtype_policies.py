"""Floor 8: a window on dtype policies, as Keras 3 shows them."""

from keras_torch.base.checks import nearest
from keras_torch.base.dtypes import DTypePolicy as DTypePolicy
from keras_torch.base.dtypes import as_policy

FloatDTypePolicy = DTypePolicy   # its older name


def get(identifier):
    """The policy of a name, dtype, config or policy; None means the global one.

    Errors:
        ValueError: an unknown name.

    Source: Keras 3 `dtype_policies.get`.

    >>> get("mixed_bfloat16").compute_dtype
    'bfloat16'
    """
    return as_policy(identifier)


def serialize(dtype_policy):
    """The config of a policy.

    >>> serialize(DTypePolicy("float32"))["config"]
    {'name': 'float32'}
    """
    return {"module": "keras", "class_name": "DTypePolicy", "config": dtype_policy.get_config(),
            "registered_name": None}


def deserialize(config, custom_objects=None):
    """The policy that `serialize` described.

    Args:
        config: its dictionary.
        custom_objects: dict, name -> class, for policies of your own.

    Errors:
        ValueError: an unknown class name.

    >>> deserialize({"class_name": "DTypePolicy", "config": {"name": "float64"}}).name
    'float64'
    """
    known = {"DTypePolicy": DTypePolicy, "FloatDTypePolicy": DTypePolicy, "Policy": DTypePolicy,
             **(custom_objects or {})}
    name = config.get("class_name")
    if name not in known:
        raise ValueError(f"No dtype policy is called {name!r}. {nearest(name, known)}")
    return known[name].from_config(config["config"])
