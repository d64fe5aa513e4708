/// Which samples a batch has, and which variant of them.
public struct BatchRequest: Sendable, Equatable {
    /// Positions in the split, in order of the batch; may be empty.
    public var samples: [Int]

    /// The epoch that random augmentation is keyed by; `nil` for the variant of evaluation.
    public var epoch: Int?

    /// Creates a request.
    public init(samples: [Int], epoch: Int? = nil) {
        self.samples = samples
        self.epoch = epoch
    }
}
