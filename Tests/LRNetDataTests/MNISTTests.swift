import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

/// Tests with the real MNIST, if it is in `$LRNET_TEST_DATA/mnist` or next to the package.
@Suite struct MNISTTests {
    static let folder: String? = {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let root =
            ProcessInfo.processInfo.environment["LRNET_TEST_DATA"]
            ?? package.appendingPathComponent("../shared/data").path
        let folder = "\(root)/mnist"
        if FileBytes.exists("\(folder)/train-images-idx3-ubyte.gz") { return folder }
        FileHandle.standardError.write(
            Data("SKIPPED: no MNIST in \(folder); set LRNET_TEST_DATA\n".utf8))
        return nil
    }()

    @Test(.enabled(if: folder != nil, "MNIST is not here; set LRNET_TEST_DATA"))
    func `MNIST imports with its documented counts and fingerprint`() throws {
        let source = try #require(Self.folder)
        let folder = try TestFolder()
        var importer = IDXImporter(
            trainImages: "\(source)/train-images-idx3-ubyte.gz",
            trainLabels: "\(source)/train-labels-idx1-ubyte.gz",
            testImages: "\(source)/t10k-images-idx3-ubyte.gz",
            testLabels: "\(source)/t10k-labels-idx1-ubyte.gz")
        importer.shards = 8
        try importer.run(output: "\(folder.path)/mnist", name: "mnist")
        let set = try ShardSet(directory: "\(folder.path)/mnist")
        #expect(
            DataSplit.allCases.map { set.count($0) } == [55_000, 5_000, 10_000])
        // datasets/mnist/README.md states this fingerprint.
        #expect(
            set.fingerprint == "65a1288d6784f15ae786b8d331faba3df37805ba9bdcb2191d0ecf90ee44bb60")
        #expect(ShardSetVerifier(set).run().isEmpty)
        // The first training image is the well-known 5; its row 5 starts at column 12 with 3, 18.
        let first = try ShardReader(set: set, split: .validation).read(samples: [0])
        #expect(first.labels == [5])
        #expect(Array(first.pixels[5 * 28 + 11..<5 * 28 + 17]) == [0, 3, 18, 18, 18, 126])
        // The first test image is a 7.
        #expect(try ShardReader(set: set, split: .test).read(samples: [0]).labels == [7])
        let train = try ShardReader(set: set, split: .train)
        #expect(try train.classCounts().reduce(0, +) == 55_000)
    }
}
