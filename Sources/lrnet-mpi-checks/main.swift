import LRNetCollectives
import LRNetSupport

// Checks of the collectives. `LRNetCollectivesTests` starts this program under mpirun.
//
//     mpirun -n 4 lrnet-mpi-checks                  run the checks; exit with 0 if none fails
//     mpirun -n 4 lrnet-mpi-checks --benchmark      time the tree exchange against MPI_Allreduce
//     mpirun -n 4 lrnet-mpi-checks --fail thrown --fail-rank 1

ProcessGroups.run { group in
    let options = try group.agreeing { try Options(Array(CommandLine.arguments.dropFirst())) }
    if let fault = options.fault {
        return try fault.run(group, on: options.faultyRank)
    }
    if options.isBenchmark {
        try Benchmark(options).run(group)
        return .success
    }
    let checks = CheckList(group)
    try checks.runCollectives()
    try checks.runSlices()
    try checks.runMachineWords()
    try checks.runTreeExchange()
    try checks.runRankGroups()
    try checks.runRowReduction()
    try checks.runErrors()
    return try checks.finish() ? .success : .internalError
}
