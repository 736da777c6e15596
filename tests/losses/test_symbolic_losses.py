"""Loss functions record on symbols, as `model.add_loss(mse(inputs, outputs))` needs, and run later."""

from __future__ import annotations

import pytest
import torch
from cases.loss_cases import LOSS_CASES

from keras_torch import losses
from keras_torch.layers.input_layer import Input
from keras_torch.symbolic.codegen import Program


class _Owner:
    """What a generated function needs of its model."""

    def __init__(self, program):
        self._operations, self._constants = program.modules, program.constants

    def _captured(self):
        return self._constants


def _recorded(function, y_true, y_pred):
    inputs = [Input(y_true.shape[1:], dtype=str(y_true.dtype)[6:]), Input(y_pred.shape[1:])]
    program = Program(inputs, function(*inputs))
    return program.compile()(_Owner(program), [y_true, y_pred])


CASES = [case for case in LOSS_CASES if case.note in ("plain", "steps", "logits", "logits_steps", "column")
         and case.loss != "CTC"]  # torch's CTC reads the lengths, which symbols have not


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_formula_gives_the_eager_values(case):
    y_true, y_pred = (torch.as_tensor(values) for values in case.data()[:2])
    y_true = y_true.to(torch.int32 if case.y_true in ("classes", "column") else torch.float32)
    cls = getattr(losses, case.loss)
    options = {name: value for name, value in case.arguments.items() if name in cls.options}

    def formula(y_true, y_pred):
        return cls.formula(y_true, y_pred, **options)

    assert torch.allclose(_recorded(formula, y_true, y_pred), formula(y_true, y_pred))
    loss = cls(**case.arguments)
    assert torch.allclose(_recorded(loss, y_true, y_pred), loss(y_true, y_pred))
