internal import Foundation
internal import LRNetData
internal import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

/// The classes of some pictures by the trainer's own network, by the deployed one, and in fixed point.
package struct Verification: Sendable, Encodable {
    /// Pictures that were looked at.
    package private(set) var pictures = 0
    /// Pictures whose class the trainer's own network got wrong.
    package private(set) var errors = 0
    /// The largest difference between the scores of the written network and the trainer's, as a share of the scores'
    /// root mean square.
    package private(set) var scoreDifference = 0.0
    /// In fixed point: wrong pictures, and pictures of another class than with real activations.
    package private(set) var fixedErrors: Int?
    package private(set) var fixedDisagreements: Int?

    /// The largest difference that another order of sums makes.
    private static let tolerance = 2e-5

    /// Pictures that are read at a time.
    private static let batchSize = 32

    /// Checks a network.
    ///
    /// - Throws: `Failure` (70) if the written network is another one.
    init(
        _ source: NetworkSource, fixed: FixedNetwork?, bytes: [UInt8], format: ExportFormat,
        on pictures: PictureSource, count: Int, threads: Int
    ) throws {
        var written = source.deployed
        var writtenFixed = fixed
        if format == .packed {
            let file = try PackedFile(bytes: bytes, path: "the packed file")
            written = file.network
            writtenFixed = file.fixed
        }
        let weights = FloatEngine.Weights(written)
        let fixedWeights = fixed.map { FixedEngine.Weights($0) }
        let writtenWeights = writtenFixed.map { FixedEngine.Weights($0) }
        let pool = ThreadPool(threadCount: threads)
        let runner = try source.layers.map {
            try NetworkRunner(
                recipe: source.recipe, classes: source.deployed.description.classes, layers: $0,
                threads: threads)
        }
        let batch = min(Self.batchSize, runner?.capacity ?? Self.batchSize)
        let size = source.deployed.description.preprocessing.shape.count
        let classes = source.deployed.description.classes
        let total = min(count, pictures.count)
        var (squares, largest, fixedErrors, disagreements) = (0.0, 0.0, 0, 0)
        for first in stride(from: 0, to: total, by: batch) {
            let part = try pictures.read(first..<min(first + batch, total))
            let own = try runner?.scores(part.inputs, count: part.labels.count)
            let results = PartialResults<Outcome?>(count: part.labels.count, nil)
            pool.forEach(part.labels.count) { index, _ in
                let engine = FloatEngine(written, weights: weights)
                var outcome = Outcome(
                    scores: engine.run(part.inputs[index * size..<(index + 1) * size]).scores)
                if let fixed, let fixedWeights, let writtenFixed, let writtenWeights {
                    let reference = FixedEngine(fixed, weights: fixedWeights)
                    let input = reference.input(part.pixels[index])
                    outcome.fixed = reference.run(input)
                    outcome.isEqual =
                        FixedEngine(writtenFixed, weights: writtenWeights).run(input)
                        == outcome.fixed
                }
                results.update(index) { $0 = outcome }
            }
            for (index, outcome) in results.values.enumerated() {
                guard let outcome else { continue }
                let label = Int(part.labels[index])
                let mine =
                    own.map { Array($0[index * classes..<(index + 1) * classes]) } ?? outcome.scores
                guard (mine + outcome.scores).allSatisfy(\.isFinite) else {
                    throw FailureSite("export", source.path).badData(
                        "gives picture \(first + index) scores that are not finite")
                }
                for (a, b) in zip(mine, outcome.scores) {
                    squares += Double(a) * Double(a)
                    largest = max(largest, abs(Double(a) - Double(b)))
                }
                let predicted = Self.best(mine)
                errors += predicted == label ? 0 : 1
                guard let result = outcome.fixed else { continue }
                guard outcome.isEqual else {
                    throw FailureSite("export", "picture \(first + index)").failure(
                        .internalError,
                        "has other activations by the written network; nothing was written")
                }
                let fixedClass = Self.best(result.scores)
                fixedErrors += fixedClass == label ? 0 : 1
                disagreements += fixedClass == predicted ? 0 : 1
            }
        }
        self.pictures = total
        let root = (squares / Double(max(total * classes, 1))).squareRoot()
        scoreDifference = root > 0 ? largest / root : 0
        guard scoreDifference <= Self.tolerance else {
            throw FailureSite("export", source.path).failure(
                .internalError,
                String(
                    format:
                        "the written network's scores differ by %.1e of their root mean square, "
                        + "more than %.0e; nothing was written", scoreDifference, Self.tolerance))
        }
        if fixed != nil {
            self.fixedErrors = fixedErrors
            fixedDisagreements = disagreements
        }
    }

    private struct Outcome: Sendable {
        var scores: [Float]
        var fixed: FixedEngine.Result?
        var isEqual = true
    }

    /// The class with the largest score; the first of equals.
    static func best(_ scores: [Float]) -> Int {
        scores.indices.max { (scores[$0], $1) < (scores[$1], $0) } ?? 0
    }

    /// `200 pictures: error 1.20 %; ...`
    package var text: String {
        func percent(_ count: Int) -> String {
            String(format: "%.2f %%", 100 * Double(count) / Double(max(pictures, 1)))
        }
        var text =
            "verified on \(pictures) pictures: error \(percent(errors)), scores within "
            + String(format: "%.1e", scoreDifference)
        if let fixedErrors, let fixedDisagreements {
            text +=
                "; fixed point: features equal on all, error \(percent(fixedErrors)), another class "
                + "on \(fixedDisagreements)"
            if 100 * fixedDisagreements > pictures {
                text += " (more than 1 %: try --digits 16 or more pictures for --calibrate)"
            }
        }
        return text
    }
}
