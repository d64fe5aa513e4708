import CHDF5
import LRNetSupport

/// An HDF5 file on disk or in memory, which is closed with the object.
///
/// Files are written in the library's latest format, whose metadata has checksums. They contain no
/// times, so that equal content yields equal bytes. Any thread can call the methods; calls to the
/// library run one at a time.
package final class HDF5File: Sendable {
    /// The path, or the given name of a file in memory. Errors contain this name.
    package let name: String

    let handle: HDF5Handle

    /// The number of bytes by which a file in memory grows.
    private static let memoryIncrement = 1 << 20

    private init(name: String, handle: HDF5Handle) {
        self.name = name
        self.handle = handle
    }

    /// Creates a file on disk and replaces an existing one.
    ///
    /// - Throws: `Failure` (74; 66 if the folder is missing).
    package static func create(at path: String) throws -> HDF5File {
        let access = try accessProperties(path)
        return try create(name: path, opened: path, access: access)
    }

    /// Creates a file in memory; ``image()`` returns its bytes.
    ///
    /// - Parameter name: The name of the file in errors. Several open files can have the same name.
    package static func create(inMemoryNamed name: String) throws -> HDF5File {
        let access = try accessProperties(name)
        _ = try HDF5Library.call("H5Pset_fapl_core", name, status: .internalError) {
            H5Pset_fapl_core(access.id, memoryIncrement, false)
        }
        return try create(
            name: name, opened: HDF5Library.uniqueName(name), access: access)
    }

    /// Opens a file on disk for reading, without locking it.
    ///
    /// - Throws: `Failure`: 66 if the file is missing, 65 if it is not an HDF5 file.
    package static func open(_ path: String) throws -> HDF5File {
        let access = try accessProperties(path)
        _ = try HDF5Library.call("H5Pset_file_locking", path, status: .internalError) {
            H5Pset_file_locking(access.id, false, true)
        }
        let handle = try HDF5Handle("H5Fopen", path, close: H5Fclose) {
            H5Fopen(PathText.cString(path), HDF5OpenReadOnly, access.id)
        }
        return HDF5File(name: path, handle: handle)
    }

    /// Opens the bytes of a file for reading.
    ///
    /// - Parameters:
    ///   - image: The bytes, which the library copies.
    ///   - name: The name of the file in errors.
    /// - Throws: `Failure` (65) if the bytes are not an HDF5 file.
    package static func open(image: [UInt8], named name: String) throws -> HDF5File {
        let access = try accessProperties(name)
        _ = try HDF5Library.call("H5Pset_fapl_core", name, status: .internalError) {
            H5Pset_fapl_core(access.id, memoryIncrement, false)
        }
        var bytes = image
        _ = try HDF5Library.call("H5Pset_file_image", name) {
            bytes.withUnsafeMutableBytes {
                H5Pset_file_image(access.id, $0.baseAddress, $0.count)
            }
        }
        let opened = HDF5Library.uniqueName(name)
        let handle = try HDF5Handle("H5Fopen", name, close: H5Fclose) {
            H5Fopen(opened, HDF5OpenReadOnly, access.id)
        }
        return HDF5File(name: name, handle: handle)
    }

    /// Returns the bytes of the file as they would be on disk.
    package func image() throws -> [UInt8] {
        try flush()
        let size = try HDF5Library.call("H5Fget_file_image", name, status: .inputOutput) {
            H5Fget_file_image(handle.id, nil, 0)
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        _ = try HDF5Library.call("H5Fget_file_image", name, status: .inputOutput) {
            bytes.withUnsafeMutableBytes {
                H5Fget_file_image(handle.id, $0.baseAddress, $0.count)
            }
        }
        Superblock.repairChecksum(&bytes)
        return bytes
    }

    /// Passes all data written so far to the operating system.
    ///
    /// - Throws: `Failure` (74).
    package func flush() throws {
        _ = try HDF5Library.call("H5Fflush", name, status: .inputOutput) {
            H5Fflush(handle.id, H5F_SCOPE_LOCAL)
        }
    }

    /// Closes the file now instead of with the object, so that an error of closing can be thrown.
    ///
    /// - Precondition: None of its data sets is in use, now or later.
    /// - Throws: `Failure` (74).
    package func close() throws {
        try handle.closeNow("H5Fclose", name)
    }

    private static func create(
        name: String, opened: String, access: HDF5Handle
    ) throws -> HDF5File {
        let creation = try HDF5Handle.properties(HDF5FileCreationClass, name)
        _ = try HDF5Library.call("H5Pset_obj_track_times", name, status: .internalError) {
            H5Pset_obj_track_times(creation.id, false)
        }
        let handle = try HDF5Handle("H5Fcreate", name, status: .inputOutput, close: H5Fclose) {
            H5Fcreate(PathText.cString(opened), HDF5CreateTruncated, creation.id, access.id)
        }
        return HDF5File(name: name, handle: handle)
    }

    private static func accessProperties(_ subject: String) throws -> HDF5Handle {
        let access = try HDF5Handle.properties(HDF5FileAccessClass, subject)
        _ = try HDF5Library.call("H5Pset_libver_bounds", subject, status: .internalError) {
            H5Pset_libver_bounds(access.id, HDF5LatestFormat, HDF5LatestFormat)
        }
        return access
    }
}
