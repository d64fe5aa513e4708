package import LRNetData
package import LRNetLayers

/// A network whose weights are chosen: what is measured, hashed, written, read and exported.
///
/// It is a value. Training continues without changing it, and evaluating it changes nothing of the network
/// that trains (``Network/evaluating(_:_:)``).
package struct FinishedNetwork: Sendable, Equatable {
    package let architecture: Architecture

    package let classes: Int

    /// Weights and batch norm, first to last; the last weights are the full-precision output layer.
    package internal(set) var layers: [FinishedLayer]

    /// How pictures become inputs; `nil` for one read from a file of format 1 or 2, which does not say.
    package let preprocessing: Preprocessing?

    /// By label; `nil` where the data set has no names.
    package let classNames: [String]?

    init(
        architecture: Architecture, classes: Int, layers: [FinishedLayer],
        preprocessing: Preprocessing?, classNames: [String]? = nil
    ) {
        self.classNames = classNames
        self.architecture = architecture
        self.classes = classes
        self.layers = layers
        self.preprocessing = preprocessing
    }

    /// The layers with weights.
    package var weights: [FinishedWeights] {
        layers.compactMap { layer in
            if case .weights(let weights) = layer { weights } else { nil }
        }
    }

    /// This network with other statistics in its batch norm, by the layers' names.
    func normalized(
        by statistics: [String: (mean: [Double], variance: [Double])]
    ) -> FinishedNetwork {
        var result = self
        result.layers = layers.map { layer in
            guard case .normalization(var normalization) = layer,
                let new = statistics[normalization.name]
            else { return layer }
            normalization.mean = new.mean.map { Float($0) }
            normalization.variance = new.variance.map { Float($0) }
            return .normalization(normalization)
        }
        return result
    }
}
