import CZlib
import LRNetSupport

/// Decompression by zlib.
enum Deflate {
    /// The container of the compressed bytes.
    enum Container {
        /// One or more gzip members, each with its own checksum.
        case gzip
        /// zlib's own header and checksum, as in PNG files.
        case zlib
        /// No container, as in zip archives, which store size and checksum elsewhere.
        case none

        /// The container in zlib's notation: the base-2 logarithm of the window size, plus 16 for
        /// gzip, negated for no container.
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
    ///   - subject: The name of the bytes in errors.
    ///   - byteLimit: The maximum decompressed size in bytes.
    /// - Throws: ``Failure`` (65) if the bytes are damaged, truncated or exceed the limit.
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
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        return try bytes.withUnsafeBufferPointer { source in
            var consumed = 0
            while true {
                if stream.avail_in == 0 && consumed < source.count {
                    // `avail_in` is a 32-bit count, so a large file is passed in parts.
                    let part = min(source.count - consumed, 1 << 30)
                    // zlib only reads here; its older headers lack the `const`.
                    stream.next_in = source.baseAddress.map {
                        UnsafeMutablePointer(mutating: $0 + consumed)
                    }
                    stream.avail_in = UInt32(part)
                    consumed += part
                }
                let (status, made) = buffer.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    let status = inflate(&stream, Z_NO_FLUSH)
                    return (status, target.count - Int(stream.avail_out))
                }
                guard output.count + made <= byteLimit else {
                    throw site.badData(
                        "decompresses to more than \(byteLimit) bytes, too many for such a file")
                }
                output.append(contentsOf: buffer[0..<made])
                let isAtEnd = stream.avail_in == 0 && consumed == source.count
                switch status {
                case Z_STREAM_END where isAtEnd || container == .none:
                    return output
                case Z_STREAM_END:
                    let rest = source[(consumed - Int(stream.avail_in))...]
                    // Tapes and some copies pad the last block with zeros.
                    if rest.allSatisfy({ $0 == 0 }) { return output }
                    guard rest.starts(with: Gzip.magic) else {
                        throw site.badData("has \(rest.count) bytes after its end")
                    }
                    // Continue with the next member of a gzip file.
                    inflateReset(&stream)
                case Z_OK, Z_BUF_ERROR:
                    if isAtEnd && made < buffer.count { throw site.badData("is truncated") }
                default:
                    let message = stream.msg.map { String(cString: $0) } ?? "error \(status)"
                    throw site.badData("is damaged: \(message)")
                }
            }
        }
    }

    /// Returns the CRC-32 of bytes, as used by gzip and zip.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { buffer in
            UInt32(truncatingIfNeeded: crc32_z(0, buffer.baseAddress, buffer.count))
        }
    }
}
