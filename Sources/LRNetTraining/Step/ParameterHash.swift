internal import Foundation
internal import LRNetKernels
package import LRNetLayers
internal import LRNetSupport

/// The fingerprint of a network's parameters.
package enum ParameterHash {
    /// Returns the SHA-256 of all parameters: little-endian Float32, unpadded, in the order of the
    /// network.
    package static func of(_ network: Network) -> String {
        var hash = ContentHash()
        for parameter in network.parameters { hash.update(parameter.value) }
        return hash.hex
    }
}
