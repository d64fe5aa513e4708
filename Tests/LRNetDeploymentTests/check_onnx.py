"""Checks an ONNX file and runs it.

    check_onnx.py NET IMAGES COUNT

IMAGES holds COUNT pictures [height, width, channels] of the type of the network's input, one after the other.
Each output is written beside NET under its name, as int32 or float32; the operations that are left when
constants are folded, to `operations`.
"""

import collections
import pathlib
import sys

import numpy
import onnx
import onnxruntime


def main() -> None:
    path, images, count = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    domains = {node.domain for node in model.graph.node} | {o.domain for o in model.opset_import}
    assert domains == {""}, domains
    keys = {entry.key for entry in model.metadata_props}
    wanted = {"architecture", "preprocessing", "source", "method", "format"}
    assert wanted <= keys, keys

    image = model.graph.input[0].type.tensor_type
    kind = onnx.helper.tensor_dtype_to_np_dtype(image.elem_type)
    channels, height, width = (size.dim_value for size in image.shape.dim[1:])
    pictures = numpy.fromfile(images, kind).reshape(count, height, width, channels)
    pictures = numpy.ascontiguousarray(pictures.transpose(0, 3, 1, 2))

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    names = [output.name for output in session.get_outputs()]
    whole = session.run(None, {"image": pictures})
    one = session.run(None, {"image": pictures[:1]})
    for name, values, single in zip(names, whole, one):
        assert values.shape[0] == count and single.shape == (1,) + values.shape[1:]
        kind = numpy.float32 if values.dtype == numpy.float32 else numpy.int32
        values.astype(kind).tofile(path.parent / name)

    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path.parent / "optimized.onnx")
    onnxruntime.InferenceSession(str(path), options, providers=providers)
    nodes = onnx.load(options.optimized_model_filepath).graph.node
    operations = collections.Counter(node.op_type for node in nodes)
    lines = [f"{name} {number}" for name, number in sorted(operations.items())]
    (path.parent / "operations").write_text("\n".join(lines))


main()
