"""torch's learning rate schedulers beside optimizers, in loops and in fit."""

import copy
import functools
import pickle

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

import keras_torch
from keras_torch import dialects, optimizers
from keras_torch.optimizers import SGD, Adam

HALVING = functools.partial(lr_scheduler.StepLR, step_size=1, gamma=0.5)


def param():
    made = torch.nn.Parameter(torch.ones(2))
    made.grad = torch.full((2,), 0.5)
    return made


def data():
    x = np.random.RandomState(0).uniform(-1, 1, (32, 3)).astype("float32")
    return x, x.sum(1, keepdims=True)


def model():
    keras_torch.utils.set_random_seed(1)
    return keras_torch.Sequential([keras_torch.Input((3,)), keras_torch.layers.Dense(1)])


def fitted(optimizer, **options):
    """History of three epochs of four batches."""
    made = model()
    made.compile(optimizer if isinstance(optimizer, type) else optimizer(made), "mse")
    return made, made.fit(*data(), batch_size=8, epochs=3, verbose=0, shuffle=False, **options).history


def by_hand(make_optimizer, make_scheduler, every):
    """Weights and losses of a torch loop that does the same."""
    made = model()
    optimizer = make_optimizer(made.parameters())
    scheduler = make_scheduler(optimizer)
    x, y = (torch.from_numpy(array) for array in data())
    for _ in range(3):
        for start in range(0, 32, 8):
            optimizer.zero_grad()
            (made(x[start:start + 8]) - y[start:start + 8]).square().mean().backward()
            optimizer.step()
            if every == "batch":
                scheduler.step()
        if every == "epoch":
            scheduler.step()
    return [weight.detach().numpy() for weight in made.parameters()], optimizer.param_groups[0]["lr"]


def test_fit_equals_a_torch_loop_with_a_scheduler_of_epochs():
    expected, rate = by_hand(functools.partial(torch.optim.SGD, lr=0.1), HALVING, "epoch")
    for optimizer in (lambda m: HALVING(torch.optim.SGD(m.parameters(), lr=0.1)),
                      lambda m: SGD(0.1).scheduled_by(HALVING),
                      lambda m: optimizers.get(torch.optim.SGD(m.parameters(), 0.1)).scheduled_by(HALVING)):
        made, history = fitted(optimizer)
        for weight, known in zip(made.get_weights(), expected):
            np.testing.assert_allclose(weight, known, rtol=1e-6, atol=1e-7)
        assert history["learning_rate"] == pytest.approx([0.1, 0.05, 0.025])
        assert made.optimizer.learning_rate == pytest.approx(rate)


@pytest.mark.parametrize("scheduler", [
    functools.partial(lr_scheduler.OneCycleLR, max_lr=0.2, total_steps=13, cycle_momentum=False),
    functools.partial(lr_scheduler.CyclicLR, base_lr=0.01, max_lr=0.2, step_size_up=3, cycle_momentum=False)])
def test_cycles_step_with_every_batch(scheduler):
    expected, rate = by_hand(functools.partial(torch.optim.SGD, lr=0.1), scheduler, "batch")
    made, _ = fitted(lambda m: SGD(0.1).scheduled_by(scheduler))
    for weight, known in zip(made.get_weights(), expected):
        np.testing.assert_allclose(weight, known, rtol=1e-5, atol=1e-6)
    assert made.optimizer.learning_rate == pytest.approx(rate)


def test_every_says_when_to_step():
    _, history = fitted(lambda m: SGD(0.1).scheduled_by(HALVING, every="batch"))
    assert history["learning_rate"] == pytest.approx([0.1 / 16, 0.1 / 256, 0.1 / 4096])


def test_sequences_of_schedulers_step_as_their_members():
    optimizer = SGD(0.1).build([param()])
    members = [lr_scheduler.ConstantLR(optimizer, 0.5, 2), lr_scheduler.ExponentialLR(optimizer, 0.5)]
    assert optimizers.get(lr_scheduler.SequentialLR(optimizer, members, [2])) is optimizer
    assert [scheduler.every for scheduler in optimizer._schedulers] == ["epoch"]
    cycle = lr_scheduler.CyclicLR(torch.optim.SGD([param()], 0.1), 0.1, 0.2, cycle_momentum=False)
    chained = lr_scheduler.ChainedScheduler([cycle])
    assert optimizers.get(chained)._schedulers[0].every == "batch"


