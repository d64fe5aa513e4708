internal import LRNetLayers

extension Recipe.Weights {
    /// Reads the section; a constant of another method is an unknown key.
    mutating func read(_ section: RecipeSection) throws {
        try section.read("model", &model)
        switch model {
        case .gumbelBinary, .gumbelTernary:
            try section.read("temperature", &options.temperature, from: 0, excludingLow: true)
        case .logDerivative:
            try section.read("draws", &options.draws, in: 2...)
            try section.read("distribution", &options.distribution)
        case .ttq:
            try section.read("threshold", &options.threshold, from: 0, below: 1)
        case .fullPrecision, .binary, .ternary, .binaryConnect, .binaryConnectStochastic, .bnn,
            .bwn, .xnor, .twn, .ebp:
            break
        }
        if model.hasLogits { try section.read("logitClip", &logitClip, above: 0) }
        try section.finish()
    }

    /// The section as a recipe file has it: one word where the method has no constants.
    var yaml: String {
        var constants: [String] = []
        switch model {
        case .gumbelBinary, .gumbelTernary: constants.append("temperature: \(options.temperature)")
        case .logDerivative:
            constants.append("draws: \(options.draws)")
            constants.append("distribution: \(options.distribution.rawValue)")
        case .ttq: constants.append("threshold: \(options.threshold)")
        case .fullPrecision, .binary, .ternary, .binaryConnect, .binaryConnectStochastic, .bnn,
            .bwn, .xnor, .twn, .ebp:
            break
        }
        if let logitClip { constants.append("logitClip: \(logitClip)") }
        if constants.isEmpty { return model.rawValue }
        return "{model: \(model.rawValue), \(constants.joined(separator: ", "))}"
    }
}
