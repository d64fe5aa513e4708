import LRNetCollectives
import LRNetData
import LRNetLaunchSupport
import LRNetSupport
import LRNetTraining
import Testing

/// The opening of a data set by several ranks.
@Suite struct SharedShardSetTests {
    private func open(
        _ parts: TrainedParts, rank: Int, received: [UInt8] = []
    ) throws -> (fingerprint: String, group: LoneRank) {
        let group = LoneRank(rank: rank, of: 2)
        group.received = received
        let set = try TrainingData.openSet(
            "\(parts.folder.path)/digits", recipe: parts.recipe, group: group)
        return (set.fingerprint, group)
    }

    @Test func `a rank that shares rank 0's index file examines no shard`() throws {
        let parts = try TrainedParts()
        let data = "\(parts.folder.path)/digits"
        let (fingerprint, first) = try open(parts, rank: 0)
        let message = first.received
        let shards = TestFolder.names(in: data).filter { $0.hasSuffix(".h5") }
        #expect(!shards.isEmpty)
        for shard in shards { try AtomicFile.remove("\(data)/\(shard)") }
        #expect(try open(parts, rank: 1, received: message).fingerprint == fingerprint)

        // Another copy of the index is another copy of the set.
        let index = try FileBytes.read("\(data)/index.json")
        try AtomicFile.write(index, to: "\(data)/index.json")
        let missing = #expect(throws: Failure.self) {
            _ = try open(parts, rank: 1, received: message)
        }
        #expect(missing?.exitStatus == .inputMissing)
        #expect(missing?.message.contains("is missing, though index.json lists it") == true)
    }

    /// Rank 0 then sends no index.
    @Test func `if rank 0 cannot open a data set, every rank reports its own folder`() throws {
        let parts = try TrainedParts()
        let data = "\(parts.folder.path)/digits"
        #expect(try !open(parts, rank: 1).fingerprint.isEmpty)
        try AtomicFile.remove("\(data)/index.json")
        for rank in 0..<2 {
            let error = #expect(throws: Failure.self) { _ = try open(parts, rank: rank) }
            #expect(error?.exitStatus == .inputMissing)
            #expect(error?.message.contains("contains no index.json") == true)
        }
    }
}
