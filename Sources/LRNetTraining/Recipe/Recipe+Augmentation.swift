internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import Yams

extension Recipe {
    /// Checks that what the augmentation makes is what the network takes, as far as the recipe alone
    /// tells.
    func checkAugmentation(_ failure: (String, String) -> Failure) throws {
        let input = architecture.input
        if let crop = augmentation.crop {
            guard input.height == crop && input.width == crop else {
                throw failure(
                    "augmentation.crop",
                    "\(crop) makes images of \(crop)x\(crop), but network \(network.name) takes "
                        + "\(input.height)x\(input.width); set augmentation.crop or network.input")
            }
            if let sides = augmentation.shorterSide {
                guard crop <= sides.lowerBound + 2 * augmentation.pad else {
                    throw failure(
                        "augmentation.crop",
                        "\(crop) does not fit into shorterSide \(sides.lowerBound) + 2 x pad "
                            + "\(augmentation.pad); raise shorterSide or pad")
                }
            }
        } else if augmentation.shorterSide != nil {
            throw failure(
                "augmentation.crop",
                "is missing; with shorterSide write the network's size, crop: \(input.height)")
        }
        if case .constants(let mean, _) = augmentation.standardize, mean.count != input.channels {
            throw failure(
                "augmentation.standardize",
                "has constants for \(mean.count) channels, but network \(network.name) takes "
                    + "\(input.channels)")
        }
    }
}

extension Augmentation {
    /// Reads the section `augmentation`.
    mutating func read(_ section: RecipeSection) throws {
        if let node = section.node("shorterSide"), !section.isNull(node) {
            let range = try Self.range(section, "shorterSide", node, least: 1)
            guard let low = Int(exactly: range.lowerBound), low <= 65_536,
                let high = Int(exactly: range.upperBound), high <= 65_536
            else {
                throw section.failure(
                    "shorterSide", node, "must be whole numbers from 1 to 65536")
            }
            shorterSide = low...high
        }
        try section.read("pad", &pad, in: 0...)
        try section.read("crop", &crop, in: 1...)
        try section.read("flip", &flip)
        try section.read("brightness", &brightness, from: 0)
        if let node = section.node("contrast") {
            contrast = try Self.range(section, "contrast", node, least: 0)
        }
        if let node = section.node("standardize") {
            standardize = try Self.standardization(section, node)
        }
        try section.finish()
    }

    /// `5` or `[2, 5]`.
    private static func range(
        _ section: RecipeSection, _ key: String, _ node: Node, least: Double
    ) throws -> ClosedRange<Double> {
        let numbers = try section.numbers(key, node, least: least)
        guard let low = numbers.first, let high = numbers.last, numbers.count <= 2, low <= high
        else { throw section.failure(key, node, "is no range; write [smallest, largest]") }
        return low...high
    }

    private static func standardization(
        _ section: RecipeSection, _ node: Node
    ) throws -> Standardization {
        let words: [String: Standardization] = ["none": .none, "image": .image, "set": .set]
        if let known = node.string.flatMap({ words[$0] }) { return known }
        guard let mapping = node.mapping, let mean = mapping["mean"],
            let deviation = mapping["deviation"], mapping.count == 2
        else {
            throw section.failure(
                "standardize", node,
                "is none of none, image, set, {mean: [...], deviation: [...]} on the scale [0, 1]")
        }
        let means = try section.numbers("standardize.mean", mean, least: 0)
        let deviations = try section.numbers(
            "standardize.deviation", deviation, least: .leastNormalMagnitude)
        guard means.count == deviations.count else {
            throw section.failure(
                "augmentation.standardize",
                "has \(means.count) means and \(deviations.count) deviations; give one a channel")
        }
        return .constants(mean: means, deviation: deviations)
    }

    /// The section as a recipe file has it.
    var yaml: String {
        var lines = ["augmentation:"]
        if let sides = shorterSide {
            lines.append("shorterSide: [\(sides.lowerBound), \(sides.upperBound)]")
        }
        lines.append("pad: \(pad)")
        if let crop { lines.append("crop: \(crop)") }
        lines.append("flip: \(flip)")
        lines.append("brightness: \(brightness)")
        lines.append("contrast: [\(contrast.lowerBound), \(contrast.upperBound)]")
        switch standardize {
        case .none: lines.append("standardize: none")
        case .image: lines.append("standardize: image")
        case .set: lines.append("standardize: set")
        case .constants(let mean, let deviation):
            lines.append("standardize: {mean: \(mean), deviation: \(deviation)}")
        }
        return lines.joined(separator: "\n  ")
    }
}
