import Foundation
import LRNetData
import LRNetSupport

/// The last part of a path.
func folderName(_ path: String) -> String {
    URL(fileURLWithPath: path).lastPathComponent
}

/// `data/mnist: train 55,000, validation 5,000, test 10,000 images of 28x28x1, fingerprint ...`.
func summary(of index: ShardIndex, in directory: String) -> String {
    let splits = index.splits.map { "\($0.name) \(TextTable.grouped($0.count))" }
    return "\(directory): \(splits.joined(separator: ", ")) images of \(index.shape), "
        + "fingerprint \(index.fingerprint)"
}
