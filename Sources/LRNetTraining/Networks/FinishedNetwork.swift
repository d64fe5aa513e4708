package import LRNetData
package import LRNetLayers

/// A network with fixed weights, which can be measured, hashed, written, read and exported.
///
/// It is a value: training does not change it, and evaluating it does not change the network in
/// training (`Network/evaluating(_:_:)`).
package struct FinishedNetwork: Sendable, Equatable {
    package let architecture: Architecture

    package let classes: Int

    /// The weights and batch norm, first to last. The last weights are the full-precision output
    /// layer.
    package internal(set) var layers: [FinishedLayer]

    /// The conversion of images to inputs; `nil` if the network was read from a file of format 1 or
    /// 2, which does not contain it.
    package let preprocessing: Preprocessing?

    /// The class names by label; `nil` if the data set has no names.
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

    /// Returns a copy whose batch norm has the given statistics, which are keyed by layer name.
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
