import CHDF5
import LRNetSupport

extension HDF5File {
    /// Creates a group and its missing parent groups. Does nothing if the path exists.
    ///
    /// - Parameter path: The path from the root, such as `parameters/layer1`.
    package func createGroup(_ path: String) throws {
        if try contains(path) { return }
        let subject = "\(name) \(path)"
        let links = try linkProperties(subject)
        let creation = try HDF5Handle.properties(HDF5GroupCreationClass, subject)
        _ = try HDF5Library.call("H5Pset_obj_track_times", subject, status: .internalError) {
            H5Pset_obj_track_times(creation.id, false)
        }
        _ = try HDF5Handle("H5Gcreate", subject, status: .inputOutput, close: H5Gclose) {
            H5Gcreate2(handle.id, path, links.id, creation.id, HDF5DefaultProperties)
        }
    }

    /// Returns true if a group or data set has this path.
    ///
    /// - Throws: `Failure` if the file cannot be read.
    package func contains(_ path: String) throws -> Bool {
        var prefix = ""
        for part in path.split(separator: "/") {
            prefix += "/\(part)"
            let answer = try HDF5Library.call("H5Lexists", "\(name) \(path)") {
                H5Lexists(handle.id, prefix, HDF5DefaultProperties)
            }
            if answer == 0 { return false }
        }
        return true
    }

    /// Returns the sorted names in a group; `/` is the root.
    ///
    /// - Throws: `Failure` if the group is missing.
    package func names(in group: String) throws -> [String] {
        let subject = "\(name) \(group)"
        var info = H5G_info_t()
        _ = try HDF5Library.call("H5Gget_info_by_name", subject) {
            H5Gget_info_by_name(handle.id, group, &info, HDF5DefaultProperties)
        }
        return try (0..<info.nlinks).map { index in
            let length = try HDF5Library.call("H5Lget_name_by_idx", subject) {
                H5Lget_name_by_idx(
                    handle.id, group, H5_INDEX_NAME, H5_ITER_INC, index, nil, 0,
                    HDF5DefaultProperties)
            }
            var text = [CChar](repeating: 0, count: length + 1)
            _ = try HDF5Library.call("H5Lget_name_by_idx", subject) {
                H5Lget_name_by_idx(
                    handle.id, group, H5_INDEX_NAME, H5_ITER_INC, index, &text, text.count,
                    HDF5DefaultProperties)
            }
            return String(decoding: text.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// Creates a chunked data set of zeros and its missing parent groups.
    ///
    /// - Parameters:
    ///   - path: The path from the root, such as `images` or `parameters/layer1/signLogit`.
    ///   - type: The type of the numbers.
    ///   - shape: The extents, outermost first; at least one.
    ///   - chunk: The extents of a chunk; by default, the largest chunk of consecutive numbers with
    ///     at most 1 MiB.
    ///   - hasChecksum: True if each chunk has a Fletcher-32 checksum.
    /// - Throws: `Failure` if the path exists or the file cannot be written.
    @discardableResult
    package func createDataSet(
        _ path: String, of type: HDF5ElementType, shape: [Int], chunk: [Int]? = nil,
        hasChecksum: Bool = true
    ) throws -> HDF5DataSet {
        let chunk = chunk ?? HDF5DataSet.defaultChunk(shape: shape, of: type)
        precondition(
            !shape.isEmpty && shape.allSatisfy { $0 >= 0 }, "data set \(path) of shape \(shape)")
        precondition(
            chunk.count == shape.count && chunk.allSatisfy { $0 > 0 },
            "chunks \(chunk) for shape \(shape)")
        let subject = "\(name) \(path)"
        let creation = try HDF5Handle.properties(HDF5DataSetCreationClass, subject)
        let extents = chunk.map { hsize_t($0) }
        _ = try HDF5Library.call("H5Pset_chunk", subject, status: .internalError) {
            H5Pset_chunk(creation.id, Int32(extents.count), extents)
        }
        _ = try HDF5Library.call("H5Pset_obj_track_times", subject, status: .internalError) {
            H5Pset_obj_track_times(creation.id, false)
        }
        if hasChecksum {
            _ = try HDF5Library.call("H5Pset_fletcher32", subject, status: .internalError) {
                H5Pset_fletcher32(creation.id)
            }
        }
        let space = try HDF5DataSet.space(shape, subject)
        let links = try linkProperties(subject)
        let data = try HDF5Handle("H5Dcreate", subject, status: .inputOutput, close: H5Dclose) {
            H5Dcreate2(
                handle.id, path, type.stored, space.id, links.id, creation.id,
                HDF5DefaultProperties)
        }
        return HDF5DataSet(
            file: self, path: path, handle: data, shape: shape, chunk: chunk, elementType: type)
    }

    /// Opens a data set.
    ///
    /// - Throws: `Failure` (65) if the data set is missing, is not chunked, or contains numbers
    ///   of a type that is not in ``HDF5ElementType``.
    package func dataSet(_ path: String) throws -> HDF5DataSet {
        let subject = "\(name) \(path)"
        let data = try HDF5Handle("H5Dopen", subject, close: H5Dclose) {
            H5Dopen2(handle.id, path, HDF5DefaultProperties)
        }
        return try HDF5DataSet(opened: data, file: self, path: path)
    }

    /// Returns link properties that create missing groups.
    private func linkProperties(_ subject: String) throws -> HDF5Handle {
        let links = try HDF5Handle.properties(HDF5LinkCreationClass, subject)
        _ = try HDF5Library.call(
            "H5Pset_create_intermediate_group", subject, status: .internalError
        ) {
            H5Pset_create_intermediate_group(links.id, 1)
        }
        return links
    }
}
