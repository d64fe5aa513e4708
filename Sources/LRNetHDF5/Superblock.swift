/// A repair of the first block of a file image.
///
/// In HDF5 1.10, `H5Fget_file_image` clears the "open for writing" flag in a version-3 superblock
/// but does not update the checksum, so the library rejects its own image. The repair writes the
/// correct checksum, which later versions of the library already write.
enum Superblock {
    private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Corrects the checksum in a superblock of version 2 or 3; leaves other bytes unchanged.
    ///
    /// The layout of these versions, with sizes in bytes: signature (8), version (1), size of
    /// addresses (1), size of lengths (1), flags (1), four addresses, checksum (4).
    static func repairChecksum(_ image: inout [UInt8]) {
        guard image.starts(with: signature), image.count > 12, image[8] == 2 || image[8] == 3
        else { return }
        let end = 12 + 4 * Int(image[9])
        guard image.count >= end + 4 else { return }
        let checksum = lookup3(Array(image[0..<end]))
        for byte in 0..<4 { image[end + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * byte)) }
    }

    /// Returns Bob Jenkins' hash `lookup3` with initial value 0, HDF5's checksum of metadata.
    ///
    /// - Source: *HDF5 File Format Specification* 3.0, "Jenkins' lookup3".
    static func lookup3(_ bytes: [UInt8]) -> UInt32 {
        var a = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count)
        var b = a
        var c = a
        var start = 0
        while bytes.count - start > 12 {
            a &+= word(bytes, start)
            b &+= word(bytes, start + 4)
            c &+= word(bytes, start + 8)
            a = (a &- c) ^ rotated(c, 4)
            c &+= b
            b = (b &- a) ^ rotated(a, 6)
            a &+= c
            c = (c &- b) ^ rotated(b, 8)
            b &+= a
            a = (a &- c) ^ rotated(c, 16)
            c &+= b
            b = (b &- a) ^ rotated(a, 19)
            a &+= c
            c = (c &- b) ^ rotated(b, 4)
            b &+= a
            start += 12
        }
        if start == bytes.count { return c }
        a &+= word(bytes, start)
        b &+= word(bytes, start + 4)
        c &+= word(bytes, start + 8)
        c = (c ^ b) &- rotated(b, 14)
        a = (a ^ c) &- rotated(c, 11)
        b = (b ^ a) &- rotated(a, 25)
        c = (c ^ b) &- rotated(b, 16)
        a = (a ^ c) &- rotated(c, 4)
        b = (b ^ a) &- rotated(a, 14)
        return (c ^ b) &- rotated(b, 24)
    }

    /// Returns four bytes as a little-endian number. Bytes past the end count as 0.
    private static func word(_ bytes: [UInt8], _ start: Int) -> UInt32 {
        var word: UInt32 = 0
        for byte in 0..<4 where start + byte < bytes.count {
            word |= UInt32(bytes[start + byte]) << (8 * byte)
        }
        return word
    }

    private static func rotated(_ word: UInt32, _ count: Int) -> UInt32 {
        word << count | word >> (32 - count)
    }
}
