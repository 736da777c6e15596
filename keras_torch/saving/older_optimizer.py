"""The optimizer's state in whole models of Keras 1 and 2: the count where there is one, then slot by slot.

    iterations [, m_schedule]      numbers, absent in RMSprop, Adagrad and Adadelta up to Keras 2.2
    m of all weights, v of all weights, ...
A slot's arrays lie as the layers' weights do: gate by gate, turned round on Theano; in the order of the
file's layers, in Keras 1 sorted by name. They are brought into today's layout in the same way.
"""

import numpy as np

from keras_torch.saving import legacy_h5


def grouped_state(model, group, weights, path):
    """The arrays for `optimizer.set_weights`: count, then slot by slot in the order of the model's weights.

    Args:
        model: a built and compiled model.
        group: SafeGroup of the optimizer's arrays.
        weights: SafeGroup of the layers' weights.
        path: what errors call the file.

    Errors:
        ValueError: arrays of other numbers or shapes than the layers have.
    """
    writer = legacy_h5.writer_of(weights)
    layers = [(layer, legacy_h5.shapes_of(stored))
              for layer, _, stored in legacy_h5.stored_layers(model, weights, path)]
    order, learned = _learned(layers, writer)
    names = legacy_h5.read_names(group, "weight_names", 3 + 4 * len(learned))
    shapes = [legacy_h5.shape_of(group, name) for name in names]
    heads = _heads(shapes, len(learned))
    with model.optimizer.reading():
        kept = [getattr(variable, "name", "") for variable in model.optimizer.variables]
    slots = []
    for start in range(heads, len(names), max(len(learned), 1)) if len(kept) > 2 else ():
        column = slice(start, start + len(learned))
        if shapes[column] == learned:  # not so for placeholders of Adam without amsgrad
            arrays = [legacy_h5.read_array(group, name, {shape})
                      for name, shape in zip(names[column], learned)]
            slots += _in_order(model, layers, [arrays[order.index(i)] for i in range(len(order))], writer)
    numbers = [legacy_h5.read_array(group, name, {()}) for name in names[:heads]]
    if len(numbers) == 1 and "u_product" in kept:
        numbers.append(np.float32(1))  # Nadam's product of momentums, which follows from the count
    return numbers + slots


def _learned(layers, writer):
    """(order, shapes) of the arrays that each slot has: Keras 1 sorted them by their names."""
    found = []
    for layer, arrays in layers:
        waiting = [np.broadcast_to(np.float32(0), shape) for _, shape in arrays]  # takes no memory
        layer.take_stored(waiting, writer.version, writer.backend)
        found += arrays[:len(arrays) - len(waiting)]
    order = list(range(len(found)))
    if writer.version.startswith("1"):
        order.sort(key=lambda place: found[place][0])
    return order, [found[place][1] for place in order]


def _heads(shapes, count):
    """How many numbers lie before the slots."""
    heads = 0
    while heads < len(shapes) and heads < 2 and shapes[heads] == () and (
            count == 0 or (len(shapes) - heads) % count or heads == 0):
        heads += 1
    if count and (len(shapes) - heads) % count:
        raise ValueError(f"it holds {len(shapes)} arrays, which are no slots of {count} weights.")
    return heads


def _in_order(model, layers, arrays, writer):
    """A slot's arrays in today's layout, in the order of the model's weights."""
    waiting, found = list(arrays), {}
    for layer, _ in layers:
        values = layer.take_stored(waiting, writer.version, writer.backend)
        found.update((id(weight), value) for weight, value in zip(layer.trainable_weights, values))
    return [np.ascontiguousarray(found[id(weight)]) for weight in model.trainable_weights]
