/// The samples of a batch, and the augmentation variant to apply to them.
package struct BatchRequest: Sendable, Equatable {
    /// Positions in the split, in batch order. May be empty.
    package var samples: [Int]

    /// The epoch, which is part of the key of random augmentation; `nil` for the deterministic
    /// variant used in evaluation.
    package var epoch: Int?

    package init(samples: [Int], epoch: Int? = nil) {
        self.samples = samples
        self.epoch = epoch
    }
}
