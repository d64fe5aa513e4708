/// The number format of the factors of products.
package enum ProductFormat: String, Sendable, CaseIterable {
    case float32
    /// Factors are rounded to bfloat16; sums are in Float32 (``BFloatProduct``).
    case bfloat16
}
