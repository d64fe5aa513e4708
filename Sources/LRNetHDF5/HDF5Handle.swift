import CHDF5
import LRNetSupport

/// An identifier of the library that is closed with the object.
final class HDF5Handle: @unchecked Sendable {
    let id: hid_t
    private let close: (hid_t) -> herr_t
    private var isOpen = true

    /// Opens an identifier by calling `open`, and throws if its result is negative.
    ///
    /// - Parameter status: The exit code, with the meaning that it has in `HDF5Library.call`.
    init(
        _ name: String, _ subject: String, status: ExitStatus = .badData,
        close: @escaping (hid_t) -> herr_t, open: () -> hid_t
    ) throws {
        id = try HDF5Library.call(name, subject, status: status, open)
        self.close = close
    }

    deinit {
        if isOpen { _ = HDF5Library.locked { close(id) } }
    }

    /// Closes the identifier now, and throws if closing fails.
    func closeNow(_ name: String, _ subject: String) throws {
        guard isOpen else { return }
        isOpen = false
        _ = try HDF5Library.call(name, subject, status: .inputOutput) { close(id) }
    }

    /// Creates a property list of a class. The class is read under the lock, because the first read
    /// starts the library.
    static func properties(
        _ propertyClass: @autoclosure () -> hid_t, _ subject: String
    ) throws -> HDF5Handle {
        try HDF5Handle("H5Pcreate", subject, status: .internalError, close: H5Pclose) {
            H5Pcreate(propertyClass())
        }
    }
}
