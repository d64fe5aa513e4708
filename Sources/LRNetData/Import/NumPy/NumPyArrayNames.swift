import LRNetSupport

/// The names of an archive's arrays, and a guess of their content.
struct NumPyArrayNames {
    let names: [String]

    /// The options that specify the arrays: `add --train-images images --train-labels labels`.
    var remedy: String {
        guard let train = pair(isTest: false) else {
            return "specify the arrays with --train-images, --train-labels, --test-images and "
                + "--test-labels"
        }
        let start = "add --train-images \(train.images) --train-labels \(train.labels)"
        guard let test = pair(isTest: true) else { return "\(start) --test-images ''" }
        return "\(start) --test-images \(test.images) --test-labels \(test.labels)"
    }

    /// Returns the array names of a split; `nil` if the names are unclear.
    private func pair(isTest: Bool) -> (images: String, labels: String)? {
        let candidates = names.filter {
            let name = PathText.lastPart(of: $0).lowercased()
            return name.contains("test") == isTest && !name.contains("val")
        }
        func only(_ parts: [String], orFirst letter: String) -> String? {
            let found = candidates.filter { candidate in
                let name = PathText.lastPart(of: candidate).lowercased()
                return name.hasPrefix(letter) || parts.contains { name.contains($0) }
            }
            return found.count == 1 ? found[0] : nil
        }
        guard let images = only(["image", "img", "data"], orFirst: "x"),
            let labels = only(["label", "target"], orFirst: "y"), images != labels
        else { return nil }
        return (images, labels)
    }
}
