/// The storage format of the images in a shard set.
package enum ImageEncoding: String, Sendable, Codable {
    /// Pixels of one shape, `[N, H, W, C]`.
    case raw

    /// Concatenated JPEG files of varying size, which are decoded when they are read.
    case encoded
}
