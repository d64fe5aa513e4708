internal import Foundation
package import LRNetDiagnostics
internal import LRNetLayers
internal import LRNetSupport
package import LRNetTraining

/// The parts of a run's folder that figures need.
package struct ReportRun: Sendable {
    package let finished: FinishedRun
    /// The run's name in figures, which is unique in a report.
    package internal(set) var label: String
    /// The data set's name, which is the same for all runs of one set; `nil` if the run does not
    /// record it.
    package internal(set) var dataSet: String?
    package var folder: String { finished.folder }
    package var recipe: Recipe { finished.recipe }
    package let metrics: RunMetrics
    /// The result, or `nil` for a run that has not finished.
    package let result: RunResult?
    /// The software and machines of the last start.
    package let environment: RunEnvironment?
    /// The contents of the winner's file.
    package let winner: SafeTensors?
    /// The size of the winner's file in bytes.
    package let winnerBytes: Int?
    /// The information about the data set in the run's files.
    let trace: DataSetTrace
    /// The number of images of the test split; `nil` if neither this run nor another run of its
    /// data set records it.
    package internal(set) var testCount: Int?

    /// Reads a run's folder.
    ///
    /// - Throws: `Failure` naming the folder or file: 66 if it is not a run or has no metrics; 65
    ///   for files of another version or an edited recipe.
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

    /// Reads several folders, assigns each a short name, and groups runs of one data set.
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

    /// Returns the number of images of the test split.
    ///
    /// For runs of earlier versions, it is computed from the number of misclassified images and the
    /// error. The result is `nil` if no image is misclassified.
    private static func testCount(_ result: RunResult) -> Int? {
        if let count = result.testCount { return count }
        guard let percent = result.testError, percent > 0, let errors = result.testClassErrors
        else { return nil }
        return Int((100 * Double(errors.reduce(0, +)) / percent).rounded())
    }

    /// Returns short names of folders: as many of their last components as distinguish them,
    /// without common prefixes and suffixes. Equal names are numbered.
    package static func labels(_ folders: [String]) -> [String] { RunLabels.make(folders) }

    /// Returns the names of data sets, which are equal for equal sets; `nil` for an unknown set.
    package static func dataSetNames(_ traces: [DataSetTrace]) -> [String?] {
        DataSetNames.make(traces)
    }

    package var method: String { recipe.weights.model.rawValue }

    /// True if the run is a full-precision reference for discrete networks.
    var isReference: Bool { recipe.weights.model == .fullPrecision }

    /// Returns the number of epochs that a number of steps equals.
    package func epochs(_ step: Int) -> Double {
        Double(step) / Double(metrics.stepsPerEpoch)
    }

    /// The total number of trained epochs.
    package var trainedEpochs: Double {
        epochs(max(metrics.training.last?.step ?? 0, metrics.validations.last?.step ?? 0))
    }

    /// The validation that produced the winner, or the best validation so far.
    package var bestValidation: RunMetrics.Validation? {
        metrics.validations.first { $0.step == result?.winnerStep }
            ?? metrics.validations.min { $0.best < $1.best }
    }

    /// The number of images of the validation split, if recorded.
    package var validationCount: Int? {
        bestValidation?.classCounts.map { $0.reduce(0, +) }
    }

    /// The winner's error on the validation split and the number of images.
    package var validationRate: ErrorRate? {
        ErrorRate(percent: bestValidation?.best, count: validationCount)
    }

    /// The winner's error on the test split and the number of images.
    package var testRate: ErrorRate? {
        ErrorRate(percent: result?.testError, count: testCount)
    }

    /// The duration of the run in seconds. For runs of earlier versions, it is the sum of the
    /// recorded steps and validations.
    package var seconds: Double? {
        if let seconds = result?.seconds { return seconds }
        let steps = metrics.training.map {
            $0.dataSeconds + $0.computeSeconds + $0.communicationSeconds
        }
        let sum = (steps + metrics.validations.map(\.seconds)).reduce(0, +)
        return sum > 0 ? sum : nil
    }

    /// The number of bits per weight of the winner.
    package var bitsPerWeight: Double? {
        winner.flatMap { WeightBudget($0, levels: recipe.model.levels).bitsPerWeight }
    }
}
