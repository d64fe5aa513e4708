internal import LRNetData
internal import LRNetLayers
internal import LRNetSupport

extension RecipeKey {
    /// All keys, in the order in which recipes are written.
    ///
    /// To add a key, add a row below with `.ifChanged` and a property of ``Recipe``. Never change
    /// the default of a key with `.ifChanged`, because fingerprints of runs that use the default
    /// omit the key.
    package static let all: [RecipeKey] = [
        network, weights, augmentation, data, training, optimizer, schedule, regularization,
        initialization, batchNorm, dropoutAndLoss, validation, checkpoint, reductionAndWatchdog,
    ].flatMap { $0 }

    private static let network: [RecipeKey] = [
        RecipeKey(
            "network.name", \.network.name, .word("name of a network, or any with layers"),
            .results, .always, default: "required; custom if layers are listed",
            derive: { if !$0.network.layers.isEmpty { $0.network.name = "custom" } },
            about: "The network: mnist, cifar10 or resnet18. `network: mnist` is the short form."),
        RecipeKey(
            "network.layers", \.network.layers, .words, .results, .ifChanged,
            about: "The blocks of a custom network, such as [2x32C3, MP2, 512FC]."),
        RecipeKey(
            "network.input", \.network.input, .shape, .results, .ifChanged,
            default: "the named network's",
            about: "The shape of the network's input images; required with layers."),
        RecipeKey(
            "network.classes", \.network.classes, .whole(2...1_000_000), .results, .ifChanged,
            default: "the named network's", about: "The number of classes; required with layers."),
        RecipeKey(
            "network.width", \.network.width, .number(.above(0, to: 100)), .results, .always,
            about: "Multiplies the numbers of filters and units."),
        RecipeKey(
            "network.padding", \.network.padding, .choice, .results, .always,
            about: "The placement of the zeros around an image: same (TensorFlow's), or "
                + "symmetric (PyTorch's, for its pretrained weights)."),
        RecipeKey(
            "network.firstLayer", \.network.firstLayer, .choice, .results, .always,
            about: "The training of the first layer: by the method, like all others (discrete), "
                + "with real weights (full-precision), or not at all (frozen)."),
        RecipeKey(
            "network.shortcut", \.network.shortcut, .choice, .results, .always,
            about: "The shortcut of residual blocks whose input and output shapes differ: a 1x1 "
                + "convolution of the input (projection), or the input with channels of zeros "
                + "(zero-padded)."),
        RecipeKey(
            "network.lastLayer", \.network.lastLayer, .choice, .results, .ifChanged,
            about: "The training of the last layer: with real weights and a bias "
                + "(full-precision), by the method (discrete), or by the method with batch norm "
                + "after it (discrete-normalized)."),
    ]

    private static let weights: [RecipeKey] =
        [
            RecipeKey(
                "weights.model", \.weights.model, .choice, .results, .always,
                about: "The training method. `weights: ternary` is the short form.")
        ] + methodConstants + [
            RecipeKey(
                "weights.logitClip", \.weights.logitClip, .number(.from(1e-6, to: 1e6)), .results,
                .ifChanged,
                of: .logits,
                about: "The limit on the magnitude of logits, applied after each step.")
        ]

    /// The constants of all methods. Several methods may share a constant.
    private static var methodConstants: [RecipeKey] {
        var constants: [MethodConstant] = []
        for constant in TrainingMethod.allCases.flatMap(\.constants)
        where !constants.contains(constant) {
            constants.append(constant)
        }
        return constants.map { constant in
            let path = "weights.\(constant.name)"
            let owner = RecipeCondition.methods(with: constant)
            switch constant.form {
            case .number(let bounds):
                return RecipeKey(
                    path, \.weights.constants[number: constant], .number(bounds), .results,
                    .always, of: owner, about: constant.about)
            case .whole(let range):
                return RecipeKey(
                    path, \.weights.constants[whole: constant], .whole(range), .results, .always,
                    of: owner, about: constant.about)
            case .word(let words):
                return RecipeKey(
                    path, \.weights.constants[word: constant], .word(of: words), .results, .always,
                    of: owner, about: constant.about)
            }
        }
    }

