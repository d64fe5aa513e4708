internal import Foundation
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// Fingerprints of a network's values.
package enum ParameterHash {
    /// Returns the SHA-256 of all parameters: little-endian Float32, unpadded, in the order of the
    /// network.
    package static func of(_ network: Network) -> String {
        var hash = ContentHash()
        for parameter in network.parameters { hash.update(parameter.value) }
        return hash.hex
    }

    /// Returns the SHA-256 of everything that training resumes from: parameters, the optimizer's
    /// moments, and batch norm's moving averages.
    ///
    /// - Precondition: The moments have been gathered (``TrainingStep/gatherState()``).
    static func ofState(_ network: Network, _ optimizer: MomentOptimizer) -> String {
        var hash = ContentHash()
        for (parameter, moments) in zip(network.parameters, optimizer.moments) {
            for view in [parameter.value, moments.first, moments.second] { hash.update(view) }
        }
        for layer in network.batchNorms {
            for values in [layer.movingMean, layer.movingVariance] {
                values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { hash.update(Array($0)) }
            }
        }
        return hash.hex
    }
}

extension ContentHash {
    // Closures, because key paths would be looked up for each of the millions of values.
    fileprivate mutating func update(_ view: FloatView) {
        view.values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { update(Array($0)) }
    }
}
