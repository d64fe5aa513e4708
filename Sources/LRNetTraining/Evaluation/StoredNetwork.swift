internal import LRNetCollectives
internal import LRNetHDF5
internal import LRNetLayers
internal import LRNetSupport

/// The network of a run's checkpoint, without what training alone needs.
enum StoredNetwork {
    /// Puts the network of a checkpoint into `network`. Every rank calls it; rank 0 alone needs the
    /// run's folder, and reads.
    ///
    /// - Parameters:
    ///   - links: `best` or `latest`; the first that is there is taken.
    ///   - call: What the checkpoint is wanted for, as the error says it.
    /// - Returns: What the checkpoint says of itself.
    /// - Throws: What all ranks agree on: `Failure` (66) where no link is there, or 65 naming
    ///   what is damaged; the network is then as it was, unless the checkpoint is of another network.
    static func restore(
        _ network: Network, from links: [String], of run: String, for call: String,
        group: any ProcessGroup
    ) throws -> Checkpoint.Header {
        let own = try group.agreeing { () throws -> [UInt8] in
            guard group.isCoordinator else { return [] }
            let store = CheckpointStore(runFolder: run)
            guard let link = links.first(where: { FileBytes.exists("\(store.folder)/\($0)") })
            else {
                throw Failure(
                    call: call, subject: run,
                    message: "has no \(links.joined(separator: " or ")) checkpoint",
                    exitStatus: .inputMissing)
            }
            return try store.load(link).bytes
        }
        let bytes = try group.broadcast(own, root: 0)
        return try group.agreeing {
            let file = try HDF5File.open(image: bytes, named: "checkpoint")
            let header = try Checkpoint.header(of: file)
            try Checkpoint.restore(file, network: network, optimizer: nil)
            return header
        }
    }
}
