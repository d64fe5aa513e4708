internal import Foundation
internal import LRNetData
internal import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

/// A comparison of the trainer's network, the deployed network, and rounded activations on some
/// images.
package struct Verification: Sendable, Encodable {
    /// The number of compared images.
    package private(set) var pictures = 0
    /// The number of images that the trainer's network misclassifies.
    package private(set) var errors = 0
    /// The largest difference between the scores of the written network and the trainer's scores,
    /// divided by the root mean square of the scores.
    package private(set) var scoreDifference = 0.0
    /// For rounded activations: the same difference from the network in memory, the number of
    /// misclassified images, and the number of images whose class differs from the class with real
    /// activations.
    package private(set) var fixedScoreDifference: Double?
    package private(set) var fixedErrors: Int?
    package private(set) var fixedDisagreements: Int?
    /// True if the scores in fixed point are integers, which are then compared exactly; `nil`
    /// otherwise.
    package private(set) var hasIntegerScores: Bool?
    /// The arithmetic of rounded activations.
    private(set) var arithmetic: RoundedNetwork.Arithmetic?

    /// True if the written network was not evaluated because this machine cannot run it; `nil`
    /// otherwise.
    package private(set) var isUnread: Bool?

    /// The number of images whose scores differ more because a sum is so close to the threshold of
    /// a sign that the order of summation decides; `nil` for networks without signs.
    package private(set) var thresholdImages: Int?

    /// The largest relative difference that a different order of sums can cause.
    private static let tolerance = 2e-5
    /// The largest allowed share of ``thresholdImages``.
    private static let thresholdShare = 0.05

    /// The number of images per batch.
    private static let batchSize = 32

    /// Compares a written network with its source.
    ///
    /// - Parameter rounded: The network with rounded activations that the file is expected to
    ///   contain.
    /// - Throws: `Failure`: 70 if the written network differs from the source; 65 if scores are not
    ///   finite.
    init(
        _ source: NetworkSource, rounded: RoundedNetwork?, written: WrittenNetwork,
        on images: ImageSource, count: Int, threads: Int
    ) throws {
        let pool = try ThreadPool.computing(
            threads: threads, remedy: "lower --threads (\(threads))")
        let runner = try source.layers.map {
            try NetworkRunner(
                recipe: source.recipe, classes: source.deployed.description.classes, layers: $0,
                threads: threads)
        }
        let task = Task(source, rounded: rounded, written: written)
        let batch = min(Self.batchSize, runner?.capacity ?? Self.batchSize)
        let size = source.deployed.description.preprocessing.shape.count
        let classes = source.deployed.description.classes
        let total = min(count, images.count)
        var (real, integer) = (Difference(), Difference())
        var (fixedErrors, disagreements) = (0, 0)
        for first in stride(from: 0, to: total, by: batch) {
            let part = try images.read(first..<min(first + batch, total))
            let trained = try runner?.scores(part.inputs, count: part.labels.count)
            let results = PartialResults<Result<Outcome, any Error>?>(
                count: part.labels.count, nil)
            // Not one process per image: starting one takes longer than a small network.
            let found = try written.programResults(part.pixels)
            pool.forEach(part.labels.count) { index, _ in
                let outcome = Result {
                    try task.run(
                        part.inputs[index * size..<(index + 1) * size], part.pixels[index],
                        found: found?[index])
                }
                results.update(index) { $0 = outcome }
            }
            for (index, result) in results.values.enumerated() {
                guard let outcome = try result?.get() else { continue }
                let label = Int(part.labels[index])
                let reference =
                    trained.map { Array($0[index * classes..<(index + 1) * classes]) }
                    ?? outcome.scores
                guard (reference + outcome.scores).allSatisfy(\.isFinite) else {
                    throw FailureSite("export", source.path).badData(
                        "produces scores that are not finite for image \(first + index)")
                }
                real.add(reference, outcome.scores)
                let predicted = Self.best(reference)
                errors += predicted == label ? 0 : 1
                guard let (expected, found) = outcome.rounded else { continue }
                for (name, isEqual) in [
                    ("activations", expected.features == found.features),
                    ("integer scores", expected.integerScores == found.integerScores),
                ] where !isEqual {
                    throw FailureSite("export", "image \(first + index)").failure(
                        .internalError,
                        "has different \(name) in the written network; nothing was written")
                }
                integer.add(expected.scores, found.scores)
                let fixedClass = Self.best(expected.scores)
                fixedErrors += fixedClass == label ? 0 : 1
                disagreements += fixedClass == predicted ? 0 : 1
            }
        }
        self.pictures = total
        isUnread = written.isRunnable ? nil : true
        if source.deployed.hasSigns {
            thresholdImages = real.removeDifferent(
                atMost: Int(Self.thresholdShare * Double(total)))
        }
        scoreDifference = try real.share("scores", source)
        if let rounded {
            arithmetic = rounded.arithmetic
            hasIntegerScores = rounded.fixed?.lastLayer == .int8 ? true : nil
            fixedScoreDifference = try integer.share(
                "scores with \(rounded.arithmetic.rawValue)", source)
            self.fixedErrors = fixedErrors
            fixedDisagreements = disagreements
        }
    }

    /// The results for one image.
    private struct Outcome: Sendable {
        var scores: [Float]
        /// The results with rounded activations of the network in memory and of the written file.
        var rounded: (expected: FixedEngine.Result, found: FixedEngine.Result)?
    }

    private struct Task: Sendable {
        let deployed: DeployedNetwork
        /// The weights for real activations if the file has none; `nil` otherwise. The deployed
        /// network in memory is then compared with the trainer's network, and the file with the
        /// network of rounded activations.
        let weights: FloatEngine.Weights?
        let rounded: RoundedNetwork.Engine?
        let written: WrittenNetwork

        init(_ source: NetworkSource, rounded: RoundedNetwork?, written: WrittenNetwork) {
            deployed = source.deployed
            weights = written.hasScores ? nil : FloatEngine.Weights(source.deployed)
            self.rounded = rounded.map { RoundedNetwork.Engine($0) }
            self.written = written
        }

        /// - Parameter found: The results of a compiled program; `nil` for other formats.
        func run(
            _ input: FloatView, _ pixels: [UInt8], found: FixedEngine.Result?
        ) throws -> Outcome {
            let scores = weights.map { weights in
                FloatEngine(deployed, weights: weights).run(input).scores
            }
            var outcome = Outcome(scores: try scores ?? written.scores(input))
            if let rounded {
                let expected = rounded.run(input, pixels)
                outcome.rounded = (
                    expected,
                    try found ?? (written.isRunnable ? written.rounded(input, pixels) : expected)
                )
            }
            return outcome
        }
    }

    /// The largest difference of scores, divided by their root mean square.
    private struct Difference {
        private var squares = 0.0
        private var count = 0
        /// The largest difference for each image.
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

        /// Removes the images that exceed the tolerance if there are at most `limit`.
        ///
        /// - Returns: The number of removed images.
        mutating func removeDifferent(atMost limit: Int) -> Int {
            let bound = tolerance * root
            let different = largest.count { $0 > bound }
            guard different <= limit else { return 0 }
            largest.removeAll { $0 > bound }
            return different
        }

        /// Returns the largest difference divided by the root mean square.
        ///
        /// - Throws: `Failure` (70) if it exceeds the tolerance.
        func share(_ name: String, _ source: NetworkSource) throws -> Double {
            let difference = largest.max() ?? 0
            let share = root > 0 ? difference / root : difference
            guard share <= tolerance else {
                throw FailureSite("export", source.path).failure(
                    .internalError,
                    String(
                        format:
                            "the written network's \(name) differ by %.1e of their root mean "
                            + "square, more than the allowed %.0e; nothing was written",
                        share, tolerance))
            }
            return share
        }
    }

    /// Returns the class with the largest score, or the first of several.
    static func best(_ scores: [Float]) -> Int {
        scores.indices.max { (scores[$0], $1) < (scores[$1], $0) } ?? 0
    }

    /// A line such as `verified on 200 images: error 1.20 %, scores within 3.1e-07; ...`
    package var text: String {
        func percent(_ count: Int) -> String {
            String(format: "%.2f %%", 100 * Double(count) / Double(max(pictures, 1)))
        }
        var text =
            "verified on \(pictures) images: error \(percent(errors)), scores within "
            + String(format: "%.1e", scoreDifference)
        if let thresholdImages, thresholdImages > 0 {
            text += " except for \(thresholdImages), where a sum is at the threshold of a sign"
        }
        if let arithmetic, let fixedErrors, let fixedDisagreements {
            text +=
                "; \(arithmetic.rawValue): \(agreement)error \(percent(fixedErrors)), "
                + "a different class on \(fixedDisagreements)"
            if 100 * fixedDisagreements > pictures {
                let digits = arithmetic == .fixed ? "--digits 16 or " : ""
                text += " (more than 1 %: try \(digits)--calibrate with more images)"
            }
        }
        return text
    }

    /// The compared values of rounded activations, with a comma.
    private var agreement: String {
        if isUnread == true { return "" }
        if arithmetic == .fixed {
            let equal = hasIntegerScores == true ? "features and scores" : "features"
            return "\(equal) equal on all, "
        }
        return String(format: "scores within %.1e, ", fixedScoreDifference ?? 0)
    }
}
