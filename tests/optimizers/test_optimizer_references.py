"""Every optimizer row takes the way of real Keras: weights on the way, all state at the end."""

import contextlib
import dataclasses
import warnings

import numpy as np
import pytest
import torch
from cases import optimizer_cases as cases
from cases import reference_files

import keras_torch.optimizers
from keras_torch.base.variable import Variable
from keras_torch.dialects import dialect

REFERENCES = reference_files.read("optimizers")
CASES = {case.name: case for case in cases.OPTIMIZER_CASES}
SCHEDULES = keras_torch.optimizers.schedules
PYTHON_BETWEEN_STEPS = {"gradient_accumulation_steps", "optimizer_map", "inner_optimizer"}


def start(case):
    made = [Variable(value, name=name, dtype=case.dtype) for name, value in cases.start_values(case).items()]
    for variable in made:
        if variable.name in case.constrained:
            variable.constraint = keras_torch.constraints.NonNeg()
    return made


def tensors(case, step):
    dtype = getattr(torch, case.dtype)
    return [None if grad is None else torch.from_numpy(np.asarray(grad, "float32")).to(dtype)
            for grad in cases.gradients(case, step)]


def generation_of(case):
    return dialect("tf.keras") if case.answered_by == "tf_keras" else contextlib.nullcontext()


def make(case):
    optimizers = keras_torch.optimizers
    if case.answered_by == "tf_keras legacy":
        optimizers.legacy.schedules = SCHEDULES
        optimizers = optimizers.legacy
    with generation_of(case):
        return cases.make_optimizer(optimizers, case)


def run(case, one_step, optimizer=None):
    """Weights on the way, and the optimizer; `one_step` is called with optimizer, variables, gradients."""
    variables, optimizer = start(case), optimizer or make(case)
    optimizer.build(variables)
    found = {}
    for step in range(cases.STEPS):
        one_step(optimizer, variables, tensors(case, step))
        if step + 1 in cases.LOOKS:
            found.update({f"{variable.name} {step + 1}": variable.detach().float().numpy().copy()
                          for variable in variables})
    return found, optimizer


def by_apply(optimizer, variables, grads):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows with missing gradients
        optimizer.apply(grads, variables)


def by_step(optimizer, variables, grads):
    for variable, grad in zip(variables, grads):
        variable.grad = grad
    optimizer.step()


def compare(case, found, tolerance=None):
    for key, value in found.items():
        distance = reference_files.distance(value, REFERENCES[case.name][key])
        assert distance < (tolerance or case.tolerance), key


def test_rows_have_names_of_their_own():
    assert len(CASES) == len(cases.OPTIMIZER_CASES)
    assert set(CASES) <= set(REFERENCES)


@pytest.mark.parametrize("one_step", [by_apply, by_step])
@pytest.mark.parametrize("name", CASES)
def test_weights_take_the_way_of_keras(name, one_step):
    compare(CASES[name], run(CASES[name], one_step)[0])


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.answered_by != "tf_keras"])
def test_state_has_the_order_and_values_of_keras(name):
    case = CASES[name]
    optimizer = run(case, by_apply)[1]
    expected = {key: value for key, value in REFERENCES[case.name].items() if key.startswith("state ")}
    values = optimizer.get_weights() if "legacy" in case.answered_by else [
        variable.numpy() if not isinstance(variable, torch.Tensor) else variable.detach().float().numpy()
        for variable in optimizer.variables]
    ours = {f"state {place}": np.asarray(value) for place, value in enumerate(values)}
    assert {key: value.shape for key, value in ours.items()} == {key: value.shape for key,
                                                                 value in expected.items()}
    for key, value in ours.items():
        assert reference_files.distance(value, expected[key]) < 10 * case.tolerance, key


@pytest.mark.parametrize("name", [
    name for name, case in CASES.items()
    if not case.missing and case.dtype == "float32" and not PYTHON_BETWEEN_STEPS & set(case.arguments)])
def test_counting_on_the_device_takes_the_same_way(name):
    started = []

    def on_device(optimizer, variables, grads):
        if optimizer not in started:
            optimizer.use_device_clock()
            started.append(optimizer)
        by_step(optimizer, variables, grads)

    case = CASES[name]
    found, optimizer = run(case, on_device)
    assert int(optimizer.iterations) == cases.STEPS
    compare(case, found, 3e-5)


@pytest.mark.parametrize("name", [name for name, case in CASES.items()
                                  if case.answered_by == "tf_keras legacy" and "clip" not in name])
def test_the_old_generations_have_the_formulas_of_the_legacy_optimizers(name):
    case = CASES[name]
    with dialect("keras2.3"):
        optimizer = cases.make_optimizer(keras_torch.optimizers, case)
    if case.optimizer == "Adagrad":
        optimizer.initial_accumulator_value = case.arguments.get("initial_accumulator_value", 0.1)
    compare(case, run(case, by_step, optimizer)[0])


@pytest.mark.parametrize("name", [name for name, case in CASES.items()
                                  if case.answered_by == "tf_keras legacy"])
def test_configs_of_legacy_optimizers_keep_their_formula(name):
    case = CASES[name]
    config = keras_torch.optimizers.serialize(make(case))
    compare(case, run(case, by_step, keras_torch.optimizers.deserialize(config))[0])


@pytest.mark.parametrize("name", cases.SCHEDULE_CASES)
def test_schedules_give_the_rates_of_keras(name):
    schedule = cases.make_schedule(keras_torch.optimizers, cases.SCHEDULE_CASES[name])
    expected = REFERENCES[f"schedule {name}"]["rates"]
    called = [float(schedule(step)) for step in cases.SCHEDULE_STEPS]
    from_numbers = [schedule.at(step) for step in cases.SCHEDULE_STEPS]
    from_tensors = [float(schedule.at(torch.tensor(float(step)))) for step in cases.SCHEDULE_STEPS]
    for found in (called, from_numbers, from_tensors):
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-9)


@pytest.mark.parametrize("name", cases.SCHEDULE_CASES)
def test_schedules_survive_a_config(name):
    schedule = cases.make_schedule(keras_torch.optimizers, cases.SCHEDULE_CASES[name])
    config = SCHEDULES.serialize(schedule)
    assert SCHEDULES.deserialize(config).get_config() == schedule.get_config()
    assert config["config"] == {**schedule.get_config()}


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.answered_by == "keras"])
def test_optimizers_survive_a_config(name):
    optimizer = make(CASES[name])
    config = keras_torch.optimizers.serialize(optimizer)
    again = keras_torch.optimizers.deserialize(config)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()


@pytest.mark.parametrize("name", ["Adam-plain", "Nadam-plain", "Muon-plain", "RMSprop-everything",
                                  "LossScaleOptimizer-overflows", "MultiOptimizer-map", "Nadam-legacy plain"])
def test_state_that_is_carried_over_goes_on_exactly(name):
    case = CASES[name]
    stored = {}

    def halfway(optimizer, variables, grads):
        by_apply(stored.get("optimizer", optimizer), variables, grads)
        stored["steps"] = stored.get("steps", 0) + 1
        if stored["steps"] == 10:
            other, arrays = make(case).build(variables), {}
            optimizer.save_own_variables(arrays)
            other.load_own_variables(arrays)
            stored["optimizer"] = other

    compare(case, run(case, halfway)[0])


def test_a_case_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        cases.OPTIMIZER_CASES[0].note = "other"
