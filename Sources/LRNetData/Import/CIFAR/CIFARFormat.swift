import LRNetKernels
import LRNetSupport

/// The four formats in which CIFAR-10 and CIFAR-100 are published.
///
///     binary record: 1 label (CIFAR-100: coarse, then fine), then 1024 red, green, blue values
///     python batch:  a pickled dictionary: labels (fine_labels), and data, uint8 [N, 3072]
///
/// - Source: Krizhevsky, *The CIFAR-10 and CIFAR-100 datasets*, "Dataset layout".
struct CIFARFormat {
    static let shape = ImageShape(height: 32, width: 32, channels: 3)

    /// `cifar-10` or `cifar-100`.
    let name: String

    /// The number of classes. For CIFAR-100, these are the fine ones.
    let classes: Int

    /// The files of the train split, in order.
    let trainFiles: [String]

    let testFile: String

    /// The file with the class names.
    let namesFile: String

    /// The key of the names in a pickled `namesFile`; `nil` for the binary version.
    let namesKey: String?

    /// The number of labels at the start of a binary record. The last of them is used.
    let recordLabelCount: Int

    /// The key of the labels in a python batch.
    let labelsKey: String

    /// All four formats. A source has the first format whose test file and first training file
    /// exist.
    static let all = [
        CIFARFormat(
            name: "cifar-10", classes: 10, trainFiles: (1...5).map { "data_batch_\($0).bin" },
            testFile: "test_batch.bin", namesFile: "batches.meta.txt", namesKey: nil,
            recordLabelCount: 1, labelsKey: ""),
        CIFARFormat(
            name: "cifar-100", classes: 100, trainFiles: ["train.bin"], testFile: "test.bin",
            namesFile: "fine_label_names.txt", namesKey: nil, recordLabelCount: 2, labelsKey: ""),
        CIFARFormat(
            name: "cifar-10", classes: 10, trainFiles: (1...5).map { "data_batch_\($0)" },
            testFile: "test_batch", namesFile: "batches.meta", namesKey: "label_names",
            recordLabelCount: 0, labelsKey: "labels"),
        CIFARFormat(
            name: "cifar-100", classes: 100, trainFiles: ["train"], testFile: "test",
            namesFile: "meta", namesKey: "fine_label_names", recordLabelCount: 0,
            labelsKey: "fine_labels"),
    ]

    private var isBinary: Bool { namesKey == nil }

    /// Reads the images of one file.
    ///
    /// - Throws: ``Failure`` (65) for anything that is not exactly this format.
    func images(_ bytes: ArraySlice<UInt8>, subject: String) throws -> LabeledImages {
        let (planes, labels) =
            try isBinary
            ? records(bytes, subject) : batch(PickleReader.read(bytes, path: subject), subject)
        if let wrong = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
            throw Self.site(subject).badData(
                "label \(labels[wrong]) of sample \(wrong) is outside 0...\(classes - 1)")
        }
        return LabeledImages(
            shape: Self.shape, pixels: Self.interleaved(planes), labels: labels.map { Int32($0) })
    }

    /// Reads the class names.
    ///
    /// - Throws: ``Failure`` (65) if there is not exactly one name per class.
    func classNames(_ bytes: ArraySlice<UInt8>, subject: String) throws -> [String] {
        let names: [String]
        if let namesKey {
            let items = try PickleReader.read(bytes, path: subject)[namesKey]?.items
            names = (items ?? []).compactMap(\.text)
        } else {
            names = PathText.text(of: bytes, keepsControls: true).split(
                whereSeparator: \.isWhitespace
            )
            .map(String.init)
        }
        guard names.count == classes else {
            throw Self.site(subject).badData("\(names.count) class names, \(classes) expected")
        }
        return names
    }

    private typealias Samples = (planes: [ArraySlice<UInt8>], labels: [Int])

    private func records(_ bytes: ArraySlice<UInt8>, _ subject: String) throws -> Samples {
        let recordByteCount = recordLabelCount + Self.shape.count
        guard !bytes.isEmpty, bytes.count % recordByteCount == 0 else {
            throw Self.site(subject).badData(
                "has \(bytes.count) bytes, which is not a multiple of the record size of "
                    + "\(recordByteCount); it is truncated, or not \(name)")
        }
        let starts = stride(from: bytes.startIndex, to: bytes.endIndex, by: recordByteCount)
        return (
            starts.map { bytes[$0 + recordLabelCount..<$0 + recordByteCount] },
            starts.map { Int(bytes[$0 + recordLabelCount - 1]) }
        )
    }

    private func batch(_ value: PickleValue, _ subject: String) throws -> Samples {
        guard let data = value["data"], let items = value[labelsKey]?.items else {
            throw Self.site(subject).badData(
                "contains no dictionary with 'data' and '\(labelsKey)'")
        }
        let labels = items.compactMap(\.integer)
        guard labels.count == items.count else {
            throw Self.site(subject).badData("'\(labelsKey)' contains values that are not integers")
        }
        let bytes = try Self.array(data, subject)
        let size = Self.shape.count
        guard bytes.count == labels.count * size else {
            throw Self.site(subject).badData(
                "has \(bytes.count / size) images, but \(labels.count) labels")
        }
        let starts = stride(from: bytes.startIndex, to: bytes.endIndex, by: size)
        return (starts.map { bytes[$0..<$0 + size] }, labels)
    }

    /// Returns the values of a pickled uint8 array of rows of 3072 values, after checking every
    /// field.
    private static func array(_ value: PickleValue, _ subject: String) throws -> ArraySlice<UInt8> {
        // The state is (version, shape, type, is Fortran order, bytes).
        guard case .object(let array) = value, array.global.hasSuffix(" _reconstruct"),
            let state = array.state.items, state.count == 5, let extents = state[1].items,
            case .object(let type) = state[2], type.global == "numpy dtype"
        else { throw site(subject).badData("'data' is not a NumPy array") }
        let typeName = type.arguments.items?.first?.text ?? "?"
        guard typeName == "u1" else {
            throw site(subject).badData("'data' has type \(typeName), u1 (uint8) expected")
        }
        switch state[3] {
        case .boolean(false), .integer(0): break
        default: throw site(subject).badData("'data' is stored in Fortran order, C order expected")
        }
        guard case .bytes(let bytes) = state[4] else {
            throw site(subject).badData("'data' contains no bytes")
        }
        let counts = extents.compactMap(\.integer)
        guard counts.count == 2, counts[1] == shape.count, counts[0] > 0,
            bytes.count / shape.count == counts[0], bytes.count % shape.count == 0
        else {
            throw site(subject).badData(
                "'data' has shape \(counts) and \(bytes.count) bytes, [N, 3072] expected")
        }
        return bytes
    }

    /// Converts planes of red, green and blue to pixels, channels innermost.
    private static func interleaved(_ images: [ArraySlice<UInt8>]) -> [UInt8] {
        let pixelCount = shape.pixelCount
        var pixels = [UInt8](repeating: 0, count: images.count * shape.count)
        for (number, planes) in images.enumerated() {
            let target = number * shape.count
            for channel in 0..<shape.channels {
                let source = planes.startIndex + channel * pixelCount
                for pixel in 0..<pixelCount {
                    pixels[target + pixel * shape.channels + channel] = planes[source + pixel]
                }
            }
        }
        return pixels
    }

    private static func site(_ subject: String) -> FailureSite {
        FailureSite("CIFAR", subject, remedy: "get the official files again")
    }
}
