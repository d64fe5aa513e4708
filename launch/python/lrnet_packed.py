"""Reads networks written by lrnet-dist: packed files and winner.safetensors.

    network = Network.load("mnist.lrnet.safetensors")      # or winner.safetensors
    network.arrays()          # name -> int8 or float32 array; weights are [O, H, W, I]
    network.state_dict()      # PyTorch: weights [O, I, H, W], scale and shift of each layer
    network.module()          # PyTorch: an nn.Module that maps [N, C, H, W] inputs to scores
    network.preprocess(x)     # uint8 [N, H, W, C], already cropped -> float32 [N, C, H, W]

Requires NumPy and safetensors. state_dict() and module() also require PyTorch.
"""

import hashlib
import json
import re

import numpy as np
from safetensors import safe_open

# The five trits, -1, 0 or +1, of each byte from 0 to 242.
TRITS = np.stack([np.arange(243) // 3**i % 3 for i in range(5)], axis=1).astype(np.int8) - 1


class Network:
    def __init__(self, metadata, tensors):
        self.metadata, self.tensors = metadata, tensors
        if "architecture" not in metadata:
            raise ValueError(
                f"this file ({metadata.get('format')}) has no architecture; export it again")
        self.architecture = json.loads(metadata["architecture"])
        self.preprocessing = json.loads(metadata["preprocessing"])
        self.is_packed = metadata["format"].startswith("lrnet-dist packed ")
        self.method = metadata["weights"]

    @classmethod
    def load(cls, path):
        with open(path, "rb") as file:
            content = file.read()
        with safe_open(path, "np") as file:
            digest = (file.metadata() or {}).get("sha256", "")
            # The hash covers the file with zeros in place of the hash itself.
            blank = content.replace(digest.encode(), b"0" * 64, 1) if digest else content
            if hashlib.sha256(blank).hexdigest() != digest:
                raise ValueError(f"{path} is damaged or was edited: its SHA-256 does not match")
            return cls(file.metadata(), {name: file.get_tensor(name) for name in file.keys()})

    def weight(self, layer):
        """Returns a layer's weights, [O, H, W, I], without scale; int8 if they are discrete."""
        tensor = self.tensors[f"{layer}.weight"]
        if not self.is_packed:
            return np.ascontiguousarray(tensor.transpose(3, 0, 1, 2))
        entry = json.loads(self.metadata["shapes"])[layer]
        if entry["values"] == "real":
            return tensor
        count = int(np.prod(entry["shape"]))
        if entry["values"] == "ternary" and tensor.max(initial=0) > 242:
            raise ValueError(f"{layer}.weight has bytes over 242, the largest value of five trits")
        if entry["values"] == "ternary":
            values = TRITS[tensor].reshape(-1)[:count]
        else:
            values = np.unpackbits(tensor, bitorder="little")[:count].astype(np.int8) * 2 - 1
        return values.reshape(entry["shape"])

    def affine(self, layer, norm=None):
        """Returns the scale and shift of a layer's sums, float32 [O].

        They include the batch norm, the bias and the scales of the weights.
        """
        get = lambda name: self.tensors.get(name)
        if self.is_packed:
            name = layer or norm
            return self.tensors[f"{name}.scale"], self.tensors[f"{name}.shift"]
        outputs = len(get(f"{norm}.gamma")) if norm else get(f"{layer}.weight").shape[3]
        scale = np.ones(outputs) if layer is None or get(f"{layer}.scale") is None \
            else np.broadcast_to(get(f"{layer}.scale").astype(float), outputs)
        bias = get(f"{layer}.bias") if layer else None
        bias = np.zeros(outputs) if bias is None else bias.astype(float)
        if norm is None:
            return scale.astype(np.float32), bias.astype(np.float32)
        mean, variance, gamma, beta = (
            get(f"{norm}.{part}").astype(float) for part in ("mean", "variance", "gamma", "beta"))
        factor = gamma / np.sqrt(variance + float(self.metadata["batchNormEpsilon"]))
        return ((scale * factor).astype(np.float32),
                (beta + (bias - mean) * factor).astype(np.float32))

    def real_weight(self, layer):
        """Returns a layer's weights as float32 [O, I, H, W].

        With TTQ, weights of -1 are multiplied by the ratio of the negative to the positive scale.
        """
        w = self.weight(layer).astype(np.float32)
        factor = self.tensors.get(f"{layer}.negativeFactor")
        if factor is None and f"{layer}.negativeScale" in self.tensors:
            ratio = self.tensors[f"{layer}.negativeScale"] / self.tensors[f"{layer}.scale"]
            factor = np.broadcast_to(ratio, len(w))
        if factor is not None:
            w = np.where(w < 0, w * factor.astype(np.float32)[:, None, None, None], w)
        return np.ascontiguousarray(w.transpose(0, 3, 1, 2))

    def arrays(self):
        names = [name[:-7] for name in self.tensors if name.endswith(".weight")]
        return {**{n: t for n, t in self.tensors.items() if not n.endswith(".weight")},
                **{f"{name}.weight": self.weight(name) for name in names}}

    def preprocess(self, images):
        x = images.astype(np.float32).transpose(0, 3, 1, 2)
        rule = self.preprocessing["standardize"]
        if rule == "none":
            return x / np.float32(255)
        if rule == "image":
            mean = x.mean(axis=(1, 2, 3), keepdims=True)
            deviation = x.std(axis=(1, 2, 3), keepdims=True)
            return (x - mean) / np.maximum(deviation, np.float32(1 / np.sqrt(x[0].size)))
        shape = (1, -1, 1, 1)
        mean, deviation = (np.float32(rule[k]).reshape(shape) for k in ("mean", "deviation"))
        return (x / np.float32(255) - mean) / deviation

    # PyTorch

    def state_dict(self):
        return self.module().state_dict()

    def module(self):
        """Returns an nn.Module. Raises ValueError for methods with sign activations."""
        import torch
        from torch import nn
        from torch.nn import functional as F

        if self.method in ("bnn", "xnor", "ebp"):
            raise ValueError(f"{self.method} has sign activations, which module() does not build")
        symmetric = self.architecture["padding"] == "symmetric"

        def pads(size, window, stride):
            if symmetric:
                return window // 2, window // 2
            total = max((-(-size // stride) - 1) * stride + window - size, 0)
            return total // 2, total - total // 2

        def padded(x, window, stride, value=0.0):
            (top, bottom), (left, right) = (pads(n, window, stride) for n in x.shape[2:])
            return F.pad(x, (left, right, top, bottom), value=value)

        class Layer(nn.Module):
            """A convolution (with stride 0: a fully connected layer), then scale and shift."""

            def __init__(layer, net, name, norm, stride, size=None):
                super().__init__()
                w = net.real_weight(name)
                if size is not None:  # inputs are in the order row, column, channel
                    w = w.reshape(len(w), *size).transpose(0, 3, 1, 2)
                scale, shift = net.affine(name, norm)
                layer.weight = nn.Parameter(torch.from_numpy(np.ascontiguousarray(w)), False)
                layer.scale = nn.Parameter(torch.from_numpy(scale.copy()), False)
                layer.shift = nn.Parameter(torch.from_numpy(shift.copy()), False)
                layer.stride, layer.is_linear = stride, size is not None

            def forward(layer, x):
                window = layer.weight.shape[2]
                if not layer.is_linear and window > 1:
                    x = padded(x, window, layer.stride)
                y = F.conv2d(x, layer.weight, stride=max(layer.stride, 1))
                return y * layer.scale[:, None, None] + layer.shift[:, None, None]

        class Module(nn.Module):
            def __init__(self, net):
                super().__init__()
                self.steps, self.net = [], net
                self.layers = nn.ModuleDict()
                self.counts = {}
                x = torch.zeros(1, *(net.architecture["input"][i] for i in (2, 0, 1)))
                for block in net.architecture["blocks"]:
                    self.add(block, x.shape)
                    x = self.steps[-1](x) if self.steps else x
                norm = "outputNorm" if net.architecture["lastLayer"] == "discrete-normalized" \
                    else None
                self.steps.append(self.layer("output", norm, 0, x.shape))
                self.steps.append(lambda x: x.flatten(1))

            def name(self, kind):
                self.counts[kind] = self.counts.get(kind, 0) + 1
                return f"{kind}{self.counts[kind]}"

            def layer(self, name, norm, stride, shape=None):
                size = None if shape is None else (shape[2], shape[3], shape[1])
                layer = Layer(self.net, name, norm, stride, size)
                self.layers[name.replace(".", "_")] = layer
                return layer

            def add(self, block, shape):
                if m := re.fullmatch(r"(\d+)C(\d+)(?:/(\d+))?", block):
                    conv = self.layer(self.name("conv"), self.name("bn"), int(m[3] or 1))
                    self.steps.append(lambda x: F.relu(conv(x)))
                elif m := re.fullmatch(r"(\d+)FC", block):
                    fc = self.layer(self.name("fc"), self.name("bn"), 0, shape)
                    self.steps.append(lambda x: F.relu(fc(x)))
                elif m := re.fullmatch(r"MP(\d+)(?:/(\d+))?", block):
                    window, stride = int(m[1]), int(m[2] or m[1])
                    self.steps.append(lambda x: F.max_pool2d(
                        x if window == stride else padded(x, window, stride, -float("inf")),
                        window, stride))
                elif block == "GAP":
                    self.steps.append(lambda x: x.mean(dim=(2, 3), keepdim=True))
                elif m := re.fullmatch(r"(\d+)R(?:/(\d+))?", block):
                    self.steps.append(self.residual(int(m[1]), int(m[2] or 1), shape))
                else:  # dropout has no effect in evaluation
                    self.steps.append(lambda x: x)

            def residual(self, filters, stride, shape):
                name = self.name("block")
                first = self.layer(f"{name}.conv1", f"{name}.bn1", stride)
                second = self.layer(f"{name}.conv2", f"{name}.bn2", 1)
                shortcut = lambda x: x
                if stride != 1 or shape[1] != filters:
                    if self.net.architecture["shortcut"] == "zero-padded":
                        shortcut = lambda x: F.pad(
                            x[:, :, ::stride, ::stride], (0, 0, 0, 0, 0, filters - x.shape[1]))
                    else:
                        shortcut = self.layer(
                            f"{name}.projection", f"{name}.projectionNorm", stride)
                return lambda x: F.relu(second(F.relu(first(x))) + shortcut(x))

            def forward(self, x):
                for step in self.steps:
                    x = step(x)
                return x

        return Module(self).eval()
