internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
package import LRNetSupport

/// The memory of one process of a run, before there is one: every buffer is made for its size only
/// (``BufferCount/planning(_:)``), the rest is known by rule.
package struct MemoryPlan: Sendable, Equatable, Codable {
    /// A part of the memory.
    package struct Part: Sendable, Equatable, Codable {
        /// What it is for.
        package var name: String
        /// Its size.
        package var byteCount: Int
    }

    /// What a training step needs; all of `lrnet-dist bench`.
    package private(set) var step: [Part] = []

    /// What a run has beside that: batches ahead, and on rank 0 the checkpoint that is being made and
    /// written.
    package private(set) var run: [Part] = []

    /// The peak of a process that only makes steps.
    package var stepByteCount: Int { step.map(\.byteCount).reduce(0, +) }

    /// The peak of rank 0 of a run, which saves the checkpoints.
    package var peakByteCount: Int { stepByteCount + run.map(\.byteCount).reduce(0, +) }

    /// What a process has before it trains: the program, and its libraries with what they allocate
    /// when they are first used. Measured as the peak of steps of a network of four weights: 35 MiB
    /// alone, 46 under mpirun (x86-64 Linux, Open MPI 4.1).
    package static let programByteCount = 36 << 20

    /// What MPI's library adds under mpirun.
    package static let messagingByteCount = 10 << 20

    /// What the C library keeps of what was freed while a checkpoint grew, at most: glibc gives blocks
    /// above 32 MiB back at once, smaller ones when twice that is free. Measured: a checkpoint's size
    /// up to 38 MiB, 60 to 65 MiB beyond.
    private static let keptByteCount = 64 << 20

    /// Images of a run's loader: three batches that go round, and a blank one.
    private static let batchCount = 4

    /// Plans a recipe's run.
    ///
    /// - Parameters:
    ///   - ranks: Processes; the plan is that of the one with most of a batch.
    ///   - classes: The classes of the data set; those of the network by default.
    package init(recipe: Recipe, ranks: Int = 1, classes: Int? = nil) {
        let training = recipe.training
        let leaves = training.gradientLeaves
        // The run of the last rank is the longest.
        let run = LeafTree.run(of: ranks - 1, ranks: ranks, leafCount: leaves)
        let capacity = run.count * training.leafSize
        var sizes: [(String, Int)] = []
        BufferCount.planning { plan in
            var before = 0
            func note(_ name: String) {
                sizes.append((name, plan.byteCount - before))
                before = plan.byteCount
            }
            let network = recipe.makeNetwork(classes: classes)
            note("parameters, and a step's weights")
            network.reserve(
                sampleCount: capacity, microBatch: training.microBatch,
                workerCount: training.threads, globalCount: training.globalBatch)
            note("activations, and scratch")
            _ = MomentOptimizer(parameters: network.parameters, constants: recipe.optimizer)
            note("Adam's moments")
            _ = ClassificationLoss(classes: network.classes, sampleCount: capacity)
            let gradients = GradientStore(
                count: network.gradientCount, largestLayer: network.largestGradientCount)
            gradients.begin(LeafSchedule(of: run, in: LeafTree(count: leaves)))
            note("gradients of weights, a leaf at a time")
            _ = FloatBuffer(count: network.activationGradientCount(sampleCount: capacity))
            note("gradients of activations")
            let batch = Batch(capacity: capacity, shape: network.input)
            note("a batch of images")
            _ = batch
            step = [
                Part(name: "program and libraries", byteCount: Self.programByteCount),
                Part(name: "MPI", byteCount: Self.messagingByteCount),
            ]
            step += sizes.map { Part(name: $0.0, byteCount: $0.1) }
            self.run = [
                Part(
                    name: "batches ahead",
                    byteCount: (Self.batchCount - 1) * capacity * network.input.count
                        * MemoryLayout<Float>.size),
                Part(
                    name: "checkpoint, made and written (rank 0)",
                    byteCount: 2 * Self.checkpointByteCount(network)),
                Part(
                    name: "freed, and kept by the C library",
                    byteCount: min(Self.checkpointByteCount(network), Self.keptByteCount)),
            ]
        }
    }

    /// Parameters and two moments each; there is a file in memory, and the copy that is written.
    private static func checkpointByteCount(_ network: Network) -> Int {
        let values = network.parameters.map(\.value.count).reduce(0, +)
        return 3 * values * MemoryLayout<Float>.size
    }

    /// The parts with their sums, as a table.
    package var table: TextTable {
        var table = TextTable(["memory of a process", "MiB"])
        func append(_ name: String, _ byteCount: Int) {
            table.append([name, TextTable.grouped((byteCount + (1 << 19)) >> 20)])
        }
        for part in step { append(part.name, part.byteCount) }
        append("a training step, in all", stepByteCount)
        for part in run { append(part.name, part.byteCount) }
        append("peak of rank 0", peakByteCount)
        return table
    }
}
