package import LRNetLayers

extension Recipe {
    /// The network's architecture.
    ///
    /// - Precondition: The recipe was read from a file, which checks it.
    package var architecture: Architecture {
        do {
            return try network.makeArchitecture()
        } catch {
            preconditionFailure("network \(network): \(error)")
        }
    }

    /// The method, the network and its width: `ternary mnist`, `binary cifar10 x 0.25`.
    package var title: String {
        let width = network.width == 1 ? "" : " x \(network.width)"
        return "\(weights.model.rawValue) \(network.name)\(width)"
    }

    package var model: any WeightModel {
        weights.model.model(weights.constants)
    }

    /// Creates the network with all parameters 0.
    package func makeNetwork(classes: Int? = nil) -> LRNetLayers.Network {
        var options = LRNetLayers.Network.Options(model: model)
        options.batchNorm = batchNorm
        options.convolutions = training.convolutions
        options.precision = training.precision
        options.dropout = Float(dropout)
        options.probabilityDecay = Float(regularization.probabilityDecay)
        options.beta = Float(regularization.beta)
        options.logitClip = weights.logitClip.map { Float($0) }
        options.weightDecay = Float(regularization.weightDecay)
        return LRNetLayers.Network(
            architecture: architecture, classes: classes ?? architecture.classes, options: options)
    }

    /// Returns the layout of a rank's part of a training batch.
    ///
    /// - Parameters:
    ///   - globalCount: The number of samples in the batch.
    ///   - leafRun: The leaves that the rank owns.
    package func layout(globalCount: Int, leafRun: Range<Int>) -> BatchLayout {
        BatchLayout(
            globalCount: globalCount, leafSize: training.leafSize,
            microBatch: training.microBatch, leafRun: leafRun,
            dealtLeafCount: training.gradientLeaves)
    }
}

extension Recipe.Initialization {
    /// The limits and the factor of initial logits that come from real weights.
    var logitRange: LogitRange {
        LogitRange(
            Float(minimumProbability)...Float(maximumProbability), sharpness: Float(sharpness))
    }
}
