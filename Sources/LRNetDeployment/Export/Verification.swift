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
    /// In fixed point: the same difference, wrong pictures, and pictures of another class than with real activations.
    package private(set) var fixedScoreDifference: Double?
    package private(set) var fixedErrors: Int?
    package private(set) var fixedDisagreements: Int?

    /// Pictures whose scores differ more because a sum is close to the threshold of a sign, where the order of a sum
    /// decides; `nil` for networks without signs.
    package private(set) var thresholdImages: Int?

    /// The largest difference that another order of sums makes.
    private static let tolerance = 2e-5
    /// The largest share of ``thresholdImages``.
    private static let thresholdShare = 0.05

    /// Pictures that are read at a time.
    private static let batchSize = 32

    /// Checks what was written.
    ///
    /// - Parameter fixed: What a written fixed-point network must agree with.
    /// - Throws: `Failure` (70) if the written network is another one.
    package init(
        _ source: NetworkSource, fixed: FixedNetwork?, written: WrittenNetwork,
        on pictures: ImageSource, count: Int, threads: Int
    ) throws {
        let pool = try ThreadPool.computing(
            threads: threads, remedy: "lower --threads (\(threads))")
        let runner = try source.layers.map {
            try NetworkRunner(
                recipe: source.recipe, classes: source.deployed.description.classes, layers: $0,
                threads: threads)
        }
        let task = Task(source, fixed: fixed, written: written)
        let batch = min(Self.batchSize, runner?.capacity ?? Self.batchSize)
        let size = source.deployed.description.preprocessing.shape.count
        let classes = source.deployed.description.classes
        let total = min(count, pictures.count)
        var (real, integer) = (Difference(), Difference())
        var (fixedErrors, disagreements) = (0, 0)
        for first in stride(from: 0, to: total, by: batch) {
            let part = try pictures.read(first..<min(first + batch, total))
            let own = try runner?.scores(part.inputs, count: part.labels.count)
            let results = PartialResults<Result<Outcome, any Error>?>(
                count: part.labels.count, nil)
            pool.forEach(part.labels.count) { index, _ in
                let outcome = Result {
                    try task.run(
                        part.inputs[index * size..<(index + 1) * size], part.pixels[index])
                }
                results.update(index) { $0 = outcome }
            }
            for (index, result) in results.values.enumerated() {
                guard let outcome = try result?.get() else { continue }
                let label = Int(part.labels[index])
                let mine =
                    own.map { Array($0[index * classes..<(index + 1) * classes]) } ?? outcome.scores
                guard (mine + outcome.scores).allSatisfy(\.isFinite) else {
                    throw FailureSite("export", source.path).badData(
                        "gives picture \(first + index) scores that are not finite")
                }
                real.add(mine, outcome.scores)
                let predicted = Self.best(mine)
                errors += predicted == label ? 0 : 1
                guard let (expected, found) = outcome.fixed else { continue }
                guard expected.features == found.features else {
                    throw FailureSite("export", "picture \(first + index)").failure(
                        .internalError,
                        "has other activations by the written network; nothing was written")
                }
                integer.add(expected.scores, found.scores)
                let fixedClass = Self.best(expected.scores)
                fixedErrors += fixedClass == label ? 0 : 1
                disagreements += fixedClass == predicted ? 0 : 1
            }
        }
        self.pictures = total
        if source.deployed.hasSigns {
            thresholdImages = real.removeDifferent(
                atMost: Int(Self.thresholdShare * Double(total)))
        }
        scoreDifference = try real.share("scores", source)
        if fixed != nil {
            fixedScoreDifference = try integer.share("scores in fixed point", source)
            self.fixedErrors = fixedErrors
            fixedDisagreements = disagreements
        }
    }

    /// What is computed of a picture.
    private struct Outcome: Sendable {
        var scores: [Float]
        /// By the network that was to be written, and by what was.
        var fixed: (expected: FixedEngine.Result, found: FixedEngine.Result)?
    }

    private struct Task: Sendable {
        let deployed: DeployedNetwork
        /// Where the file has no real activations: its network is compared with the trainer's in memory, and the
        /// file with its fixed form.
        let weights: FloatEngine.Weights?
        let fixed: (FixedNetwork, FixedEngine.Weights)?
        let written: WrittenNetwork

        init(_ source: NetworkSource, fixed: FixedNetwork?, written: WrittenNetwork) {
            deployed = source.deployed
            weights = written.hasScores ? nil : FloatEngine.Weights(source.deployed)
            self.fixed = fixed.map { ($0, FixedEngine.Weights($0)) }
            self.written = written
        }

        func run(_ input: FloatView, _ pixels: [UInt8]) throws -> Outcome {
            let scores = weights.map { weights in
                FloatEngine(deployed, weights: weights).run(input).scores
            }
            var outcome = Outcome(scores: try scores ?? written.scores(input))
            if let (network, weights) = fixed {
                let engine = FixedEngine(network, weights: weights)
                outcome.fixed = (engine.run(engine.input(pixels)), try written.fixed(pixels))
            }
            return outcome
        }
    }

    /// The largest difference of scores, as a share of their root mean square.
    private struct Difference {
        private var squares = 0.0
        private var count = 0
        /// Of each picture.
        private var largest: [Double] = []

        private var root: Double { (squares / Double(max(count, 1))).squareRoot() }

        mutating func add(_ expected: [Float], _ found: [Float]) {
            var difference = expected.count == found.count ? 0 : Double.infinity
            for (a, b) in zip(expected, found) {
                squares += Double(a) * Double(a)
                difference = max(difference, abs(Double(a) - Double(b)))
            }
            count += expected.count
            largest.append(difference)
        }

        /// Leaves out the pictures that differ too much, if they are few, and counts them.
        mutating func removeDifferent(atMost limit: Int) -> Int {
            let bound = tolerance * root
            let different = largest.count { $0 > bound }
            guard different <= limit else { return 0 }
            largest.removeAll { $0 > bound }
            return different
        }

        /// - Throws: `Failure` (70) if it is too large.
        func share(_ name: String, _ source: NetworkSource) throws -> Double {
            let difference = largest.max() ?? 0
            let share = root > 0 ? difference / root : difference
            guard share <= tolerance else {
                throw FailureSite("export", source.path).failure(
                    .internalError,
                    String(
                        format:
                            "the written network's \(name) differ by %.1e of their root mean "
                            + "square, more than %.0e; nothing was written", share, tolerance))
            }
            return share
        }
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
        if let thresholdImages, thresholdImages > 0 {
            text += " but for \(thresholdImages), where a sum is at the threshold of a sign"
        }
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
