"""Things given by output: as one value, a list, or a dict by output name."""

from keras_torch.base.checks import fail, nearest


def per_output(value, names, argument, allow_single=True):
    """One entry per output from a single value, a list, or a dict by output name.

    Args:
        value: what the user gave to compile or as a batch's part.
        names: names of the outputs.
        argument: name of the argument, for errors.
        allow_single: whether one value stands for all outputs.

    Errors:
        ValueError: another number of entries, or unknown names.

    >>> per_output({"b": 2}, ["a", "b"], "loss")
    [None, 2]
    """
    if isinstance(value, dict):
        unknown = [key for key in value if key not in names]
        if unknown:
            raise ValueError(
                f"`{argument}` names the output {unknown[0]!r}; the model's outputs are {names}. "
                f"{nearest(unknown[0], names)}"
            )
        return [value.get(name) for name in names]
    if isinstance(value, (list, tuple)):
        if len(value) != len(names):
            raise ValueError(
                f"`{argument}` has {len(value)} entries; the model has {len(names)} output(s) {names}. "
                "Give one entry per output, or a dict by output name."
            )
        return list(value)
    if not allow_single and len(names) > 1 and value is not None:
        fail("compile()", argument, value, f"a list or dict with one entry per output {names}")
    return [value] * len(names)


def pseudo_names(count):
    """Names of outputs that have none: output_1, output_2, ...

    >>> pseudo_names(2)
    ['output_1', 'output_2']
    """
    return [f"output_{index + 1}" for index in range(count)]
