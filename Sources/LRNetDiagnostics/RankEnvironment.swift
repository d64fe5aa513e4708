internal import Foundation
internal import LRNetCollectives
internal import LRNetKernels

/// Where one rank runs.
package struct RankEnvironment: Sendable, Codable, Equatable {
    /// The rank.
    package var rank: Int

    /// The name of its machine.
    package var host: String

    /// The machine's CPU.
    package var processor: ProcessorDescription

    /// The kernels that OpenBLAS chose there.
    package var blasCore: String

    /// What its `OPENBLAS_CORETYPE` asks OpenBLAS for, if it is set there.
    package var forcedBLASCore: String?

    /// The cores that the rank may run on; empty where the system does not say.
    package var cores: [Int]

    /// What the launcher let the group know of MPI's threads; `none` in a single process.
    package var mpiThreadLevel: String

    /// Creates a description.
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

    /// Looks at this process.
    static func current(_ group: any ProcessGroup) -> RankEnvironment {
        RankEnvironment(
            rank: group.rank, host: group.hostNames[group.rank],
            processor: .current(), blasCore: MatrixProduct.libraryDescription.core,
            forcedBLASCore: ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"],
            cores: ProcessAffinity.cores(),
            mpiThreadLevel: (group as? MPIProcessGroup)?.threadLevel ?? "none")
    }

    /// The cores that it may use, as a number.
    package var coreCount: Int { cores.isEmpty ? processor.coreCount : cores.count }

    /// Whether it may run on some of the machine's cores only.
    package var isBound: Bool { coreCount < processor.coreCount }
}
