/// How a shard set holds its pictures.
package enum ImageEncoding: String, Sendable, Codable {
    /// Pixels of one shape, `[N, H, W, C]`.
    case raw

    /// JPEG files of varying size, one behind the other, which are decoded when they are read.
    case encoded
}
