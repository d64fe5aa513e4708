import Crypto
import Foundation

/// SHA-256 of bytes that arrive in pieces, as 64 lower-case hexadecimal digits.
package struct ContentHash: Sendable {
    private var hasher = SHA256()

    /// The size of the pieces that files are read in, in bytes.
    static let pieceByteCount = 1 << 20

    package init() {}

    package mutating func update(_ bytes: [UInt8]) {
        hasher.update(data: bytes)
    }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    }

    /// Adds the UTF-8 bytes of a text.
    package mutating func update(_ text: String) {
        hasher.update(data: Array(text.utf8))
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hasher.update(bufferPointer: bytes)
    }

    /// The hash of all bytes so far; more can follow.
    package var hex: String {
        let digits = Array("0123456789abcdef")
        var text = ""
        for byte in hasher.finalize() {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }

    package static func of(_ bytes: [UInt8]) -> String {
        var hash = ContentHash()
        hash.update(bytes)
        return hash.hex
    }

    /// Returns the hash of the UTF-8 bytes of a text.
    package static func of(_ text: String) -> String { of(Array(text.utf8)) }

    /// Returns the hash of a file, which is read in pieces of 1 MiB.
    ///
    /// - Throws: ``Failure``, naming the file: 66 if it is missing, 74 if it cannot be read.
    package static func of(fileAt path: String) throws -> String {
        var hash = ContentHash()
        try FileBytes.forEachPiece(ofFileAt: path, byteCount: pieceByteCount) { piece in
            hash.update(piece)
        }
        return hash.hex
    }
}
