internal import Foundation
package import LRNetDiagnostics
internal import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// A run's folder, as far as figures need it.
package struct ReportRun: Sendable {
    /// The run's folder as it was read.
    package let finished: FinishedRun
    /// The run's name in figures; no two runs of a report share one.
    package internal(set) var label: String
    package var folder: String { finished.folder }
    package var recipe: Recipe { finished.recipe }
    /// What the run recorded.
    package let metrics: RunMetrics
    /// What a finished run says of itself.
    package let result: RunResult?
    /// What it ran on.
    package let environment: RunEnvironment?
    /// The winner's file.
    package let winner: SafeTensors?

    /// Reads a folder.
    ///
    /// - Throws: `Failure` naming the folder or file: 66 for what is no run or has no metrics,
    ///   65 for files of another version or a recipe that was edited.
    package init(folder: String) throws {
        label = Self.name(folder)
        finished = try FinishedRun(folder: folder, for: "report")
        metrics = try finished.metrics()
        result = try finished.result()
        environment = try finished.environment()
        winner = try finished.winner()?.contents
    }

    /// Reads several folders, and gives each a short name.
    package static func load(_ folders: [String]) throws -> [ReportRun] {
        var runs = try folders.map(ReportRun.init)
        for (index, label) in labels(runs.map(\.folder)).enumerated() {
            runs[index].label = label
        }
        return runs
    }

    private static func name(_ folder: String) -> String {
        folder.split(separator: "/").last.map(String.init) ?? folder
    }

    /// Short names of folders: as many of their last components as tell them apart, without what all
    /// begin or end with; equal ones are numbered.
    package static func labels(_ folders: [String]) -> [String] {
        let paths = folders.map { $0.split(separator: "/").map(String.init) }
        let depth = paths.map(\.count).max() ?? 0
        let names = (1..<max(depth, 2)).lazy.map { count in paths.map { $0.suffix(count) } }
        let telling = names.first { Set($0).count == folders.count }
        let parts = withoutCommonEnds((telling ?? paths.map { $0.suffix(1) }).map(Array.init))
        let words = withoutCommonEnds(
            parts.map { $0.joined(separator: "/").split(separator: "-").map(String.init) })
        let short = words.map { $0.joined(separator: "-") }
        return short.indices.map { index in
            let name = short[index].isEmpty ? "run" : short[index]
            let equal = short.indices.filter { short[$0] == short[index] }
            guard equal.count > 1, let place = equal.firstIndex(of: index) else { return name }
            return "\(name) \(place + 1)"
        }
    }

    /// Lists without the elements that all begin or end with; one is left to each.
    private static func withoutCommonEnds(_ lists: [[String]]) -> [[String]] {
        guard lists.count > 1 else { return lists }
        var lists = lists
        while let first = lists[0].first,
            lists.allSatisfy({ $0.count > 1 && $0.first == first })
        {
            for index in lists.indices { lists[index].removeFirst() }
        }
        while let last = lists[0].last, lists.allSatisfy({ $0.count > 1 && $0.last == last }) {
            for index in lists.indices { lists[index].removeLast() }
        }
        return lists
    }

    /// The method's name.
    package var method: String { recipe.weights.model.rawValue }

    /// Epochs trained after some steps.
    package func epochs(_ step: Int) -> Double {
        Double(step) / Double(metrics.stepsPerEpoch)
    }

    /// The validation that the winner comes from, or the best so far.
    package var bestValidation: RunMetrics.Validation? {
        metrics.validations.first { $0.step == result?.winnerStep }
            ?? metrics.validations.min { $0.best < $1.best }
    }

    /// Images of the validation split, where recorded.
    package var validationCount: Int? {
        bestValidation?.classCounts.map { $0.reduce(0, +) }
    }
}

/// Numbers as text.
enum Text {
    /// A number with so many decimals.
    static func number(_ value: Double, _ decimals: Int = 2) -> String {
        String(format: "%.\(decimals)f", value).replacing("-", with: "−")
    }

    /// A percentage.
    static func percent(_ value: Double?, _ decimals: Int = 2) -> String {
        value.map { "\(number($0, decimals)) %" } ?? "–"
    }

    /// A number of any size.
    static func general(_ value: Double) -> String { String(format: "%.3g", value) }

    /// `a, b and c`
    static func list(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }

    /// The standard error, in points, of an error in percent that was counted on so many images.
    static func standardError(percent: Double, count: Int) -> Double {
        let share = percent / 100
        return 100 * (max(share * (1 - share), 0) / Double(max(count, 1))).squareRoot()
    }
}
