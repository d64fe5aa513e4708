internal import Foundation
internal import LRNetSupport

/// `comparison.json`: every run of a comparison, and what the methods' runs have in common.
package struct ComparisonReport: Sendable, Codable, Equatable {
    /// One method.
    package struct Method: Sendable, Codable, Equatable {
        /// The name.
        package var name: String
        /// What its recipe has that the base recipe has not.
        package var remarks: [String]
        /// The runs, by seed; those that are not finished are missing.
        package var runs: [ComparedRun]
        /// The mean of the test errors, in percent.
        package var mean: Double?
        /// Their standard deviation over seeds, in points; absent for one run.
        package var deviation: Double?
        /// The standard error of the test: `sqrt(p (100 - p) / N)` for N test images, in points.
        package var testStandardError: Double?
        /// The error less that of the method with the lowest mean, over the seeds that both have, in points;
        /// 0 for that method, absent where runs do not say which images they got wrong.
        package var difference: Double?
        /// The standard error of ``difference``, in points; absent for the method with the lowest mean.
        package var differenceError: Double?
        /// The mean is the lowest, or ``difference`` is not more than chance makes of as many methods; absent
        /// where ``difference`` is.
        package var isWithinNoise: Bool?

        init(name: String, remarks: [String]) {
            self.name = name
            self.remarks = remarks
            runs = []
        }

        /// The images that the runs got wrong, by seed.
        private var masks: [UInt64: ErrorMask] {
            Dictionary(
                runs.compactMap { run in run.testErrorMask.map { (run.seed, $0) } },
                uniquingKeysWith: { first, _ in first })
        }

        /// How far this method is from another, by the runs that both have.
        func paired(with other: Method) -> PairedErrors? {
            let (own, others) = (masks, other.masks)
            let seeds = own.keys.filter { others[$0] != nil }.sorted()
            return PairedErrors(
                seeds.compactMap { own[$0] }, seeds.compactMap { others[$0] })
        }

        var errors: [Double] { runs.compactMap(\.testError) }
    }

    /// The base recipe's file.
    package var recipe: String
    /// The data set's fingerprint.
    package var data: String
    /// Test images.
    package var testCount: Int
    /// Runs a method.
    package var seedCount: Int
    /// The methods, as asked for.
    package var methods: [Method]
    /// Methods that were left out, with the reason.
    package var leftOut: [String]
    /// Whether every run has ended.
    package var isComplete = false

    /// Computes what follows from the runs.
    mutating func summarize() {
        for index in methods.indices {
            let errors = methods[index].errors
            guard !errors.isEmpty else { continue }
            let count = Double(errors.count)
            let mean = errors.reduce(0, +) / count
            methods[index].mean = mean
            methods[index].deviation =
                errors.count > 1
                ? (errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)).squareRoot()
                : nil
            methods[index].testStandardError =
                testCount > 0 ? (mean * (100 - mean) / Double(testCount)).squareRoot() : nil
        }
        let known = methods.filter { $0.mean != nil }
        guard let best = known.min(by: { ($0.mean ?? 0) < ($1.mean ?? 0) }) else { return }
        let limit = Self.limit(methods: known.count)
        for index in methods.indices where methods[index].mean != nil {
            let isBest = methods[index].name == best.name
            let paired = isBest ? nil : methods[index].paired(with: best)
            methods[index].difference = isBest ? 0 : paired?.difference
            methods[index].differenceError = paired?.standardError
            methods[index].isWithinNoise =
                isBest ? true : paired.map { $0.difference <= limit * $0.standardError }
        }
    }

    /// Standard errors that a difference from the lowest may have by chance. Any two methods may turn out to be
    /// the pair, so all pairs count.
    private static func limit(methods count: Int) -> Double {
        PairedErrors.limit(comparisons: count * (count - 1) / 2)
    }

    /// The starts of the runs, each once.
    private var starts: [String] {
        methods.flatMap(\.runs).reduce(into: []) { starts, run in
            if let start = run.start, !starts.contains(start) { starts.append(start) }
        }
    }

    /// `comparison.md`.
    package var markdown: String {
        func number(_ value: Double?, _ format: String) -> String {
            value.map { String(format: format, $0) } ?? ""
        }
        let starts = starts
        let origin =
            starts.isEmpty
            ? "from the recipe's start"
            : starts.count == 1
                ? "all from the one start `\(starts[0])`" : "from \(starts.count) starts"
        var lines = [
            "# Methods under one recipe", "",
            "Base recipe `\(recipe)`, \(seedCount) seed\(seedCount == 1 ? "" : "s") a method, \(origin), "
                + "\(TextTable.grouped(testCount)) test images. Every run chooses its network on "
                + "the validation split; its file meets the test split once.", "",
            "| method | test error, % | deviation | s.e. of the test | above the lowest "
                + "| within noise | runs | bits a weight, packed | zeros, % | moved, % "
                + "| training, min | learning rates | remarks |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        for method in methods {
            func mean(_ value: (ComparedRun) -> Double?) -> Double? {
                let values = method.runs.compactMap(value)
                return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            }
            let failed = method.runs.count { $0.failure != nil }
            let remarks = method.remarks + (failed > 0 ? ["\(failed) diverged"] : [])
            let cells = [
                method.name, number(method.mean, "%.2f"), number(method.deviation, "%.2f"),
                number(method.testStandardError, "%.2f"),
                number(method.differenceError == nil ? nil : method.difference, "%.2f")
                    + number(method.differenceError, " +- %.2f"),
                method.isWithinNoise.map { $0 ? "yes" : "" } ?? (method.mean == nil ? "" : "?"),
                "\(method.errors.count)",
                number(mean(\.bitsPerWeight), "%.2f"), number(mean(\.zeroPercent), "%.1f"),
                number(mean(\.movedPercent), "%.1f"),
                number(mean(\.trainingSeconds).map { $0 / 60 }, "%.1f"),
                method.runs.first.map(Self.rates) ?? "",
                remarks.joined(separator: "; "),
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        for line in leftOut {
            let cells =
                [String(line.prefix { $0 != ":" })] + Array(repeating: "", count: 11)
                + ["does not fit the network, see below"]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        lines += [
            "",
            "*Deviation*: of the test errors over seeds"
                + (starts.count > 1 ? " and starts" : "")
                + ". *S.e. of the test*: sqrt(p (100 - p) "
                + "/ N), of one error by itself. *Above the lowest*: the difference and its standard "
                + "error, from runs of one seed that met the same images (McNemar), and from the "
                + "spread over the runs. *Within noise*: the difference is at most "
                + String(format: "%.1f", Self.limit(methods: methods.count { $0.mean != nil }))
                + " standard errors, about what chance makes of as many equal methods in one table of 20. "
                + "*Bits a weight*: over "
                + "all layers with weights, 1.6 for a ternary one as `lrnet-dist export --format packed` "
                + "writes it, 32 for a real one. *Zeros*: of the integer weights. *Moved*: discrete "
                + "weights whose likeliest value is not the start's. *Learning rates*: of logits, then "
                + "of what is real.",
        ]
        if !leftOut.isEmpty {
            lines += ["", "Left out, because they do not fit the network:", ""]
            lines += leftOut.map { "- \($0)" }
        }
        if !isComplete { lines += ["", "Not all runs have ended; the same command resumes."] }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rates(_ run: ComparedRun) -> String {
        let real = String(format: "%g", run.learningRate)
        return run.logitRate.map { String(format: "%g, ", $0) + real } ?? real
    }
}
