package import LRNetData
package import LRNetKernels
package import LRNetLayers

/// Everything that decides what a run computes; the content of a recipe file.
///
/// Keys that a file leaves out have the values below. ``yaml`` writes all of them. ``RecipeKey`` has a
/// table of the keys, what they mean, and what they change.
package struct Recipe: Sendable, Equatable {
    /// The network.
    package var network = Network()

    /// The training method.
    package var weights = Weights()

    /// How pictures become inputs.
    package var augmentation = Augmentation()

    /// How samples are ordered, read and kept.
    package var data = DataReading()

    /// Length, batch and seed.
    package var training = Training()

    /// The optimizer and its constants.
    package var optimizer = Optimizer()

    /// The course of learning rates over a run, and the annealing of logits.
    package var schedule = Schedule()

    /// Strengths of the regularisers.
    package var regularization = Regularization()

    /// Where initial values come from.
    package var initialization = Initialization()

    /// What is made small.
    package var loss = LossFunction.crossEntropy

    /// How batch norm normalises.
    package var batchNorm = BatchNormalization.Options()

    /// The rate of dropout layers, in 0 ..< 1.
    package var dropout = 0.5

    /// How and when finished networks are drawn and compared.
    package var validation = Validation()

    /// When the run's state is saved.
    package var checkpoint = Checkpoint()

    /// How gradients are added up across ranks.
    package var reduction = Reduction.exact

    /// When a run without progress is ended.
    package var watchdog = Watchdog()

    /// Creates the default recipe: the paper's ternary MNIST network.
    package init() {}

    /// The network: one with a name, or a list of blocks, and how it is varied.
    package struct Network: Sendable, Equatable {
        /// The name; `custom` where the recipe lists the blocks itself.
        package var name = "mnist"
        /// The blocks of a custom network, a word each.
        package var layers: [String] = []
        /// The shape of the images, where it is not the named network's.
        package var input: ImageShape?
        /// The number of classes, where it is not the named network's.
        package var classes: Int?
        /// What numbers of filters and units are multiplied by.
        package var width = 1.0
        /// Where the zeros around an image go.
        package var padding = Architecture.PaddingRule.same
        /// How the first layer is trained.
        package var firstLayer = Architecture.FirstLayer.discrete
        /// What residual blocks add where shapes differ.
        package var shortcut = Architecture.Shortcut.projection
        /// How the last layer is trained.
        package var lastLayer = Architecture.LastLayer.fullPrecision
    }

    /// The training method and its constants.
    package struct Weights: Sendable, Equatable {
        /// The name.
        package var model = TrainingMethod.ternary
        /// The constants of methods that have some.
        package var constants = MethodConstants()
        /// What logits are limited to after each step, either side of 0; positive.
        package var logitClip: Double?
    }

    /// Which samples are trained on, and how they are ordered, read and kept.
    package struct DataReading: Sendable, Equatable {
        /// The first so many of the training split are trained on, in the order of the set's files;
        /// `nil` for all. Validation and test splits stay whole.
        package var samples: Int?
        /// The order of an epoch.
        package var shuffle = Shuffle.full
        /// Consecutive samples that stay together in a block shuffle; best a multiple of a chunk.
        package var blockSamples = 128
        /// Blocks that are shuffled together in a block shuffle.
        package var windowBlocks = 4
        /// Threads of a rank that read, decode and augment, beside those that compute.
        package var workers = 1
        /// Megabytes (10^6 bytes) of chunks that a rank keeps in memory, for each split it reads.
        package var cacheMegabytes = 1000

        /// The cache in bytes.
        package var cacheByteCount: Int { cacheMegabytes * 1_000_000 }
    }

    /// The order of an epoch.
    package enum Shuffle: String, Sendable, CaseIterable {
        /// Any order is as likely as any other; for sets that fit into memory.
        case full
        /// Blocks in random order, samples mixed within windows of blocks; reads nearly in sequence.
        case block
    }

    /// Length, batch and seed.
    package struct Training: Sendable, Equatable {
        /// Passes over the training split.
        package var epochs = 190
        /// Stops earlier, if not `nil`.
        package var steps: Int?
        /// Minutes after which a process saves a checkpoint and ends with 75; `nil` for no limit.
        package var maxMinutes: Double?
        /// Samples of a step over all ranks.
        package var globalBatch = 256
        /// Parts that a batch is cut into: the most ranks x threads that can share it.
        package var gradientLeaves = 8
        /// Samples of a product, at most; divides the leaf. Where a file leaves it out, it follows from
        /// the leaf.
        package var microBatch = 32
        /// What happens to the samples after the last full batch of an epoch.
        package var tail = Tail.drop
        /// The seed of every random number.
        package var seed: UInt64 = 1
        /// Threads of a rank.
        package var threads = 1
        /// How convolutions are computed; decides bits, not what is learnt.
        package var convolutions = ConvolutionAlgorithm.fastest

        /// The number of samples of a leaf.
        package var leafSize: Int { globalBatch / gradientLeaves }
    }

    /// What happens to the samples after the last full batch of an epoch.
    package enum Tail: String, Sendable, CaseIterable {
        /// They wait for another epoch's order.
        case drop
        /// They make a smaller batch.
        case keep
    }

    /// The optimizer's constants.
    package struct Optimizer: Sendable, Equatable {
        /// Which one.
        package var name = OptimizerName.adam
        /// The initial learning rate.
        package var learningRate = 0.01
        /// The initial learning rate of logits; `nil` for the same.
        package var logitRate: Double?
        /// Decay of the first moment.
        package var beta1 = 0.9
        /// Decay of the second moment.
        package var beta2 = 0.999
        /// Added to the root of the second moment; part of what probability decay does.
        package var epsilon = 1e-8
        /// Of gradient descent: what is left of the velocity after a step.
        package var momentum = 0.9
    }

    /// The optimizers.
    package enum OptimizerName: String, Sendable, CaseIterable {
        /// Kingma, Ba, ICLR 2015.
        case adam
        /// Gradient descent with momentum.
        case sgd
    }

    /// The course of learning rates over a run, and the annealing of logits.
    package struct Schedule: Sendable, Equatable {
        /// The shape of the curve.
        package var shape = Shape.step
        /// Steps over which learning rates rise from 0 first.
        package var warmupSteps = 0
        /// Epochs, counted from 0, at whose start the rate drops.
        package var dropAtEpochs = [100]
        /// What the rate is multiplied by.
        package var factor = 0.1
        /// What the rate is multiplied by at the start of every epoch but the first.
        package var epochFactor = 1.0
        /// The product of the factors of logits, one after each step of the last part of the run.
        package var annealing = 1.0
        /// The last part of the run, as a share of its steps, in which logits are annealed.
        package var annealingPart = 0.5
    }

    /// The shapes of a schedule.
    package enum Shape: String, Sendable, CaseIterable {
        /// Drops at epochs.
        case step
        /// Half a cosine over all epochs, from the initial rate to 0.
        case cosine
    }

    /// Strengths of the regularisers.
    package struct Regularization: Sendable, Equatable {
        /// lambda of `lambda / 2 * sum of squares` of logits.
        package var probabilityDecay = 1e-11
        /// Strength of `beta * sum of q (1 - q)` of binary logits.
        package var beta = 0.0
        /// lambda of `lambda / 2 * sum of squares` of real weights.
        package var weightDecay = 1e-4
    }

    /// Where initial values come from.
    package struct Initialization: Sendable, Equatable {
        /// A finished full-precision run's folder, or a PyTorch network's `.safetensors` file; `nil`
        /// for a cold start.
        package var from: String?
        /// p_min of equation 6, and the least initial probability.
        package var minimumProbability = 0.05
        /// p_max of equation 6, and the largest initial probability.
        package var maximumProbability = 0.95
        /// The factor of initial logits.
        package var sharpness = 1.0
        /// How logits start without a source.
        package var coldStart = ColdStart.randomSigns
    }

    /// How and when finished networks are drawn and compared.
    package struct Validation: Sendable, Equatable {
        /// Epochs between validations; the last epoch always has one. 0 turns validation off.
        package var everyEpochs = 1
        /// Networks that are drawn.
        package var draws = 7
        /// How weights are taken from their distributions.
        package var weights = Selection.drawn
        /// Training batches that each drawn network's batch norm is re-estimated over; 0 for the
        /// moving averages.
        package var reestimateBatches = 20
    }

    /// How weights are taken from their distributions.
    package enum Selection: String, Sendable, CaseIterable {
        /// Drawn at random.
        case drawn
        /// The likeliest values; one network.
        case likeliest
        /// Networks that are drawn, and one of the likeliest values.
        case both
    }

    /// When the run's state is saved.
    package struct Checkpoint: Sendable, Equatable {
        /// Steps between checkpoints.
        package var everySteps = 500
        /// Minutes between checkpoints, if those come sooner.
        package var everyMinutes: Double?
        /// Checkpoints that are kept, the best one apart; at least two, because the newest may turn
        /// out to be damaged.
        package var keepLatest = 3
    }

    /// When a run without progress is ended.
    package struct Watchdog: Sendable, Equatable {
        /// Seconds without a sign of life from a rank, or without progress of any; 0 turns it off.
        /// More than the longest phase of a step takes, such as the forward pass of a rank's part.
        package var stallSeconds = 300
    }

    /// How gradients are added up across ranks.
    package enum Reduction: String, Sendable, CaseIterable {
        /// In one order at any number of ranks.
        case exact
        /// By MPI_Allreduce, whose bits depend on the number of ranks.
        case fast
    }
}
