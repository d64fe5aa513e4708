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
    /// The data set's name, the same for all runs of one set; `nil` where the run does not say.
    package internal(set) var dataSet: String?
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
    /// Bytes of the winner's file.
    package let winnerBytes: Int?
    /// What its files say of the data set.
    let trace: DataSetTrace
    /// Images of the test split; `nil` where neither the run nor another of its data set tells.
    package internal(set) var testCount: Int?

    /// Reads a folder.
    ///
    /// - Throws: `Failure` naming the folder or file: 66 for what is no run or has no metrics,
    ///   65 for files of another version or a recipe that was edited.
    package init(folder: String) throws {
        label = Self.labels([folder])[0]
        finished = try FinishedRun(folder: folder, for: "report")
        metrics = try finished.metrics()
        result = try finished.result()
        environment = try finished.environment()
        winner = try finished.winner()?.contents
        let bytes = try? FileBytes.byteCount(ofFileAt: "\(folder)/\(NetworkFile.name)")
        winnerBytes = result?.winnerBytes ?? bytes
        trace = DataSetTrace(folder: folder, winner: winner, run: metrics.run)
        testCount = result.flatMap(Self.testCount)
    }

    /// Reads several folders, gives each a short name, and puts runs of one data set together.
    package static func load(_ folders: [String]) throws -> [ReportRun] {
        var runs = try folders.map(ReportRun.init)
        let paths = folders.map { PathText.absolute($0) }
        let sets = DataSetNames.make(runs.map(\.trace))
        for (index, label) in labels(paths).enumerated() {
            runs[index].label = label
            runs[index].dataSet = sets[index]
        }
        return DataSetGroup.split(runs).flatMap { group in
            let count = group.runs.lazy.compactMap(\.run.testCount).first
            return group.runs.map { item in
                var run = item.run
                if run.dataSet != nil { run.testCount = run.testCount ?? count }
                return run
            }
        }
    }

    /// Of runs of earlier versions it follows from wrong images and error; `nil` where no image is wrong.
    private static func testCount(_ result: RunResult) -> Int? {
        if let count = result.testCount { return count }
        guard let percent = result.testError, percent > 0, let errors = result.testClassErrors
        else { return nil }
        return Int((100 * Double(errors.reduce(0, +)) / percent).rounded())
    }

    /// Short names of folders: as many of their last components as tell them apart, without what all
    /// begin or end with; equal ones are numbered.
    package static func labels(_ folders: [String]) -> [String] { RunLabels.make(folders) }

    /// Names of data sets, equal for equal sets; `nil` where nothing is known of one.
    package static func dataSetNames(_ traces: [DataSetTrace]) -> [String?] {
        DataSetNames.make(traces)
    }

    /// The method's name.
    package var method: String { recipe.weights.model.rawValue }

    /// Whether the weights are the real numbers that discrete ones are compared with.
    var isReference: Bool { recipe.weights.model == .fullPrecision }

    /// Epochs trained after some steps.
    package func epochs(_ step: Int) -> Double {
        Double(step) / Double(metrics.stepsPerEpoch)
    }

    /// Epochs trained in all.
    package var trainedEpochs: Double {
        epochs(max(metrics.training.last?.step ?? 0, metrics.validations.last?.step ?? 0))
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

    /// The winner's error on the validation split, with its count.
    package var validationRate: ErrorRate? {
        ErrorRate(percent: bestValidation?.best, count: validationCount)
    }

    /// The winner's error on the test split, with its count.
    package var testRate: ErrorRate? {
        ErrorRate(percent: result?.testError, count: testCount)
    }

    /// Seconds that the run took; for runs of earlier versions, of its recorded steps and validations.
    package var seconds: Double? {
        if let seconds = result?.seconds { return seconds }
        let steps = metrics.training.map {
            $0.dataSeconds + $0.computeSeconds + $0.communicationSeconds
        }
        let sum = (steps + metrics.validations.map(\.seconds)).reduce(0, +)
        return sum > 0 ? sum : nil
    }

    /// Bits a weight of the winner.
    package var bitsPerWeight: Double? {
        winner.flatMap { WeightBudget($0, levels: recipe.model.levels).bitsPerWeight }
    }
}