    private static let augmentation: [RecipeKey] = [
        RecipeKey(
            "augmentation.shorterSide", \.augmentation.shorterSide, .sides, .results, .ifChanged,
            about: "Scales each image so that its shorter side has this length, or a random "
                + "length in this range."),
        RecipeKey(
            "augmentation.pad", \.augmentation.pad, .whole(0...65_536), .results, .always,
            about: "The width of the zero border added on each side before the crop."),
        RecipeKey(
            "augmentation.crop", \.augmentation.crop, .whole(1...65_536), .results, .ifChanged,
            about: "The side of the square crop; its position is random in training."),
        RecipeKey(
            "augmentation.flip", \.augmentation.flip, .flag, .results, .always,
            about: "Mirrors half of the training images."),
        RecipeKey(
            "augmentation.brightness", \.augmentation.brightness, .number(.from(0, to: 1000)),
            .results,
            .always,
            about: "The maximum that is added to or subtracted from all pixels, on the scale "
                + "[0, 1]."),
        RecipeKey(
            "augmentation.contrast", \.augmentation.contrast, .range(.from(0, to: 1000)), .results,
            .always,
            about: "The range of the random factor that scales each pixel's distance from the "
                + "image's mean."),
        RecipeKey(
            "augmentation.standardize", \.augmentation.standardize, .standardization, .results,
            .always,
            about: "Subtracts a mean and divides by a standard deviation: those of each image "
                + "(image), those of the set (set), or given ones, one number per channel. none "
                + "only divides by 255."),
    ]

    private static let data: [RecipeKey] = [
        RecipeKey(
            "data.samples", \.data.samples, .whole(1...1_000_000_000), .results, .ifChanged,
            default: "all",
            about: "The number of images to train on, the first ones of the training split."),
        RecipeKey(
            "data.shuffle", \.data.shuffle, .choice, .results, .always,
            about: "The order of an epoch: all images at random (full), or blocks of images in "
                + "random order, mixed within windows (block), for sets that exceed the memory."),
        RecipeKey(
            "data.blockSamples", \.data.blockSamples, .whole(1...1_000_000_000), .results, .always,
            with: .blocks,
            about: "The number of consecutive images that stay together in a block shuffle."),
        RecipeKey(
            "data.windowBlocks", \.data.windowBlocks, .whole(1...1_000_000_000), .results, .always,
            with: .blocks,
            about: "The number of blocks that are mixed together in a block shuffle."),
        RecipeKey(
            "data.workers", \.data.workers, .whole(1...1024), .resources, .always,
            about: "The number of threads per rank that read, decode and augment."),
        RecipeKey(
            "data.cacheMegabytes", \.data.cacheMegabytes, .whole(0...1_000_000_000), .resources,
            .always,
            about: "Megabytes of data that a rank caches in memory, per split."),
    ]

    private static let training: [RecipeKey] = [
        RecipeKey(
            "training.epochs", \.training.epochs, .whole(1...1_000_000_000), .length, .always,
            results: .usesLength, about: "The number of passes over the training split."),
        RecipeKey(
            "training.steps", \.training.steps, .whole(1...BatchSequence.stepLimit), .length,
            .ifChanged,
            about: "Ends training after this many steps, if that is sooner."),
        RecipeKey(
            "training.maxMinutes", \.training.maxMinutes, .number(.above(0, to: 1e8)), .length,
            .ifChanged,
            about: "Minutes after which a process saves a checkpoint and ends with exit code 75."),
        RecipeKey(
            "training.globalBatch", \.training.globalBatch, .whole(1...10_000_000), .results,
            .always,
            about: "The batch size: images per step over all ranks; a multiple of "
                + "gradientLeaves."),
        RecipeKey(
            "training.gradientLeaves", \.training.gradientLeaves, .whole(1...65_536), .results,
            .always,
            about: "The number of parts (leaves) of a batch: the maximum number of ranks that can "
                + "share it. Threads divide leaves further."),
        RecipeKey(
            "training.microBatch", \.training.microBatch, .derivedWhole(1...10_000_000), .results,
            .always,
            default: "the largest divisor of the leaf (globalBatch / gradientLeaves) that is at "
                + "most \(Recipe.Training.usualMicroBatchLimit)",
            derive: { $0.training.microBatch = $0.usualMicroBatch },
            about: "The number of images that a convolution computes together, few enough to fit "
                + "the cache; divides the leaf."),
        RecipeKey(
            "training.tail", \.training.tail, .choice, .results, .always,
            about: "The treatment of the images after the last full batch of an epoch: drop "
                + "them, or keep them as a smaller batch."),
        RecipeKey(
            "training.seed", \.training.seed, .seed, .results, .always,
            about: "The seed of all random numbers. With `initialization.from`, those of training "
                + "steps also depend on the source's weights, so a run and its source differ in "
                + "them even with the same seed."),
        RecipeKey(
            "training.threads", \.training.threads, .whole(1...1024), .resources, .always,
            about: "The number of threads per rank that compute."),
        RecipeKey(
            "training.convolutions", \.training.convolutions, .choice, .results, .always,
            about: "The convolution algorithm: the fastest one, or the direct one. It changes "
                + "only the last bits of the results."),
        RecipeKey(
            "training.precision", \.training.precision, .choice, .results, .ifChanged,
            about: "The precision of products: all in float32, or mixed, where the products of "
                + "variances are in bfloat16. Mixed requires a method that draws its "
                + "pre-activations, and is fast on CPUs with AMX or a fast AVX-512 BF16."),
    ]

