internal import LRNetCollectives
internal import LRNetHDF5
internal import LRNetKernels
internal import LRNetSupport

/// The versions of everything that a number may depend on.
package struct LibraryVersions: Sendable, Codable, Equatable {
    /// Ours.
    package var lrnetDist = ProgramVersion.number

    /// The compiler, and whether the build is a release build.
    package var swift = "\(ProgramVersion.compiler), \(ProgramVersion.configuration) build"

    /// OpenBLAS's version and configuration, in its own words.
    package var openBLAS = MatrixProduct.libraryDescription.configuration

    /// HDF5's version.
    package var hdf5 = HDF5Build.version

    /// The MPI library, in its own words.
    package var mpi = MPILibrary.version

    /// Asks the libraries.
    package init() {}
}
