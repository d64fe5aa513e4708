"""Writes a QONNX file of lrnet-dist as a project of hls4ml.

    python hls4ml_project.py NET.onnx FOLDER [--compile]

Requires qonnx and hls4ml. --compile also compiles the emulation in C++.
"""

import sys

import hls4ml
import numpy as np
from onnx import helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.channels_last import ConvertToChannelsLastAndClean
from qonnx.util.cleanup import cleanup_model


def replace_means(model):
    """Replaces means over pixels, which hls4ml 1.3.0 takes in the wrong order, by convolutions."""
    nodes = model.graph.node
    for index, node in enumerate(nodes):
        if node.op_type != "GlobalAveragePool":
            continue
        _, channels, height, width = model.get_tensor_shape(node.input[0])
        weights = np.full((channels, 1, height, width), 1 / (height * width), np.float32)
        model.set_initializer(f"{node.output[0]}_weight", weights)
        mean = helper.make_node(
            "Conv", [node.input[0], f"{node.output[0]}_weight"], list(node.output), name=node.name,
            dilations=[1, 1], group=channels, kernel_shape=[height, width], pads=[0, 0, 0, 0],
            strides=[1, 1])
        nodes.remove(node)
        nodes.insert(index, mean)
    return model


def project(path, folder, precision="fixed<40,16>", backend="Vitis", stream="io_parallel"):
    """Returns hls4ml's model of a file. Its inputs are [N, height, width, channels].

    precision is that of numbers without a quantizer: sums, batch norm and the last layer. With
    fewer bits the design is smaller, and activations near the middle of two steps differ.
    """
    last = ConvertToChannelsLastAndClean(make_input_channels_last=True)
    model = cleanup_model(replace_means(cleanup_model(ModelWrapper(path))).transform(last))
    config = hls4ml.utils.config_from_onnx_model(
        model, granularity="name", backend=backend, default_precision=precision)
    return hls4ml.converters.convert_from_onnx_model(
        model, output_dir=folder, io_type=stream, backend=backend, hls_config=config)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--compile"]):
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    network = project(sys.argv[1], sys.argv[2])
    network.compile() if sys.argv[3:] else network.write()
    for layer in network.get_layers():
        for name, weight in layer.weights.items():
            print(f"{layer.name} {name}: {weight.type.precision} {list(weight.shape)}")
