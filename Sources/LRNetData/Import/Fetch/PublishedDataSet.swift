import Foundation
import LRNetSupport

/// A data set that can be downloaded: its files, addresses, hashes, and importer.
package struct PublishedDataSet: Sendable {
    /// A file of the data set.
    package struct File: Sendable {
        /// The file name, the last part of its address.
        package var name: String

        /// The SHA-256 of the file, or of its decompressed content.
        package var sha256: String

        /// True if the hash covers the decompressed content.
        package var isHashOfContent: Bool

        /// The approximate size in bytes. A download is limited to twice this size plus 64 KiB.
        package var byteCount: Int

        package init(name: String, sha256: String, isHashOfContent: Bool, byteCount: Int) {
            self.name = name
            self.sha256 = sha256
            self.isHashOfContent = isHashOfContent
            self.byteCount = byteCount
        }
    }

    /// The importer that converts the files to a set.
    package enum Importer: Sendable {
        /// Four IDX files: training images, training labels, test images, test labels.
        case idx
        /// One CIFAR archive.
        case cifar
    }

    /// `mnist` or `cifar10`.
    package let name: String

    package let files: [File]
    package let mirrors: [String]
    package let importer: Importer

    package init(name: String, files: [File], mirrors: [String], importer: Importer) {
        self.name = name
        self.files = files
        self.mirrors = mirrors
        self.importer = importer
    }

    /// MNIST. Hashes cover the decompressed files, which all copies share.
    package static let mnist = PublishedDataSet(
        name: "mnist",
        files: [
            (
                "train-images-idx3-ubyte.gz", 9_912_422,
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
            ),
            (
                "train-labels-idx1-ubyte.gz", 28_881,
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
            ),
            (
                "t10k-images-idx3-ubyte.gz", 1_648_877,
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
            ),
            (
                "t10k-labels-idx1-ubyte.gz", 4_542,
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
            ),
        ].map { File(name: $0, sha256: $2, isHashOfContent: true, byteCount: $1) },
        mirrors: [
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
        ],
        importer: .idx)

    /// CIFAR-10, the binary version.
    package static let cifar10 = PublishedDataSet(
        name: "cifar10",
        files: [
            File(
                name: "cifar-10-binary.tar.gz",
                sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                isHashOfContent: false, byteCount: 170_052_171)
        ],
        mirrors: [
            "https://www.cs.toronto.edu/~kriz",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10",
        ],
        importer: .cifar)

    package static let all = [mnist, cifar10]

    /// Downloads the files and writes the set.
    ///
    /// Downloads are kept in `OUTPUT.download` until the set is written, so that the same call
    /// resumes after an interruption.
    ///
    /// - Parameters:
    ///   - output: The folder of the set, as for ``ShardWriter``.
    ///   - mirror: An address to use instead of the official ones. Each file is at `MIRROR/NAME`.
    ///   - validation: The number of training images to hold out; by default a tenth of them but at
    ///     most 5,000.
    ///   - shards: The number of shards in the train split.
    ///   - progress: Called with (a file name or `importing`, bytes or images done, approximate
    ///     total).
    /// - Throws: `Failure`: 65 if every address provided wrong bytes, 74 if a file could not be
    ///   downloaded. Also throws errors of the importers.
    @discardableResult
    package func fetch(
        output: String, mirror: String? = nil, validation: Int? = nil, shards: Int? = nil,
        progress: (_ what: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) throws -> ShardIndex {
        let output = PartialSetFolder.trimmed(output)
        try PartialSetFolder.checkVacant(output)
        let folder = "\(output).download"
        try AtomicFile.createFolder(folder)
        let lock = try FileLock(path: "\(folder)/lock", patience: .seconds(1))
        defer { withExtendedLifetime(lock) {} }
        let paths = try files.map { file in
            try Download(
                name: file.name,
                addresses: (mirror.map { [$0] } ?? mirrors).map { base in
                    base.hasSuffix("/") ? base + file.name : "\(base)/\(file.name)"
                },
                sha256: file.sha256, isHashOfContent: file.isHashOfContent,
                byteLimit: 2 * file.byteCount + 65_536
            ).run(in: folder) { progress(file.name, $0, file.byteCount) }
        }
        var importer: any ArrayImporter =
            switch self.importer {
            case .idx:
                IDXImporter(
                    trainImages: paths[0], trainLabels: paths[1], testImages: paths[2],
                    testLabels: paths[3])
            case .cifar: CIFARImporter(source: paths[0])
            }
        importer.validation = validation
        importer.shards = shards
        let index = try importer.run(
            output: output, name: PathText.lastPart(of: output)
        ) { progress("importing", $0, $1) }
        try AtomicFile.remove(folder)
        return index
    }
}
