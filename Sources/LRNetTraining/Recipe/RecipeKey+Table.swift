internal import LRNetData
internal import LRNetLayers
internal import LRNetSupport

extension RecipeKey {
    /// Every key, in the order in which recipes are written.
    ///
    /// A new key is a row below, with `.ifChanged`, and a property of ``Recipe``. The default of a key with
    /// `.ifChanged` stays as it is: fingerprints of runs that use it do not have it.
    package static let all: [RecipeKey] = [
        network, weights, augmentation, data, training, optimizer, schedule, regularization,
        initialization, batchNorm, dropoutAndLoss, validation, checkpoint, reductionAndWatchdog,
    ].flatMap { $0 }

    private static let network: [RecipeKey] = [
        RecipeKey(
            "network.name", \.network.name, .word("name of a network, or any with layers"),
            .results, .always, default: "required; custom where layers are listed",
            derive: { if !$0.network.layers.isEmpty { $0.network.name = "custom" } },
            about: "The network: mnist, cifar10 or resnet18. `network: mnist` is short for it."),
        RecipeKey(
            "network.layers", \.network.layers, .words, .results, .ifChanged,
            about: "The blocks of a network of your own, such as [2x32C3, MP2, 512FC]."),
        RecipeKey(
            "network.input", \.network.input, .shape, .results, .ifChanged,
            default: "the named network's",
            about: "The shape of the images that the network takes; required with layers."),
        RecipeKey(
            "network.classes", \.network.classes, .whole(2...1_000_000), .results, .ifChanged,
            default: "the named network's", about: "The number of classes; required with layers."),
        RecipeKey(
            "network.width", \.network.width, .number(.above(0, to: 100)), .results, .always,
            about: "What the numbers of filters and units are multiplied by."),
        RecipeKey(
            "network.padding", \.network.padding, .choice, .results, .always,
            about: "Where the zeros around an image go: same as TensorFlow does it, symmetric as "
                + "PyTorch does it (for its pretrained weights)."),
        RecipeKey(
            "network.firstLayer", \.network.firstLayer, .choice, .results, .always,
            about: "How the first layer is trained: discrete as all others, with real weights "
                + "(full-precision), or not at all (frozen)."),
        RecipeKey(
            "network.shortcut", \.network.shortcut, .choice, .results, .always,
            about: "What residual blocks add where shapes differ: a 1x1 convolution of the input, "
                + "or the input with channels of zeros."),
        RecipeKey(
            "network.lastLayer", \.network.lastLayer, .choice, .results, .ifChanged,
            about: "How the last layer is trained: with real weights and a bias, by the method "
                + "(discrete), or by the method with batch norm after it."),
    ]

    private static let weights: [RecipeKey] =
        [
            RecipeKey(
                "weights.model", \.weights.model, .choice, .results, .always,
                about: "The training method. `weights: ternary` is short for it.")
        ] + methodConstants + [
            RecipeKey(
                "weights.logitClip", \.weights.logitClip, .number(.from(1e-6, to: 1e6)), .results,
                .ifChanged,
                of: .logits,
                about: "What logits are limited to after each step, on either side of 0.")
        ]

