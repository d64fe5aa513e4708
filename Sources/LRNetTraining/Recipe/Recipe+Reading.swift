internal import LRNetLayers

extension Recipe {
    /// Reads every key of the table, section by section.
    mutating func read(_ root: RecipeSection) throws {
        var leftOut: [RecipeKey] = []
        for (name, keys) in RecipeKey.groups {
            let section =
                if name.isEmpty {
                    root
                } else if let word = RecipeKey.words[name] {
                    try root.section(name, orWord: word)
                } else {
                    try root.section(name)
                }
            // A key of another method or optimizer stays unknown. The keys that select the method
            // and the optimizer are read first.
            for key in keys where key.belongs(to: self) {
                if section.isLeftOut(key.name) { leftOut.append(key) }
                try key.read(section, &self)
            }
            if !name.isEmpty { try section.finish() }
        }
        try root.finish()
        for key in leftOut { key.derive?(&self) }
    }

    /// The largest divisor of the leaf and of the batch-norm group that fits the usual caches.
    var usualMicroBatch: Int {
        var group = 0
        if case .group(let size) = batchNorm.statistics { group = size }
        let leaf = training.leafSize
        return (1...Training.usualMicroBatchLimit).last { leaf % $0 == 0 && group % $0 == 0 } ?? 1
    }
}

extension Recipe.Training {
    /// The maximum number of images in a derived micro-batch.
    static let usualMicroBatchLimit = 32
}
