import Crypto
import Foundation

/// SHA-256 of bytes that arrive in pieces, as 64 lower-case hexadecimal digits.
package struct ContentHash: Sendable {
    private var hasher = SHA256()

    /// The number of bytes that a file is read in at a time.
    static let pieceByteCount = 1 << 20

    /// Starts with no bytes.
    package init() {}

    /// Appends bytes.
    package mutating func update(_ bytes: [UInt8]) {
        hasher.update(data: bytes)
    }

    /// Appends a part of an array.
    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    }

    /// Appends the UTF-8 bytes of a text.
    package mutating func update(_ text: String) {
        hasher.update(data: Array(text.utf8))
    }

    /// Appends bytes that another call of this package holds in memory.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hasher.update(bufferPointer: bytes)
    }

    /// The hash of all bytes so far; more may follow.
    package var hex: String {
        let digits = Array("0123456789abcdef")
        var text = ""
        for byte in hasher.finalize() {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }

    /// The hash of `bytes`.
    package static func of(_ bytes: [UInt8]) -> String {
        var hash = ContentHash()
        hash.update(bytes)
        return hash.hex
    }

    /// The hash of a text's UTF-8 bytes.
    package static func of(_ text: String) -> String { of(Array(text.utf8)) }

    /// The hash of a file, which is read in pieces of 1 MiB.
    ///
    /// - Throws: ``Failure`` with the file's name: 66 if it is missing, 74 if it cannot be
    ///   read.
    package static func of(fileAt path: String) throws -> String {
        var hash = ContentHash()
        try FileBytes.forEachPiece(ofFileAt: path, byteCount: pieceByteCount) { piece in
            hash.update(piece)
        }
        return hash.hex
    }
}