    private static let optimizer: [RecipeKey] = [
        RecipeKey(
            "optimizer.name", \.optimizer.name, .choice, .results, .always,
            about: "The optimizer: Adam, or gradient descent with momentum."),
        RecipeKey(
            "optimizer.learningRate", \.optimizer.learningRate, .number(.from(0, to: 1e30)),
            .results,
            .always, about: "The initial learning rate."),
        RecipeKey(
            "optimizer.logitRate", \.optimizer.logitRate, .number(.from(0, to: 1e30)), .results,
            .ifChanged, of: .logits, default: "learningRate",
            about: "The initial learning rate of logits, if it differs from that of real "
                + "parameters: the last layer and batch norm."),
        RecipeKey(
            "optimizer.momentum", \.optimizer.momentum, .number(.from(0, below: 1)), .results,
            .always, of: .sgd, about: "The share of the velocity that remains after a step."),
        RecipeKey(
            "optimizer.beta1", \.optimizer.beta1, .number(.from(0, below: 1)), .results, .always,
            of: .adam, about: "The decay of the first moment."),
        RecipeKey(
            "optimizer.beta2", \.optimizer.beta2, .number(.from(0, below: 1)), .results, .always,
            of: .adam, about: "The decay of the second moment."),
        RecipeKey(
            "optimizer.epsilon", \.optimizer.epsilon, .number(.from(1e-30, to: 1e6)), .results,
            .always,
            of: .adam, about: "The constant added to the root of the second moment."),
    ]

    private static let schedule: [RecipeKey] = [
        RecipeKey(
            "schedule.shape", \.schedule.shape, .choice, .results, .ifChanged,
            about: "The shape of the learning-rate curve: drops at epochs (step), or half a "
                + "cosine over all epochs, from the initial rate to 0 (cosine)."),
        RecipeKey(
            "schedule.warmupSteps", \.schedule.warmupSteps, .whole(0...BatchSequence.stepLimit),
            .results, .ifChanged,
            about: "The number of steps over which learning rates rise linearly to their "
                + "initial values."),
        RecipeKey(
            "schedule.dropAtEpochs", \.schedule.dropAtEpochs, .wholes(0...1_000_000_000),
            .laterResults, .always, with: .steps,
            about: "The epochs, counted from 0, at whose start the learning rate drops."),
        RecipeKey(
            "schedule.factor", \.schedule.factor, .number(.from(0, to: 1000)), .laterResults,
            .always, with: .steps,
            about: "Multiplies the learning rate at a drop."),
        RecipeKey(
            "schedule.epochFactor", \.schedule.epochFactor, .number(.above(0, to: 1000)),
            .laterResults,
            .ifChanged, with: .steps,
            about: "Multiplies the learning rate at the start of every epoch except the first."),
        RecipeKey(
            "schedule.annealing", \.schedule.annealing, .number(.from(1, to: 1e6)), .results,
            .ifChanged, of: .logits,
            about: "The total factor of logits over the run, applied in small factors after "
                + "each step of its last part, so that weights become more certain; 1 for no "
                + "annealing. weights.logitClip still limits the logits."),
        RecipeKey(
            "schedule.annealingPart", \.schedule.annealingPart, .number(.above(0, to: 1)), .results,
            .ifChanged, of: .logits, with: .annealing,
            about: "The share of the steps of all epochs, at the end of the run, in which "
                + "logits are annealed."),
    ]

    private static let regularization: [RecipeKey] = [
        RecipeKey(
            "regularization.probabilityDecay", \.regularization.probabilityDecay,
            .number(.from(0, to: 1e6)), .results, .always,
            about: "The lambda in `lambda / 2 * sum of squares` of the logits."),
        RecipeKey(
            "regularization.beta", \.regularization.beta, .number(.from(0, to: 1e6)), .results,
            .always,
            about: "The beta in `beta * sum of q (1 - q)` of binary logits."),
        RecipeKey(
            "regularization.weightDecay", \.regularization.weightDecay, .number(.from(0, to: 1e6)),
            .results, .always,
            about: "The lambda in `lambda / 2 * sum of squares` of real weights."),
    ]

