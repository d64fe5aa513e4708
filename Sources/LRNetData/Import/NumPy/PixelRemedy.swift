import LRNetSupport

/// The remedy for an image array that is not uint8, chosen so that no value is clipped or lost.
///
/// A remedy that is correct for one type destroys another: `astype(numpy.uint8)` turns 0...1 black,
/// and reduces 16-bit values modulo 256. The remedy therefore depends on the type and the values.
struct PixelRemedy {
    /// The range and kind of an array's values.
    struct Values {
        var low = Double.infinity
        var high = -Double.infinity
        var areFinite = true
        var areWhole = true

        mutating func add(_ value: Double) {
            guard value.isFinite else { return areFinite = false }
            low = min(low, value)
            high = max(high, value)
            if value != value.rounded() { areWhole = false }
        }
    }

    /// The message: `has dtype <f4 with values from 0.0 to 1.0, but uint8 from 0 to 255 is
    /// required; save ...`
    let message: String

    /// - Parameters:
    ///   - type: The type in NumPy's notation: `<f4`.
    ///   - values: The values; `nil` for a type that is not numeric.
    init(type: String, values: Values?) {
        let start = "has dtype \(type)"
        guard let values, values.low <= values.high || !values.areFinite else {
            message =
                "\(start), but uint8 is required; save images as numbers from 0 to 255 (uint8)"
            return
        }
        guard values.areFinite else {
            message =
                "\(start) and values that are not finite (NaN or infinity), but uint8 is required; "
                + "find where they come from, replace them, and scale to 0...255"
            return
        }
        let kind = type.dropFirst().prefix(1)
        let range =
            values.areWhole
            ? "\(Self.text(values.low)) to \(Self.text(values.high))"
            : "\(values.low) to \(values.high)"
        message =
            "\(start) with values from \(range), but uint8 from 0 to 255 is required; save "
            + Self.conversion(String(kind), values)
    }

    private static func conversion(_ kind: String, _ values: Values) -> String {
        let (low, high) = (values.low, values.high)
        let isFloatingPoint = kind == "f"
        if kind == "b" { return "array.astype(numpy.uint8) * 255" }
        if low < 0 {
            if kind == "i", low >= -128, high <= 127 {
                return "(array.astype(numpy.int16) + 128).astype(numpy.uint8) if 0 is middle gray"
            }
            if isFloatingPoint, low >= -1, high <= 1 {
                return
                    "((array + 1) * 127.5).round().astype(numpy.uint8) if -1 is black and 1 white"
            }
            return scaled
        }
        if high <= 1 {
            return isFloatingPoint
                ? "(array * 255).round().astype(numpy.uint8)"
                : "array.astype(numpy.uint8) * 255 if 1 is white"
        }
        if isFloatingPoint, !values.areWhole, high <= overshoot {
            return "(array.clip(0, 1) * 255).round().astype(numpy.uint8) if 1 is white"
        }
        // Rounding a small range would leave few values, all almost black.
        if high <= 127 { return scaled }
        if high <= 255 {
            return values.areWhole
                ? "array.astype(numpy.uint8)" : "array.round().astype(numpy.uint8)"
        }
        if !isFloatingPoint, high <= 65_535 {
            let white = [1_023, 4_095, 16_383, 65_535].first { high <= $0 } ?? 65_535
            return
                "(array / \(Int(white)) * 255).round().astype(numpy.uint8) if \(Int(white)) is white"
        }
        return scaled
    }

    /// The overshoot of values in 0...1 that resampling may cause.
    private static let overshoot = 1.1

    private static let scaled =
        "((array.astype(float) - LOW) / (HIGH - LOW) * 255).round().astype(numpy.uint8), with LOW and "
        + "HIGH the values of black and white, the same for training and test images"

    private static func text(_ value: Double) -> String {
        Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
