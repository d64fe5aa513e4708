import Foundation
import LRNetCollectives
import LRNetLaunchSupport
import Testing

/// Compares the numbers of each family with the headers of a library, where they are installed.
@Suite
struct MPIConstantsTests {
    @Test(arguments: MPIFamily.allCases)
    func `sizes, constants and handles are those of the header`(family: MPIFamily) throws {
        let package = family == .openMPI ? "ompi-c" : "mpich"
        let flags = try launch("/usr/bin/env", ["pkg-config", "--cflags", "--libs", package])
        guard flags.code == 0 else {
            FileHandle.standardError.write(
                Data("SKIPPED: constants of \(family), because \(package).pc is missing\n".utf8))
            return
        }
        let folder = try TestFolder()
        let source = "\(folder.path)/check.c"
        try program(family).write(toFile: source, atomically: true, encoding: .utf8)
        let program = "\(folder.path)/check"
        let compiled = try launch(
            "/usr/bin/env",
            ["cc", "-o", program, source]
                + flags.output.split(whereSeparator: \.isWhitespace)
                .map(String.init))
        #expect(compiled.code == 0, "\(compiled.error)")
        let differences = try launch(program, [])
        #expect(differences.code == 0 && differences.output == "", "\(differences.output)")
    }

    /// Returns a program that prints the names of numbers that differ from the header's.
    private func program(_ family: MPIFamily) -> String {
        let layout = family.layout
        var lines = [
            "sizeof(MPI_Comm) == \(layout.handleByteCount)",
            "sizeof(MPI_Request) == \(layout.handleByteCount)",
            "sizeof(MPI_Win) == \(layout.handleByteCount)",
            "sizeof(MPI_Datatype) == \(layout.handleByteCount)",
            "sizeof(MPI_Aint) == \(MemoryLayout<Int>.size)",
            "sizeof(MPI_Status) == \(layout.statusByteCount)",
            "offsetof(MPI_Status, MPI_ERROR) == \(layout.errorOffset)",
            "MPI_ERR_IN_STATUS == \(layout.errorInStatus)",
            "MPI_COMM_TYPE_SHARED == \(layout.sharedType)",
            "(intptr_t)MPI_IN_PLACE == \(layout.inPlace)",
            "MPI_SUCCESS == \(MPIConstants.success)",
            "MPI_UNDEFINED == \(MPIConstants.undefined)",
            "MPI_THREAD_SINGLE == 0",
            "MPI_THREAD_FUNNELED == \(MPIConstants.funneled)",
            "MPI_THREAD_SERIALIZED == 2",
            "MPI_THREAD_MULTIPLE == 3",
        ]
        for name in ["PROCESSOR_NAME", "ERROR_STRING", "LIBRARY_VERSION_STRING"] {
            lines.append("MPI_MAX_\(name) <= \(MPIConstants.longestText)")
        }
        let handles: [(String, String, Int)] = [
            ("MPI_COMM_WORLD", "ompi_mpi_comm_world", MPIHandles.mpich.world),
            ("MPI_REQUEST_NULL", "ompi_request_null", MPIHandles.mpich.requestNull),
            ("MPI_INFO_NULL", "ompi_mpi_info_null", MPIHandles.mpich.infoNull),
            ("MPI_ERRORS_RETURN", "ompi_mpi_errors_return", MPIHandles.mpich.errorsReturn),
            ("MPI_BYTE", "ompi_mpi_byte", MPIHandles.mpich.byte),
            ("MPI_INT32_T", "ompi_mpi_int32_t", MPIHandles.mpich.int32),
            ("MPI_INT64_T", "ompi_mpi_int64_t", MPIHandles.mpich.int64),
            ("MPI_FLOAT", "ompi_mpi_float", MPIHandles.mpich.float),
            ("MPI_DOUBLE", "ompi_mpi_double", MPIHandles.mpich.double),
            ("MPI_SUM", "ompi_mpi_op_sum", MPIHandles.mpich.sum),
            ("MPI_MIN", "ompi_mpi_op_min", MPIHandles.mpich.minimum),
        ]
        for (name, symbol, number) in handles {
            lines.append(
                family == .openMPI
                    ? "(void *)\(name) == (void *)&\(symbol)" : "(int)\(name) == \(number)")
        }
        let checks = lines.map { "    if (!(\($0))) puts(\"\($0)\");\n" }.joined()
        return """
            #include <mpi.h>
            #include <stddef.h>
            #include <stdint.h>
            #include <stdio.h>
            int main(void) {
            \(checks)    return 0;
            }

            """
    }
}
