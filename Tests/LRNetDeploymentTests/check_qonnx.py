"""Executes a QONNX file with qonnx and with a reference in NumPy.

    check_qonnx.py NET IMAGES COUNT OUTPUT

IMAGES holds COUNT images [height, width, channels] of float32, one after the other. The scores of qonnx go to
OUTPUT as float32. Prints the largest difference between both, and the number of values of all activations that
differ. The channels-last form, which compilers read, must have the same scores.
"""

import sys

import numpy as np
import onnx
from onnx import numpy_helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.channels_last import ConvertToChannelsLastAndClean
from qonnx.transformation.infer_shapes import InferShapes
from qonnx.util.cleanup import cleanup_model

REQUIRED = {
    "Add": set(), "BatchNormalization": {"epsilon", "momentum"}, "BipolarQuant": set(),
    "Conv": {"dilations", "group", "kernel_shape", "pads", "strides"}, "Flatten": {"axis"},
    "GlobalAveragePool": set(), "MatMul": set(), "Relu": set(), "Reshape": set(),
    "MaxPool": {"ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"},
    "Quant": {"narrow", "rounding_mode", "signed"},
}


def windows(x, shape, strides):
    """[1, C, H, W] -> [C, rows, columns, height, width]"""
    views = np.lib.stride_tricks.sliding_window_view(x[0], shape, axis=(1, 2))
    return views[:, :: strides[0], :: strides[1]]


def padded(x, pads, value):
    return np.pad(x, [(0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])], constant_values=value)


def compute(node, inputs, a):
    """The value of a node. Sums are in float64, which is exact for multiples of a power of two."""
    x = inputs[0]
    match node.op_type:
        case "Quant":
            scale, zero, bits = (float(value) for value in inputs[1:])
            low = -(2 ** (bits - 1)) + a["narrow"] if a["signed"] else 0
            high = 2 ** (bits - 1) - 1 if a["signed"] else 2**bits - 1 - a["narrow"]
            assert a["rounding_mode"] == b"ROUND" and zero == 0
            assert np.frexp(scale)[0] == 0.5, f"{node.name}: {scale} is not a power of two"
            return np.clip(np.rint(x / scale), low, high) * scale
        case "BipolarQuant":
            return np.where(x >= 0, inputs[1], -inputs[1])
        case "Conv":
            assert a["group"] == 1 and list(a["dilations"]) == [1, 1]
            w = inputs[1].astype(np.float64)
            views = windows(padded(x, a["pads"], 0), a["kernel_shape"], a["strides"])
            return np.einsum("crshw,ochw->ors", views.astype(np.float64), w, optimize=True)[None]
        case "MaxPool":
            views = windows(padded(x, a["pads"], -np.inf), a["kernel_shape"], a["strides"])
            return views.max(axis=(3, 4))[None]
        case "MatMul":
            return x.astype(np.float64) @ inputs[1].astype(np.float64)
        case "BatchNormalization":
            scale, shift, mean, variance = (
                value.reshape([-1] + [1] * (x.ndim - 2)) for value in inputs[1:])
            factor = (scale / np.sqrt(variance + np.float32(a["epsilon"]))).astype(np.float32)
            return x * factor + (shift - mean * factor)
        case "GlobalAveragePool":
            return x.sum(axis=(2, 3), keepdims=True, dtype=np.float64) / (x.shape[2] * x.shape[3])
        case "Relu":
            return np.maximum(x, 0)
        case "Add":
            return x + inputs[1]
        case "Flatten":
            return x.reshape(1, -1)
        case "Reshape":
            sizes = [size if size else x.shape[axis] for axis, size in enumerate(inputs[1])]
            return x.reshape(sizes)
    raise ValueError(f"{node.op_type} has no reference")


def reference(model, image):
    """The values of all activations."""
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    values["image"] = image
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        assert set(attributes) == REQUIRED[node.op_type], f"{node.name}: {attributes}"
        inputs = [values[name] for name in node.input]
        values[node.output[0]] = np.asarray(compute(node, inputs, attributes), np.float32)
    return values


def main():
    path, images, count, output = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    proto = onnx.load(path)
    onnx.checker.check_model(proto, full_check=True)
    assert {(o.domain, o.version) for o in proto.opset_import} == {
        ("", 13), ("qonnx.custom_op.general", 1)}
    for node in proto.graph.node:
        custom = node.op_type in ("Quant", "BipolarQuant")
        assert node.domain == ("qonnx.custom_op.general" if custom else ""), node.name
    sizes = [size.dim_value for size in proto.graph.input[0].type.tensor_type.shape.dim]
    model = ModelWrapper(path).transform(InferShapes())
    last = cleanup_model(ModelWrapper(path)).transform(ConvertToChannelsLastAndClean())
    _, channels, height, width = sizes
    pictures = np.fromfile(images, np.float32).reshape(count, height, width, channels)
    scores, largest, different, total = [], 0.0, 0, 0
    for picture in pictures:
        image = np.ascontiguousarray(picture.transpose(2, 0, 1)[None])
        found = execute_onnx(model, {"image": image}, return_full_exec_context=True)
        expected = reference(proto, image)
        for node in proto.graph.node:
            name = node.output[0]
            # Only rounded values must be equal; real ones differ in the order of sums.
            if node.op_type in ("Quant", "BipolarQuant"):
                different += int((found[name] != expected[name]).sum())
                total += found[name].size
        largest = max(largest, float(np.abs(found["scores"] - expected["scores"]).max()))
        scores.append(found["scores"][0])
        other = execute_onnx(last, {last.graph.input[0].name: image})
        other = other[last.graph.output[0].name]
        assert np.allclose(other, found["scores"], rtol=1e-4, atol=1e-4), "channels last"
    np.asarray(scores, np.float32).tofile(output)
    print(f"{largest} {different} {total}")


main()
