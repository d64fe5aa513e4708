"""Makes small networks as PyTorch saves them, and what they answer in float64.

    python3 make_pretrained.py

Needs numpy and torch. `resnet.safetensors` has torchvision's names for a ResNet of two stages with 6 and
8 channels, `plain.safetensors` the names that our layers have, with a linear layer behind an image.
`pretrained.json` has images (NHWC) and logits of both, computed in evaluation mode from the state
dictionaries, not by our program. Most tensors are Float32, some of other types that hold their values
exactly. The safetensors format is written by hand: a length, a JSON header, the bytes.
"""

import json
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(20241126)
EPSILON = 1e-5
FOLDER = pathlib.Path(__file__).parent


def normal(*shape, scale=1.0, shift=0.0):
    return (scale * rng.standard_normal(shape) + shift).astype(np.float32)


def conv(state, name, outputs, inputs, window):
    deviation = (2 / (inputs * window * window)) ** 0.5
    state[f"{name}.weight"] = normal(outputs, inputs, window, window, scale=deviation)


def norm(state, name, channels):
    state[f"{name}.weight"] = normal(channels, scale=0.3, shift=1)
    state[f"{name}.bias"] = normal(channels, scale=0.3)
    state[f"{name}.running_mean"] = normal(channels, scale=0.3)
    state[f"{name}.running_var"] = np.abs(normal(channels, scale=0.3, shift=1)) + np.float32(0.1)
    state[f"{name}.num_batches_tracked"] = np.array(1234, dtype=np.int64)


def linear(state, name, outputs, inputs, bias=True):
    state[f"{name}.weight"] = normal(outputs, inputs, scale=inputs**-0.5)
    if bias:
        state[f"{name}.bias"] = normal(outputs, scale=0.5)


def bfloat16(values):
    bits = values.view(np.uint32)
    return (((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16) << 16).astype(np.uint32).view(np.float32)


def save(path, state, types):
    """Writes the tensors, in the types given by name; values must be exact in them."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, values in state.items():
        dtype = types.get(name, "I64" if values.dtype == np.int64 else "F32")
        raw = {
            "F32": lambda: values, "I64": lambda: values,
            "F64": lambda: values.astype(np.float64), "F16": lambda: values.astype(np.float16),
            "BF16": lambda: (values.view(np.uint32) >> 16).astype(np.uint16),
        }[dtype]().tobytes()  # fmt: skip
        header[name] = {
            "dtype": dtype, "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }  # fmt: skip
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def tensors(state):
    return {name: torch.tensor(values.astype(np.float64)) for name, values in state.items()}


def apply_norm(x, state, name):
    return F.batch_norm(
        x, state[f"{name}.running_mean"], state[f"{name}.running_var"], state[f"{name}.weight"],
        state[f"{name}.bias"], training=False, eps=EPSILON)  # fmt: skip


def resnet():
    state = {}
    conv(state, "conv1", 6, 3, 7)
    norm(state, "bn1", 6)
    for stage, block, inputs, outputs in [(1, 0, 6, 6), (1, 1, 6, 6), (2, 0, 6, 8), (2, 1, 8, 8)]:
        name = f"layer{stage}.{block}"
        conv(state, f"{name}.conv1", outputs, inputs, 3)
        norm(state, f"{name}.bn1", outputs)
        conv(state, f"{name}.conv2", outputs, outputs, 3)
        norm(state, f"{name}.bn2", outputs)
        if inputs != outputs:
            conv(state, f"{name}.downsample.0", outputs, inputs, 1)
            norm(state, f"{name}.downsample.1", outputs)
    linear(state, "fc", 5, 8)
    types = {"layer1.0.conv1.weight": "F16", "layer2.1.conv2.weight": "BF16", "fc.weight": "F64"}
    name = "layer1.0.conv1.weight"
    state[name] = state[name].astype(np.float16).astype(np.float32)
    name = "layer2.1.conv2.weight"
    state[name] = bfloat16(state[name])
    save(FOLDER / "resnet.safetensors", state, types)

    s = tensors(state)
    images = torch.tensor(normal(4, 3, 20, 18).astype(np.float64))
    x = F.relu(apply_norm(F.conv2d(images, s["conv1.weight"], stride=2, padding=3), s, "bn1"))
    x = F.max_pool2d(x, 3, 2, padding=1)
    for stage, block, stride in [(1, 0, 1), (1, 1, 1), (2, 0, 2), (2, 1, 1)]:
        name = f"layer{stage}.{block}"
        y = F.conv2d(x, s[f"{name}.conv1.weight"], stride=stride, padding=1)
        y = F.relu(apply_norm(y, s, f"{name}.bn1"))
        y = apply_norm(F.conv2d(y, s[f"{name}.conv2.weight"], padding=1), s, f"{name}.bn2")
        if f"{name}.downsample.0.weight" in s:
            x = F.conv2d(x, s[f"{name}.downsample.0.weight"], stride=stride)
            x = apply_norm(x, s, f"{name}.downsample.1")
        x = F.relu(x + y)
    return images, F.linear(x.mean((2, 3)), s["fc.weight"], s["fc.bias"])


def plain():
    state = {}
    conv(state, "module.conv1", 4, 2, 3)
    norm(state, "module.bn1", 4)
    linear(state, "module.fc1", 7, 4 * 3 * 5, bias=False)
    norm(state, "module.bn2", 7)
    linear(state, "module.fc", 3, 7)
    save(FOLDER / "plain.safetensors", state, {})
    s = {name.removeprefix("module."): values for name, values in tensors(state).items()}
    images = torch.tensor(normal(3, 2, 6, 10).astype(np.float64))
    x = F.relu(apply_norm(F.conv2d(images, s["conv1.weight"], padding=1), s, "bn1"))
    x = F.max_pool2d(x, 2).flatten(1)
    x = F.relu(apply_norm(F.linear(x, s["fc1.weight"]), s, "bn2"))
    return images, F.linear(x, s["fc.weight"], s["fc.bias"])


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.reshape(-1).tolist()]


golden = {}
for make in [resnet, plain]:
    images, logits = make()
    golden[make.__name__] = {
        "images": numbers(images.permute(0, 2, 3, 1)), "logits": numbers(logits)}  # fmt: skip
(FOLDER / "pretrained.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
