"""Windows against real Keras (numbers), torch (gradients), and the promise that nothing is copied."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from cases.arrays import Values, array
from cases.reference_files import distance, read
from cases.window_cases import UPSAMPLING_CASES, WINDOW_CASES

from keras_torch.ops import windows
from keras_torch.ops.windows import Window
from keras_torch.symbolic.record import KerasTensor

REFERENCE = read("windows")
COPIES = ("aten::copy_", "aten::clone", "aten::contiguous")
names = [case.name for case in WINDOW_CASES]


def kernel_memory(*shape):
    """Random numbers of a kernel's shape, in the memory order in which layers keep kernels."""
    rank = len(shape) - 2
    order = (rank + 1, *range(rank), rank)                       # out, spatial, in
    memory = torch.randn([shape[axis] for axis in order])
    return memory.permute(*range(1, rank + 2), 0)


def recorded_copies(function):
    """Names of the copying kernels that ran in `function()`."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], acc_events=True) as profile:
        function()
    return [event.name for event in profile.events() if event.name in COPIES]


def to_first(case, tensors):
    return [tensors[0].movedim(-1, 1), *tensors[1:]]


@pytest.mark.parametrize("case", WINDOW_CASES, ids=names)
def test_numbers_are_those_of_keras(case):
    outputs = getattr(windows, case.function)(*map(torch.tensor, case.arrays()), **case.arguments)
    reference = REFERENCE[case.name]["output"]
    assert outputs.shape == reference.shape
    assert distance(outputs.numpy(), reference) < 1e-5


@pytest.mark.parametrize("case", WINDOW_CASES, ids=names)
def test_channels_first_is_channels_last_with_axes_moved(case):
    function, tensors = getattr(windows, case.function), list(map(torch.tensor, case.arrays()))
    last = function(*tensors, **case.arguments)
    first = function(*to_first(case, tensors), **{**case.arguments, "data_format": "channels_first"})
    torch.testing.assert_close(first.movedim(1, -1), last, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", WINDOW_CASES, ids=names)
def test_shapes_come_from_meta_tensors(case):
    inputs = [torch.empty(part.shape, device="meta") for part in case.arrays()]
    outputs = getattr(windows, case.function)(*inputs, **case.arguments)
    assert outputs.shape == REFERENCE[case.name]["output"].shape


@pytest.mark.parametrize("case", WINDOW_CASES, ids=names)
def test_gradients_are_those_of_finite_differences(case):
    tensors = [torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in case.arrays()]
    function = getattr(windows, case.function)
    torch.autograd.gradcheck(lambda *args: function(*args, **case.arguments), tensors, fast_mode=True)


@pytest.mark.parametrize("row", UPSAMPLING_CASES, ids=[row[0] + row[3] for row in UPSAMPLING_CASES])
def test_upsampling_is_that_of_keras(row):
    note, shape, factors, interpolation = row
    inputs = torch.tensor(array(Values(shape), f"upsample-{note}/0"))
    reference = REFERENCE[f"upsample-{note}"]["output"]
    outputs = windows.upsample(inputs, factors, "channels_last", interpolation)
    # TensorFlow reads its cubic from a table of 1024 entries, which is worth 1e-3.
    assert distance(outputs.numpy(), reference) < (3e-3 if interpolation == "bicubic" else 1e-5)
    first = windows.upsample(inputs.movedim(-1, 1), factors, "channels_first", interpolation)
    torch.testing.assert_close(first.movedim(1, -1), outputs)


def test_upsampling_repeats_whole_numbers():
    doubled = windows.upsample(torch.tensor([[[1], [2]]]), (2,), "channels_last")
    assert doubled.flatten().tolist() == [1, 1, 2, 2]


CONVOLUTIONS_WITHOUT_COPY = [
    ((2, 9, 8), (3, 8, 4), dict(padding="valid")),
    ((2, 9, 8), (3, 8, 4), dict(padding="same")),
    ((2, 9, 8, 8), (3, 3, 8, 4), dict(padding="valid", strides=(2, 2))),
    ((2, 9, 9, 8), (3, 3, 8, 4), dict(padding="same", strides=(2, 2))),
    ((2, 9, 8, 8), (3, 5, 8, 4), dict(padding="same")),
    ((2, 9, 8, 7, 8), (3, 3, 1, 8, 4), dict(padding="same")),
]


@pytest.mark.parametrize("shape, kernel_shape, arguments", CONVOLUTIONS_WITHOUT_COPY)
def test_convolution_of_channels_last_copies_nothing(shape, kernel_shape, arguments):
    kernel, bias, inputs = kernel_memory(*kernel_shape), torch.zeros(4), torch.randn(shape)
    window = Window(kernel_shape[:-2], **arguments)
    outputs = []
    assert recorded_copies(lambda: outputs.append(windows.convolve(inputs, kernel, bias, window))) == []
    assert outputs[0].is_contiguous()


@pytest.mark.parametrize("pool", [windows.pool_max, windows.pool_average])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_pooling_of_channels_last_copies_nothing(pool, padding, rank):
    inputs, window = torch.randn(2, *(8, 7, 6)[:rank], 16), Window((3,) * rank, (2,) * rank, padding)
    outputs = []
    assert recorded_copies(lambda: outputs.append(pool(inputs, window))) == []
    assert outputs[0].is_contiguous()


def test_gradients_keep_the_memory_order():
    kernel = kernel_memory(3, 3, 8, 4).requires_grad_()
    inputs = torch.randn(2, 9, 9, 8, requires_grad=True)
    windows.convolve(inputs, kernel, None, Window((3, 3))).square().sum().backward()
    assert inputs.grad.is_contiguous()
    assert kernel.grad.stride() == kernel.stride()


def test_even_padding_is_left_to_the_kernel():
    assert Window((3, 3), padding="same").fixed_recipe == ((1, 1), None)
    assert Window((2, 3), padding="same").fixed_recipe == ((0, 1), [0, 0, 0, 1])
    assert Window((3,), padding="causal").fixed_recipe == ((0, 0), [2, 0, 0, 0])


def test_causal_outputs_do_not_see_later_steps():
    kernel, window = torch.randn(3, 2, 4), Window((3,), padding="causal", dilation=(2,))
    inputs = torch.randn(1, 10, 2, requires_grad=True)
    windows.convolve(inputs, kernel, None, window)[0, 5].sum().backward()
    assert inputs.grad[0].abs().sum(-1).nonzero().flatten().tolist() == [1, 3, 5]


def test_causal_equals_a_convolution_padded_by_hand():
    inputs, kernel = torch.randn(2, 7, 3), torch.randn(4, 3, 5)
    ours = windows.convolve(inputs, kernel, None, Window((4,), (2,), "causal"))
    theirs = F.conv1d(F.pad(inputs.permute(0, 2, 1), (3, 0)), kernel.permute(2, 1, 0), stride=2)
    torch.testing.assert_close(ours, theirs.permute(0, 2, 1), rtol=1e-5, atol=1e-5)


def test_max_pooling_never_returns_padding():
    inputs = torch.full((1, 5, 5, 1), -3.0)
    for size, strides in (((2, 2), (1, 1)), ((3, 3), (2, 2)), ((4, 2), (1, 3))):
        assert (windows.pool_max(inputs, Window(size, strides, "same")) == -3).all()


def test_window_knows_its_output_sizes():
    assert Window((3, 2), (2, 1)).output_sizes((9, None)) == (4, None)
    assert Window((3,), (2,), "same").output_sizes((9,)) == (5,)
    assert Window((3,), (2,), "causal").output_sizes((9,)) == (5,)
    assert Window((3,), dilation=(3,)).output_sizes((9,)) == (3,)


@pytest.mark.slow  # torch.compile
def test_one_graph_with_sizes_that_change():
    kernel = torch.randn(3, 3, 2, 4)

    def step(inputs):
        pooled = windows.max_pool(inputs, 3, 2, "same", "channels_last")
        return windows.conv(pooled, kernel, 2, "same", "channels_last")

    compiled = torch.compile(step, fullgraph=True, dynamic=True, backend="eager")
    for size in (9, 12):
        inputs = torch.randn(1, size, size, 2)
        torch.testing.assert_close(compiled(inputs), step(inputs))


def test_zero_pad_and_crop_are_inverse():
    for data_format, shape in (("channels_last", (2, 4, 5, 3)), ("channels_first", (2, 3, 4, 5))):
        inputs = torch.randn(shape)
        padded = windows.zero_pad(inputs, ((1, 0), (2, 3)), data_format)
        axis = 1 if data_format == "channels_last" else 2
        assert padded.shape[axis:axis + 2] == (5, 10)
        assert padded.sum().isclose(inputs.sum(), atol=1e-5)
        assert windows.crop(padded, ((1, 0), (2, 3)), data_format).equal(inputs)


def test_global_pooling():
    inputs = torch.randn(2, 4, 5, 3)
    assert windows.global_average(inputs, "channels_last").equal(inputs.mean((1, 2)))
    assert windows.global_max(inputs, "channels_first", True).equal(inputs.amax((2, 3), keepdim=True))


def test_symbols_record_one_node_and_keep_unknown_sizes():
    symbol, kernel = KerasTensor((None, None, 9, 3)), torch.zeros(3, 3, 3, 4)
    assert windows.conv(symbol, kernel, 2, "same", "channels_last").shape == (None, None, 5, 4)
    assert windows.max_pool(symbol, 2, data_format="channels_last").shape == (None, None, 4, 3)
    assert windows.adaptive_max_pool(symbol, 2, data_format="channels_last").shape == (None, 2, 2, 3)
    assert windows.upsample(symbol, (2, 2), "channels_last").shape == (None, None, 18, 3)


@pytest.mark.parametrize("name", ["max", "average"])
def test_adaptive_pooling_is_that_of_torch(name):
    inputs = torch.randn(2, 7, 5, 3)
    expected = getattr(F, {"max": "adaptive_max_pool2d", "average": "adaptive_avg_pool2d"}[name])(
        inputs.movedim(-1, 1), (3, 2)).movedim(1, -1)
    pool = getattr(windows, f"adaptive_{name}_pool")
    torch.testing.assert_close(pool(inputs, (3, 2), data_format="channels_last"), expected)


IMAGE = torch.zeros(1, 5, 5, 4)
ROW_KERNEL = torch.zeros(1, 3, 4, 4)
ERRORS = [
    (lambda: windows.conv(torch.zeros(2, 3), torch.zeros(3, 3, 4)), "`inputs` must have 1 to 3 axes"),
    (lambda: windows.conv(IMAGE, torch.zeros(3, 3, 3, 4)), r"4 channels do not fit .* \(3, 3, 3, 4\)"),
    (lambda: windows.conv(IMAGE, torch.zeros(3, 3, 2, 3)), "the groups"),
    (lambda: windows.conv(IMAGE, torch.zeros(6, 1, 4, 4)), r"\(6, 1\) cells does not fit .* \(5, 5\)"),
    (lambda: windows.conv(IMAGE, ROW_KERNEL, padding="full"), "`padding` must be 'valid' or 'same'"),
    (lambda: windows.conv(IMAGE, ROW_KERNEL, strides=0), "`strides` must be a positive integer or 2"),
    (lambda: windows.conv(IMAGE, ROW_KERNEL, strides=(1, 2, 3)), "`strides` must be"),
    (lambda: windows.conv(IMAGE, ROW_KERNEL, strides=2, dilation_rate=2), "`strides` must be 1 where"),
    (lambda: windows.max_pool(IMAGE, 2, data_format="nhwc"), "`data_format` must be 'channels_last' or"),
    (lambda: windows.adaptive_max_pool(IMAGE, 0), "`output_size` must be a positive integer or 2 of them"),
    (lambda: windows.adaptive_average_pool(IMAGE, (1, 2, 3)), "`output_size` must be"),
    (lambda: windows.max_pool(IMAGE, 6), "Use padding='same' or a smaller window"),
    (lambda: windows.conv_transpose(IMAGE, torch.zeros(3, 3, 4, 3)), r"is \(spatial..., filters, channels\)"),
]


@pytest.mark.parametrize("call, message", ERRORS, ids=[message for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
