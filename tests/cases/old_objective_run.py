"""Runs the rows about old Keras here, through the names that a script of that generation uses."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from cases import old_objective_case
from cases.reference_files import distance

from keras_torch.base.variable import Variable
from keras_torch.compat.modules import make_module
from keras_torch.dialects import dialect


def look_up(module: str, name: str) -> Any:
    """What `from keras.<module> import <name>` gives in the generation in force."""
    return getattr(make_module(f"keras.{module}"), name)


def formula(case: Any) -> dict[str, np.ndarray]:
    """The value of a `Formula`, and its gradient if the row asks for it."""
    whole = "int32" if case.module == "backend" else "float32"  # class numbers; training makes them floats
    inputs = [torch.tensor(np.asarray(array, whole if array.dtype.kind == "i" else "float32"))
              for array in case.data()]
    inputs[-1].requires_grad_(case.gradient)
    with dialect(case.generation):
        function = look_up(case.module, case.function)
        if case.made:
            value = function(*case.positional, **case.arguments)(*inputs)
        else:
            arrays = [inputs] if case.listed else inputs
            value = function(*arrays, *case.positional, **case.arguments)
    if not case.gradient:
        return {"value": np.asarray(value.numpy() if isinstance(value, torch.Tensor) else value)}
    value.sum().backward()
    return {"value": value.detach().numpy(), "gradient": inputs[-1].grad.numpy()}


def weighted(case: Any) -> dict[str, np.ndarray]:
    """The loss of a batch with weights and a mask, and its gradient by the predictions."""
    y_true, y_pred, weights, mask = case.data()
    y_pred = torch.tensor(y_pred, requires_grad=True)
    if mask is not None:
        y_pred._keras_mask = torch.tensor(mask)
    with dialect(case.generation):
        value = look_up("losses", "as_loss")(case.loss)(torch.tensor(y_true), y_pred, torch.tensor(weights))
    value.backward()
    return {"value": value.detach().numpy(), "gradient": y_pred.grad.numpy()}


def metric(case: Any) -> dict[str, np.ndarray]:
    """The result of a metric class after three batches."""
    with dialect(case.generation):
        made = look_up("metrics", case.metric)(**case.arguments)
    for batch in case.batches():
        arrays = [torch.tensor(np.asarray(array, "float32")) for array in batch]
        weights = arrays.pop() if case.weights != "none" else None
        made.update_state(*arrays, sample_weight=weights)
    return {"value": np.asarray(made.result())}


def trajectory(case: Any) -> dict[str, np.ndarray]:
    """Weights after some steps and the optimizer's state after the last."""
    with dialect(case.generation):
        optimizer = look_up("optimizers", case.optimizer)(*case.positional, **case.arguments)
        variables = [Variable(value, name=name) for name, value in case.start_values().items()]
        if case.constraint:
            variables[0].constraint = look_up("constraints", case.constraint[0])(**case.constraint[1])
    optimizer.build(variables)
    found = {}
    for step in range(old_objective_case.STEPS):
        for variable, gradient in zip(variables, case.gradients(step)):
            variable.grad = torch.tensor(gradient)
        optimizer.step()
        if step + 1 in old_objective_case.LOOKS:
            found.update({f"{variable.name} {step + 1}": variable.detach().numpy().copy()
                          for variable in variables})
    return found


def differences(case: Any, found: dict, expected: dict, looser: float = 1) -> list[str]:
    """What is not as real Keras answered, a sentence each; an optimizer's state is not looked at."""
    expected = {part: value for part, value in expected.items() if not part.startswith("state ")}
    sentences = []
    for part, reference in expected.items():
        if part not in found:
            sentences.append(f"{part} is missing")
        elif found[part].shape != reference.shape:
            sentences.append(f"{part} has the shape {found[part].shape}, in Keras {reference.shape}")
        elif distance(found[part], reference) >= looser * getattr(case, "tolerance", 1e-5):
            sentences.append(f"{part} is off by {distance(found[part], reference):.1e}")
    return sentences + [f"{part} is not in Keras" for part in found if part not in expected]
