"""Loads networks with lrnet_packed.py and writes what it finds, for PythonLoaderTests.

    check_loader.py FOLDER-OF-THE-LOADER NETWORK PICTURES COUNT OUTPUT
"""

import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from lrnet_packed import Network  # noqa: E402

network = Network.load(sys.argv[2])
names = sorted(name[:-7] for name in network.tensors if name.endswith(".weight"))
with open(sys.argv[5] + "/weights", "wb") as file:
    for name in names:
        file.write(network.weight(name).astype(np.float32).tobytes())
height, width, channels = network.architecture["input"]
pictures = np.fromfile(sys.argv[3], np.uint8).reshape(int(sys.argv[4]), height, width, channels)
inputs = network.preprocess(pictures)
try:
    import torch
except ImportError:
    print("no torch")
    sys.exit()
module = network.module()
with torch.no_grad():
    module(torch.from_numpy(inputs)).numpy().astype(np.float32).tofile(sys.argv[5] + "/scores")
