internal import LRNetSupport

/// Suggestions for unknown keys.
package enum RecipeHint {
    /// Returns a hint for messages: `did you mean training.globalBatch?`
    ///
    /// - Parameters:
    ///   - word: The key as the user wrote it.
    ///   - section: The path of its section: empty, or `training.`.
    ///   - known: The known keys of the section.
    static func text(for word: String, in section: String, known: [String]) -> String {
        let candidates = candidates(for: word, in: section, known: known)
        guard !candidates.isEmpty else {
            let names = known.enumerated().filter { known.firstIndex(of: $1) == $0 }.map(\.element)
            return "known here: \(names.joined(separator: ", "))"
        }
        return "did you mean \(candidates.joined(separator: " or "))?"
    }

    private static func candidates(
        for word: String, in section: String, known: [String]
    ) -> [String] {
        // A key of another method or optimizer: its spelling is correct.
        if RecipeKey.named(section + word) != nil { return [] }
        let plain = normalized(word)
        if let same = known.first(where: { normalized($0) == plain }) { return [section + same] }
        if let keys = aliases[plain] {
            let here = keys.filter { $0.hasPrefix(section) }
            return here.isEmpty || section.isEmpty ? keys : here
        }
        if let near = Spelling.nearest(word, among: known) { return [section + near] }
        return RecipeKey.all.filter { normalized($0.name) == plain }.map(\.path)
    }

    /// The keys and sections that the aliases refer to.
    package static var meanings: [String] { aliases.values.flatMap { $0 } }

    private static func normalized(_ word: some StringProtocol) -> String {
        word.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// The names in PyTorch and related libraries, without separators between words, and our keys.
    private static let aliases: [String: [String]] = [
        "lr": ["optimizer.learningRate"], "baselr": ["optimizer.learningRate"],
        "optim": ["optimizer.name"], "optimizer": ["optimizer.name"],
        "algorithm": ["optimizer.name"], "type": ["optimizer.name"],
        "betas": ["optimizer.beta1", "optimizer.beta2"],
        "eps": ["optimizer.epsilon", "batchNorm.epsilon"],
        "l2": ["regularization.weightDecay"], "wd": ["regularization.weightDecay"],
        "batch": ["training.globalBatch"], "batchsize": ["training.globalBatch"],
        "trainbatchsize": ["training.globalBatch"], "minibatch": ["training.globalBatch"],
        "minibatchsize": ["training.globalBatch"], "microbatchsize": ["training.microBatch"],
        "gradientaccumulation": ["training.gradientLeaves"],
        "accumulategradbatches": ["training.gradientLeaves"],
        "gradientaccumulationsteps": ["training.gradientLeaves"],
        "epoch": ["training.epochs"], "numepochs": ["training.epochs"],
        "nepochs": ["training.epochs"], "maxepochs": ["training.epochs"],
        "steps": ["training.steps"], "maxsteps": ["training.steps"],
        "numsteps": ["training.steps"], "iterations": ["training.steps"],
        "maxiterations": ["training.steps"], "maxtime": ["training.maxMinutes"],
        "timelimit": ["training.maxMinutes"], "randomseed": ["training.seed"],
        "manualseed": ["training.seed"], "numthreads": ["training.threads"],
        "droplast": ["training.tail"],
        "milestones": ["schedule.dropAtEpochs"], "stepsize": ["schedule.dropAtEpochs"],
        "lrsteps": ["schedule.dropAtEpochs"], "gamma": ["schedule.factor"],
        "cosine": ["schedule.shape"], "warmup": ["schedule.warmupSteps"],
        "lrscheduler": ["schedule"], "scheduler": ["schedule"],
        "numworkers": ["data.workers"], "shufflemode": ["data.shuffle"],
        "arch": ["network"], "architecture": ["network"], "method": ["weights"],
        "criterion": ["loss"], "lossfunction": ["loss"], "dropoutrate": ["dropout"],
        "pretrained": ["initialization.from"], "initfrom": ["initialization.from"],
        "padding": ["augmentation.pad", "network.padding"], "randomcrop": ["augmentation.crop"],
        "hflip": ["augmentation.flip"], "horizontalflip": ["augmentation.flip"],
        "randomhorizontalflip": ["augmentation.flip"], "resize": ["augmentation.shorterSide"],
        "normalize": ["augmentation.standardize"], "batchnorm2d": ["batchNorm"],
        "bn": ["batchNorm"], "saveevery": ["checkpoint.everySteps"],
        "savesteps": ["checkpoint.everySteps"], "savetotallimit": ["checkpoint.keepLatest"],
        "evalevery": ["validation.everyEpochs"], "evaluation": ["validation"],
    ]
}
