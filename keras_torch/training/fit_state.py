"""`FitState`: a fit under way as plain values and tensors, from which another process goes on exactly.

# Note [exact resume]
What decides the rest of a training run, and therefore is stored: weights and buffers; the state of the
optimizers; all generators of random numbers (Python's, numpy's, torch's, and those that layers own); where
the data stand, with the random numbers that their order came from; in the middle of an epoch the running
metrics; and what callbacks remember. Weights, metrics and generators are matched by their place in the model
and not by name, since automatic names ("dense_3") differ from process to process.
Everything is compared first and changed afterwards, so that a state of another model changes nothing.
"""

import copy

import torch

from keras_torch.base.configurable import is_house_class
from keras_torch.callbacks.callback import Callback
from keras_torch.metrics.metric import Metric
from keras_torch.random.states import (
    GENERATORS,
    generator_state,
    random_states,
    restore_random_states,
    restored_generator,
)

FORMAT = 1


class FitState:
    """The fit under way, as something that can be stored and restored; `model.fit_state` inside `fit`.

    Args:
        model: the model in training.
        listeners: its CallbackList.
        feeds: the Feeds of training and validation, the latter None without validation data.
        epochs: range of the epochs asked for.

    >>> from keras_torch.callbacks import CallbackList
    >>> state = FitState(torch.nn.Linear(1, 1), CallbackList(), (None, None), range(3))
    >>> list(state.epochs())
    [0, 1, 2]
    """

    def __init__(self, model, listeners, feeds, epochs):
        self._model, self._listeners, self._feeds, self._epochs = model, listeners, feeds, epochs
        self._restored = None

    def __reduce__(self):
        return _nothing, ()  # copies and pickles of a model are not in training

    def record(self, within_epochs):
        """Has the feeds note what `stored` needs of them; call it before the first epoch.

        Args:
            within_epochs: whether `stored` will be called in the middle of epochs too.
        """
        for feed in self._feeds:
            if feed is not None:
                feed.record(within_epochs)

    def epochs(self):
        """The epochs to train: those asked for, or what is left of them after `restore`."""
        first, stopped = self._epochs.start, False
        if self._restored is not None:
            first, stopped = self._restored["epoch"], self._restored["stopped"]
        elif getattr(self._model, "_initial_epoch", None) is not None:  # set by callbacks of Keras 3's users
            first = self._model._initial_epoch
        return range(first, first if stopped else max(first, self._epochs.stop))

    def enter(self):
        """Puts the first epoch after `restore` where it was interrupted; call it after `on_epoch_begin`.

        Returns:
            bool: whether the epoch goes on in its middle.
        """
        restored, self._restored = self._restored, None
        if restored is None:
            return False
        if restored["batch"]:  # hooks of the epoch's beginning ran again, and may have changed everything
            self._show_outputs(restored)
            self._apply(restored)
        for feed, state in zip(self._feeds, restored["feeds"]):
            if feed is not None:
                feed.restore(state, restored["batch"] if feed is self._feeds[0] else 0)
        restore_random_states(restored["random"])
        return restored["batch"] > 0

    # ------------------------------------------------------------------------------------------ storing

    def stored(self, epoch, batch):
        """The state as a tree that `saving.snapshot` takes; it shares memory with the model.

        Args:
            epoch: number of the epoch that is to go on, from 0.
            batch: batches of it that are done; 0 between two epochs.
        """
        model = self._model
        train, validation = self._feeds
        return {
            "format": FORMAT,
            "epoch": epoch,
            "batch": batch,
            "stopped": bool(model.stop_training) and not batch,
            "weights": [[name, tensor] for name, tensor in _weights(model)],
            "extra": [module.get_extra_state() for module in _with_extra_state(model)],
            "generators": _generators(model),
            "optimizers": {name: _optimizer_state(each, model) for name, each in _optimizers(model)},
            "metrics": {name: [_metric_state(metric) for metric in group]
                        for name, group in _metric_groups(model).items()} if batch else None,
            "feeds": [train.state(batch), None if validation is None else validation.state(0)],
            "callbacks": self._listeners.state_dict(),
            "random": random_states(),
        }

    # ------------------------------------------------------------------------------------------ restoring

    def restore(self, state):
        """Takes over a state that `stored` gave; the model has it at once, the epoch when `enter` is called.

        Errors:
            ValueError: the state of another model, optimizer or version; nothing has changed.
        """
        if state.get("format") != FORMAT:
            raise ValueError(f"it has the format {state.get('format')!r}; this version reads {FORMAT}")
        self._check(state)
        self._apply(state)
        self._restored = state

    def _check(self, state):
        _check_weights(state["weights"], list(_weights(self._model)))
        optimizers = dict(_optimizers(self._model))
        if set(state["optimizers"]) != set(optimizers):
            raise ValueError(f"it holds the optimizers {sorted(state['optimizers'])}; the model has "
                             f"{sorted(optimizers)}")
        for name, stored in state["optimizers"].items():
            _check_optimizer(optimizers[name], stored, self._model)
        if len(state["extra"]) != len(_with_extra_state(self._model)):
            raise ValueError("it holds the extra state of another number of modules")
        for name, group in self._known_metrics(state):
            _check_metrics(state["metrics"][name], group)

    def _apply(self, state):
        """Gives everybody their part, as copies: it is applied twice, and they may change what they get."""
        model = self._model
        with torch.no_grad():
            for (_, tensor), (_, value) in zip(_weights(model), state["weights"]):
                tensor.copy_(value)
        for module, extra in zip(_with_extra_state(model), state["extra"]):
            module.set_extra_state(copy.deepcopy(extra))
        modules = list(model.modules())
        for place, name, generator in state["generators"]:
            vars(modules[place])[name] = restored_generator(vars(modules[place]).get(name), generator)
        for name, optimizer in _optimizers(model):
            _restore_optimizer(optimizer, state["optimizers"][name])
        for name, group in self._known_metrics(state):
            for metric, stored in zip(group, state["metrics"][name]):
                _restore_metric(metric, stored)
        self._await_metrics(state)
        self._listeners.load_state_dict(copy.deepcopy(state["callbacks"]))
        restore_random_states(state["random"])

    def end(self):
        """Forgets what was to be restored and was not: the fit is over."""
        objectives = getattr(self._model, "_objectives", None)
        if objectives is not None:
            objectives.__dict__.pop("build", None)

    def _known_metrics(self, state):
        """(group, its metrics) of the metrics that a state has and that are known by now."""
        if state["metrics"] is None:
            return []
        unknown = {"compiled"} if _awaits_a_batch(self._model) else set()
        return [(name, group) for name, group in _metric_groups(self._model).items() if name not in unknown]

    def _show_outputs(self, state):
        """Lets the compiled metrics see a batch: there may be none left in the epoch that goes on."""
        model, source = self._model, self._feeds[0].source
        if state["metrics"]["compiled"] and _awaits_a_batch(model) and source.restarts \
                and not model._has_own_step("train"):
            x, y, _ = source.peek("fit()")
            with model._evaluating(torch.no_grad):
                model._build_objectives(y, model(x))

    def _await_metrics(self, state):
        """Restores compiled metrics when the first batch has shown which they are."""
        objectives = self._model._objectives if _awaits_a_batch(self._model) else None
        if objectives is None or state["metrics"] is None or not state["metrics"]["compiled"]:
            return

        def build_and_restore(*args):
            objectives.__dict__.pop("build", None)
            objectives.build(*args)
            _check_metrics(state["metrics"]["compiled"], objectives.all_metrics)
            for metric, stored in zip(objectives.all_metrics, state["metrics"]["compiled"]):
                _restore_metric(metric, stored)

        objectives.build = build_and_restore


