internal import CVectorMath

/// 64 bytes, or sixteen 32-bit integers.
typealias Integers = SIMD16<Int32>

/// Loads 64 bytes.
@inline(__always)
func load(_ bytes: UnsafePointer<UInt8>) -> Integers {
    UnsafeRawPointer(bytes).loadUnaligned(as: Integers.self)
}

/// Loads four bytes into every lane.
@inline(__always)
func loadRepeated(_ bytes: UnsafePointer<UInt8>) -> Integers {
    Integers(repeating: UnsafeRawPointer(bytes).loadUnaligned(as: Int32.self))
}

/// Stores 64 bytes.
@inline(__always)
func store(_ vector: Integers, _ bytes: UnsafeMutablePointer<UInt8>) {
    UnsafeMutableRawPointer(bytes).storeBytes(of: vector, as: Integers.self)
}

/// Adds to each lane of `sums` the four products of its unsigned and signed bytes.
///
/// Without AVX-512 VNNI, the sum of two neighboring products must fit in 16 bits.
@inline(__always)
func addProducts(_ sums: Integers, unsigned: Integers, signed: Integers) -> Integers {
    lrnet_dot_bytes(sums, unsigned, signed)
}
