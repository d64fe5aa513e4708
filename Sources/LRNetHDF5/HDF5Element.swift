import CHDF5

/// The kinds of numbers that a data set may hold; stored little-endian.
package enum HDF5ElementType: String, Sendable, CaseIterable {
    /// Unsigned, 8 bits.
    case uint8
    /// Signed, 32 bits.
    case int32
    /// Signed, 64 bits.
    case int64
    /// IEEE 754 binary32.
    case float
    /// IEEE 754 binary64.
    case double

    /// The size of one number.
    package var byteCount: Int {
        switch self {
        case .uint8: 1
        case .int32, .float: 4
        case .int64, .double: 8
        }
    }

    /// The type in memory. Under the library's lock only: HDF5 starts up on first use.
    var native: hid_t {
        switch self {
        case .uint8: HDF5NativeUInt8
        case .int32: HDF5NativeInt32
        case .int64: HDF5NativeInt64
        case .float: HDF5NativeFloat
        case .double: HDF5NativeDouble
        }
    }

    /// The type in the file. Under the library's lock only.
    var stored: hid_t {
        switch self {
        case .uint8: HDF5StoredUInt8
        case .int32: HDF5StoredInt32
        case .int64: HDF5StoredInt64
        case .float: HDF5StoredFloat
        case .double: HDF5StoredDouble
        }
    }
}

/// A number that a data set may hold.
package protocol HDF5Element: BitwiseCopyable, Sendable {
    /// Its type in a file.
    static var elementType: HDF5ElementType { get }

    /// Zero.
    static var zero: Self { get }
}

extension UInt8: HDF5Element {
    /// ``HDF5ElementType/uint8``.
    package static var elementType: HDF5ElementType { .uint8 }
}

extension Int32: HDF5Element {
    /// ``HDF5ElementType/int32``.
    package static var elementType: HDF5ElementType { .int32 }
}

extension Int64: HDF5Element {
    /// ``HDF5ElementType/int64``.
    package static var elementType: HDF5ElementType { .int64 }
}

extension Float: HDF5Element {
    /// ``HDF5ElementType/float``.
    package static var elementType: HDF5ElementType { .float }
}

extension Double: HDF5Element {
    /// ``HDF5ElementType/double``.
    package static var elementType: HDF5ElementType { .double }
}
