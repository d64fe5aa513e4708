import ArgumentParser

/// Rejects a value of an option outside a range; accepts `nil`, an option that was not given.
///
/// - Throws: `ValidationError`, such as `--seeds 0 is out of range; at least 1`.
func checkRange(_ option: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
    guard let value, !range.contains(value) else { return }
    let bound =
        value < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
    throw ValidationError("\(option) \(value) is out of range; \(bound)")
}
