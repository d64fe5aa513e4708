internal import Foundation
internal import LRNetSupport

/// `comparison.json`: every run of a comparison, and what the methods' runs have in common.
public struct ComparisonReport: Sendable, Codable, Equatable {
    /// One method.
    public struct Method: Sendable, Codable, Equatable {
        /// The name.
        public var name: String
        /// What its recipe has that the base recipe has not.
        public var remarks: [String]
        /// The runs, by seed; those that are not finished are missing.
        public var runs: [ComparedRun]
        /// The mean of the test errors, in percent.
        public var mean: Double?
        /// Their standard deviation over seeds, in points; absent for one run.
        public var deviation: Double?
        /// The standard error of the test: `sqrt(p (100 - p) / N)` for N test images, in points.
        public var testStandardError: Double?
        /// Whether the mean is the lowest, or the distance from it is less than two standard errors of
        /// that distance.
        public var isWithinNoise = false

        init(name: String, remarks: [String]) {
            self.name = name
            self.remarks = remarks
            runs = []
        }

        /// The standard error of the mean, with that of the test: the test images are the same for all
        /// seeds, so more runs do not make it smaller.
        var standardError: Double {
            let test = testStandardError ?? 0
            let spread = deviation.map { $0 * $0 / Double(max(errors.count, 1)) } ?? 0
            return (test * test + spread).squareRoot()
        }

        var errors: [Double] { runs.compactMap(\.testError) }
    }

    /// The base recipe's file.
    public var recipe: String
    /// The data set's fingerprint.
    public var data: String
    /// Test images.
    public var testCount: Int
    /// Runs a method.
    public var seedCount: Int
    /// The methods, as asked for.
    public var methods: [Method]
    /// Methods that were left out, with the reason.
    public var leftOut: [String]
    /// Whether every run has ended.
    public var isComplete = false

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
        for index in methods.indices {
            guard let mean = methods[index].mean else { continue }
            let error = (methods[index].standardError, best.standardError)
            let noise = 2 * (error.0 * error.0 + error.1 * error.1).squareRoot()
            methods[index].isWithinNoise = mean - (best.mean ?? 0) <= noise
        }
    }

    /// `comparison.md`.
    public var markdown: String {
        func number(_ value: Double?, _ format: String) -> String {
            value.map { String(format: format, $0) } ?? ""
        }
        var lines = [
            "# Methods under one recipe", "",
            "Base recipe `\(recipe)`, \(seedCount) seed\(seedCount == 1 ? "" : "s") a method, "
                + "\(TextTable.grouped(testCount)) test images. Every run chooses its network on "
                + "the validation split; its file meets the test split once.", "",
            "| method | test error, % | deviation | s.e. of the test | within noise | runs "
                + "| bits a weight | zeros, % | training, min | learning rate | remarks |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
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
                number(method.testStandardError, "%.2f"), method.isWithinNoise ? "yes" : "",
                "\(method.errors.count)", number(mean(\.bitsPerWeight), "%.2f"),
                number(mean(\.zeroPercent), "%.1f"),
                number(mean(\.trainingSeconds).map { $0 / 60 }, "%.1f"),
                method.runs.first.map { String(format: "%g", $0.learningRate) } ?? "",
                remarks.joined(separator: "; "),
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        for line in leftOut {
            let cells =
                [String(line.prefix { $0 != ":" })] + Array(repeating: "", count: 9)
                + ["does not fit the network, see below"]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        lines += [
            "",
            "*Deviation*: of the test errors over seeds. *S.e. of the test*: sqrt(p (100 - p) / N). "
                + "*Within noise*: the distance from the lowest mean is at most two standard errors "
                + "of that distance, each mean's being the root of (s.e. of the test)^2 + "
                + "deviation^2 / runs. *Bits a weight*: over all layers with weights, 32 for real "
                + "ones. *Zeros*: of the integer weights.",
        ]
        if !leftOut.isEmpty {
            lines += ["", "Left out, because they do not fit the network:", ""]
            lines += leftOut.map { "- \($0)" }
        }
        if !isComplete { lines += ["", "Not all runs have ended; the same command goes on."] }
        return lines.joined(separator: "\n") + "\n"
    }
}