def _nothing():
    """What a copy of a `FitState` is."""


# --- weights ---


def _weights(model):
    """(name, tensor) of all parameters and buffers, in the order of the modules."""
    yield from model.named_parameters()
    yield from model.named_buffers()


def _check_weights(stored, present):
    if len(stored) != len(present):
        raise ValueError(f"it holds {len(stored)} weights and buffers; the model has {len(present)}")
    for (old_name, old), (name, new) in zip(stored, present):
        if old.shape != new.shape or old.dtype != new.dtype:
            raise ValueError(f"it holds {old_name!r} of shape {tuple(old.shape)} and {old.dtype} where the "
                             f"model has {name!r} of shape {tuple(new.shape)} and {new.dtype}")


def _with_extra_state(model):
    """Modules that keep something besides weights, by torch's protocol (`get_extra_state`)."""
    default = torch.nn.Module.get_extra_state
    return [module for module in model.modules() if type(module).get_extra_state is not default]


# --- random numbers ---


def _generators(model):
    """[place of the module, attribute, state] of the generators that modules own."""
    return [[place, name, generator_state(value)] for place, module in enumerate(model.modules())
            for name, value in vars(module).items() if isinstance(value, GENERATORS)]


# --- optimizers ---


def _optimizers(model):
    """(attribute, object) of what has `state_dict` and is neither module nor callback: optimizers, mostly."""
    for name, value in vars(model).items():
        if hasattr(value, "load_state_dict") and hasattr(value, "state_dict") and not isinstance(value, (
                torch.nn.Module, Callback, *GENERATORS)):
            yield name, value


