import CHDF5
import LRNetSupport

extension HDF5File {
    /// Sets a text attribute of a group or data set; `/` is the root.
    package func setAttribute(_ attribute: String, of path: String = "/", to value: String) throws {
        let bytes = Array(value.utf8)
        let type = try HDF5Handle("H5Tcopy", name, status: .internalError, close: H5Tclose) {
            H5Tcopy(HDF5String)
        }
        _ = try HDF5Library.call("H5Tset_size", name, status: .internalError) {
            min(
                H5Tset_size(type.id, max(bytes.count, 1)),
                H5Tset_strpad(type.id, H5T_STR_NULLPAD), H5Tset_cset(type.id, H5T_CSET_UTF8))
        }
        try writeAttribute(
            attribute, of: path, stored: type.id, native: type.id,
            value: bytes.isEmpty ? [0] : bytes)
    }

    /// Sets an integer attribute of a group or data set, stored in 64 bits.
    package func setAttribute(_ attribute: String, of path: String = "/", to value: Int) throws {
        let types = HDF5Library.locked { (HDF5StoredInt64, HDF5NativeInt64) }
        try writeAttribute(
            attribute, of: path, stored: types.0, native: types.1, value: [Int64(value)])
    }

    /// Sets a floating-point attribute of a group or data set, stored in 64 bits.
    package func setAttribute(_ attribute: String, of path: String = "/", to value: Double) throws {
        let types = HDF5Library.locked { (HDF5StoredDouble, HDF5NativeDouble) }
        try writeAttribute(
            attribute, of: path, stored: types.0, native: types.1, value: [value])
    }

    /// Reads a text attribute of a group or data set.
    ///
    /// - Throws: `Failure` (65) if the attribute is missing or is not a text of fixed length.
    package func stringAttribute(_ attribute: String, of path: String = "/") throws -> String {
        try withAttribute(attribute, of: path) { handle, type, subject in
            let isText = HDF5Library.locked {
                H5Tget_class(type.id) == H5T_STRING && H5Tis_variable_str(type.id) == 0
            }
            guard isText else { throw wrongType(subject, "a text of fixed length") }
            let byteCount = HDF5Library.locked { H5Tget_size(type.id) }
            var bytes = [UInt8](repeating: 0, count: byteCount)
            _ = try HDF5Library.call("H5Aread", subject) { H5Aread(handle.id, type.id, &bytes) }
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Reads an integer attribute of a group or data set.
    ///
    /// - Throws: `Failure` (65) if the attribute is missing or is not a 64-bit integer.
    package func intAttribute(_ attribute: String, of path: String = "/") throws -> Int {
        var value: Int64 = 0
        try readNumber(attribute, of: path, as: .int64, into: &value)
        return Int(value)
    }

    /// Reads a floating-point attribute of a group or data set.
    ///
    /// - Throws: `Failure` (65) if the attribute is missing or is not a 64-bit floating-point
    ///   number.
    package func doubleAttribute(_ attribute: String, of path: String = "/") throws -> Double {
        var value: Double = 0
        try readNumber(attribute, of: path, as: .double, into: &value)
        return value
    }

    private func readNumber<Value: HDF5Element>(
        _ attribute: String, of path: String, as type: HDF5ElementType, into value: inout Value
    ) throws {
        value = try withAttribute(attribute, of: path) { handle, stored, subject in
            guard HDF5Library.locked({ H5Tequal(stored.id, type.stored) }) > 0 else {
                throw wrongType(subject, "a number of type \(type)")
            }
            var number = Value.zero
            _ = try HDF5Library.call("H5Aread", subject) {
                H5Aread(handle.id, type.native, &number)
            }
            return number
        }
    }

    /// Calls `body` with an attribute of one value, its type, and its name in errors.
    private func withAttribute<Value>(
        _ attribute: String, of path: String,
        _ body: (HDF5Handle, HDF5Handle, String) throws -> Value
    ) throws -> Value {
        let subject = "\(name) \(path)@\(attribute)"
        let opened = try HDF5Handle("H5Aopen_by_name", subject, close: H5Aclose) {
            H5Aopen_by_name(
                handle.id, path, attribute, HDF5DefaultProperties, HDF5DefaultProperties)
        }
        let type = try HDF5Handle("H5Aget_type", subject, close: H5Tclose) {
            H5Aget_type(opened.id)
        }
        let space = try HDF5Handle("H5Aget_space", subject, close: H5Sclose) {
            H5Aget_space(opened.id)
        }
        guard HDF5Library.locked({ H5Sget_simple_extent_npoints(space.id) }) == 1 else {
            throw wrongType(subject, "one value")
        }
        return try body(opened, type, subject)
    }

    private func writeAttribute<Value: BitwiseCopyable>(
        _ attribute: String, of path: String, stored: hid_t, native: hid_t, value: [Value]
    ) throws {
        let subject = "\(name) \(path)@\(attribute)"
        let object = try HDF5Handle("H5Oopen", subject, close: H5Oclose) {
            H5Oopen(handle.id, path, HDF5DefaultProperties)
        }
        let exists = try HDF5Library.call("H5Aexists", subject) {
            H5Aexists(object.id, attribute)
        }
        if exists > 0 {
            _ = try HDF5Library.call("H5Adelete", subject, status: .inputOutput) {
                H5Adelete(object.id, attribute)
            }
        }
        let space = try HDF5Handle("H5Screate", subject, status: .internalError, close: H5Sclose) {
            H5Screate(H5S_SCALAR)
        }
        let created = try HDF5Handle("H5Acreate", subject, status: .inputOutput, close: H5Aclose) {
            H5Acreate2(
                object.id, attribute, stored, space.id, HDF5DefaultProperties,
                HDF5DefaultProperties)
        }
        _ = try HDF5Library.call("H5Awrite", subject, status: .inputOutput) {
            value.withUnsafeBytes { H5Awrite(created.id, native, $0.baseAddress) }
        }
    }

    private func wrongType(_ subject: String, _ expected: String) -> Failure {
        Failure(
            call: "H5Aread", subject: subject, message: "must be \(expected)", exitStatus: .badData
        )
    }
}
