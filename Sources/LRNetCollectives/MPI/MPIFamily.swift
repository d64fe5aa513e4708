/// A handle of MPI: of a communicator, data type, operation, request, window or error handler.
///
/// See ``MPIFunctions`` on its size.
typealias MPIHandle = Int

/// The MPI libraries whose binary interface this program knows.
///
/// A library of each family has one interface over many versions: Open MPI since 3.0 (`libmpi.so.40`),
/// and MPICH 3.1, Intel MPI, Cray MPICH and MVAPICH2, which agreed on one (`libmpi.so.12`, the MPICH
/// ABI Compatibility Initiative). `MPIConstantsTests` compares the numbers with installed headers.
///
/// MPI 5.0 defines one interface for all libraries (`libmpi_abi.so`). A library that has it would be
/// a third family.
package enum MPIFamily: String, CaseIterable, Sendable {
    case openMPI = "openmpi"
    case mpich

    /// Names of the shared library, in the order in which they are tried.
    ///
    /// Debian calls MPICH's `libmpich.so.12`, because both families are called `libmpi.so`.
    var libraryNames: [String] {
        switch self {
        case .openMPI: ["libmpi.so.40"]
        case .mpich: ["libmpi.so.12", "libmpich.so.12", "libmpi_cray.so.12"]
        }
    }

    /// The Debian package that has the library and a launcher.
    var debianPackage: String {
        switch self {
        case .openMPI: "openmpi-bin"
        case .mpich: "mpich"
        }
    }

    /// The sizes of a family's types and the values of its constants.
    package struct Layout: Sendable {
        /// The bytes of a handle in memory.
        package let handleByteCount: Int

        /// The bytes of an `MPI_Status`, and the offset of its member `MPI_ERROR`.
        package let statusByteCount, errorOffset: Int

        /// `MPI_ERR_IN_STATUS`.
        package let errorInStatus: Int32

        /// `MPI_COMM_TYPE_SHARED`.
        package let sharedType: Int32

        /// `MPI_IN_PLACE`, as an integer.
        package let inPlace: Int
    }

    package var layout: Layout {
        switch self {
        case .openMPI:
            Layout(
                handleByteCount: 8, statusByteCount: 24, errorOffset: 8, errorInStatus: 18,
                sharedType: 0, inPlace: 1)
        case .mpich:
            Layout(
                handleByteCount: 4, statusByteCount: 20, errorOffset: 16, errorInStatus: 17,
                sharedType: 1, inPlace: -1)
        }
    }
}

/// Constants that all families have in common.
package enum MPIConstants {
    package static let success: Int32 = 0
    package static let undefined: Int32 = -32766

    /// The names of thread levels, in the order of their values from 0.
    static let threadLevels = ["single", "funneled", "serialized", "multiple"]
    package static let funneled: Int32 = 1

    /// At least the length of any text that MPI writes.
    package static let longestText = 8192
}
