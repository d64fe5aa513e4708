internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// A check that batch norm has enough values per channel.
///
/// With one value per channel, the mean is the value and the standard deviation is 0. Batch norm
/// then outputs only its offset, and no layer before it is trained.
enum BatchNormCheck {
    /// Checks the smallest group of samples in a run: a whole batch, a group, or the remainder of
    /// an epoch's last batch.
    ///
    /// - Throws: `Failure` (78) with the arithmetic and a remedy.
    static func check(_ recipe: Recipe, sampleCount: Int) throws {
        let training = recipe.training
        let batch = training.globalBatch
        var size = batch
        if case .group(let group) = recipe.batchNorm.statistics { size = group }
        let tail = training.tail == .keep ? sampleCount % batch : 0
        guard size == 1 || tail % size == 1, let layer = firstPixel(recipe) else { return }
        func failure(_ key: String, _ reason: String, _ remedy: String) -> Failure {
            Failure(
                call: "recipe", subject: key,
                message:
                    "\(reason) leaves batch norm \(layer) with 1 sample x 1 x 1 pixels = 1 value "
                    + "per channel, whose deviation is 0, so nothing before it would be trained; "
                    + "\(remedy)",
                exitStatus: .badRecipe)
        }
        if batch == 1 {
            throw failure(
                "training.globalBatch", "a batch of 1", "set training.globalBatch to 2 or more")
        }
        if size == 1 {
            let least = (2...batch).first { $0 % training.microBatch == 0 && batch % $0 == 0 }
            throw failure(
                "batchNorm.statistics", "{group: 1}",
                "set it to {group: \(least ?? batch)} or synchronized")
        }
        let groups = size == batch ? "" : ", in groups of \(size) the last of 1"
        throw failure(
            "training.tail",
            "the last batch of an epoch (\(sampleCount) = \(sampleCount / batch) x \(batch) + \(tail) "
                + "images\(groups))",
            "set training.tail=drop, or data.samples=\(sampleCount - 1)")
    }

    /// Returns the first batch norm whose images have one pixel, as after a fully connected layer.
    private static func firstPixel(_ recipe: Recipe) -> String? {
        BufferCount.planning { _ in
            recipe.makeNetwork().batchNorms.first { $0.inputShape.pixelCount == 1 }?.name
        }
    }
}
