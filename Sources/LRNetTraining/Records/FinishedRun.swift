internal import Foundation
package import LRNetCollectives
internal import LRNetData
package import LRNetDiagnostics
internal import LRNetHDF5
package import LRNetLayers
internal import LRNetSupport

/// Read access to a run's folder: the names of its files, and the checks on their contents.
///
/// The run may be unfinished: files that it has not written yet are read as `nil`.
package struct FinishedRun: Sendable {
    package let folder: String

    /// The resolved recipe, whose seal has been verified.
    package let recipe: Recipe

    /// Reads the recipe.
    ///
    /// - Parameter call: The task that needs the run, for messages.
    /// - Throws: `Failure`: 66 if the folder contains no run, 65 if the recipe is damaged or was
    ///   edited, 78 if it is of another version.
    package init(folder: String, for call: String) throws {
        try self.init(folder: folder, recipe: Self.recipeBytes(folder, for: call), for: call)
    }

    /// Reads the recipe on rank 0; only its machine needs the folder. Every rank must call it.
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
                "is not a run: it contains no \(Recipe.recordedName); "
                    + "pass the --output of a training run")
        }
        return try FileBytes.read(path)
    }

    /// Reads the result; `nil` if the run has not finished.
    package func result() throws -> RunResult? { try decode(RunResult.name) }

    /// Returns true if the run has finished and its winner file is intact. Otherwise its training
    /// command completes or repairs the run.
    ///
    /// - Parameter steps: The length of the run in steps.
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

    /// Reads the description of the machines and libraries of the run; `nil` if there is none.
    package func environment() throws -> RunEnvironment? { try decode(RunEnvironment.name) }

    /// Reads the records of the run.
    package func metrics() throws -> RunMetrics { try RunMetrics(runFolder: folder) }

    /// Opens the file of the winner, or of the leader so far; `nil` if there is none.
    package func winner() throws -> NetworkFile? {
        let path = "\(folder)/\(NetworkFile.name)"
        return FileBytes.exists(path) ? try NetworkFile(path: path) : nil
    }

    /// Restores `network` from a checkpoint. Every rank must call it; only rank 0 reads the folder.
    ///
    /// - Parameters:
    ///   - names: `best`, `latest` or names of steps, in order of preference; the first that exists
    ///     is used.
    ///   - call: The task that needs the checkpoint, for messages.
    /// - Returns: The checkpoint's header.
    /// - Throws: The same `Failure` on all ranks: 66 if no such checkpoint exists, 65 with the name
    ///   of the damaged file. The network is then unchanged, unless the checkpoint is of another
    ///   network.
    package static func restore(
        _ network: Network, from names: [String], of folder: String, for call: String,
        group: any ProcessGroup
    ) throws -> Checkpoint.Header {
        try group.fromCoordinator {
            try checkpoint(names, of: folder, for: call)
        } parse: { bytes in
            let file = try HDF5File.open(image: bytes, named: "checkpoint")
            let header = try Checkpoint.header(of: file)
            try Checkpoint.restore(file, network: network)
            return header
        }
    }

    /// Reads the bytes of a checkpoint.
    ///
    /// - Parameter names: `best`, `latest` or names of steps, in order of preference; the first that
    ///   exists is used.
    /// - Throws: `Failure`: 66 if no such checkpoint exists, 65 with the name of the damaged file.
    static func checkpoint(
        _ names: [String], of folder: String, for call: String
    ) throws -> [UInt8] {
        let store = CheckpointStore(runFolder: folder)
        if names.first == "best", !store.has("best"), let name = try lostBest(in: store) {
            return try store.load(name).bytes
        }
        guard let name = names.first(where: store.has) else {
            throw FailureSite(call, folder).inputMissing(
                "has no \(names.joined(separator: " or ")) checkpoint; rerun the training command")
        }
        return try store.load(name).bytes
    }

    /// Returns the name of the best checkpoint if `best` was lost or damaged. Its step is read from
    /// the newest checkpoint.
    ///
    /// - Throws: `Failure` (66) if the best checkpoint is lost, too.
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
                "does not have the format of this version (\(ProgramVersion.number)); was the run "
                    + "trained with another version, or the file edited?")
        }
        return value
    }
}
