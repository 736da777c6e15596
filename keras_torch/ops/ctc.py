"""Connectionist temporal classification: labels without known times (Graves et al., 2006)."""

import math

import torch
from torch.nn import functional

from keras_torch.base.checks import fail
from keras_torch.ops.core import as_tensor, one_node


@one_node
def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """The connectionist temporal classification loss of each sample.

    Args:
        target: class numbers (batch, labels).
        output: logits (batch, steps, classes).
        target_length, output_length: valid labels and steps of each sample (batch,).
        mask_index: the class that means "nothing".

    >>> ctc_loss([[1]], torch.zeros(1, 2, 3), [1], [2]).shape
    torch.Size([1])
    """
    output = as_tensor(output)
    target, target_length, output_length = (
        as_tensor(part, like=output).long() for part in (target, target_length, output_length))
    log_probabilities = torch.log_softmax(output, -1).transpose(0, 1)
    return functional.ctc_loss(log_probabilities, target, output_length, target_length, blank=mask_index,
                               reduction="none")


def ctc_decode(inputs, sequence_lengths, strategy="greedy", beam_width=100, top_paths=1, merge_repeated=True,
               mask_index=0):
    """The most probable labels of each sample.

    Args:
        inputs: logits (batch, steps, classes).
        sequence_lengths: valid steps of each sample (batch,).
        strategy: 'greedy' takes the best class of each step; 'beam_search' adds up the probabilities of all
            ways to the same labels, keeping the `beam_width` best beginnings.
        top_paths: number of results of the beam search.
        merge_repeated: whether the greedy search counts neighbouring equal classes once.
        mask_index: the class that means "nothing".

    Returns:
        (labels, scores): labels (paths, batch, steps) as int32, filled up with -1; scores (batch, paths): the
        negative sum of the best logits' log-probabilities for 'greedy', log-probabilities for 'beam_search'.

    Errors:
        ValueError: another strategy.

    >>> ctc_decode(torch.tensor([[[0.0, 9.0], [9.0, 0.0], [0.0, 9.0]]]), [3])[0]
    tensor([[[ 1,  1, -1]]], dtype=torch.int32)
    """
    if strategy not in ("greedy", "beam_search"):
        fail("ctc_decode()", "strategy", strategy, "'greedy' or 'beam_search'")
    inputs = as_tensor(inputs)
    logs = torch.log_softmax(inputs, -1).cpu()
    lengths = as_tensor(sequence_lengths).tolist()
    if strategy == "greedy":
        found = [[_best_path(one[:length], merge_repeated, mask_index)] for one, length in zip(logs, lengths)]
    else:
        found = [_beam_search(one[:length].tolist(), beam_width, mask_index)[:top_paths]
                 for one, length in zip(logs, lengths)]
    labels = torch.full((len(found[0]), len(found), inputs.shape[1]), -1, dtype=torch.int32)
    for sample, paths in enumerate(found):
        for path, (classes, _) in enumerate(paths):
            labels[path, sample, :len(classes)] = torch.tensor(classes, dtype=torch.int32)
    scores = torch.tensor([[score for _, score in paths] for paths in found], dtype=inputs.dtype)
    return labels.to(inputs.device), scores.to(inputs.device)


def _best_path(logs, merge_repeated, nothing):
    """(classes, score) of the best class of each step."""
    best = logs.max(-1)
    classes = best.indices.tolist()
    if merge_repeated:
        classes = [one for one, before in zip(classes, [None, *classes]) if one != before]
    return [one for one in classes if one != nothing], -float(best.values.sum())


def _beam_search(logs, width, nothing):
    """The best (classes, log-probability), best first.

    Each beginning has two log-probabilities: of the ways that end in "nothing", and of those that end in its
    last class; only after "nothing" may a class be repeated.
    """
    beams = {(): (0.0, -math.inf)}
    for step in logs:
        following = {}
        for classes, (after_nothing, after_class) in beams.items():
            both = _add(after_nothing, after_class)
            _extend(following, classes, 0, both + step[nothing])
            if classes:
                _extend(following, classes, 1, after_class + step[classes[-1]])
            for one, log in enumerate(step):
                if one != nothing:
                    before = after_nothing if classes and classes[-1] == one else both
                    _extend(following, (*classes, one), 1, before + log)
        ranked = sorted(following.items(), key=lambda item: -_add(*item[1]))
        beams = dict(ranked[:width])
    return [(list(classes), _add(*logs)) for classes, logs in beams.items()]


def _extend(beams, classes, ending, log):
    """Adds a way to the labels `classes`; `ending` is 0 after "nothing", 1 after a class."""
    logs = list(beams.get(classes, (-math.inf, -math.inf)))
    logs[ending] = _add(logs[ending], log)
    beams[classes] = tuple(logs)


def _add(a, b):
    """log(exp(a) + exp(b))."""
    high, low = max(a, b), min(a, b)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
