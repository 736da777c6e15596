"""Objects that are rebuilt from their config: the constructor wrapper, `get_config` and `from_config`.

What happens when an object is made (house classes):
    1. old argument names become today's (dialect table);
    2. arguments are bound to the constructor's signature, unknown ones raise;
    3. each is checked and converted by the vocabulary;
    4. each is stored under its own name;
    5. the constructor's own body runs.
User subclasses keep their own constructor untouched; what it was given is recorded, so that `get_config`
works without writing one.
"""

import functools
import inspect

from keras_torch.base.checks import quote, unknown_argument
from keras_torch.base.names import to_snake_case
from keras_torch.base.serialization import deserialize_value, serialize_value
from keras_torch.dialects.translator import translate

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Signature:
    """The named arguments of one constructor, with defaults; `open` when it takes **kwargs."""

    def __init__(self, init):
        parameters = list(inspect.signature(init).parameters.values())[1:]
        self.positional = [p.name for p in parameters if p.kind in _POSITIONAL]
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.names = self.positional + [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        self.open = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.defaults = {p.name: p.default for p in parameters
                         if p.default is not p.empty and p.name in self.names}

    def bind(self, owner, args, kwargs):
        """(named, rest): the arguments by name, defaults filled in; `rest` are those for **kwargs."""
        if len(args) > len(self.positional):
            raise TypeError(f"{owner} takes at most {len(self.positional)} positional arguments "
                            f"({', '.join(self.positional)}); got {len(args)}. Give the others by name.")
        named = dict(zip(self.positional, args))
        for name in named:
            if name in kwargs:
                raise TypeError(f"{owner} got `{name}` twice, by position and by name. Give it once.")
        rest = {name: value for name, value in kwargs.items() if name not in self.names}
        named.update((name, value) for name, value in kwargs.items() if name in self.names)
        for name in self.names:
            if name not in named:
                if name not in self.defaults:
                    raise TypeError(f"{owner} needs the argument `{name}`. Write {owner}({name}=...).")
                named[name] = self.defaults[name]
        return named, rest


def is_house_class(cls):
    """Whether a class is part of keras_torch (and not a user's subclass).

    >>> is_house_class(Configurable), is_house_class(int)
    (True, False)
    """
    return cls.__module__.split(".")[0] == "keras_torch"


def owner_label(cls, name=None):
    """How errors call an object: `Conv2D "stem"`.

    >>> owner_label(Configurable, "x")
    'Configurable "x"'
    """
    return f'{cls.__name__} "{name}"' if isinstance(name, str) else cls.__name__


def _wrap_house(cls, init):
    signature = Signature(init)

    @functools.wraps(init)
    def __init__(self, *args, **kwargs):
        if signature.variadic:  # constructors such as Model(*args, **kwargs) sort out their own arguments
            return init(self, *args, **kwargs)
        args, kwargs = translate(type(self), signature, args, kwargs)
        owner = owner_label(type(self), kwargs.get("name"))
        named, rest = signature.bind(owner, args, kwargs)
        if rest and not signature.open:
            unknown_argument(owner, next(iter(rest)), signature.names)
        vocabulary = merged_vocabulary(type(self))
        for name, value in named.items():
            if name in vocabulary:
                named[name] = vocabulary[name].apply(self, owner, name, value)
        for name, value in named.items():
            if _is_storable(type(self), name):
                setattr(self, name, value)
        if "name" in named and named["name"] is None:
            named["name"] = self.default_name()
            if _is_storable(type(self), "name"):
                self.name = named["name"]
        init(self, **named, **rest)

    __init__.house_signature = signature
    return __init__


def _wrap_user(cls, init):
    signature = Signature(init)

    @functools.wraps(init)
    def __init__(self, *args, **kwargs):
        if "_given" not in self.__dict__:  # the outermost constructor decides the config
            given = dict(zip(signature.positional, args))
            given = {**{k: v for k, v in signature.defaults.items() if k not in given}, **given, **kwargs}
            self.__dict__["_given"] = given
            for name, value in given.items():
                if name in signature.names and not hasattr(type(self), name) and _is_plain(value):
                    setattr(self, name, value)
        init(self, *args, **kwargs)

    __init__.user_signature = signature
    return __init__


def _is_plain(value):
    """Values that may be stored for a user's class; modules would be registered under two names."""
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, (bool, int, float, str, bytes))


def _is_storable(cls, name):
    attribute = inspect.getattr_static(cls, name, None)
    if name in cls.self_managed or inspect.isfunction(attribute):
        return False
    return not isinstance(attribute, property) or attribute.fset is not None


@functools.cache
def merged_vocabulary(cls):
    """The vocabulary of a class: its own terms over those of its bases.

    >>> merged_vocabulary(Configurable)
    {}
    """
    merged = {}
    for base in reversed(cls.__mro__):
        merged.update(base.__dict__.get("vocabulary", {}))
    return merged


class Configurable:
    """Base of everything that has a config: layers, losses, metrics, optimizers, initializers, ...

    A subclass lists its arguments in `__init__` and has them as attributes; `get_config` and `from_config`
    follow.

    Notes:
        `vocabulary` (class attribute): argument name -> `checks.Term`, merged along the bases.
        `self_managed` (class attribute): argument names that the constructor stores itself.

    Source: Keras get_config / from_config.

    >>> class Scale(Configurable):
    ...     def __init__(self, factor=2.0):
    ...         pass
    >>> Scale(3.0).get_config()
    {'factor': 3.0}
    """

    vocabulary = {}
    self_managed = frozenset()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        init = cls.__dict__.get("__init__")
        if init is not None:
            cls.__init__ = _wrap_house(cls, init) if is_house_class(cls) else _wrap_user(cls, init)

    def default_name(self):
        """Name of an object that was given none."""
        return to_snake_case(type(self).__name__)

    def config_value(self, name):
        """Today's value of one constructor argument, ready for `get_config`."""
        return serialize_value(getattr(self, name))

    def get_config(self):
        """Arguments that rebuild this object: plain values and nested configs.

        Returns:
            dict: argument name -> value.
        """
        config, given = {}, self.__dict__.get("_given", {})
        for cls in type(self).__mro__:
            init = cls.__dict__.get("__init__")
            signature = getattr(init, "user_signature", None) or getattr(init, "house_signature", None)
            if signature is None:
                continue
            for name in signature.names:
                if name not in config and hasattr(init, "house_signature"):
                    config[name] = self.config_value(name)
                elif name not in config and name in given:  # what a subclass fixed is not in its config
                    config[name] = serialize_value(given[name])
            if not signature.open:
                break
        return config

    @classmethod
    def from_config(cls, config):
        """The object that `get_config` described; nothing in the config is executed.

        Errors:
            TypeError: the constructor does not take one of the config's names.
        """
        values = {name: deserialize_value(value) for name, value in config.items()}
        try:
            return cls(**values)
        except TypeError as error:
            raise TypeError(f"{cls.__name__} could not be rebuilt from its config {quote(config)}: {error} "
                            "Give the class a get_config() that names just its constructor's "
                            "arguments.") from error
