import LRNetSupport

/// The predefined handles of an MPI library.
package struct MPIHandles: Sendable {
    package let world, requestNull, infoNull, errorsReturn: Int
    package let byte, int32, int64, float, double: Int
    package let sum, minimum: Int

    /// Open MPI's handles are the addresses of variables.
    ///
    /// - Throws: `Failure` if a variable is missing.
    init(openMPI library: DynamicLibrary) throws {
        world = try library.address("ompi_mpi_comm_world")
        requestNull = try library.address("ompi_request_null")
        infoNull = try library.address("ompi_mpi_info_null")
        errorsReturn = try library.address("ompi_mpi_errors_return")
        byte = try library.address("ompi_mpi_byte")
        int32 = try library.address("ompi_mpi_int32_t")
        int64 = try library.address("ompi_mpi_int64_t")
        float = try library.address("ompi_mpi_float")
        double = try library.address("ompi_mpi_double")
        sum = try library.address("ompi_mpi_op_sum")
        minimum = try library.address("ompi_mpi_op_min")
    }

    /// MPICH's handles are constants.
    package static let mpich = MPIHandles(
        world: 0x4400_0000, requestNull: 0x2c00_0000, infoNull: 0x1c00_0000,
        errorsReturn: 0x5400_0001, byte: 0x4c00_010d, int32: 0x4c00_0439, int64: 0x4c00_083a,
        float: 0x4c00_040a, double: 0x4c00_080b, sum: 0x5800_0003, minimum: 0x5800_0002)

    private init(
        world: Int, requestNull: Int, infoNull: Int, errorsReturn: Int, byte: Int, int32: Int,
        int64: Int, float: Int, double: Int, sum: Int, minimum: Int
    ) {
        self.world = world
        self.requestNull = requestNull
        self.infoNull = infoNull
        self.errorsReturn = errorsReturn
        self.byte = byte
        self.int32 = int32
        self.int64 = int64
        self.float = float
        self.double = double
        self.sum = sum
        self.minimum = minimum
    }
}
