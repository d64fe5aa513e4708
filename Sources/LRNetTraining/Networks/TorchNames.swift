internal import Foundation

/// The mapping of PyTorch's names to layers: `layer2.0.downsample.0.weight` contains the weights of
/// `block3.projection`.
///
/// | file | network |
/// |---|---|
/// | `conv1`, `bn1` | the same |
/// | `layerI.J.conv1`, `.bn1`, `.conv2`, `.bn2` | `blockN.` and the same; blocks are numbered consecutively |
/// | `layerI.J.downsample.0`, `.1` (or `shortcut.`) | `blockN.projection`, `blockN.projectionNorm` |
/// | `fc`, `linear` | `output` |
/// | any other | the same |
///
/// Leading words of wrappers, such as `module.`, `model.` or `backbone.`, are ignored. `_orig_mod.`
/// (from `torch.compile`) is ignored everywhere.
///
/// - Source: torchvision's `resnet18`, whose state dictionary has these names.
struct TorchNames {
    /// The role of a tensor in its layer.
    enum Part: String {
        case weight, bias
        case mean = "running_mean"
        case variance = "running_var"
        /// The number of batches, which is not used.
        case count = "num_batches_tracked"
    }

    private let blocks: [String: Int]

    /// Creates the mapping for a file.
    ///
    /// - Parameter names: All names of the file, which determine the number of blocks in each
    ///   `layer`.
    init(_ names: [String]) {
        var found: Set<[Int]> = []
        for name in names {
            guard
                let match = Self.unwrapped(name).joined(separator: ".").firstMatch(of: Self.block),
                let i = Int(match.1),
                let j = Int(match.2)
            else { continue }
            found.insert([i, j])
        }
        let ordered = found.sorted { $0.lexicographicallyPrecedes($1) }
        blocks = Dictionary(
            uniqueKeysWithValues: ordered.enumerated().map { ("\($1[0]).\($1[1])", $0 + 1) })
    }

    /// Attributes in which programs store the network itself.
    private static let holders: Set = [
        "module", "model", "net", "network", "backbone", "base_model", "resnet", "state_dict",
    ]

    /// Words that wrappers add to the whole network or to a part of it.
    private static let wrappers: Set = [
        "_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    ]

    /// Returns the words of a name without the words of wrappers; a layer and a part remain.
    private static func unwrapped(_ name: String) -> [String] {
        let words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            .filter { !wrappers.contains($0) }
        let count = words.prefix { holders.contains($0) }.count
        return Array(words.dropFirst(min(count, max(words.count - 2, 0))))
    }

    // A regular expression is created at each use, because threads cannot share it.
    private static var block: Regex<(Substring, Substring, Substring, Substring)> {
        /^layer(\d{1,4})\.(\d{1,4})\.(.+)$/
    }

    /// Returns the layer and its part; `nil` if the last word of the name is unknown.
    func target(of name: String) -> (layer: String, part: Part)? {
        var words = Self.unwrapped(name)
        guard let part = words.popLast().flatMap(Part.init) else { return nil }
        let layer = words.joined(separator: ".")
        if let match = "\(layer).".firstMatch(of: Self.block),
            let i = Int(match.1), let j = Int(match.2), let number = blocks["\(i).\(j)"]
        {
            let inner = String(match.3.dropLast())
            let known = [
                "downsample.0": "projection", "downsample.1": "projectionNorm",
                "shortcut.0": "projection", "shortcut.1": "projectionNorm",
            ]
            return ("block\(number).\(known[inner] ?? inner)", part)
        }
        return (["fc": "output", "linear": "output"][layer] ?? layer, part)
    }
}
