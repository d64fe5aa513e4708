internal import Foundation
internal import LRNetKernels
public import LRNetLayers
internal import LRNetSupport

/// The fingerprint of a network's values.
public enum ParameterHash {
    /// SHA-256 of all parameters, little-endian Float32, unpadded, in the order of the network.
    public static func of(_ network: Network) -> String {
        var hash = ContentHash()
        for parameter in network.parameters {
            let values = parameter.value.values.map(\.bitPattern.littleEndian)
            hash.update(values.withUnsafeBytes { Array($0) })
        }
        return hash.hex
    }
}
