import CMPI
import LRNetSupport

/// The MPI library that this program is linked with.
package enum MPILibrary {
    /// The library's name and version, such as `Open MPI v4.1.4, package: ...`, on one line.
    ///
    /// It can be read before MPI is started, and in a single process.
    package static var version: String {
        text(capacity: Int(MPI_MAX_LIBRARY_VERSION_STRING)) { MPI_Get_library_version($0, $1) }
            ?? "unknown"
    }

    /// Checks the result of an MPI call and throws if it is not `MPI_SUCCESS`.
    ///
    /// A failed call returns only because ``MPIProcessGroup`` sets `MPI_ERRORS_RETURN` on its
    /// communicator.
    static func check(
        _ code: Int32, _ call: StaticString, rank: Int?, _ subject: @autoclosure () -> String = ""
    ) throws {
        if code == MPI_SUCCESS { return }
        let message = text(capacity: Int(MPI_MAX_ERROR_STRING)) { MPI_Error_string(code, $0, $1) }
        throw Failure(
            call: "\(call)", subject: subject(), message: message ?? "error \(code)",
            exitStatus: .inputOutput, rank: rank)
    }

    /// Returns the text that an MPI call writes into a buffer, up to the first line break, or `nil`
    /// if the call fails.
    static func text(
        capacity: Int,
        _ call: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
    ) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            var length: Int32 = 0
            guard call(start, &length) == MPI_SUCCESS else { return nil }
            let bytes = buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }
            return String(decoding: bytes.prefix { $0 != 0 && $0 != 10 }, as: UTF8.self)
        }
    }
}
