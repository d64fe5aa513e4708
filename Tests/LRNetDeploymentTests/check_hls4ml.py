"""Compiles a QONNX file with hls4ml and runs its emulation.

    check_hls4ml.py NET IMAGES COUNT OUTPUT FOLDER

IMAGES holds COUNT images [height, width, channels] of float32, one after the other. The scores go to OUTPUT as
float32. Prints the type of each layer's weights.
"""

import sys

import numpy as np
import onnx
from hls4ml_project import project

path, images, count, output, folder = sys.argv[1:]
shape = onnx.load(path).graph.input[0].type.tensor_type.shape.dim
channels, height, width = (size.dim_value for size in shape[1:])
pictures = np.fromfile(images, np.float32).reshape(int(count), height, width, channels)
model = project(path, folder)
model.compile()
scores = model.predict(np.ascontiguousarray(pictures))
np.asarray(scores, np.float32).tofile(output)
for layer in model.get_layers():
    weight = layer.weights.get("weight")
    if weight is not None:
        print("weight", layer.name, weight.type.precision)
