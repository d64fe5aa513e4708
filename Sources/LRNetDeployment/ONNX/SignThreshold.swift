/// Finds the number at which an affine map changes its sign. The comparison `x >= threshold` has
/// the same results as evaluating the map.
enum SignThreshold {
    /// Returns the smallest `x` for which the map is not negative. The result is infinity if no
    /// number qualifies, and minus infinity if all do.
    ///
    /// - Precondition: `scale` is not negative.
    static func find(scale: Float, shift: Float) -> Float {
        precondition(scale >= 0, "a scale of \(scale)")
        func isPlus(_ x: Float) -> Bool { shift.addingProduct(scale, x) >= 0 }
        let largest = Float.greatestFiniteMagnitude
        if isPlus(-largest) { return -.infinity }
        if !isPlus(largest) { return .infinity }
        var (low, high) = (order(-largest), order(largest))
        while high - low > 1 {
            let middle = (low + high) / 2
            if isPlus(value(middle)) { high = middle } else { low = middle }
        }
        return value(high)
    }

    /// Returns the rank of a number among all Float32 numbers; 0 for 0.
    private static func order(_ value: Float) -> Int {
        let bits = Int(value.magnitude.bitPattern)
        return value < 0 ? -bits : bits
    }

    private static func value(_ order: Int) -> Float {
        let magnitude = Float(bitPattern: UInt32(abs(order)))
        return order < 0 ? -magnitude : magnitude
    }
}
