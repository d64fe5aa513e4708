import LRNetSupport

/// An MPI library, loaded into this process.
package struct MPILibrary: Sendable {
    package let family: MPIFamily

    /// The library's name and version, such as `Open MPI v4.1.4, package: ...`, on one line.
    package let version: String

    let functions: MPIFunctions

    package let handles: MPIHandles

    package let layout: MPIFamily.Layout

    /// True if a waiting rank offers its core to other processes. Set it where ranks share cores.
    package var isYielding = false

    /// Loads a library. MPI is not started.
    ///
    /// - Parameters:
    ///   - name: The library's name or path.
    ///   - isForReport: True if MPI will not be started. Several libraries can then be loaded.
    /// - Throws: `DynamicLibrary.LoadError`; `Failure` (66) if the library is of no known family
    ///   or has not all functions.
    package init(_ name: String, isForReport: Bool = false) throws {
        // Open MPI's plug-ins use its symbols.
        let library = try DynamicLibrary(name, isGlobal: !isForReport)
        typealias GetVersion =
            @convention(c) (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
        let getVersion = try library.function("MPI_Get_library_version", as: GetVersion.self)
        version = Self.text { getVersion($0, $1) } ?? "unknown"
        functions = try MPIFunctions(library)
        if library.has("ompi_mpi_comm_world") {
            family = .openMPI
            handles = try MPIHandles(openMPI: library)
        } else if Self.isMPICH(version) {
            family = .mpich
            handles = .mpich
        } else {
            throw FailureSite("dlopen", name).inputMissing(
                "'\(version)' is neither Open MPI nor compatible with MPICH")
        }
        layout = family.layout
    }

    /// Recognizes libraries that have MPICH's binary interface by their own words.
    private static func isMPICH(_ version: String) -> Bool {
        ["MPICH", "Intel(R) MPI", "MVAPICH"].contains { version.contains($0) }
    }

    /// Checks the result of an MPI call and throws if it is not `MPI_SUCCESS`.
    ///
    /// A failed call returns only because ``MPIProcessGroup`` sets `MPI_ERRORS_RETURN` on its
    /// communicator.
    func check(
        _ code: Int32, _ call: StaticString, rank: Int?, _ subject: @autoclosure () -> String = ""
    ) throws {
        if code == MPIConstants.success { return }
        let message = Self.text { functions.errorString(code, $0, $1) }
        throw Failure(
            call: "\(call)", subject: subject(), message: message ?? "error \(code)",
            exitStatus: .inputOutput, rank: rank)
    }

    /// Returns the text that an MPI call writes into a buffer, up to the first line break and without
    /// tabs, or `nil` if the call fails.
    ///
    /// MPICH adds a stack of calls to an error, from the second line on.
    static func text(
        _ call: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
    ) -> String? {
        let capacity = MPIConstants.longestText
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            var length: Int32 = 0
            guard call(start, &length) == MPIConstants.success else { return nil }
            let bytes = buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }
            var line = String(decoding: bytes.prefix { $0 != 0 && $0 != 10 }, as: UTF8.self)
                .replacing("\t", with: " ")
            if line.hasSuffix(", error stack:") { line.removeLast(", error stack:".count) }
            return line
        }
    }
}

extension MPILibrary {
    /// `MPI_IN_PLACE`.
    var inPlace: UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: layout.inPlace)
    }
}
