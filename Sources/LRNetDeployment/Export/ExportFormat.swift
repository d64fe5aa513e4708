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
    /// ``QONNX``
    case qonnx

    /// True if the format requires the units of activations.
    package var needsCalibration: Bool { isFixed || self == .qonnx }

    /// True if the format contains only fixed point.
    var isFixed: Bool { self == .fixedONNX || self == .c }
}
