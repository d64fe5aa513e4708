internal import Foundation
internal import LRNetSupport

/// The records of a run (`metrics.jsonl`): one JSON object per line, each with a `kind` and the
/// `step` (steps trained) it belongs to.
///
/// | kind | when | contents |
/// |---|---|---|
/// | `run` | at step 0 | schema version, steps per epoch, length of the run, data set |
/// | `training` | every 50 steps, or every epoch if that is shorter, and at the last step | loss, error, learning rate, times |
/// | `weights` | every 50 steps, and at the last | entropy, saturation, flips of each discrete layer |
/// | `distributions` | at step 0, and at every validation | histograms of each layer's p(0) and p(+1) |
/// | `validation` | at every validation | errors of the draws and of the classes |
///
/// Readers ignore unknown kinds, so new kinds can be added. A change in the meaning of a kind
/// increments ``schemaVersion``.
package struct RunMetrics {
    /// The name of the file in a run's folder.
    package static let name = "metrics.jsonl"

    /// The version that this program writes, and the latest that it reads. Version 1 had no `run`
    /// record.
    package static let schemaVersion = 2

    /// The number of steps between two `training` records.
    static let everySteps = 50

    /// The fields that every record has.
    struct Step: Codable {
        var step: Int
        var kind: String?
    }

    /// The first record.
    package struct Run: Codable, Equatable {
        package var kind = "run"
        package var step = 0
        package var schemaVersion = RunMetrics.schemaVersion
        package var stepsPerEpoch: Int
        package var totalSteps: Int
        package var trainingImages: Int
        /// The data set's folder. Like the fingerprint, it is absent in runs of earlier versions.
        package var data: String?
        package var dataFingerprint: String?
    }

    /// Means over the steps since the previous `training` record. Times are measured on rank 0.
    package struct Training: Codable, Equatable {
        package var kind = "training"
        package var step: Int
        package var epoch: Int
        package var loss: Double
        package var errorPercent: Double
        package var learningRate: Double
        /// The learning rate of the logits; absent if it equals `learningRate`.
        package var logitRate: Double?
        package var imagesPerSecond: Double
        package var dataSeconds: Double
        /// The share of step time that rank 0 spent waiting for data, in percent.
        package var dataPercent: Double?
        package var computeSeconds: Double
        package var communicationSeconds: Double
        /// Like the backward time, it includes the exchange of batch-norm sums.
        package var forwardSeconds: Double?
        package var backwardSeconds: Double?
        /// The wait for reduced gradients after the backward pass.
        package var reductionSeconds: Double?
        package var updateSeconds: Double?
    }

    /// The state of the weights.
    package struct Weights: Codable, Equatable {
        package var kind = "weights"
        package var step: Int
        /// The step of the record that flips are counted from.
        package var sinceStep: Int
        package var layers: [LayerWeights]
    }

    /// One layer of discrete weights.
    package struct LayerWeights: Codable, Equatable {
        package var layer: String
        package var count: Int
        /// The mean entropy of a weight, in nats; absent for methods without distributions.
        package var entropy: Double?
        /// The share of weights whose likeliest value has a probability of 0.99 or more.
        package var saturation: Double?
        /// The share of weights whose likeliest value is 0.
        package var zeros: Double
        /// The share of weights whose likeliest value differs from the one at `sinceStep`.
        package var flips: Double
        /// The share of weights whose likeliest value differs from the one at the start of the run;
        /// absent in runs of earlier versions.
        package var moved: Double?
    }

    /// Histograms of the probabilities of each discrete layer.
    package struct Distributions: Codable, Equatable {
        package var kind = "distributions"
        package var step: Int
        package var layers: [LayerDistributions]
    }

    /// Counts of one layer's weights in bins of equal width over [0, 1].
    package struct LayerDistributions: Codable, Equatable {
        package var layer: String
        /// The histogram of p(0); empty for layers whose weights cannot be 0.
        package var zero: [Int]
        /// The histogram of p(+1).
        package var plus: [Int]
    }

    /// Errors of finished networks.
    package struct Validation: Codable, Equatable {
        package var kind = "validation"
        package var step: Int
        package var epoch: Int
        package var draws: [Double]
        package var best: Double
        /// The error of the likeliest weights; absent where they were not measured.
        package var likeliest: Double?
        package var mean: Double
        package var deviation: Double
        package var stateSHA256: String
        package var seconds: Double
        /// The number of images of each class that the best draw misclassifies.
        package var classErrors: [Int]?
        /// The number of images of each class.
        package var classCounts: [Int]?
    }

    /// The first record; absent in runs of earlier versions.
    package var run: Run?
    /// The `training` records. Like all records here, they are sorted by step.
    package var training: [Training] = []
    package var weights: [Weights] = []
    package var distributions: [Distributions] = []
    package var validations: [Validation] = []

    private struct Stamp: Codable {
        var kind: String
        var schemaVersion: Int?
    }

    /// Reads the records of a run's folder.
    ///
    /// - Throws: `Failure`: 66 if there is no file; 65 if it contains no record, a line that is not
    ///   a record, or records of a later version.
    package init(runFolder: String) throws {
        let path = "\(runFolder)/\(Self.name)"
        guard FileBytes.exists(path) else {
            throw Failure(
                call: "metrics", subject: runFolder,
                message: "contains no \(Self.name); pass the --output of a training run",
                exitStatus: .inputMissing)
        }
        let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
        let lines = text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() where !line.isEmpty {
            // A run that was killed or is still active may have left an incomplete last line.
            if number == lines.count - 1 { break }
            try read(line, path: path, number: number + 1)
        }
        guard !(training.isEmpty && validations.isEmpty) else {
            throw Failure(
                call: "metrics", subject: path,
                message: "has no record yet; the first comes after "
                    + "\(Self.everySteps) steps or an epoch", exitStatus: .badData)
        }
    }

    private mutating func read(_ line: Substring, path: String, number: Int) throws {
        let site = FailureSite("metrics", "\(path) line \(number)")
        let data = Data(line.utf8)
        guard let stamp = try? JSONDecoder().decode(Stamp.self, from: data) else {
            throw site.badData("is not a record: it has no kind; the file is damaged")
        }
        if let version = stamp.schemaVersion, version > Self.schemaVersion {
            throw site.badData(
                "was written by a later version (record version \(version); this program, "
                    + "\(ProgramVersion.number), reads up to version \(Self.schemaVersion)): "
                    + "use that version")
        }
        do {
            switch stamp.kind {
            case "run": run = try JSONDecoder().decode(Run.self, from: data)
            case "training": training.append(try JSONDecoder().decode(Training.self, from: data))
            case "weights": weights.append(try JSONDecoder().decode(Weights.self, from: data))
            case "distributions":
                distributions.append(try JSONDecoder().decode(Distributions.self, from: data))
            case "validation":
                validations.append(try JSONDecoder().decode(Validation.self, from: data))
            default: break
            }
        } catch {
            throw site.badData(
                "is not a '\(stamp.kind)' record of this version (\(ProgramVersion.number)): "
                    + "a value is missing; was it written by another version?")
        }
    }

    /// The number of steps per epoch. For runs of earlier versions, it is the smallest number
    /// consistent with their records.
    package var stepsPerEpoch: Int {
        run?.stepsPerEpoch ?? training.map { ($0.step + $0.epoch - 1) / $0.epoch }.max() ?? 1
    }
}

extension RunMetrics {
    /// The share of discrete weights, over all layers and in percent, whose likeliest value at the
    /// last record differs from the one at the start of the run; `nil` if the records do not
    /// contain it.
    package var movedPercent: Double? {
        guard let layers = weights.last?.layers, !layers.isEmpty else { return nil }
        var (moved, count) = (0.0, 0.0)
        for layer in layers {
            guard let share = layer.moved else { return nil }
            moved += share * Double(layer.count)
            count += Double(layer.count)
        }
        return 100 * moved / count
    }
}
