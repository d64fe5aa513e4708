internal import LRNetDiagnostics
internal import LRNetTraining

/// The tables of the runs' results and of their software and machines.
enum RunTable {
    static let caption =
        "Errors are those of the winner's file. The winner was chosen on the validation images, so "
        + "its test error is the fairer estimate. Intervals are 95 % Wilson score intervals, which "
        + "reflect only the number of images. Compare errors only within one data set. Time "
        + "includes validations. Size is that of winner.safetensors, which uses one byte per "
        + "discrete weight. Bits per weight are 1 for binary, 1.6 for ternary and 32 for real "
        + "weights, as in the files of lrnet-dist export --format packed."

    /// Returns the table of errors, time and size.
    static func results(_ runs: [ReportRun]) -> Figure.Table {
        var columns: [(Figure.Table.Column, (ReportRun) -> String)] = [
            (.text("run"), \.label), (.text("data set"), { $0.dataSet ?? Text.none }),
            (.text("method"), \.method),
            (.number("validation error"), { Text.percent($0.bestValidation?.best) }),
            (.number("95 % interval"), { Text.interval($0.validationRate) }),
            (.number("test error"), { Text.percent($0.result?.testError) }),
            (.number("95 % interval"), { Text.interval($0.testRate) }),
        ]
        columns += [
            (.number("epochs"), { Text.epochs($0.trainedEpochs) }),
            (.number("time"), { Text.duration($0.seconds) }),
            (.number("images/s"), { Text.whole($0.result?.imagesPerSecond) }),
            (.number("size"), { Text.bytes($0.winnerBytes) }),
            (.number("bits per weight"), { Text.bits($0.bitsPerWeight) }),
            (.text("network"), \.recipe.network.name),
            (.number("seed"), { "\($0.recipe.training.seed)" }),
        ]
        return Figure.Table(
            header: columns.map(\.0), rows: runs.map { run in columns.map { $0.1(run) } })
    }

    /// Returns the table of dates, software and machines.
    static func environments(_ runs: [ReportRun]) -> Figure.Table {
        let columns: [(Figure.Table.Column, (RunEnvironment) -> String)] = [
            (.text("last start"), { Text.date($0.startedAt) }),
            (.text("ranks × threads"), { "\($0.ranks) × \($0.threads)" }),
            (.number("machines"), { "\($0.hosts.count)" }),
            (.text("processor"), processors), (.text("lrnet-dist"), \.versions.lrnetDist),
            (.text("compiler"), compiler),
            (.text("MPI"), { String($0.versions.mpi.prefix { $0 != "," }) }),
            (.text("BLAS"), blas), (.text("HDF5"), \.versions.hdf5),
        ]
        return Figure.Table(
            header: [.text("run")] + columns.map(\.0),
            rows: runs.map { run in
                [run.label] + columns.map { run.environment.map($0.1) ?? Text.none }
            })
    }

    private static func distinct(_ values: [String]) -> String {
        var seen: [String] = []
        for value in values where !seen.contains(value) { seen.append(value) }
        return seen.joined(separator: ", ")
    }

    /// Returns text such as `Swift 6.3`, which mentions a debug build.
    private static func compiler(_ environment: RunEnvironment) -> String {
        environment.versions.swift.replacing(", release build", with: "")
    }

    private static func processors(_ environment: RunEnvironment) -> String {
        distinct(
            environment.placement.map {
                "\($0.processor.model), \(Text.count($0.processor.coreCount, "core"))"
            })
    }

    /// Returns text such as `OpenBLAS 0.3.21, SkylakeX`.
    private static func blas(_ environment: RunEnvironment) -> String {
        let words = environment.versions.openBLAS.split(separator: " ").prefix(2)
        return words.joined(separator: " ") + ", " + distinct(environment.placement.map(\.blasCore))
    }
}
