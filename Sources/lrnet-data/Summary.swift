import Foundation
import LRNetData
import LRNetKernels
import LRNetSupport

/// Returns the last component of a path.
func folderName(_ path: String) -> String {
    PathText.lastPart(of: PathText.absolute(path))
}

/// Returns `data/mnist: train 55,000, validation 5,000, test 10,000 images of 28x28x1, fingerprint
/// ...`.
func summary(of index: ShardIndex, in directory: String) -> String {
    let splits = index.splits.map { "\($0.name) \(TextTable.grouped($0.count))" }
    return "\(directory): \(splits.joined(separator: ", ")) \(kind(of: index)), "
        + "fingerprint \(index.fingerprint)"
}

/// Returns `images of 28x28x1`, or `JPEG images with a shorter side of at most 256`.
func kind(of index: ShardIndex) -> String {
    switch index.encoding {
    case .raw: "images of \(index.shape)"
    case .encoded: "JPEG images with a shorter side of at most \(index.shape.height)"
    }
}
