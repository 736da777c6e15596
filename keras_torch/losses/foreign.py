"""What users' functions are told that hand tensors to numpy, which knows no gradients and no devices."""

import os
import traceback


def numpy_misuse(label, error):
    """A sentence for an error that came from a tensor in numpy's hands; None for any other error.

    Args:
        label: what the function is called in the sentence: 'Loss function "mine"'.
        error: what the function raised.

    >>> numpy_misuse("Loss", ValueError("something else"))
    """
    if not isinstance(error, (TypeError, RuntimeError)):
        return None
    frames = traceback.extract_tb(error.__traceback__)
    packages = [set(os.path.normpath(frame.filename).split(os.sep)[:-1]) for frame in frames]
    if not any("numpy" in names for names in packages) and not _is_refusal_of_numpy(error):
        return None
    own = [frame for frame, names in zip(frames, packages) if not names & {"numpy", "torch", "keras_torch"}]
    place = f"in line {own[-1].lineno} of {os.path.basename(own[-1].filename)}" if own else "in its code"
    return (f"{label} hands a tensor to numpy, {place}; numpy knows no gradients and no devices. Write it "
            "with torch (torch.mean) or keras.ops (keras.ops.mean).")


def _is_refusal_of_numpy(error):
    """Whether torch itself refused to give a tensor to numpy."""
    return "call numpy()" in str(error) or "tensor to numpy" in str(error)
