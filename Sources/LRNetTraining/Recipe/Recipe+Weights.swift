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
        try section.finish()
    }

    /// The section as a recipe file has it: one word where the method has no constants.
    var yaml: String {
        switch model {
        case .gumbelBinary, .gumbelTernary:
            "{model: \(model.rawValue), temperature: \(options.temperature)}"
        case .logDerivative:
            "{model: \(model.rawValue), draws: \(options.draws), "
                + "distribution: \(options.distribution.rawValue)}"
        case .ttq: "{model: \(model.rawValue), threshold: \(options.threshold)}"
        case .fullPrecision, .binary, .ternary, .binaryConnect, .binaryConnectStochastic, .bnn,
            .bwn, .xnor, .twn, .ebp:
            model.rawValue
        }
    }
}
