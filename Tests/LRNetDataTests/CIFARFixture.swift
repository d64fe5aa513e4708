import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport

/// Small data sets in the four formats of CIFAR; a test can damage each file before it is written.
struct CIFARFixture {
    enum Version: String, CaseIterable, Sendable {
        case binary10, binary100, python10, python100
    }

    static let shape = ImageShape(height: 32, width: 32, channels: 3)

    var files: [String: [UInt8]] = [:]
    var train = LabeledImages(shape: shape, pixels: [], labels: [])
    let test: LabeledImages
    let classNames: [String]

    init(_ version: Version) {
        let classes = version == .binary10 || version == .python10 ? 10 : 100
        let isBinary = version == .binary10 || version == .binary100
        classNames = (0..<classes).map { "class_\($0)" }
        let batches = classes == 10 ? 5 : 1
        let end = isBinary ? ".bin" : ""
        for batch in 1...batches {
            var images = randomImages(
                classes == 10 ? batch + 4 : 105, shape: Self.shape, classes: classes,
                stream: UInt32(30 + batch))
            // Every class has images, even if the first images are held out.
            let start = train.count
            images.labels = images.labels.indices.map { Int32((start + $0) * 7 % classes) }
            train.pixels += images.pixels
            train.labels += images.labels
            files[classes == 10 ? "data_batch_\(batch)\(end)" : "train\(end)"] =
                Self.bytes(images, version)
        }
        test = randomImages(3, shape: Self.shape, classes: classes, stream: 40)
        files[classes == 10 ? "test_batch\(end)" : "test\(end)"] = Self.bytes(test, version)
        let names = classNames
        let lines = Array((names.joined(separator: "\n") + "\n\n").utf8)
        switch version {
        case .binary10: files["batches.meta.txt"] = lines
        case .binary100: files["fine_label_names.txt"] = lines
        case .python10:
            files["batches.meta"] = PickleBytes.dictionary([("label_names", { $0.list(names) })])
        case .python100:
            files["meta"] = PickleBytes.dictionary([
                ("fine_label_names", { $0.list(names) }),
                ("coarse_label_names", { $0.list(["a", "b"]) }),
            ])
        }
    }

    /// Returns the images as CIFAR stores them: planes of red, green and blue.
    static func planes(_ images: LabeledImages) -> [[UInt8]] {
        (0..<images.count).map { number in
            let pixels = images[number..<number + 1].pixels
            return (0..<3).flatMap { channel in
                stride(from: channel, to: pixels.count, by: 3).map { pixels[$0] }
            }
        }
    }

    static func bytes(_ images: LabeledImages, _ version: Version) -> [UInt8] {
        let planes = planes(images)
        let labels = images.labels.map { Int($0) }
        switch version {
        case .binary10:
            return zip(labels, planes).flatMap { [UInt8($0)] + $1 }
        case .binary100:
            return zip(labels, planes).flatMap { [UInt8($0 / 5), UInt8($0)] + $1 }
        case .python10:
            return batch([("labels", labels)], planes)
        case .python100:
            return batch(
                [("coarse_labels", labels.map { $0 / 5 }), ("fine_labels", labels)], planes)
        }
    }

    static func batch(_ labels: [(String, [Int])], _ planes: [[UInt8]]) -> [UInt8] {
        PickleBytes.dictionary(
            [("batch_label", { $0.text("testing batch") })]
                + labels.map { key, values in (key, { $0.list(values) }) }
                + [
                    ("data", { $0.array(planes.flatMap { $0 }, shape: [planes.count, 3072]) }),
                    ("filenames", { $0.list(["a.png", "b.png"]) }),
                ])
    }

    /// Writes the files below a folder of the test and returns the path of their folder.
    func write(to folder: TestFolder) throws -> String {
        let path = "\(folder.path)/source/cifar"
        try AtomicFile.createFolder(path)
        for (name, bytes) in files { try AtomicFile.write(bytes, to: "\(path)/\(name)") }
        return path
    }
}
