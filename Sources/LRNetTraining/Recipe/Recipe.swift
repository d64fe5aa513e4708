public import LRNetData
public import LRNetKernels
public import LRNetLayers

/// Everything that decides what a run computes; the content of a recipe file.
///
/// Keys that a file leaves out have the values below. ``yaml`` writes all of them. ``RecipeKey`` has a
/// table of the keys, what they mean, and what they change.
public struct Recipe: Sendable, Equatable {
    /// The network.
    public var network = Network()

    /// The training method.
    public var weights = Weights()

    /// How pictures become inputs.
    public var augmentation = Augmentation()

    /// How samples are ordered, read and kept.
    public var data = DataReading()

    /// Length, batch and seed.
    public var training = Training()

    /// The optimizer and its constants.
    public var optimizer = Optimizer()

    /// The course of learning rates over a run, and the annealing of logits.
    public var schedule = Schedule()

    /// Strengths of the regularisers.
    public var regularization = Regularization()

    /// Where initial values come from.
    public var initialization = Initialization()

    /// What is made small.
    public var loss = LossFunction.crossEntropy

    /// How batch norm normalises.
    public var batchNorm = BatchNormalization.Options()

    /// The rate of dropout layers, in 0 ..< 1.
    public var dropout = 0.5

    /// How and when finished networks are drawn and compared.
    public var validation = Validation()

    /// When the run's state is saved.
    public var checkpoint = Checkpoint()

    /// How gradients are added up across ranks.
    public var reduction = Reduction.exact

    /// When a run without progress is ended.
    public var watchdog = Watchdog()

    /// Creates the default recipe: the paper's ternary MNIST network.
    public init() {}

    /// The network: one with a name, or a list of blocks, and how it is varied.
    public struct Network: Sendable, Equatable {
        /// The name; `custom` where the recipe lists the blocks itself.
        public var name = "mnist"
        /// The blocks of a custom network, a word each.
        public var layers: [String] = []
        /// The shape of the images, where it is not the named network's.
        public var input: ImageShape?
        /// The number of classes, where it is not the named network's.
        public var classes: Int?
        /// What numbers of filters and units are multiplied by.
        public var width = 1.0
        /// Where the zeros around an image go.
        public var padding = Architecture.PaddingRule.same
        /// How the first layer is trained.
        public var firstLayer = Architecture.FirstLayer.discrete
        /// What residual blocks add where shapes differ.
        public var shortcut = Architecture.Shortcut.projection
        /// How the last layer is trained.
        public var lastLayer = Architecture.LastLayer.fullPrecision
    }

    /// The training method and its constants.
    public struct Weights: Sendable, Equatable {
        /// The name.
        public var model = TrainingMethod.ternary
        /// The constants of methods that have some.
        public var constants = MethodConstants()
        /// What logits are limited to after each step, either side of 0; positive.
        public var logitClip: Double?
    }

    /// Which samples are trained on, and how they are ordered, read and kept.
    public struct DataReading: Sendable, Equatable {
        /// The first so many of the training split are trained on, in the order of the set's files;
        /// `nil` for all. Validation and test splits stay whole.
        public var samples: Int?
        /// The order of an epoch.
        public var shuffle = Shuffle.full
        /// Consecutive samples that stay together in a block shuffle; best a multiple of a chunk.
        public var blockSamples = 128
        /// Blocks that are shuffled together in a block shuffle.
        public var windowBlocks = 4
        /// Threads of a rank that read, decode and augment, beside those that compute.
        public var workers = 1
        /// Megabytes (10^6 bytes) of chunks that a rank keeps in memory, for each split it reads.
        public var cacheMegabytes = 1000

        /// The cache in bytes.
        public var cacheByteCount: Int { cacheMegabytes * 1_000_000 }
    }

    /// The order of an epoch.
    public enum Shuffle: String, Sendable, CaseIterable {
        /// Any order is as likely as any other; for sets that fit into memory.
        case full
        /// Blocks in random order, samples mixed within windows of blocks; reads nearly in sequence.
        case block
    }

    /// Length, batch and seed.
    public struct Training: Sendable, Equatable {
        /// Passes over the training split.
        public var epochs = 190
        /// Stops earlier, if not `nil`.
        public var steps: Int?
        /// Minutes after which a process saves a checkpoint and ends with 75; `nil` for no limit.
        public var maxMinutes: Double?
        /// Samples of a step over all ranks.
        public var globalBatch = 256
        /// Parts that a batch is cut into: the most ranks x threads that can share it.
        public var gradientLeaves = 8
        /// Samples of a product, at most; divides the leaf. Where a file leaves it out, it follows from
        /// the leaf.
        public var microBatch = 32
        /// What happens to the samples after the last full batch of an epoch.
        public var tail = Tail.drop
        /// The seed of every random number.
        public var seed: UInt64 = 1
        /// Threads of a rank.
        public var threads = 1
        /// How convolutions are computed; decides bits, not what is learnt.
        public var convolutions = ConvolutionAlgorithm.fastest

