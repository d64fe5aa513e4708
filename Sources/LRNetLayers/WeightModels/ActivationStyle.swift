/// The order of the layers around the products of a network.
package enum ActivationStyle: Sendable, Equatable {
    /// Product, batch norm, ReLU, pooling.
    case rectified
    /// Product, pooling, batch norm, sign.
    case sign
    /// Batch norm, sign, product, pooling; batch norm and ReLU at the end.
    case signBefore
    /// Product, the mean of the sign of its Gaussian; no batch norm.
    case expectedSign
}

extension ActivationStyle {
    /// Why a network cannot have these activations, and what to do, in one line; `nil` if it can.
    ///
    /// - Parameter method: The name of the method that asks for them.
    func problem(with architecture: Architecture, method: String) -> String? {
        let name = architecture.name
        if self == .expectedSign {
            if let other = architecture.blocks.first(where: { !$0.isFullyConnected }) {
                return "\(method) trains fully connected layers alone, and network \(name) has "
                    + "\(other); list layers such as [600FC, 600FC]"
            }
            if architecture.lastLayer == .normalized {
                return "\(method) has no batch norm, not even behind the last layer; write "
                    + "lastLayer: discrete"
            }
            if architecture.firstLayer == .fullPrecision {
                return "\(method) has no real first layer; leave firstLayer out"
            }
        }
        if self != .rectified,
            let block = architecture.blocks.first(where: { !$0.allowsBinaryActivations })
        {
            return "\(method) has binary activations, which residual blocks such as \(block) of "
                + "network \(name) do not go with; choose another network or bwn"
        }
        return nil
    }
}
