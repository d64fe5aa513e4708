import CHDF5
import LRNetSupport

extension HDF5DataSet {
    /// Reads the description of an opened data set.
    ///
    /// - Throws: ``Failure`` (65) for an unsupported type of numbers, or a layout that is not
    ///   chunked.
    convenience init(opened data: HDF5Handle, file: HDF5File, path: String) throws {
        let subject = "\(file.name) \(path)"
        let space = try HDF5Handle("H5Dget_space", subject, close: H5Sclose) {
            H5Dget_space(data.id)
        }
        let rank = try HDF5Library.call("H5Sget_simple_extent_ndims", subject) {
            H5Sget_simple_extent_ndims(space.id)
        }
        var extents = [hsize_t](repeating: 0, count: Int(rank))
        _ = try HDF5Library.call("H5Sget_simple_extent_dims", subject) {
            H5Sget_simple_extent_dims(space.id, &extents, nil)
        }
        let creation = try HDF5Handle("H5Dget_create_plist", subject, close: H5Pclose) {
            H5Dget_create_plist(data.id)
        }
        var chunk = [hsize_t](repeating: 0, count: Int(rank))
        let layout = HDF5Library.locked { H5Pget_layout(creation.id) }
        guard rank > 0, layout == H5D_CHUNKED else {
            throw Failure(
                call: "H5Pget_layout", subject: subject, message: "is not stored in chunks",
                exitStatus: .badData)
        }
        _ = try HDF5Library.call("H5Pget_chunk", subject) {
            H5Pget_chunk(creation.id, rank, &chunk)
        }
        self.init(
            file: file, path: path, handle: data,
            shape: try Self.counts(extents, subject), chunk: try Self.counts(chunk, subject),
            elementType: try Self.storedType(of: data, subject))
    }

    /// Returns the type of the stored numbers.
    private static func storedType(
        of data: HDF5Handle, _ subject: String
    ) throws -> HDF5ElementType {
        let type = try HDF5Handle("H5Dget_type", subject, close: H5Tclose) {
            H5Dget_type(data.id)
        }
        let known = HDF5Library.locked {
            HDF5ElementType.allCases.first { H5Tequal(type.id, $0.stored) > 0 }
        }
        guard let known else {
            throw Failure(
                call: "H5Dget_type", subject: subject,
                message: "has an unsupported type; supported: "
                    + HDF5ElementType.allCases.map(\.rawValue).joined(separator: ", "),
                exitStatus: .badData)
        }
        return known
    }

    /// Converts extents to Swift integers. A product of 2^60 or more must come from damage.
    private static func counts(_ extents: [hsize_t], _ subject: String) throws -> [Int] {
        var product = 1
        for extent in extents {
            let (value, overflows) = product.multipliedReportingOverflow(
                by: Int(exactly: max(extent, 1)) ?? .max)
            guard !overflows, value < 1 << 60 else {
                throw Failure(
                    call: "H5Sget_simple_extent_dims", subject: subject,
                    message: "impossible extents \(extents)", exitStatus: .badData)
            }
            product = value
        }
        return extents.map { Int($0) }
    }
}
