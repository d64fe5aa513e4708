package import LRNetData
package import LRNetKernels
package import LRNetLayers

/// The content of a recipe file: everything that determines the results of a run.
///
/// Keys that a file omits have the values below. ``yaml`` writes every key of the recipe. The table
/// ``RecipeKey/all`` lists the keys with their meaning and their effect.
package struct Recipe: Sendable, Equatable {
    package var network = Network()

    /// The training method.
    package var weights = Weights()

    /// The conversion of images to network inputs.
    package var augmentation = Augmentation()

    /// The selection, order, reading and caching of samples.
    package var data = DataReading()

    /// Length, batch, seed and threads.
    package var training = Training()

    package var optimizer = Optimizer()

    /// The learning rates over a run, and the annealing of logits.
    package var schedule = Schedule()

    package var regularization = Regularization()

    /// The source of initial values.
    package var initialization = Initialization()

    /// The loss that training minimizes.
    package var loss = LossFunction.crossEntropy

    package var batchNorm = BatchNormalization.Options()

    /// The rate of dropout layers, in 0 ..< 1.
    package var dropout = 0.5

    /// The drawing and comparison of finished networks.
    package var validation = Validation()

    package var checkpoint = Checkpoint()

    /// The summation of gradients across ranks.
    package var reduction = Reduction.exact

    package var watchdog = Watchdog()

    /// Creates the default recipe: the paper's ternary MNIST network.
    package init() {}

    /// A network, given by name or as a list of blocks, and its variations.
    package struct Network: Sendable, Equatable {
        /// The name; `custom` if the recipe lists the blocks.
        package var name = "mnist"
        /// The blocks of a custom network, one word each.
        package var layers: [String] = []
        /// The shape of the images; `nil` for the named network's shape.
        package var input: ImageShape?
        /// The number of classes; `nil` for the named network's number.
        package var classes: Int?
        /// The factor of the numbers of filters and units.
        package var width = 1.0
        /// The placement of zero padding around an image.
        package var padding = Architecture.PaddingRule.same
        /// The training of the first layer.
        package var firstLayer = Architecture.FirstLayer.discrete
        /// The shortcut of residual blocks whose input and output shapes differ.
        package var shortcut = Architecture.Shortcut.projection
        /// The training of the last layer.
        package var lastLayer = Architecture.LastLayer.fullPrecision
    }

    /// The training method and its constants.
    package struct Weights: Sendable, Equatable {
        package var model = TrainingMethod.ternary
        /// The constants of methods that have some.
        package var constants = MethodConstants()
        /// The limit on the magnitude of logits, applied after each step; positive, `nil` for no
        /// limit.
        package var logitClip: Double?
    }

    /// The selection, order, reading and caching of samples.
    package struct DataReading: Sendable, Equatable {
        /// The number of training samples to use, the first ones in the order of the set's files;
        /// `nil` for all. Validation and test splits stay whole.
        package var samples: Int?
        package var shuffle = Shuffle.full
        /// Consecutive samples that stay together in a block shuffle; best a multiple of a chunk.
        package var blockSamples = 128
        /// Blocks that are mixed together in a block shuffle.
        package var windowBlocks = 4
        /// Threads per rank that read, decode and augment, in addition to the computing threads.
        package var workers = 1
        /// Megabytes (10^6 bytes) of chunks that a rank caches in memory, per split that it reads.
        package var cacheMegabytes = 1000

        package var cacheByteCount: Int { cacheMegabytes * 1_000_000 }
    }

    /// The order of samples in an epoch.
    package enum Shuffle: String, Sendable, CaseIterable {
        /// All orders are equally likely; for sets that fit into memory.
        case full
        /// Blocks are in random order, and samples are mixed within windows of blocks. Reads are
        /// nearly sequential.
        case block
    }

    /// Length, batch, seed and threads.
    package struct Training: Sendable, Equatable {
        /// Passes over the training split.
        package var epochs = 190
        /// The step at which training ends, if it is sooner; `nil` for no limit.
        package var steps: Int?
        /// Minutes after which a process saves a checkpoint and ends with exit code 75; `nil` for
        /// no limit.
        package var maxMinutes: Double?
        /// Samples of a step over all ranks.
        package var globalBatch = 256
        /// Parts of a batch: the maximum number of ranks that can share it.
        package var gradientLeaves = 8
        /// The maximum number of samples in one product; divides the leaf. If a file omits it, it
        /// is derived from the leaf.
        package var microBatch = 32
        package var tail = Tail.drop
        /// The seed of all random numbers.
        package var seed: UInt64 = 1
        /// Threads per rank that compute.
        package var threads = 1
        /// The convolution algorithm; it affects only the last bits of the results.
        package var convolutions = ConvolutionAlgorithm.fastest
        /// The number format of the products of variances.
        package var precision = ProductPrecision.float32

        /// The number of samples in a leaf.
        package var leafSize: Int { globalBatch / gradientLeaves }
    }

    /// The treatment of the samples after the last full batch of an epoch.
    package enum Tail: String, Sendable, CaseIterable {
        /// The samples are not used in this epoch.
        case drop
        /// The samples form a smaller batch.
        case keep
    }

    /// The optimizer and its constants.
    package struct Optimizer: Sendable, Equatable {
        package var name = OptimizerName.adam
        /// The initial learning rate.
        package var learningRate = 0.01
        /// The initial learning rate of logits; `nil` for ``learningRate``.
        package var logitRate: Double?
        /// Decay of the first moment.
        package var beta1 = 0.9
        /// Decay of the second moment.
        package var beta2 = 0.999
        /// The constant added to the root of the second moment; it affects probability decay.
        package var epsilon = 1e-8
        /// The share of the velocity that remains after a step of gradient descent.
        package var momentum = 0.9
    }

    package enum OptimizerName: String, Sendable, CaseIterable {
        /// Kingma, Ba, ICLR 2015.
        case adam
        /// Gradient descent with momentum.
        case sgd
    }

    /// The learning rates over a run, and the annealing of logits.
    package struct Schedule: Sendable, Equatable {
        /// The shape of the learning-rate curve.
        package var shape = Shape.step
        /// Steps over which learning rates rise linearly to their initial values.
        package var warmupSteps = 0
        /// Epochs, counted from 0, at whose start the learning rate drops.
        package var dropAtEpochs = [100]
        /// The factor of the learning rate at a drop.
        package var factor = 0.1
        /// The factor of the learning rate at the start of every epoch except the first.
        package var epochFactor = 1.0
        /// The product of the factors that multiply logits, one after each step of the last part of
        /// the run.
        package var annealing = 1.0
        /// The share of all steps, at the end of the run, in which logits are annealed.
        package var annealingPart = 0.5
    }

    /// The shapes of a learning-rate curve.
    package enum Shape: String, Sendable, CaseIterable {
        /// Drops at epochs.
        case step
        /// Half a cosine over all epochs, from the initial rate to 0.
        case cosine
    }

    /// The strengths of the regularizers.
    package struct Regularization: Sendable, Equatable {
        /// lambda in `lambda / 2 * sum of squares` of logits.
        package var probabilityDecay = 1e-11
        /// beta in `beta * sum of q (1 - q)` of binary logits.
        package var beta = 0.0
        /// lambda in `lambda / 2 * sum of squares` of real weights.
        package var weightDecay = 1e-4
    }

    /// The source of initial values.
    package struct Initialization: Sendable, Equatable {
        /// The folder of a finished full-precision run, or a PyTorch network's `.safetensors` file,
        /// or for methods with logits the folder of a run of the same method; `nil` for a cold
        /// start.
        package var from: String?
        /// p_min of equation 6, and the smallest initial probability.
        package var minimumProbability = 0.05
        /// p_max of equation 6, and the largest initial probability.
        package var maximumProbability = 0.95
        /// The factor of initial logits that are computed from real weights.
        package var sharpness = 1.0
        /// The initial logits without a source.
        package var coldStart = ColdStart.randomSigns
    }

    /// The drawing and comparison of finished networks.
    package struct Validation: Sendable, Equatable {
        /// Epochs between validations; the last epoch always has one. 0 turns validation off.
        package var everyEpochs = 1
        /// The number of networks that are drawn.
        package var draws = 7
        package var weights = Selection.drawn
        /// Training batches over which each drawn network's batch norm is re-estimated; 0 to use
        /// the moving averages.
        package var reestimateBatches = 20
    }

    /// The selection of weights from their distributions.
    package enum Selection: String, Sendable, CaseIterable {
        /// Weights drawn at random.
        case drawn
        /// The likeliest values; one network.
        case likeliest
        /// Drawn networks, and one with the likeliest values.
        case both
    }

    /// The saving of the run's state.
    package struct Checkpoint: Sendable, Equatable {
        /// Steps between checkpoints.
        package var everySteps = 500
        /// Minutes between checkpoints, if sooner than ``everySteps``.
        package var everyMinutes: Double?
        /// The number of checkpoints to keep, besides the best one; at least two, because the
        /// newest may turn out to be damaged.
        package var keepLatest = 3
    }

    /// The detection of a run without progress.
    package struct Watchdog: Sendable, Equatable {
        /// Seconds without a heartbeat from a rank, or without progress of any rank, after which a
        /// run is ended; 0 turns the watchdog off. It must exceed the longest phase of a step, such
        /// as the forward pass of a rank's part.
        package var stallSeconds = 300
    }

    /// The summation of gradients across ranks.
    package enum Reduction: String, Sendable, CaseIterable {
        /// One order at any number of ranks.
        case exact
        /// MPI_Allreduce, whose bits depend on the number of ranks.
        case fast
    }
}
