"""Every optimizer row takes the way of real Keras: weights on the way, all state at the end."""

import warnings

import numpy as np
import pytest
import torch
from cases import optimizer_cases as cases
from cases import reference_files

import keras_torch.optimizers
from keras_torch.base.variable import Variable

REFERENCES = reference_files.read("optimizers")
CASES = {case.name: case for case in cases.OPTIMIZER_CASES}


def start(case):
    return [Variable(value, name=name) for name, value in cases.start_values(case).items()]


def tensors(case, step):
    return [None if grad is None else torch.from_numpy(grad) for grad in cases.gradients(case, step)]


def run(case, one_step):
    """Weights on the way, and the optimizer; `one_step` is called with optimizer, variables, gradients."""
    variables, optimizer = start(case), cases.make_optimizer(keras_torch, case)
    optimizer.build(variables)
    found = {}
    for step in range(cases.STEPS):
        one_step(optimizer, variables, tensors(case, step))
        if step + 1 in cases.LOOKS:
            found.update({f"{variable.name} {step + 1}": variable.numpy().copy() for variable in variables})
    return found, optimizer


def by_apply(optimizer, variables, grads):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows with missing gradients
        optimizer.apply(grads, variables)


def by_step(optimizer, variables, grads):
    for variable, grad in zip(variables, grads):
        variable.grad = grad
    optimizer.step()


def compare(case, found):
    for key, value in found.items():
        assert reference_files.distance(value, REFERENCES[case.name][key]) < case.tolerance, key


@pytest.mark.parametrize("one_step", [by_apply, by_step])
@pytest.mark.parametrize("name", CASES)
def test_weights_take_the_way_of_keras(name, one_step):
    compare(CASES[name], run(CASES[name], one_step)[0])


@pytest.mark.parametrize("name", CASES)
def test_state_has_the_order_and_values_of_keras(name):
    case = CASES[name]
    optimizer = run(case, by_apply)[1]
    expected = {key: value for key, value in REFERENCES[case.name].items() if key.startswith("state ")}
    ours = {f"state {place}": variable.numpy() for place, variable in enumerate(optimizer.variables)}
    assert {key: value.shape for key, value in ours.items()} == {key: value.shape for key,
                                                                 value in expected.items()}
    for key, value in ours.items():
        assert reference_files.distance(np.asarray(value), expected[key]) < 10 * case.tolerance, key


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not {"use_ema", "missing"} & set(
    case.arguments) and "gradient_accumulation_steps" not in case.arguments])
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
    for key, value in found.items():
        assert reference_files.distance(value, REFERENCES[case.name][key]) < 3e-5, key


@pytest.mark.parametrize("name", cases.SCHEDULE_CASES)
def test_schedules_give_the_rates_of_keras(name):
    schedule = cases.make_schedule(keras_torch, cases.SCHEDULE_CASES[name])
    expected = REFERENCES[f"schedule {name}"]["rates"]
    called = [float(schedule(step)) for step in cases.SCHEDULE_STEPS]
    from_numbers = [schedule.at(step) for step in cases.SCHEDULE_STEPS]
    from_tensors = [float(schedule.at(torch.tensor(float(step)))) for step in cases.SCHEDULE_STEPS]
    for found in (called, from_numbers, from_tensors):
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-9)


@pytest.mark.parametrize("name", cases.SCHEDULE_CASES)
def test_schedules_survive_a_config(name):
    schedule = cases.make_schedule(keras_torch, cases.SCHEDULE_CASES[name])
    schedules = keras_torch.optimizers.schedules
    config = schedules.serialize(schedule)
    assert schedules.deserialize(config).get_config() == schedule.get_config()
    assert config["config"] == {**schedule.get_config()}


@pytest.mark.parametrize("name", CASES)
def test_optimizers_survive_a_config(name):
    optimizer = cases.make_optimizer(keras_torch, CASES[name])
    config = keras_torch.optimizers.serialize(optimizer)
    again = keras_torch.optimizers.deserialize(config)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
