/// The role of a part of a data set.
package enum DataSplit: String, Sendable, Codable, CaseIterable, CustomStringConvertible {
    /// Samples for gradients and batch-norm statistics.
    case train
    /// Samples for choosing between draws and checkpoints.
    case validation
    /// Samples on which only the winner is measured, once.
    case test

    /// `train`, `validation` or `test`; also the start of the shard names.
    package var description: String { rawValue }
}
