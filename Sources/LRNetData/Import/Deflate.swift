import CZlib
import LRNetSupport

/// Decompression by zlib.
enum Deflate {
    /// What stands around the compressed bytes.
    enum Container {
        /// One or more gzip members, each with its own checksum.
        case gzip
        /// zlib's own header and checksum, as in PNG files.
        case zlib
        /// Nothing, as in zip archives, which keep size and checksum elsewhere.
        case none

        /// What zlib takes it as: the logarithm of the window, 16 more for gzip, negative for no
        /// container.
        fileprivate var windowBits: Int32 {
            switch self {
            case .gzip: 16 + MAX_WBITS
            case .zlib: MAX_WBITS
            case .none: -MAX_WBITS
            }
        }
    }

    /// Decompresses bytes.
    ///
    /// - Parameters:
    ///   - subject: What errors call the bytes.
    ///   - byteLimit: The most bytes that they may become.
    /// - Throws: ``Failure`` (65) if the bytes are damaged, end early or become too many.
    static func decompress(
        _ bytes: ArraySlice<UInt8>, in container: Container, subject: String, byteLimit: Int
    ) throws -> [UInt8] {
        let site = FailureSite("inflate", subject, remedy: "get the file again")
        var stream = z_stream()
        guard lrnet_inflateInit(&stream, container.windowBits) == Z_OK else {
            throw site.failure(.internalError, "out of memory")
        }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        return try bytes.withUnsafeBufferPointer { source in
            var given = 0
            while true {
                if stream.avail_in == 0 && given < source.count {
                    // `avail_in` is a 32-bit count, so that a large file goes in parts.
                    let part = min(source.count - given, 1 << 30)
                    // zlib only reads here; its older headers do not say so.
                    stream.next_in = source.baseAddress.map {
                        UnsafeMutablePointer(mutating: $0 + given)
                    }
                    stream.avail_in = UInt32(part)
                    given += part
                }
                let (status, made) = piece.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    let status = inflate(&stream, Z_NO_FLUSH)
                    return (status, target.count - Int(stream.avail_out))
                }
                guard output.count + made <= byteLimit else {
                    throw site.badData(
                        "becomes more than \(byteLimit) bytes, which no such file is")
                }
                output.append(contentsOf: piece[0..<made])
                let isAtEnd = stream.avail_in == 0 && given == source.count
                switch status {
                case Z_STREAM_END where isAtEnd || container == .none:
                    return output
                case Z_STREAM_END:
                    let rest = source[(given - Int(stream.avail_in))...]
                    // Tapes and some copies fill the last block with zeros.
                    if rest.allSatisfy({ $0 == 0 }) { return output }
                    guard rest.starts(with: Gzip.magic) else {
                        throw site.badData("has \(rest.count) bytes after its end")
                    }
                    // The next member of a gzip file.
                    inflateReset(&stream)
                case Z_OK, Z_BUF_ERROR:
                    if isAtEnd && made < piece.count { throw site.badData("is truncated") }
                default:
                    let words = stream.msg.map { String(cString: $0) } ?? "error \(status)"
                    throw site.badData("is damaged: \(words)")
                }
            }
        }
    }

    /// The CRC-32 of bytes, as gzip and zip have it.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { buffer in
            UInt32(truncatingIfNeeded: crc32_z(0, buffer.baseAddress, buffer.count))
        }
    }
}
