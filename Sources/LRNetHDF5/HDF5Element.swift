import CHDF5

/// The types of numbers that a data set can contain, stored in little-endian order.
package enum HDF5ElementType: String, Sendable, CaseIterable {
    case uint8
    case int32
    case int64
    /// IEEE 754 binary32.
    case float
    /// IEEE 754 binary64.
    case double

    /// The size of one number in bytes.
    package var byteCount: Int {
        switch self {
        case .uint8: 1
        case .int32, .float: 4
        case .int64, .double: 8
        }
    }

    /// The type in memory. It must be read under the library's lock, because the first use starts
    /// HDF5.
    var native: hid_t {
        switch self {
        case .uint8: HDF5NativeUInt8
        case .int32: HDF5NativeInt32
        case .int64: HDF5NativeInt64
        case .float: HDF5NativeFloat
        case .double: HDF5NativeDouble
        }
    }

    /// The type in the file. It must be read under the library's lock.
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

/// A number that a data set can contain.
package protocol HDF5Element: BitwiseCopyable, Sendable {
    /// The number's type in a file.
    static var elementType: HDF5ElementType { get }

    static var zero: Self { get }
}

extension UInt8: HDF5Element {
    package static var elementType: HDF5ElementType { .uint8 }
}

extension Int32: HDF5Element {
    package static var elementType: HDF5ElementType { .int32 }
}

extension Int64: HDF5Element {
    package static var elementType: HDF5ElementType { .int64 }
}

extension Float: HDF5Element {
    package static var elementType: HDF5ElementType { .float }
}

extension Double: HDF5Element {
    package static var elementType: HDF5ElementType { .double }
}
