/// `result.json`: what a finished run says of itself.
package struct RunResult: Sendable, Codable, Equatable {
    static let name = "result.json"

    /// Steps trained.
    package var steps: Int
    /// The step of the last resume; 0 if the run was never interrupted.
    package var resumedFromStep: Int
    /// Cross-entropy of the last step's batch, in nats.
    package var trainingLoss: Double
    /// The winner's error on the validation split, in percent; absent without validation.
    package var validationError: Double?
    /// The winner file's error on the test split, in percent; absent without a test split.
    package var testError: Double?
    /// Wrong test images of each class by the winner's file; absent without a test split.
    package var testClassErrors: [Int]?
    /// Images of the test split; absent without one, and in runs of earlier versions.
    package var testCount: Int?
    /// The test images that the winner's file gets wrong; absent without a test split, and in runs of earlier
    /// versions.
    package var testErrorMask: ErrorMask?
    /// The same for labels among the five likeliest classes; absent for sets of up to five classes too.
    package var validationTopFiveError: Double?
    /// The winner file's on the test split.
    package var testTopFiveError: Double?
    /// Each draw's validation error at the winner's step, in percent.
    package var draws: [Double]
    /// Steps trained when the winner was drawn, and which draw it is.
    package var winnerStep: Int?
    /// Which draw the winner is, counted from 0.
    package var winnerDraw: Int?
    /// The winner has the likeliest weights instead of drawn ones; absent where it has not.
    package var winnerIsLikeliest: Bool?
    /// SHA-256 of all parameters, little-endian Float32, in the order of the network.
    package var parametersSHA256: String
    /// SHA-256 of all that training would go on from: parameters, moments, moving averages.
    package var stateSHA256: String
    /// Images trained on a second, without validations and checkpoints.
    package var imagesPerSecond: Double
    /// Ranks of the run's last part.
    package var ranks: Int
    /// Threads of a rank.
    package var threads: Int
    /// Seconds that the run took, over all of its parts; absent in runs of earlier versions.
    package var seconds: Double?
    /// Bytes of the winner's file; absent in runs of earlier versions.
    package var winnerBytes: Int?
    /// SHA-256 of the winner's file; absent in runs of earlier versions.
    package var winnerSHA256: String?
    /// The method.
    package var weights: String
}
