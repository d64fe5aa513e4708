import LRNetSupport

/// Reads files that may be compressed with gzip.
enum Gzip {
    /// The first two bytes of a gzip file.
    static let magic: [UInt8] = [0x1F, 0x8B]

    /// The default limit of a file's decompressed size in bytes. A gzip file of a few kilobytes can
    /// expand to gigabytes.
    static let defaultByteLimit = 4 << 30

    /// Returns the bytes of a file, decompressed if it starts with gzip's magic bytes.
    ///
    /// - Throws: ``Failure`` (66, 74) for the file, or ``Failure`` (65) if the compressed bytes are
    ///   damaged, truncated or exceed `byteLimit`.
    static func read(_ path: String, byteLimit: Int = defaultByteLimit) throws -> [UInt8] {
        let bytes = try FileBytes.read(path)
        guard bytes.starts(with: magic) else { return bytes }
        return try Deflate.decompress(
            bytes[...], in: .gzip, subject: path, byteLimit: byteLimit)
    }
}
