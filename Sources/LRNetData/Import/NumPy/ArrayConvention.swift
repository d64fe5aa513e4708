/// The names that a program gives the arrays of a set.
struct ArrayConvention {
    /// Images and labels of a split.
    typealias Pair = (images: String, labels: String)

    let train: Pair
    let validation: Pair
    let test: Pair

    /// Those that are known; the first one is looked for where none is found.
    static let all = [
        // Keras.
        ArrayConvention("x_", "y_", isLast: true),
        // MedMNIST.
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

    /// The convention that an archive follows.
    static func find(in names: [String]) -> ArrayConvention {
        all.first { names.contains($0.train.images) && names.contains($0.train.labels) } ?? all[0]
    }
}
