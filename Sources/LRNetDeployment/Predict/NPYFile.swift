/// A matrix in NumPy's `.npy` format, version 1.0.
package enum NPYFile {
    /// Encodes `[rows][columns]` in little-endian order.
    package static func bytes(_ values: [Float], columns: Int) -> [UInt8] {
        header("<f4", values.count, columns) + values.flatMap { word($0.bitPattern) }
    }

    /// Encodes `[rows][columns]` in little-endian order.
    package static func bytes(_ values: [Int32], columns: Int) -> [UInt8] {
        header("<i4", values.count, columns) + values.flatMap { word(UInt32(bitPattern: $0)) }
    }

    private static func word(_ bits: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: bits >> UInt32(8 * $0)) }
    }

    private static func header(_ type: String, _ count: Int, _ columns: Int) -> [UInt8] {
        let rows = columns > 0 ? count / columns : 0
        var text =
            "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
        // Magic, version and length occupy 10 bytes. The header's size is a multiple of 64.
        while (text.utf8.count + 11) % 64 != 0 { text += " " }
        text += "\n"
        let length = text.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
            + Array(text.utf8)
    }
}
