internal import LRNetDiagnostics
internal import LRNetTraining

/// The tables of what the runs reached and what they ran on.
enum RunTable {
    static let caption =
        "Errors are those of the winner's file. It was chosen on the validation images, so its test "
        + "error is the fairer one. Intervals are 95 % Wilson score intervals: what the number of "
        + "images alone leaves open. Errors are comparable on one data set only. Time includes "
        + "validations. Size is that of winner.safetensors, which has a byte for each discrete "
        + "weight; bits a weight count 1 for binary, 1.6 for ternary and 32 for real weights, as "
        + "lrnet-dist export --format packed writes them."

    /// Errors, time and size.
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
            (.number("bits a weight"), { Text.bits($0.bitsPerWeight) }),
            (.text("network"), \.recipe.network.name),
            (.number("seed"), { "\($0.recipe.training.seed)" }),
        ]
        return Figure.Table(
            header: columns.map(\.0), rows: runs.map { run in columns.map { $0.1(run) } })
    }

    /// Date, programs and machines.
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

    /// `Swift 6.3`; a debug build says so.
    private static func compiler(_ environment: RunEnvironment) -> String {
        environment.versions.swift.replacing(", release build", with: "")
    }

    private static func processors(_ environment: RunEnvironment) -> String {
        distinct(
            environment.placement.map {
                "\($0.processor.model), \(Text.count($0.processor.coreCount, "core"))"
            })
    }

    /// `OpenBLAS 0.3.21, SkylakeX`
    private static func blas(_ environment: RunEnvironment) -> String {
        let words = environment.versions.openBLAS.split(separator: " ").prefix(2)
        return words.joined(separator: " ") + ", " + distinct(environment.placement.map(\.blasCore))
    }
}
