/// Which pictures of the training source are trained on and which are held out, and in which order
/// they are stored.
///
/// A tree is sorted by class. Training and validation pictures are stored in one fixed random order
/// instead, so that any run of them holds all classes; test pictures keep the source's order. Each
/// class is held out in proportion, within one picture.
struct ImageSplits {
    /// The pictures of each split, in order of storing; positions in the source.
    let train: [Int]
    let validation: [Int]

    /// The seed of the order, the same for all sets.
    private static let seed: UInt64 = 0x6C72_6E65_742D_7068

    /// Draws the order.
    ///
    /// - Parameter labels: Of all pictures of the source.
    /// - Precondition: `validation` is in `0 ..< labels.count`.
    init(labels: [Int32], classes: Int, validation count: Int) {
        let order = EpochPlan(seed: Self.seed, epoch: 0, count: labels.count)[0..<labels.count]
        var quotas = Self.quotas(labels: labels, classes: classes, count: count)
        var train: [Int] = []
        var validation: [Int] = []
        for position in order {
            let label = Int(labels[position])
            if quotas[label] > 0 {
                quotas[label] -= 1
                validation.append(position)
            } else {
                train.append(position)
            }
        }
        self.train = train
        self.validation = validation
    }

    /// The most pictures that can be held out so that each class keeps one.
    static func largestCount(labels: [Int32], classes: Int) -> Int {
        let sizes = ClassCounts(labels, classes: classes).values
        func keepsAll(_ count: Int) -> Bool {
            zip(sizes, quotas(labels: labels, classes: classes, count: count)).allSatisfy(>)
        }
        var (low, high) = (0, labels.count)
        while low < high {
            let middle = (low + high + 1) / 2
            if keepsAll(middle) { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// How many pictures of each class are held out: `count` in all, in proportion to the classes'
    /// sizes; what is left over goes to the largest remainders, then to the lower label.
    static func quotas(labels: [Int32], classes: Int, count: Int) -> [Int] {
        var sizes = [Int](repeating: 0, count: classes)
        for label in labels { sizes[Int(label)] += 1 }
        let total = max(labels.count, 1)
        var quotas = sizes.map { $0 * count / total }
        let remainders = sizes.map { $0 * count % total }
        let order = quotas.indices.sorted {
            (remainders[$1], $0) < (remainders[$0], $1)
        }
        for label in order.prefix(count - quotas.reduce(0, +)) { quotas[label] += 1 }
        return quotas
    }
}