        /// The number of samples of a leaf.
        public var leafSize: Int { globalBatch / gradientLeaves }
    }

    /// What happens to the samples after the last full batch of an epoch.
    public enum Tail: String, Sendable, CaseIterable {
        /// They wait for another epoch's order.
        case drop
        /// They make a smaller batch.
        case keep
    }

    /// The optimizer's constants.
    public struct Optimizer: Sendable, Equatable {
        /// Which one.
        public var name = OptimizerName.adam
        /// The initial learning rate.
        public var learningRate = 0.01
        /// The initial learning rate of logits; `nil` for the same.
        public var logitRate: Double?
        /// Decay of the first moment.
        public var beta1 = 0.9
        /// Decay of the second moment.
        public var beta2 = 0.999
        /// Added to the root of the second moment; part of what probability decay does.
        public var epsilon = 1e-8
        /// Of gradient descent: what is left of the velocity after a step.
        public var momentum = 0.9
    }

    /// The optimizers.
    public enum OptimizerName: String, Sendable, CaseIterable {
        /// Kingma, Ba, ICLR 2015.
        case adam
        /// Gradient descent with momentum.
        case sgd
    }

    /// The course of learning rates over a run, and the annealing of logits.
    public struct Schedule: Sendable, Equatable {
        /// The shape of the curve.
        public var shape = Shape.step
        /// Steps over which learning rates rise from 0 first.
        public var warmupSteps = 0
        /// Epochs, counted from 0, at whose start the rate drops.
        public var dropAtEpochs = [100]
        /// What the rate is multiplied by.
        public var factor = 0.1
        /// What the rate is multiplied by at the start of every epoch but the first.
        public var epochFactor = 1.0
        /// The product of the factors of logits, one after each step of the last part of the run.
        public var annealing = 1.0
        /// The last part of the run, as a share of its steps, in which logits are annealed.
        public var annealingPart = 0.5
    }

    /// The shapes of a schedule.
    public enum Shape: String, Sendable, CaseIterable {
        /// Drops at epochs.
        case step
        /// Half a cosine over all epochs, from the initial rate to 0.
        case cosine
    }

    /// Strengths of the regularisers.
    public struct Regularization: Sendable, Equatable {
        /// lambda of `lambda / 2 * sum of squares` of logits.
        public var probabilityDecay = 1e-11
        /// Strength of `beta * sum of q (1 - q)` of binary logits.
        public var beta = 0.0
        /// lambda of `lambda / 2 * sum of squares` of real weights.
        public var weightDecay = 1e-4
    }

    /// Where initial values come from.
    public struct Initialization: Sendable, Equatable {
        /// A finished full-precision run's folder, or a PyTorch network's `.safetensors` file; `nil`
        /// for a cold start.
        public var from: String?
        /// p_min of equation 6, and the least initial probability.
        public var minimumProbability = 0.05
        /// p_max of equation 6, and the largest initial probability.
        public var maximumProbability = 0.95
        /// The factor of initial logits.
        public var sharpness = 1.0
        /// How logits start without a source.
        public var coldStart = ColdStart.randomSigns
    }

    /// How and when finished networks are drawn and compared.
    public struct Validation: Sendable, Equatable {
        /// Epochs between validations; the last epoch always has one. 0 turns validation off.
        public var everyEpochs = 1
        /// Networks that are drawn.
        public var draws = 7
        /// How weights are taken from their distributions.
        public var weights = Selection.drawn
        /// Training batches that each drawn network's batch norm is re-estimated over; 0 for the
        /// moving averages.
        public var reestimateBatches = 20
    }

    /// How weights are taken from their distributions.
    public enum Selection: String, Sendable, CaseIterable {
        /// Drawn at random.
        case drawn
        /// The likeliest values; one network.
        case likeliest
        /// Networks that are drawn, and one of the likeliest values.
        case both
    }

    /// When the run's state is saved.
    public struct Checkpoint: Sendable, Equatable {
        /// Steps between checkpoints.
        public var everySteps = 500
        /// Minutes between checkpoints, if those come sooner.
        public var everyMinutes: Double?
        /// Checkpoints that are kept, the best one apart; at least two, because the newest may turn
        /// out to be damaged.
        public var keepLatest = 3
    }

    /// When a run without progress is ended.
    public struct Watchdog: Sendable, Equatable {
        /// Seconds without a sign of life from a rank, or without progress of any; 0 turns it off.
        /// More than the longest phase of a step takes, such as the forward pass of a rank's part.
        public var stallSeconds = 300
    }

    /// How gradients are added up across ranks.
    public enum Reduction: String, Sendable, CaseIterable {
        /// In one order at any number of ranks.
        case exact
        /// By MPI_Allreduce, whose bits depend on the number of ranks.
        case fast
    }
}
