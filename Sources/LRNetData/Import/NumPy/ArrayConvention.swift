/// A program's names for the arrays of a data set.
struct ArrayConvention {
    /// The array names of a split.
    typealias Pair = (images: String, labels: String)

    let train: Pair
    let validation: Pair
    let test: Pair

    /// The known conventions. The first one is used if none matches.
    static let all = [
        // Keras
        ArrayConvention("x_", "y_", isLast: true),
        // MedMNIST
        ArrayConvention("images", "labels", isLast: false),
        ArrayConvention("X_", "y_", isLast: true),
    ]

    private init(_ images: String, _ labels: String, isLast: Bool) {
        func pair(_ split: String) -> Pair {
            isLast
                ? (images + split, labels + split) : ("\(split)_\(images)", "\(split)_\(labels)")
        }
        (train, validation, test) = (pair("train"), pair("val"), pair("test"))
    }

    /// Returns the convention that an archive follows.
    static func find(in names: [String]) -> ArrayConvention {
        all.first { names.contains($0.train.images) && names.contains($0.train.labels) } ?? all[0]
    }
}
