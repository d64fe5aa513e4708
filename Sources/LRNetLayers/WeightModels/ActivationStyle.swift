/// The order of the layers around the products of a network.
package enum ActivationStyle: Sendable, Equatable {
    /// Product, batch norm, ReLU, pooling.
    case rectified
    /// Product, pooling, batch norm, sign.
    case sign
    /// Batch norm, sign, product, pooling; batch norm and ReLU at the end.
    case signBefore
    /// Product, expected sign of its Gaussian; no batch norm.
    case expectedSign
}

extension ActivationStyle {
    /// Returns the reason why a network cannot have these activations, with a remedy, on one line;
    /// `nil` if it can.
    ///
    /// - Parameter method: The name of the training method, for the message.
    func problem(with architecture: Architecture, method: String) -> String? {
        let name = architecture.name
        if self == .expectedSign {
            if let other = architecture.blocks.first(where: { !$0.isFullyConnected }) {
                return "\(method) supports only fully connected layers, but network \(name) has "
                    + "\(other); use layers such as [600FC, 600FC]"
            }
            if architecture.lastLayer == .normalized {
                return "\(method) has no batch norm, not even after the last layer; set "
                    + "network.lastLayer to discrete"
            }
            if architecture.firstLayer != .discrete {
                return "\(method) does not support a \(architecture.firstLayer.rawValue) first "
                    + "layer; remove network.firstLayer"
            }
        }
        if self != .rectified,
            let block = architecture.blocks.first(where: { !$0.allowsBinaryActivations })
        {
            return "\(method) has binary activations, which residual blocks such as \(block) of "
                + "network \(name) do not support; choose another network or bwn"
        }
        return nil
    }
}
