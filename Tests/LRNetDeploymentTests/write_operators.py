"""Writes an ONNX file of operators in forms that no exporter test has, and what onnxruntime makes of a picture.

    write_operators.py FOLDER

`net.onnx`, `picture` [height, width, channels] of uint8, `features` of int32.
"""

import pathlib
import sys

import numpy
import onnx
import onnxruntime
from onnx import helper, numpy_helper


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    numbers = numpy.random.default_rng(1)
    constants = {
        "one": numpy.float32(1),
        "step": numpy.float32(0.75),
        "zero": numpy.int8(0),
        "x.zero": numpy.uint8(1),
        "y.zero": numpy.uint8(100),
        "two": numpy.uint8(2),
        "w1": numbers.integers(-1, 2, (6, 3, 3, 3)).astype(numpy.int8),
        "f1": numbers.uniform(0.01, 0.04, 6).astype(numpy.float32),
        "b1": numbers.integers(-9, 9, 6).astype(numpy.int32),
        "w2": numpy.ones((6, 1, 2, 3), numpy.int8),
        "f2": numpy.full(6, 10 / 6, numpy.float32),
        "b2": numpy.zeros(6, numpy.int32),
        "w3": numbers.integers(-1, 2, (4, 3, 3, 3)).astype(numpy.int8),
        "f3": numpy.float32([0.31]),
        "b3": numbers.integers(-9, 9, 4).astype(numpy.int32),
        "axes": numpy.int64([2, 3]),
    }

    def window(kernel, pads, strides, group):
        return {
            "dilations": [1, 1], "group": group, "kernel_shape": kernel, "pads": pads,
            "strides": strides,
        }

    def node(kind, name, inputs, **attributes):
        return helper.make_node(kind, inputs, [name], name=name, **attributes)

    nodes = [
        # A threshold: 0, 1 or 2 with a zero point of 1.
        node("QLinearConv", "c1",
             ["image", "one", "y.zero", "w1", "f1", "zero", "one", "x.zero", "b1"],
             **window([3, 3], [1, 0, 1, 1], [2, 2], 1)),
        node("Min", "signs", ["c1", "two"]),
        # A sum of each channel over the whole plane.
        node("QLinearConv", "mean",
             ["signs", "one", "x.zero", "w2", "f2", "zero", "step", "y.zero", "b2"],
             **window([2, 3], [0, 0, 0, 0], [1, 1], 6)),
        # Several groups with padding of a zero point.
        node("QLinearConv", "c3",
             ["signs", "step", "x.zero", "w3", "f3", "zero", "one", "y.zero", "b3"],
             **window([3, 3], [1, 1, 1, 1], [1, 1], 2)),
        node("MaxPool", "pool", ["c3"], kernel_shape=[2, 3], pads=[1, 1, 0, 1], strides=[1, 2],
             dilations=[1, 1], ceil_mode=0, storage_order=0),
        node("Cast", "pool.sum", ["pool"], to=onnx.TensorProto.INT32),
        node("ReduceSum", "pool.sums", ["pool.sum", "axes"], keepdims=1, noop_with_empty_axes=0),
        node("Flatten", "pool.flat", ["pool.sums"], axis=1),
        node("Flatten", "mean.flat", ["mean"], axis=1),
        node("Cast", "mean.integers", ["mean.flat"], to=onnx.TensorProto.INT32),
        node("Cast", "wide", ["widening"], to=onnx.TensorProto.INT32),
        node("Mul", "part", ["mean.integers", "wide"]),
        node("ReduceSum", "part.sum", ["part", "last"], keepdims=1, noop_with_empty_axes=0),
        node("Add", "features", ["pool.flat", "part.sum"]),
    ]
    constants["widening"] = numpy.int8([[3, -1, 2, 7, 1, -5]])
    constants["last"] = numpy.int64([1])
    graph = helper.make_graph(
        nodes, "operators",
        [helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, ["N", 3, 4, 6])],
        [helper.make_tensor_value_info("features", onnx.TensorProto.INT32, ["N", 4])],
        [numpy_helper.from_array(numpy.asarray(value), name) for name, value in constants.items()])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7, producer_name="test")
    helper.set_model_props(
        model, dict.fromkeys(["architecture", "format", "method", "preprocessing", "source"], "-"))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, folder / "net.onnx")

    picture = numbers.integers(0, 256, (4, 6, 3)).astype(numpy.uint8)
    picture.tofile(folder / "picture")
    session = onnxruntime.InferenceSession(
        str(folder / "net.onnx"), providers=["CPUExecutionProvider"])
    pictures = numpy.ascontiguousarray(picture.transpose(2, 0, 1)[None])
    session.run(None, {"image": pictures})[0].tofile(folder / "features")


main()