def _optimizer_state(optimizer, model):
    built = getattr(optimizer, "built", True)
    places = {id(param): place for place, param in enumerate(model.parameters())}
    groups = optimizer.param_groups if built and isinstance(optimizer, torch.optim.Optimizer) else []
    state = optimizer.state_dict() if built else None
    keeps_count = not groups or "iterations" in state["param_groups"][0]
    return {"class": type(optimizer).__name__, "state": state,
            "steps": None if keeps_count else getattr(optimizer, "iterations_made", int)(),
            "variables": [[places.get(id(param)) for param in group["params"]] for group in groups]}


def _restore_optimizer(optimizer, stored):
    if stored["state"] is not None:
        optimizer.load_state_dict(copy.deepcopy(stored["state"]))
        if stored["steps"] is not None and hasattr(optimizer, "set_iterations_made"):
            optimizer.set_iterations_made(stored["steps"])


def _check_optimizer(optimizer, stored, model):
    """Raises when a stored state does not fit; builds an optimizer that is built at its first step only."""
    if stored["class"] != type(optimizer).__name__:
        raise ValueError(f"it holds the state of {stored['class']}; the model has {type(optimizer).__name__}")
    if stored["state"] is None or not isinstance(optimizer, torch.optim.Optimizer):
        return
    if not getattr(optimizer, "built", True):
        params = list(model.parameters())
        optimizer.build([params[place] for group in stored["variables"] for place in group])
    counts = [len(group["params"]) for group in optimizer.param_groups]
    if counts != [len(group) for group in stored["variables"]]:
        raise ValueError(f"the optimizer changed {[len(group) for group in stored['variables']]} weights in "
                         f"its groups; it changes {counts} now")
    _check_slots(optimizer.state_dict()["state"], stored["state"]["state"],
                 [param for group in optimizer.param_groups for param in group["params"]])


def _check_slots(present, stored, params):
    """Compares what was stored for each weight with what there is (native optimizers: nothing at first)."""
    for place, slots in stored.items():
        known = present.get(place)
        if known is not None and set(known) != set(slots):
            raise ValueError(f"the optimizer kept {sorted(slots)} for each weight; now {sorted(known)}")
        for name, value in slots.items():
            like = params[place] if known is None else known[name]
            if isinstance(value, torch.Tensor) and value.dim() and value.shape != like.shape:
                raise ValueError(f"it holds {name!r} of shape {tuple(value.shape)} for a weight of shape "
                                 f"{tuple(params[place].shape)}")


# --- metrics ---


def _awaits_a_batch(model):
    """Whether the compiled metrics are made only when a batch shows the outputs."""
    objectives = getattr(model, "_objectives", None)
    return objectives is not None and not objectives.built


def _metric_groups(model):
    """{'compiled': what compile() was given, 'own': the loss and those that the model has as attributes}."""
    objectives = getattr(model, "_objectives", None)
    compiled = [] if objectives is None else objectives.all_metrics
    known = {id(metric) for metric in compiled}
    listed = [getattr(model, "_loss_tracker", None), *getattr(model, "metrics", ())]
    own = {id(metric): metric for metric in listed if isinstance(metric, Metric)
           and id(metric) not in known and not hasattr(metric, "named_metrics")}  # fmt: skip
    return {"compiled": compiled, "own": list(own.values())}


def _metric_state(metric):
    states = [[variable.name, variable.detach()] for variable in metric.variables]
    return {"states": states, "numbers": _counts(metric)}


def _counts(metric):
    """What a metric counts in Python: its numbers that are no arguments."""
    arguments = metric.get_config() if hasattr(metric, "get_config") else {}
    return {name: value for name, value in vars(metric).items()
            if type(value) in (int, float) and name not in arguments}


def _check_metrics(states, metrics):
    if len(states) != len(metrics):
        raise ValueError(f"it holds {len(states)} metrics; the model has {len(metrics)}")
    for state, metric in zip(states, metrics):
        _missing_states(metric, state)


def _missing_states(metric, state):
    """[(name, shape)] of states that a metric of the house makes when it sees its first batch.

    Errors:
        ValueError: the states are others.
    """
    stored = [(name, tuple(value.shape)) for name, value in state["states"]]
    present = [(variable.name, tuple(variable.shape)) for variable in metric.variables]
    makes_more = is_house_class(type(metric)) and stored[:len(present)] == present
    if stored != present and not makes_more:
        raise ValueError(f"it holds a metric with the states {stored} where the model has {metric.name!r} "
                         f"with {present}")
    return stored[len(present):]


def _restore_metric(metric, state):
    for name, shape in _missing_states(metric, state):
        metric.add_state(name, shape)
    with torch.no_grad():
        for variable, (_, value) in zip(metric.variables, state["states"]):
            variable.copy_(value)
    vars(metric).update(state["numbers"])
