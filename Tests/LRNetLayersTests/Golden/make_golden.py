"""Makes golden.json, the numbers that layers are compared with: PyTorch in float64.

    python3 make_golden.py

Needs numpy and torch. Inputs are Float32 numbers next to three decimals, so both sides start from the
same ones; results are written with nine digits, those of whole networks with seven. The noise is made from the documentation of GaussianNoise, Dropout and
NoiseKey, not taken from our program, so a change of either shows.

Layouts: images NHWC, convolution weights HWIO, linear weights [inputs, outputs].
"""

import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

FLOOR = 1e-3  # Added to variances of pre-activations, and to those of batch norm.
SEED = 0x0123456789ABCDEF
PRE_ACTIVATION, DROPOUT = 1, 2  # NoiseKey.Purpose
DECIMALS = 3  # Of inputs.
rng = np.random.default_rng(20240611)


# Philox4x32-10 and what is made of it.


def philox(counter, key):
    counter = [np.asarray(word, dtype=np.uint64) for word in counter]
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        a = np.uint64(0xD2511F53) * counter[0]
        b = np.uint64(0xCD9E8D57) * counter[2]
        counter = [
            (b >> shift) ^ counter[1] ^ np.uint64(key[0]),
            b & low,
            (a >> shift) ^ counter[3] ^ np.uint64(key[1]),
            a & low,
        ]
        key = ((key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF)
    return counter


assert [int(word) for word in philox([0, 0, 0, 0], (0, 0))] == [
    0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8,
]  # fmt: skip


def blocks(count, seed, purpose, step, layer, index):
    """The four words of each element's block, and the element's word."""
    element = np.arange(count)
    block = 16 * (element // 64) + element % 16
    fixed = [np.full(count, v) for v in (index, step, purpose << 16 | layer)]
    words = philox([block, *fixed], (seed & 0xFFFFFFFF, seed >> 32))
    return np.stack(words), element % 64 // 16


def normals(count, *key):
    words, position = blocks(count, SEED, PRE_ACTIVATION, *key)
    words = words.astype(np.float64)
    radius = np.sqrt(-2 * np.log((words[[0, 2]] + 0.5) / 2**32))
    angle = 2 * np.pi * words[[1, 3]] / 2**32
    table = np.stack(
        [
            radius[0] * np.cos(angle[0]), radius[0] * np.sin(angle[0]),
            radius[1] * np.cos(angle[1]), radius[1] * np.sin(angle[1]),
        ]  # fmt: skip
    )
    return table[position, np.arange(count)]


def noise(samples, count, step, layer):
    rows = [normals(count, step, layer, index) for index in range(samples)]
    return torch.tensor(np.stack(rows))


def dropout_mask(samples, count, rate, step, layer):
    def row(index):
        words, position = blocks(count, SEED, DROPOUT, step, layer, index)
        word = words[position, np.arange(count)]
        return np.where(word >= math.floor(rate * 2**32), 1 / (1 - rate), 0)

    return torch.tensor(np.stack([row(index) for index in range(samples)]))


# Data.


def normal(*shape, scale=1.0):
    values = (scale * rng.standard_normal(shape)).round(DECIMALS).astype(np.float32)
    return torch.tensor(values.astype(np.float64), requires_grad=True)


def numbers(tensor, digits):
    def short(value):
        decimals = round(value, DECIMALS)
        return decimals if value == np.float32(decimals) else float(f"{value:.{digits}g}")

    return [short(value) for value in tensor.detach().double().reshape(-1).tolist()]


# Layers.


def moments(logits):
    """Mean and variance from the distribution itself."""
    b = logits[-1]
    zero = torch.sigmoid(logits[0]) if len(logits) == 2 else torch.zeros_like(b)
    plus = (1 - zero) * torch.sigmoid(b)
    minus = (1 - zero) * torch.sigmoid(-b)
    mean = plus - minus
    return mean, plus + minus - mean**2


def pad(x, window, stride, same, value):
    """NHWC to padded NCHW: TensorFlow's SAME, or window // 2 at each side."""

    def sides(size):
        total = max((-(-size // stride) - 1) * stride + window - size, 0)
        return [total // 2, total - total // 2] if same else [window // 2] * 2

    return F.pad(x.permute(0, 3, 1, 2), sides(x.shape[2]) + sides(x.shape[1]), value=value)


def apply(x, weights, stride=1, same=True):
    """x [N, H, W, C] with weights [h, w, C, O], or [N, I] with [I, O]."""
    if weights.dim() == 2:
        return x @ weights
    padded = pad(x, len(weights), stride, same, 0)
    return F.conv2d(padded, weights.permute(3, 2, 0, 1), stride=stride).permute(0, 2, 3, 1)


def lr_layer(x, logits, step, layer, stride=1, same=True):
    mean, variance = moments(logits)
    m, v = apply(x, mean, stride, same), apply(x**2, variance, stride, same)
    e = noise(len(x), m[0].numel(), step, layer).reshape(m.shape)
    return m, v, m + torch.sqrt(torch.clamp(v, min=0) + FLOOR) * e


def batch_norm(x, gamma, beta, groups, rectified=True):
    """Returns batch norm with its ReLU, and the means over the groups of mean and population variance."""
    outputs, means, variances = [], [], []
    for part in torch.split(x, groups):
        axes = tuple(range(part.dim() - 1))
        mean = part.mean(axes)
        variance = ((part - mean) ** 2).mean(axes)
        outputs.append(gamma * (part - mean) / torch.sqrt(variance + FLOOR) + beta)
        means.append(mean)
        variances.append(variance)
    output = torch.cat(outputs)
    return (
        torch.relu(output) if rectified else output,
        torch.stack(means).mean(0), torch.stack(variances).mean(0),
    )  # fmt: skip


def max_pool(x, window, stride):
    return F.max_pool2d(x.permute(0, 3, 1, 2), window, stride).permute(0, 2, 3, 1)


# Cases.


def layer_case(name, shape, weight_shape, logit_count, step, layer):
    x = normal(*shape)
    logits = [normal(*weight_shape, scale=1.5) for _ in range(logit_count)]
    m, v, z = lr_layer(x, logits, step, layer)
    g = normal(*z.shape)
    z.backward(g.detach())
    names = ["zeroLogit", "signLogit"][-logit_count:]
    case = {"input": x, "mean": m, "output": z, "outputGradient": g, "inputGradient": x.grad}
    case["smallestVariance"] = v.min()
    for logit_name, logit in zip(names, logits):
        case[logit_name] = logit
        case[logit_name + "Gradient"] = logit.grad
    return name, case


def batch_norm_case(name, shape, group):
    channels = shape[-1]
    x, gamma, beta = normal(*shape, scale=2), normal(channels), normal(channels)
    y, mean, variance = batch_norm(x, gamma, beta, group)
    g = normal(*shape)
    y.backward(g.detach())
    return name, {
        "input": x, "gamma": gamma, "beta": beta, "output": y, "outputGradient": g,
        "inputGradient": x.grad, "gammaGradient": gamma.grad, "betaGradient": beta.grad,
        "mean": mean, "variance": variance,
    }  # fmt: skip


def pool_case(name, shape, window, stride):
    x = normal(*shape)
    y = max_pool(x, window, stride)
    g = normal(*y.shape)
    y.backward(g.detach())
    return name, {"input": x, "output": y, "outputGradient": g, "inputGradient": x.grad}


def loss_case(name, samples, classes):
    z = normal(samples, classes, scale=3)
    labels = torch.tensor(rng.integers(0, classes, samples))
    loss = F.cross_entropy(z, labels)
    loss.backward()
    return name, {"logits": z, "labels": labels, "loss": loss, "gradient": z.grad}


def adam_case(name, count, steps):
    w = normal(count)
    case = {"start": w.clone()}
    optimizer = torch.optim.Adam([w], lr=0.01, weight_decay=0.02)
    gradients = []
    for _ in range(steps):
        w.grad = normal(count).detach()
        gradients.append(w.grad.clone())
        optimizer.step()
    state = optimizer.state[w]
    return name, case | {
        "gradients": torch.cat(gradients), "result": w, "firstMoment": state["exp_avg"],
        "secondMoment": state["exp_avg_sq"],
    }  # fmt: skip


def classified(x, labels, values, case):
    """A case with the last layer and all gradients."""
    logits = x @ values["output.weight"] + values["output.bias"]
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    case = case | {"logits": logits, "loss": loss}
    for key, value in values.items():
        case[key] = value
        case[key + ":gradient"] = value.grad
    return case


def network_case(name, logit_count, group):
    """8x6x2 images - conv 3x3x3 - pool 2 - conv 5x5x5 - pool 2 - linear 7 - dropout - 4 classes."""
    samples, classes, rate, step = 6, 4, 0.25, 3
    images = normal(samples, 8, 6, 2).detach()
    labels = torch.tensor(rng.integers(0, classes, samples))
    shapes = {"conv1": (3, 3, 2, 3), "conv2": (5, 5, 3, 5), "fc1": (2 * 1 * 5, 7)}
    logit_names = ["zeroLogit", "signLogit"][-logit_count:]
    values = {}
    for index, (layer, shape) in enumerate(shapes.items()):
        for logit in logit_names:
            values[f"{layer}.{logit}"] = normal(*shape, scale=1.5)
        values[f"bn{index + 1}.gamma"] = normal(shape[-1])
        values[f"bn{index + 1}.beta"] = normal(shape[-1])
    values["output.weight"] = normal(7, classes)
    values["output.bias"] = normal(classes)
    case = {"images": images, "labels": labels}

    def block(x, index, layer, position):
        logits = [values[f"{layer}.{logit}"] for logit in logit_names]
        _, _, z = lr_layer(x, logits, step, position)
        bn = f"bn{index}"
        y, mean, variance = batch_norm(z, values[bn + ".gamma"], values[bn + ".beta"], group)
        case[bn + ".mean"], case[bn + ".variance"] = mean, variance
        return y

    x = max_pool(block(images, 1, "conv1", 0), 2, 2)
    x = max_pool(block(x, 2, "conv2", 3), 2, 2)
    x = block(x.reshape(samples, -1), 3, "fc1", 6)
    return name, classified(x * dropout_mask(samples, 7, rate, step, 8), labels, values, case)


def residual_case(
    name, logit_count, group, same, real_first, size=(8, 6), first=(3, 1), zero_padded=False
):
    """8x6x2 images - 3C3 - MP3/2 - 3R - 5R/2 - global average - 4 classes.

    Zero-padded shortcuts come with a frozen first layer, whose gradient nobody asks for.
    """
    samples, classes, step = 6, 4, 3
    images = normal(samples, *size, 2).detach()
    labels = torch.tensor(rng.integers(0, classes, samples))
    logit_names = ["zeroLogit", "signLogit"][-logit_count:]
    case, values = {"images": images, "labels": labels}, {}

    def layer(x, conv, norm, index, outputs, window=3, stride=1, rectified=True):
        shape = (window, window, x.shape[-1], outputs)
        if index == 0 and real_first:
            weights = values[f"{conv}.weight"] = normal(*shape)
            z = apply(x, weights, stride, same)
        else:
            logits = [normal(*shape, scale=1.5) for _ in logit_names]
            values.update(zip([f"{conv}.{logit}" for logit in logit_names], logits))
            z = lr_layer(x, logits, step, index, stride, same)[2]
        gamma, beta = values[f"{norm}.gamma"], values[f"{norm}.beta"] = normal(outputs), normal(outputs)
        y, case[f"{norm}.mean"], case[f"{norm}.variance"] = batch_norm(z, gamma, beta, group, rectified)
        return y

    def block(x, name, index, outputs, stride):
        y = layer(x, f"{name}.conv1", f"{name}.bn1", index, outputs, stride=stride)
        y = layer(y, f"{name}.conv2", f"{name}.bn2", index + 2, outputs, rectified=False)
        if y.shape != x.shape and zero_padded:
            x = F.pad(x[:, ::stride, ::stride], (0, outputs - x.shape[-1]))
        elif y.shape != x.shape:
            x = layer(
                x, f"{name}.projection", f"{name}.projectionNorm", index + 4, outputs, window=1,
                stride=stride, rectified=False)
        return torch.relu(x + y)

    x = layer(images, "conv1", "bn1", 0, 3, *first)
    x = F.max_pool2d(pad(x, 3, 2, same, -math.inf), 3, 2).permute(0, 2, 3, 1)
    x = block(x, "block1", 3, 3, 1)
    x = block(x, "block2", 7, 5, 2).mean((1, 2))
    values["output.weight"], values["output.bias"] = normal(5, classes), normal(classes)
    case = classified(x, labels, values, case)
    if zero_padded:
        case["conv1.weight:gradient"] = torch.zeros_like(values["conv1.weight"])
    return name, case


def clip_case(name, limit, steps):
    """Binary logits under Adam, limited after each step; the gradient of the logits is given."""
    b = normal(2, 3, scale=limit / 2)
    case = {"start": b.clone()}
    optimizer = torch.optim.Adam([b], lr=0.5 * limit)
    gradients = []
    for _ in range(steps):
        b.grad = normal(2, 3).detach()
        gradients.append(b.grad.clone())
        optimizer.step()
        with torch.no_grad():
            b.clamp_(-limit, limit)
    return name, case | {"gradients": torch.cat(gradients), "result": b}


def sign(x):
    return torch.where(x >= 0, 1.0, -1.0).double()


def sign_activation(x):
    """The sign, with hard tanh's gradient."""
    return x.clamp(-1, 1) + (sign(x) - x.clamp(-1, 1)).detach()


def quantized(method, w, scales):
    """The weights of a method; what autograd makes of them is the method's written rule."""
    size = w.abs().detach()
    if method == "bnn":
        value, factor = sign(w).detach(), torch.ones_like(w)
    elif method in ("bwn", "xnor"):
        alpha = size.reshape(-1, w.shape[-1]).mean(0)
        value = alpha * sign(w).detach()
        factor = (alpha * (size < 1) + w.shape[-1] / w.numel()) * (1 - 1 / w.shape[-2])
    elif method == "ttq":
        threshold = 0.05 * size.max()
        above, below = (w > threshold).double(), (w < -threshold).double()
        value = scales[0] * above - scales[1] * below
        factor = (scales[0] * above + scales[1] * below + 1 - above - below).detach()
    slope = w * factor
    return value + slope - slope.detach()


def latent_case(name, method):
    """The network of network_case with latent real weights, and signs where the method has them."""
    samples, classes, rate, step = 6, 4, 0.25, 3
    images = normal(samples, 8, 6, 2).detach()
    labels = torch.tensor(rng.integers(0, classes, samples))
    case, values, norms = {"images": images, "labels": labels}, {}, [0]

    def product(x, layer, *shape):
        w = values[f"{layer}.weight"] = normal(*shape, scale=0.7)
        if method == "xnor" and layer == "conv1":
            return apply(x, w)
        scales = None
        if method == "ttq":
            scales = [normal(1), normal(1)]
            for part, scale in zip(("positiveScale", "negativeScale"), scales):
                with torch.no_grad():
                    scale.abs_().add_(0.5)
                values[f"{layer}.{part}"] = scale
        return apply(x, quantized(method, w, scales))

    def norm(x, rectified):
        norms[0] += 1
        key, channels = f"bn{norms[0]}", x.shape[-1]
        gamma, beta = values[key + ".gamma"], values[key + ".beta"] = normal(channels), normal(channels)
        y, case[key + ".mean"], case[key + ".variance"] = batch_norm(x, gamma, beta, samples, rectified)
        return y

    def pooled(z):
        if method == "bnn":
            return sign_activation(norm(max_pool(z, 2, 2), False))
        return max_pool(norm(z, True), 2, 2)

    x = pooled(product(images, "conv1", 3, 3, 2, 3))
    if method == "xnor":
        z = product(sign_activation(norm(x, False)), "conv2", 5, 5, 3, 5)
        # Products of signs are small integers: a window may hold the largest twice, and who then gets
        # the gradient is a matter of roundings. Such data are drawn again.
        windows = F.unfold(z.permute(0, 3, 1, 2).reshape(-1, 1, *z.shape[1:3]), 2, stride=2)
        top = windows.topk(2, dim=1).values
        if (top[:, 0] - top[:, 1]).min() < 1e-6:
            return None
        x = sign_activation(norm(max_pool(z, 2, 2), False))
    else:
        x = pooled(product(x, "conv2", 5, 5, 3, 5))
    z = product(x.reshape(samples, -1), "fc1", 2 * 1 * 5, 7)
    x = sign_activation(norm(z, False)) if method == "bnn" else norm(z, True)
    x = x * dropout_mask(samples, 7, rate, step, 11 if method in ("bnn", "xnor") else 8)
    values["output.weight"], values["output.bias"] = normal(7, classes), normal(classes)
    return name, classified(x, labels, values, case)


CASES = [
    layer_case("convolutionTernary", (3, 5, 4, 3), (3, 3, 3, 5), 2, step=2, layer=1),
    layer_case("convolutionBinary", (2, 6, 7, 2), (5, 5, 2, 3), 1, step=70000, layer=4),
    layer_case("linearTernary", (5, 13), (13, 7), 2, step=0, layer=0),
    layer_case("linearBinary", (4, 11), (11, 3), 1, step=5, layer=300),
    batch_norm_case("batchNormSynchronized", (6, 2, 2, 5), 6),
    batch_norm_case("batchNormGroups", (6, 1, 3, 5), 4),
    pool_case("pool", (2, 7, 5, 3), 2, 2),
    pool_case("poolOverlapping", (2, 8, 7, 3), 3, 2),
    loss_case("crossEntropy", 6, 7),
    adam_case("adam", 19, 3),
    network_case("networkTernary", 2, group=6),
    network_case("networkBinary", 1, group=4),
    residual_case("residualTernary", 2, group=6, same=False, real_first=False),
    residual_case("residualBinary", 1, group=2, same=True, real_first=True),
    latent_case("networkBNN", "bnn"),
    latent_case("networkBWN", "bwn"),
    next(case for case in iter(lambda: latent_case("networkXNOR", "xnor"), 0) if case),
]
rng = np.random.default_rng(20240608)
CASES += [
    residual_case(
        "residualZeroPadded", 1, group=6, same=True, real_first=True, size=(11, 8), first=(7, 2),
        zero_padded=True),
    residual_case(
        "residualZeroPaddedSymmetric", 2, group=6, same=False, real_first=True, size=(11, 8),
        first=(7, 2), zero_padded=True),
    clip_case("logitClip", 1.5, 3),
    latent_case("networkTTQ", "ttq"),
]

golden = {
    name: {
        key: numbers(torch.as_tensor(value), 7 if "images" in case else 9)
        for key, value in case.items()
    }
    for name, case in CASES
}
path = pathlib.Path(__file__).with_name("golden.json")
lines = [
    f'"{name}": {{\n' + ",\n".join(
        f'  "{key}": {json.dumps(values, separators=(",", ":"))}' for key, values in case.items())
    + "\n}"
    for name, case in golden.items()
]  # fmt: skip
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
