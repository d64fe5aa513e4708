import Foundation
package import LRNetKernels
import LRNetSupport

/// A folder of shards with a valid index.
package struct ShardSet: Sendable {
    package let directory: String

    package let index: ShardIndex

    /// The verification of hashes that this set's readers share with those of other processes of
    /// the machine; `nil` if each reader verifies all shards that it opens.
    package var verification: ShardVerification?

    /// Reads the index, and checks that every shard exists and has the expected size.
    ///
    /// - Throws: `Failure`: 66 if the folder, the index or a shard is missing, 65 if index and
    ///   shards disagree.
    package init(directory: String) throws {
        try self.init(directory: directory, indexBytes: Self.indexBytes(directory))
        for shard in index.splits.flatMap(\.shards) { try check(shard) }
    }

    /// Creates a set from the bytes of its index. The shards are not examined.
    ///
    /// - Throws: `Failure` (65) if the index is damaged.
    package init(directory: String, indexBytes: [UInt8]) throws {
        self.directory = directory
        index = try ShardIndex(decoding: indexBytes, path: Self.indexPath(directory))
    }

    /// Returns the path of the index in a set's folder.
    package static func indexPath(_ directory: String) -> String {
        "\(directory)/\(ShardIndex.fileName)"
    }

    /// Reads the bytes of the index in a set's folder.
    ///
    /// - Throws: `Failure` (66) if the folder or the index is missing.
    package static func indexBytes(_ directory: String) throws -> [UInt8] {
        let path = indexPath(directory)
        guard FileBytes.isFolder(directory) else {
            throw FailureSite("data", directory).inputMissing(
                FileBytes.exists(directory)
                    ? "is a file; pass the folder created by lrnet-data"
                    : "no such folder; \(hint(directory))")
        }
        guard FileBytes.exists(path) else {
            throw FailureSite("data", directory).inputMissing(
                "contains no \(ShardIndex.fileName), so it is not a finished data set; make one "
                    + "with lrnet-data fetch, import or synthesize")
        }
        return try FileBytes.read(path)
    }

    /// Checks that a shard exists and has the expected size.
    private func check(_ shard: ShardIndex.Shard) throws {
        let path = path(of: shard)
        guard FileBytes.exists(path) else {
            throw FailureSite("data", path).inputMissing(
                "is missing, though \(ShardIndex.fileName) lists it; create the data set again "
                    + "in a new folder")
        }
        let byteCount = try FileBytes.byteCount(ofFileAt: path)
        guard byteCount == shard.byteCount else {
            if byteCount < 1 << 20, let found = ForeignContent.standIn(try FileBytes.read(path)) {
                throw FailureSite("data", path).badData(found.message)
            }
            throw Failure(
                call: "open", subject: path,
                message: "has \(byteCount) bytes, \(shard.byteCount) expected; "
                    + "create the data set again in a new folder", exitStatus: .badData)
        }
    }

    /// Suggests a data set with a similar name in the same folder, or the command that creates one.
    private static func hint(_ directory: String) -> String {
        let parts = directory.split(separator: "/", omittingEmptySubsequences: false)
        let parent = parts.dropLast().joined(separator: "/")
        let folder = parts.count > 1 ? parent + "/" : ""
        let names = (try? FileBytes.names(inFolder: parts.count > 1 ? parent : ".")) ?? []
        let sets = names.filter { FileBytes.exists("\(folder)\($0)/\(ShardIndex.fileName)") }
        guard let near = Spelling.nearest(String(parts.last ?? ""), among: sets) else {
            return "make one with lrnet-data fetch, import or synthesize"
        }
        return "did you mean \(PathText.shellWord("\(folder)\(near)"))?"
    }

    /// Verifies the hash and the shapes of every shard of some splits, like a first read does.
    ///
    /// - Parameter progress: Called with (shards checked so far, total shards).
    /// - Throws: `Failure` (65) that names a damaged shard.
    package func checkShards(
        of splits: [DataSplit], progress: (Int, Int) -> Void = { _, _ in }
    ) throws {
        let shards = index.splits.filter { splits.contains($0.name) }.flatMap(\.shards)
        for (number, shard) in shards.enumerated() {
            _ = try OpenShard(shard, of: self)
            progress(number + 1, shards.count)
        }
    }

    package var shape: ImageShape { index.shape }

    package var classes: Int { index.classes }

    /// The hash of the samples, which does not depend on their division into shards.
    package var fingerprint: String { index.fingerprint }

    /// Returns the number of samples in a split; 0 if the set does not have it.
    package func count(_ split: DataSplit) -> Int { index[split]?.count ?? 0 }

    func path(of shard: ShardIndex.Shard) -> String { "\(directory)/\(shard.file)" }
}
