/// A form in which a network leaves.
package enum ExportFormat: String, Sendable, CaseIterable {
    /// ``PackedFile``
    case packed
    /// ONNX with real activations.
    case floatONNX = "float-onnx"
    /// ONNX with uint8 activations and integer sums.
    case fixedONNX = "fixed-onnx"

    /// Units of activations must be known.
    package var needsCalibration: Bool { self == .fixedONNX }
}
