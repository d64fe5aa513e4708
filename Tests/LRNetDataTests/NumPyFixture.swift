import LRNetData
import LRNetKernels

/// The bytes of `.npy` files as NumPy writes them.
enum NumPyFixture {
    /// Returns a `.npy` file of version 1.
    static func array(
        _ content: [UInt8], type: String = "'|u1'", shape: [Int], isFortran: Bool = false
    ) -> [UInt8] {
        let extents = shape.map { "\($0)," }.joined(separator: " ")
        var header =
            "{'descr': \(type), 'fortran_order': \(isFortran ? "True" : "False"), "
            + "'shape': (\(extents)), }"
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        let count = header.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)]
            + Array(header.utf8) + content
    }

    /// Returns a file of labels, big-endian if `type` starts with `>`.
    static func labels(
        _ labels: [Int32], type: String = "<i8", isColumn: Bool = false
    ) -> [UInt8] {
        let size = Int(type.dropFirst(2)) ?? 8
        let content = labels.flatMap { label in
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: Int(label) >> (8 * $0)) }
            return type.hasPrefix(">") ? bytes.reversed() : bytes
        }
        return array(
            content, type: "'\(type)'", shape: isColumn ? [labels.count, 1] : [labels.count])
    }

    static func images(_ images: LabeledImages) -> [UInt8] {
        let shape = images.shape
        let extents = [images.count, shape.height, shape.width]
        return array(
            images.pixels, shape: shape.channels == 1 ? extents : extents + [shape.channels])
    }
}
