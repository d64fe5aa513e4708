import Foundation
import LRNetKernels
import LRNetLayers
import LRNetSupport
import LRNetTraining
import Testing

/// Networks that PyTorch has saved, made by `Golden/make_pretrained.py`.
@Suite struct PretrainedTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Golden").path

    private static let recipes = [
        "resnet": """
        network: {layers: [6C7/2, MP3/2, 2x6R, 8R/2, 8R, GAP], input: 20x18x3, classes: 5,
          padding: symmetric}
        """,
        "plain": "network: {layers: [4C3, MP2, 7FC], input: 6x10x2, classes: 3}",
    ]

    private func file(_ name: String) throws -> SafeTensors {
        let path = "\(Self.folder)/\(name).safetensors"
        return try SafeTensors(bytes: FileBytes.read(path), file: path)
    }

    private func network(_ name: String, weights: String = "full-precision") throws -> Network {
        let text = Self.recipes[name, default: ""]
        let recipe = try Recipe(
            yaml: text + "\nweights: \(weights)\nbatchNorm: {epsilon: 1.0e-5}", file: name)
        return recipe.makeNetwork()
    }

    /// Returns a file whose tensors `change` renames or replaces, or leaves out by returning `nil`.
    private func changed(
        _ name: String, _ change: (String, SafeTensors.Tensor) -> (String, [Int], [Float])?
    ) throws -> SafeTensors {
        let file = try file(name)
        var result = SafeTensors()
        for name in file.names {
            guard let tensor = file.tensors[name], let (name, shape, values) = change(name, tensor)
            else { continue }
            result.add(name, type: .float32, shape: shape, values: values)
        }
        return result
    }

    private func start(
        _ network: Network, from file: SafeTensors, takesAll: Bool = true
    ) throws -> [String] {
        let source = try PretrainedNetwork(
            file, named: "f.safetensors", for: network, takesAll: takesAll)
        try network.initialize(
            seed: 1, coldStart: .balanced, from: { source.weights(for: $0) }, range: LogitRange())
        source.finish(network)
        return source.table.lines
    }

    private func refusal(_ file: SafeTensors, _ network: Network, takesAll: Bool = true) -> String {
        do {
            _ = try start(network, from: file, takesAll: takesAll)
            return "accepted"
        } catch let failure as Failure {
            #expect(failure.exitStatus == .badData)
            #expect(failure.call == "initialization.from" && failure.subject == "f.safetensors")
            return failure.message
        } catch {
            return "another error: \(error)"
        }
    }

    /// Depends on names, layouts, types, and batch norm with its statistics, in evaluation mode.
    @Test(arguments: ["resnet", "plain"])
    func `the logits of a pretrained network match those of PyTorch in float64`(
        name: String
    ) throws {
        struct Case: Codable {
            var images: [Float]
            var logits: [Double]
        }
        let golden = try JSONDecoder().decode(
            [String: Case].self, from: Data(FileBytes.read("\(Self.folder)/pretrained.json")))
        let known = try #require(golden[name])
        let network = try network(name)
        let lines = try start(network, from: file(name))
        #expect(!lines.contains { $0.contains("not loaded") || $0.contains("cold") })
        let samples = known.images.count / network.input.count
        network.reserve(sampleCount: samples, microBatch: samples, workerCount: 1)
        let pass = Pass(
            mode: .evaluation,
            layout: BatchLayout(
                globalCount: samples, leafSize: samples, microBatch: samples, leafRun: 0..<1),
            pool: ThreadPool(), statistics: LocalStatistics())
        let logits = try network.evaluating(network.finished { _ in .likeliest }) {
            try network.forward(FloatBuffer(known.images).all, pass).values
        }
        #expect(logits.count == known.logits.count)
        let size = known.logits.map(abs).max() ?? 0
        #expect(size > 0.5)
        // Float32 through ten layers; the measured error is below 1e-6 of the largest logit.
        for (ours, theirs) in zip(logits, known.logits) {
            #expect(abs(Double(ours) - theirs) < 1e-5 * size)
        }
    }

    /// Latents come from the weights, as in a start from one of our runs.
    @Test(arguments: ["ternary", "binary", "twn"])
    func `a discrete method loads hidden weights and initializes everything else itself`(
        weights: String
    ) throws {
        let network = try network("plain", weights: weights)
        let file = try file("plain")
        let lines = try start(network, from: file, takesAll: false)
        let conv = try #require(network.weightedLayers.first)
        // OIHW to HWIO.
        let values = try #require(file.tensors["module.conv1.weight"]?.values)
        var ordered = [Float](repeating: 0, count: values.count)
        for (index, value) in values.enumerated() {
            let (o, i, pixel) = (index / 18, index / 9 % 2, index % 9)
            ordered[(pixel * 2 + i) * 4 + o] = value
        }
        let latents = conv.latents.map { _ in FloatBuffer(count: values.count).all }
        conv.model.initialize(
            latents, shape: conv.shape,
            from: .pretrained(FloatBuffer(ordered).all, LogitRange(0.05...0.95)))
        #expect(conv.latents.map(\.value.values) == latents.map(\.values))
        let fresh = try self.network("plain", weights: weights)
        try fresh.initialize(seed: 1, coldStart: .balanced, from: nil, range: LogitRange())
        #expect(
            network.weightedLayers.last?.latents[0].value.values
                == fresh.weightedLayers.last?.latents[0].value.values)
        for layer in network.batchNorms {
            #expect(layer.gamma.value.values.allSatisfy { $0 == 1 })
            #expect(layer.movingMean.allSatisfy { $0 == 0 })
        }
        #expect(lines.contains { $0.contains("this method initializes bn1 itself") })
        #expect(lines.contains { $0.contains("this method initializes output itself") })
    }

    @Test(arguments: [
        "_orig_mod.", "model.", "net.", "backbone.", "module._orig_mod.", "model.net.",
        "state_dict.model.module.",
    ])
    func `words that wrappers add to the names of tensors are ignored`(prefix: String) throws {
        let plain = try network("resnet")
        _ = try start(plain, from: file("resnet"))
        let network = try network("resnet")
        _ = try start(
            network,
            from: changed("resnet") { (prefix + $0, $1.shape, $1.values) })
        for (own, other) in zip(network.parameters, plain.parameters) {
            #expect(own.value.values == other.value.values, "\(own.name)")
        }
        let inner = try self.network("resnet")
        _ = try start(
            inner,
            from: changed("resnet") {
                ($0.replacing("layer1.0.", with: "layer1.0._orig_mod."), $1.shape, $1.values)
            })
        for (own, other) in zip(inner.parameters, plain.parameters) {
            #expect(own.value.values == other.value.values, "\(own.name)")
        }
    }

    /// A file with two networks does not state which one is meant.
    @Test func `a file with two tensors for one layer is refused`() throws {
        let plain = try file("resnet")
        var both = SafeTensors()
        for prefix in ["backbone.", "net."] {
            for name in plain.names {
                guard let tensor = plain.tensors[name] else { continue }
                both.add(prefix + name, type: .float32, shape: tensor.shape, values: tensor.values)
            }
        }
        #expect(
            refusal(both, try network("resnet"))
                .hasPrefix("has two tensors for bn1.bias, backbone.bn1.bias and net.bn1.bias; "))
    }

    /// A tensor that does not match is listed with both shapes, and its layer starts cold.
    @Test func `the table lists which tensors were not loaded and why`() throws {
        let file = try changed("resnet") { name, tensor in
            switch name {
            case "fc.weight": (name, [2, 20], tensor.values)
            case "layer1.0.bn2.running_mean": nil
            case "bn1.bias": (name, [2, 3], tensor.values)
            case "layer2.0.downsample.0.weight": nil
            case "layer1.1.conv1.weight": ("layer1.1.conv3.weight", tensor.shape, tensor.values)
            case "layer1.1.bn1.weight": ("layer1.1.bn1.momentum", tensor.shape, tensor.values)
            default: (name, tensor.shape, tensor.values)
            }
        }
        let network = try network("resnet")
        let lines = try start(network, from: file)
        func line(_ name: String) -> String { lines.first { $0.hasPrefix("\(name) ") } ?? "" }
        #expect(
            line("fc.weight").hasSuffix(
                "output     not loaded: shape [2, 20], but output has [5, 8] or [5, 8, 1, 1]")
                || line("fc.weight").contains(
                    "not loaded: shape [2, 20], but output has [5, 8] or [5, 8, 1, 1]")
        )
        #expect(line("bn1.bias").contains("not loaded: shape [2, 3], but bn1 has [6]"))
        #expect(line("layer1.1.conv3.weight").contains("the network has no such layer"))
        #expect(line("layer1.1.bn1.momentum").contains("the network has no such layer"))
        #expect(line("layer1.0.bn1.num_batches_tracked").contains("not needed"))
        #expect(line("layer2.1.bn2.running_var").contains("block4.bn2"))
        let cold = lines.filter { $0.contains("no tensor: cold start") }
        #expect(cold.count == 3)
        for name in ["block3.projection", "block2.conv1", "output"] {
            #expect(cold.contains { $0.contains(" \(name) ") }, "\(name)")
        }
        // A batch norm without its mean keeps the initial mean and loads the variance.
        let norm = try #require(network.batchNorms.first { $0.name == "block1.bn2" })
        #expect(norm.movingMean == Array(repeating: 0, count: 6))
        #expect(norm.movingVariance != Array(repeating: 1, count: 6))
    }

    @Test func `files that match no layer of the network are refused`() throws {
        let other = try changed("resnet") { name, tensor in
            ("features.\(name)", tensor.shape, tensor.values)
        }
        #expect(
            refusal(other, try network("resnet")).hasPrefix(
                "matches no layer of network custom; it has features.bn1.bias, "))
        #expect(
            refusal(SafeTensors(), try network("resnet")).contains("no tensors, but names"))
        // Contains only tensors that an LR-net initializes itself.
        let end = try changed("resnet") { name, tensor in
            name.hasPrefix("fc") || name.hasPrefix("bn1")
                ? (name, tensor.shape, tensor.values) : nil
        }
        let ternary = try network("resnet", weights: "ternary")
        #expect(refusal(end, ternary, takesAll: false).hasPrefix("matches no layer"))
    }

    @Test(arguments: [
        ("conv1.weight", Float.nan, "conv1.weight has values that are not finite (in Float32)"),
        ("fc.bias", .infinity, "fc.bias has values that are not finite (in Float32)"),
        ("bn1.running_var", -0.5, "bn1.running_var has values that are not variances (0 or more)"),
    ])
    func `tensors with non-finite values or negative variances are refused`(
        name: String, value: Float, message: String
    ) throws {
        let file = try changed("resnet") { tensorName, tensor in
            var values = tensor.values
            if tensorName == name { values[values.count / 2] = value }
            return (tensorName, tensor.shape, values)
        }
        #expect(refusal(file, try network("resnet")) == message)
    }
}
