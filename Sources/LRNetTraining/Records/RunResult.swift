/// The result of a finished run (`result.json`).
package struct RunResult: Sendable, Codable, Equatable {
    static let name = "result.json"

    /// The number of steps trained.
    package var steps: Int
    /// The step of the last resume; 0 if the run was never interrupted.
    package var resumedFromStep: Int
    /// The cross-entropy of the last step's batch, in nats.
    package var trainingLoss: Double
    /// The winner's error on the validation split, in percent; absent without validation.
    package var validationError: Double?
    /// The winner file's error on the test split, in percent; absent without a test split.
    package var testError: Double?
    /// The number of test images of each class that the winner file misclassifies; absent without a
    /// test split.
    package var testClassErrors: [Int]?
    /// The number of images in the test split; absent without one, and in runs of earlier versions.
    package var testCount: Int?
    /// The test images that the winner file misclassifies; absent without a test split, and in runs
    /// of earlier versions.
    package var testErrorMask: ErrorMask?
    /// The winner's top-five error on the validation split, in percent; absent without validation,
    /// and for data sets of up to five classes.
    package var validationTopFiveError: Double?
    /// The winner file's top-five error on the test split, in percent; absent without a test split,
    /// and for data sets of up to five classes.
    package var testTopFiveError: Double?
    /// The validation error of each draw at the winner's step, in percent.
    package var draws: [Double]
    /// The number of steps trained when the winner was drawn.
    package var winnerStep: Int?
    /// The winner's draw, counted from 0.
    package var winnerDraw: Int?
    /// True if the winner has the likeliest weights; absent if its weights were drawn.
    package var winnerIsLikeliest: Bool?
    /// The SHA-256 of all parameters as little-endian Float32, in the order of the network.
    package var parametersSHA256: String
    /// The SHA-256 of the state that training would resume from: parameters, moments, moving
    /// averages.
    package var stateSHA256: String
    /// The number of images trained on per second, without validations and checkpoints.
    package var imagesPerSecond: Double
    /// The number of ranks in the last part of the run.
    package var ranks: Int
    /// The number of threads per rank.
    package var threads: Int
    /// The duration of the run in seconds, summed over its parts; absent in runs of earlier
    /// versions.
    package var seconds: Double?
    /// The size of the winner file in bytes; absent in runs of earlier versions.
    package var winnerBytes: Int?
    /// The SHA-256 of the winner file; absent in runs of earlier versions.
    package var winnerSHA256: String?
    /// The training method.
    package var weights: String
}
