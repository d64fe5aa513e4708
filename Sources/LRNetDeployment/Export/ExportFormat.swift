/// The file format of an exported network.
package enum ExportFormat: String, Sendable, CaseIterable {
    /// ``PackedFile``
    case packed
    /// ONNX with real activations.
    case floatONNX = "float-onnx"
    /// ONNX with uint8 activations and integer sums.
    case fixedONNX = "fixed-onnx"
    /// ``CExport``
    case c

    /// True if the format requires the units of activations.
    package var needsCalibration: Bool { self == .fixedONNX || self == .c }
}
