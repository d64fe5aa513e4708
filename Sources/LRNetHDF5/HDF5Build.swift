internal import CHDF5

/// The HDF5 library that this program uses.
package enum HDF5Build {
    /// The version, such as `1.10.8`.
    package static var version: String {
        var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
        let status = HDF5Library.locked { H5get_libversion(&major, &minor, &release) }
        return status < 0 ? "unknown" : "\(major).\(minor).\(release)"
    }

    /// True if the library was built for calls from several threads. Calls are locked in either
    /// case.
    package static var isThreadSafe: Bool {
        var answer = false
        let status = HDF5Library.locked { H5is_library_threadsafe(&answer) }
        return status >= 0 && answer
    }
}
