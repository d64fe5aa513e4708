internal import Foundation
internal import LRNetSupport

/// The report of a comparison (`comparison.json`): every run, and a summary of each method's runs.
package struct ComparisonReport: Sendable, Codable, Equatable {
    /// One method.
    package struct Method: Sendable, Codable, Equatable {
        package var name: String
        /// The differences between the method's recipe and the base recipe.
        package var remarks: [String]
        /// The runs that have ended, ordered by seed.
        package var runs: [ComparedRun]
        /// The mean of the test errors, in percent.
        package var mean: Double?
        /// The standard deviation of the test errors over seeds, in percentage points; absent for
        /// one run.
        package var deviation: Double?
        /// The standard error of the mean test error p: `sqrt(p (100 - p) / N)` for N test images,
        /// in percentage points.
        package var testStandardError: Double?
        /// The test error minus the error of the method with the lowest mean, over the seeds that
        /// both have, in percentage points. It is 0 for that method, and absent if runs do not
        /// record their misclassified images.
        package var difference: Double?
        /// The standard error of ``difference``, in percentage points; absent for the method with
        /// the lowest mean.
        package var differenceError: Double?
        /// True if the mean is the lowest, or if ``difference`` is no larger than expected by
        /// chance among this number of methods; absent if ``difference`` is absent.
        package var isWithinNoise: Bool?

        init(name: String, remarks: [String]) {
            self.name = name
            self.remarks = remarks
            runs = []
        }

        /// The misclassified images of the runs, by seed.
        private var masks: [UInt64: ErrorMask] {
            Dictionary(
                runs.compactMap { run in run.testErrorMask.map { (run.seed, $0) } },
                uniquingKeysWith: { first, _ in first })
        }

        /// Returns the difference from another method over the seeds that both have.
        func paired(with other: Method) -> PairedErrors? {
            let (own, others) = (masks, other.masks)
            let seeds = own.keys.filter { others[$0] != nil }.sorted()
            return PairedErrors(
                seeds.compactMap { own[$0] }, seeds.compactMap { others[$0] })
        }

        var errors: [Double] { runs.compactMap(\.testError) }
    }

    /// The path of the base recipe.
    package var recipe: String
    /// The data set's fingerprint.
    package var data: String
    /// The number of test images.
    package var testCount: Int
    /// The number of runs per method.
    package var seedCount: Int
    /// The methods, in the requested order.
    package var methods: [Method]
    /// The methods that were left out, each with the reason.
    package var leftOut: [String]
    /// True if every run has ended.
    package var isComplete = false

    /// Updates the summaries of all methods from their runs.
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

    /// Returns the number of standard errors that a difference from the lowest mean may reach by
    /// chance. Any two methods can turn out to be the pair, so all pairs count.
    private static func limit(methods count: Int) -> Double {
        PairedErrors.limit(comparisons: count * (count - 1) / 2)
    }

    /// The distinct starts of the runs.
    private var starts: [String] {
        methods.flatMap(\.runs).reduce(into: []) { starts, run in
            if let start = run.start, !starts.contains(start) { starts.append(start) }
        }
    }

    /// The contents of `comparison.md`.
    package var markdown: String {
        func number(_ value: Double?, _ format: String) -> String {
            value.map { String(format: format, $0) } ?? ""
        }
        let starts = starts
        let origin =
            starts.isEmpty
            ? "from the recipe's start"
            : starts.count == 1
                ? "all from the start `\(starts[0])`" : "from \(starts.count) starts"
        var lines = [
            "# Methods under one recipe", "",
            "Base recipe `\(recipe)`, \(seedCount) seed\(seedCount == 1 ? "" : "s") per method, "
                + "\(origin), \(TextTable.grouped(testCount)) test images. Every run chooses its "
                + "network on the validation split; its file is tested once.", "",
            "| method | test error, % | deviation | s.e. of the test | above the lowest "
                + "| within noise | runs | bits per weight, packed | zeros, % | moved, % "
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
            "*Deviation*: standard deviation of the test errors over seeds"
                + (starts.count > 1 ? " and starts" : "")
                + ". *S.e. of the test*: sqrt(p (100 - p) "
                + "/ N), the standard error of a single test error. *Above the lowest*: the "
                + "difference and its standard error, which covers the test images (McNemar, "
                + "paired by seed) and the spread over the runs. *Within noise*: the difference "
                + "is at most "
                + String(format: "%.1f", Self.limit(methods: methods.count { $0.mean != nil }))
                + " standard errors; among equal methods, chance exceeds that in about one table "
                + "of 20. *Bits per weight*: over all layers with weights; 1.6 for a ternary "
                + "weight as written by `lrnet-dist export --format packed`, 32 for a real one. "
                + "*Zeros*: share of the integer weights. *Moved*: share of discrete weights "
                + "whose likeliest value differs from the start. *Learning rates*: of logits, "
                + "then of real parameters.",
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
