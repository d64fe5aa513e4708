internal import Foundation
package import LRNetCollectives
internal import LRNetData
package import LRNetDiagnostics
internal import LRNetHDF5
package import LRNetLayers
internal import LRNetSupport

/// A run's folder as its readers see it: the one place that knows the names and checks of what a run leaves.
///
/// The run need not be over: what it has not written yet is `nil`.
package struct FinishedRun: Sendable {
    package let folder: String

    /// The recipe as resolved, whose seal was right.
    package let recipe: Recipe

    /// Reads the recipe.
    ///
    /// - Parameter call: The task that needs the run, for messages.
    /// - Throws: `Failure`: 66 where the folder holds no run, 65 where the recipe is damaged or edited, 78 where it
    ///   is of another version.
    package init(folder: String, for call: String) throws {
        try self.init(folder: folder, recipe: Self.recipeBytes(folder, for: call), for: call)
    }

    /// Reads the recipe on rank 0; other machines need no such folder. Every rank calls it.
    init(folder: String, for call: String, group: any ProcessGroup) throws {
        self = try group.fromCoordinator {
            try Self.recipeBytes(folder, for: call)
        } parse: {
            try FinishedRun(folder: folder, recipe: $0, for: call)
        }
    }

    private init(folder: String, recipe bytes: [UInt8], for call: String) throws {
        self.folder = folder
        do {
            recipe = try Recipe(sealed: bytes, file: "\(folder)/\(Recipe.recordedName)")
        } catch let failure as Failure {
            // Runs of a comparison have no training command of their own.
            throw failure.adding(
                remedy: call == "compare"
                    ? "move \(folder) elsewhere to train it again"
                    : "rerun the training command to rewrite it")
        }
    }

    private static func recipeBytes(_ folder: String, for call: String) throws -> [UInt8] {
        let path = "\(folder)/\(Recipe.recordedName)"
        guard FileBytes.exists(path) else {
            throw FailureSite(call, folder).inputMissing(
                "is not a run: it contains no \(Recipe.recordedName); pass the --output of a training run"
            )
        }
        return try FileBytes.read(path)
    }

    /// The result of a run that reached its end.
    package func result() throws -> RunResult? { try decode(RunResult.name) }

    /// The run is over and has all that it leaves, intact. Where it does not, its training command repairs it.
    ///
    /// - Parameter steps: The run's length.
    func isWhole(after steps: Int) throws -> Bool {
        do {
            guard let result = try result(), result.steps >= steps else { return false }
            guard let expected = result.winnerSHA256 else {
                _ = try winner()?.contents
                return true
            }
            return try ContentHash.of(FileBytes.read("\(folder)/\(NetworkFile.name)")) == expected
        } catch let failure as Failure
            where [.badData, .inputMissing].contains(failure.exitStatus)
        {
            return false
        }
    }

    /// The machines and libraries of the run.
    package func environment() throws -> RunEnvironment? { try decode(RunEnvironment.name) }

    /// The records of the run.
    package func metrics() throws -> RunMetrics { try RunMetrics(runFolder: folder) }

    /// The file of the network that won, or is ahead.
    package func winner() throws -> NetworkFile? {
        let path = "\(folder)/\(NetworkFile.name)"
        return FileBytes.exists(path) ? try NetworkFile(path: path) : nil
    }

    /// Puts the network of a checkpoint into `network`. Every rank calls it; rank 0 alone needs the
    /// folder, and reads.
    ///
    /// - Parameters:
    ///   - names: `best` or `latest`; the first that is there is taken.
    ///   - call: The task that needs the checkpoint, for messages.
    /// - Returns: The checkpoint's header.
    /// - Throws: What all ranks agree on: `Failure` (66) where none is there, or 65 naming
    ///   what is damaged; the network is then as it was, unless the checkpoint is of another network.
    package static func restore(
        _ network: Network, from names: [String], of folder: String, for call: String,
        group: any ProcessGroup
    ) throws -> Checkpoint.Header {
        try group.fromCoordinator {
            try checkpoint(names, of: folder, for: call)
        } parse: { bytes in
            let file = try HDF5File.open(image: bytes, named: "checkpoint")
            let header = try Checkpoint.header(of: file)
            try Checkpoint.restore(file, network: network, optimizer: nil)
            return header
        }
    }

    /// The bytes of a checkpoint.
    ///
    /// - Parameter names: `best` or `latest`; the first that is there is taken.
    /// - Throws: `Failure` (66) where none is there, or 65 naming what is damaged.
    static func checkpoint(
        _ names: [String], of folder: String, for call: String
    ) throws -> [UInt8] {
        let store = CheckpointStore(runFolder: folder)
        if names.first == "best", !store.has("best"), let name = try lostBest(in: store) {
            return try store.load(name).bytes
        }
        guard let name = names.first(where: store.has) else {
            throw FailureSite(call, folder).inputMissing(
                "has no \(names.joined(separator: " or ")) checkpoint")
        }
        return try store.load(name).bytes
    }

    /// The best checkpoint where `best` was lost or damaged: the newest checkpoint knows its step.
    ///
    /// - Throws: `Failure` (66) if that one is lost, too.
    private static func lostBest(in store: CheckpointStore) throws -> String? {
        guard store.has("latest") else { return nil }
        let file = try HDF5File.open(image: store.load("latest").bytes, named: "checkpoint")
        guard let step = try Checkpoint.header(of: file).coordinator.leader?.step else {
            return nil
        }
        let name = CheckpointManifest.name(step)
        guard store.has(name) else {
            throw FailureSite("checkpoint", "\(store.folder)/\(name)").inputMissing(
                "is missing, and it is the best one (copy it from where the run was trained)")
        }
        return name
    }

    private func decode<Value: Decodable>(_ name: String) throws -> Value? {
        let path = "\(folder)/\(name)"
        guard FileBytes.exists(path) else { return nil }
        let bytes = try FileBytes.read(path)
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(bytes)) else {
            throw FailureSite("run", path).badData(
                "is not what this version (\(ProgramVersion.number)) writes; was the run "
                    + "trained with another one, or the file changed?")
        }
        return value
    }
}
