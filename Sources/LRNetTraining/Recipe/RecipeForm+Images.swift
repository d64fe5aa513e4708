internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport
internal import Yams

extension RecipeForm where Value == ImageShape? {
    static var shape: Self {
        RecipeForm(type: "HEIGHTxWIDTHxCHANNELS or null", bounds: "each 1 to 65536") {
            section, key, value in
            guard let node = section.node(key), !section.isNull(node) else { return }
            guard let shape = ImageShape(node.string ?? "") else {
                throw section.failure(key, node, "is not a shape; write it like 32x32x3")
            }
            value = shape
        } text: { value in
            value.map { "\($0)" } ?? "null"
        }
    }
}

extension RecipeForm where Value == ClosedRange<Int>? {
    static var sides: Self {
        RecipeForm(
            type: "whole number, [smallest, largest] or null", bounds: "1 to 65536"
        ) { section, key, value in
            guard let node = section.node(key), !section.isNull(node) else { return }
            let range = try section.range(key, node, in: .from(1, to: 65_536))
            guard let low = Int(exactly: range.lowerBound), low <= 65_536,
                let high = Int(exactly: range.upperBound), high <= 65_536
            else {
                throw section.failure(key, node, "must be whole numbers from 1 to 65536")
            }
            value = low...high
        } text: { value in
            value.map { "[\($0.lowerBound), \($0.upperBound)]" } ?? "null"
        }
    }
}

extension RecipeForm where Value == ClosedRange<Double> {
    static func range(_ bounds: NumberBounds) -> Self {
        RecipeForm(
            type: "number or [smallest, largest]", bounds: bounds.text
        ) { section, key, value in
            guard let node = section.node(key) else { return }
            value = try section.range(key, node, in: bounds)
        } text: {
            "[\($0.lowerBound), \($0.upperBound)]"
        }
    }
}

extension RecipeForm where Value == Augmentation.Standardization {
    static var standardization: Self {
        RecipeForm(
            type: "one of none, image, set, {mean: [...], deviation: [...]}"
        ) { section, key, value in
            guard let node = section.node(key) else { return }
            value = try Self.read(section, key, node)
        } text: {
            switch $0 {
            case .none: "none"
            case .image: "image"
            case .set: "set"
            case .constants(let mean, let deviation): "{mean: \(mean), deviation: \(deviation)}"
            }
        }
    }

    private static func read(
        _ section: RecipeSection, _ key: String, _ node: Node
    ) throws -> Augmentation.Standardization {
        let words: [String: Augmentation.Standardization] = [
            "none": .none, "image": .image, "set": .set,
        ]
        if let known = node.string.flatMap({ words[$0] }) { return known }
        guard let mapping = node.mapping, let mean = mapping["mean"],
            let deviation = mapping["deviation"], mapping.count == 2
        else {
            throw section.failure(
                key, node,
                "is not one of none, image, set, {mean: [...], deviation: [...]} on the scale "
                    + "[0, 1]")
        }
        let means = try section.numbers("\(key).mean", mean, in: .from(0, to: 1000))
        let deviations = try section.numbers(
            "\(key).deviation", deviation, in: .from(1e-6, to: 1000))
        guard means.count == deviations.count else {
            throw section.failure(
                section.path + key,
                "has \(means.count) means and \(deviations.count) deviations; give one of each per "
                    + "channel")
        }
        return .constants(mean: means, deviation: deviations)
    }
}

extension RecipeForm where Value == BatchNormalization.Statistics {
    static var statistics: Self {
        RecipeForm(type: "synchronized or {group: SAMPLES}") { section, key, value in
            guard let node = section.node(key) else { return }
            if node.string == "synchronized" {
                value = .synchronized
            } else if let mapping = node.mapping, mapping.count == 1,
                let size = mapping["group"]?.string.flatMap({ Int($0) }), size > 0
            {
                value = .group(size)
            } else {
                throw section.failure(
                    key, node, "must be synchronized or {group: SAMPLES}, such as {group: 128}")
            }
        } text: {
            switch $0 {
            case .synchronized: "synchronized"
            case .group(let size): "{group: \(size)}"
            }
        }
    }
}

extension RecipeSection {
    /// Reads a range: `5` or `[2, 5]`.
    fileprivate func range(
        _ key: String, _ node: Node, in bounds: NumberBounds
    ) throws -> ClosedRange<Double> {
        let numbers = try numbers(key, node, in: bounds)
        guard let low = numbers.first, let high = numbers.last, numbers.count <= 2, low <= high
        else { throw failure(key, node, "is not a range; write [smallest, largest]") }
        return low...high
    }
}
