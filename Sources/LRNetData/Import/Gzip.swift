import CZlib
import LRNetSupport

/// Reads files that may be compressed with gzip.
enum Gzip {
    /// The first two bytes of a gzip file.
    static let magic: [UInt8] = [0x1F, 0x8B]

    /// The most bytes that a file may have when decompressed, unless said otherwise: a gzip file
    /// of some kilobytes can stand for gigabytes.
    static let defaultByteLimit = 4 << 30

    /// The bytes of a file, decompressed if it starts with gzip's magic bytes.
    ///
    /// - Throws: ``SupportFailure`` (66, 74) for the file, ``DataFailure`` (65) if the compressed
    ///   bytes are damaged, end early or become more than `byteLimit`.
    static func read(_ path: String, byteLimit: Int = defaultByteLimit) throws -> [UInt8] {
        let bytes = try FileBytes.read(path)
        guard bytes.starts(with: magic) else { return bytes }
        return try decompress(bytes, path: path, byteLimit: byteLimit)
    }

    /// Decompresses one or more gzip members.
    static func decompress(
        _ bytes: [UInt8], path: String, byteLimit: Int = defaultByteLimit
    ) throws -> [UInt8] {
        var stream = z_stream()
        guard lrnet_inflateInitGzip(&stream) == Z_OK else {
            throw failure("inflateInit2", path, "out of memory", .internalError)
        }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var input = bytes
        // `avail_in` is a 32-bit count, so that a large file goes in parts.
        return try input.withUnsafeMutableBufferPointer { source in
            var given = 0
            while true {
                if stream.avail_in == 0 && given < source.count {
                    let part = min(source.count - given, 1 << 30)
                    stream.next_in = source.baseAddress.map { $0 + given }
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
                    throw DataFailure(
                        call: "inflate", subject: path,
                        message: "becomes more than \(byteLimit) bytes, which no such file is")
                }
                output.append(contentsOf: piece[0..<made])
                let isAtEnd = stream.avail_in == 0 && given == source.count
                switch status {
                case Z_STREAM_END where isAtEnd:
                    return output
                case Z_STREAM_END:
                    inflateReset(&stream)
                case Z_OK, Z_BUF_ERROR:
                    if isAtEnd && made < piece.count {
                        throw failure("inflate", path, "the gzip file is truncated")
                    }
                default:
                    let words = stream.msg.map { String(cString: $0) } ?? "error \(status)"
                    throw failure("inflate", path, "the gzip file is damaged: \(words)")
                }
            }
        }
    }

    /// Decompresses deflate without a header, to a known number of bytes.
    ///
    /// - Throws: ``DataFailure`` (65) if the bytes are damaged or become another number.
    static func inflateRaw(
        _ bytes: ArraySlice<UInt8>, byteCount: Int, subject: String
    ) throws -> [UInt8] {
        var stream = z_stream()
        guard lrnet_inflateInitRaw(&stream) == Z_OK else {
            throw failure("inflateInit2", subject, "out of memory", .internalError)
        }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        var input = Array(bytes)
        return try input.withUnsafeMutableBufferPointer { source in
            var given = 0
            while true {
                if stream.avail_in == 0 {
                    let part = min(source.count - given, 1 << 30)
                    stream.next_in = source.baseAddress.map { $0 + given }
                    stream.avail_in = UInt32(part)
                    given += part
                }
                let (status, made) = piece.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(target.count)
                    let status = inflate(&stream, Z_NO_FLUSH)
                    return (status, target.count - Int(stream.avail_out))
                }
                output.append(contentsOf: piece[0..<made])
                let isStuck =
                    made == 0 && stream.avail_in == 0 && given == source.count
                    && status != Z_STREAM_END
                guard status == Z_OK || status == Z_STREAM_END, !isStuck,
                    output.count <= byteCount
                else {
                    throw failure("inflate", subject, "the deflated bytes are damaged or truncated")
                }
                if status == Z_STREAM_END { break }
            }
            guard output.count == byteCount else {
                throw failure("inflate", subject, "the deflated bytes are damaged or truncated")
            }
            return output
        }
    }

    /// The CRC-32 of bytes, as zip archives use it.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { buffer in
            UInt32(truncatingIfNeeded: crc32_z(0, buffer.baseAddress, buffer.count))
        }
    }

    private static func failure(
        _ call: String, _ path: String, _ message: String, _ status: ExitStatus = .badData
    ) -> DataFailure {
        DataFailure(
            call: call, subject: path, message: "\(message); download it again",
            exitStatus: status)
    }
}
