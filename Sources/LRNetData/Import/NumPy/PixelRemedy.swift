import LRNetSupport

/// What to do with an array of pictures that is not of bytes, so that no value is cut or lost.
///
/// A remedy that is right for one type destroys another: `astype(numpy.uint8)` makes 0...1 black, and
/// takes 16-bit values modulo 256. So it follows from the type and the values.
struct PixelRemedy {
    /// The values of an array.
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

    /// `has dtype <f4 with values from 0.0 to 1.0, but uint8 is read; save ...`
    let message: String

    /// - Parameters:
    ///   - type: As NumPy writes it: `<f4`.
    ///   - values: `nil` for a type that holds no real numbers.
    init(type: String, values: Values?) {
        let start = "has dtype \(type)"
        guard let values, values.low <= values.high || !values.areFinite else {
            message = "\(start), but uint8 is read; save pictures as numbers from 0 to 255 (uint8)"
            return
        }
        guard values.areFinite else {
            message =
                "\(start) and values that are not finite (NaN or infinity), but uint8 is read; find "
                + "where they come from, replace them, and scale to 0...255"
            return
        }
        let kind = type.dropFirst().prefix(1)
        let range =
            values.areWhole
            ? "\(Self.text(values.low)) to \(Self.text(values.high))"
            : "\(values.low) to \(values.high)"
        message =
            "\(start) with values from \(range), but uint8 from 0 to 255 is read; save "
            + Self.conversion(String(kind), values)
    }

    private static func conversion(_ kind: String, _ values: Values) -> String {
        let (low, high) = (values.low, values.high)
        let isReal = kind == "f"
        if kind == "b" { return "array.astype(numpy.uint8) * 255" }
        if low < 0 {
            if kind == "i", low >= -128, high <= 127 {
                return "(array.astype(numpy.int16) + 128).astype(numpy.uint8) if 0 is middle gray"
            }
            if isReal, low >= -1, high <= 1 {
                return
                    "((array + 1) * 127.5).round().astype(numpy.uint8) if -1 is black and 1 white"
            }
            return scaled
        }
        if high <= 1 {
            return isReal
                ? "(array * 255).round().astype(numpy.uint8)"
                : "array.astype(numpy.uint8) * 255 if 1 is white"
        }
        if isReal, !values.areWhole, high <= overshoot {
            return "(array.clip(0, 1) * 255).round().astype(numpy.uint8) if 1 is white"
        }
        // Of a low range, rounding would leave few values, all of them almost black.
        if high <= 127 { return scaled }
        if high <= 255 {
            return values.areWhole
                ? "array.astype(numpy.uint8)" : "array.round().astype(numpy.uint8)"
        }
        if !isReal, high <= 65_535 {
            let white = [1_023, 4_095, 16_383, 65_535].first { high <= $0 } ?? 65_535
            return
                "(array / \(Int(white)) * 255).round().astype(numpy.uint8) if \(Int(white)) is white"
        }
        return scaled
    }

    /// How far resampling may carry values of 0...1.
    private static let overshoot = 1.1

    private static let scaled =
        "((array.astype(float) - LOW) / (HIGH - LOW) * 255).round().astype(numpy.uint8), with LOW and "
        + "HIGH the values of black and white, the same for training and test images"

    private static func text(_ value: Double) -> String {
        Int(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