    /// The constants of all methods; several methods may share one.
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
            about: "Scales each image so that its shorter side has this length, or a random one "
                + "in this range."),
        RecipeKey(
            "augmentation.pad", \.augmentation.pad, .whole(0...65_536), .results, .always,
            about: "Zeros that are added on each side before the crop."),
        RecipeKey(
            "augmentation.crop", \.augmentation.crop, .whole(1...65_536), .results, .ifChanged,
            about: "The side of the square that is cut out, at a random place in training."),
        RecipeKey(
            "augmentation.flip", \.augmentation.flip, .flag, .results, .always,
            about: "Mirrors half of the training images."),
        RecipeKey(
            "augmentation.brightness", \.augmentation.brightness, .number(.from(0, to: 1000)),
            .results,
            .always,
            about: "The most that is added to all pixels or subtracted, on the scale "
                + "[0, 1]."),
        RecipeKey(
            "augmentation.contrast", \.augmentation.contrast, .range(.from(0, to: 1000)), .results,
            .always,
            about: "The range of the random factor of the distance from the image's mean."),
        RecipeKey(
            "augmentation.standardize", \.augmentation.standardize, .standardization, .results,
            .always,
            about: "Subtracts a mean and divides by a deviation: those of each image, those of the "
                + "set, or given ones, a number a channel. none only divides by 255."),
    ]

    private static let data: [RecipeKey] = [
        RecipeKey(
            "data.samples", \.data.samples, .whole(1...1_000_000_000), .results, .ifChanged,
            default: "all",
            about: "Trains on only this many images, the first of the training split."),
        RecipeKey(
            "data.shuffle", \.data.shuffle, .choice, .results, .always,
            about: "The order of an epoch: all images at random (full), or blocks of images in "
                + "random order, mixed in windows (block), for sets that exceed the memory."),
        RecipeKey(
            "data.blockSamples", \.data.blockSamples, .whole(1...1_000_000_000), .results, .always,
            with: .blocks, about: "Consecutive images that stay together in a block shuffle."),
        RecipeKey(
            "data.windowBlocks", \.data.windowBlocks, .whole(1...1_000_000_000), .results, .always,
            with: .blocks, about: "Blocks that are mixed together in a block shuffle."),
        RecipeKey(
            "data.workers", \.data.workers, .whole(1...1024), .resources, .always,
            about: "Threads of a rank that read, decode and augment."),
        RecipeKey(
            "data.cacheMegabytes", \.data.cacheMegabytes, .whole(0...1_000_000_000), .resources,
            .always,
            about: "Megabytes of data that a rank keeps in memory, for each split."),
    ]

    private static let training: [RecipeKey] = [
        RecipeKey(
            "training.epochs", \.training.epochs, .whole(1...1_000_000_000), .length, .always,
            results: .usesLength, about: "Passes over the training split."),
        RecipeKey(
            "training.steps", \.training.steps, .whole(1...BatchSequence.stepLimit), .length,
            .ifChanged,
            about: "Ends the training after this many steps, if that is sooner."),
        RecipeKey(
            "training.maxMinutes", \.training.maxMinutes, .number(.above(0, to: 1e8)), .length,
            .ifChanged,
            about: "Minutes after which a process saves a checkpoint and ends with exit code 75."),
        RecipeKey(
            "training.globalBatch", \.training.globalBatch, .whole(1...10_000_000), .results,
            .always,
            about: "Images of a step over all ranks: the batch size; a multiple of "
                + "gradientLeaves."),
        RecipeKey(
            "training.gradientLeaves", \.training.gradientLeaves, .whole(1...65_536), .results,
            .always,
            about: "Parts that a batch is cut into: the most ranks x threads that can share it."),
        RecipeKey(
            "training.microBatch", \.training.microBatch, .derivedWhole(1...10_000_000), .results,
            .always,
            default: "the largest divisor of the leaf (globalBatch / gradientLeaves) that is at "
                + "most \(Recipe.Training.usualMicroBatchLimit)",
            derive: { $0.training.microBatch = $0.usualMicroBatch },
            about: "Images of one product: what fits the cache; divides the leaf."),
        RecipeKey(
            "training.tail", \.training.tail, .choice, .results, .always,
            about: "What happens to the images after the last full batch of an epoch: they are "
                + "dropped, or make a smaller batch."),
        RecipeKey(
            "training.seed", \.training.seed, .seed, .results, .always,
            about: "The seed of every random number."),
        RecipeKey(
            "training.threads", \.training.threads, .whole(1...1024), .resources, .always,
            about: "Threads of a rank that compute."),
        RecipeKey(
            "training.convolutions", \.training.convolutions, .choice, .results, .always,
            about: "How convolutions are computed: by the fastest algorithm, or directly. Changes "
                + "the last bits of the results, not what is learned."),
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
            about: "The initial learning rate of logits, where it is another one than that of real "
                + "parameters: the last layer and batch norm."),
        RecipeKey(
            "optimizer.momentum", \.optimizer.momentum, .number(.from(0, below: 1)), .results,
            .always, of: .sgd, about: "What is left of the velocity after a step."),
        RecipeKey(
            "optimizer.beta1", \.optimizer.beta1, .number(.from(0, below: 1)), .results, .always,
            of: .adam, about: "The decay of the first moment."),
        RecipeKey(
            "optimizer.beta2", \.optimizer.beta2, .number(.from(0, below: 1)), .results, .always,
            of: .adam, about: "The decay of the second moment."),
        RecipeKey(
            "optimizer.epsilon", \.optimizer.epsilon, .number(.from(1e-30, to: 1e6)), .results,
            .always,
            of: .adam, about: "What is added to the root of the second moment."),
    ]

    private static let schedule: [RecipeKey] = [
        RecipeKey(
            "schedule.shape", \.schedule.shape, .choice, .results, .ifChanged,
            about: "How learning rates change: by drops at epochs (step), or along half a cosine "
                + "over all epochs, from the initial rate to 0."),
        RecipeKey(
            "schedule.warmupSteps", \.schedule.warmupSteps, .whole(0...BatchSequence.stepLimit),
            .results, .ifChanged,
            about: "Steps over which learning rates rise in a line to the initial ones."),
        RecipeKey(
            "schedule.dropAtEpochs", \.schedule.dropAtEpochs, .wholes(0...1_000_000_000),
            .laterResults, .always, with: .steps,
            about: "Epochs, counted from 0, at whose start the learning rate drops."),
        RecipeKey(
            "schedule.factor", \.schedule.factor, .number(.from(0, to: 1000)), .laterResults,
            .always, with: .steps,
            about: "What the learning rate is multiplied by at a drop."),
        RecipeKey(
            "schedule.epochFactor", \.schedule.epochFactor, .number(.above(0, to: 1000)),
            .laterResults,
            .ifChanged, with: .steps,
            about: "What the learning rate is multiplied by at the start of every epoch but the "
                + "first."),
        RecipeKey(
            "schedule.annealing", \.schedule.annealing, .number(.from(1, to: 1e6)), .results,
            .ifChanged, of: .logits,
            about:
                "The factor of logits over the whole run: a small one after each step of its last "
                + "part, so that weights decide; 1 for none. weights.logitClip still limits them."),
        RecipeKey(
            "schedule.annealingPart", \.schedule.annealingPart, .number(.above(0, to: 1)), .results,
            .ifChanged, of: .logits, with: .annealing,
            about: "The last part of the run in which logits are annealed, as a share of the steps "
                + "of all epochs."),
    ]

    private static let regularization: [RecipeKey] = [
        RecipeKey(
            "regularization.probabilityDecay", \.regularization.probabilityDecay,
            .number(.from(0, to: 1e6)), .results, .always,
            about: "Lambda of `lambda / 2 * sum of squares` of the logits."),
        RecipeKey(
            "regularization.beta", \.regularization.beta, .number(.from(0, to: 1e6)), .results,
            .always,
            about: "The strength of `beta * sum of q (1 - q)` of binary logits."),
        RecipeKey(
            "regularization.weightDecay", \.regularization.weightDecay, .number(.from(0, to: 1e6)),
            .results, .always,
            about: "Lambda of `lambda / 2 * sum of squares` of real weights."),
    ]

    private static let initialization: [RecipeKey] = [
        RecipeKey(
            "initialization.from", \.initialization.from, .path, .results, .ifChanged,
            about:
                "The folder of a finished full-precision run, or a .safetensors file; or, for methods "
                + "with logits, the folder of a run of the same method, whose distributions, batch norm "
                + "and last layer are taken. null for a cold start."),
        RecipeKey(
            "initialization.minimumProbability", \.initialization.minimumProbability,
            .number(.from(0, below: 1)), .results, .always,
            about: "p_min of equation 6, and the least initial probability."),
        RecipeKey(
            "initialization.maximumProbability", \.initialization.maximumProbability,
            .number(.from(0, below: 1)), .results, .always,
            about: "p_max of equation 6, and the largest initial probability."),
        RecipeKey(
            "initialization.sharpness", \.initialization.sharpness, .number(.above(0, to: 1000)),
            .results, .ifChanged, of: .logits,
            about: "What initial logits that come from real weights are multiplied by; more than 1 "
                + "for weights that are more decided."),
        RecipeKey(
            "initialization.coldStart", \.initialization.coldStart, .choice, .results, .always,
            about: "How logits start without a source: with random, nearly certain signs, or with "
                + "all values equally likely."),
    ]

    private static let batchNorm: [RecipeKey] = [
        RecipeKey(
            "batchNorm.statistics", \.batchNorm.statistics, .statistics, .results, .always,
            about: "Whether statistics are those of the whole batch or of groups of this many "
                + "images; a group is a multiple of microBatch and divides globalBatch."),
        RecipeKey(
            "batchNorm.epsilon", \.batchNorm.epsilon, .number(.from(1e-30, to: 1e6)), .results,
            .always,
            about: "What is added to the variance."),
        RecipeKey(
            "batchNorm.momentum", \.batchNorm.momentum, .number(.from(0, below: 1)), .results,
            .always, about: "What is left of a moving average after a step."),
    ]

    private static let dropoutAndLoss: [RecipeKey] = [
        RecipeKey(
            "dropout", \.dropout, .number(.from(0, below: 1)), .results, .always,
            about: "The rate of dropout layers."),
        RecipeKey(
            "loss", \.loss, .choice, .results, .ifChanged,
            about: "What training minimizes. There is no label smoothing."),
    ]

    private static let validation: [RecipeKey] = [
        RecipeKey(
            "validation.everyEpochs", \.validation.everyEpochs, .whole(0...1_000_000_000), .results,
            .always,
            about: "Epochs between validations; the last epoch always has one. 0 turns "
                + "validation off."),
        RecipeKey(
            "validation.draws", \.validation.draws, .whole(1...1_000_000), .results, .always,
            about: "Networks that are drawn and compared in a validation."),
        RecipeKey(
            "validation.weights", \.validation.weights, .choice, .results, .always,
            about:
                "How weights are taken from their distributions: drawn, the likeliest values, or "
                + "both, where the likeliest are one more network."),
        RecipeKey(
            "validation.reestimateBatches", \.validation.reestimateBatches,
            .whole(0...1_000_000_000),
            .results, .always,
            about: "Training batches that batch norm is re-estimated over for each drawn network; "
                + "0 for the moving averages."),
    ]

    private static let checkpoint: [RecipeKey] = [
        RecipeKey(
            "checkpoint.everySteps", \.checkpoint.everySteps, .whole(1...BatchSequence.stepLimit),
            .records, .always,
            about: "Steps between checkpoints."),
        RecipeKey(
            "checkpoint.everyMinutes", \.checkpoint.everyMinutes, .number(.above(0, to: 1e8)),
            .records,
            .ifChanged, about: "Minutes between checkpoints, if those come sooner."),
        RecipeKey(
            "checkpoint.keepLatest", \.checkpoint.keepLatest, .whole(2...1_000_000_000), .records,
            .always,
            about: "Checkpoints that are kept, besides the best one."),
    ]

    private static let reductionAndWatchdog: [RecipeKey] = [
        RecipeKey(
            "reduction", \.reduction, .choice, .results, .always,
            about: "How gradients are added up: in one order at any number of ranks (exact), or "
                + "by MPI_Allreduce (fast)."),
        RecipeKey(
            "watchdog.stallSeconds", \.watchdog.stallSeconds, .whole(0...100_000_000), .records,
            .ifChanged,
            about: "Seconds without progress after which a run is ended; 0 turns the watchdog "
                + "off."),
    ]
}
