internal import LRNetHDF5
internal import LRNetKernels
internal import LRNetSupport

/// The versions of all software that results can depend on.
package struct LibraryVersions: Sendable, Codable, Equatable {
    /// The version of this package.
    package var lrnetDist = ProgramVersion.number

    /// The compiler and the build configuration.
    package var swift = "\(ProgramVersion.compiler), \(ProgramVersion.configuration) build"

    /// The version and configuration as reported by OpenBLAS.
    package var openBLAS = MatrixProduct.libraryDescription.configuration

    package var hdf5 = HDF5Build.version

    /// The name and version as reported by the MPI library, or "not used".
    package var mpi: String

    /// Queries the libraries of this process.
    ///
    /// - Parameter mpi: The MPI library's name and version; `nil` for a process that does not use
    ///   MPI.
    package init(mpi: String? = nil) { self.mpi = mpi ?? "not used" }
}
