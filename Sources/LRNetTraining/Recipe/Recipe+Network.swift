public import LRNetLayers

extension Recipe {
    /// The network's description.
    ///
    /// - Precondition: The recipe was read from a file, which checks the name.
    public var architecture: Architecture {
        guard let found = Architecture.all.first(where: { $0.name == network }) else {
            preconditionFailure("network \(network)")
        }
        return found
    }

    /// `ternary mnist`
    public var title: String { "\(weights.model.rawValue) \(network)" }

    /// The training method.
    public var model: any WeightModel {
        weights.model.model(temperature: Float(weights.temperature))
    }

    /// The network, its parameters still 0.
    public func makeNetwork(classes: Int? = nil) -> Network {
        var options = Network.Options()
        options.model = model
        options.batchNorm = batchNorm
        options.dropout = Float(dropout)
        options.probabilityDecay = Float(regularization.probabilityDecay)
        options.beta = Float(regularization.beta)
        options.weightDecay = Float(regularization.weightDecay)
        return Network(
            architecture: architecture, classes: classes ?? architecture.classes, options: options)
    }

    /// The layout of a rank's part of a batch.
    ///
    /// - Parameters:
    ///   - globalCount: The number of samples of the batch.
    ///   - leafRun: The leaves that the rank owns.
    public func layout(globalCount: Int, leafRun: Range<Int>) -> BatchLayout {
        BatchLayout(
            globalCount: globalCount, leafSize: training.leafSize,
            microBatch: training.microBatch, leafRun: leafRun)
    }
}
