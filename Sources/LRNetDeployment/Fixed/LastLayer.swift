/// The arithmetic of the last layer in fixed point.
package enum LastLayer: String, Sendable, CaseIterable {
    /// Real scores.
    case float
    /// Integer weights and integer scores (``IntegerOutput``).
    case int8
}
