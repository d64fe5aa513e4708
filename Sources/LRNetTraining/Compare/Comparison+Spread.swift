internal import Foundation
internal import LRNetCollectives
internal import LRNetLayers
internal import LRNetSupport

/// Runs distributed over the ranks. Each rank trains different runs alone, in a group of one
/// process, so that nothing is exchanged during training. The bits of a run do not depend on the
/// rank that trains it.
extension Comparison {
    /// The outcome of a rank's runs.
    private struct Share: Codable {
        /// The folders of runs whose loss was not finite.
        var diverged: [String] = []
        /// True if the rank received a stop request.
        var isStopped = false
    }

    /// Trains the unfinished runs, each on one rank. Every rank must call it.
    ///
    /// An error of a run ends the job with a line that names the rank and the run. The other runs
    /// keep their checkpoints, and the same command resumes them.
    ///
    /// - Returns: True if all runs have ended; `false` after a stop request.
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
        // Other ranks may have written the results, and rank 0 reads them.
        let missing = try unfinished(recipes).map(folder).filter { !diverged.contains($0) }
        if let first = missing.first {
            throw Failure(
                call: "compare", subject: "\(options.output)/\(first)",
                message: "was trained, but rank 0 cannot see it; --spread requires an --output "
                    + "that all machines share", exitStatus: .inputOutput, isAgreed: true)
        }
        return true
    }

    /// Returns the runs without a complete result, as rank 0 sees them; the same on every rank.
    private func unfinished(_ recipes: [Recipe]) throws -> [Recipe] {
        let isDone = try group.sharing {
            try recipes.map { try isFinished("\(options.output)/\(folder($0))", $0) }
        }
        return zip(recipes, isDone).filter { !$0.1 }.map(\.0)
    }

    /// Trains a run on this rank.
    ///
    /// - Returns: True if the run has ended; `false` after a stop request.
    private func trainAlone(_ recipe: Recipe, _ share: inout Share) throws -> Bool {
        let name = folder(recipe)
        let path = "\(options.output)/\(name)"
        func show(_ text: String) {
            Console.show("rank \(group.rank): \(name): \(text)")
        }
        show("started; its log is \(path)/train.log")
        do {
            var options = Trainer.Options(data: options.data, output: path)
            options.isQuiet = true
            options.subfolder = name
            let trainer = try Trainer(
                recipe: recipe, options: options, group: SingleProcessGroup(),
                stopSignal: stopSignal, beacon: beacon)
            guard let result = try trainer.run() else {
                show("stopped with a checkpoint")
                return false
            }
            try trainer.checkIsInPlace()
            let errors = [result.validationError, result.testError].map { error in
                error.map { String(format: "%.2f %%", $0) } ?? "-"
            }
            show("ended, validation \(errors[0]), test \(errors[1])")
        } catch let error as Failure where error.exitStatus == .nonFiniteLoss {
            show("\(error)")
            share.diverged.append(name)
        } catch {
            // The error is agreed only in the group of one; a new one without that mark also ends
            // the other ranks.
            throw Failure(
                call: "compare", subject: name, message: "\(error)",
                exitStatus: Failure.exitStatus(of: error), rank: group.rank)
        }
        return true
    }
}
