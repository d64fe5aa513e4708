/// Where an affine map changes its sign, as the comparison `x >= threshold` that has the very results of the map's
/// own evaluation.
enum SignThreshold {
    /// The smallest value whose image is not negative; infinite for a map without one, or with nothing else.
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

    /// The place of a number among all.
    private static func order(_ value: Float) -> Int {
        let bits = Int(value.magnitude.bitPattern)
        return value < 0 ? -bits : bits
    }

    private static func value(_ order: Int) -> Float {
        let magnitude = Float(bitPattern: UInt32(abs(order)))
        return order < 0 ? -magnitude : magnitude
    }
}