def test_plateaus_watch_the_logs():
    plateau = functools.partial(lr_scheduler.ReduceLROnPlateau, mode="max", patience=0, factor=0.5)
    _, history = fitted(lambda m: SGD(0.01).scheduled_by(plateau), validation_split=0.25)
    assert history["learning_rate"] == pytest.approx([0.01, 0.01, 0.005])
    made = model()
    made.compile(SGD(0.01).scheduled_by(plateau, monitor="val_nothing"), "mse")
    with pytest.raises(ValueError, match="`monitor` must be one of .*'loss'.*got 'val_nothing'"):
        made.fit(*data(), verbose=0)


def test_older_generations_log_lr():
    with dialects.dialect("keras2.3"):
        _, history = fitted(lambda m: SGD(0.1).scheduled_by(HALVING))
    assert history["lr"] == pytest.approx([0.1, 0.05, 0.025])


def test_apply_is_a_step_too():
    weights = param()
    optimizer = SGD(0.5).scheduled_by(HALVING, every="batch")
    optimizer.apply_gradients([(torch.ones(2), weights)])
    assert optimizer.learning_rate == 0.25
    optimizer.apply_gradients([(torch.ones(2), weights)])
    torch.testing.assert_close(weights.data, torch.full((2,), 0.25))


@pytest.mark.parametrize("make", [lambda p: SGD(0.5).build([p]),
                                  lambda p: optimizers.get(torch.optim.SGD([p], 0.5))])
def test_schedulers_are_part_of_the_state(make):
    optimizer, other = (make(param()).scheduled_by(HALVING) for _ in range(2))
    optimizer.step()
    optimizer.epoch_ended({})
    other.load_state_dict(optimizer.state_dict())
    for each in (other, copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        each.param_groups[0]["params"][0].grad = torch.ones(2)
        each.step()
        each.epoch_ended({})
        assert each.learning_rate == 0.125
    assert optimizer.learning_rate == 0.25
    with pytest.raises(ValueError, match="has 0 torch schedulers; the state holds 1"):
        make(param())._load_scheduler_states(optimizer.state_dict()["schedulers"])


def test_a_scheduler_of_our_optimizer_is_taken_with_it():
    optimizer = Adam(0.5).build([param()])
    assert optimizers.get(HALVING(optimizer)) is optimizer
    optimizer.step()
    logs = {}
    optimizer.epoch_ended(logs)
    assert logs == {"learning_rate": 0.5} and optimizer.learning_rate == 0.25


def test_loss_scaling_hands_schedulers_on():
    weights = param()
    optimizer = optimizers.LossScaleOptimizer(SGD(0.5), initial_scale=1.0).scheduled_by(HALVING)
    optimizer.build([weights])
    optimizer.step()
    optimizer.epoch_ended({})
    assert optimizer.learning_rate == optimizer.inner_optimizer.learning_rate == 0.25


def test_errors_tell_the_way_out():
    with pytest.raises(ValueError, match="`scheduler` must be a scheduler of torch.*got 3"):
        SGD().scheduled_by(3)
    with pytest.raises(ValueError, match="`scheduler` must be a scheduler.*got 'SGD"):
        SGD().scheduled_by(repr).build([param()])
    with pytest.raises(ValueError, match="`every` must be"):
        SGD().scheduled_by(HALVING, every="week")
    with pytest.raises(ValueError, match="a scheduler of this optimizer.*got 'StepLR'"):
        SGD().build([param()]).scheduled_by(HALVING(torch.optim.SGD([param()], 0.1)))
    with pytest.raises(ValueError, match="a number when a torch scheduler sets it"):
        SGD(optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)).scheduled_by(HALVING)
    cycle = functools.partial(lr_scheduler.OneCycleLR, max_lr=1)
    with pytest.raises(ValueError, match="Give the scheduler cycle_momentum=False"):
        SGD().build([param()]).scheduled_by(functools.partial(cycle, total_steps=3))
    with pytest.raises(ValueError, match="Expected positive integer total_steps"):
        SGD().build([param()]).scheduled_by(functools.partial(cycle, total_steps=-3))
    with pytest.raises(ValueError, match="`every` must be 'epoch' for ReduceLROnPlateau"):
        SGD().build([param()]).scheduled_by(lr_scheduler.ReduceLROnPlateau, every="batch")


def test_lbfgs_gets_its_closure_from_fit():
    made, history = fitted(torch.optim.LBFGS)
    assert made.optimizer.needs_closure and history["loss"][-1] < 1e-8
    with pytest.raises(TypeError, match="LBFGS evaluates the loss several times.*step\\(closure\\)"):
        made.optimizer.step()
