import LRNetCollectives
import LRNetSupport
import Testing

@Suite
struct MPIChoiceTests {
    @Test func `the launcher's libraries are tried in order`() throws {
        let both = try MPIChoice(setting: nil, families: [.mpich, .openMPI])
        #expect(
            both.names == ["libmpi.so.12", "libmpich.so.12", "libmpi_cray.so.12", "libmpi.so.40"])
        #expect(try MPIChoice(setting: "", families: [.openMPI]).names == ["libmpi.so.40"])
    }

    @Test func `a setting names a family or a library`() throws {
        let family = try MPIChoice(setting: "openmpi", families: [.mpich])
        #expect(family.names == ["libmpi.so.40"])
        let path = try MPIChoice(setting: "/opt/mpi/lib/libmpi.so", families: [.openMPI])
        #expect(path.names == ["/opt/mpi/lib/libmpi.so"])
        #expect(
            throws: Failure(
                call: "LRNET_MPI", subject: "'lam'",
                message: "must be one of openmpi, mpich, or the path of a library",
                exitStatus: .usage)
        ) { try MPIChoice(setting: "lam", families: []) }
    }

    @Test func `a library that is missing or is not MPI is named with a remedy`() throws {
        func message(_ setting: String?, _ families: [MPIFamily] = []) throws -> String {
            let choice = try MPIChoice(setting: setting, families: families)
            let failure = try #require(throws: Failure.self) { try choice.load() }
            #expect(failure.exitStatus == .inputMissing)
            return failure.description
        }
        #expect(
            try message("/none/libmpi.so")
                == "dlopen: /none/libmpi.so: /none/libmpi.so: cannot open shared object file: No such "
                + "file or directory; set LRNET_MPI to the path of the launcher's MPI library")
        #expect(
            try message("libz.so.1") == "dlsym: libz.so.1: has no symbol MPI_Get_library_version")
    }

    @Test func `an installed library states its version in one line`() {
        for version in MPIChoice.installedVersions() {
            #expect(version.contains("MPI") && !version.contains("\n"))
        }
    }
}
