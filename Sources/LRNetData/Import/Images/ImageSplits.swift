/// The division of the training source into training and validation images, and their order of
/// storage.
///
/// A tree is sorted by class. Training and validation images are therefore stored in one fixed
/// random order, so that any consecutive images contain all classes. Test images keep the order of
/// the source. Images are held out from each class in proportion, within one image.
struct ImageSplits {
    /// The images of each split in the order of storage, as positions in the source.
    let train: [Int]
    let validation: [Int]

    /// The seed of the random order, the same for all sets.
    private static let seed: UInt64 = 0x6C72_6E65_742D_7068

    /// Draws the order.
    ///
    /// - Parameter labels: The labels of all images of the source.
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

    /// Returns the largest number of images that can be held out while each class keeps one.
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

    /// Returns the number of images to hold out from each class.
    ///
    /// The sum is `count`, in proportion to the sizes of the classes. The rest goes to the largest
    /// remainders, and for equal remainders to the lower label.
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
