import LRNetSupport

/// An importer of images that fit in memory, the first of which it holds out for validation.
package protocol ArrayImporter {
    /// The number of training images that are held out; 0 for no validation split, `nil` for a tenth
    /// of them but 5,000 at most.
    var validation: Int? { get set }

    /// The number of shards of the train split; by default one for 256 MiB.
    var shards: Int? { get set }

    /// The source has validation images of its own.
    var hasOwnValidation: Bool { get }

    /// Reads the source and writes the set.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - name: What the set calls itself.
    ///   - progress: Called with (samples written so far, samples in all).
    /// - Throws: ``Failure``, as the importer says; no folder is left behind.
    @discardableResult
    func run(
        output: String, name: String, progress: (_ done: Int, _ total: Int) -> Void
    ) throws -> ShardIndex
}

extension ArrayImporter {
    /// Most sources have none.
    package var hasOwnValidation: Bool { false }
}
