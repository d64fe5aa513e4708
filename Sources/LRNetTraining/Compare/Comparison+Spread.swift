internal import Foundation
internal import LRNetCollectives
internal import LRNetLayers
internal import LRNetSupport

/// Runs shared out over the ranks: each trains others, alone in a group of one process, so nothing is
/// exchanged while they train. A run's bits do not depend on who trains it.
extension Comparison {
    /// What a rank has to say of its share.
    private struct Share: Codable {
        /// Folders of runs whose loss was not finite.
        var diverged: [String] = []
        /// Whether somebody asked to stop.
        var isStopped = false
    }

    /// Trains what is not finished of these runs, each on one rank. Every rank calls it.
    ///
    /// What a run throws ends the job with a line that names rank and run; the others keep their
    /// checkpoints, and the same command goes on.
    ///
    /// - Returns: Whether all of them have ended; `false` if somebody asked to stop.
    func spread(_ recipes: [Recipe]) throws -> Bool {
        let pending = try unfinished(recipes)
        var share = Share()
        for (position, recipe) in pending.enumerated() where position % group.size == group.rank {
            if try stopSignal.isWanted || !trainAlone(recipe, &share) {
                share.isStopped = true
                break
            }
        }
        let shares = try group.allGather(Array(try JSONEncoder().encode(share))).map {
            try JSONDecoder().decode(Share.self, from: Data($0))
        }
        diverged.formUnion(shares.flatMap(\.diverged))
        guard !shares.contains(where: \.isStopped) else { return false }
        // Other ranks wrote them; rank 0 reads.
        let missing = try unfinished(recipes).map(folder).filter { !diverged.contains($0) }
        if let first = missing.first {
            throw Failure(
                call: "compare", subject: "\(options.output)/\(first)",
                message: "was trained, but rank 0 does not see it; --spread wants an --output that "
                    + "all machines share", exitStatus: .inputOutput, isAgreed: true)
        }
        return true
    }

    /// Those that rank 0 sees no result of; the same on every rank.
    private func unfinished(_ recipes: [Recipe]) throws -> [Recipe] {
        let isDone = try group.sharing {
            try recipes.map { try isFinished("\(options.output)/\(folder($0))", $0) }
        }
        return zip(recipes, isDone).filter { !$0.1 }.map(\.0)
    }

    /// - Returns: Whether the run has ended; `false` if somebody asked to stop.
    private func trainAlone(_ recipe: Recipe, _ share: inout Share) throws -> Bool {
        let name = folder(recipe)
        let path = "\(options.output)/\(name)"
        func say(_ text: String) {
            Console.show("rank \(group.rank): \(name): \(text)")
        }
        say("begins; its lines are in \(path)/train.log")
        do {
            var options = Trainer.Options(data: options.data, output: path)
            options.isQuiet = true
            options.subfolder = name
            let trainer = try Trainer(
                recipe: recipe, options: options, group: SingleProcessGroup(),
                stopSignal: stopSignal, beacon: beacon)
            guard let result = try trainer.run() else {
                say("stopped with a checkpoint")
                return false
            }
            try trainer.checkIsInPlace()
            let errors = [result.validationError, result.testError].map { error in
                error.map { String(format: "%.2f %%", $0) } ?? "-"
            }
            say("ended, validation \(errors[0]), test \(errors[1])")
        } catch let error as Failure where error.exitStatus == .nonFiniteLoss {
            say("\(error)")
            share.diverged.append(name)
        } catch {
            // Agreed in its group of one, but news to the others: these must be ended.
            throw Failure(
                call: "compare", subject: name, message: "\(error)",
                exitStatus: Failure.exitStatus(of: error), rank: group.rank)
        }
        return true
    }
}
