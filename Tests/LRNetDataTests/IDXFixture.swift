import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport

/// The four IDX files of a small random data set; a test can damage each before it is written.
struct IDXFixture {
    /// The header words and content of one file.
    struct File {
        var words: [UInt32]
        var content: [UInt8]
        var isCompressed = false

        var bytes: [UInt8] {
            words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
            }
                + content
        }
    }

    var files: [String: File] = [:]
    let train: LabeledImages
    let test: LabeledImages

    init(train trainCount: Int = 23, test testCount: Int = 6) {
        let shape = LabeledImages.idxShape
        var train = randomImages(trainCount, shape: shape, classes: 10, stream: 11)
        // Every class has images, even if the first images are held out.
        train.labels = (0..<trainCount).map { Int32($0 * 7 % 10) }
        self.train = train
        test = randomImages(testCount, shape: shape, classes: 10, stream: 12)
        for (name, images) in [("train", train), ("test", test)] {
            let count = UInt32(images.count)
            files["\(name)-images"] = File(
                words: [2051, count, UInt32(shape.height), UInt32(shape.width)],
                content: images.pixels)
            files["\(name)-labels"] = File(
                words: [2049, count], content: images.labels.map { UInt8($0) })
        }
    }

    /// Writes the files and returns an importer of them.
    func write(to folder: TestFolder) throws -> IDXImporter {
        for (name, file) in files {
            let path = "\(folder.path)/\(name)"
            try AtomicFile.write(file.bytes, to: path)
            if file.isCompressed {
                _ = try launch("/bin/gzip", [path])
                try AtomicFile.rename("\(path).gz", to: path)
            }
        }
        var importer = IDXImporter(
            trainImages: "\(folder.path)/train-images", trainLabels: "\(folder.path)/train-labels",
            testImages: "\(folder.path)/test-images", testLabels: "\(folder.path)/test-labels")
        importer.validation = 5
        return importer
    }
}