    private static let initialization: [RecipeKey] = [
        RecipeKey(
            "initialization.from", \.initialization.from, .path, .results, .ifChanged,
            about: "The source of initial values: the folder of a finished full-precision run, "
                + "or a .safetensors file. Methods with logits also accept the folder of a run "
                + "of the same method and load its distributions, batch norm and last layer. "
                + "null for a cold start."),
        RecipeKey(
            "initialization.minimumProbability", \.initialization.minimumProbability,
            .number(.from(0, below: 1)), .results, .always,
            about: "p_min of equation 6, and the smallest initial probability."),
        RecipeKey(
            "initialization.maximumProbability", \.initialization.maximumProbability,
            .number(.from(0, below: 1)), .results, .always,
            about: "p_max of equation 6, and the largest initial probability."),
        RecipeKey(
            "initialization.sharpness", \.initialization.sharpness, .number(.above(0, to: 1000)),
            .results, .ifChanged, of: .logits,
            about: "Multiplies initial logits that come from real weights; more than 1 for more "
                + "certain weights."),
        RecipeKey(
            "initialization.coldStart", \.initialization.coldStart, .choice, .results, .always,
            about: "The initial logits without a source: random, nearly certain signs "
                + "(random-signs), or all values equally likely (balanced)."),
    ]

    private static let batchNorm: [RecipeKey] = [
        RecipeKey(
            "batchNorm.statistics", \.batchNorm.statistics, .statistics, .results, .always,
            about: "The images that statistics are computed over: the whole batch, or groups of "
                + "this many images; a group is a multiple of microBatch and divides "
                + "globalBatch."),
        RecipeKey(
            "batchNorm.epsilon", \.batchNorm.epsilon, .number(.from(1e-30, to: 1e6)), .results,
            .always,
            about: "The constant added to the variance."),
        RecipeKey(
            "batchNorm.momentum", \.batchNorm.momentum, .number(.from(0, below: 1)), .results,
            .always, about: "The share of a moving average that remains after a step."),
    ]

    private static let dropoutAndLoss: [RecipeKey] = [
        RecipeKey(
            "dropout", \.dropout, .number(.from(0, below: 1)), .results, .always,
            about: "The rate of dropout layers."),
        RecipeKey(
            "loss", \.loss, .choice, .results, .ifChanged,
            about: "The loss that training minimizes. Label smoothing is not available."),
    ]

    private static let validation: [RecipeKey] = [
        RecipeKey(
            "validation.everyEpochs", \.validation.everyEpochs, .whole(0...1_000_000_000), .results,
            .always,
            about: "The number of epochs between validations; the last epoch always has one. 0 "
                + "turns validation off."),
        RecipeKey(
            "validation.draws", \.validation.draws, .whole(1...1_000_000), .results, .always,
            about: "The number of networks that a validation draws and compares."),
        RecipeKey(
            "validation.weights", \.validation.weights, .choice, .results, .always,
            about: "The selection of weights from their distributions: drawn at random (drawn), "
                + "the likeliest values (likeliest), or both, where the likeliest values are "
                + "one more network."),
        RecipeKey(
            "validation.reestimateBatches", \.validation.reestimateBatches,
            .whole(0...1_000_000_000),
            .results, .always,
            about: "The number of training batches over which batch norm is re-estimated for "
                + "each drawn network; 0 to use the moving averages."),
    ]

    private static let checkpoint: [RecipeKey] = [
        RecipeKey(
            "checkpoint.everySteps", \.checkpoint.everySteps, .whole(1...BatchSequence.stepLimit),
            .records, .always,
            about: "The number of steps between checkpoints."),
        RecipeKey(
            "checkpoint.everyMinutes", \.checkpoint.everyMinutes, .number(.above(0, to: 1e8)),
            .records,
            .ifChanged, about: "Minutes between checkpoints, if that is sooner."),
        RecipeKey(
            "checkpoint.keepLatest", \.checkpoint.keepLatest, .whole(2...1_000_000_000), .records,
            .always,
            about: "The number of checkpoints to keep, besides the best one."),
    ]

    private static let reductionAndWatchdog: [RecipeKey] = [
        RecipeKey(
            "reduction", \.reduction, .choice, .results, .always,
            about: "The summation of gradients: in one order at any number of ranks (exact), or "
                + "by MPI_Allreduce (fast)."),
        RecipeKey(
            "watchdog.stallSeconds", \.watchdog.stallSeconds, .whole(0...100_000_000), .records,
            .ifChanged,
            about: "Seconds without progress after which a run is ended; 0 turns the watchdog "
                + "off."),
    ]
}
