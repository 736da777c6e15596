"""What is special about Muon; its numbers are rows of `cases/optimizer_cases.py`."""

import copy

import pytest
import torch

from keras_torch.base.variable import Variable
from keras_torch.optimizers import Adam, Muon


def matrix(name="kernel", shape=(4, 3)):
    made = Variable(torch.rand(shape), name=name)
    made.grad = torch.rand(shape)
    return made


def test_matrices_move_along_orthogonal_updates():
    variable = matrix()
    before = variable.detach().clone()
    Muon(1.0, rms_rate=None, weight_decay=None).build([variable]).step()
    values = torch.linalg.svdvals(before - variable.detach())
    assert bool((values > 0.6).all()) and bool((values < 1.3).all())


@pytest.mark.parametrize("variable", [matrix("bias", (3,)), matrix("embedding"), matrix("head"),
                                      matrix("filters", (2, 2, 3))])
def test_other_variables_are_left_to_adam(variable):
    twin = copy.deepcopy(variable)
    twin.grad = variable.grad.clone()
    Muon(0.1, exclude_layers=["hea."], adam_weight_decay=None, adam_lr_ratio=0.5).build([variable]).step()
    Adam(0.05).build([twin]).step()
    torch.testing.assert_close(variable.detach(), twin.detach())


def test_only_adam_has_a_velocity():
    optimizer = Muon().build([matrix(), matrix("bias", (3,))])
    assert [variable.name for variable in optimizer.variables[2:]] == [
        "kernel_momentum", "bias_momentum", "bias_velocity"]
    assert len(optimizer.get_weights()) == 4


def test_names_of_native_parameters_are_paths():
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Linear(3, 2))
    optimizer = Muon(exclude_layers=["^1"]).build(model.named_parameters())
    assert [optimizer.left_to_adam(param) for param in model.parameters()] == [False, True, True, True]


def test_both_decays_can_be_set_by_group():
    variable, bias = matrix(), matrix("bias", (3,))
    for param in (variable, bias):
        param.grad.zero_()
    optimizer = Muon(0.1, weight_decay=0.0).build([{"params": [variable, bias], "weight_decay": 0.5}])
    before = variable.detach().clone(), bias.detach().clone()
    optimizer.step()
    torch.testing.assert_close(variable.detach(), before[0] * (1 - 0.05))
    torch.testing.assert_close(bias.detach(), before[1] * (1 - 0.1 * 0.004))


def test_a_copy_goes_on_by_itself():
    variable = matrix()
    optimizer = Muon().build([variable])
    optimizer.step()
    variable, optimizer = copy.deepcopy((variable, optimizer))
    variable.grad = torch.rand(4, 3)
    optimizer.step()
    assert optimizer.iterations == 2


def test_errors():
    with pytest.raises(ValueError, match="`exclude_layers` must be a list of regular.*got 'head'"):
        Muon(exclude_layers="head")
    with pytest.raises(ValueError, match="`ns_steps`"):
        Muon(ns_steps=-1)
