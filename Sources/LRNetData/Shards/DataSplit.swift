/// What a part of a data set is for.
package enum DataSplit: String, Sendable, Codable, CaseIterable, CustomStringConvertible {
    /// Gradients and batch-norm statistics come from these samples.
    case train
    /// These samples choose between draws and checkpoints.
    case validation
    /// The winner meets these samples once.
    case test

    /// `train`, `validation`, `test`: the beginning of its shards' names.
    package var description: String { rawValue }
}
