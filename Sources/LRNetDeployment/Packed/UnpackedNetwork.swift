internal import Foundation
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import LRNetTraining

/// A network rebuilt from a packed file.
///
/// The folded numbers become a batch norm with mean 0, variance 1 and epsilon 0. Folding it again
/// changes nothing.
struct UnpackedNetwork {
    let network: DeployedNetwork
    let recipe: Recipe

    init(_ file: SafeTensors, path: String) throws {
        let site = FailureSite("network", path)
        let description = try NetworkDescription(metadata: file.metadata, site: site)
        guard let model = file.metadata["weights"].flatMap(TrainingMethod.init(rawValue:)) else {
            throw site.badData(
                "has method '\(file.metadata["weights"] ?? "")', which this version does not know"
            )
        }
        recipe = StoredNetwork.recipe(description, model: model, epsilon: 1, loss: nil)
        let reader = PackedTensors(file: file, path: path)
        let stages = recipe.makeNetwork(classes: description.classes).stages
        var folding = Folding(
            layers: try reader.layers(of: stages), levels: recipe.model.levels, site: site)
        let steps = try folding.steps(stages).map(reader.withNegativeFactors)
        network = DeployedNetwork(
            steps: steps, description: description, method: model.rawValue,
            source: file.metadata["source"] ?? "")
    }
}

/// The tensors of a packed file, converted to the layers of a network.
private struct PackedTensors {
    let file: SafeTensors
    let path: String

    private func site(_ name: String) -> FailureSite { FailureSite("network", "\(path) \(name)") }

    private func reals(_ name: String, _ count: Int) throws -> [Float] {
        guard let tensor = file.tensors[name], tensor.type == .float32,
            tensor.values.count == count
        else { throw site(name).badData("is missing or does not have \(count) float32 values") }
        return tensor.values
    }

    /// Returns the weights and batch norms of the stages. Weights that no batch norm follows
    /// contain their own scale and shift.
    func layers(of stages: [any Layer]) throws -> [FinishedLayer] {
        var result: [FinishedLayer] = []
        try append(stages, to: &result)
        return result
    }

    private func append(_ stages: [any Layer], to result: inout [FinishedLayer]) throws {
        var waiting: WeightedLayer?
        for layer in stages {
            switch layer.inference {
            case .product(let layer):
                if let earlier = waiting { result.append(try weights(earlier, hasNorm: false)) }
                waiting = layer
            case .normalization(let layer):
                let name = waiting?.name ?? layer.name
                if let product = waiting { result.append(try weights(product, hasNorm: true)) }
                waiting = nil
                result.append(try normalization(layer, named: name))
            case .residual(let body, let shortcut):
                if let earlier = waiting { result.append(try weights(earlier, hasNorm: false)) }
                waiting = nil
                try append(body, to: &result)
                try append(shortcut, to: &result)
            case .identity, .sign, .maxPool, .averagePool, .subsampling, nil: break
            }
        }
        if let last = waiting { result.append(try weights(last, hasNorm: false)) }
    }

    private func weights(_ layer: WeightedLayer, hasNorm: Bool) throws -> FinishedLayer {
        let name = "\(layer.name).weight"
        let (shape, outputs) = (layer.shape, layer.shape.outputs)
        guard let tensor = file.tensors[name] else { throw site(name).badData("is missing") }
        func ordered<Value>(_ values: [Value]) -> [Value] {
            values.indices.map { values[$0 % outputs * shape.fanIn + $0 / outputs] }
        }
        let values: FinishedWeights.Values
        if tensor.type == .float32 {
            values = .reals(ordered(try reals(name, shape.count)))
        } else {
            guard tensor.type == .uint8 else {
                throw site(name).badData("has type \(tensor.type.rawValue)")
            }
            let packing: WeightPacking = layer.model.levels == 2 ? .bits : .trits
            let bytes = tensor.values.map { UInt8($0) }
            values = .integers(
                ordered(try packing.unpack(bytes, count: shape.count, site: site(name))))
        }
        return .weights(
            FinishedWeights(
                name: layer.name, shape: shape, values: values,
                scale: hasNorm ? [] : try reals("\(layer.name).scale", outputs),
                bias: hasNorm ? nil : try reals("\(layer.name).shift", outputs)))
    }

    private func normalization(
        _ layer: BatchNormalization, named name: String
    ) throws -> FinishedLayer {
        let count = layer.inputShape.channels
        return .normalization(
            FinishedNormalization(
                name: layer.name, mean: Array(repeating: 0, count: count),
                variance: Array(repeating: 1, count: count),
                gamma: try reals("\(name).scale", count),
                beta: try reals("\(name).shift", count), epsilon: 0))
    }

    /// Restores the factors of negative weights.
    func withNegativeFactors(_ step: DeployedStep) throws -> DeployedStep {
        switch step {
        case .product(var product):
            let name = "\(product.name).negativeFactor"
            guard file.tensors[name] != nil else { return step }
            let factors = try reals(name, product.outputs)
            if let index = factors.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
                throw site(name).badData("[\(index)] is \(factors[index]), which is not positive")
            }
            product.weights.negativeFactor = factors
            return .product(product)
        case .affine, .maxPool, .averagePool: return step
        case .residual(let block):
            let shortcut: DeployedResidual.Shortcut
            if case .projection(let steps) = block.shortcut {
                shortcut = .projection(try steps.map(withNegativeFactors))
            } else {
                shortcut = block.shortcut
            }
            return .residual(
                DeployedResidual(
                    name: block.name, body: try block.body.map(withNegativeFactors),
                    shortcut: shortcut))
        }
    }
}
