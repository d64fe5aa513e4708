internal import Foundation
internal import LRNetSupport

/// `metrics.jsonl`: what a run records on its way, one JSON object a line, each with a `kind` and
/// the `step` (steps trained) that it belongs to.
///
/// | kind | when | what |
/// |---|---|---|
/// | `run` | at step 0 | the version of these records, and what steps are of epochs |
/// | `training` | every 50 steps, or every epoch if that is shorter, and at the last step | loss, error, learning rate, times |
/// | `weights` | every 50 steps, and at the last | entropy, saturation, flips of each discrete layer |
/// | `distributions` | at step 0, and at every validation | histograms of each layer's p(0) and p(+1) |
/// | `validation` | at every validation | errors of the draws and of the classes |
///
/// Kinds that a reader does not know are left out, so that kinds can be added; what changes the
/// meaning of a kind counts up ``schemaVersion``.
package struct RunMetrics {
    /// The file's name in a run's folder.
    package static let name = "metrics.jsonl"

    /// What this program writes, and the latest that it reads. 1 had no `run` record.
    package static let schemaVersion = 2

    /// Steps between two records of training.
    static let everySteps = 50

    /// What every record has.
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
        /// The data set's folder; absent in runs of earlier versions, as is its fingerprint.
        package var data: String?
        package var dataFingerprint: String?
    }

    /// Means over the steps since the last such record; times are those of rank 0.
    package struct Training: Codable, Equatable {
        package var kind = "training"
        package var step: Int
        package var epoch: Int
        package var loss: Double
        package var errorPercent: Double
        package var learningRate: Double
        /// That of logits, where it is another one.
        package var logitRate: Double?
        package var imagesPerSecond: Double
        package var dataSeconds: Double
        /// The share of the steps' time that rank 0 waited for data.
        package var dataPercent: Double?
        package var computeSeconds: Double
        package var communicationSeconds: Double
        /// Forward and backward contain the exchange of batch-norm sums.
        package var forwardSeconds: Double?
        package var backwardSeconds: Double?
        /// The wait for gradients, behind the backward pass.
        package var reductionSeconds: Double?
        package var updateSeconds: Double?
    }

    /// The state of the weights.
    package struct Weights: Codable, Equatable {
        package var kind = "weights"
        package var step: Int
        /// The record that flips are counted from.
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
        /// The share of weights whose likeliest value is another than at `sinceStep`.
        package var flips: Double
        /// The share of weights whose likeliest value is another than at the run's start; absent in runs
        /// of earlier versions.
        package var moved: Double?
    }

    /// How probabilities are spread.
    package struct Distributions: Codable, Equatable {
        package var kind = "distributions"
        package var step: Int
        package var layers: [LayerDistributions]
    }

    /// Counts of one layer's weights in bins of equal width over 0 ... 1.
    package struct LayerDistributions: Codable, Equatable {
        package var layer: String
        /// Of p(0); empty for layers whose weights cannot be 0.
        package var zero: [Int]
        /// Of p(+1).
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
        /// Wrong images of each class, by the best draw.
        package var classErrors: [Int]?
        /// All images of each class.
        package var classCounts: [Int]?
    }

    /// The first record; absent in runs of earlier versions.
    package var run: Run?
    /// In order of steps, as all here.
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
    /// - Throws: `Failure`: 66 without a file, 65 if it holds no record, a line that is none,
    ///   or records of a later version.
    package init(runFolder: String) throws {
        let path = "\(runFolder)/\(Self.name)"
        guard FileBytes.exists(path) else {
            throw Failure(
                call: "metrics", subject: runFolder,
                message: "holds no \(Self.name); give the --output of a training run",
                exitStatus: .inputMissing)
        }
        let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
        let lines = text.split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in lines.enumerated() where !line.isEmpty {
            // A run that was killed, or that is going on, may have left a part of a line.
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
            throw site.badData("is no record: it has no kind; the file is damaged")
        }
        if let version = stamp.schemaVersion, version > Self.schemaVersion {
            throw site.badData(
                "was written by a later version (records of version \(version); this program, "
                    + "\(ProgramVersion.number), reads up to \(Self.schemaVersion)): use that one")
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
                "is no '\(stamp.kind)' record of this version (\(ProgramVersion.number)): "
                    + "it lacks a value; was it written by another version?")
        }
    }

    /// Steps of an epoch; of runs of earlier versions, the least that their records allow.
    package var stepsPerEpoch: Int {
        run?.stepsPerEpoch ?? training.map { ($0.step + $0.epoch - 1) / $0.epoch }.max() ?? 1
    }
}

extension RunMetrics {
    /// Share of discrete weights whose likeliest value at the last record is another than at the start, over all
    /// layers, in percent; `nil` where the records do not say.
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
