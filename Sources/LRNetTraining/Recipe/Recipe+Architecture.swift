internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

extension Recipe.Network {
    /// A problem with the section or one of its keys: `network`, `network.input`.
    struct Problem: Error {
        let key: String
        let message: String
    }

    /// Creates the architecture that the section describes.
    ///
    /// - Throws: `Problem`.
    func makeArchitecture() throws -> Architecture {
        var result = try base()
        if let input { result.input = input }
        if let classes { result.classes = classes }
        if width != 1 { result = result.scaled(by: width) }
        result.padding = padding
        result.firstLayer = firstLayer
        result.shortcut = shortcut
        result.lastLayer = lastLayer
        if let problem = result.problem {
            throw Problem(
                key: layers.isEmpty ? "network.input" : "network.layers", message: problem)
        }
        return result
    }

    /// Returns the named architecture, or one with the listed blocks.
    private func base() throws -> Architecture {
        if layers.isEmpty {
            if let known = Architecture.all.first(where: { $0.name == name }) { return known }
            let names = Architecture.all.map(\.name)
            let near = Spelling.nearest(name, among: names)
            let hint = near.map { "; did you mean \($0)?" } ?? ""
            throw Problem(
                key: "network",
                message: "'\(name)' is not known; known: \(names.joined(separator: ", ")), or give "
                    + "layers: [...]\(hint)")
        }
        guard let input else {
            throw Problem(
                key: "network.input",
                message: "is required with layers; for example, add input: 32x32x3")
        }
        guard let classes else {
            throw Problem(
                key: "network.classes",
                message: "is required with layers; for example, add classes: 10")
        }
        do {
            return Architecture(
                name: name, input: input, classes: classes,
                blocks: try layers.flatMap(BlockNotation.blocks(in:)))
        } catch {
            throw Problem(key: "network.layers", message: "\(error)")
        }
    }
}

extension ImageShape {
    /// Parses `32x32x3`: height, width, channels.
    init?(_ text: String) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map {
            Int($0) ?? 0
        }
        guard parts.count == 3, parts.allSatisfy({ (1...65_536).contains($0) }) else { return nil }
        self.init(height: parts[0], width: parts[1], channels: parts[2])
    }
}
