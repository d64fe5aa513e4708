import LRNetSupport

/// An importer of images that fit in memory. It holds out the first training images for validation.
package protocol ArrayImporter {
    /// The number of training images to hold out; 0 for no validation split, `nil` for a tenth of
    /// them but at most 5,000.
    var validation: Int? { get set }

    /// The number of shards in the train split; by default one per 256 MiB.
    var shards: Int? { get set }

    /// True if the source has its own validation images.
    var hasOwnValidation: Bool { get }

    /// Reads the source and writes the set.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - name: The name stored in the set.
    ///   - progress: Called with (samples written so far, total samples).
    /// - Throws: `Failure`, as documented by each importer. No folder remains after a failure.
    @discardableResult
    func run(
        output: String, name: String, progress: (_ done: Int, _ total: Int) -> Void
    ) throws -> ShardIndex
}

extension ArrayImporter {
    package var hasOwnValidation: Bool { false }
}
