/// Which samples a batch has, and which variant of them.
package struct BatchRequest: Sendable, Equatable {
    /// Positions in the split, in order of the batch; may be empty.
    package var samples: [Int]

    /// The epoch that random augmentation is keyed by; `nil` for the variant of evaluation.
    package var epoch: Int?

    /// Creates a request.
    package init(samples: [Int], epoch: Int? = nil) {
        self.samples = samples
        self.epoch = epoch
    }
}
