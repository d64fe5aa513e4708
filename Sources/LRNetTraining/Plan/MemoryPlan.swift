internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
package import LRNetSupport

/// A plan of the memory of one process of a run. Planned buffers have a size but no memory
/// (`BufferCount/planning(_:)`); the rest follows from rules.
package struct MemoryPlan: Sendable, Equatable, Codable {
    /// A part of the memory.
    package struct Part: Sendable, Equatable, Codable {
        /// The purpose of the part, for the table.
        package var name: String
        package var byteCount: Int
    }

    /// The memory of a training step, which is all that `lrnet-dist bench` needs.
    package private(set) var step: [Part] = []

    /// The additional memory of a run: batches loaded in advance and, on rank 0, the likeliest
    /// weights, a copy of the state, and the checkpoint that is encoded from it and written.
    package private(set) var run: [Part] = []

    /// The peak of a process that only runs steps, in bytes.
    package var stepByteCount: Int { step.map(\.byteCount).reduce(0, +) }

    /// The peak of rank 0 of a run, which saves the checkpoints, in bytes.
    package var peakByteCount: Int { stepByteCount + run.map(\.byteCount).reduce(0, +) }

    /// The memory of a process before it trains: the program, its libraries, and their allocations
    /// on first use. Measured as the peak of steps of a network with four weights: 35 MiB alone, 46
    /// MiB under mpirun (x86-64 Linux, Open MPI 4.1).
    package static let programByteCount = 36 << 20

    /// The memory that the MPI library adds under mpirun.
    package static let messagingByteCount = 10 << 20

    /// The maximum memory freed during the encoding of a checkpoint that the C library retains.
    /// glibc returns blocks above 32 MiB at once, and smaller ones when twice that size is free.
    /// Measured: the size of the checkpoint up to 38 MiB, and 60 to 65 MiB beyond.
    private static let keptByteCount = 64 << 20

    /// The maximum size of a block that glibc retains for the thread that freed it. The thread that
    /// writes checkpoints frees two copies of one. Measured: 40 MiB for a checkpoint of 20 MiB, and
    /// nothing for one of 38 MiB.
    private static let keptBlockByteCount = 32 << 20

    /// The batches of a run's loader: three in rotation and a blank one.
    private static let batchCount = 4

    /// Plans a recipe's run.
    ///
    /// - Parameters:
    ///   - ranks: The number of processes. The plan is for the one with the largest part of a
    ///     batch.
    ///   - classes: The number of classes in the data set; that of the network by default.
    package init(recipe: Recipe, ranks: Int = 1, classes: Int? = nil) {
        let training = recipe.training
        let leaves = training.gradientLeaves
        // The last rank has the longest run of leaves.
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
            _ = MomentOptimizer(
                parameters: network.parameters, constants: recipe.optimizer,
                share: { Self.largestShare(of: $0, ranks: ranks) })
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
            let trace = WeightTrace(network: network, isActive: true)
            let traceByteCount = plan.byteCount - before
            _ = trace
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
                Part(name: "likeliest weights, compared (rank 0)", byteCount: traceByteCount),
                Part(
                    name: "checkpoint, made and written (rank 0)",
                    byteCount: 2 * Self.checkpointByteCount(network)),
                Part(
                    name: "largest tensor, hashed (rank 0)",
                    byteCount: ranks > 1 ? Self.largestSharedByteCount(network) : 0),
                Part(
                    name: "freed, and kept by the C library",
                    byteCount: Self.keptByteCount(checkpoint: Self.checkpointByteCount(network))),
            ]
        }
    }

    /// Returns as many values of a parameter as the rank with the largest share updates.
    private static func largestShare(of parameter: Parameter, ranks: Int) -> Range<Int> {
        let count = parameter.value.count
        guard let unit = parameter.shareUnit else { return 0..<count }
        let units = (count + unit - 1) / unit
        return 0..<min((units + ranks - 1) / ranks * unit, count)
    }

    /// Returns the size of the largest tensor whose moments are divided among the ranks.
    private static func largestSharedByteCount(_ network: Network) -> Int {
        let counts = network.parameters.filter { $0.shareUnit != nil }.map(\.value.count)
        return (counts.max() ?? 0) * MemoryLayout<Float>.size
    }

    /// Returns the freed memory that the C library retains, on the main thread and on the writer's.
    private static func keptByteCount(checkpoint: Int) -> Int {
        min(checkpoint, keptByteCount) + (checkpoint <= keptBlockByteCount ? 2 * checkpoint : 0)
    }

    /// Returns the size of a checkpoint: each parameter and its two moments.
    private static func checkpointByteCount(_ network: Network) -> Int {
        let values = network.parameters.map(\.value.count).reduce(0, +)
        return 3 * values * MemoryLayout<Float>.size
    }

    /// The table of the parts and their sums.
    package var table: TextTable {
        var table = TextTable(["memory of a process", "MiB"])
        func append(_ name: String, _ byteCount: Int) {
            table.append([name, TextTable.grouped((byteCount + (1 << 19)) >> 20)])
        }
        for part in step { append(part.name, part.byteCount) }
        append("total of a training step", stepByteCount)
        for part in run { append(part.name, part.byteCount) }
        append("peak of rank 0", peakByteCount)
        return table
    }
}
