/// `result.json`: what a finished run says of itself.
public struct RunResult: Sendable, Codable, Equatable {
    static let name = "result.json"

    /// Steps trained.
    public var steps: Int
    /// The step of the last resume; 0 if the run was never interrupted.
    public var resumedFromStep: Int
    /// Cross-entropy of the last step's batch, in nats.
    public var trainingLoss: Double
    /// The winner's error on the validation split, in percent; absent without validation.
    public var validationError: Double?
    /// The winner file's error on the test split, in percent; absent without a test split.
    public var testError: Double?
    /// Wrong test images of each class by the winner's file; absent without a test split.
    public var testClassErrors: [Int]?
    /// Images of the test split; absent without one, and in runs of earlier versions.
    public var testCount: Int?
    /// The test images that the winner's file gets wrong; absent without a test split, and in runs of earlier
    /// versions.
    public var testErrorMask: ErrorMask?
    /// The same for labels among the five likeliest classes; absent for sets of up to five classes too.
    public var validationTopFiveError: Double?
    /// The winner file's on the test split.
    public var testTopFiveError: Double?
    /// Each draw's validation error at the winner's step, in percent.
    public var draws: [Double]
    /// Steps trained when the winner was drawn, and which draw it is.
    public var winnerStep: Int?
    /// Which draw the winner is, counted from 0.
    public var winnerDraw: Int?
    /// The winner has the likeliest weights instead of drawn ones; absent where it has not.
    public var winnerIsLikeliest: Bool?
    /// SHA-256 of all parameters, little-endian Float32, in the order of the network.
    public var parametersSHA256: String
    /// SHA-256 of all that training would go on from: parameters, moments, moving averages.
    public var stateSHA256: String
    /// Images trained on a second, without validations and checkpoints.
    public var imagesPerSecond: Double
    /// Ranks of the run's last part.
    public var ranks: Int
    /// Threads of a rank.
    public var threads: Int
    /// Seconds that the run took, over all of its parts; absent in runs of earlier versions.
    public var seconds: Double?
    /// Bytes of the winner's file; absent in runs of earlier versions.
    public var winnerBytes: Int?
    /// SHA-256 of the winner's file; absent in runs of earlier versions.
    public var winnerSHA256: String?
    /// The method.
    public var weights: String
}
