internal import Foundation
internal import LRNetCollectives
internal import LRNetKernels

/// The machine and the settings of one rank.
package struct RankEnvironment: Sendable, Codable, Equatable {
    package var rank: Int

    /// The name of the rank's machine.
    package var host: String

    package var processor: ProcessorDescription

    /// The kernels that OpenBLAS chose for this rank.
    package var blasCore: String

    /// The rank's `OPENBLAS_CORETYPE`, if it is set.
    package var forcedBLASCore: String?

    /// The cores that the rank may run on; empty if the system does not report them.
    package var cores: [Int]

    /// The thread level that MPI granted; `none` in a single process.
    package var mpiThreadLevel: String

    package init(
        rank: Int, host: String, processor: ProcessorDescription, blasCore: String,
        forcedBLASCore: String? = nil, cores: [Int], mpiThreadLevel: String
    ) {
        self.rank = rank
        self.host = host
        self.processor = processor
        self.blasCore = blasCore
        self.forcedBLASCore = forcedBLASCore
        self.cores = cores
        self.mpiThreadLevel = mpiThreadLevel
    }

    /// Describes this process.
    static func current(_ group: any ProcessGroup) -> RankEnvironment {
        RankEnvironment(
            rank: group.rank, host: group.hostNames[group.rank],
            processor: .current(), blasCore: MatrixProduct.libraryDescription.core,
            forcedBLASCore: ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"],
            cores: ProcessAffinity.cores(),
            mpiThreadLevel: (group as? MPIProcessGroup)?.threadLevel ?? "none")
    }

    /// The number of cores that the rank may use.
    package var coreCount: Int { cores.isEmpty ? processor.coreCount : cores.count }

    /// True if the rank may run on only some of the machine's cores.
    package var isBound: Bool { coreCount < processor.coreCount }
}
